//! What every [`Storage`] has to do, as tests. A storage implements [`Subject`] and writes
//! [`crate::conformance_tests!`] once; each function below becomes a test of its own.

use std::collections::BTreeMap;

use jmt::KeyHash;
use medrec_protocol::{
    Hash32, RelationshipAddress,
    log::LogId,
    query::{ConsistencyQuery, InclusionQuery, LogRange},
};

use super::{SampleLedger, assert_proves, forge, sample};
use crate::{
    Changes, QueryError, Storage,
    block::execute_block,
    genesis::init_chain,
    query::{log_entries, log_size, prove_consistency, prove_inclusion, prove_leaf},
};

/// A storage under test.
pub trait Subject {
    /// Writes what a block changed, durably.
    fn commit(&mut self, changes: &Changes);
    /// Drops what no version from `keep_from` on needs.
    fn prune(&mut self, keep_from: u64);
    /// Closes the storage and opens it again. A storage without a disk does nothing.
    fn reopen(&mut self);
    /// Committed state as of now.
    fn view(&self) -> Box<dyn Storage + '_>;
}

/// Makes one test of each conformance function. `$fresh` is an expression that gives a new, empty
/// [`Subject`].
#[macro_export]
macro_rules! conformance_tests {
    ($fresh:expr) => {
        $crate::conformance_tests! { $fresh =>
            an_empty_storage_answers_nothing,
            what_is_committed_is_read_back,
            a_removed_leaf_is_gone,
            leaf_keys_come_in_order_within_bounds_and_limit,
            a_value_is_found_at_every_version_since_it_was_written,
            one_log_does_not_run_into_another,
            nothing_is_lost_when_it_is_opened_again,
            pruning_keeps_every_proof_from_its_version_on,
            pruning_drops_what_nobody_can_ask_for,
            it_reaches_the_same_roots_as_the_storage_in_memory,
        }
    };
    ($fresh:expr => $($name:ident,)*) => {
        $(#[test]
        fn $name() {
            $crate::testing::conformance::$name($fresh);
        })*
    };
}

/// Head, leaves, nodes, values and logs of a storage that holds nothing.
pub fn an_empty_storage_answers_nothing(subject: impl Subject) {
    let view = subject.view();
    assert_eq!(view.head().expect("answers"), None);
    assert_eq!(view.leaf(b"c").expect("answers"), None);
    assert_eq!(view.leaf_keys(b"", b"z", 10).expect("answers"), Vec::<Vec<u8>>::new());
    for key in Story::of_blocks(1).blocks[0].tree.iter().flat_map(|tree| tree.node_batch.nodes().keys()) {
        assert_eq!(view.tree_node(key).expect("answers"), None);
    }
    assert_eq!(view.tree_value(u64::MAX, place(b"c")).expect("answers"), None);
    assert_eq!(view.log_entry(&LogId::Directory, 0).expect("answers"), None);
    assert_eq!(view.log_node(&LogId::Directory, 0, 0).expect("answers"), None);
}

/// Everything that a few blocks wrote.
pub fn what_is_committed_is_read_back(mut subject: impl Subject) {
    let story = Story::of_blocks(6);
    story.commit_to(&mut subject);
    story.assert_written(&*subject.view());
}

/// Leaves removed by a block, and their values from that version on.
pub fn a_removed_leaf_is_gone(mut subject: impl Subject) {
    let leaf = |leaf: Option<&[u8]>| BTreeMap::from([(b"x".to_vec(), leaf.map(<[u8]>::to_vec))]);
    commit_forged(&mut subject, BTreeMap::from([(b"a".to_vec(), Some(b"stays".to_vec()))]));
    commit_forged(&mut subject, leaf(Some(b"was here")));
    commit_forged(&mut subject, leaf(None));
    let view = subject.view();
    assert_eq!(view.leaf(b"x").expect("answers"), None);
    assert_eq!(view.leaf_keys(b"", b"z", 10).expect("answers"), vec![b"a".to_vec()]);
    assert_eq!(view.tree_value(1, place(b"x")).expect("answers"), Some(b"was here".to_vec()));
    assert_eq!(view.tree_value(2, place(b"x")).expect("answers"), None);
    assert_eq!(view.tree_value(u64::MAX, place(b"x")).expect("answers"), None);
}

