//! What a transaction sees: committed state, below it what earlier transactions of the block did, and on top
//! what it does itself. Dropping the top undoes the transaction.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use medrec_protocol::{
    AgentAddress, Hash32, ProviderAddress, PublicKey, RelationshipAddress,
    actions::{Accounts, BlockContext, Failure, Refusal},
    log::{DirectoryEntry, DirectoryEvent, Frontier, LogId, MAX_ENTRY_BYTES},
    state::{
        DirectoryLeaf, GrantId, MAX_LEAF_BYTES, MotionId, Pending, ProviderLeaf, RelationshipLeaf, StateKey,
        ValidatorsLeaf, decode_leaf, encode_leaf,
    },
};

use crate::{error::LedgerError, storage::Storage};

/// Leaves and log entries written but not committed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delta {
    pub(crate) leaves: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    pub(crate) log_entries: BTreeMap<(LogId, u64), Vec<u8>>,
    pub(crate) log_nodes: BTreeMap<(LogId, u8, u64), Hash32>,
}

impl Delta {
    /// Adds what came later.
    pub(crate) fn absorb(&mut self, later: Self) {
        self.leaves.extend(later.leaves);
        self.log_entries.extend(later.log_entries);
        self.log_nodes.extend(later.log_nodes);
    }

    pub(crate) fn put_leaf<T: BorshSerialize>(&mut self, key: &StateKey, leaf: &T) {
        self.leaves.insert(key.encode(), Some(encode_leaf(leaf)));
    }

    /// Writes a leaf whose presence is all it says.
    pub(crate) fn put_mark(&mut self, key: &StateKey) {
        self.put_leaf(key, &());
    }

    /// Appends an entry to a log whose right edge the caller keeps.
    pub(crate) fn append(&mut self, log: LogId, frontier: &mut Frontier, entry: Vec<u8>) {
        let index = frontier.size();
        for done in frontier.append(&entry) {
            self.log_nodes.insert((log, done.level, done.index), done.hash);
        }
        self.log_entries.insert((log, index), entry);
    }
}

/// Three layers: storage, what the block did so far, what this transaction does.
pub(crate) struct Overlay<'a, S> {
    storage: &'a S,
    below: &'a Delta,
    own: Delta,
}

impl<'a, S: Storage> Overlay<'a, S> {
    pub(crate) fn new(storage: &'a S, below: &'a Delta) -> Self {
        Self { storage, below, own: Delta::default() }
    }

    /// What the transaction did, to be kept.
    pub(crate) fn into_delta(self) -> Delta {
        self.own
    }

    pub(crate) fn exists(&self, key: &StateKey) -> Result<bool, LedgerError> {
        Ok(self.bytes(&key.encode())?.is_some())
    }

    pub(crate) fn put_mark(&mut self, key: &StateKey) {
        self.own.put_mark(key);
    }

    /// Writes a leaf, or removes it.
    fn put_or_remove<T: BorshSerialize>(&mut self, key: &StateKey, leaf: Option<&T>) {
        match leaf {
            Some(leaf) => self.own.put_leaf(key, leaf),
            None => drop(self.own.leaves.insert(key.encode(), None)),
        }
    }

    /// A leaf that genesis wrote and that is never removed.
    fn lasting<T: BorshSerialize + BorshDeserialize>(&self, key: &StateKey) -> Result<T, LedgerError> {
        self.leaf(key)?.ok_or(LedgerError::NotBegun)
    }

    /// Appends an entry to the log of a relationship; refuses when its leaf has no room for it.
    pub(crate) fn append(
        &mut self,
        address: RelationshipAddress,
        entry: Vec<u8>,
    ) -> Result<(), Failure<LedgerError>> {
        self.has_room(&StateKey::Relationship(address))?;
        let mut leaf = self.relationship(address)?.ok_or(Refusal::UnknownRelationship)?;
        if entry.len() > MAX_ENTRY_BYTES {
            return Err(Refusal::Full.into());
        }
        self.own.append(LogId::Relationship(address), &mut leaf.log, entry);
        let leaf = encode_leaf(&leaf);
        if leaf.len() > MAX_LEAF_BYTES {
            return Err(Refusal::Full.into());
        }
        self.own.leaves.insert(StateKey::Relationship(address).encode(), Some(leaf));
        Ok(())
    }

    /// Refuses a leaf that the transaction made longer than a leaf may be, before anybody reads it back as damage.
    fn has_room(&self, key: &StateKey) -> Result<(), Refusal> {
        let own = self.own.leaves.get(&key.encode()).and_then(Option::as_ref);
        if own.is_some_and(|leaf| leaf.len() > MAX_LEAF_BYTES) { Err(Refusal::Full) } else { Ok(()) }
    }

