//! Tables of the database and the byte form of their keys.

use jmt::{KeyHash, storage::NodeKey};
use medrec_protocol::{codec, log::LogId};
use redb::{TableDefinition, WriteTransaction};

use super::Position;
use crate::{NodeError, error::database};

type ByteTable = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// State key → leaf in force.
pub(super) const LEAVES: ByteTable = TableDefinition::new("leaves");
/// Tree node key → node.
pub(super) const TREE_NODES: ByteTable = TableDefinition::new("tree_nodes");
/// Key hash ‖ version → 0 (removed) or 1 ‖ value.
pub(super) const TREE_VALUES: ByteTable = TableDefinition::new("tree_values");
/// Version since which it is stale ‖ tree node key.
pub(super) const STALE_NODES: TableDefinition<'static, &'static [u8], ()> =
    TableDefinition::new("stale_nodes");
/// Version since which it is stale ‖ key of a tree value.
pub(super) const STALE_VALUES: TableDefinition<'static, &'static [u8], ()> =
    TableDefinition::new("stale_values");
/// Height at which the state changed → tree version, root.
pub(super) const VERSIONS: TableDefinition<'static, u64, (u64, [u8; 32])> = TableDefinition::new("versions");
/// Log, index → entry.
pub(super) const LOG_ENTRIES: TableDefinition<'static, (&'static [u8], u64), &'static [u8]> =
    TableDefinition::new("log_entries");
/// Log, level, index → root of a complete subtree.
pub(super) const LOG_NODES: TableDefinition<'static, (&'static [u8], u8, u64), [u8; 32]> =
    TableDefinition::new("log_nodes");
/// Height → sealed block (embedded engine only).
pub(super) const BLOCKS: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("blocks");
/// Transaction hash → height, place in the block (embedded engine only).
pub(super) const TXS: TableDefinition<'static, [u8; 32], (u64, u32)> = TableDefinition::new("txs");
/// Single values by name.
pub(super) const META: TableDefinition<'static, &'static str, &'static [u8]> = TableDefinition::new("meta");

pub(super) const META_LAYOUT: &str = "layout";
pub(super) const META_POSITION: &str = "position";
pub(super) const META_ENGINE: &str = "engine";

const VALUE_REMOVED: u8 = 0;
const VALUE_PRESENT: u8 = 1;

pub(super) fn create_all(transaction: &WriteTransaction) -> Result<(), NodeError> {
    transaction.open_table(LEAVES).map_err(database)?;
    transaction.open_table(TREE_NODES).map_err(database)?;
    transaction.open_table(TREE_VALUES).map_err(database)?;
    transaction.open_table(STALE_NODES).map_err(database)?;
    transaction.open_table(STALE_VALUES).map_err(database)?;
    transaction.open_table(VERSIONS).map_err(database)?;
    transaction.open_table(LOG_ENTRIES).map_err(database)?;
    transaction.open_table(LOG_NODES).map_err(database)?;
    transaction.open_table(BLOCKS).map_err(database)?;
    transaction.open_table(TXS).map_err(database)?;
    transaction.open_table(META).map_err(database)?;
    Ok(())
}

/// Forgets every row but the layout.
pub(super) fn clear_all(transaction: &WriteTransaction) -> Result<(), NodeError> {
    transaction.delete_table(LEAVES).map_err(database)?;
    transaction.delete_table(TREE_NODES).map_err(database)?;
    transaction.delete_table(TREE_VALUES).map_err(database)?;
    transaction.delete_table(STALE_NODES).map_err(database)?;
    transaction.delete_table(STALE_VALUES).map_err(database)?;
    transaction.delete_table(VERSIONS).map_err(database)?;
    transaction.delete_table(LOG_ENTRIES).map_err(database)?;
    transaction.delete_table(LOG_NODES).map_err(database)?;
    create_all(transaction)
}

pub(super) fn node_key(key: &NodeKey) -> Result<Vec<u8>, NodeError> {
    borsh::to_vec(key).map_err(|_| NodeError::Damaged("a tree node's key cannot be written"))
}

pub(super) fn value_key(key: KeyHash, version: u64) -> [u8; 40] {
    let mut bytes = [0; 40];
    bytes[..32].copy_from_slice(&key.0);
    bytes[32..].copy_from_slice(&version.to_be_bytes());
    bytes
}

pub(super) fn stale_key(since: u64, key: &[u8]) -> Vec<u8> {
    [since.to_be_bytes().as_slice(), key].concat()
}

/// The key behind the version of a stale row.
pub(super) fn of_stale_key(key: &[u8]) -> Result<&[u8], NodeError> {
    key.get(8..).ok_or(NodeError::Damaged("a stale row without key"))
}

pub(super) fn encode_value(value: Option<&[u8]>) -> Vec<u8> {
    match value {
        None => vec![VALUE_REMOVED],
        Some(value) => [&[VALUE_PRESENT], value].concat(),
    }
}

pub(super) fn decode_value(bytes: &[u8]) -> Result<Option<Vec<u8>>, NodeError> {
    match bytes.split_first() {
        Some((&VALUE_REMOVED, [])) => Ok(None),
        Some((&VALUE_PRESENT, value)) => Ok(Some(value.to_vec())),
        _ => Err(NodeError::Damaged("a tree value of unknown form")),
    }
}

pub(super) fn log_key(log: &LogId) -> Vec<u8> {
    codec::encode(log)
}

pub(super) fn number(bytes: &[u8]) -> Result<u64, NodeError> {
    Ok(u64::from_be_bytes(bytes.try_into().map_err(|_| NodeError::Damaged("a number of another size"))?))
}

pub(super) fn encode_position(position: Position) -> Vec<u8> {
    codec::encode(&(position.height, position.time))
}

pub(super) fn decode_position(bytes: &[u8]) -> Result<Position, NodeError> {
    let (height, time) =
        codec::decode(bytes, 16).map_err(|_| NodeError::Damaged("its height cannot be read"))?;
    Ok(Position { height, time })
}
