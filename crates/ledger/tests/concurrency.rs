//! A patient and two delegates act at once, without knowing of each other; and a revocation wins in whatever order.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;

use medrec_ledger::{
    Storage,
    testing::{
        SampleLedger,
        sample::{self, Actor, grant_id, request_id},
    },
};
use medrec_protocol::{
    actions::{Action, Refusal},
    state::{Activation, MAX_OPEN_REQUESTS, Right, StateKey},
};

const ROUNDS: u64 = 50;
const AT_ONCE: usize = 200;

/// Xorshift (Marsaglia 2003): the same order in every run.
struct Order(u64);

impl Order {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

struct Family {
    ledger: SampleLedger,
    publisher: Actor,
    patient: Actor,
    /// The patient and two delegates.
    acting: [Actor; 3],
}

impl Family {
    fn new() -> Self {
        let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
        let delegates = [1, 2].map(Actor::agent);
        let until = ledger.now.plus(100 * 86_400);
        for delegate in &delegates {
            let (right, at_once) = (Right::Manage, Activation::AtOnce);
            let appoint = sample::delegate(&ledger.chain, &patient, delegate, right, until, at_once);
            assert_eq!(ledger.act(&patient, vec![appoint]).refusal, None);
            assert_eq!(ledger.act(delegate, vec![sample::answer_delegation(&patient, true)]).refusal, None);
        }
        let [one, two] = delegates;
        let acting = [patient.clone(), one, two];
        Self { ledger, publisher, patient, acting }
    }