    fn bytes(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        match self.own.leaves.get(key).or_else(|| self.below.leaves.get(key)) {
            Some(leaf) => Ok(leaf.clone()),
            None => Ok(self.storage.leaf(key)?),
        }
    }

    fn leaf<T: BorshSerialize + BorshDeserialize>(&self, key: &StateKey) -> Result<Option<T>, LedgerError> {
        let key = key.encode();
        self.bytes(&key)?.map(|bytes| parse_leaf(&key, &bytes)).transpose()
    }
}

/// Decodes a leaf of committed state; one that does not decode is damage.
pub(crate) fn parse_leaf<T: BorshSerialize + BorshDeserialize>(
    key: &[u8],
    bytes: &[u8],
) -> Result<T, LedgerError> {
    decode_leaf(bytes).map_err(|source| LedgerError::Leaf { key: hex::encode(key), source })
}

impl<S: Storage> Accounts for Overlay<'_, S> {
    type Error = LedgerError;

    fn provider(&self, address: ProviderAddress) -> Result<Option<ProviderLeaf>, LedgerError> {
        self.leaf(&StateKey::Provider(address))
    }

    fn relationship(&self, address: RelationshipAddress) -> Result<Option<RelationshipLeaf>, LedgerError> {
        self.leaf(&StateKey::Relationship(address))
    }

    fn put_relationship(&mut self, address: RelationshipAddress, leaf: RelationshipLeaf) {
        self.own.put_leaf(&StateKey::Relationship(address), &leaf);
    }

    fn is_tombstone(&self, address: RelationshipAddress, grant: GrantId) -> Result<bool, LedgerError> {
        self.exists(&StateKey::Tombstone(address, grant))
    }

    fn put_tombstone(&mut self, address: RelationshipAddress, grant: GrantId) {
        self.own.put_mark(&StateKey::Tombstone(address, grant));
    }

    fn put_provider(&mut self, address: ProviderAddress, leaf: ProviderLeaf) {
        self.own.put_leaf(&StateKey::Provider(address), &leaf);
    }

    fn agent(&self, address: AgentAddress) -> Result<Option<RelationshipAddress>, LedgerError> {
        self.leaf(&StateKey::Agent(address))
    }

    fn put_agent(&mut self, address: AgentAddress, relationship: RelationshipAddress) {
        self.own.put_leaf(&StateKey::Agent(address), &relationship);
    }

    fn owner(&self, key: &PublicKey) -> Result<Option<RelationshipAddress>, LedgerError> {
        self.leaf(&StateKey::Owner(*key))
    }

    fn put_owner(&mut self, key: &PublicKey, relationship: Option<RelationshipAddress>) {
        self.put_or_remove(&StateKey::Owner(*key), relationship.as_ref());
    }

    fn directory(&self) -> Result<DirectoryLeaf, LedgerError> {
        self.lasting(&StateKey::Directory)
    }

    fn put_directory(&mut self, leaf: DirectoryLeaf) {
        self.own.put_leaf(&StateKey::Directory, &leaf);
    }

    fn tell_directory(
        &mut self,
        block: &BlockContext<'_>,
        event: DirectoryEvent,
    ) -> Result<(), Failure<LedgerError>> {
        self.has_room(&StateKey::Directory)?;
        let mut directory = self.directory().map_err(Failure::State)?;
        let entry = DirectoryEntry { height: block.height, time: block.time, event }.encode();
        self.own.append(LogId::Directory, &mut directory.log, entry);
        let leaf = encode_leaf(&directory);
        if leaf.len() > MAX_LEAF_BYTES {
            return Err(Refusal::Full.into());
        }
        self.own.leaves.insert(StateKey::Directory.encode(), Some(leaf));
        Ok(())
    }

    fn motion(&self, id: MotionId) -> Result<Option<Pending>, LedgerError> {
        self.leaf(&StateKey::Motion(id))
    }

    fn put_motion(&mut self, id: MotionId, motion: Option<Pending>) {
        self.put_or_remove(&StateKey::Motion(id), motion.as_ref());
    }

    fn validators(&self) -> Result<ValidatorsLeaf, LedgerError> {
        self.lasting(&StateKey::Validators)
    }

    fn put_validators(&mut self, leaf: ValidatorsLeaf) {
        self.own.put_leaf(&StateKey::Validators, &leaf);
    }
}
