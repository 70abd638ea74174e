//! Blocks: order, all or nothing, replay, and what an empty block does.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{collections::BTreeMap, slice::from_ref};

use medrec_ledger::{
    CheckState, LedgerError, Storage,
    block::{MAX_DROPPED_NONCES, execute_block},
    testing::{
        MemoryStorage, SampleLedger, forge,
        sample::{self, Actor, grant_id, request_id},
    },
};
use medrec_protocol::{
    Address, Timestamp,
    actions::{BlockContext, Refusal},
    log::{LogEntry, LogId},
    state::{Nonce, StateKey, encode_leaf},
};

const HOUR: u64 = 3600;

#[test]
fn a_block_without_transactions_changes_nothing() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    ledger.act(&patient, vec![sample::revoke(&ledger.chain, &patient, grant_id(1))]);
    ledger.now = ledger.now.plus(HOUR);
    let before = ledger.storage.head().unwrap().unwrap();
    let outcome = ledger.execute(&[]);
    assert!(outcome.changes.is_empty() && outcome.changes.leaves.is_empty());
    assert_eq!(outcome.changes.head, before, "expired nonces stay until something happens");
    ledger.block(&[]);
    let result = ledger.act(&publisher, vec![sample::disclose(&ledger.chain, &publisher, &patient)]);
    assert_eq!(result.refusal, None);
    // One version for the nonces that went, one for what was written.
    assert_eq!(ledger.storage.head().unwrap().unwrap().version, before.version + 2);
}

#[test]
fn an_accepted_action_stands_in_the_log_of_its_relationship() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let action = sample::publish(&ledger.chain, &publisher, &patient, b"a record", None);
    let (height, time) = (ledger.height + 1, ledger.now);
    let result = ledger.act(&publisher, vec![action.clone()]);
    assert_eq!(result.touched, vec![patient.relationship()]);
    let log = LogId::Relationship(patient.relationship());
    let entry = LogEntry::decode(&ledger.storage.log_entry(&log, 1).unwrap().unwrap()).unwrap();
    assert_eq!(entry, LogEntry { height, time, signer: publisher.address, action });
    assert_eq!(ledger.relationship(&patient).unwrap().log.size(), 2);
    assert_eq!(ledger.storage.log_entry(&log, 2).unwrap(), None);
}

#[test]
fn all_actions_apply_or_none() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let good = sample::publish(&ledger.chain, &publisher, &patient, b"a record", None);
    let bad = sample::publish(&ledger.chain, &publisher, &patient, b"a record", Some(99));
    let tx = ledger.sign(&publisher, vec![good.clone(), good.clone(), bad]);
    let outcome = ledger.execute(&[tx]);
    assert_eq!(outcome.results[0].refusal, Some(Refusal::UnknownRecord));
    assert!(outcome.changes.is_empty());
    assert_eq!(ledger.act(&publisher, vec![good.clone(), good]).refusal, None);
    assert_eq!(ledger.relationship(&patient).unwrap().log.size(), 3);
}

#[test]
fn a_refused_transaction_leaves_its_neighbours_alone() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let record = sample::publish(&ledger.chain, &publisher, &patient, b"a record", None);
    let good = ledger.sign(&publisher, vec![record.clone()]);
    let bad = ledger.sign(&patient, vec![record.clone()]);
    let last = ledger.sign(&publisher, vec![record]);
    let outcome = ledger.execute(&[good.clone(), bad, last.clone()]);
    let refusals: Vec<_> = outcome.results.iter().map(|result| result.refusal).collect();
    assert_eq!(refusals, [None, Some(Refusal::NotAllowed), None]);
    assert_eq!(outcome.changes, ledger.execute(&[good, last]).changes);
}

#[test]
fn a_refused_transaction_may_be_sent_again_when_the_reason_is_gone() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let second = sample::publish(&ledger.chain, &publisher, &patient, b"version 2", Some(1));
    let tx = ledger.sign(&publisher, vec![second]);
    assert_eq!(ledger.block(from_ref(&tx))[0].refusal, Some(Refusal::UnknownRecord));
    ledger.act(&publisher, vec![sample::publish(&ledger.chain, &publisher, &patient, b"version 1", None)]);
    assert_eq!(ledger.block(&[tx])[0].refusal, None);
}

