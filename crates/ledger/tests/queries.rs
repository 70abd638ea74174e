//! Answers and their proofs.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use medrec_ledger::{
    LedgerError, QueryError, Storage, log_entries, log_size, prove_consistency, prove_inclusion, prove_leaf,
    testing::{
        SampleLedger, assert_proves, forge,
        sample::{self, Actor},
    },
};
use medrec_protocol::{
    Hash32,
    log::{Frontier, LogId, ProofError, leaf_hash},
    query::{ConsistencyQuery, InclusionQuery, LogRange, MAX_LOG_ANSWER_BYTES, MAX_LOG_ANSWER_ENTRIES},
    state::{RelationshipLeaf, StateKey, decode_leaf, encode_leaf},
};

/// A relationship with this many entries, two to a block.
fn ledger_with_entries(count: u64) -> (SampleLedger, LogId, Actor) {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    for number in 1..count {
        let record = number.to_be_bytes();
        let action = sample::publish(&ledger.chain, &publisher, &patient, &record, None);
        assert_eq!(ledger.act(&publisher, vec![action]).refusal, None);
    }
    (ledger, LogId::Relationship(patient.relationship()), patient)
}

fn all_entries(ledger: &SampleLedger, log: LogId) -> Vec<Vec<u8>> {
    log_entries(&ledger.storage, &LogRange { log, from: 0, count: u32::MAX }).unwrap().0
}

#[test]
fn every_leaf_and_every_absence_is_proved_under_the_root() {
    let (ledger, ..) = ledger_with_entries(5);
    let head = ledger.storage.head().unwrap().unwrap();
    for (key, leaf) in ledger.storage.leaves() {
        let proved = prove_leaf(&ledger.storage, head.version, key).unwrap();
        assert_eq!(proved.value.as_ref(), Some(leaf));
        assert_proves(head.root, key, &proved);
    }
    for number in 0..50 {
        let key = StateKey::Relationship(Actor::patient(1000 + number).relationship()).encode();
        let proved = prove_leaf(&ledger.storage, head.version, &key).unwrap();
        assert_eq!(proved.value, None);
        assert_proves(head.root, &key, &proved);
    }
}

#[test]
fn a_proof_does_not_prove_anything_else() {
    let (ledger, _, patient) = ledger_with_entries(2);
    let head = ledger.storage.head().unwrap().unwrap();
    let key = StateKey::Relationship(patient.relationship()).encode();
    let proved = prove_leaf(&ledger.storage, head.version, &key).unwrap();
    let holds = |root, key: &[u8], proved: &medrec_ledger::LeafProof| {
        std::panic::catch_unwind(|| assert_proves(root, key, proved)).is_ok()
    };
    assert!(holds(head.root, &key, &proved));
    let mut altered = proved.clone();
    altered.value.as_mut().unwrap()[9] ^= 1;
    assert!(!holds(head.root, &key, &altered), "another value");
    altered.value = None;
    assert!(!holds(head.root, &key, &altered), "an absence");
    assert!(!holds(head.root, &StateKey::Directory.encode(), &proved), "another key");
    assert!(!holds(Hash32::plain(b"another root"), &key, &proved), "another root");
}

#[test]
fn old_versions_are_proved_under_old_roots_until_they_are_dropped() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let key = StateKey::Relationship(patient.relationship()).encode();
    let mut heads = vec![ledger.storage.head().unwrap().unwrap()];
    for _ in 0..5 {
        ledger.act(&publisher, vec![sample::disclose(&ledger.chain, &publisher, &patient)]);
        heads.push(ledger.storage.head().unwrap().unwrap());
    }
    for (size, head) in (1..).zip(&heads) {
        let proved = prove_leaf(&ledger.storage, head.version, &key).unwrap();
        assert_proves(head.root, &key, &proved);
        let leaf: RelationshipLeaf = decode_leaf(&proved.value.unwrap()).unwrap();
        assert_eq!(leaf.log.size(), size);
    }
    ledger.storage.prune(heads[3].version);
    let ask = |version| prove_leaf(&ledger.storage, version, &key);
    assert!(matches!(ask(heads[2].version), Err(QueryError::VersionNotKept(_))));
    assert_proves(heads[3].root, &key, &ask(heads[3].version).unwrap());
    assert!(matches!(ask(heads[5].version + 1), Err(QueryError::VersionNotKept(_))), "not yet");
}

#[test]
fn the_frontier_in_the_leaf_is_that_of_all_entries() {
    let (ledger, log, patient) = ledger_with_entries(23);
    let mut frontier = Frontier::default();
    for entry in all_entries(&ledger, log) {
        frontier.append(&entry);
    }
    assert_eq!(ledger.relationship(&patient).unwrap().log, frontier);
    assert_eq!(log_size(&ledger.storage, &log).unwrap(), 23);
}

#[test]
fn every_entry_is_proved_in_every_size_of_the_log() {
    let (ledger, log, _) = ledger_with_entries(19);
    let entries = all_entries(&ledger, log);
    let mut frontier = Frontier::default();
    for last in &entries {
        frontier.append(last);
        let size = frontier.size();
        for (index, entry) in (0..size).zip(&entries) {
            let proof = prove_inclusion(&ledger.storage, &InclusionQuery { log, index, size }).unwrap();
            proof.verify(leaf_hash(entry), &frontier).unwrap();
        }
    }
    assert_eq!(frontier.size(), 19);
}

