//! The ledger in memory, and what its nodes do with transactions.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use ed25519_dalek::SigningKey;
use medrec_ledger::{
    Storage as _, execute_block, init_chain,
    testing::{MemoryStorage, sample},
};
use medrec_protocol::{
    Address, ChainIdentity, ProviderAddress, RelationshipAddress, SignedTx, Timestamp, TxBody,
    actions::{Action, Propose, Refusal},
    codec::List,
    genesis::{AppState, Genesis},
    log::{Frontier, LogEntry, LogId},
    state::{Motion, MotionId, Nonce, Provider, ProviderLeaf, RelationshipLeaf, StateKey, decode_leaf},
};

use crate::{
    clock::{Clock as _, SetClock},
    ledger_view::{
        FailingNode, FoundRelationship, Handed, Head, Ledger, LedgerProblem, ProvedEntry, RelationshipView,
        Submitted,
    },
    random::os_random,
};

/// What the node does with transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// Puts each into a block at once.
    Working,
    /// Says yes and loses them.
    Forgetful,
    /// The first says yes and loses them, the second works.
    FirstForgetful,
    /// Says that every relationship is closed.
    SaysClosed,
    /// Does not answer.
    Away,
}

/// The ledger: the real state machine in memory, one block for each transaction.
pub(crate) struct LocalLedger {
    pub(super) chain: ChainIdentity,
    clock: Arc<SetClock>,
    pub(super) state: Mutex<State>,
}

pub(super) struct State {
    storage: MemoryStorage,
    height: u64,
    node: Node,
    /// Seconds by which block time is behind the clock.
    lag: u64,
    /// Transactions that came in, lost ones too.
    received: Vec<SignedTx>,
}

impl LocalLedger {
    pub(super) fn begin(providers: Vec<Provider>, clock: Arc<SetClock>) -> Self {
        let sample = sample::genesis(&[]);
        let genesis = Genesis {
            time: (clock.now(), 0),
            app_state: AppState { providers, ..sample.app_state.clone() },
            ..sample
        };
        let mut storage = MemoryStorage::default();
        let changes = init_chain(&storage, &genesis).unwrap();
        storage.apply(&changes);
        let state = State { storage, height: 1, node: Node::Working, lag: 0, received: Vec::new() };
        Self { chain: genesis.identity(), clock, state: Mutex::new(state) }
    }

    pub(crate) fn set_node(&self, node: Node) {
        self.state.lock().unwrap().node = node;
    }

    pub(crate) fn set_lag(&self, seconds: u64) {
        self.state.lock().unwrap().lag = seconds;
    }

    /// Blocks that hold nothing.
    pub(crate) fn seal_empty(&self, count: u64) {
        self.state.lock().unwrap().height += count;
    }

    pub(crate) fn received(&self) -> Vec<SignedTx> {
        self.state.lock().unwrap().received.clone()
    }

    /// Entries of a relationship's log.
    pub(crate) fn log(&self, relationship: RelationshipAddress) -> Vec<LogEntry> {
        let state = self.state.lock().unwrap();
        let id = LogId::Relationship(relationship);
        let entries = (0..).map_while(|index| state.storage.log_entry(&id, index).unwrap());
        entries.map(|bytes| LogEntry::decode(&bytes).unwrap()).collect()
    }

    /// Carries out what one account signs.
    pub(crate) async fn act(
        &self,
        signer: Address,
        key: &SigningKey,
        action: Action,
    ) -> Result<Submitted, LedgerProblem> {
        let body = TxBody {
            signer,
            nonce: Nonce::generate(&mut os_random()),
            valid_until: self.clock.now().plus(60),
            actions: List::new(vec![action]).unwrap(),
        };
        Ok(self.submit(&body.sign(key, &self.chain), 0).await?.said)
    }