#[test]
fn a_transaction_is_applied_once_within_one_block_too() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let tx = ledger.sign(&publisher, vec![sample::disclose(&ledger.chain, &publisher, &patient)]);
    let refusals: Vec<_> = ledger
        .block(&[tx.clone(), tx.clone(), tx.clone()])
        .into_iter()
        .map(|result| result.refusal)
        .collect();
    assert_eq!(refusals, [None, Some(Refusal::Replayed), Some(Refusal::Replayed)]);
    assert_eq!(ledger.block(&[tx])[0].refusal, Some(Refusal::Replayed));
    assert_eq!(ledger.relationship(&patient).unwrap().log.size(), 2);
}

#[test]
fn a_replay_is_refused_in_every_second_of_time() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let tx = ledger.sign(&publisher, vec![sample::disclose(&ledger.chain, &publisher, &patient)]);
    let valid_until = ledger.now.plus(60);
    assert_eq!(ledger.block(from_ref(&tx))[0].refusal, None);
    while ledger.now <= valid_until.plus(3) {
        // Something else in each block, so that expired nonces are dropped.
        let other = ledger.sign(&publisher, vec![sample::disclose(&ledger.chain, &publisher, &patient)]);
        let expected = if ledger.now <= valid_until { Refusal::Replayed } else { Refusal::Expired };
        assert_eq!(ledger.block(&[other, tx.clone()])[1].refusal, Some(expected), "{:?}", ledger.now);
    }
    let kept = ledger.storage.leaf_keys(b"n", b"o", 1000).unwrap();
    assert!(!kept.is_empty());
    let oldest = StateKey::expired_nonces(valid_until.plus(1)).1;
    assert!(kept.iter().all(|key| *key >= oldest), "nonces that no longer matter are gone");
}

#[test]
fn a_block_drops_expired_nonces_oldest_first_and_not_too_many() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let expired = 2 * MAX_DROPPED_NONCES + 7;
    let nonces = (0..expired).map(|number| {
        let until = Timestamp::from_seconds(1 + number as u64);
        let nonce = Nonce::from_bytes([3; 16]);
        (
            StateKey::SeenNonce(until, Address::from(patient.relationship()), nonce).encode(),
            Some(encode_leaf(&())),
        )
    });
    let changes = forge(&ledger.storage, nonces.collect());
    ledger.storage.apply(&changes);
    ledger.now = ledger.now.plus(HOUR);
    let left = |ledger: &SampleLedger| ledger.storage.leaf_keys(b"n", b"o", 10_000).unwrap();
    let mut before = left(&ledger);
    for _ in 0..4 {
        ledger.act(&publisher, vec![sample::disclose(&ledger.chain, &publisher, &patient)]);
        let after = left(&ledger);
        let (from, to) = StateKey::expired_nonces(ledger.now);
        let mut gone = before.clone();
        gone.retain(|key| !after.contains(key));
        let due = before.iter().filter(|key| **key >= from && **key < to).count().min(MAX_DROPPED_NONCES);
        assert_eq!(gone, before[..due], "the oldest go first");
        before = after;
    }
    assert_eq!(before.len(), 4, "the last four blocks' own nonces");
}

#[test]
fn a_large_block_drops_twice_as_many_nonces_as_it_adds() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let mark = |number: u64| {
        let until = Timestamp::from_seconds(1 + number);
        let key = StateKey::SeenNonce(until, publisher.address, Nonce::from_bytes([3; 16]));
        (key.encode(), Some(encode_leaf(&())))
    };
    let changes = forge(&ledger.storage, (0..2000).map(mark).collect());
    ledger.storage.apply(&changes);
    let disclose = sample::disclose(&ledger.chain, &publisher, &patient);
    let mut txs: Vec<_> = (0..600).map(|_| ledger.sign(&publisher, vec![disclose.clone()])).collect();
    txs.extend((0..50).map(|_| b"refused, and counts for nothing".to_vec()));
    let outcome = ledger.execute(&txs);
    let dropped = outcome.changes.leaves.values().filter(|leaf| leaf.is_none()).count();
    assert_eq!(dropped, 2 * 600);
}

