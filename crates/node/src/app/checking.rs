//! What CheckTx judges on: the committed state, and every transaction that was found good and is in no block yet.
//!
//! After a block those that it did not hold are judged again, here and not by CometBFT's rechecks: asking for each once more
//! over the socket costs both sides more than the answer. One that is bad by then stays in CometBFT's mempool and is
//! refused in a block.

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;
use medrec_ledger::{CheckState, GoodSignatures};
use medrec_protocol::{
    ChainIdentity,
    actions::{BlockContext, Refusal},
};

use super::ledger;
use crate::{
    NodeError,
    engine::{block::tx_hash, mempool},
    storage::{Position, Snapshot, Store},
};

/// The committed state, and where it stands.
struct View {
    snapshot: Snapshot,
    chain: ChainIdentity,
    position: Position,
}

/// The transactions that were found good, and the state with all of them.
#[derive(Default)]
pub(super) struct Checking {
    state: CheckState,
    /// Each behind its hash.
    waiting: VecDeque<([u8; 32], Bytes)>,
    known: BTreeSet<[u8; 32]>,
    /// Of all that wait.
    bytes: usize,
    /// The committed state, opened for the first transaction since the last block.
    view: Option<View>,
}

impl Checking {
    /// Judges a transaction on top of those that wait. One that waits is good.
    pub(super) fn check(
        &mut self,
        store: &Store,
        good: &GoodSignatures,
        tx: &Bytes,
    ) -> Result<Result<(), Refusal>, NodeError> {
        self.look(store, good)?;
        let hash = tx_hash(tx);
        if self.known.contains(&hash) {
            return Ok(Ok(()));
        }
        let verdict = self.judge(good, tx)?;
        // Beyond what a mempool holds it counts until the next block only.
        let room = self.waiting.len() < mempool::MAX_COUNT && self.bytes + tx.len() <= mempool::MAX_BYTES;
        if verdict.is_ok() && room {
            self.known.insert(hash);
            self.keep(hash, tx.clone());
        }
        Ok(verdict)
    }

    /// A block was written that held these. The view goes too: while it is open, the database cannot use the room of what the
    /// block replaced.
    pub(super) fn after_block(&mut self, included: &[[u8; 32]]) {
        for hash in included {
            self.known.remove(hash);
        }
        self.state.reset();
        self.view = None;
    }

    /// Opens the state as it is, and judges again what waits.
    fn look(&mut self, store: &Store, good: &GoodSignatures) -> Result<(), NodeError> {
        if self.view.is_some() {
            return Ok(());
        }
        let snapshot = store.snapshot()?;
        let (chain, position) = ledger(&snapshot)?;
        self.view = Some(View { snapshot, chain, position });
        self.bytes = 0;
        for (hash, tx) in std::mem::take(&mut self.waiting) {
            if !self.known.contains(&hash) {
                continue;
            }
            if self.judge(good, &tx)?.is_ok() {
                self.keep(hash, tx);
            } else {
                self.known.remove(&hash);
            }
        }
        Ok(())
    }

    fn keep(&mut self, hash: [u8; 32], tx: Bytes) {
        self.bytes += tx.len();
        self.waiting.push_back((hash, tx));
    }

    fn judge(&mut self, good: &GoodSignatures, tx: &[u8]) -> Result<Result<(), Refusal>, NodeError> {
        let Some(View { snapshot, chain, position }) = &self.view else {
            return Err(NodeError::Incomplete("a transaction was judged on no state"));
        };
        let block = BlockContext { chain, height: position.height + 1, time: position.time };
        Ok(self.state.check_tx_knowing(snapshot, &block, tx, good)?)
    }
}
