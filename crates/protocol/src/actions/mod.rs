//! What a transaction may do. One file for each action holds its layout, the check that needs no state,
//! and the transition that it makes. To add one: write the file, add a line to the list below.

mod answer_delegation;
mod answer_request;
mod approve_recovery;
mod ask_activation;
mod close_relationship;
mod delegate;
mod dispute;
mod end_delegation;
mod grant;
mod motion;
mod open_relationship;
mod publish_record;
mod record_disclosure;
mod refusal;
mod refuse_activation;
mod request_access;
mod revoke;
mod revoke_all;
mod rotate_keys;
mod rotate_viewing_key;
mod rules;
mod set_emergency;
mod set_guardians;
mod set_handover;
mod show_life;
mod update_provider;
mod veto_recovery;
mod withdraw_record;

use std::io::{Error, ErrorKind, Read, Result as IoResult, Write};

use borsh::{BorshDeserialize, BorshSerialize};

pub use answer_delegation::AnswerDelegation;
pub use answer_request::AnswerRequest;
pub use approve_recovery::ApproveRecovery;
pub use ask_activation::AskActivation;
pub use close_relationship::CloseRelationship;
pub use delegate::Delegate;
pub use dispute::Dispute;
pub use end_delegation::EndDelegation;
pub use grant::Grant;
pub use motion::{MAX_MOTION_SECONDS, Propose, Rescind, Vote};
pub use open_relationship::OpenRelationship;
pub use publish_record::PublishRecord;
pub use record_disclosure::RecordDisclosure;
pub use refusal::Refusal;
pub use refuse_activation::RefuseActivation;
pub use request_access::{MAX_REQUEST_SECONDS, RequestAccess};
pub use revoke::Revoke;
pub use revoke_all::RevokeAll;
pub use rotate_keys::RotateKeys;
pub use rotate_viewing_key::{NewViewingKey, RotateViewingKey};
pub use rules::{Accounts, BlockContext, Failure, Rules};
pub use set_emergency::SetEmergency;
pub use set_guardians::{Guardian, SetGuardians};
pub use set_handover::SetHandover;
pub use show_life::ShowLife;
pub use update_provider::UpdateProvider;
pub use veto_recovery::VetoRecovery;
pub use withdraw_record::WithdrawRecord;

use crate::{
    Address, AgentAddress, ProviderAddress, PublicKey, RelationshipAddress, Sealed,
    sign::Possession,
    state::{ProviderLeaf, RelationshipLeaf, Right, Standing},
};

