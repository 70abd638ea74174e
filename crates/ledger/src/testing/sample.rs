//! Actors, and what they do.

use std::convert::Infallible;

use ed25519_dalek::SigningKey;
use medrec_protocol::{
    Address, AgentAddress, ChainIdentity, Commitment, Epoch, Hash32, MemberAddress, ProviderAddress,
    PublicKey, RecordSalt, RelationshipAddress, Sealed, Timestamp, TxBody, ViewingKey,
    actions::{
        Action, AnswerRequest, Grant, OpenRelationship, PublishRecord, RecordDisclosure, RequestAccess,
        Revoke,
    },
    codec::{List, Text},
    genesis::{AppState, Genesis, GenesisValidator, Member},
    seal::{PayloadKind, SealContext},
    state::{GrantId, Nonce, Provider, RequestId, SealingKey},
};
use rand_core::{TryCryptoRng, TryRng};

use super::GENESIS_TIME;

/// An account and its signing key.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The account.
    pub address: Address,
    /// Its key.
    pub key: SigningKey,
}

fn signing_key(number: u64) -> SigningKey {
    SigningKey::from_bytes(Hash32::of("medrec/sample/key", &[&number.to_be_bytes()]).as_bytes())
}

impl Actor {
    /// A provider.
    pub fn provider(number: u64) -> Self {
        let key = signing_key(number);
        Self { address: ProviderAddress::of(&PublicKey::of(&key)).into(), key }
    }

    /// A patient in one relationship.
    pub fn patient(number: u64) -> Self {
        let key = signing_key(number);
        Self { address: RelationshipAddress::of(&PublicKey::of(&key)).into(), key }
    }

    /// An agent.
    pub fn agent(number: u64) -> Self {
        let key = signing_key(number);
        Self { address: AgentAddress::of(&PublicKey::of(&key)).into(), key }
    }

    /// A member of the consortium.
    pub fn member(number: u64) -> Self {
        let key = signing_key(number);
        Self { address: MemberAddress::of(&PublicKey::of(&key)).into(), key }
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::of(&self.key)
    }

    /// The relationship that this key owns.
    pub fn relationship(&self) -> RelationshipAddress {
        RelationshipAddress::of(&self.public_key())
    }

    /// The provider that this key signs for.
    pub fn provider_address(&self) -> ProviderAddress {
        ProviderAddress::of(&self.public_key())
    }

    /// Signs a transaction and encodes it.
    pub fn sign(
        &self,
        chain: &ChainIdentity,
        nonce: Nonce,
        valid_until: Timestamp,
        actions: Vec<Action>,
    ) -> Vec<u8> {
        let actions = List::new(actions).expect("few enough actions");
        TxBody { signer: self.address, nonce, valid_until, actions }.sign(&self.key, chain).encode()
    }
}

/// A provider's entry in the directory.
pub fn provider_entry(provider: &Actor) -> Provider {
    let short = provider.address.to_string()[4..10].to_owned();
    Provider {
        name: Text::clipped(&format!("Clinic {short}")),
        place: Text::clipped("Rosenweg 4, 8001 Zürich"),
        endpoint: Text::clipped(&format!("https://{short}.example")),
        signing_key: provider.public_key(),
        sealing_key: SealingKey::from_bytes([7; 32]),
    }
}

/// A genesis with these providers, one member and one validator.
pub fn genesis(providers: &[Actor]) -> Genesis {
    let member = Actor::member(900);
    Genesis {
        chain_id: "medrec-sample".parse().expect("a good chain id"),
        time: (GENESIS_TIME, 0),
        validators: vec![GenesisValidator { key: Actor::member(901).public_key(), power: 10 }],
        app_state: AppState {
            version: 1,
            members: vec![Member { name: Text::clipped("Canton"), signing_key: member.public_key() }],
            providers: providers.iter().map(provider_entry).collect(),
        },
    }
}

/// A grant id.
pub fn grant_id(number: u64) -> GrantId {
    GrantId::from_bytes(u128::from(number).to_be_bytes())
}

/// A request id.
pub fn request_id(number: u64) -> RequestId {
    RequestId::from_bytes(u128::from(number).to_be_bytes())
}

/// Something sealed, under the viewing key of an epoch.
pub fn sealed(
    chain: &ChainIdentity,
    signer: &Actor,
    patient: &Actor,
    kind: PayloadKind,
    epoch: Epoch,
) -> Sealed {
    let context = SealContext { chain, relationship: patient.relationship(), signer: signer.address, kind };
    let key = ViewingKey::from_bytes([42; 32]);
    Sealed::seal(&key, epoch, &context, b"what only people read", &mut Counting(0)).expect("short enough")
}

/// The provider opens a relationship that the patient consents to.
pub fn open(chain: &ChainIdentity, provider: &Actor, patient: &Actor) -> Action {
    OpenRelationship::prove_possession(&patient.key, chain, provider.provider_address()).into()
}

/// The publisher publishes a record.
pub fn publish(
    chain: &ChainIdentity,
    publisher: &Actor,
    patient: &Actor,
    record: &[u8],
    supersedes: Option<u64>,
) -> Action {
    PublishRecord {
        relationship: patient.relationship(),
        commitment: Commitment::to(&RecordSalt::from_bytes([9; 32]), record),
        supersedes,
        description: sealed(chain, publisher, patient, PayloadKind::Record, Epoch::FIRST),
    }
    .into()
}

/// The patient gives a grant.
pub fn grant(chain: &ChainIdentity, patient: &Actor, id: GrantId, not_after: Timestamp) -> Action {
    let terms = sealed(chain, patient, patient, PayloadKind::Grant, Epoch::FIRST);
    Grant { relationship: patient.relationship(), id, not_after, terms }.into()
}

/// The patient stops a grant.
pub fn revoke(chain: &ChainIdentity, patient: &Actor, grant: GrantId) -> Action {
    let note = sealed(chain, patient, patient, PayloadKind::Revocation, Epoch::FIRST);
    Revoke { relationship: patient.relationship(), grant, note }.into()
}

/// The publisher asks for access.
pub fn request(
    chain: &ChainIdentity,
    publisher: &Actor,
    patient: &Actor,
    id: RequestId,
    not_after: Timestamp,
) -> Action {
    let request = sealed(chain, publisher, patient, PayloadKind::Request, Epoch::FIRST);
    RequestAccess { relationship: patient.relationship(), id, not_after, request }.into()
}

/// The patient answers a request.
pub fn answer(chain: &ChainIdentity, patient: &Actor, request: RequestId) -> Action {
    let answer = sealed(chain, patient, patient, PayloadKind::Answer, Epoch::FIRST);
    AnswerRequest { relationship: patient.relationship(), request, answer }.into()
}

/// The publisher writes a disclosure down.
pub fn disclose(chain: &ChainIdentity, publisher: &Actor, patient: &Actor) -> Action {
    let disclosure = sealed(chain, publisher, patient, PayloadKind::Disclosure, Epoch::FIRST);
    RecordDisclosure { relationship: patient.relationship(), disclosure }.into()
}

/// Counts instead of drawing: the same samples in every run.
struct Counting(u64);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 += 1;
        Ok(self.0)
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        for chunk in dst.chunks_mut(8) {
            chunk.copy_from_slice(&self.try_next_u64()?.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}