#[test]
fn grant_and_revocation_in_one_transaction_end_as_revoked() {
    let (mut ledger, _, patient) = SampleLedger::with_relationship();
    let id = grant_id(1);
    let grant = sample::grant(&ledger.chain, &patient, id, ledger.now.plus(HOUR));
    let revoke = sample::revoke(&ledger.chain, &patient, id);
    assert_eq!(ledger.act(&patient, vec![grant, revoke]).refusal, None);
    assert_stopped(&ledger, &patient, 1);
    assert_eq!(ledger.relationship(&patient).unwrap().log.size(), 3, "both stand in the log");
}

#[test]
fn a_revocation_wins_when_it_comes_first() {
    let (mut ledger, _, patient) = SampleLedger::with_relationship();
    let grant = sample::grant(&ledger.chain, &patient, grant_id(1), ledger.now.plus(HOUR));
    let grant = ledger.sign(&patient, vec![grant]);
    let revoke = ledger.sign(&patient, vec![sample::revoke(&ledger.chain, &patient, grant_id(1))]);
    let results = ledger.block(&[revoke, grant]);
    assert_eq!(results[0].refusal, None);
    assert_eq!(results[1].refusal, Some(Refusal::GrantIdUsed));
    assert_stopped(&ledger, &patient, 1);
}

#[test]
fn a_revocation_wins_when_it_comes_later() {
    let (mut ledger, _, patient) = SampleLedger::with_relationship();
    let grant = sample::grant(&ledger.chain, &patient, grant_id(1), ledger.now.plus(HOUR));
    assert_eq!(ledger.act(&patient, vec![grant]).refusal, None);
    assert!(ledger.relationship(&patient).unwrap().grants.contains_key(&grant_id(1)));
    for _ in 0..2 {
        let revoke = sample::revoke(&ledger.chain, &patient, grant_id(1));
        assert_eq!(ledger.act(&patient, vec![revoke]).refusal, None, "stopping twice is stopping once");
    }
    assert_stopped(&ledger, &patient, 1);
}

#[test]
fn a_live_grant_names_its_own_entry() {
    let (mut ledger, _, patient) = SampleLedger::with_relationship();
    let until = ledger.now.plus(HOUR);
    let grants =
        (1..4).map(|number| sample::grant(&ledger.chain, &patient, grant_id(number), until)).collect();
    assert_eq!(ledger.act(&patient, grants).refusal, None);
    let leaf = ledger.relationship(&patient).unwrap();
    let entries: Vec<_> = (1..4).map(|number| leaf.grants[&grant_id(number)].entry).collect();
    assert_eq!(entries, [1, 2, 3]);
}

#[test]
fn two_signers_act_at_once_in_either_order() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let request = sample::request(&ledger.chain, &publisher, &patient, request_id(1), ledger.now.plus(HOUR));
    assert_eq!(ledger.act(&publisher, vec![request]).refusal, None);
    let publish = sample::publish(&ledger.chain, &publisher, &patient, b"a record", None);
    let a = ledger.sign(&publisher, vec![publish]);
    let b = ledger.sign(&patient, vec![sample::answer(&ledger.chain, &patient, request_id(1))]);
    for txs in [[a.clone(), b.clone()], [b, a]] {
        let outcome = ledger.execute(&txs);
        assert!(outcome.results.iter().all(|result| result.refusal.is_none()));
        assert_eq!(outcome.changes.log_entries.len(), 2);
    }
}

