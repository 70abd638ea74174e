//! The name a person gives to a vault, shown before it is unlocked.
//!
//! VAULT-4: it stands in clear in the file, so that several people on one computer find theirs. It is authenticated
//! once the vault is open; before that it is only what the file claims.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::error::VaultError;

/// Longest label in bytes of UTF-8.
pub const MAX_LABEL_LEN: usize = 64;

/// 1 to 64 bytes of NFC text without control characters and without characters that reorder text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultLabel(String);

impl VaultLabel {
    /// Trims and normalises what a person typed.
    pub fn new(text: &str) -> Result<Self, VaultError> {
        let invalid = VaultError::LabelInvalid { maximum: MAX_LABEL_LEN };
        // NFC shrinks text at most threefold; anything longer can never fit.
        if text.len() > MAX_LABEL_LEN * 4 {
            return Err(invalid);
        }
        let label: String = text.trim().nfc().collect();
        if label.is_empty() || label.len() > MAX_LABEL_LEN || label.chars().any(is_deceptive) {
            return Err(invalid);
        }
        Ok(Self(label))
    }

    /// Accepts only what [`VaultLabel::new`] would have stored.
    pub(crate) fn from_stored(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        Self::new(text).ok().filter(|label| label.0 == text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VaultLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Control characters, and the Unicode bidirectional controls that make text read as something else.
fn is_deceptive(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_trimmed_and_composed() {
        assert_eq!(VaultLabel::new("  Zoe\u{0308} Müller ").unwrap().as_str(), "Zoë Müller");
        assert_eq!(VaultLabel::new("佐藤 花子").unwrap().as_str(), "佐藤 花子");
    }

    #[test]
    fn an_empty_long_or_deceptive_label_is_refused() {
        for text in
            ["", "   ", "a\nb", "a\u{202e}b", "a\u{2066}b", "\u{0}", &"ä".repeat(33), &"a".repeat(10_000)]
        {
            assert!(matches!(VaultLabel::new(text), Err(VaultError::LabelInvalid { .. })), "{text:?}");
        }
        assert!(VaultLabel::new(&"a".repeat(64)).is_ok());
    }

    #[test]
    fn a_stored_label_must_be_in_its_normal_form() {
        assert!(VaultLabel::from_stored("Zoë".as_bytes()).is_some());
        assert!(VaultLabel::from_stored("Zoe\u{0308}".as_bytes()).is_none());
        assert!(VaultLabel::from_stored(b" Zoe").is_none());
        assert!(VaultLabel::from_stored(&[0xff, 0xfe]).is_none());
    }
}
