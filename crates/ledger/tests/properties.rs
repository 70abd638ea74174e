//! What holds whatever happens.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    slice::from_ref,
};

use medrec_ledger::{
    CheckState, Storage, is_well_formed, log_entries,
    testing::{
        MemoryStorage, SampleLedger, forge,
        sample::{self, Actor, grant_id, request_id},
    },
};
use medrec_protocol::{
    Hash32,
    actions::{Action, BlockContext, Refusal},
    log::{LogEntry, LogId, empty_root, leaf_hash, node_hash},
    query::LogRange,
    state::{MAX_LEAF_BYTES, MAX_LIVE_GRANTS, MAX_OPEN_REQUESTS, StateKey},
};
use proptest::{collection::vec, prelude::*, sample::Index, strategy::ValueTree, test_runner::TestRunner};

/// What an actor may try, sensible or not.
#[derive(Clone, Copy, Debug)]
enum Try {
    Open,
    Publish(u64),
    Supersede(u64),
    Grant(u64, u64),
    Revoke(u64),
    Request(u64, u64),
    Answer(u64),
    Disclose,
}

fn by_publisher() -> impl Strategy<Value = Try> {
    prop_oneof![
        1 => Just(Try::Open),
        3 => (0..4_u64).prop_map(Try::Publish),
        2 => (0..8_u64).prop_map(Try::Supersede),
        2 => (0..3_u64, 0..90_u64).prop_map(|(id, seconds)| Try::Request(id, seconds)),
        2 => Just(Try::Disclose),
    ]
}

fn by_patient() -> impl Strategy<Value = Try> {
    prop_oneof![
        3 => (0..9_u64, 0..90_u64).prop_map(|(id, seconds)| Try::Grant(id, seconds)),
        1 => (0..9_u64).prop_map(Try::Revoke),
        1 => (0..3_u64).prop_map(Try::Answer),
    ]
}

/// One transaction: who (0–2 providers, 3–5 patients), about whom, what, and how long after the last one.
type Step = (usize, usize, Vec<Try>, u64);

/// Mostly what belongs to the signer, now and then what does not.
fn step() -> impl Strategy<Value = Step> {
    let wait = || prop_oneof![4 => Just(0), 4 => Just(1), 1 => Just(50)];
    let anything = prop_oneof![by_publisher(), by_patient()];
    prop_oneof![
        4 => (0..3_usize, vec(by_publisher(), 1..3), wait()).prop_map(|(n, what, wait)| (n, n, what, wait)),
        4 => (0..3_usize, vec(by_patient(), 1..3), wait()).prop_map(|(n, what, wait)| (n + 3, n, what, wait)),
        1 => (0..6_usize, 0..3_usize, vec(anything, 1..4), wait()),
    ]
}

struct Town {
    ledger: SampleLedger,
    providers: [Actor; 3],
    patients: [Actor; 3],
}

impl Town {
    /// Two relationships are open, the third may be opened.
    fn new() -> Self {
        let (mut ledger, providers) = SampleLedger::with_three_providers();
        let patients = [10, 11, 12].map(Actor::patient);
        for (publisher, patient) in providers.iter().zip(&patients).take(2) {
            let open = sample::open(&ledger.chain, publisher, patient);
            assert_eq!(ledger.act(publisher, vec![open]).refusal, None);
        }
        Self { ledger, providers, patients }
    }

    fn action(&self, signer: &Actor, patient: &Actor, what: Try) -> Action {
        let (chain, now) = (&self.ledger.chain, self.ledger.now);
        match what {
            Try::Open => sample::open(chain, signer, patient),
            Try::Publish(record) => sample::publish(chain, signer, patient, &record.to_be_bytes(), None),
            Try::Supersede(entry) => sample::publish(chain, signer, patient, b"again", Some(entry)),
            Try::Grant(id, seconds) => sample::grant(chain, patient, grant_id(id), now.plus(seconds)),
            Try::Revoke(id) => sample::revoke(chain, patient, grant_id(id)),
            Try::Request(id, s) => sample::request(chain, signer, patient, request_id(id), now.plus(s)),
            Try::Answer(id) => sample::answer(chain, patient, request_id(id)),
            Try::Disclose => sample::disclose(chain, signer, patient),
        }
    }