#[test]
fn two_signers_may_use_the_same_nonce() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let (nonce, until) = (ledger.nonce(), ledger.now.plus(60));
    let disclose = sample::disclose(&ledger.chain, &publisher, &patient);
    let revoke = sample::revoke(&ledger.chain, &patient, grant_id(1));
    let a = publisher.sign(&ledger.chain, nonce, until, vec![disclose.clone()]);
    let b = patient.sign(&ledger.chain, nonce, until, vec![revoke]);
    let c = publisher.sign(&ledger.chain, nonce, until, vec![disclose.clone(), disclose]);
    let refusals: Vec<_> = ledger.block(&[a, b, c]).into_iter().map(|result| result.refusal).collect();
    assert_eq!(refusals, [None, None, Some(Refusal::Replayed)], "but one signer may not");
}

#[test]
fn a_relationship_is_opened_and_filled_in_one_transaction() {
    let (mut ledger, [publisher, ..]) = SampleLedger::with_three_providers();
    let patient = Actor::patient(50);
    let actions = vec![
        sample::open(&ledger.chain, &publisher, &patient),
        sample::publish(&ledger.chain, &publisher, &patient, b"version 1", None),
        sample::publish(&ledger.chain, &publisher, &patient, b"version 2", Some(1)),
    ];
    let opened = ledger.now;
    assert_eq!(ledger.act(&publisher, actions).refusal, None);
    let leaf = ledger.relationship(&patient).unwrap();
    assert_eq!((leaf.publisher, leaf.owner), (publisher.provider_address(), patient.public_key()));
    assert_eq!((leaf.opened, leaf.log.size()), (opened, 3));
}

#[test]
fn a_check_sees_what_was_checked_before_until_the_next_commit() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let record = |supersedes| sample::publish(&ledger.chain, &publisher, &patient, b"a record", supersedes);
    let (first, second) = (record(None), record(Some(1)));
    let first = ledger.sign(&publisher, vec![first]);
    let second = ledger.sign(&publisher, vec![second]);
    let block = BlockContext { chain: &ledger.chain, height: ledger.height + 1, time: ledger.now };
    let mut checks = CheckState::default();
    let mut check = |tx: &[u8]| checks.check_tx(&ledger.storage, &block, tx).unwrap();
    assert_eq!(check(&second), Err(Refusal::UnknownRecord));
    assert_eq!(check(&first), Ok(()));
    assert_eq!(check(&first), Err(Refusal::Replayed), "a second copy is not kept");
    assert_eq!(check(&second), Ok(()), "it builds on the first");
    checks.reset();
    assert_eq!(checks.check_tx(&ledger.storage, &block, &second).unwrap(), Err(Refusal::UnknownRecord));
    assert_eq!(checks.check_tx(&ledger.storage, &block, &first).unwrap(), Ok(()));
}

#[test]
fn a_block_before_genesis_stops_the_node() {
    let (ledger, ..) = SampleLedger::with_relationship();
    let outcome = execute_block(&MemoryStorage::default(), &ledger.chain, 1, ledger.now, &[]);
    assert!(matches!(outcome, Err(LedgerError::NotBegun)));
}

#[test]
fn a_damaged_leaf_stops_the_node_instead_of_refusing_the_transaction() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let tx = ledger.sign(&publisher, vec![sample::disclose(&ledger.chain, &publisher, &patient)]);
    for key in [
        StateKey::Relationship(patient.relationship()).encode(),
        StateKey::Provider(publisher.provider_address()).encode(),
    ] {
        let mut damaged = ledger.clone();
        let changes = forge(&damaged.storage, BTreeMap::from([(key.clone(), Some(vec![1, 2, 3]))]));
        damaged.storage.apply(&changes);
        let outcome = execute_block(&damaged.storage, &ledger.chain, 9, ledger.now, from_ref(&tx));
        assert!(matches!(outcome, Err(LedgerError::Leaf { .. })), "{outcome:?}");
    }
}

fn assert_stopped(ledger: &SampleLedger, patient: &Actor, grant: u64) {
    let address = patient.relationship();
    assert!(!ledger.relationship(patient).unwrap().grants.contains_key(&grant_id(grant)));
    let tombstone = StateKey::Tombstone(address, grant_id(grant)).encode();
    assert!(ledger.storage.leaf(&tombstone).unwrap().is_some());
}
