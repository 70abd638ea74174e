//! Documents for programs: the façade's views, with each time a second time as ISO 8601.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::moment::iso;

/// Names of times in the views that do not end in `_at`.
const TIMES: [&str; 9] = [
    "at",
    "head_time",
    "since",
    "until",
    "last_used",
    "answer_until",
    "valid_until",
    "expires",
    "last_taken",
];
const SUFFIX: &str = "_iso";

/// A view as a document: beside each time `x` in seconds stands `x_iso`.
///
/// A view that cannot be a document (none of them) becomes null.
pub fn document(view: &impl Serialize) -> Value {
    with_iso(serde_json::to_value(view).unwrap_or_default())
}

/// A view as the members of an object, to be extended.
pub fn members(view: &impl Serialize) -> Map<String, Value> {
    match document(view) {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// The same for a document that was put together.
pub fn with_iso(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(with_iso).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().flat_map(|(name, value)| member(name, value)).collect())
        }
        other => other,
    }
}

fn member(name: String, value: Value) -> Vec<(String, Value)> {
    let iso = value.as_u64().filter(|_| is_time(&name)).and_then(iso);
    let beside = iso.map(|iso| (format!("{name}{SUFFIX}"), Value::String(iso)));
    std::iter::once((name, with_iso(value))).chain(beside).collect()
}

fn is_time(name: &str) -> bool {
    name.ends_with("_at") || TIMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_stand_in_seconds_and_in_iso_and_nothing_else_changes() {
        let view = json!({
            "rows": [{ "at": 1_777_896_300, "size": 1_777_896_300, "written_at": null, "since": "2026" }],
            "until": 0,
        });
        assert_eq!(
            with_iso(view),
            json!({
                "rows": [{
                    "at": 1_777_896_300, "at_iso": "2026-05-04T12:05:00Z",
                    "size": 1_777_896_300, "written_at": null, "since": "2026",
                }],
                "until": 0, "until_iso": "1970-01-01T00:00:00Z",
            })
        );
    }

    #[test]
    fn putting_times_in_twice_changes_nothing() {
        let once = with_iso(json!({ "at": 5 }));
        assert_eq!(with_iso(once.clone()), once);
    }
}