#[test]
fn every_size_of_the_log_is_the_beginning_of_every_later_one() {
    let (ledger, log, _) = ledger_with_entries(19);
    let mut sizes = vec![Frontier::default()];
    let mut frontier = Frontier::default();
    for entry in all_entries(&ledger, log) {
        frontier.append(&entry);
        sizes.push(frontier.clone());
    }
    assert_eq!(sizes.len(), 20);
    for (new_size, new) in (0..).zip(&sizes) {
        for (old_size, old) in (0..=new_size).zip(&sizes) {
            let query = ConsistencyQuery { log, old_size, new_size };
            let proof = prove_consistency(&ledger.storage, &query).unwrap();
            proof.verify(old, new).unwrap();
        }
    }
}

#[test]
fn what_lies_beyond_the_log_is_not_proved() {
    let (ledger, log, _) = ledger_with_entries(3);
    let inclusion = |index, size| prove_inclusion(&ledger.storage, &InclusionQuery { log, index, size });
    let consistency = |old_size, new_size| {
        prove_consistency(&ledger.storage, &ConsistencyQuery { log, old_size, new_size })
    };
    let outside = |answer: Result<(), QueryError>| {
        matches!(answer, Err(QueryError::Proof(ProofError::OutOfRange { .. })))
    };
    assert!(outside(inclusion(0, 4).map(drop)));
    assert!(outside(inclusion(3, 3).map(drop)));
    assert!(outside(inclusion(0, 0).map(drop)));
    assert!(outside(inclusion(u64::MAX, u64::MAX).map(drop)));
    assert!(outside(consistency(1, 4).map(drop)));
    assert!(outside(consistency(3, 2).map(drop)));
    assert!(outside(consistency(0, u64::MAX).map(drop)));
}

#[test]
fn a_log_that_does_not_exist_is_unknown() {
    let (ledger, ..) = ledger_with_entries(1);
    let log = LogId::Relationship(Actor::patient(99).relationship());
    let unknown = |answer: Result<(), QueryError>| matches!(answer, Err(QueryError::UnknownLog(_)));
    assert!(unknown(log_size(&ledger.storage, &log).map(drop)));
    assert!(unknown(log_entries(&ledger.storage, &LogRange { log, from: 0, count: 1 }).map(drop)));
    assert!(unknown(prove_inclusion(&ledger.storage, &InclusionQuery { log, index: 0, size: 1 }).map(drop)));
    let query = ConsistencyQuery { log, old_size: 0, new_size: 0 };
    assert!(unknown(prove_consistency(&ledger.storage, &query).map(drop)));
}

#[test]
fn entries_come_as_asked_and_none_beyond_the_end() {
    let (ledger, log, _) = ledger_with_entries(7);
    let all = all_entries(&ledger, log);
    assert_eq!(all.len(), 7);
    let ask = |from, count| log_entries(&ledger.storage, &LogRange { log, from, count }).unwrap().0;
    assert_eq!(ask(2, 3), all[2..5]);
    assert_eq!(ask(5, 100), all[5..]);
    assert_eq!(ask(0, 0), all[..0]);
    assert_eq!(ask(7, 1), all[..0]);
    assert_eq!(ask(u64::MAX, u32::MAX), all[..0]);
}

/// Replaces the log of a relationship by one with entries of this size.
fn with_log_of(count: u64, bytes: usize) -> (SampleLedger, LogId) {
    let (mut ledger, log, patient) = ledger_with_entries(1);
    let mut leaf = ledger.relationship(&patient).unwrap();
    let mut entries = BTreeMap::new();
    for index in 1..count {
        let entry = vec![7; bytes];
        leaf.log.append(&entry);
        entries.insert((log, index), entry);
    }
    let key = StateKey::Relationship(patient.relationship()).encode();
    let mut changes = forge(&ledger.storage, BTreeMap::from([(key, Some(encode_leaf(&leaf)))]));
    changes.log_entries = entries;
    ledger.storage.apply(&changes);
    (ledger, log)
}

#[test]
fn an_answer_is_bounded_in_entries_and_in_bytes() {
    let (ledger, log) = with_log_of(u64::from(MAX_LOG_ANSWER_ENTRIES) + 10, 100);
    let range = LogRange { log, from: 1, count: u32::MAX };
    assert_eq!(log_entries(&ledger.storage, &range).unwrap().0.len(), MAX_LOG_ANSWER_ENTRIES as usize);

    let (ledger, log) = with_log_of(200, 16 * 1024);
    let entries = log_entries(&ledger.storage, &range_of(log)).unwrap().0;
    let total: usize = entries.iter().map(Vec::len).sum();
    assert!(total <= MAX_LOG_ANSWER_BYTES && total + 16 * 1024 > MAX_LOG_ANSWER_BYTES);
    assert_eq!(entries.len(), MAX_LOG_ANSWER_BYTES / (16 * 1024));
}

fn range_of(log: LogId) -> LogRange {
    LogRange { log, from: 1, count: u32::MAX }
}

#[test]
fn a_missing_entry_is_damage_and_not_the_end_of_the_log() {
    let (mut ledger, log, patient) = ledger_with_entries(3);
    let mut leaf = ledger.relationship(&patient).unwrap();
    leaf.log.append(b"an entry that is nowhere");
    let key = StateKey::Relationship(patient.relationship()).encode();
    let changes = forge(&ledger.storage, BTreeMap::from([(key, Some(encode_leaf(&leaf)))]));
    ledger.storage.apply(&changes);
    let damaged =
        |answer: Result<(), QueryError>| matches!(answer, Err(QueryError::Ledger(LedgerError::Storage(_))));
    assert!(damaged(log_entries(&ledger.storage, &range_of(log)).map(drop)));
    let query = InclusionQuery { log, index: 0, size: 4 };
    assert!(damaged(prove_inclusion(&ledger.storage, &query).map(drop)));
}
