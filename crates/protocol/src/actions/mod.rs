//! What a transaction may do. One file for each action holds its layout, the check that needs no state,
//! and the transition that it makes. To add one: write the file, add a line to the list below.

mod answer_request;
mod grant;
mod open_relationship;
mod publish_record;
mod record_disclosure;
mod request_access;
mod revoke;

use std::io::{Error, ErrorKind, Read, Result as IoResult, Write};

use borsh::{BorshDeserialize, BorshSerialize};

pub use answer_request::AnswerRequest;
pub use grant::Grant;
pub use open_relationship::OpenRelationship;
pub use publish_record::PublishRecord;
pub use record_disclosure::RecordDisclosure;
pub use request_access::{MAX_REQUEST_SECONDS, RequestAccess};
pub use revoke::Revoke;

use crate::{
    Address, ChainIdentity, ProviderAddress, RelationshipAddress, Sealed, Timestamp,
    state::{GrantId, ProviderLeaf, RelationshipLeaf},
};

/// Why a transaction was refused. The numbers are ABCI result codes and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[repr(u32)]
pub enum Refusal {
    /// Not a transaction, too long, or not in canonical form.
    #[error("not a well-formed transaction")]
    Malformed = 1,
    /// The signature does not belong to the signer, this ledger and this content.
    #[error("the signature does not match the signer on this ledger")]
    Signature = 2,
    /// Block time is past the transaction's valid-until.
    #[error("the transaction came too late: it was valid for a limited time only")]
    Expired = 3,
    /// Valid-until lies too far ahead.
    #[error("the transaction claims to stay valid for more than ten minutes")]
    ValidTooLong = 4,
    /// The same nonce of the same signer was seen before.
    #[error("the transaction was sent before")]
    Replayed = 5,
    /// The signer has no account.
    #[error("the signer has no account on this ledger")]
    UnknownSigner = 6,
    /// The account that the action names does not exist.
    #[error("there is no such relationship on this ledger")]
    UnknownRelationship = 7,
    /// The signer may not do this here.
    #[error("the signer is not allowed to do this")]
    NotAllowed = 8,
    /// The relationship exists already.
    #[error("this relationship exists already")]
    AlreadyOpen = 9,
    /// The patient's proof of possession does not match.
    #[error("the patient's consent to this relationship does not match")]
    PossessionProof = 10,
    /// A grant with this id still stands in the leaf, or was stopped before. An id whose grant expired without
    /// being stopped is free again once another grant of the relationship has swept it out.
    #[error("a grant with this id stands already or was stopped; give the grant a fresh id")]
    GrantIdUsed = 11,
    /// The grant ends before it begins.
    #[error("the grant is over before it begins")]
    GrantOver = 12,
    /// Too many grants hold at the same time.
    #[error("too many grants hold at the same time; stop one first")]
    TooManyGrants = 13,
    /// The superseded entry does not exist.
    #[error("the record version to be replaced does not exist")]
    UnknownRecord = 14,
    /// Sealed under a viewing key that is not in force.
    #[error("sealed with a key of another time")]
    WrongEpoch = 15,
    /// A request with this id still stands in the leaf. Once it was answered, or expired and was swept out by
    /// another request, its id is free again.
    #[error("a request with this id waits already; give the request a fresh id")]
    RequestIdUsed = 16,
    /// No such request waits.
    #[error("no such request is waiting for an answer")]
    UnknownRequest = 17,
    /// Too many requests wait.
    #[error("too many requests are waiting for this patient's answer")]
    TooManyRequests = 18,
    /// A time lies outside what is allowed.
    #[error("a date lies outside what is allowed")]
    Date = 19,
    /// The relationship's leaf has no room left.
    #[error("this relationship is full")]
    Full = 20,
}

