//! One patient, one publisher, one ledger: what the tests start from.

use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex, MutexGuard},
};

use medrec_client::{
    ClientError, HttpNode, LightClient, NetworkFile, Node, ProvenLog, Snapshot, SyncEnd, TrustedHead,
    TrustingPeriod,
};
use medrec_ledger::testing::sample::{self, Actor};
use medrec_protocol::{
    Timestamp,
    actions::Action,
    log::{Frontier, LogId},
};

use crate::{
    chain::{Chain, Validator, genesis_of},
    node::{MemoryNode, Shared},
};

pub struct World {
    pub chain: Shared,
    pub publisher: Actor,
    pub patient: Actor,
    pub validators: Vec<Validator>,
}

/// Four validators of equal weight.
pub fn four() -> Vec<Validator> {
    (1..=4).map(|number| Validator::new(number, 10)).collect()
}

impl World {
    /// A ledger with one relationship and this many records in it.
    pub fn with_records(count: usize) -> Self {
        Self::with(four(), count)
    }

    pub fn with(validators: Vec<Validator>, records: usize) -> Self {
        let providers = [Actor::provider(1), Actor::provider(2), Actor::provider(3)];
        let genesis = genesis_of("medrec-sample", &providers, &validators);
        let chain = Chain::begin(genesis, &validators);
        let [publisher, ..] = providers;
        let chain = Arc::new(Mutex::new(chain));
        let world = Self { chain, publisher, patient: Actor::patient(10), validators };
        let open = sample::open(&world.chain().ledger.chain, &world.publisher, &world.patient);
        world.act(&world.publisher, vec![open]);
        world.publish(records);
        world
    }

    pub fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().expect("no panic")
    }

    /// The ledger as it is now, going its own way from here on.
    pub fn branch(&self) -> Shared {
        Arc::new(Mutex::new(self.chain().clone()))
    }

    /// One transaction in a block, and a block that proves it.
    pub fn act(&self, signer: &Actor, actions: Vec<Action>) {
        let mut chain = self.chain();
        let tx = chain.ledger.sign(signer, actions);
        assert_eq!(chain.seal(&[tx]), [None]);
        chain.seal(&[]);
    }

    /// Publishes records, a hundred in a transaction.
    pub fn publish(&self, count: usize) {
        publish(&mut self.chain(), &self.publisher, &self.patient, count);
    }

    pub fn log_id(&self) -> LogId {
        LogId::Relationship(self.patient.relationship())
    }

    pub fn now(&self) -> Timestamp {
        self.chain().time().plus(2)
    }

    pub fn network(&self) -> NetworkFile {
        network(&self.chain)
    }

    pub fn honest(&self) -> MemoryNode {
        MemoryNode::new("primary", &self.chain)
    }

    /// A client that has verified everything that an honest node shows now.
    pub async fn client(&self) -> LightClient {
        let mut client = self.client_of(vec![self.honest().boxed()], None);
        client.update(self.now()).await.expect("an honest node");
        client
    }

    pub fn client_of(&self, nodes: Vec<Arc<dyn Node>>, stored: Option<TrustedHead>) -> LightClient {
        LightClient::new(self.network(), nodes, stored).expect("a good network file")
    }

    /// What was verified so far, now asked from another node.
    pub async fn client_moved_to(&self, node: MemoryNode) -> LightClient {
        let stored = self.client().await.trusted().cloned();
        self.client_of(vec![node.boxed()], stored)
    }

    /// A snapshot through a node that answers headers honestly.
    pub async fn snapshot_from(&self, node: MemoryNode) -> Snapshot {
        let mut client = self.client_moved_to(node).await;
        client.update(self.now()).await.expect("honest headers");
        client.snapshot().expect("a head")
    }

    pub async fn log_from(&self, node: MemoryNode) -> ProvenLog {
        self.snapshot_from(node).await.log(self.log_id()).await.expect("an honest leaf")
    }

    /// Everything that the relationship's log holds.
    pub fn entries(&self) -> Vec<Vec<u8>> {
        let chain = self.chain();
        let log = self.log_id();
        let all = medrec_ledger::log_size(&chain.ledger.storage, &log).expect("a log");
        let entry = |index| {
            medrec_ledger::Storage::log_entry(&chain.ledger.storage, &log, index)
                .expect("readable")
                .expect("there")
        };
        (0..all).map(entry).collect()
    }
}

pub fn publish(chain: &mut Chain, publisher: &Actor, patient: &Actor, count: usize) {
    let identity = chain.ledger.chain.clone();
    let mut made = 0;
    while made < count {
        let size = 100.min(count - made);
        let record = |number: usize| {
            let bytes = (made + number).to_be_bytes();
            sample::publish(&identity, publisher, patient, &bytes, None)
        };
        let actions: Vec<Action> = (0..size).map(record).collect();
        let tx = chain.ledger.sign(publisher, actions);
        assert_eq!(chain.seal(&[tx]), [None]);
        made += size;
    }
    chain.seal(&[]);
}

pub fn network(chain: &Shared) -> NetworkFile {
    let identity = chain.lock().expect("no panic").ledger.chain.clone();
    NetworkFile {
        chain_id: identity.chain_id,
        genesis_hash: identity.genesis_hash,
        nodes: vec!["http://127.0.0.1:1".parse().expect("an address")],
        trusting_period: TrustingPeriod::default(),
        anchor: None,
    }
}

/// Fetches all that is new and returns the entries with the frontier after them.
pub async fn fetch(log: &ProvenLog, known: Frontier) -> Result<(Vec<Vec<u8>>, Frontier), ClientError> {
    let mut entries = Vec::new();
    let end = log
        .sync_each(known, |page| {
            entries.extend(page.entries.into_iter().map(|entry| entry.bytes));
            ControlFlow::Continue(())
        })
        .await?;
    match end {
        SyncEnd::Complete(frontier) => Ok((entries, frontier)),
        SyncEnd::Stopped(_) => panic!("nobody stopped it"),
    }
}

/// A node at an address on this computer.
pub fn http_node(port: u16) -> HttpNode {
    let url = format!("http://127.0.0.1:{port}").parse().expect("an address");
    let second = std::time::Duration::from_secs(1);
    HttpNode::with_timeouts(url, second, second).expect("a client")
}