    fn transaction(&mut self, step: &Step) -> Vec<u8> {
        let (signer, patient, tries, wait) = step;
        self.ledger.now = self.ledger.now.plus(*wait);
        let signer = self.providers.iter().chain(&self.patients).nth(*signer).unwrap().clone();
        let patient = self.patients[*patient].clone();
        let actions = tries.iter().map(|what| self.action(&signer, &patient, *what)).collect();
        self.ledger.sign(&signer, actions)
    }

    fn log_of(&self, patient: &Actor) -> Vec<Vec<u8>> {
        let log = LogId::Relationship(patient.relationship());
        log_entries(&self.ledger.storage, &LogRange { log, from: 0, count: u32::MAX }).unwrap().0
    }

    /// What must hold after every block.
    fn assert_sound(&self) {
        for patient in &self.patients {
            let Some(leaf) = self.ledger.relationship(patient) else { continue };
            let entries = self.log_of(patient);
            assert_eq!(leaf.log.size(), entries.len() as u64);
            assert_eq!(leaf.log.root(), rfc_6962_root(&entries));
            assert!(leaf.grants.len() <= MAX_LIVE_GRANTS && leaf.requests.len() <= MAX_OPEN_REQUESTS);
            let entries: Vec<_> = entries.iter().map(|entry| LogEntry::decode(entry).unwrap()).collect();
            assert!(matches!(entries[0].action, Action::OpenRelationship(_)));
            assert!(entries.is_sorted_by_key(|entry| (entry.height, entry.time)));
            for (id, live) in &leaf.grants {
                let Action::Grant(grant) = &entries[usize::try_from(live.entry).unwrap()].action else {
                    panic!("a live grant names an entry that is a grant")
                };
                assert_eq!((grant.id, grant.not_after), (*id, live.not_after));
                let stopped = entries
                    .iter()
                    .any(|entry| matches!(&entry.action, Action::Revoke(revoke) if revoke.grant == *id));
                assert!(!stopped, "a stopped grant is not live");
            }
            for entry in &entries {
                if let Action::Revoke(revoke) = &entry.action {
                    let tombstone = StateKey::Tombstone(patient.relationship(), revoke.grant);
                    assert!(self.ledger.storage.leaf(&tombstone.encode()).unwrap().is_some());
                }
            }
        }
        assert!(self.ledger.storage.leaves().values().all(|leaf| leaf.len() <= MAX_LEAF_BYTES));
    }
}

/// RFC 6962 §2.1, word for word.
fn rfc_6962_root(entries: &[Vec<u8>]) -> Hash32 {
    match entries {
        [] => empty_root(),
        [entry] => leaf_hash(entry),
        _ => {
            let k = (1..entries.len()).filter(|k| k.is_power_of_two()).max().unwrap();
            node_hash(&rfc_6962_root(&entries[..k]), &rfc_6962_root(&entries[k..]))
        }
    }
}

