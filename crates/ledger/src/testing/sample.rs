//! Actors, and what they do.

use std::convert::Infallible;

use ed25519_dalek::SigningKey;
use medrec_protocol::{
    Address, AgentAddress, ChainIdentity, Commitment, Epoch, Hash32, MemberAddress, ProviderAddress,
    PublicKey, RecordSalt, RelationshipAddress, Sealed, Timestamp, TxBody, ViewingKey,
    actions::{
        Action, AnswerDelegation, AnswerRequest, ApproveRecovery, AskActivation, CloseRelationship, Delegate,
        Dispute, EndDelegation, Grant, Guardian, NewViewingKey, OpenRelationship, Propose, PublishRecord,
        RecordDisclosure, RefuseActivation, RequestAccess, Rescind, Revoke, RevokeAll, RotateKeys,
        RotateViewingKey, SetEmergency, SetGuardians, SetHandover, ShowLife, UpdateProvider, VetoRecovery,
        Vote, WithdrawRecord,
    },
    codec::{List, Text},
    genesis::{AppState, Genesis, GenesisValidator, Member},
    handover::{HandoverContext, SealedKey, SealingSecret},
    seal::{OlderKey, PayloadKind, SealContext},
    sign::Possession,
    state::{Activation, GrantId, Motion, MotionId, Nonce, Provider, RequestId, Right, SealingKey},
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

    /// The relationship of a patient; of anybody else, the one that would open with this key.
    pub fn relationship(&self) -> RelationshipAddress {
        match self.address {
            Address::Relationship(address) => address,
            _ => RelationshipAddress::of(&self.public_key()),
        }
    }

    /// The address of a provider; of anybody else, the one that a provider with this key would have.
    pub fn provider_address(&self) -> ProviderAddress {
        match self.address {
            Address::Provider(address) => address,
            _ => ProviderAddress::of(&self.public_key()),
        }
    }

    /// The address of an agent; of anybody else, the one that an agent with this key would have.
    pub fn agent_address(&self) -> AgentAddress {
        match self.address {
            Address::Agent(address) => address,
            _ => AgentAddress::of(&self.public_key()),
        }
    }

    /// The same account, under the key of another actor.
    #[must_use]
    pub fn under_key_of(&self, other: &Self) -> Self {
        Self { address: self.address, key: other.key.clone() }
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
    genesis_with_members(providers, &[Actor::member(900)])
}

/// A genesis with these providers and members, and one validator.
pub fn genesis_with_members(providers: &[Actor], members: &[Actor]) -> Genesis {
    let member = |member: &Actor| Member { name: Text::clipped("Canton"), signing_key: member.public_key() };
    Genesis {
        chain_id: "medrec-sample".parse().expect("a good chain id"),
        time: (GENESIS_TIME, 0),
        validators: vec![GenesisValidator { key: Actor::member(901).public_key(), power: 10 }],
        app_state: AppState {
            version: 1,
            members: members.iter().map(member).collect(),
            providers: providers.iter().map(provider_entry).collect(),
            emergency: Vec::new(),
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

/// A motion id.
pub fn motion_id(number: u64) -> MotionId {
    MotionId::from_bytes(u128::from(number).to_be_bytes())
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

/// The publisher takes a record pointer back.
pub fn withdraw(chain: &ChainIdentity, publisher: &Actor, patient: &Actor, entry: u64) -> Action {
    let reason = sealed(chain, publisher, patient, PayloadKind::Withdrawal, Epoch::FIRST);
    WithdrawRecord { relationship: patient.relationship(), entry, reason }.into()
}

/// The patient, or a delegate, stops every grant.
pub fn revoke_all(chain: &ChainIdentity, patient: &Actor) -> Action {
    let note = sealed(chain, patient, patient, PayloadKind::Revocation, Epoch::FIRST);
    RevokeAll { relationship: patient.relationship(), note }.into()
}

/// The patient, or a delegate, says that an entry is wrong.
pub fn dispute(chain: &ChainIdentity, patient: &Actor, entry: u64) -> Action {
    let statement = sealed(chain, patient, patient, PayloadKind::Dispute, Epoch::FIRST);
    Dispute { relationship: patient.relationship(), entry, statement }.into()
}

/// The patient, or a delegate who manages, appoints a delegate.
pub fn delegate(
    chain: &ChainIdentity,
    patient: &Actor,
    agent: &Actor,
    right: Right,
    not_after: Timestamp,
    activation: Activation,
) -> Action {
    let terms = sealed(chain, patient, patient, PayloadKind::Delegation, Epoch::FIRST);
    let relationship = patient.relationship();
    Delegate { relationship, key: agent.public_key(), right, not_after, activation, terms }.into()
}

/// The delegate accepts an appointment, or gives it up.
pub fn answer_delegation(patient: &Actor, accepted: bool) -> Action {
    AnswerDelegation { relationship: patient.relationship(), accepted }.into()
}

/// The delegate asks for a waiting delegation to begin.
pub fn ask_activation(patient: &Actor) -> Action {
    AskActivation { relationship: patient.relationship() }.into()
}

/// The patient says no to that.
pub fn refuse_activation(patient: &Actor, agent: &Actor) -> Action {
    RefuseActivation { relationship: patient.relationship(), agent: agent.agent_address() }.into()
}

/// The viewing key of an epoch that begins, for the publisher and for whoever holds the key before it.
pub fn new_viewing_key(
    chain: &ChainIdentity,
    publisher: &Actor,
    patient: &Actor,
    epoch: Epoch,
) -> NewViewingKey {
    let relationship = patient.relationship();
    let (older, newer) = (ViewingKey::from_bytes([42; 32]), ViewingKey::from_bytes([43; 32]));
    let secret = SealingSecret::from_bytes([7; 32].into());
    let context = HandoverContext { chain, recipient: publisher.address, relationship, epoch };
    let public = secret.public().expect("a usable key");
    let to_publisher = SealedKey::seal(&newer, &public, &context, &mut Counting(0)).expect("a usable key");
    let older = OlderKey::seal(&older, &newer, chain, relationship, epoch, &mut Counting(0));
    NewViewingKey { epoch, to_publisher, older: older.expect("a key is short enough") }
}

/// The patient, or a delegate who manages, ends a delegation; `epoch` begins.
pub fn end_delegation(
    chain: &ChainIdentity,
    publisher: &Actor,
    patient: &Actor,
    agent: &Actor,
    epoch: Epoch,
) -> Action {
    let key = new_viewing_key(chain, publisher, patient, epoch);
    EndDelegation { relationship: patient.relationship(), agent: agent.agent_address(), key }.into()
}

/// The patient, or a delegate who manages, changes the viewing key; `epoch` begins.
pub fn rotate_viewing_key(chain: &ChainIdentity, publisher: &Actor, patient: &Actor, epoch: Epoch) -> Action {
    let key = new_viewing_key(chain, publisher, patient, epoch);
    RotateViewingKey { relationship: patient.relationship(), key }.into()
}

/// The patient moves the account to a new key; `epoch` begins.
pub fn rotate_keys(
    chain: &ChainIdentity,
    publisher: &Actor,
    patient: &Actor,
    new_owner: &Actor,
    epoch: Epoch,
) -> Action {
    let relationship = patient.relationship();
    let key = new_viewing_key(chain, publisher, patient, epoch);
    let new_owner = Possession::prove(&new_owner.key, chain, Some(relationship));
    RotateKeys { relationship, new_owner, key }.into()
}

/// The patient chooses guardians.
pub fn set_guardians(
    chain: &ChainIdentity,
    patient: &Actor,
    guardians: &[Actor],
    threshold: u8,
    delay: u32,
) -> Action {
    let names = sealed(chain, patient, patient, PayloadKind::Guardians, Epoch::FIRST);
    let guardians = guardians.iter().map(|guardian| Guardian { key: guardian.public_key() }).collect();
    let guardians = List::new(guardians).expect("few enough guardians");
    SetGuardians { relationship: patient.relationship(), guardians, threshold, delay, names }.into()
}

/// A guardian agrees that the account moves to a new key.
pub fn approve_recovery(chain: &ChainIdentity, patient: &Actor, new_owner: &Actor) -> Action {
    let new_owner = Possession::prove(&new_owner.key, chain, None);
    ApproveRecovery { relationship: patient.relationship(), new_owner }.into()
}

/// The patient says no to that.
pub fn veto_recovery(patient: &Actor) -> Action {
    VetoRecovery { relationship: patient.relationship() }.into()
}

/// A parent promises a child's account to the child.
pub fn set_handover(chain: &ChainIdentity, patient: &Actor, new_owner: &Actor, due: Timestamp) -> Action {
    let relationship = patient.relationship();
    let new_owner = Possession::prove(&new_owner.key, chain, Some(relationship));
    SetHandover { relationship, new_owner, due }.into()
}

/// The patient, or a delegate who manages, allows emergency access, or no more.
pub fn set_emergency(chain: &ChainIdentity, patient: &Actor, allowed: bool) -> Action {
    let terms = sealed(chain, patient, patient, PayloadKind::Emergency, Epoch::FIRST);
    SetEmergency { relationship: patient.relationship(), allowed, terms }.into()
}

/// The patient shows a sign of life.
pub fn show_life(patient: &Actor) -> Action {
    ShowLife { relationship: patient.relationship() }.into()
}

/// The patient closes the relationship for good.
pub fn close(chain: &ChainIdentity, patient: &Actor) -> Action {
    let note = sealed(chain, patient, patient, PayloadKind::Revocation, Epoch::FIRST);
    CloseRelationship { relationship: patient.relationship(), note }.into()
}

/// A provider changes its entry in the directory.
pub fn update_provider(provider: Provider) -> Action {
    UpdateProvider { provider }.into()
}

/// A member makes a motion.
pub fn propose(id: MotionId, not_after: Timestamp, motion: Motion) -> Action {
    Propose { id, not_after, motion }.into()
}

/// A member votes for a motion.
pub fn vote(motion: MotionId) -> Action {
    Vote { motion }.into()
}

/// A member takes its vote back.
pub fn rescind(motion: MotionId) -> Action {
    Rescind { motion }.into()
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
