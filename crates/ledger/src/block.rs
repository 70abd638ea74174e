//! A block: its transactions in order, then the new root. (STATE-8 … STATE-11)

use medrec_protocol::{
    ChainIdentity, PublicKey, RelationshipAddress, Timestamp,
    actions::{BlockContext, Failure, Refusal},
    state::{StateKey, ValidatorsLeaf},
};

use crate::{
    error::LedgerError,
    overlay::{Delta, parse_leaf},
    signatures::GoodSignatures,
    storage::{Changes, Storage, TreeHead},
    transaction::judge,
    tree,
};

/// Most expired nonces that a block drops; a block that accepts more than half as many transactions drops
/// two for each, so that the rest which waits for the next block never grows.
pub const MAX_DROPPED_NONCES: usize = 1000;

/// What became of one transaction of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxResult {
    /// Why it changed nothing; `None` when it was applied.
    pub refusal: Option<Refusal>,
    /// The relationships whose logs it wrote to, in ascending order.
    pub touched: Vec<RelationshipAddress>,
}

/// What a block does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockOutcome {
    /// To be written when the block is committed.
    pub changes: Changes,
    /// One for each transaction, in order.
    pub results: Vec<TxResult>,
    /// Validators whose voting power changed, and to what; 0 for those that were removed. (ABCI `ValidatorUpdate`)
    pub validators: Vec<(PublicKey, u64)>,
}

/// Executes a block on committed state and says what it changes. Writes nothing.
///
/// `time` is block time in whole seconds, rounded down; the engine makes sure that it never goes back,
/// which is what a dropped nonce relies on. A block without an accepted transaction changes nothing.
pub fn execute_block(
    storage: &impl Storage,
    chain: &ChainIdentity,
    height: u64,
    time: Timestamp,
    txs: &[Vec<u8>],
) -> Result<BlockOutcome, LedgerError> {
    execute_block_knowing(storage, chain, height, time, txs, &GoodSignatures::default())
}

/// As [`execute_block`]; signatures that were found good already are not verified again. The outcome is the same.
pub fn execute_block_knowing<T: AsRef<[u8]>>(
    storage: &impl Storage,
    chain: &ChainIdentity,
    height: u64,
    time: Timestamp,
    txs: &[T],
    good: &GoodSignatures,
) -> Result<BlockOutcome, LedgerError> {
    let head = storage.head()?.ok_or(LedgerError::NotBegun)?;
    let block = BlockContext { chain, height, time };
    let mut done = Delta::default();
    let mut results = Vec::with_capacity(txs.len());
    for raw in txs {
        results.push(match judge(storage, &done, &block, raw.as_ref(), good) {
            Ok(accepted) => {
                done.absorb(accepted.delta);
                TxResult { refusal: None, touched: accepted.touched.into_iter().collect() }
            }
            Err(Failure::Refused(refusal)) => TxResult { refusal: Some(refusal), touched: Vec::new() },
            Err(Failure::State(error)) => return Err(error),
        });
    }
    if done == Delta::default() {
        return Ok(BlockOutcome { changes: Changes::none(head), results, validators: Vec::new() });
    }
    let accepted = results.iter().filter(|result| result.refusal.is_none()).count();
    let limit = MAX_DROPPED_NONCES.max(accepted.saturating_mul(2));
    drop_expired_nonces(storage, time, limit, &mut done)?;
    let validators = changed_validators(storage, &done)?;
    Ok(BlockOutcome { changes: commit(storage, Some(head), done)?, results, validators })
}

/// What the block did to the validators, by key.
fn changed_validators(storage: &impl Storage, done: &Delta) -> Result<Vec<(PublicKey, u64)>, LedgerError> {
    let key = StateKey::Validators.encode();
    let Some(Some(after)) = done.leaves.get(&key) else { return Ok(Vec::new()) };
    let after = parse_leaf::<ValidatorsLeaf>(&key, after)?.power;
    let before = storage.leaf(&key)?.ok_or(LedgerError::NotBegun)?;
    let before = parse_leaf::<ValidatorsLeaf>(&key, &before)?.power;
    let removed = before.keys().filter(|key| !after.contains_key(key)).map(|key| (*key, 0));
    let changed = after.iter().filter(|(key, power)| before.get(key) != Some(power));
    let mut updates: Vec<_> = removed.chain(changed.map(|(key, power)| (*key, *power))).collect();
    updates.sort_unstable();
    Ok(updates)
}

/// Computes the tree over what was written.
pub(crate) fn commit(
    storage: &impl Storage,
    head: Option<TreeHead>,
    done: Delta,
) -> Result<Changes, LedgerError> {
    let Delta { mut leaves, log_entries, log_nodes } = done;
    // What was written and removed within one block was never there.
    let mut nothing = Vec::new();
    for key in leaves.iter().filter(|(_, leaf)| leaf.is_none()).map(|(key, _)| key) {
        if storage.leaf(key)?.is_none() {
            nothing.push(key.clone());
        }
    }
    for key in nothing {
        leaves.remove(&key);
    }
    let (head, batch) = tree::grow(storage, tree::next_version(head)?, &leaves)?;
    Ok(Changes { leaves, log_entries, log_nodes, tree: Some(batch), head })
}

/// Forgets nonces whose transactions came too late anyway.
fn drop_expired_nonces(
    storage: &impl Storage,
    now: Timestamp,
    limit: usize,
    done: &mut Delta,
) -> Result<(), LedgerError> {
    let (from, to) = StateKey::expired_nonces(now);
    for key in storage.leaf_keys(&from, &to, limit)? {
        done.leaves.insert(key, None);
    }
    Ok(())
}
