//! SHA-256 with a domain tag in front: two kinds of message never share a hash.

use borsh::{BorshDeserialize, BorshSerialize};
use sha2::{Digest, Sha256};

use crate::codec::{self, TextError};

/// Size of a SHA-256 digest in bytes.
pub const HASH_BYTES: usize = 32;

/// A SHA-256 digest, 32 bytes. Shown as lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Hash32([u8; HASH_BYTES]);

impl Hash32 {
    /// Takes a digest as it is.
    pub const fn new(bytes: [u8; HASH_BYTES]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; HASH_BYTES] {
        &self.0
    }

    /// SHA-256 over `tag ‖ 0x00 ‖ parts…`. Parts must be of fixed size or carry their own length.
    pub fn of(tag: &str, parts: &[&[u8]]) -> Self {
        let mut hasher = tagged(tag);
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// Plain SHA-256, for hashes that a standard fixes (a transaction's id, RFC 6962 leaves).
    pub fn plain(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

/// A hasher that has swallowed `tag ‖ 0x00`.
pub(crate) fn tagged(tag: &str) -> Sha256 {
    let mut hasher = Sha256::new();
    hasher.update(tag.as_bytes());
    hasher.update([0]);
    hasher
}

codec::hex_text!(Hash32, HASH_BYTES);

/// The text is not the hexadecimal form of a value of this size.
pub type ParseError = TextError;
