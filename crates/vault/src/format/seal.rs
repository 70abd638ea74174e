//! Sealing and opening the whole file.
//!
//! ```text
//! body key   = HKDF-SHA-256(master key, salt = file id, info = "medrec/vault/1/body")
//! MAC key    = HKDF-SHA-256(master key, salt = file id, info = "medrec/vault/1/header-mac")
//! header MAC = HMAC-SHA-256(MAC key, header without MAC)
//! ```
//!
//! The MAC commits the file to one master key: XChaCha20-Poly1305 alone lets one crafted ciphertext open under
//! several keys (RFC 5869, RFC 2104; key commitment).

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use rand_core::TryCryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::header::{Header, MAX_HEADER_LEN, PRELUDE_LEN, Prelude};
use super::slot::{Slot, SlotKey};
use super::{FileId, NONCE_LEN, TAG_LEN, aead, body};
use crate::contents::Contents;
use crate::error::{DamagedPart, VaultError};
use crate::label::VaultLabel;
use crate::passphrase::Passphrase;
use crate::random::{random_bytes, random_secret};

/// Bytes of the master key.
pub(super) const MASTER_KEY_LEN: usize = 32;
/// Bytes of the header MAC.
pub(super) const MAC_LEN: usize = 32;
/// Bytes of the checksum at the end.
pub(super) const CHECKSUM_LEN: usize = 32;
/// What sealing adds to the contents.
pub(super) const BODY_OVERHEAD: usize = TAG_LEN;
/// Most bytes of a sealed body.
pub(super) const MAX_BODY_LEN: usize = body::MAX_PADDED_LEN + BODY_OVERHEAD;
/// Most bytes of a vault file of version 1.
pub const MAX_FILE_LEN: usize = MAX_HEADER_LEN + MAX_BODY_LEN + CHECKSUM_LEN;

const BODY_INFO: &[u8] = b"medrec/vault/1/body";
const MAC_INFO: &[u8] = b"medrec/vault/1/header-mac";

/// SHA-256 over header and body: names one exact state of the file.
pub(crate) type Checksum = [u8; CHECKSUM_LEN];

/// The random key under which the body is sealed; slots wrap it.
pub(crate) struct MasterKey(Zeroizing<[u8; MASTER_KEY_LEN]>);

impl MasterKey {
    pub(crate) fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, VaultError> {
        Ok(Self(random_secret(rng)?))
    }

    pub(super) fn from_secret(secret: Zeroizing<[u8; MASTER_KEY_LEN]>) -> Self {
        Self(secret)
    }

    pub(super) fn expose(&self) -> &[u8; MASTER_KEY_LEN] {
        &self.0
    }

    #[allow(clippy::expect_used, reason = "RFC 5869 expands to 255 hashes; this is one")]
    fn derive_key(&self, file_id: FileId, info: &[u8]) -> Zeroizing<[u8; MASTER_KEY_LEN]> {
        let mut key = Zeroizing::new([0u8; MASTER_KEY_LEN]);
        Hkdf::<Sha256>::new(Some(&file_id.0), self.expose().as_slice())
            .expand(info, key.as_mut_slice())
            .expect("32 bytes are within HKDF's limit");
        key
    }

    #[allow(clippy::expect_used, reason = "RFC 2104 takes a key of any length")]
    fn header_mac(&self, file_id: FileId, header: &[u8]) -> Hmac<Sha256> {
        let key = self.derive_key(file_id, MAC_INFO);
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("HMAC takes a key of any length");
        mac.update(header);
        mac
    }
}

/// What stands in clear in front of the contents; kept while a vault is open, to seal it again.
#[derive(Clone)]
pub(crate) struct Envelope {
    pub(crate) file_id: FileId,
    pub(crate) label: VaultLabel,
    pub(crate) slot: Slot,
}