/// The root of a tree that is built at once from the leaves as they are now.
fn root_of_leaves(storage: &MemoryStorage) -> Hash32 {
    let leaves: BTreeMap<_, _> =
        storage.leaves().iter().map(|(key, leaf)| (key.clone(), Some(leaf.clone()))).collect();
    forge(&MemoryStorage::default(), leaves).head.root
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn random_transactions_never_panic_and_keep_the_state_sound(
        steps in vec(step(), 1..40),
        cuts in vec(any::<bool>(), 40),
    ) {
        let mut town = Town::new();
        let mut waiting = Vec::new();
        for (step, cut) in steps.iter().zip(cuts) {
            waiting.push(town.transaction(step));
            if cut {
                town.ledger.block(&std::mem::take(&mut waiting));
                town.assert_sound();
            }
        }
        town.ledger.block(&waiting);
        town.assert_sound();
        // History leaves no trace in the root: it follows from the leaves alone.
        let root = town.ledger.storage.head().unwrap().unwrap().root;
        prop_assert_eq!(root, root_of_leaves(&town.ledger.storage));
    }

    #[test]
    fn a_pruned_ledger_reaches_the_same_roots(steps in vec(step(), 5..30)) {
        let mut town = Town::new();
        for step in &steps {
            let tx = town.transaction(step);
            let before = town.ledger.storage.head().unwrap().unwrap();
            let kept = town.ledger.execute(from_ref(&tx));
            town.ledger.storage.prune(before.version);
            prop_assert_eq!(&town.ledger.execute(from_ref(&tx)), &kept);
            town.ledger.block(&[tx]);
        }
    }

    #[test]
    fn a_check_and_a_block_judge_alike(steps in vec(step(), 1..25)) {
        let mut town = Town::new();
        let steps: Vec<Step> = steps.into_iter().map(|(who, whom, what, _)| (who, whom, what, 0)).collect();
        let txs: Vec<_> = steps.iter().map(|step| town.transaction(step)).collect();
        let block =
            BlockContext { chain: &town.ledger.chain, height: town.ledger.height + 1, time: town.ledger.now };
        let mut checks = CheckState::default();
        let judged: Vec<_> = txs
            .iter()
            .map(|tx| checks.check_tx(&town.ledger.storage, &block, tx).unwrap().err())
            .collect();
        let executed = town.ledger.execute(&txs).results;
        prop_assert_eq!(judged, executed.iter().map(|result| result.refusal).collect::<Vec<_>>());
    }

    #[test]
    fn two_nodes_change_the_same_bytes(steps in vec(step(), 1..25)) {
        let mut town = Town::new();
        let txs: Vec<_> = steps.iter().map(|step| town.transaction(step)).collect();
        let twin = town.ledger.clone();
        prop_assert_eq!(town.ledger.execute(&txs), twin.execute(&txs));
        town.ledger.block(&txs);
    }

    #[test]
    fn a_stopped_grant_stays_stopped_in_whatever_order_things_arrive(
        order in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(),
        cuts in vec(any::<bool>(), 6),
    ) {
        let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
        let until = ledger.now.plus(3600);
        let chain = ledger.chain.clone();
        let grant = |number| sample::grant(&chain, &patient, grant_id(number), until);
        let revoke = |number| sample::revoke(&chain, &patient, grant_id(number));
        let txs = [
            ledger.sign(&patient, vec![grant(1)]),
            ledger.sign(&patient, vec![revoke(1)]),
            ledger.sign(&patient, vec![grant(2)]),
            ledger.sign(&patient, vec![revoke(2), grant(3)]),
            ledger.sign(&patient, vec![revoke(1)]),
            ledger.sign(&publisher, vec![sample::disclose(&chain, &publisher, &patient)]),
        ];
        let mut block = Vec::new();
        for (place, cut) in order.into_iter().zip(cuts) {
            block.push(txs[place].clone());
            if cut {
                ledger.block(&std::mem::take(&mut block));
            }
        }
        ledger.block(&block);
        let leaf = ledger.relationship(&patient).unwrap();
        prop_assert_eq!(leaf.grants.keys().copied().collect::<BTreeSet<_>>(), BTreeSet::from([grant_id(3)]));
    }

    #[test]
    fn no_altered_transaction_is_accepted(place in any::<Index>(), bit in 0..8_u32) {
        let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
        let open = sample::open(&ledger.chain, &publisher, &Actor::patient(11));
        let record = sample::publish(&ledger.chain, &publisher, &patient, b"a record", None);
        let mut tx = ledger.sign(&publisher, vec![open, record]);
        let place = place.index(tx.len());
        tx[place] ^= 1 << bit;
        let outcome = ledger.execute(&[tx]);
        prop_assert!(outcome.results[0].refusal.is_some());
        prop_assert!(outcome.changes.is_empty());
    }

    #[test]
    fn bytes_from_anywhere_are_refused_as_malformed(bytes in vec(any::<u8>(), 0..600)) {
        let (ledger, ..) = SampleLedger::with_relationship();
        prop_assert!(!is_well_formed(&bytes));
        prop_assert_eq!(ledger.execute(&[bytes]).results[0].refusal, Some(Refusal::Malformed));
    }
}

#[test]
fn random_transactions_are_accepted_and_refused_for_many_reasons() {
    let mut runner = TestRunner::deterministic();
    let mut town = Town::new();
    let (mut accepted, mut refused) = (0, BTreeSet::new());
    for _ in 0..400 {
        let step = step().new_tree(&mut runner).unwrap().current();
        let tx = town.transaction(&step);
        match town.ledger.block(&[tx])[0].refusal {
            None => accepted += 1,
            Some(reason) => _ = refused.insert(reason.code()),
        }
    }
    assert!(accepted > 100, "{accepted} of 400 were accepted");
    assert!(refused.len() >= 8, "{refused:?}");
}
