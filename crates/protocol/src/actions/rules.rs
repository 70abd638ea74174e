//! What an action sees of the state, and what it must say of itself.

use super::Refusal;
use crate::{
    Address, AgentAddress, ChainIdentity, ProviderAddress, PublicKey, RelationshipAddress, Timestamp,
    log::DirectoryEvent,
    state::{DirectoryLeaf, GrantId, MotionId, Pending, ProviderLeaf, RelationshipLeaf, ValidatorsLeaf},
};

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
    /// Writes a provider's leaf.
    fn put_provider(&mut self, address: ProviderAddress, leaf: ProviderLeaf);
    /// A relationship's leaf as it was written; changes of hands that are due are not made.
    fn relationship(&self, address: RelationshipAddress) -> Result<Option<RelationshipLeaf>, Self::Error>;
    /// Writes a relationship's leaf.
    fn put_relationship(&mut self, address: RelationshipAddress, leaf: RelationshipLeaf);
    /// True when a grant of this id was revoked.
    fn is_tombstone(&self, address: RelationshipAddress, grant: GrantId) -> Result<bool, Self::Error>;
    /// Remembers that a grant of this id was revoked.
    fn put_tombstone(&mut self, address: RelationshipAddress, grant: GrantId);
    /// The relationship for which an agent's key was appointed.
    fn agent(&self, address: AgentAddress) -> Result<Option<RelationshipAddress>, Self::Error>;
    /// Binds an agent's key to a relationship for good.
    fn put_agent(&mut self, address: AgentAddress, relationship: RelationshipAddress);
    /// The relationship that a key other than the first owns, or will own.
    fn owner(&self, key: &PublicKey) -> Result<Option<RelationshipAddress>, Self::Error>;
    /// Says where a key owns, or will own; or that it does not.
    fn put_owner(&mut self, key: &PublicKey, relationship: Option<RelationshipAddress>);
    /// The directory.
    fn directory(&self) -> Result<DirectoryLeaf, Self::Error>;
    /// Writes the directory, read after the last time that its log was told something.
    fn put_directory(&mut self, leaf: DirectoryLeaf);
    /// Appends to the directory's log.
    fn tell_directory(
        &mut self,
        block: &BlockContext<'_>,
        event: DirectoryEvent,
    ) -> Result<(), Failure<Self::Error>>;
    /// A motion that waits for votes.
    fn motion(&self, id: MotionId) -> Result<Option<Pending>, Self::Error>;
    /// Writes a motion, or forgets it.
    fn put_motion(&mut self, id: MotionId, motion: Option<Pending>);
    /// The validators.
    fn validators(&self) -> Result<ValidatorsLeaf, Self::Error>;
    /// Writes the validators.
    fn put_validators(&mut self, leaf: ValidatorsLeaf);
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
    /// The relationship whose log receives the entry; none for what only the directory's log tells.
    fn relationship(&self) -> Option<RelationshipAddress>;
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