    /// What one of the three wants in a round; each thing could be wanted by any of them.
    fn wanted(&mut self, round: u64, number: u64) -> (Actor, Action) {
        let (chain, patient) = (&self.ledger.chain, &self.patient);
        let id = grant_id(round * 1000 + number);
        let former = grant_id((round.max(1) - 1) * 1000 + number);
        let until = self.ledger.now.plus(3600);
        let who = self.acting[usize::try_from(number % 3).unwrap()].clone();
        let action = match number % 10 {
            0..=4 => sample::grant(chain, patient, id, until),
            5 => sample::revoke(chain, patient, former),
            6 => sample::dispute(chain, patient, 0),
            7 => sample::set_emergency(chain, patient, number % 20 == 7),
            8 if number < 10 * MAX_OPEN_REQUESTS as u64 => {
                sample::answer(chain, patient, request_id(round * 1000 + number))
            }
            8 => sample::revoke_all(chain, patient),
            _ if number < 50 => {
                let lesser = Actor::agent(10_000 + round * 1000 + number);
                sample::delegate(
                    chain,
                    patient,
                    &lesser,
                    Right::See,
                    self.ledger.now.plus(1),
                    Activation::AtOnce,
                )
            }
            _ => sample::revoke(chain, patient, grant_id(u64::MAX - round * 1000 - number)),
        };
        (who, action)
    }
}

#[test]
fn patient_and_two_delegates_acting_at_once_never_block_each_other() {
    let (mut family, mut order) = (Family::new(), Order(0x2545_f491_4f6c_dd1d));
    let mut accepted = 0;
    for round in 0..ROUNDS {
        // What may be answered in this round, asked by the publisher before it.
        let asked = (0..MAX_OPEN_REQUESTS as u64).map(|n| 10 * n + 8).map(|number| {
            let (id, until) = (request_id(round * 1000 + number), family.ledger.now.plus(3600));
            sample::request(&family.ledger.chain, &family.publisher, &family.patient, id, until)
        });
        let asked = asked.collect();
        assert_eq!(family.ledger.act(&family.publisher.clone(), asked).refusal, None);
        let mut txs: Vec<_> = (0..AT_ONCE as u64)
            .map(|number| {
                let (who, action) = family.wanted(round, number);
                family.ledger.sign(&who, vec![action])
            })
            .collect();
        order.shuffle(&mut txs);
        while !txs.is_empty() {
            let size = 1 + order.below(txs.len());
            let block: Vec<_> = txs.drain(..size).collect();
            // All in the same second: nobody knows what the others did.
            let now = family.ledger.now;
            for result in family.ledger.block(&block) {
                assert_eq!(result.refusal, None, "round {round}");
                accepted += 1;
            }
            family.ledger.now = now;
        }
        family.ledger.now = family.ledger.now.plus(60);
    }
    assert_eq!(accepted, ROUNDS * AT_ONCE as u64);
}

#[test]
fn what_holds_afterwards_does_not_depend_on_the_order() {
    let mut order = Order(88_172_645_463_325_252);
    let mut family = Family::new();
    let txs: Vec<_> = (0..AT_ONCE as u64)
        .filter(|number| number % 10 < 7)
        .map(|number| {
            let (who, action) = family.wanted(1, number);
            family.ledger.sign(&who, vec![action])
        })
        .collect();
    let holding = |txs: &[Vec<u8>]| {
        let mut ledger = family.ledger.clone();
        assert!(ledger.block(txs).iter().all(|result| result.refusal.is_none()));
        ledger.relationship(&family.patient).unwrap().grants.into_keys().collect::<BTreeSet<_>>()
    };
    let first = holding(&txs);
    assert_eq!(first.len(), 100);
    for _ in 0..20 {
        let mut other = txs.clone();
        order.shuffle(&mut other);
        assert_eq!(holding(&other), first);
    }
}

fn permutations(of: &[usize]) -> Vec<Vec<usize>> {
    if of.is_empty() {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    for (place, first) in of.iter().enumerate() {
        let mut rest = of.to_vec();
        rest.remove(place);
        all.extend(permutations(&rest).into_iter().map(|rest| [vec![*first], rest].concat()));
    }
    all
}

/// Grant, revoke, revoke all, and a grant of the same id again (by whoever revokes all), in every order, by the patient or
/// either delegate, in one block or in several: it is stopped, and stays so.
#[test]
fn a_revocation_wins_in_every_order_by_whoever() {
    let family = Family::new();
    let (chain, patient) = (family.ledger.chain.clone(), family.patient.clone());
    let until = family.ledger.now.plus(3600);
    let orders = permutations(&[0, 1, 2, 3]);
    assert_eq!(orders.len(), 24);
    let mut tried = 0;
    for order in &orders {
        for assignment in 0..27_usize {
            for cuts in [0_usize, 0b111, 0b010] {
                let mut ledger = family.ledger.clone();
                let what = [
                    sample::grant(&chain, &patient, grant_id(1), until),
                    sample::revoke(&chain, &patient, grant_id(1)),
                    sample::revoke_all(&chain, &patient),
                    sample::grant(&chain, &patient, grant_id(1), until.plus(1)),
                ];
                let mut block = Vec::new();
                let mut refused = Vec::new();
                for (place, which) in order.iter().enumerate() {
                    let who = &family.acting[assignment / [1, 3, 9, 9][*which] % 3];
                    block.push(ledger.sign(who, vec![what[*which].clone()]));
                    if cuts >> place & 1 == 1 || place == 3 {
                        let results = ledger.block(&std::mem::take(&mut block));
                        refused.extend(results.into_iter().map(|result| result.refusal));
                    }
                }
                for (which, refusal) in order.iter().zip(refused) {
                    let grants = matches!(which, 0 | 3);
                    assert!(refusal.is_none() || grants && refusal == Some(Refusal::GrantIdUsed));
                }
                let leaf = ledger.relationship(&patient).unwrap();
                assert!(leaf.grants.is_empty(), "{order:?} {assignment} {cuts:b}");
                let tombstone = StateKey::Tombstone(patient.relationship(), grant_id(1));
                assert!(ledger.storage.leaf(&tombstone.encode()).unwrap().is_some());
                let again = sample::grant(&chain, &patient, grant_id(1), until);
                assert_eq!(ledger.act(&patient, vec![again]).refusal, Some(Refusal::GrantIdUsed));
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 24 * 27 * 3);
}

/// The one thing that has an order: what was sealed with a key that is no longer in force comes too late, and is sealed
/// again. What stops something is never refused for it.
#[test]
fn a_new_viewing_key_makes_others_seal_again_but_never_holds_up_a_stop() {
    let mut family = Family::new();
    let (chain, patient) = (family.ledger.chain.clone(), family.patient.clone());
    let [_, one, two] = family.acting.clone();
    let until = family.ledger.now.plus(3600);
    let epoch = medrec_protocol::Epoch::new(1);
    let rotate = sample::rotate_viewing_key(&chain, &family.publisher, &patient, epoch);
    let txs = [
        family.ledger.sign(&one, vec![rotate]),
        family.ledger.sign(&two, vec![sample::grant(&chain, &patient, grant_id(1), until)]),
        family.ledger.sign(&two, vec![sample::revoke(&chain, &patient, grant_id(2))]),
        family.ledger.sign(&patient, vec![sample::revoke_all(&chain, &patient)]),
        family.ledger.sign(&patient, vec![sample::set_emergency(&chain, &patient, false)]),
    ];
    let refusals: Vec<_> = family.ledger.block(&txs).into_iter().map(|result| result.refusal).collect();
    assert_eq!(refusals, [None, Some(Refusal::WrongEpoch), None, None, None]);
}
