//! The list of records.

use medrec_wallet::view::{Freshness, RecordRow, RecordView, VersionView};
use serde_json::{Value, json};

use super::{json::members, network::checked};
use crate::{
    commands::records::Listed,
    moment::{Here, counted, size, stated},
    output::Words,
    prefix::short,
};

pub fn list_json(listed: &[Listed], total: u64) -> Value {
    json!({ "records": listed.iter().map(row_json).collect::<Vec<_>>(), "total": total })
}

fn row_json(listed: &Listed) -> Value {
    let mut row = members(&listed.row);
    if let Some(more) = &listed.more {
        let (before, after) = neighbours(more);
        row.insert("version_of".into(), json!(before.map(|version| version.id)));
        row.insert("superseded_by".into(), json!(after.map(|version| version.id)));
        for (name, value) in members(more) {
            row.entry(name).or_insert(value);
        }
    }
    Value::Object(row)
}

/// The versions before and after this one.
fn neighbours(record: &RecordView) -> (Option<&VersionView>, Option<&VersionView>) {
    let Some(place) = record.history.iter().position(|version| version.id == record.row.id) else {
        return (None, None);
    };
    let before = place.checked_sub(1).and_then(|place| record.history.get(place));
    (before, record.history.get(place + 1))
}

pub fn list(listed: &[Listed], total: u64, freshness: &Freshness, details: bool, here: &Here) -> Words {
    let mut out = Words::new();
    for listed in listed {
        entry(&mut out, &listed.row, here);
        if let Some(more) = &listed.more {
            versions(&mut out, more);
            if details {
                proof(&mut out, more, here);
            }
        }
    }
    if !listed.is_empty() {
        out.gap();
    }
    let shown = listed.len() as u64;
    match (shown, total) {
        (0, 0) => out.line("No record fits."),
        (shown, total) if shown == total => out.line(format!("{}.", counted(total, "record"))),
        (shown, total) => out.line(format!("{shown} of {}.", counted(total, "record"))),
    };
    out.line(checked(freshness, here));
    out
}

/// What it is, when and whose; then what is known of the copy, and the id to type.
fn entry(out: &mut Words, row: &RecordRow, here: &Here) {
    out.line(&row.title);
    let published = || format!("published {}", here.day(row.published_at.seconds()));
    let date = row.date.as_deref().map_or_else(published, stated);
    let mut facts = vec![date, super::kind(row.kind).to_owned()];
    facts.extend(row.status.clone());
    facts.push(row.provider.to_string());
    out.sub(facts.join(" · "));
    out.sub(format!("{} · {} · id {}", super::badge(row.badge), size(row.size), short(&row.id)));
}

fn versions(out: &mut Words, record: &RecordView) {
    let (before, after) = neighbours(record);
    if let Some(before) = before {
        out.sub(format!("corrects an older version, id {}", short(&before.id)));
    }
    if let Some(after) = after {
        out.sub(format!("corrected by a newer version, id {}", short(&after.id)));
    }
}

fn proof(out: &mut Words, record: &RecordView, here: &Here) {
    if let Some(author) = &record.row.author {
        out.sub(format!("author      {author}"));
    }
    out.sub(format!("record id   {}", record.row.id));
    out.sub(format!("commitment  {}", record.commitment));
    out.sub(format!("signed by   {}", record.signer));
    out.sub(format!(
        "entry       {} of {} in the log of {}",
        record.position + 1,
        record.log_size,
        record.relationship
    ));
    out.sub(format!("log root    {}", record.log_root));
    out.sub(format!("block       {}, {}", record.height, here.minute(record.row.published_at.seconds())));
    if let Some(mismatch) = &record.mismatch {
        let found =
            mismatch.found.map_or_else(|| "a copy that was refused".to_owned(), |found| found.to_string());
        out.sub(format!("found       {found}, {}", here.minute(mismatch.at.seconds())));
    }
}

#[cfg(test)]
mod tests {
    use medrec_wallet::{
        Address, Commitment, Hash32,
        view::{Badge, RecordId},
    };

    use super::{super::testing::*, *};

    fn version(id: RecordId, current: bool) -> VersionView {
        let badge = if current { Badge::NotFetched } else { Badge::Superseded };
        VersionView { id, title: "Metoprolol".into(), published_at: time(NOW), height: 7, current, badge }
    }

    fn corrected() -> RecordView {
        let older = "ff".repeat(16).parse().unwrap();
        RecordView {
            row: RecordRow { versions: 2, ..row() },
            codes: Vec::new(),
            history: vec![version(older, false), version(record_id(), true)],
            copy: None,
            mismatch: None,
            commitment: Commitment::from_bytes([7; 32]),
            relationship: relationship(),
            position: 4,
            log_size: 9,
            log_root: Hash32::of("test", &[]),
            signer: Address::Provider(provider_name().address),
            height: 7,
        }
    }

    #[test]
    fn a_record_is_listed_with_what_a_person_asks_first() {
        let listed = [Listed { row: row(), more: None }];
        assert_eq!(
            list(&listed, 1, &freshness(), false, &here()).as_str(),
            "\
Metoprolol 50 mg
    Mar 2026 · medicine · active · City Clinic (Lisbon)
    on the ledger, not fetched · 1.4 kB · id 0123456789ab

1 record.
Checked with the ledger 2 minutes ago.
"
        );
    }

    #[test]
    fn a_page_says_how_many_there_are_in_all() {
        let listed = [Listed { row: row(), more: None }];
        assert!(list(&listed, 30, &freshness(), false, &here()).as_str().contains("1 of 30 records."));
        assert!(list(&[], 0, &freshness(), false, &here()).as_str().starts_with("No record fits."));
    }

    #[test]
    fn a_correction_names_the_version_before_it() {
        let listed = [Listed { row: corrected().row, more: Some(corrected()) }];
        let words = list(&listed, 1, &freshness(), true, &here());
        assert!(words.as_str().contains("corrects an older version, id ffffffffffff"));
        assert!(words.as_str().contains(&format!("commitment  {}", "07".repeat(32))));
        assert!(words.as_str().contains("entry       5 of 9 in the log of mrr1"));
        let document = list_json(&listed, 1);
        assert_eq!(document["records"][0]["version_of"], "ff".repeat(16));
        assert_eq!(document["records"][0]["superseded_by"], Value::Null);
        assert_eq!(document["records"][0]["commitment"], "07".repeat(32));
    }

    #[test]
    fn a_record_as_a_document_has_its_provider_and_both_forms_of_time() {
        let document = list_json(&[Listed { row: row(), more: None }], 1);
        let record = &document["records"][0];
        assert_eq!(document["total"], 1);
        assert_eq!(record["id"], record_id().to_string());
        assert_eq!(record["title"], "Metoprolol 50 mg");
        assert_eq!(record["kind"], "medication");
        assert_eq!(record["badge"], "not_fetched");
        assert_eq!(record["date"], "2026-03");
        assert_eq!(record["status"], "active");
        assert_eq!(record["provider"]["name"], "City Clinic");
        assert_eq!(record["published_at"], NOW - 3600);
        assert_eq!(record["published_at_iso"], "2026-05-04T11:05:00Z");
    }
}
