//! A slot: one way to the vault's master key (VAULT-5).
//!
//! ```text
//! slot key = Argon2id(passphrase, salt, parameters)
//! wrapped  = XChaCha20-Poly1305(slot key, nonce, master key, AD = domain ‖ file id ‖ kind ‖ parameters ‖ salt)
//! ```
//!
//! A slot key only wraps. Kind 2 is set aside for a recovery code; a reader of version 1 refuses it, because a
//! way in that it does not know is not one it can vouch for.

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::bytes::Reader;
use super::seal::{MASTER_KEY_LEN, MasterKey};
use super::{FILE_ID_LEN, FileId, NONCE_LEN, TAG_LEN, aead};
use crate::error::{DamagedPart, VaultError};
use crate::kdf::{KdfParams, SALT_LEN, SLOT_KEY_LEN};
use crate::passphrase::Passphrase;
use crate::random::random_bytes;

const WRAP_DOMAIN: &[u8] = b"medrec/vault/1/slot";
const KIND_LEN: usize = 1;
const PARAMS_LEN: usize = 4 + 4 + 4;
const PASSPHRASE_KIND: u8 = 1;

/// Bytes of a slot.
pub(super) const SLOT_LEN: usize = KIND_LEN + PARAMS_LEN + SALT_LEN + NONCE_LEN + MASTER_KEY_LEN + TAG_LEN;

/// The key of a slot: opens the master key and nothing else.
pub(crate) struct SlotKey(Zeroizing<[u8; SLOT_KEY_LEN]>);

/// A passphrase slot, the only kind of version 1.
#[derive(Clone)]
pub(crate) struct Slot {
    params: KdfParams,
    salt: [u8; SALT_LEN],
    nonce: [u8; NONCE_LEN],
    wrapped: [u8; MASTER_KEY_LEN],
    tag: [u8; TAG_LEN],
}

impl Slot {
    /// Wraps the master key for a passphrase, with fresh salt and nonce.
    pub(crate) fn wrap<R: TryCryptoRng + ?Sized>(
        file_id: FileId,
        master: &MasterKey,
        passphrase: &Passphrase,
        params: KdfParams,
        rng: &mut R,
    ) -> Result<(Self, SlotKey), VaultError> {
        let salt = random_bytes(rng)?;
        let nonce = random_bytes(rng)?;
        let key = SlotKey(params.derive(passphrase, &salt)?);
        let mut secret = Zeroizing::new(*master.expose());
        let tag = aead::seal(&key.0, &nonce, &associated_data(file_id, params, &salt), secret.as_mut_slice());
        let slot = Self { params, salt, nonce, wrapped: *secret, tag };
        Ok((slot, key))
    }

    /// The slot key of a passphrase: the slow step.
    pub(crate) fn derive_key(&self, passphrase: &Passphrase) -> Result<SlotKey, VaultError> {
        Ok(SlotKey(self.params.derive(passphrase, &self.salt)?))
    }

    /// The master key; [`VaultError::WrongPassphrase`] if the key does not fit.
    pub(crate) fn unwrap(&self, file_id: FileId, key: &SlotKey) -> Result<MasterKey, VaultError> {
        let mut secret = Zeroizing::new(self.wrapped);
        let associated = associated_data(file_id, self.params, &self.salt);
        aead::open(&key.0, &self.nonce, &associated, secret.as_mut_slice(), &self.tag)
            .ok_or(VaultError::WrongPassphrase)?;
        Ok(MasterKey::from_secret(secret))
    }

    /// The work factor.
    pub(crate) fn params(&self) -> KdfParams {
        self.params
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.push(PASSPHRASE_KIND);
        write_params(self.params, out);
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(&self.nonce);
        out.extend_from_slice(&self.wrapped);
        out.extend_from_slice(&self.tag);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, VaultError> {
        let (params, slot) =
            Self::read_fields(reader).ok_or(VaultError::Damaged { part: DamagedPart::Header })?;
        let (memory_kib, iterations, lanes) = params;
        Ok(Self { params: KdfParams::new(memory_kib, iterations, lanes)?, ..slot })
    }

    fn read_fields(reader: &mut Reader<'_>) -> Option<((u32, u32, u32), Self)> {
        if reader.u8()? != PASSPHRASE_KIND {
            return None;
        }
        let params = (reader.u32()?, reader.u32()?, reader.u32()?);
        let slot = Self {
            params: KdfParams::FLOOR,
            salt: reader.array()?,
            nonce: reader.array()?,
            wrapped: reader.array()?,
            tag: reader.array()?,
        };
        Some((params, slot))
    }
}

fn write_params(params: KdfParams, out: &mut Vec<u8>) {
    for number in [params.memory_kib(), params.iterations(), params.lanes()] {
        out.extend_from_slice(&number.to_le_bytes());
    }
}

fn associated_data(file_id: FileId, params: KdfParams, salt: &[u8; SALT_LEN]) -> Vec<u8> {
    let mut data = Vec::with_capacity(WRAP_DOMAIN.len() + FILE_ID_LEN + KIND_LEN + PARAMS_LEN + SALT_LEN);
    data.extend_from_slice(WRAP_DOMAIN);
    data.extend_from_slice(&file_id.0);
    data.push(PASSPHRASE_KIND);
    write_params(params, &mut data);
    data.extend_from_slice(salt);
    data
}
