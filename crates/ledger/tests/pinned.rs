//! The same blocks give the same app hash, whatever the compiler made of the program: the value is pinned here, and
//! `cargo xtask same-state` runs this test at several levels of optimisation.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use medrec_ledger::{
    Storage,
    testing::{
        SampleLedger,
        sample::{self, Actor, grant_id},
    },
};

/// App hash after the blocks below. It changes only when the state's form does, which makes another ledger.
const PINNED: &str = "83cdb5c33b64aed3fe5222918715781aa07c459006c5cfd2026ad5293f732def";

#[test]
fn the_same_blocks_give_the_pinned_app_hash() {
    let (mut ledger, [publisher, other, _]) = SampleLedger::with_three_providers();
    let chain = ledger.chain.clone();
    for round in 0..40u8 {
        let patient = Actor::patient(u64::from(round));
        let mut txs = vec![ledger.sign(&publisher, vec![sample::open(&chain, &publisher, &patient)])];
        for record in 0..round % 5 {
            let action = sample::publish(&chain, &publisher, &patient, &[round, record], None);
            txs.push(ledger.sign(&publisher, vec![action]));
        }
        // Refused: the other provider does not publish here.
        txs.push(ledger.sign(&other, vec![sample::publish(&chain, &other, &patient, &[round], None)]));
        let until = ledger.now.plus(u64::from(round) * 50);
        txs.push(ledger.sign(&patient, vec![sample::grant(&chain, &patient, grant_id(1), until)]));
        if round % 3 == 0 {
            txs.push(ledger.sign(&patient, vec![sample::revoke(&chain, &patient, grant_id(1))]));
        }
        ledger.block(&txs);
        if round % 7 == 0 {
            ledger.block(&[]);
        }
        ledger.now = ledger.now.plus(20);
    }
    assert_eq!(ledger.storage.head().unwrap().unwrap().root.to_string(), PINNED);
}