impl Refusal {
    /// ABCI result code; never 0.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The refusal that a node reported by its code.
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|refusal| refusal.code() == code)
    }

    const ALL: &'static [Self] = &[
        Self::Malformed,
        Self::Signature,
        Self::Expired,
        Self::ValidTooLong,
        Self::Replayed,
        Self::UnknownSigner,
        Self::UnknownRelationship,
        Self::NotAllowed,
        Self::AlreadyOpen,
        Self::PossessionProof,
        Self::GrantIdUsed,
        Self::GrantOver,
        Self::TooManyGrants,
        Self::UnknownRecord,
        Self::WrongEpoch,
        Self::RequestIdUsed,
        Self::UnknownRequest,
        Self::TooManyRequests,
        Self::Date,
        Self::Full,
    ];
}

/// Why an action was not applied: refused by a rule, or the state could not be read.
#[derive(Debug)]
pub enum Failure<E> {
    /// A rule says no. The transaction changes nothing; the block goes on.
    Refused(Refusal),
    /// The state could not be read or is damaged. The node must stop.
    State(E),
}

impl<E> From<Refusal> for Failure<E> {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The accounts as an action sees them. The ledger provides it; nothing that is put is kept unless all
/// actions of the transaction apply.
pub trait Accounts {
    /// Why the state cannot be read.
    type Error;
    /// A provider's leaf.
    fn provider(&self, address: ProviderAddress) -> Result<Option<ProviderLeaf>, Self::Error>;
    /// A relationship's leaf.
    fn relationship(&self, address: RelationshipAddress) -> Result<Option<RelationshipLeaf>, Self::Error>;
    /// Writes a relationship's leaf.
    fn put_relationship(&mut self, address: RelationshipAddress, leaf: RelationshipLeaf);
    /// True when a grant of this id was revoked.
    fn is_tombstone(&self, address: RelationshipAddress, grant: GrantId) -> Result<bool, Self::Error>;
    /// Remembers that a grant of this id was revoked.
    fn put_tombstone(&mut self, address: RelationshipAddress, grant: GrantId);
}

/// The block in which an action applies.
#[derive(Clone, Copy, Debug)]
pub struct BlockContext<'a> {
    /// The ledger.
    pub chain: &'a ChainIdentity,
    /// Height of the block.
    pub height: u64,
    /// Block time, whole seconds, rounded down.
    pub time: Timestamp,
}

/// The rules of one action.
pub trait Rules {
    /// The relationship whose log receives the entry.
    fn relationship(&self) -> RelationshipAddress;
    /// What can be judged without state.
    fn check(&self, signer: Address) -> Result<(), Refusal>;
    /// Judges with state, and makes the transition.
    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>>;
}

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
            fn relationship(&self) -> RelationshipAddress {
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
}

/// Only the patient acts here.
fn only_patient(signer: Address, relationship: RelationshipAddress) -> Result<(), Refusal> {
    if signer == Address::Relationship(relationship) { Ok(()) } else { Err(Refusal::NotAllowed) }
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

/// The relationship's leaf, with the payload sealed under the key in force.
fn open_leaf<A: Accounts>(
    accounts: &A,
    address: RelationshipAddress,
    sealed: Option<&Sealed>,
) -> Result<RelationshipLeaf, Failure<A::Error>> {
    let leaf = accounts.relationship(address).map_err(Failure::State)?.ok_or(Refusal::UnknownRelationship)?;
    if sealed.is_some_and(|sealed| sealed.epoch() != leaf.epoch) {
        return Err(Refusal::WrongEpoch.into());
    }
    Ok(leaf)
}

/// As [`open_leaf`], for the publisher only.
fn publisher_leaf<A: Accounts>(
    accounts: &A,
    signer: Address,
    address: RelationshipAddress,
    sealed: &Sealed,
) -> Result<RelationshipLeaf, Failure<A::Error>> {
    let leaf = open_leaf(accounts, address, Some(sealed))?;
    if signer != Address::Provider(leaf.publisher) {
        return Err(Refusal::NotAllowed.into());
    }
    Ok(leaf)
}
