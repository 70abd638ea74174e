//! Content-Digest (RFC 9530), SHA-256 only.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use medrec_protocol::Hash32;

/// SHA-256 of the content of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentDigest(Hash32);

impl ContentDigest {
    /// The digest of a content, which may be empty.
    pub fn of(content: &[u8]) -> Self {
        Self(Hash32::plain(content))
    }

    /// Value of the header field: `sha-256=:…:`.
    pub fn header(&self) -> String {
        format!("sha-256=:{}:", STANDARD.encode(self.0.as_bytes()))
    }

    /// Reads the header field: exactly one digest, in canonical form.
    pub fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix("sha-256=:")?.strip_suffix(':')?;
        let bytes = STANDARD.decode(encoded).ok()?;
        Some(Self(Hash32::new(bytes.try_into().ok()?)))
    }
}
