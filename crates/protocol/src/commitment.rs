//! Commitments to records: what the ledger says about bytes it never sees.
//!
//! ```text
//! commitment = SHA-256("medrec/record/v1" ‖ 0x00 ‖ salt (32 random bytes) ‖ exact bytes)
//! ```
//!
//! The salt never goes on the ledger. Without it a commitment tells nothing about the bytes, not even
//! to somebody who guesses them; destroying salt and bytes is erasure. (docs/spec/commitment.md)

use borsh::{BorshDeserialize, BorshSerialize};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use crate::{
    codec,
    hash::{self, HASH_BYTES},
};

const TAG: &str = "medrec/record/v1";

/// Hiding, binding commitment to the exact bytes of one record version.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Commitment([u8; HASH_BYTES]);

codec::hex_text!(Commitment, HASH_BYTES);

impl Commitment {
    /// Commits to bytes that are all in memory.
    pub fn to(salt: &RecordSalt, bytes: &[u8]) -> Self {
        let mut hasher = CommitmentHasher::new(salt);
        hasher.update(bytes);
        hasher.finish()
    }

    /// Takes a commitment as it is.
    pub const fn from_bytes(bytes: [u8; HASH_BYTES]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; HASH_BYTES] {
        &self.0
    }
}

/// The 32 random bytes that hide a record behind its commitment.
#[derive(Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordSalt([u8; HASH_BYTES]);

codec::hex_parse!(RecordSalt, HASH_BYTES);

impl std::fmt::Display for RecordSalt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::fmt::Debug for RecordSalt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecordSalt(…)")
    }
}

impl RecordSalt {
    /// A fresh salt.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; HASH_BYTES];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Takes a salt as it is.
    pub const fn from_bytes(bytes: [u8; HASH_BYTES]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; HASH_BYTES] {
        &self.0
    }
}

/// Commits to bytes that stream past.
#[derive(Clone)]
pub struct CommitmentHasher(Sha256);

impl CommitmentHasher {
    /// Starts with the salt.
    pub fn new(salt: &RecordSalt) -> Self {
        let mut hasher = hash::tagged(TAG);
        hasher.update(salt.0);
        Self(hasher)
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The commitment to everything so far.
    pub fn finish(self) -> Commitment {
        Commitment(self.0.finalize().into())
    }
}
