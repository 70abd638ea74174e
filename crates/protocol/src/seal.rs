//! Sealed payloads: what only people need to read, closed under a relationship's viewing key.
//!
//! ```text
//! aead key   = HKDF-SHA-256(viewing key, info = "medrec/seal/key/v1")
//! salt       = HKDF-SHA-256(viewing key, info = "medrec/seal/salt/v1" ‖ nonce)
//! commitment = SHA-256("medrec/seal/v1" ‖ 0x00 ‖ salt ‖ plaintext)
//! ciphertext = XChaCha20-Poly1305(aead key, nonce, aad = context, len(plaintext) as u16 ‖ plaintext ‖ zeros)
//! ```
//!
//! The commitment lets a reader prove one entry to a third party by showing salt and plaintext, without
//! giving away the viewing key; it also binds the key (an AEAD alone does not). The salt follows from key
//! and nonce, so it costs no room. Sizes are padded to a few buckets. (RFC 5869, RFC 8439 with the
//! extended nonce of draft-irtf-cfrg-xchacha; docs/spec/sealed.md)

use borsh::{BorshDeserialize, BorshSerialize};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use rand_core::CryptoRng;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    Address, ChainIdentity, Hash32, RelationshipAddress,
    codec::{self, Bytes},
};

/// Bytes of a viewing key.
pub const VIEWING_KEY_BYTES: usize = 32;
/// Sizes that padded plaintext may have, length prefix included.
pub const BUCKETS: [usize; 5] = [192, 448, 960, 1984, 4032];
/// Longest plaintext in bytes.
pub const MAX_PLAINTEXT_BYTES: usize = BUCKETS[BUCKETS.len() - 1] - LENGTH_BYTES;
const LENGTH_BYTES: usize = 2;
const NONCE_BYTES: usize = 24;
const AEAD_TAG_BYTES: usize = 16;
const MAX_CIPHERTEXT_BYTES: usize = BUCKETS[BUCKETS.len() - 1] + AEAD_TAG_BYTES;
const COMMITMENT_TAG: &str = "medrec/seal/v1";
const CONTEXT_TAG: &str = "medrec/seal/context/v1";
const KEY_INFO: &[u8] = b"medrec/seal/key/v1";
const OLDER_KEY_INFO: &[u8] = b"medrec/seal/older/v1";
const SALT_INFO: &[u8] = b"medrec/seal/salt/v1";

/// Counts the viewing keys of a relationship; 0 is the first. A new epoch begins when the key changes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, BorshDeserialize,
)]
pub struct Epoch(u32);

impl Epoch {
    /// The epoch that a relationship opens with.
    pub const FIRST: Self = Self(0);

    /// From a count of key changes.
    pub const fn new(count: u32) -> Self {
        Self(count)
    }

    /// Key changes so far.
    pub const fn count(self) -> u32 {
        self.0
    }

    /// The epoch after this one; none after the last that can be counted.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(count) => Some(Self(count)),
            None => None,
        }
    }

    /// The epoch before this one; none before the first.
    pub const fn previous(self) -> Option<Self> {
        match self.0.checked_sub(1) {
            Some(count) => Some(Self(count)),
            None => None,
        }
    }
}

/// The symmetric key that opens one epoch of a relationship's log. Held by the patient, the publisher and
/// delegates; wiped from memory when dropped; shows nothing of itself.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ViewingKey([u8; VIEWING_KEY_BYTES]);

impl ViewingKey {
    /// Takes key bytes from the key tree or from a hand-over.
    pub const fn from_bytes(bytes: [u8; VIEWING_KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// The key bytes, to be stored encrypted or handed over sealed.
    pub const fn expose(&self) -> &[u8; VIEWING_KEY_BYTES] {
        &self.0
    }

    fn expand(&self, info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut out = Zeroizing::new([0; 32]);
        let expanded = Hkdf::<Sha256>::new(None, &self.0).expand_multi_info(info, out.as_mut());
        debug_assert!(expanded.is_ok(), "32 bytes are always a valid HKDF-SHA-256 length");
        out
    }
}

impl std::fmt::Debug for ViewingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ViewingKey(…)")
    }
}

