//! A ledger in memory that executes blocks.

use std::collections::BTreeMap;

use medrec_protocol::{
    ChainIdentity, Timestamp,
    actions::Action,
    genesis::Genesis,
    state::{Nonce, RelationshipLeaf, StateKey, decode_leaf},
};

use super::{
    memory::MemoryStorage,
    sample::{self, Actor},
};
use crate::{
    BlockOutcome, Changes, Storage, TxResult,
    block::{commit, execute_block},
    genesis::init_chain,
    overlay::Delta,
};

/// Time of the sample genesis: 2026-11-01T00:00:00Z.
pub const GENESIS_TIME: Timestamp = Timestamp::from_seconds(1_793_491_200);

/// State, height and time.
#[derive(Clone, Debug)]
pub struct SampleLedger {
    /// Committed state.
    pub storage: MemoryStorage,
    /// Which ledger.
    pub chain: ChainIdentity,
    /// Height of the last block.
    pub height: u64,
    /// Time of the next block.
    pub now: Timestamp,
    nonces: u64,
}

impl SampleLedger {
    /// Begins with a genesis.
    pub fn begin(genesis: &Genesis) -> Self {
        let mut storage = MemoryStorage::default();
        let changes = init_chain(&storage, genesis).expect("the genesis is good");
        storage.apply(&changes);
        Self { storage, chain: genesis.identity(), height: 0, now: genesis.time.0.plus(1), nonces: 0 }
    }

    /// Begins with three providers and one member.
    pub fn with_three_providers() -> (Self, [Actor; 3]) {
        let providers = [Actor::provider(1), Actor::provider(2), Actor::provider(3)];
        (Self::begin(&sample::genesis(&providers)), providers)
    }

    /// Begins with one relationship: its publisher and its patient.
    pub fn with_relationship() -> (Self, Actor, Actor) {
        let (mut ledger, [publisher, ..]) = Self::with_three_providers();
        let patient = Actor::patient(10);
        let open = sample::open(&ledger.chain, &publisher, &patient);
        let tx = ledger.sign(&publisher, vec![open]);
        assert_eq!(ledger.block(&[tx])[0].refusal, None);
        (ledger, publisher, patient)
    }

    /// Signs actions as one transaction with a nonce of its own, valid for a minute from now.
    pub fn sign(&mut self, signer: &Actor, actions: Vec<Action>) -> Vec<u8> {
        let valid_until = self.now.plus(60);
        let nonce = self.nonce();
        signer.sign(&self.chain, nonce, valid_until, actions)
    }

    /// A nonce that was not used before.
    pub fn nonce(&mut self) -> Nonce {
        self.nonces += 1;
        Nonce::from_bytes(u128::from(self.nonces).to_be_bytes())
    }

    /// Executes a block without committing it.
    pub fn execute(&self, txs: &[Vec<u8>]) -> BlockOutcome {
        execute_block(&self.storage, &self.chain, self.height + 1, self.now, txs).expect("the state is sound")
    }

    /// Executes and commits a block; time goes on by a second.
    pub fn block(&mut self, txs: &[Vec<u8>]) -> Vec<TxResult> {
        let outcome = self.execute(txs);
        self.storage.apply(&outcome.changes);
        self.height += 1;
        self.now = self.now.plus(1);
        outcome.results
    }

    /// Signs actions, executes them as a block of their own, and says whether they were applied.
    pub fn act(&mut self, signer: &Actor, actions: Vec<Action>) -> TxResult {
        let tx = self.sign(signer, actions);
        self.block(&[tx]).remove(0)
    }

    /// The leaf of a relationship.
    pub fn relationship(&self, patient: &Actor) -> Option<RelationshipLeaf> {
        let key = StateKey::Relationship(patient.relationship()).encode();
        self.storage.leaves().get(&key).map(|bytes| decode_leaf(bytes).expect("the leaf decodes"))
    }
}

/// Changes that no block would make: leaves as given, with a tree that fits them.
pub fn forge(storage: &impl Storage, leaves: BTreeMap<Vec<u8>, Option<Vec<u8>>>) -> Changes {
    let head = storage.head().expect("the storage answers");
    commit(storage, head, Delta { leaves, ..Delta::default() }).expect("the state is sound")
}
