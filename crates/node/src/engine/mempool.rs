//! Transactions that wait for a block. They stay here until the block that holds them is durable, so that
//! a transaction is always either waiting or committed.

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;

use super::block::{tx_bytes_in_block, tx_hash};

/// Most bytes that wait, here and under CometBFT.
pub const MAX_BYTES: usize = 64 << 20;
/// Most transactions that wait, here and under CometBFT.
pub const MAX_COUNT: usize = 20_000;
/// Hashes of transactions that are remembered, so that a copy is refused without judging it, here and under CometBFT.
pub const MAX_REMEMBERED: usize = 100_000;

/// Why a transaction cannot wait here. The words are CometBFT's, which its clients know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// It waits already, or was committed a short time ago.
    #[error("tx already exists in cache")]
    Known,
    /// Too many wait.
    #[error("mempool is full: number of txs or total bytes exceed the limit; send it again later")]
    Full,
}

/// The waiting transactions, in the order in which they came.
#[derive(Default)]
pub struct Mempool {
    waiting: VecDeque<Bytes>,
    bytes: usize,
    known: BTreeSet<[u8; 32]>,
}

impl Mempool {
    /// Whether there is room for it.
    pub fn admits(&self, tx: &[u8]) -> Result<(), NoRoom> {
        if self.known.contains(&tx_hash(tx)) {
            return Err(NoRoom::Known);
        }
        if self.waiting.len() >= MAX_COUNT || self.bytes + tx.len() > MAX_BYTES {
            return Err(NoRoom::Full);
        }
        Ok(())
    }

    /// Takes a transaction that was judged good.
    pub fn push(&mut self, tx: Bytes) {
        self.known.insert(tx_hash(&tx));
        self.bytes += tx.len();
        self.waiting.push_back(tx);
    }

    /// True when nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The first transactions that fit into a block. They go on waiting.
    pub fn reap(&self, max_bytes: u64) -> Vec<Bytes> {
        let mut used = 0;
        let fitting = self.waiting.iter().take_while(|tx| {
            used += tx_bytes_in_block(tx);
            used <= max_bytes
        });
        fitting.cloned().collect()
    }

    /// After a block: drops what it held and keeps, of the rest, what `still_good` says.
    pub fn after_block<E>(
        &mut self,
        included: &[Vec<u8>],
        mut still_good: impl FnMut(&Bytes) -> Result<bool, E>,
    ) -> Result<(), E> {
        let included: BTreeSet<[u8; 32]> = included.iter().map(|tx| tx_hash(tx)).collect();
        for tx in std::mem::take(&mut self.waiting) {
            let hash = tx_hash(&tx);
            if included.contains(&hash) {
                self.bytes -= tx.len();
            } else if still_good(&tx)? {
                self.waiting.push_back(tx);
            } else {
                self.bytes -= tx.len();
                self.known.remove(&hash);
            }
        }
        if self.known.len() > MAX_REMEMBERED {
            self.known = self.waiting.iter().map(|tx| tx_hash(tx)).collect();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tx(n: u8) -> Bytes {
        Bytes::from(vec![n; 10])
    }

    #[test]
    fn a_waiting_transaction_is_known_until_it_is_found_bad() {
        let mut mempool = Mempool::default();
        mempool.push(tx(1));
        mempool.push(tx(2));
        assert_eq!(mempool.admits(&tx(1)), Err(NoRoom::Known));
        mempool.after_block::<()>(&[tx(1).to_vec()], |_| Ok(false)).unwrap();
        assert!(mempool.is_empty());
        assert_eq!(mempool.admits(&tx(1)), Err(NoRoom::Known), "committed");
        assert_eq!(mempool.admits(&tx(2)), Ok(()), "found bad");
        assert_eq!(mempool.bytes, 0);
    }

    #[test]
    fn reaping_leaves_everything_waiting_and_respects_the_room() {
        let mut mempool = Mempool::default();
        (0..5).for_each(|n| mempool.push(tx(n)));
        let one = tx_bytes_in_block(&tx(0));
        assert_eq!(mempool.reap(3 * one).len(), 3);
        assert_eq!(mempool.reap(3 * one - 1).len(), 2);
        assert_eq!(mempool.reap(u64::MAX).len(), 5);
    }

    #[test]
    fn a_full_mempool_takes_nothing_more() {
        let mut mempool = Mempool::default();
        let big = |n: u8| Bytes::from(vec![n; MAX_BYTES / 2]);
        mempool.push(big(1));
        mempool.push(big(2));
        assert_eq!(mempool.admits(&tx(3)), Err(NoRoom::Full));
    }
}