/// What a payload is. Part of what is authenticated, so that one kind never passes for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PayloadKind {
    /// Description of a record.
    Record = 1,
    /// Terms of a grant.
    Grant = 2,
    /// A request for access.
    Request = 3,
    /// The answer to a request.
    Answer = 4,
    /// A release of copies.
    Disclosure = 5,
    /// Why a grant was revoked.
    Revocation = 6,
    /// Why a record pointer was taken back.
    Withdrawal = 7,
    /// What is wrong with an entry.
    Dispute = 8,
    /// Who a delegate is.
    Delegation = 9,
    /// Who the guardians are.
    Guardians = 10,
    /// What emergency care may see.
    Emergency = 11,
}

/// Where a payload stands. Authenticated with it: it cannot be moved to another ledger, relationship,
/// signer or kind of entry.
#[derive(Clone, Copy, Debug)]
pub struct SealContext<'a> {
    /// The ledger.
    pub chain: &'a ChainIdentity,
    /// The relationship in whose log the payload stands.
    pub relationship: RelationshipAddress,
    /// Who signs the transaction that carries it.
    pub signer: Address,
    /// What it is.
    pub kind: PayloadKind,
}

impl SealContext<'_> {
    fn bytes(&self, epoch: Epoch) -> Vec<u8> {
        let parts = (self.chain, self.relationship, self.signer, self.kind as u8, epoch);
        let digest = Hash32::of(CONTEXT_TAG, &[&codec::encode(&parts)]);
        digest.as_bytes().to_vec()
    }
}

/// Why a payload cannot be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// More than the largest bucket holds.
    #[error("the content is too long: {found} bytes, at most {MAX_PLAINTEXT_BYTES} fit into one entry")]
    TooLong {
        /// Bytes of the content.
        found: usize,
    },
    /// Not sealed with this key, for this place, or altered since.
    #[error("this entry cannot be opened with the key of this relationship")]
    Closed,
    /// It opens, but is not what its commitment says.
    #[error("this entry does not match its own commitment")]
    Commitment,
}

/// A payload closed under a viewing key, with a commitment to what is inside.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Sealed {
    epoch: Epoch,
    nonce: [u8; NONCE_BYTES],
    ciphertext: Bytes<MAX_CIPHERTEXT_BYTES>,
    commitment: Hash32,
}

/// What was inside, with the salt that proves it.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// The payload's bytes.
    pub plaintext: Vec<u8>,
    /// Salt of the commitment: shown to a third party together with the plaintext.
    pub salt: [u8; 32],
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({} bytes)", self.plaintext.len())
    }
}

impl Sealed {
    /// Closes a payload. The nonce is drawn from `rng`.
    pub fn seal(
        key: &ViewingKey,
        epoch: Epoch,
        context: &SealContext<'_>,
        plaintext: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Self, SealError> {
        let padded = pad(plaintext)?;
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let aad = context.bytes(epoch);
        let ciphertext = cipher(key)
            .encrypt(&XNonce::from(nonce), Payload { msg: &padded, aad: &aad })
            .map_err(|_| SealError::Closed)?;
        let ciphertext = Bytes::new(ciphertext).map_err(|_| SealError::TooLong { found: plaintext.len() })?;
        let commitment = commitment(&salt(key, &nonce), plaintext);
        Ok(Self { epoch, nonce, ciphertext, commitment })
    }

    /// Opens a payload and checks it against its commitment.
    pub fn open(&self, key: &ViewingKey, context: &SealContext<'_>) -> Result<Opened, SealError> {
        let aad = context.bytes(self.epoch);
        let padded = cipher(key)
            .decrypt(&XNonce::from(self.nonce), Payload { msg: self.ciphertext.as_slice(), aad: &aad })
            .map_err(|_| SealError::Closed)?;
        let plaintext = unpad(&padded).ok_or(SealError::Commitment)?.to_vec();
        let salt = *salt(key, &self.nonce);
        if !self.is_opened_by(&salt, &plaintext) {
            return Err(SealError::Commitment);
        }
        Ok(Opened { plaintext, salt })
    }

    /// True when salt and plaintext are what this payload commits to. Needs no key.
    pub fn is_opened_by(&self, salt: &[u8; 32], plaintext: &[u8]) -> bool {
        commitment(salt, plaintext).as_bytes().ct_eq(self.commitment.as_bytes()).into()
    }

    /// The viewing key it was sealed under.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// True when the ciphertext has one of the padded sizes.
    pub fn is_well_formed(&self) -> bool {
        BUCKETS.iter().any(|bucket| bucket + AEAD_TAG_BYTES == self.ciphertext.as_slice().len())
    }
}

/// The viewing key of one epoch, closed under that of the next: 72 bytes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct OlderKey {
    nonce: [u8; NONCE_BYTES],
    ciphertext: [u8; VIEWING_KEY_BYTES + AEAD_TAG_BYTES],
}