impl Envelope {
    /// The bytes of a whole file, under a fresh body nonce.
    pub(crate) fn seal<R: TryCryptoRng + ?Sized>(
        &self,
        master: &MasterKey,
        contents: &Contents,
        rng: &mut R,
    ) -> Result<Vec<u8>, VaultError> {
        let body_nonce: [u8; NONCE_LEN] = random_bytes(rng)?;
        let Self { file_id, label, slot } = self.clone();
        let mut body = body::encode(contents)?;
        let mut file = Header { file_id, label, slot, body_nonce }.write(body.len() + BODY_OVERHEAD);
        let mac = master.header_mac(file_id, &file).finalize().into_bytes();
        file.extend_from_slice(&mac);
        let key = master.derive_key(file_id, BODY_INFO);
        let tag = aead::seal(&key, &body_nonce, &file, body.as_mut_slice());
        file.extend_from_slice(&body);
        file.extend_from_slice(&tag);
        let checksum = Sha256::digest(&file);
        file.extend_from_slice(&checksum);
        Ok(file)
    }
}

/// A vault file that is complete and undamaged as far as can be told without the passphrase.
pub struct SealedVault {
    header: Header,
    header_bytes: Vec<u8>,
    body: Vec<u8>,
    checksum: Checksum,
}

impl SealedVault {
    /// Parses a whole file (VAULT-2, VAULT-13). Bytes may come from anyone; nothing is allocated beyond their own size.
    pub fn parse(bytes: &[u8]) -> Result<Self, VaultError> {
        let prelude = Prelude::read(bytes)?;
        prelude.check_len(bytes.len())?;
        let (sealed, checksum) = bytes.split_at(prelude.header_len + prelude.body_len);
        let found: Checksum = Sha256::digest(sealed).into();
        if found != checksum {
            return Err(VaultError::Damaged { part: DamagedPart::Checksum });
        }
        let (header_bytes, body) = sealed.split_at(prelude.header_len);
        let fields = &header_bytes[PRELUDE_LEN..prelude.header_len - MAC_LEN];
        Ok(Self {
            header: Header::read(fields)?,
            header_bytes: header_bytes.to_vec(),
            body: body.to_vec(),
            checksum: found,
        })
    }

    /// Random name of the vault.
    pub fn file_id(&self) -> FileId {
        self.header.file_id
    }

    /// The label the file claims; authenticated only once the vault is open.
    pub fn label(&self) -> &VaultLabel {
        &self.header.label
    }

    pub(crate) fn checksum(&self) -> Checksum {
        self.checksum
    }

    pub(crate) fn envelope(&self) -> Envelope {
        Envelope {
            file_id: self.header.file_id,
            label: self.header.label.clone(),
            slot: self.header.slot.clone(),
        }
    }

    /// The master key, from a passphrase: the slow step.
    pub(crate) fn unwrap(&self, passphrase: &Passphrase) -> Result<MasterKey, VaultError> {
        let key = self.header.slot.derive_key(passphrase)?;
        self.unwrap_with(&key)
    }

    /// The master key, from a slot key derived before.
    pub(crate) fn unwrap_with(&self, key: &SlotKey) -> Result<MasterKey, VaultError> {
        self.header.slot.unwrap(self.header.file_id, key)
    }

    /// The contents, once header and body are authenticated.
    pub(crate) fn open(&self, master: &MasterKey) -> Result<Contents, VaultError> {
        let file_id = self.header.file_id;
        let (fields, mac) = self.header_bytes.split_at(self.header_bytes.len() - MAC_LEN);
        master.header_mac(file_id, fields).verify_slice(mac).map_err(|_| VaultError::Altered)?;
        let (sealed, tag) = self.body.split_last_chunk().ok_or(VaultError::Altered)?;
        let mut body = Zeroizing::new(sealed.to_vec());
        let key = master.derive_key(file_id, BODY_INFO);
        aead::open(&key, &self.header.body_nonce, &self.header_bytes, body.as_mut_slice(), tag)
            .ok_or(VaultError::Altered)?;
        body::decode(&body)
    }
}

impl fmt::Debug for SealedVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedVault").field("file_id", &self.file_id()).finish_non_exhaustive()
    }
}
