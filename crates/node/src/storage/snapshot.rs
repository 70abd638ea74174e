//! A consistent view of the committed state.

use jmt::{
    KeyHash,
    storage::{Node, NodeKey},
};
use medrec_ledger::{Storage, StorageError, TreeHead};
use medrec_protocol::{Hash32, log::LogId};
use redb::{ReadOnlyTable, ReadTransaction};

use super::{Position, prune, tables};
use crate::{
    NodeError,
    engine::state::{EngineState, StoredBlock},
    error::database,
};

type ByteTable = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// The state, logs and blocks as they were when it was taken.
pub struct Snapshot {
    leaves: ByteTable,
    tree_nodes: ByteTable,
    tree_values: ByteTable,
    versions: ReadOnlyTable<u64, (u64, [u8; 32])>,
    log_entries: ReadOnlyTable<(&'static [u8], u64), &'static [u8]>,
    log_nodes: ReadOnlyTable<(&'static [u8], u8, u64), [u8; 32]>,
    blocks: ReadOnlyTable<u64, &'static [u8]>,
    txs: ReadOnlyTable<[u8; 32], (u64, u32)>,
    meta: ReadOnlyTable<&'static str, &'static [u8]>,
    provable_versions: u64,
}

impl Snapshot {
    pub(super) fn open(transaction: ReadTransaction, provable_versions: u64) -> Result<Self, NodeError> {
        Ok(Self {
            leaves: transaction.open_table(tables::LEAVES).map_err(database)?,
            tree_nodes: transaction.open_table(tables::TREE_NODES).map_err(database)?,
            tree_values: transaction.open_table(tables::TREE_VALUES).map_err(database)?,
            versions: transaction.open_table(tables::VERSIONS).map_err(database)?,
            log_entries: transaction.open_table(tables::LOG_ENTRIES).map_err(database)?,
            log_nodes: transaction.open_table(tables::LOG_NODES).map_err(database)?,
            blocks: transaction.open_table(tables::BLOCKS).map_err(database)?,
            txs: transaction.open_table(tables::TXS).map_err(database)?,
            meta: transaction.open_table(tables::META).map_err(database)?,
            provable_versions,
        })
    }

    /// Where the state stands; `None` before genesis.
    pub fn position(&self) -> Result<Option<Position>, NodeError> {
        self.meta(tables::META_POSITION)?.map(|bytes| tables::decode_position(&bytes)).transpose()
    }

    /// The tree in force after a height; `None` before genesis.
    pub fn head_at(&self, height: u64) -> Result<Option<TreeHead>, NodeError> {
        let mut rows = self.versions.range(..=height).map_err(database)?;
        let row = rows.next_back().transpose().map_err(database)?;
        Ok(row.map(|(_, head)| {
            let (version, root) = head.value();
            TreeHead { version, root: Hash32::new(root) }
        }))
    }

    fn newest(&self) -> Result<Option<TreeHead>, NodeError> {
        self.head_at(u64::MAX)
    }

    /// True when proofs at this tree version are still possible.
    pub fn is_provable(&self, version: u64) -> Result<bool, NodeError> {
        let newest = self.newest()?.map_or(0, |head| head.version);
        Ok(version >= prune::oldest_provable(newest, self.provable_versions) && version <= newest)
    }

    /// The embedded engine's state; `None` before its first block.
    pub fn engine_state(&self) -> Result<Option<EngineState>, NodeError> {
        self.meta(tables::META_ENGINE)?.map(|bytes| EngineState::decode(&bytes)).transpose()
    }

    /// A sealed block.
    pub fn block(&self, height: u64) -> Result<Option<StoredBlock>, NodeError> {
        let row = self.blocks.get(height).map_err(database)?;
        row.map(|bytes| StoredBlock::from_bytes(bytes.value())).transpose()
    }

    /// Height and place of a transaction in its block.
    pub fn find_tx(&self, hash: &[u8; 32]) -> Result<Option<(u64, u32)>, NodeError> {
        Ok(self.txs.get(hash).map_err(database)?.map(|row| row.value()))
    }

    fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, NodeError> {
        Ok(self.meta.get(name).map_err(database)?.map(|row| row.value().to_vec()))
    }

    fn node(&self, key: &NodeKey) -> Result<Option<Node>, NodeError> {
        let row = self.tree_nodes.get(tables::node_key(key)?.as_slice()).map_err(database)?;
        let decode = |bytes: &[u8]| {
            borsh::from_slice(bytes).map_err(|_| NodeError::Damaged("a tree node cannot be read"))
        };
        row.map(|bytes| decode(bytes.value())).transpose()
    }

    fn value(&self, newest: u64, key: KeyHash) -> Result<Option<Vec<u8>>, NodeError> {
        let (from, to) = (tables::value_key(key, 0), tables::value_key(key, newest));
        let mut rows = self.tree_values.range(from.as_slice()..=to.as_slice()).map_err(database)?;
        match rows.next_back().transpose().map_err(database)? {
            Some((_, value)) => tables::decode_value(value.value()),
            None => Ok(None),
        }
    }

    fn keys(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, NodeError> {
        if from >= to {
            return Ok(Vec::new());
        }
        let rows = self.leaves.range(from..to).map_err(database)?;
        rows.take(limit).map(|row| Ok(row.map_err(database)?.0.value().to_vec())).collect()
    }
}

impl Storage for Snapshot {
    fn head(&self) -> Result<Option<TreeHead>, StorageError> {
        Ok(self.newest()?)
    }

    fn leaf(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        let row = self.leaves.get(key).map_err(database)?;
        Ok(row.map(|leaf| leaf.value().to_vec()))
    }

    fn leaf_keys(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, StorageError> {
        Ok(self.keys(from, to, limit)?)
    }

    fn tree_node(&self, key: &NodeKey) -> Result<Option<Node>, StorageError> {
        Ok(self.node(key)?)
    }

    fn tree_value(&self, max_version: u64, key: KeyHash) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.value(max_version, key)?)
    }

    fn log_entry(&self, log: &LogId, index: u64) -> Result<Option<Vec<u8>>, StorageError> {
        let log = tables::log_key(log);
        let row = self.log_entries.get((log.as_slice(), index)).map_err(database)?;
        Ok(row.map(|entry| entry.value().to_vec()))
    }

    fn log_node(&self, log: &LogId, level: u8, index: u64) -> Result<Option<Hash32>, StorageError> {
        let log = tables::log_key(log);
        let row = self.log_nodes.get((log.as_slice(), level, index)).map_err(database)?;
        Ok(row.map(|hash| Hash32::new(hash.value())))
    }
}
