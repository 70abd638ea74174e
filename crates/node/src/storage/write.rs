//! The one write of a block.

use jmt::storage::TreeUpdateBatch;
use medrec_ledger::{Changes, TreeHead};
use redb::{ReadableTable, WriteTransaction};

use super::{Position, tables};
use crate::{
    NodeError,
    engine::{
        block::tx_hash,
        state::{EngineState, StoredBlock},
    },
    error::database,
};

/// What one block writes.
pub struct Step<'a> {
    /// Where the state stands afterwards.
    pub position: Position,
    /// What the state machine changed.
    pub changes: &'a Changes,
    /// The sealed block and the engine's next state; from the embedded engine only.
    pub sealed: Option<(&'a StoredBlock, &'a EngineState)>,
}

pub(super) fn write(transaction: &WriteTransaction, step: &Step<'_>) -> Result<(), NodeError> {
    write_leaves(transaction, step.changes)?;
    write_logs(transaction, step.changes)?;
    if let Some(tree) = &step.changes.tree {
        write_tree(transaction, tree)?;
        let head = (step.changes.head.version, *step.changes.head.root.as_bytes());
        let mut versions = transaction.open_table(tables::VERSIONS).map_err(database)?;
        versions.insert(step.position.height, head).map_err(database)?;
    }
    if let Some((block, state)) = step.sealed {
        write_block(transaction, step.position.height, block, state)?;
    }
    let mut meta = transaction.open_table(tables::META).map_err(database)?;
    let position = tables::encode_position(step.position);
    meta.insert(tables::META_POSITION, position.as_slice()).map_err(database)?;
    Ok(())
}

/// A piece of a snapshot: part of a state that does not stand anywhere yet.
pub(super) fn write_piece(transaction: &WriteTransaction, changes: &Changes) -> Result<(), NodeError> {
    write_leaves(transaction, changes)?;
    write_logs(transaction, changes)?;
    changes.tree.as_ref().map_or(Ok(()), |tree| write_tree(transaction, tree))
}

/// The state stands here, with this tree.
pub(super) fn write_restored(
    transaction: &WriteTransaction,
    position: Position,
    head: TreeHead,
) -> Result<(), NodeError> {
    let mut versions = transaction.open_table(tables::VERSIONS).map_err(database)?;
    versions.insert(position.height, (head.version, *head.root.as_bytes())).map_err(database)?;
    let mut meta = transaction.open_table(tables::META).map_err(database)?;
    meta.insert(tables::META_POSITION, tables::encode_position(position).as_slice()).map_err(database)?;
    Ok(())
}

fn write_leaves(transaction: &WriteTransaction, changes: &Changes) -> Result<(), NodeError> {
    let mut leaves = transaction.open_table(tables::LEAVES).map_err(database)?;
    for (key, leaf) in &changes.leaves {
        match leaf {
            Some(leaf) => leaves.insert(key.as_slice(), leaf.as_slice()),
            None => leaves.remove(key.as_slice()),
        }
        .map_err(database)?;
    }
    Ok(())
}

fn write_logs(transaction: &WriteTransaction, changes: &Changes) -> Result<(), NodeError> {
    let mut entries = transaction.open_table(tables::LOG_ENTRIES).map_err(database)?;
    for ((log, index), entry) in &changes.log_entries {
        entries.insert((tables::log_key(log).as_slice(), *index), entry.as_slice()).map_err(database)?;
    }
    let mut nodes = transaction.open_table(tables::LOG_NODES).map_err(database)?;
    for ((log, level, index), hash) in &changes.log_nodes {
        let key = tables::log_key(log);
        nodes.insert((key.as_slice(), *level, *index), *hash.as_bytes()).map_err(database)?;
    }
    Ok(())
}

fn write_tree(transaction: &WriteTransaction, tree: &TreeUpdateBatch) -> Result<(), NodeError> {
    let mut nodes = transaction.open_table(tables::TREE_NODES).map_err(database)?;
    for (key, node) in tree.node_batch.nodes() {
        let node = borsh::to_vec(node).map_err(|_| NodeError::Damaged("a tree node cannot be written"))?;
        nodes.insert(tables::node_key(key)?.as_slice(), node.as_slice()).map_err(database)?;
    }
    let mut stale = transaction.open_table(tables::STALE_NODES).map_err(database)?;
    for index in &tree.stale_node_index_batch {
        let key = tables::stale_key(index.stale_since_version, &tables::node_key(&index.node_key)?);
        stale.insert(key.as_slice(), ()).map_err(database)?;
    }
    write_values(transaction, tree)
}

/// A value is stale since the version of the next value of its key; a removal is stale at once, because
/// nothing says the same.
fn write_values(transaction: &WriteTransaction, tree: &TreeUpdateBatch) -> Result<(), NodeError> {
    let mut values = transaction.open_table(tables::TREE_VALUES).map_err(database)?;
    let mut stale = transaction.open_table(tables::STALE_VALUES).map_err(database)?;
    for ((version, key), value) in tree.node_batch.values() {
        let (first, new) = (tables::value_key(*key, 0), tables::value_key(*key, *version));
        let replaced = {
            let mut older = values.range(first.as_slice()..new.as_slice()).map_err(database)?;
            older.next_back().transpose().map_err(database)?.map(|(key, _)| key.value().to_vec())
        };
        let removal = value.is_none().then(|| new.to_vec());
        for key in [replaced, removal].into_iter().flatten() {
            stale.insert(tables::stale_key(*version, &key).as_slice(), ()).map_err(database)?;
        }
        let value = tables::encode_value(value.as_deref());
        values.insert(new.as_slice(), value.as_slice()).map_err(database)?;
    }
    Ok(())
}

fn write_block(
    transaction: &WriteTransaction,
    height: u64,
    block: &StoredBlock,
    state: &EngineState,
) -> Result<(), NodeError> {
    let mut blocks = transaction.open_table(tables::BLOCKS).map_err(database)?;
    let bytes = prost::Message::encode_to_vec(block);
    blocks.insert(height, bytes.as_slice()).map_err(database)?;
    let mut txs = transaction.open_table(tables::TXS).map_err(database)?;
    for (place, tx) in (0u32..).zip(block.txs()) {
        txs.insert(tx_hash(tx), (height, place)).map_err(database)?;
    }
    let mut meta = transaction.open_table(tables::META).map_err(database)?;
    meta.insert(tables::META_ENGINE, state.encode()?.as_slice()).map_err(database)?;
    Ok(())
}