/// `[from, to)`, ascending as bytes are compared, at most `limit`.
pub fn leaf_keys_come_in_order_within_bounds_and_limit(mut subject: impl Subject) {
    let keys: [&[u8]; 7] = [b"m", b"n", b"n\0", b"n\x01", b"n\xff\xff", b"o", b"n\x01\0"];
    let leaves = keys.iter().map(|key| (key.to_vec(), Some(b"leaf".to_vec()))).collect();
    commit_forged(&mut subject, leaves);
    let view = subject.view();
    let ask = |from: &[u8], to: &[u8], limit| view.leaf_keys(from, to, limit).expect("answers");
    let all: [&[u8]; 5] = [b"n", b"n\0", b"n\x01", b"n\x01\0", b"n\xff\xff"];
    assert_eq!(ask(b"n", b"o", 10), all);
    assert_eq!(ask(b"n", b"o", 2), all[..2]);
    assert_eq!(ask(b"n\0", b"n\x01\0", 10), all[1..3]);
    assert_eq!(ask(b"n", b"o", 0), all[..0]);
    assert_eq!(ask(b"n", b"n", 10), all[..0]);
    assert_eq!(ask(b"o", b"n", 10), all[..0], "bounds the wrong way round hold nothing");
}

/// The newest value at or before a version, and none before the first.
pub fn a_value_is_found_at_every_version_since_it_was_written(mut subject: impl Subject) {
    let write = |key: &[u8], value: &[u8]| BTreeMap::from([(key.to_vec(), Some(value.to_vec()))]);
    commit_forged(&mut subject, write(b"other", b"0"));
    commit_forged(&mut subject, write(b"k", b"first"));
    commit_forged(&mut subject, write(b"other", b"1"));
    commit_forged(&mut subject, write(b"k", b"second"));
    commit_forged(&mut subject, write(b"other", b"2"));
    let view = subject.view();
    let value = |version| view.tree_value(version, place(b"k")).expect("answers");
    assert_eq!(value(0), None);
    assert_eq!(value(1), Some(b"first".to_vec()));
    assert_eq!(value(2), Some(b"first".to_vec()));
    assert_eq!(value(3), Some(b"second".to_vec()));
    assert_eq!(value(u64::MAX), Some(b"second".to_vec()));
}

/// Entries and nodes of neighbouring logs, levels and indexes.
pub fn one_log_does_not_run_into_another(mut subject: impl Subject) {
    let relationship = |last| {
        let mut bytes = [0; 20];
        bytes[19] = last;
        LogId::Relationship(RelationshipAddress::from_bytes(bytes))
    };
    let logs = [LogId::Directory, relationship(0), relationship(1), relationship(255)];
    let mut changes = forge(&&*subject.view(), BTreeMap::from([(b"k".to_vec(), Some(vec![1]))]));
    for (number, log) in (0..).zip(logs) {
        for index in [0, 1, 255, 256, 257, u64::from(u32::MAX) + 1] {
            changes.log_entries.insert((log, index), format!("{number} {index}").into_bytes());
            changes.log_nodes.insert((log, number, index), Hash32::plain(&[number]));
        }
    }
    subject.commit(&changes);
    let view = subject.view();
    for (key, entry) in &changes.log_entries {
        assert_eq!(view.log_entry(&key.0, key.1).expect("answers").as_ref(), Some(entry));
    }
    for (key, node) in &changes.log_nodes {
        assert_eq!(view.log_node(&key.0, key.1, key.2).expect("answers").as_ref(), Some(node));
    }
    assert_eq!(view.log_entry(&logs[0], 2).expect("answers"), None);
    assert_eq!(view.log_entry(&relationship(2), 0).expect("answers"), None);
    assert_eq!(view.log_node(&logs[0], 1, 0).expect("answers"), None);
}

