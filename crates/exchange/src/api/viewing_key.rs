//! Handing the newest viewing key to the patient or a delegate, sealed to a key that the signed request brings. (API-15)

use medrec_protocol::{
    Address, ChainIdentity, Epoch, RelationshipAddress, ViewingKey,
    codec::DecodeError,
    handover::{HandoverContext, HandoverError, SealedKey, SealingSecret},
    state::SealingKey,
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{MAX_ANSWER_BYTES, MAX_REQUEST_BYTES, MessageError, wire};

/// Why a viewing key cannot be handed over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewingKeyError {
    /// It cannot be sealed or opened.
    #[error(transparent)]
    Handover(#[from] HandoverError),
    /// The sealed key is not one.
    #[error("the sealed viewing key is not one: {0}")]
    SealedKey(#[from] DecodeError),
}

/// Between whom, where: what the sealed key is bound to, its epoch apart.
#[derive(Clone, Copy, Debug)]
pub struct ViewingKeyFor<'a> {
    /// The ledger.
    pub chain: &'a ChainIdentity,
    /// The account that asks.
    pub recipient: Address,
    /// The relationship that the key opens.
    pub relationship: RelationshipAddress,
}

impl<'a> ViewingKeyFor<'a> {
    fn context(&self, epoch: Epoch) -> HandoverContext<'a> {
        let &Self { chain, recipient, relationship } = self;
        HandoverContext { chain, recipient, relationship, epoch }
    }
}

/// Content of `POST /v1/relationships/{relationship}/viewing-key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewingKeyRequest {
    /// The asker's X25519 key, made for this request only.
    pub sealing_key: SealingKey,
}

impl ViewingKeyRequest {
    /// Reads the content of a request.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        wire::decode(bytes, MAX_REQUEST_BYTES)
    }

    /// The content to be sent.
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        wire::encode(self)
    }
}

/// The answer: the newest viewing key, for the asker alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedViewingKey {
    epoch: u32,
    #[serde(with = "wire::base64_bytes")]
    key: Vec<u8>,
}

impl SealedViewingKey {
    /// Seals a viewing key to the asker.
    pub fn seal(
        (epoch, key): (Epoch, &ViewingKey),
        to: &SealingKey,
        whom: &ViewingKeyFor<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, ViewingKeyError> {
        let sealed = SealedKey::seal(key, to, &whom.context(epoch), rng)?;
        Ok(Self { epoch: epoch.count(), key: sealed.encode() })
    }

    /// Reads an answer.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        wire::decode(bytes, MAX_ANSWER_BYTES)
    }

    /// Opens it, at the asker.
    pub fn open(
        &self,
        secret: &SealingSecret,
        whom: &ViewingKeyFor<'_>,
    ) -> Result<(Epoch, ViewingKey), ViewingKeyError> {
        let epoch = Epoch::new(self.epoch);
        let key = SealedKey::decode(&self.key)?.open(secret, &whom.context(epoch))?;
        Ok((epoch, key))
    }
}
