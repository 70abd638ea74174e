//! A ledger with many accounts, opened by signed transactions as a provider sends them.

use std::{sync::mpsc::sync_channel, thread};

use anyhow::{Context, Result, anyhow};
use medrec_client::Snapshot;
use medrec_protocol::{RelationshipAddress, SignedTx, tx::MAX_ACTIONS};
use tokio::runtime::Runtime;

use super::{
    ledger::Ledger,
    people::{Patient, Scene},
};

/// Transactions that are signed ahead of the node.
const AHEAD: usize = 32;
/// Transactions after which the node's blocks are waited for, so that its mempool never fills.
const BATCH: usize = 400;

/// Opens the relationships with these numbers, as many in each transaction as fit; returns the state that has them all.
/// Signing goes on while the node works.
pub fn open(runtime: &Runtime, ledger: &Ledger, from: u64, to: u64) -> Result<Snapshot> {
    let (send, signed) = sync_channel(AHEAD);
    thread::scope(|scope| {
        let signer = scope.spawn(move || {
            let numbers: Vec<u64> = (from..to).collect();
            for batch in numbers.chunks(MAX_ACTIONS) {
                // The other side is gone when the node refused; it says why.
                if send.send(opening(ledger, batch)?).is_err() {
                    break;
                }
            }
            Ok::<_, anyhow::Error>(())
        });
        let mut last = None;
        let mut waiting = 0;
        for (tx, relationship) in signed {
            runtime.block_on(ledger.submit(&[tx]))?;
            waiting += 1;
            if waiting == BATCH {
                runtime.block_on(ledger.wait_for(relationship, 1))?;
                waiting = 0;
            }
            last = Some(relationship);
        }
        signer.join().map_err(|_| anyhow!("the signer panicked"))??;
        let last = last.context("some are to be opened")?;
        Ok(runtime.block_on(ledger.wait_for(last, 1))?.1)
    })
}

/// One transaction, and the last relationship that it opens.
fn opening(ledger: &Ledger, numbers: &[u64]) -> Result<(SignedTx, RelationshipAddress)> {
    let chain = ledger.chain();
    let patients: Vec<Patient> = numbers.iter().copied().map(Patient::number).collect();
    let scene = |patient| Scene { chain: &chain, publisher: &ledger.publisher, patient };
    let actions = patients.iter().map(|patient| scene(patient).open()).collect();
    let last = patients.last().context("no batch is empty")?;
    Ok((scene(last).by_publisher(actions)?, last.relationship()))
}
