//! Arguments, in the two forms of CometBFT's RPC: JSON (bytes in base64, 64-bit numbers as text) and query
//! strings (`0x…` or quoted).

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::CallError;

/// Most items of one page, and how many without asking (CometBFT, `rpc/core/pipe.go`).
const PER_PAGE: (usize, usize) = (100, 30);

/// The arguments of one call.
#[derive(Debug, Default)]
pub(super) struct Params {
    values: Map<String, Value>,
    from_uri: bool,
}

/// Which page of a list.
pub(super) struct Page {
    number: usize,
    size: usize,
}

impl Params {
    pub(super) fn from_json(values: Map<String, Value>) -> Self {
        Self { values, from_uri: false }
    }

    pub(super) fn from_uri(values: BTreeMap<String, String>) -> Self {
        Self {
            values: values.into_iter().map(|(name, value)| (name, value.into())).collect(),
            from_uri: true,
        }
    }

    /// A text; quotes of a query string removed.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let text = self.values.get(name)?.as_str()?;
        if self.from_uri { Some(unquoted(text).unwrap_or(text)) } else { Some(text) }
    }

    /// A number of at most 64 bits, as number or text.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, CallError> {
        let bad = || CallError::Params(format!("{name} is not a number"));
        match self.values.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => number.as_u64().map(Some).ok_or_else(bad),
            Some(Value::String(_)) => match self.text(name).unwrap_or_default() {
                "" => Ok(None),
                text => text.parse().map(Some).map_err(|_| bad()),
            },
            Some(_) => Err(bad()),
        }
    }

    /// Yes or no.
    pub(super) fn flag(&self, name: &str) -> bool {
        matches!(self.values.get(name), Some(Value::Bool(true))) || self.text(name) == Some("true")
    }

    /// Bytes that JSON carries in base64 (transactions, hashes).
    pub(super) fn bytes(&self, name: &str) -> Result<Vec<u8>, CallError> {
        let text = self.text(name).unwrap_or_default();
        if self.from_uri {
            return uri_bytes(name, text);
        }
        STANDARD.decode(text).map_err(|_| CallError::Params(format!("{name} is not base64")))
    }

    /// Bytes that JSON carries in hexadecimal (query data).
    pub(super) fn hex(&self, name: &str) -> Result<Vec<u8>, CallError> {
        let text = self.text(name).unwrap_or_default();
        if self.from_uri {
            return uri_bytes(name, text);
        }
        hex::decode(text).map_err(|_| CallError::Params(format!("{name} is not hexadecimal")))
    }

    /// A transaction or block hash.
    pub(super) fn hash(&self, name: &str) -> Result<[u8; 32], CallError> {
        let bytes = self.bytes(name)?;
        bytes.try_into().map_err(|_| CallError::Params(format!("{name} is not a hash of 32 bytes")))
    }

    pub(super) fn page(&self) -> Result<Page, CallError> {
        let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let number = self.number("page")?.map_or(1, whole);
        let size = self.number("per_page")?.map_or(PER_PAGE.1, whole).clamp(1, PER_PAGE.0);
        if number == 0 {
            return Err(CallError::Params("pages are counted from 1".into()));
        }
        Ok(Page { number, size })
    }
}

impl Page {
    /// The items of this page.
    pub(super) fn of<T>(&self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        items.into_iter().skip((self.number - 1).saturating_mul(self.size)).take(self.size).collect()
    }
}

fn uri_bytes(name: &str, text: &str) -> Result<Vec<u8>, CallError> {
    match text.strip_prefix("0x") {
        Some(digits) => {
            hex::decode(digits).map_err(|_| CallError::Params(format!("{name} is not hexadecimal")))
        }
        None => Ok(text.as_bytes().to_vec()),
    }
}

fn unquoted(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn json(value: Value) -> Params {
        let Value::Object(map) = value else { panic!("an object is needed") };
        Params::from_json(map)
    }

    fn uri(name: &str, value: &str) -> Params {
        Params::from_uri(BTreeMap::from([(name.to_owned(), value.to_owned())]))
    }

    #[test]
    fn numbers_come_as_numbers_or_text_and_nothing_else() {
        assert_eq!(json(json!({"height": "7"})).number("height").unwrap(), Some(7));
        assert_eq!(json(json!({"height": 7})).number("height").unwrap(), Some(7));
        assert_eq!(json(json!({"height": null})).number("height").unwrap(), None);
        assert_eq!(uri("height", "\"7\"").number("height").unwrap(), Some(7));
        for bad in [json!("-1"), json!(-1), json!(1.5), json!([]), json!("x")] {
            assert!(json(json!({"height": bad})).number("height").is_err());
        }
    }

    #[test]
    fn bytes_are_base64_in_json_and_hexadecimal_or_quoted_in_query_strings() {
        assert_eq!(json(json!({"tx": "AQI="})).bytes("tx").unwrap(), [1, 2]);
        assert_eq!(uri("tx", "0x0102").bytes("tx").unwrap(), [1, 2]);
        assert_eq!(uri("tx", "\"ab\"").bytes("tx").unwrap(), b"ab");
        assert!(json(json!({"tx": "0x01ff0"})).bytes("tx").is_err());
        assert!(uri("tx", "0xzz").bytes("tx").is_err());
        assert_eq!(json(json!({"data": "0102"})).hex("data").unwrap(), [1, 2]);
    }

    #[test]
    fn a_page_far_behind_the_end_is_empty() {
        let page = json(json!({"page": u64::MAX.to_string(), "per_page": "100"})).page().unwrap();
        assert!(page.of(0..10).is_empty());
        assert!(json(json!({"page": "0"})).page().is_err());
    }
}