    /// Carries out a motion: the consortium has one member.
    pub(crate) async fn govern(&self, motion: Motion) {
        let id = MotionId::generate(&mut os_random());
        let not_after = self.clock.now().plus(3600);
        let member = sample::Actor::member(900);
        let action = Propose { id, not_after, motion }.into();
        assert_eq!(self.act(member.address, &member.key, action).await, Ok(Submitted::Accepted));
    }

    fn here(&self) -> Result<std::sync::MutexGuard<'_, State>, LedgerProblem> {
        let state = self.state.lock().unwrap();
        if state.node == Node::Away { Err(LedgerProblem::Away("no node answers".into())) } else { Ok(state) }
    }

    fn head_of(&self, state: &State) -> Head {
        let time = Timestamp::from_seconds(self.clock.now().seconds() - state.lag);
        Head { height: state.height + 1, time }
    }
}

pub(super) fn leaf<T: borsh::BorshSerialize + borsh::BorshDeserialize>(
    state: &State,
    key: StateKey,
) -> Option<T> {
    state.storage.leaf(&key.encode()).unwrap().map(|bytes| decode_leaf(&bytes).unwrap())
}

#[async_trait]
impl Ledger for LocalLedger {
    async fn head(&self, _: Duration) -> Result<Head, LedgerProblem> {
        let state = self.here()?;
        Ok(self.head_of(&state))
    }

    async fn provider(&self, address: ProviderAddress) -> Result<Option<ProviderLeaf>, LedgerProblem> {
        Ok(leaf(&*self.here()?, StateKey::Provider(address)))
    }

    async fn relationship(
        &self,
        address: RelationshipAddress,
        known: &Frontier,
    ) -> Result<RelationshipView, LedgerProblem> {
        let state = self.here()?;
        let at = self.head_of(&state);
        let found: Option<RelationshipLeaf> = leaf(&state, StateKey::Relationship(address));
        let found = found.map(|leaf| {
            let entry =
                |index| state.storage.log_entry(&LogId::Relationship(address), index).unwrap().unwrap();
            let new_entries = (known.size()..leaf.log.size()).map(entry).collect();
            FoundRelationship { leaf, new_entries }
        });
        Ok(RelationshipView { at, found })
    }

    async fn leaf(&self, address: RelationshipAddress) -> Result<Option<RelationshipLeaf>, LedgerProblem> {
        Ok(leaf(&*self.here()?, StateKey::Relationship(address)))
    }

    async fn entry(
        &self,
        relationship: RelationshipAddress,
        index: u64,
    ) -> Result<Option<ProvedEntry>, LedgerProblem> {
        let state = self.here()?;
        let at = self.head_of(&state);
        let Some(leaf) = leaf(&state, StateKey::Relationship(relationship)) else { return Ok(None) };
        let entry = state.storage.log_entry(&LogId::Relationship(relationship), index).unwrap();
        Ok(entry.map(|bytes| ProvedEntry { at, leaf, entry: LogEntry::decode(&bytes).unwrap() }))
    }

    async fn failing(&self) -> Vec<FailingNode> {
        Vec::new()
    }

    async fn submit(&self, tx: &SignedTx, turn: u32) -> Result<Handed, LedgerProblem> {
        let mut state = self.here()?;
        state.received.push(tx.clone());
        let number = if state.node == Node::FirstForgetful { turn % 2 } else { 0 };
        let handed = |said| Ok(Handed { node: format!("node {number}"), said });
        if state.node == Node::Forgetful || (state.node == Node::FirstForgetful && number == 0) {
            return handed(Submitted::Accepted);
        }
        if state.node == Node::SaysClosed {
            return handed(Submitted::Refused(Refusal::Closed));
        }
        let time = self.head_of(&state).time;
        let height = state.height + 1;
        let outcome = execute_block(&state.storage, &self.chain, height, time, &[tx.encode()]).unwrap();
        if let Some(refusal) = outcome.results[0].refusal {
            return handed(Submitted::Refused(refusal));
        }
        state.storage.apply(&outcome.changes);
        state.height = height;
        handed(Submitted::Accepted)
    }
}