macro_rules! actions {
    ($($(#[$doc:meta])* $tag:literal => $name:ident, $text:literal;)*) => {
        /// Something that a transaction does. One tag byte, then the action's own layout.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Action { $($(#[$doc])* $name($name),)* }

        impl Action {
            /// Name in logs and JSON.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $text,)* }
            }
        }

        impl BorshSerialize for Action {
            fn serialize<W: Write>(&self, writer: &mut W) -> IoResult<()> {
                match self { $(Self::$name(action) => ($tag as u8, action).serialize(writer),)* }
            }
        }

        impl BorshDeserialize for Action {
            fn deserialize_reader<R: Read>(reader: &mut R) -> IoResult<Self> {
                match u8::deserialize_reader(reader)? {
                    $($tag => Ok(Self::$name($name::deserialize_reader(reader)?)),)*
                    tag => Err(Error::new(ErrorKind::InvalidData, format!("unknown action {tag}"))),
                }
            }
        }

        impl Rules for Action {
            fn relationship(&self) -> Option<RelationshipAddress> {
                match self { $(Self::$name(action) => action.relationship(),)* }
            }
            fn check(&self, signer: Address) -> Result<(), Refusal> {
                match self { $(Self::$name(action) => action.check(signer),)* }
            }
            fn apply<A: Accounts>(
                &self,
                signer: Address,
                block: &BlockContext<'_>,
                accounts: &mut A,
            ) -> Result<(), Failure<A::Error>> {
                match self { $(Self::$name(action) => action.apply(signer, block, accounts),)* }
            }
        }

        $(impl From<$name> for Action {
            fn from(action: $name) -> Self {
                Self::$name(action)
            }
        })*
    };
}

actions! {
    /// A provider opens a relationship, with the patient's proof.
    1 => OpenRelationship, "open_relationship";
    /// The publisher publishes a record pointer.
    2 => PublishRecord, "publish_record";
    /// The patient lets one provider see something.
    3 => Grant, "grant";
    /// The patient stops a grant.
    4 => Revoke, "revoke";
    /// The publisher asks for access to other records of the patient.
    5 => RequestAccess, "request_access";
    /// The patient answers a request.
    6 => AnswerRequest, "answer_request";
    /// The publisher writes down that copies were released.
    7 => RecordDisclosure, "record_disclosure";
    /// The publisher takes back a record pointer.
    8 => WithdrawRecord, "withdraw_record";
    /// The patient stops every grant.
    9 => RevokeAll, "revoke_all";
    /// The patient says that an entry is wrong.
    10 => Dispute, "dispute";
    /// The patient appoints a delegate.
    11 => Delegate, "delegate";
    /// The patient ends a delegation.
    12 => EndDelegation, "end_delegation";
    /// The delegate accepts, or gives up.
    13 => AnswerDelegation, "answer_delegation";
    /// The delegate asks for a waiting delegation to begin.
    14 => AskActivation, "ask_activation";
    /// The patient says no to that.
    15 => RefuseActivation, "refuse_activation";
    /// The patient chooses guardians, or does without.
    16 => SetGuardians, "set_guardians";
    /// A guardian agrees that the account moves to a new key.
    17 => ApproveRecovery, "approve_recovery";
    /// The patient says no to that.
    18 => VetoRecovery, "veto_recovery";
    /// A parent promises a child's account to the child.
    19 => SetHandover, "set_handover";
    /// The patient allows emergency care to see chosen kinds, or no more.
    20 => SetEmergency, "set_emergency";
    /// The patient changes the viewing key.
    21 => RotateViewingKey, "rotate_viewing_key";
    /// The patient moves the account to a new signing key.
    22 => RotateKeys, "rotate_keys";
    /// The patient shows a sign of life.
    23 => ShowLife, "show_life";
    /// The patient closes the relationship for good.
    24 => CloseRelationship, "close_relationship";
    /// A provider changes its own entry in the directory.
    25 => UpdateProvider, "update_provider";
    /// A member of the consortium makes a motion.
    26 => Propose, "propose";
    /// A member votes for a motion.
    27 => Vote, "vote";
    /// A member takes its vote back.
    28 => Rescind, "rescind";
}

/// The patient acts here, or somebody for the patient; which one is judged with state.
fn for_patient(signer: Address, relationship: RelationshipAddress) -> Result<(), Refusal> {
    match signer {
        Address::Agent(_) => Ok(()),
        _ => only_patient(signer, relationship),
    }
}

/// Only the patient acts here.
fn only_patient(signer: Address, relationship: RelationshipAddress) -> Result<(), Refusal> {
    if signer == Address::Relationship(relationship) { Ok(()) } else { Err(Refusal::NotAllowed) }
}

/// Some agent acts here; which one is judged with state.
fn some_agent(signer: Address) -> Result<AgentAddress, Refusal> {
    match signer {
        Address::Agent(agent) => Ok(agent),
        _ => Err(Refusal::NotAllowed),
    }
}

/// Some provider acts here; which one is judged with state.
fn some_provider(signer: Address) -> Result<ProviderAddress, Refusal> {
    match signer {
        Address::Provider(provider) => Ok(provider),
        _ => Err(Refusal::NotAllowed),
    }
}

fn well_formed(sealed: &Sealed) -> Result<(), Refusal> {
    if sealed.is_well_formed() { Ok(()) } else { Err(Refusal::Malformed) }
}

/// The payload must be sealed under the key in force.
fn in_epoch(leaf: &RelationshipLeaf, sealed: &Sealed) -> Result<(), Refusal> {
    if sealed.epoch() == leaf.epoch { Ok(()) } else { Err(Refusal::WrongEpoch) }
}

/// The relationship's leaf, as it stands at block time.
fn settled_leaf<A: Accounts>(
    accounts: &A,
    block: &BlockContext<'_>,
    address: RelationshipAddress,
) -> Result<RelationshipLeaf, Failure<A::Error>> {
    let leaf = accounts.relationship(address).map_err(Failure::State)?.ok_or(Refusal::UnknownRelationship)?;
    Ok(leaf.settled(block.time))
}

/// As [`settled_leaf`], of a relationship that is not closed.
fn open_leaf<A: Accounts>(
    accounts: &A,
    block: &BlockContext<'_>,
    address: RelationshipAddress,
) -> Result<RelationshipLeaf, Failure<A::Error>> {
    let leaf = settled_leaf(accounts, block, address)?;
    if leaf.closed.is_some() { Err(Refusal::Closed.into()) } else { Ok(leaf) }
}

/// As [`open_leaf`], for the patient alone. Whatever the patient signs is a sign of life.
fn owner_leaf<A: Accounts>(
    accounts: &A,
    signer: Address,
    block: &BlockContext<'_>,
    address: RelationshipAddress,
) -> Result<RelationshipLeaf, Failure<A::Error>> {
    only_patient(signer, address)?;
    let mut leaf = open_leaf(accounts, block, address)?;
    leaf.seen = leaf.seen.max(block.time);
    Ok(leaf)
}

/// As [`owner_leaf`], also for a delegate who has this right now.
fn patient_leaf<A: Accounts>(
    accounts: &A,
    signer: Address,
    block: &BlockContext<'_>,
    address: RelationshipAddress,
    right: Right,
) -> Result<RelationshipLeaf, Failure<A::Error>> {
    let Address::Agent(agent) = signer else { return owner_leaf(accounts, signer, block, address) };
    let leaf = open_leaf(accounts, block, address)?;
    let delegation = leaf.delegations.get(&agent).ok_or(Refusal::NotAllowed)?;
    if delegation.is_active(leaf.seen, block.time, block.time).is_err() {
        return Err(Refusal::NotActive.into());
    }
    if delegation.right < right {
        return Err(Refusal::NotAllowed.into());
    }
    Ok(leaf)
}

/// As [`open_leaf`], for the publisher alone, with the payload sealed under the key in force.
fn publisher_leaf<A: Accounts>(
    accounts: &A,
    signer: Address,
    block: &BlockContext<'_>,
    address: RelationshipAddress,
    sealed: &Sealed,
) -> Result<RelationshipLeaf, Failure<A::Error>> {
    let leaf = open_leaf(accounts, block, address)?;
    if signer != Address::Provider(leaf.publisher) {
        return Err(Refusal::NotAllowed.into());
    }
    admitted(accounts, leaf.publisher)?;
    in_epoch(&leaf, sealed)?;
    Ok(leaf)
}

/// The provider's leaf, if it may act.
fn admitted<A: Accounts>(accounts: &A, address: ProviderAddress) -> Result<ProviderLeaf, Failure<A::Error>> {
    let leaf = accounts.provider(address).map_err(Failure::State)?.ok_or(Refusal::UnknownProvider)?;
    match leaf.standing {
        Standing::Admitted => Ok(leaf),
        Standing::Suspended => Err(Refusal::Suspended.into()),
        Standing::Expelled => Err(Refusal::NotAllowed.into()),
    }
}

/// Binds a fresh agent's key to a relationship for good.
fn appoint<A: Accounts>(
    accounts: &mut A,
    relationship: RelationshipAddress,
    key: &PublicKey,
) -> Result<AgentAddress, Failure<A::Error>> {
    let agent = AgentAddress::of(key);
    if accounts.agent(agent).map_err(Failure::State)?.is_some() {
        return Err(Refusal::AgentKeyUsed.into());
    }
    accounts.put_agent(agent, relationship);
    Ok(agent)
}

/// Checks that a key may become the owner of a relationship: its holder agrees, and it owns nothing else.
fn new_owner<A: Accounts>(
    accounts: &A,
    block: &BlockContext<'_>,
    possession: &Possession,
    relationship: Option<RelationshipAddress>,
) -> Result<PublicKey, Failure<A::Error>> {
    possession.verify(block.chain, relationship).map_err(|_| Refusal::PossessionProof)?;
    let key = possession.key;
    let first = accounts.relationship(RelationshipAddress::of(&key)).map_err(Failure::State)?;
    let later = accounts.owner(&key).map_err(Failure::State)?;
    if first.is_some() || later.is_some() {
        return Err(Refusal::KeyUsed.into());
    }
    Ok(key)
}

/// Forgets a recovery that guardians have begun; false when there was none.
fn forget_recovery<A: Accounts>(accounts: &mut A, leaf: &mut RelationshipLeaf) -> bool {
    let begun = leaf.recovery.take();
    if let Some(begun) = &begun {
        accounts.put_owner(&begun.new_owner, None);
    }
    begun.is_some()
}
