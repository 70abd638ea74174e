//! The real state machine against a reference model: many actors, random operations, the same verdict for each and the same
//! state after.
//!
//! `cargo test --release -p medrec-ledger --test model -- --ignored --nocapture` runs a million and shows what was reached
//! how often.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and say what it reached")]

mod chance;
mod deeds;
mod people;
mod rules;
mod town;
mod tries;

use std::collections::BTreeMap;

use medrec_protocol::{Timestamp, actions::Refusal};

use deeds::{Deed, Letter, Rel, Who};
use people::Relationship;
use town::Town;
use tries::Tries;

/// How often each thing was done, and each refusal given.
#[derive(Default)]
struct Tally {
    accepted: BTreeMap<&'static str, u64>,
    refused: BTreeMap<u32, u64>,
    transactions: u64,
    operations: u64,
    blocks: u64,
}

const DEEDS: [&str; 28] = [
    "open relationship",
    "publish record",
    "withdraw record",
    "grant",
    "revoke",
    "revoke all",
    "request access",
    "answer request",
    "record disclosure",
    "dispute",
    "delegate",
    "end delegation",
    "answer delegation",
    "ask activation",
    "refuse activation",
    "set guardians",
    "approve recovery",
    "veto recovery",
    "set handover",
    "set emergency",
    "rotate viewing key",
    "rotate keys",
    "show life",
    "close relationship",
    "update provider",
    "propose",
    "vote",
    "rescind",
];

fn name(deed: &Deed) -> &'static str {
    let place = match deed {
        Deed::Open { .. } => 0,
        Deed::Publish { .. } => 1,
        Deed::Withdraw { .. } => 2,
        Deed::Grant { .. } => 3,
        Deed::Revoke { .. } => 4,
        Deed::RevokeAll { .. } => 5,
        Deed::Request { .. } => 6,
        Deed::Answer { .. } => 7,
        Deed::Disclose { .. } => 8,
        Deed::Dispute { .. } => 9,
        Deed::Appoint { .. } => 10,
        Deed::EndDelegation { .. } => 11,
        Deed::AnswerDelegation { .. } => 12,
        Deed::Ask { .. } => 13,
        Deed::Refuse { .. } => 14,
        Deed::Guardians { .. } => 15,
        Deed::Approve { .. } => 16,
        Deed::Veto { .. } => 17,
        Deed::Handover { .. } => 18,
        Deed::Emergency { .. } => 19,
        Deed::RotateViewing { .. } => 20,
        Deed::RotateKeys { .. } => 21,
        Deed::Life { .. } => 22,
        Deed::Close { .. } => 23,
        Deed::Update { .. } => 24,
        Deed::Propose { .. } => 25,
        Deed::Vote { .. } => 26,
        Deed::Rescind { .. } => 27,
    };
    DEEDS[place]
}

impl Tally {
    fn count(&mut self, letter: &Letter, verdict: deeds::Verdict) {
        self.transactions += 1;
        self.operations += letter.deeds.len() as u64;
        match verdict {
            Ok(()) => letter.deeds.iter().for_each(|deed| *self.accepted.entry(name(deed)).or_default() += 1),
            Err(refusal) => *self.refused.entry(refusal.code()).or_default() += 1,
        }
    }

    fn add(&mut self, other: Self) {
        other.accepted.into_iter().for_each(|(name, count)| *self.accepted.entry(name).or_default() += count);
        other.refused.into_iter().for_each(|(code, count)| *self.refused.entry(code).or_default() += count);
        self.transactions += other.transactions;
        self.operations += other.operations;
        self.blocks += other.blocks;
    }

    fn show(&self) {
        println!(
            "{} transactions, {} operations, {} blocks",
            self.transactions, self.operations, self.blocks
        );
        let accepted: u64 = self.accepted.values().sum();
        println!("accepted: {accepted} operations");
        for (name, count) in &self.accepted {
            println!("  {count:>8} {name}");
        }
        let refused: u64 = self.refused.values().sum();
        println!("refused: {refused} transactions");
        for (code, count) in &self.refused {
            println!("  {count:>8} {code:>2} {:?}", Refusal::from_code(*code).unwrap());
        }
    }

