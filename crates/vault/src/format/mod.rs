//! Bytes of the vault file, version 1 (docs/spec/vault.md). Pure: bytes in, bytes out.
//!
//! ```text
//! file     = header ‖ body ‖ checksum
//! header   = prelude ‖ suite 1 ‖ file id 16 ‖ label length 1 ‖ label ‖ slot count 1 ‖ slots
//!            ‖ body nonce 24 ‖ header MAC 32
//! prelude  = magic 8 ‖ version 2 ‖ header length 4 ‖ body length 4 ‖ first 4 of SHA-256(the 18 before)
//! slot     = kind 1 ‖ memory 4 ‖ passes 4 ‖ lanes 4 ‖ salt 16 ‖ nonce 24 ‖ wrapped master key 32 + 16
//! body     = XChaCha20-Poly1305(body key, body nonce, contents, associated data = header)
//! checksum = SHA-256(header ‖ body)
//! ```
//!
//! Integers are little-endian (VAULT-1). The checksum tells accidents before a passphrase is tried; the MAC and
//! the AEAD tell malice afterwards (VAULT-14).

mod aead;
mod body;
mod bytes;
mod header;
mod seal;
mod slot;

use std::fmt;

pub use header::{FORMAT_VERSION, MAGIC, MAX_HEADER_LEN, PRELUDE_LEN};
pub(crate) use seal::{Checksum, Envelope, MasterKey};
pub use seal::{MAX_FILE_LEN, SealedVault};
pub(crate) use slot::{Slot, SlotKey};

/// Bytes of a file id.
pub const FILE_ID_LEN: usize = 16;
/// Bytes of an XChaCha20-Poly1305 nonce.
pub(crate) const NONCE_LEN: usize = 24;
/// Bytes of a Poly1305 tag.
pub(crate) const TAG_LEN: usize = 16;

/// Random name of a vault, the same for its whole life; also the name of its folder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub(crate) [u8; FILE_ID_LEN]);

impl FileId {
    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; FILE_ID_LEN] {
        &self.0
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileId({self})")
    }
}

#[cfg(test)]
mod tests;
