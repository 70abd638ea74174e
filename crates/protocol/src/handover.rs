//! Handing a viewing key over, to a provider, a delegate or a new owner: HPKE (RFC 9180), base mode, DHKEM(X25519, HKDF-SHA256),
//! HKDF-SHA256, ChaCha20-Poly1305.
//!
//! To a provider, the key is sealed to its key in the ledger's directory, so a false gatekeeper learns
//! nothing; to a person, to a key that a signed request brings. The suite byte leaves room for a post-quantum hybrid. (docs/spec/sealed.md, HAND-1 …)

use borsh::{BorshDeserialize, BorshSerialize};
use hpke::{
    Deserializable, Kem as _, OpModeR, OpModeS, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::X25519HkdfSha256,
};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    Address, ChainIdentity, Epoch, RelationshipAddress, ViewingKey,
    codec::{self, DecodeError},
    seal::VIEWING_KEY_BYTES,
    state::SealingKey,
};

type Kem = X25519HkdfSha256;
type SecretKey = <Kem as hpke::Kem>::PrivateKey;

/// Suite 1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, base mode.
const SUITE_X25519: u8 = 1;
const INFO: &[u8] = b"medrec/handover/v1";
const ENCAPSULATED_BYTES: usize = 32;
const AEAD_TAG_BYTES: usize = 16;

/// Why a key could not be handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandoverError {
    /// The provider's sealing key is no X25519 key.
    #[error("the provider's sealing key in the directory is not usable")]
    SealingKey,
    /// Made by a method this program does not know.
    #[error("hand-over suite {0} is unknown: a newer program is needed")]
    Suite(u8),
    /// Sealed to another key, for another relationship, or altered.
    #[error("the viewing key cannot be opened: it was sealed for somebody else, or altered")]
    Closed,
}

/// To whom and for what a viewing key is handed over. Authenticated with it.
#[derive(Clone, Copy, Debug)]
pub struct HandoverContext<'a> {
    /// The ledger.
    pub chain: &'a ChainIdentity,
    /// The account that receives the key.
    pub recipient: Address,
    /// The relationship that the key opens.
    pub relationship: RelationshipAddress,
    /// The epoch that the key opens.
    pub epoch: Epoch,
}

impl HandoverContext<'_> {
    fn bytes(&self) -> Vec<u8> {
        codec::encode(&(self.chain, self.recipient, self.relationship, self.epoch))
    }
}

/// The secret half of a sealing key. Shows nothing of itself.
pub struct SealingSecret(Zeroizing<[u8; 32]>);

impl SealingSecret {
    /// Takes 32 random bytes, or bytes that were stored.
    pub fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The secret bytes, to be stored where only the gatekeeper reads.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public half, for the directory.
    pub fn public(&self) -> Result<SealingKey, HandoverError> {
        let public = Kem::sk_to_pk(&self.secret()?).to_bytes();
        Ok(SealingKey::from_bytes(public.into()))
    }

    fn secret(&self) -> Result<SecretKey, HandoverError> {
        SecretKey::from_bytes(self.0.as_ref()).map_err(|_| HandoverError::SealingKey)
    }
}

impl std::fmt::Debug for SealingSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingSecret(…)")
    }
}

/// A viewing key sealed to one account: 81 bytes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SealedKey {
    suite: u8,
    encapsulated: [u8; ENCAPSULATED_BYTES],
    ciphertext: [u8; VIEWING_KEY_BYTES + AEAD_TAG_BYTES],
}

impl SealedKey {
    /// Seals a viewing key.
    pub fn seal(
        key: &ViewingKey,
        to: &SealingKey,
        context: &HandoverContext<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, HandoverError> {
        let to = <Kem as hpke::Kem>::PublicKey::from_bytes(to.as_bytes())
            .map_err(|_| HandoverError::SealingKey)?;
        let (encapsulated, ciphertext) =
            hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Kem>(
                &OpModeS::Base,
                &to,
                INFO,
                key.expose(),
                &context.bytes(),
                rng,
            )
            .map_err(|_| HandoverError::SealingKey)?;
        let ciphertext = ciphertext.try_into().map_err(|_| HandoverError::SealingKey)?;
        Ok(Self { suite: SUITE_X25519, encapsulated: encapsulated.to_bytes().into(), ciphertext })
    }

    /// Opens it, at the recipient.
    pub fn open(
        &self,
        secret: &SealingSecret,
        context: &HandoverContext<'_>,
    ) -> Result<ViewingKey, HandoverError> {
        if self.suite != SUITE_X25519 {
            return Err(HandoverError::Suite(self.suite));
        }
        let encapsulated = <Kem as hpke::Kem>::EncappedKey::from_bytes(&self.encapsulated)
            .map_err(|_| HandoverError::Closed)?;
        let plaintext = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeR::Base,
            &secret.secret()?,
            &encapsulated,
            INFO,
            &self.ciphertext,
            &context.bytes(),
        );
        let plaintext = Zeroizing::new(plaintext.map_err(|_| HandoverError::Closed)?);
        let bytes = plaintext.as_slice().try_into().map_err(|_| HandoverError::Closed)?;
        Ok(ViewingKey::from_bytes(bytes))
    }

    /// Decodes a sealed key from outside.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(bytes, 128)
    }

    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }
}