/// Closing and opening between blocks.
pub fn nothing_is_lost_when_it_is_opened_again(mut subject: impl Subject) {
    let story = Story::of_blocks(4);
    for changes in &story.blocks {
        subject.commit(changes);
        subject.reopen();
    }
    story.assert_written(&*subject.view());
}

/// Proofs of presence and absence, and roots, before and after pruning, twice.
pub fn pruning_keeps_every_proof_from_its_version_on(mut subject: impl Subject) {
    let story = Story::of_blocks(14);
    story.commit_to(&mut subject);
    for keep_from in [5, 9] {
        subject.prune(keep_from);
        subject.reopen();
        let view = subject.view();
        for changes in &story.blocks {
            let version = changes.head.version;
            for key in Story::keys_and_strangers() {
                match prove_leaf(&&*view, version, &key) {
                    Ok(leaf) => {
                        assert!(version >= keep_from, "version {version} was dropped");
                        assert_eq!(leaf.value, story.leaf_at(version, &key), "version {version}");
                        assert_proves(changes.head.root, &key, &leaf);
                    }
                    Err(QueryError::VersionNotKept(_)) => assert!(version < keep_from),
                    Err(error) => panic!("version {version}: {error}"),
                }
            }
        }
        story.assert_flat(&*view);
    }
}

/// Nodes that were replaced and values that were overtaken, but no others.
pub fn pruning_drops_what_nobody_can_ask_for(mut subject: impl Subject) {
    let story = Story::of_blocks(10);
    story.commit_to(&mut subject);
    let keep_from = 6;
    subject.prune(keep_from);
    let view = subject.view();
    let mut dropped = 0;
    for changes in &story.blocks {
        let Some(tree) = &changes.tree else { continue };
        for stale in &tree.stale_node_index_batch {
            let kept = view.tree_node(&stale.node_key).expect("answers").is_some();
            assert_eq!(kept, stale.stale_since_version > keep_from, "{stale:?}");
            dropped += u32::from(!kept);
        }
        for (version, key) in tree.node_batch.values().keys() {
            let overtaken = story.is_overtaken(*version, *key, keep_from);
            if overtaken {
                assert_eq!(view.tree_value(*version, *key).expect("answers"), None, "version {version}");
                dropped += 1;
            }
        }
    }
    assert!(dropped > 10, "the story leaves something to drop");
}

/// The same blocks on this storage and in memory, with an empty block and a refused transaction between.
pub fn it_reaches_the_same_roots_as_the_storage_in_memory(mut subject: impl Subject) {
    let (mut ledger, [publisher, ..]) = SampleLedger::with_three_providers();
    let genesis = sample::genesis(&[1, 2, 3].map(sample::Actor::provider));
    let changes = init_chain(&&*subject.view(), &genesis).expect("the genesis is good");
    subject.commit(&changes);
    for number in 0..8 {
        let patient = sample::Actor::patient(10 + number);
        let open = sample::open(&ledger.chain, &publisher, &patient);
        let record = sample::publish(&ledger.chain, &publisher, &patient, b"record", None);
        let good = ledger.sign(&publisher, vec![open, record]);
        let txs = if number == 4 { vec![] } else { vec![good.clone(), b"not a transaction".to_vec(), good] };
        let here = execute_block(&&*subject.view(), &ledger.chain, ledger.height + 1, ledger.now, &txs);
        let here = here.expect("the state is sound");
        assert_eq!(here, ledger.execute(&txs));
        subject.commit(&here.changes);
        ledger.block(&txs);
        // Far enough for nonces to be dropped by later blocks.
        ledger.now = ledger.now.plus(40);
    }
    let log = LogId::Relationship(sample::Actor::patient(10).relationship());
    assert_eq!(answers(&*subject.view(), log), answers(&ledger.storage, log));
}

