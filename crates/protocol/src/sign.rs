//! The one signature rule: Ed25519 (RFC 8032), checked with `verify_strict`, in this file only.
//!
//! ```text
//! signed bytes = "medrec/sign/v1" ‖ 0x00 ‖ suite ‖ purpose ‖ len(chain id) ‖ chain id ‖ genesis hash ‖ body
//! ```
//!
//! Libraries disagree about crafted signatures (small-order keys, non-canonical points). Two rules in
//! one system would let a node accept what a wallet refuses; so there is one. (SIGN-1 … SIGN-4 in
//! docs/spec/transaction.md)

use borsh::{BorshDeserialize, BorshSerialize};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};

use crate::{RelationshipAddress, chain::ChainIdentity, codec};

/// Signature suite 1: Ed25519 with SHA-512, strict verification. The only one so far.
pub const SUITE_ED25519: u8 = 1;
/// Bytes of a public key.
pub const PUBLIC_KEY_BYTES: usize = 32;
/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;
const DOMAIN: &[u8] = b"medrec/sign/v1\0";

/// What a signature is for. One purpose, one message: a signature made for one is refused for all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// A transaction body.
    Transaction = 1,
    /// A patient's consent to a relationship with one provider.
    OpenRelationship = 2,
    /// The consent of a key's holder to own an account.
    TakeOver = 3,
}

/// The signature does not belong to this key, purpose, ledger and message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not match")]
pub struct BadSignature;

/// An Ed25519 public key as bytes. It becomes a point only when something is checked with it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct PublicKey([u8; PUBLIC_KEY_BYTES]);

codec::hex_text!(PublicKey, PUBLIC_KEY_BYTES);

impl PublicKey {
    /// Takes the 32 bytes of RFC 8032's encoding.
    pub const fn from_bytes(bytes: [u8; PUBLIC_KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// The public half of a signing key.
    pub fn of(key: &SigningKey) -> Self {
        Self(key.verifying_key().to_bytes())
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; PUBLIC_KEY_BYTES] {
        &self.0
    }

    /// Checks a signature made by [`sign`] for the same purpose, ledger and body.
    pub fn verify(
        &self,
        purpose: Purpose,
        chain: &ChainIdentity,
        body: &[u8],
        signature: &Signature,
    ) -> Result<(), BadSignature> {
        self.verify_raw(&signed_bytes(purpose, chain, body), signature)
    }

    /// Checks a signature over bytes that carry their own domain (the signature base of RFC 9421).
    pub fn verify_raw(&self, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| BadSignature)?;
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(message, &signature).map_err(|_| BadSignature)
    }
}

/// An Ed25519 signature, 64 bytes.
#[derive(Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Signature([u8; SIGNATURE_BYTES]);

codec::hex_text!(Signature, SIGNATURE_BYTES);

impl Signature {
    /// Takes the 64 bytes of RFC 8032's encoding.
    pub const fn from_bytes(bytes: [u8; SIGNATURE_BYTES]) -> Self {
        Self(bytes)
    }

    /// The 64 bytes.
    pub const fn as_bytes(&self) -> &[u8; SIGNATURE_BYTES] {
        &self.0
    }
}

/// A key, and the consent of its holder to own an account with it: a signature over the relationship, or over "none"
/// where the holder cannot know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Possession {
    /// The key.
    pub key: PublicKey,
    proof: Signature,
}

impl Possession {
    /// Consents.
    pub fn prove(key: &SigningKey, chain: &ChainIdentity, relationship: Option<RelationshipAddress>) -> Self {
        let proof = sign(key, Purpose::TakeOver, chain, &codec::encode(&relationship));
        Self { key: PublicKey::of(key), proof }
    }

    /// Checks the consent.
    pub fn verify(
        &self,
        chain: &ChainIdentity,
        relationship: Option<RelationshipAddress>,
    ) -> Result<(), BadSignature> {
        self.key.verify(Purpose::TakeOver, chain, &codec::encode(&relationship), &self.proof)
    }
}

/// Signs a body for one purpose on one ledger.
pub fn sign(key: &SigningKey, purpose: Purpose, chain: &ChainIdentity, body: &[u8]) -> Signature {
    sign_raw(key, &signed_bytes(purpose, chain, body))
}

/// Signs bytes that carry their own domain (the signature base of RFC 9421).
pub fn sign_raw(key: &SigningKey, message: &[u8]) -> Signature {
    Signature(key.sign(message).to_bytes())
}

fn signed_bytes(purpose: Purpose, chain: &ChainIdentity, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(DOMAIN.len() + 128 + body.len());
    bytes.extend_from_slice(DOMAIN);
    bytes.push(SUITE_ED25519);
    bytes.push(purpose as u8);
    bytes.extend(codec::encode(chain));
    bytes.extend_from_slice(body);
    bytes
}
