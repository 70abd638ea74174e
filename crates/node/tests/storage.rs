//! The database as the state machine's storage, and what the node adds to it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use medrec_ledger::{
    Changes, Storage,
    testing::{conformance::Subject, sample, sample::Actor},
};
use medrec_node::{
    NodeError,
    storage::{Position, Snapshot, Step, Store},
};
use medrec_protocol::{Timestamp, query, state::StateKey};
use tempfile::TempDir;

struct OnDisk {
    folder: TempDir,
    store: Option<Store>,
    height: u64,
}

impl OnDisk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut subject = Self { folder, store: None, height: 0 };
        subject.reopen();
        subject
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }
}

impl Subject for OnDisk {
    fn commit(&mut self, changes: &Changes) {
        let position = Position { height: self.height, time: Timestamp::from_seconds(self.height) };
        self.store().commit(&Step { position, changes, sealed: None }).unwrap();
        self.height += 1;
    }

    fn prune(&mut self, keep_from: u64) {
        self.store().prune(keep_from).unwrap();
    }

    fn reopen(&mut self) {
        self.store = None;
        self.store = Some(Store::open(&self.folder.path().join("ledger.redb")).unwrap());
    }

    fn view(&self) -> Box<dyn Storage + '_> {
        Box::new(self.store().snapshot().unwrap())
    }
}

mod conformance {
    medrec_ledger::conformance_tests!(super::OnDisk::new());
}

#[test]
fn a_snapshot_does_not_see_what_is_committed_later() {
    let (mut ledger, [publisher, ..]) = medrec_ledger::testing::SampleLedger::with_three_providers();
    let mut subject = OnDisk::new();
    let genesis = sample::genesis(&[1, 2, 3].map(Actor::provider));
    let begun = medrec_ledger::init_chain(&subject.store().snapshot().unwrap(), &genesis).unwrap();
    subject.commit(&begun);
    let before: Snapshot = subject.store().snapshot().unwrap();
    let patient = Actor::patient(10);
    let open = sample::open(&ledger.chain, &publisher, &patient);
    let tx = ledger.sign(&publisher, vec![open]);
    let outcome = ledger.execute(&[tx]);
    subject.commit(&outcome.changes);
    let key = StateKey::Relationship(patient.relationship()).encode();
    assert_eq!(before.leaf(&key).unwrap(), None);
    assert_eq!(before.position().unwrap().unwrap().height, 0);
    assert!(subject.view().leaf(&key).unwrap().is_some());
}

#[test]
fn a_file_of_another_layout_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.redb");
    drop(Store::open(&path).unwrap());
    let meta = redb::TableDefinition::<&str, &[u8]>::new("meta");
    let database = redb::Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(meta).unwrap().insert("layout", 99u64.to_be_bytes().as_slice()).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let refused = Store::open(&path).err().unwrap();
    assert!(matches!(refused, NodeError::Layout { found: 99, .. }), "{refused}");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.redb");
    std::fs::write(&path, vec![7; 100_000]).unwrap();
    assert!(Store::open(&path).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), vec![7; 100_000]);
}

#[test]
fn only_the_owner_can_read_the_database() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.redb");
    drop(Store::open(&path).unwrap());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn committing_forgets_old_versions_and_keeps_the_newest_provable() {
    let folder = tempfile::tempdir().unwrap();
    let kept = 5;
    let store = Store::open_keeping(&folder.path().join("ledger.redb"), kept).unwrap();
    let (mut ledger, [publisher, ..]) = medrec_ledger::testing::SampleLedger::with_three_providers();
    let commit = |height, changes: &Changes| {
        let position = Position { height, time: Timestamp::from_seconds(height) };
        store.commit(&Step { position, changes, sealed: None }).unwrap();
    };
    let genesis = sample::genesis(&[1, 2, 3].map(Actor::provider));
    commit(0, &medrec_ledger::init_chain(&store.snapshot().unwrap(), &genesis).unwrap());
    let mut versions = vec![0];
    for number in 1..=30 {
        let open = sample::open(&ledger.chain, &publisher, &Actor::patient(number));
        let tx = ledger.sign(&publisher, vec![open]);
        let outcome = ledger.execute(&[tx]);
        commit(number, &outcome.changes);
        versions.push(outcome.changes.head.version);
        ledger.storage.apply(&outcome.changes);
        ledger.now = ledger.now.plus(60);
    }
    let snapshot = store.snapshot().unwrap();
    let key = StateKey::Chain.encode();
    let newest = *versions.last().unwrap();
    assert!(newest > 30, "some blocks drop nonces, and make two versions");
    for version in versions {
        let proved = medrec_ledger::prove_leaf(&snapshot, version, &key);
        assert_eq!(proved.is_ok(), version >= newest - kept, "version {version}");
        assert_eq!(snapshot.is_provable(version).unwrap(), version >= newest - kept);
    }
    assert!(!snapshot.is_provable(newest + 1).unwrap());
    assert!(query::MAX_QUERY_BYTES >= key.len());
}
