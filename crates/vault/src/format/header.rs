//! The part in clear: prelude, label, slots (VAULT-1, VAULT-2).
//!
//! The prelude is the same in every version, so that this program can tell a newer file from a damaged one.

use sha2::{Digest, Sha256};

use super::bytes::Reader;
use super::seal::{BODY_OVERHEAD, CHECKSUM_LEN, MAC_LEN, MAX_BODY_LEN};
use super::slot::{SLOT_LEN, Slot};
use super::{FILE_ID_LEN, FileId, NONCE_LEN};
use crate::error::{DamagedPart, VaultError};
use crate::label::{MAX_LABEL_LEN, VaultLabel};

/// First bytes of every vault file.
pub const MAGIC: [u8; 8] = *b"MRVAULT\0";
/// The version that this program writes, and the highest that it reads.
pub const FORMAT_VERSION: u16 = 1;

const VERSION_LEN: usize = 2;
const LENGTH_LEN: usize = 4;
const PRELUDE_CHECK_LEN: usize = 4;
const PRELUDE_CHECKED_LEN: usize = MAGIC.len() + VERSION_LEN + LENGTH_LEN + LENGTH_LEN;
/// Bytes of the prelude.
pub const PRELUDE_LEN: usize = PRELUDE_CHECKED_LEN + PRELUDE_CHECK_LEN;

/// Argon2id version 0x13, HKDF-SHA-256, HMAC-SHA-256, XChaCha20-Poly1305.
const SUITE: u8 = 1;
/// Slots of version 1: exactly one, a passphrase.
const SLOT_COUNT: u8 = 1;

const COUNT_LEN: usize = 1;
const FIXED_LEN: usize = PRELUDE_LEN
    + COUNT_LEN // suite
    + FILE_ID_LEN
    + COUNT_LEN // label length
    + COUNT_LEN // slot count
    + SLOT_LEN
    + NONCE_LEN
    + MAC_LEN;
/// Most bytes of a header of version 1.
pub const MAX_HEADER_LEN: usize = FIXED_LEN + MAX_LABEL_LEN;
const MIN_HEADER_LEN: usize = FIXED_LEN + 1;

/// Sizes that the prelude promises, checked against this version's bounds.
#[derive(Clone, Copy)]
pub(super) struct Prelude {
    pub(super) header_len: usize,
    pub(super) body_len: usize,
}

impl Prelude {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, VaultError> {
        let shown = bytes.len().min(MAGIC.len());
        if bytes[..shown] != MAGIC[..shown] {
            return Err(VaultError::NotAVault);
        }
        let Some(prelude) = bytes.get(..PRELUDE_LEN) else {
            return Err(truncated(PRELUDE_LEN, bytes.len()));
        };
        let (checked, check) = prelude.split_at(PRELUDE_CHECKED_LEN);
        let damaged = || VaultError::Damaged { part: DamagedPart::Prelude };
        if prelude_check(checked) != check {
            return Err(damaged());
        }
        let mut reader = Reader::new(&checked[MAGIC.len()..]);
        let mut fields = || Some((reader.u16()?, reader.u32()?, reader.u32()?));
        let (version, header_len, body_len) = fields().ok_or_else(damaged)?;
        if version > FORMAT_VERSION {
            return Err(VaultError::NewerVersion { found: version, known: FORMAT_VERSION });
        }
        let header_len = usize::try_from(header_len).map_err(|_| damaged())?;
        let body_len = usize::try_from(body_len).map_err(|_| damaged())?;
        let known = version == FORMAT_VERSION
            && (MIN_HEADER_LEN..=MAX_HEADER_LEN).contains(&header_len)
            && (BODY_OVERHEAD..=MAX_BODY_LEN).contains(&body_len);
        if known { Ok(Self { header_len, body_len }) } else { Err(damaged()) }
    }

    /// Bytes of the whole file.
    pub(super) fn file_len(self) -> usize {
        self.header_len + self.body_len + CHECKSUM_LEN
    }

    /// The file must be exactly as long as promised.
    pub(super) fn check_len(self, found: usize) -> Result<(), VaultError> {
        match found.cmp(&self.file_len()) {
            std::cmp::Ordering::Less => Err(truncated(self.file_len(), found)),
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Greater => Err(VaultError::Damaged { part: DamagedPart::Length }),
        }
    }

    fn write(self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        for len in [self.header_len, self.body_len] {
            // Both are below the bounds of this version, far below 2^32.
            out.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
        }
        let check = prelude_check(&out[start..]);
        out.extend_from_slice(&check);
    }
}

fn truncated(expected: usize, found: usize) -> VaultError {
    VaultError::Truncated { expected: expected as u64, found: found as u64 }
}

fn prelude_check(checked: &[u8]) -> [u8; PRELUDE_CHECK_LEN] {
    let digest = Sha256::digest(checked);
    std::array::from_fn(|i| digest[i])
}

/// The header without its MAC.
#[derive(Clone)]
pub(super) struct Header {
    pub(super) file_id: FileId,
    pub(super) label: VaultLabel,
    pub(super) slot: Slot,
    pub(super) body_nonce: [u8; NONCE_LEN],
}

impl Header {
    /// Reads the bytes after the prelude, without the MAC.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, VaultError> {
        let damaged = || VaultError::Damaged { part: DamagedPart::Header };
        let mut reader = Reader::new(bytes);
        if reader.u8() != Some(SUITE) {
            return Err(damaged());
        }
        let file_id = FileId(reader.array().ok_or_else(damaged)?);
        let label_len = reader.u8().ok_or_else(damaged)?;
        let label = reader.take(label_len.into()).and_then(VaultLabel::from_stored).ok_or_else(damaged)?;
        if reader.u8() != Some(SLOT_COUNT) {
            return Err(damaged());
        }
        let slot = Slot::read(&mut reader)?;
        let body_nonce = reader.array().ok_or_else(damaged)?;
        if !reader.rest().is_empty() {
            return Err(damaged());
        }
        Ok(Self { file_id, label, slot, body_nonce })
    }

    /// Everything that the MAC covers: the prelude and all fields before the MAC.
    pub(super) fn write(&self, body_len: usize) -> Vec<u8> {
        let label = self.label.as_str().as_bytes();
        let prelude = Prelude { header_len: FIXED_LEN + label.len(), body_len };
        let mut out = Vec::with_capacity(prelude.file_len());
        prelude.write(&mut out);
        out.push(SUITE);
        out.extend_from_slice(&self.file_id.0);
        // A label has at most 64 bytes.
        out.push(u8::try_from(label.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(label);
        out.push(SLOT_COUNT);
        self.slot.write(&mut out);
        out.extend_from_slice(&self.body_nonce);
        out
    }
}