fn answers(storage: &dyn Storage, log: LogId) -> String {
    let range = LogRange { log, from: 0, count: 100 };
    let inclusion = InclusionQuery { log, index: 1, size: 2 };
    let consistency = ConsistencyQuery { log, old_size: 1, new_size: 2 };
    format!(
        "{:?} {:?} {:?} {:?} {:?}",
        storage.head().expect("answers"),
        log_size(&storage, &log).expect("answers"),
        log_entries(&storage, &range).expect("answers"),
        prove_inclusion(&storage, &inclusion).expect("answers"),
        prove_consistency(&storage, &consistency).expect("answers"),
    )
}

/// Blocks and what they wrote: leaves written anew, changed, removed, written again.
struct Story {
    blocks: Vec<Changes>,
}

impl Story {
    fn of_blocks(count: u64) -> Self {
        let mut storage = super::MemoryStorage::default();
        let mut blocks = Vec::new();
        for version in 0..count {
            let leaves = (0..12).map(|place| {
                let key = format!("key {}", (version * 5 + place * 7) % 40).into_bytes();
                let value = format!("{version} {place}").into_bytes();
                (key, (version == 0 || place % 4 != 3).then_some(value))
            });
            let mut changes = forge(&storage, leaves.collect());
            let log = LogId::Directory;
            changes.log_entries.insert((log, version), format!("entry {version}").into_bytes());
            changes.log_nodes.insert((log, 0, version), Hash32::plain(&version.to_be_bytes()));
            storage.apply(&changes);
            blocks.push(changes);
        }
        Self { blocks }
    }

    fn commit_to(&self, subject: &mut impl Subject) {
        for changes in &self.blocks {
            subject.commit(changes);
        }
    }

    fn keys_and_strangers() -> Vec<Vec<u8>> {
        (0..50).map(|number| format!("key {number}").into_bytes()).collect()
    }

    fn leaf_at(&self, version: u64, key: &[u8]) -> Option<Vec<u8>> {
        let until = self.blocks.iter().filter(|changes| changes.head.version <= version);
        until.filter_map(|changes| changes.leaves.get(key)).next_back().cloned().flatten()
    }

    /// True when a value of this version is neither in force at `keep_from` nor later.
    fn is_overtaken(&self, version: u64, key: KeyHash, keep_from: u64) -> bool {
        let written = |changes: &&Changes| {
            let at = changes.head.version;
            let tree = changes.tree.as_ref();
            at > version
                && at <= keep_from
                && tree.is_some_and(|tree| tree.node_batch.values().contains_key(&(at, key)))
        };
        self.blocks.iter().any(|changes| written(&changes))
    }

    fn assert_written(&self, view: &dyn Storage) {
        self.assert_flat(view);
        for changes in &self.blocks {
            let Some(tree) = &changes.tree else { panic!("every block of the story changes something") };
            for (key, node) in tree.node_batch.nodes() {
                assert_eq!(view.tree_node(key).expect("answers").as_ref(), Some(node));
            }
            for ((version, key), value) in tree.node_batch.values() {
                assert_eq!(view.tree_value(*version, *key).expect("answers"), *value);
            }
        }
    }

    /// Head, leaves and logs: what pruning never touches.
    fn assert_flat(&self, view: &dyn Storage) {
        let last = self.blocks.last().expect("the story has blocks");
        assert_eq!(view.head().expect("answers"), Some(last.head));
        for key in Self::keys_and_strangers() {
            assert_eq!(view.leaf(&key).expect("answers"), self.leaf_at(last.head.version, &key));
        }
        for changes in &self.blocks {
            for ((log, index), entry) in &changes.log_entries {
                assert_eq!(view.log_entry(log, *index).expect("answers").as_ref(), Some(entry));
            }
            for ((log, level, index), node) in &changes.log_nodes {
                assert_eq!(view.log_node(log, *level, *index).expect("answers").as_ref(), Some(node));
            }
        }
    }
}

fn commit_forged(subject: &mut impl Subject, leaves: BTreeMap<Vec<u8>, Option<Vec<u8>>>) {
    let changes = forge(&&*subject.view(), leaves);
    subject.commit(&changes);
}

fn place(key: &[u8]) -> KeyHash {
    KeyHash(*Hash32::plain(key).as_bytes())
}
