//! Who looks, at the recipient: a person or role, as the recipient states it. (HTTP-6)
//!
//! It travels in the header field `medrec-person` as a Display String (RFC 9651, section 3.3.8), because
//! names have accents and header fields do not. The patient reads it in the disclosure.

use http::HeaderValue;
use medrec_protocol::codec::{Text, TextError};
use sfv::{BareItem, FieldType as _, Item, ItemSerializer, Parser, RefBareItem};

/// Longest text in bytes, as in a disclosure.
const MAX_BYTES: usize = 80;
/// `%"` and `"` round bytes that may each take three characters.
const MAX_HEADER_CHARS: usize = 3 * MAX_BYTES + 3;

/// A person or role at the recipient; empty when a wallet asks for its owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person(Text<MAX_BYTES>);

impl Person {
    /// Takes at most 80 bytes of text without control characters.
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        Text::new(text).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The text as a disclosure holds it.
    pub fn text(&self) -> &Text<MAX_BYTES> {
        &self.0
    }

    /// The text as the header field holds it.
    pub(crate) fn header(&self) -> String {
        ItemSerializer::new().bare_item(RefBareItem::DisplayString(self.as_str())).finish()
    }

    /// Reads the header field; only its canonical form.
    pub(crate) fn from_header(value: &HeaderValue) -> Option<Self> {
        let text = value.to_str().ok().filter(|text| text.len() <= MAX_HEADER_CHARS)?;
        let item: Item = Parser::new(text).parse().ok()?;
        let BareItem::DisplayString(person) = &item.bare_item else { return None };
        if item.serialize() != text || !item.params.is_empty() {
            return None;
        }
        Self::new(person.clone()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_accents_and_other_scripts_survive_the_header() {
        for name in ["", "Dr. Ana López", "外来担当", "night \"desk\" 100%"] {
            let person = Person::new(name).unwrap();
            let header = HeaderValue::from_str(&person.header()).unwrap();
            assert_eq!(Person::from_header(&header), Some(person));
        }
        assert_eq!(Person::new("Dr. López").unwrap().header(), "%\"Dr. L%c3%b3pez\"");
    }

    #[test]
    fn other_forms_and_control_characters_are_refused() {
        for text in [
            "",
            "Dr. A",
            "\"Dr. A\"",
            "%\"A\";b",
            " %\"A\"",
            "%\"%C3%B3\"",
            "%\"%0a\"",
            "%\"%ff\"",
            "%\"A\", %\"B\"",
        ] {
            assert_eq!(Person::from_header(&HeaderValue::from_str(text).unwrap()), None, "{text}");
        }
        assert!(Person::new("x".repeat(81)).is_err());
        let long = format!("%\"{}\"", "x".repeat(81));
        assert_eq!(Person::from_header(&HeaderValue::from_str(&long).unwrap()), None);
    }
}
