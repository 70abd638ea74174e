//! Forgetting old versions of the tree. Proofs at the newest `keep` versions stay possible; leaves, logs
//! and blocks are never dropped.

use redb::{Key, ReadableTable, Table, TableDefinition, WriteTransaction};

use super::tables;
use crate::{NodeError, error::database};

/// Most rows of one kind dropped with one block; what is left goes with the next ones. More than the fullest
/// block makes stale, so that nothing piles up.
const ROWS_PER_BLOCK: usize = 200_000;

type Stale = TableDefinition<'static, &'static [u8], ()>;
type Rows = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// The oldest version that stays provable when `newest` is the newest.
pub(super) fn oldest_provable(newest: u64, keep: u64) -> u64 {
    newest.saturating_sub(keep)
}

/// A row that was replaced in version `v` serves only versions before `v`.
pub(super) fn prune(transaction: &WriteTransaction, oldest: u64) -> Result<(), NodeError> {
    drop_stale(transaction, tables::STALE_NODES, tables::TREE_NODES, oldest)?;
    drop_stale(transaction, tables::STALE_VALUES, tables::TREE_VALUES, oldest)
}

fn drop_stale(
    transaction: &WriteTransaction,
    stale: Stale,
    rows: Rows,
    oldest: u64,
) -> Result<(), NodeError> {
    let mut stale = transaction.open_table(stale).map_err(database)?;
    let due = due(&stale, oldest)?;
    if due.is_empty() {
        return Ok(());
    }
    let mut rows = transaction.open_table(rows).map_err(database)?;
    for key in due {
        rows.remove(tables::of_stale_key(&key)?).map_err(database)?;
        stale.remove(key.as_slice()).map_err(database)?;
    }
    Ok(())
}

fn due<K: Key + for<'a> Key<SelfType<'a> = &'a [u8]> + 'static>(
    stale: &Table<'_, K, ()>,
    oldest: u64,
) -> Result<Vec<Vec<u8>>, NodeError> {
    let end = oldest.saturating_add(1).to_be_bytes();
    let rows = stale.range::<&[u8]>(..end.as_slice()).map_err(database)?;
    rows.take(ROWS_PER_BLOCK).map(|row| Ok(row.map_err(database)?.0.value().to_vec())).collect()
}
