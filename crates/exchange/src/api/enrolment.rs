//! Enrolment: the patient's proof of possession, and the viewing key for the provider. (API-4 … API-6)

use ed25519_dalek::SigningKey;
use medrec_protocol::{
    ChainId, ChainIdentity, Epoch, ProviderAddress, PublicKey, RelationshipAddress, Signature, Timestamp,
    ViewingKey,
    actions::OpenRelationship,
    codec::DecodeError,
    handover::{HandoverContext, HandoverError, SealedKey, SealingSecret},
    state::Provider,
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{EnrolmentCode, EnrolmentSecret, MAX_ANSWER_BYTES, MAX_REQUEST_BYTES, MessageError, wire};

/// Why an enrolment cannot be made or taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnrolmentError {
    /// The code is of another ledger.
    #[error(
        "this code is for the ledger {code}, this wallet has joined {here}; ask the provider for a code of {here}"
    )]
    OtherLedger {
        /// The ledger that the code names.
        code: ChainId,
        /// The ledger here.
        here: ChainId,
    },
    /// The code is of another provider.
    #[error("this code is of the provider {code}, not of {asked}; look up the provider that the code names")]
    OtherProvider {
        /// The provider that the code names.
        code: ProviderAddress,
        /// The provider that was to be asked.
        asked: ProviderAddress,
    },
    /// The code has expired.
    #[error("this enrolment code has expired; ask the provider for a new one")]
    Expired,
    /// The patient's signature does not hold for this key, provider and ledger.
    #[error("the proof of possession does not hold for this key, provider and ledger")]
    Possession,
    /// The viewing key cannot be sealed or opened.
    #[error(transparent)]
    Handover(#[from] HandoverError),
    /// The sealed viewing key is not one.
    #[error("the sealed viewing key is not one: {0}")]
    SealedKey(#[from] DecodeError),
}

/// Content of `POST /v1/enrolments`. The request that carries it is signed with the same key. Sending it again
/// with the same key and code has no further effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentRequest {
    /// The ledger.
    pub chain_id: ChainId,
    /// Proves that the code was given.
    pub secret: EnrolmentSecret,
    /// The patient's signing key for this relationship only.
    pub owner: PublicKey,
    /// The patient's consent to a relationship with this provider.
    pub possession: Signature,
    #[serde(with = "wire::base64_bytes")]
    viewing_key: Vec<u8>,
}

impl EnrolmentRequest {
    /// Consents, and seals the viewing key of the first epoch to the provider.
    pub fn new(
        chain: &ChainIdentity,
        code: &EnrolmentCode,
        provider: &Provider,
        key: &SigningKey,
        viewing_key: &ViewingKey,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, EnrolmentError> {
        is_for(code, chain, provider.address(), now)?;
        let open = OpenRelationship::prove_possession(key, chain, provider.address());
        let relationship = RelationshipAddress::of(&open.owner);
        let context = handover(chain, provider.address(), relationship);
        let sealed = SealedKey::seal(viewing_key, &provider.sealing_key, &context, rng)?;
        Ok(Self {
            chain_id: chain.chain_id.clone(),
            secret: code.secret.clone(),
            owner: open.owner,
            possession: open.possession,
            viewing_key: sealed.encode(),
        })
    }

    /// Reads the content of a request.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        wire::decode(bytes, MAX_REQUEST_BYTES)
    }

    /// The content to be sent.
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        wire::encode(self)
    }

    /// The relationship that this opens.
    pub fn relationship(&self) -> RelationshipAddress {
        RelationshipAddress::of(&self.owner)
    }

    /// Checks, at the provider, everything but the code; gives what goes on the ledger, and the viewing key.
    pub fn verify(
        &self,
        chain: &ChainIdentity,
        provider: ProviderAddress,
        sealing_secret: &SealingSecret,
    ) -> Result<(OpenRelationship, ViewingKey), EnrolmentError> {
        if self.chain_id != chain.chain_id {
            return Err(EnrolmentError::OtherLedger {
                code: self.chain_id.clone(),
                here: chain.chain_id.clone(),
            });
        }
        let open = OpenRelationship { owner: self.owner, possession: self.possession };
        open.verify_possession(chain, provider).map_err(|_| EnrolmentError::Possession)?;
        let context = handover(chain, provider, self.relationship());
        let viewing_key = SealedKey::decode(&self.viewing_key)?.open(sealing_secret, &context)?;
        Ok((open, viewing_key))
    }
}

fn is_for(
    code: &EnrolmentCode,
    chain: &ChainIdentity,
    asked: ProviderAddress,
    now: Timestamp,
) -> Result<(), EnrolmentError> {
    if code.chain_id != chain.chain_id {
        return Err(EnrolmentError::OtherLedger {
            code: code.chain_id.clone(),
            here: chain.chain_id.clone(),
        });
    }
    if code.provider != asked {
        return Err(EnrolmentError::OtherProvider { code: code.provider, asked });
    }
    if now > code.expires { Err(EnrolmentError::Expired) } else { Ok(()) }
}

fn handover(
    chain: &ChainIdentity,
    provider: ProviderAddress,
    relationship: RelationshipAddress,
) -> HandoverContext<'_> {
    HandoverContext { chain, recipient: provider.into(), relationship, epoch: Epoch::FIRST }
}

/// How far an enrolment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrolmentState {
    /// Taken; the ledger has not confirmed it yet.
    Opening,
    /// The relationship is on the ledger.
    Open,
}

/// Answer to `POST /v1/enrolments` and `GET /v1/enrolments/{relationship}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// How far it is. The wallet believes it is open only when the ledger proves it.
    pub state: EnrolmentState,
}

impl Enrolment {
    /// Reads an answer.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        wire::decode(bytes, MAX_ANSWER_BYTES)
    }
}