impl OlderKey {
    /// Closes the key of the epoch before `newer_epoch` under `newer`. The nonce is drawn from `rng`.
    pub fn seal(
        older: &ViewingKey,
        newer: &ViewingKey,
        chain: &ChainIdentity,
        relationship: RelationshipAddress,
        newer_epoch: Epoch,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, SealError> {
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let aad = codec::encode(&(chain, relationship, newer_epoch));
        let ciphertext = XChaCha20Poly1305::new((&*newer.expand(&[OLDER_KEY_INFO])).into())
            .encrypt(&XNonce::from(nonce), Payload { msg: older.expose(), aad: &aad })
            .map_err(|_| SealError::Closed)?;
        Ok(Self { nonce, ciphertext: ciphertext.try_into().map_err(|_| SealError::Closed)? })
    }

    /// Opens the key of the epoch before `newer_epoch`.
    pub fn open(
        &self,
        newer: &ViewingKey,
        chain: &ChainIdentity,
        relationship: RelationshipAddress,
        newer_epoch: Epoch,
    ) -> Result<ViewingKey, SealError> {
        let aad = codec::encode(&(chain, relationship, newer_epoch));
        let opened = XChaCha20Poly1305::new((&*newer.expand(&[OLDER_KEY_INFO])).into())
            .decrypt(&XNonce::from(self.nonce), Payload { msg: &self.ciphertext, aad: &aad })
            .map_err(|_| SealError::Closed)?;
        let opened = Zeroizing::new(opened);
        Ok(ViewingKey::from_bytes(opened.as_slice().try_into().map_err(|_| SealError::Closed)?))
    }
}

fn cipher(key: &ViewingKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&*key.expand(&[KEY_INFO])).into())
}

fn salt(key: &ViewingKey, nonce: &[u8; NONCE_BYTES]) -> Zeroizing<[u8; 32]> {
    key.expand(&[SALT_INFO, nonce])
}

fn commitment(salt: &[u8; 32], plaintext: &[u8]) -> Hash32 {
    Hash32::of(COMMITMENT_TAG, &[salt, plaintext])
}

fn pad(plaintext: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let too_long = SealError::TooLong { found: plaintext.len() };
    let needed = LENGTH_BYTES + plaintext.len();
    let bucket = *BUCKETS.iter().find(|bucket| **bucket >= needed).ok_or(too_long)?;
    let length = u16::try_from(plaintext.len()).map_err(|_| too_long)?;
    let mut padded = Zeroizing::new(Vec::with_capacity(bucket));
    padded.extend_from_slice(&length.to_le_bytes());
    padded.extend_from_slice(plaintext);
    padded.resize(bucket, 0);
    Ok(padded)
}

fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let (length, rest) = padded.split_first_chunk::<LENGTH_BYTES>()?;
    let (plaintext, padding) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    padding.iter().all(|byte| *byte == 0).then_some(plaintext)
}