    fn assert_reached(&self, at_least: u64) {
        for name in DEEDS {
            let count = self.accepted.get(name).copied().unwrap_or(0);
            assert!(count >= at_least, "{name} was accepted {count} times");
        }
        for reason in (1..).map_while(Refusal::from_code) {
            let count = self.refused.get(&reason.code()).copied().unwrap_or(0);
            assert!(count >= at_least, "{reason:?} was given {count} times");
        }
    }
}

/// One town from its genesis on.
fn live(seed: u64, transactions: u64, tally: &mut Tally) {
    let (mut town, mut tries) = (Town::new(), Tries::new(seed));
    let end = tally.transactions + transactions;
    for block in 1_u64.. {
        let step = match tries.chance.below(1000) {
            0..700 => tries.chance.below(6),
            700..920 => 60 + tries.chance.below(700),
            920..985 => tries.chance.below(12 * 3600),
            _ => 86_400 * (1 + tries.chance.below(30)),
        };
        town.model.pass(town.model.now + step);
        town.ledger.now = Timestamp::from_seconds(town.model.now);
        let validators = town.model.validators.clone();
        let (mut letters, mut verdicts) = (Vec::new(), Vec::new());
        for _ in 0..=tries.chance.below(40) {
            let letter = tries.letter(&town.model);
            let verdict = town.model.judge(&letter);
            tally.count(&letter, verdict);
            letters.push(letter);
            verdicts.push(verdict);
        }
        town.block(&letters, &verdicts, &validators);
        tally.blocks += 1;
        let simple = |(_, rel): &(&Rel, &Relationship)| {
            rel.closed.is_none() && rel.guardians.is_none() && rel.handover.is_none()
        };
        if block >= 20
            && town.model.attic.is_none()
            && let Some((rel, _)) = town.model.rels.iter().rev().find(simple)
        {
            let rel = *rel;
            town.fill(rel);
        }
        if block % 100 == 0 {
            town.compare_all();
            let newest = medrec_ledger::Storage::head(&town.ledger.storage).unwrap().unwrap().version;
            town.ledger.storage.prune(newest);
        }
        if tally.transactions >= end {
            break;
        }
    }
    town.compare_all();
}

/// Several towns, each the same in every run, on as many threads as there are processors.
#[allow(clippy::disallowed_methods, reason = "threads share nothing; what each does follows from its seed")]
fn towns(seeds: std::ops::Range<u64>, transactions: u64) -> Tally {
    let workers = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let tallies = std::thread::scope(|scope| {
        let work = |worker: u64| {
            let mine = seeds.clone().filter(move |seed| seed % workers == worker);
            scope.spawn(move || {
                let mut tally = Tally::default();
                mine.for_each(|seed| live(seed, transactions, &mut tally));
                tally
            })
        };
        let threads: Vec<_> = (0..workers).map(work).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let mut all = Tally::default();
    for tally in tallies {
        all.add(tally);
    }
    all.show();
    all
}

#[test]
fn model_and_state_machine_agree() {
    towns(0..4, 12_500).assert_reached(3);
}

#[test]
#[ignore = "a million transactions take minutes: run with --release -- --ignored --nocapture"]
fn model_and_state_machine_agree_over_a_million_transactions() {
    let tally = towns(100..140, 25_000);
    assert!(tally.transactions >= 1_000_000);
    tally.assert_reached(100);
}

/// The model itself: what it is for is to be read.
#[test]
fn in_the_model_an_account_changes_hands_when_its_time_comes() {
    let mut town = Town::new();
    let open = Letter {
        who: Who::Provider(1),
        key: 1,
        nonce: 1,
        until: town.model.now + 60,
        deeds: vec![Deed::Open { key: 50, consent: true }],
        flaw: None,
    };
    assert_eq!(town.model.judge(&open), Ok(()));
    let due = town.model.now + 100;
    let deeds = vec![Deed::Handover { rel: 50, key: 51, due, consent: true }];
    let promise = Letter { who: Who::Patient(50), key: 50, nonce: 2, deeds, ..open };
    assert_eq!(town.model.judge(&promise), Ok(()));
    assert_eq!((town.model.rels[&50].owner_at(due - 1), town.model.rels[&50].owner_at(due)), (50, 51));
    town.model.pass(due);
    assert_eq!(town.model.signs_for(Who::Patient(50)), Some(51));
}
