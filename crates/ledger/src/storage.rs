//! The port to committed state, in the state machine's own words.
//!
//! A storage keeps three things: *leaves* (the state, by key), the *tree* over them (versions, so that old
//! roots stay provable for a while) and the *logs* (entries, and the roots of their complete subtrees).
//!
//! **What may be dropped** once no version below `keep_from` has to be proved any more:
//!
//! - a tree node named in a `stale_node_index_batch` with `stale_since_version <= keep_from`;
//! - of the values of one key: every value older than its newest value at or below `keep_from`, and that
//!   newest value too when it is an absence (`None`).
//!
//! `keep_from` must not exceed the version of [`Storage::head`]. Leaves, log entries and log nodes are never
//! dropped, except that a leaf goes when [`Changes::leaves`] says so. (STATE-12, STATE-13)

use std::collections::BTreeMap;

use jmt::{
    KeyHash,
    storage::{Node, NodeKey, TreeUpdateBatch},
};
use medrec_protocol::{Hash32, log::LogId};

use crate::error::StorageError;

/// Where the tree stands: version and root after the last block that changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// Grows with every block that changes the state, by one, or by two where leaves are removed and others written; genesis
    /// is 0. Not a block height.
    pub version: u64,
    /// Root of the tree: the app hash.
    pub root: Hash32,
}

/// Committed state, read only. All answers of one value of this trait are of one moment: a commit that
/// happens meanwhile does not show.
pub trait Storage {
    /// Version and root, or `None` before genesis.
    fn head(&self) -> Result<Option<TreeHead>, StorageError>;
    /// A leaf of the newest version.
    fn leaf(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError>;
    /// Keys of leaves from `from` up to, not including, `to`: the first `limit` in ascending order.
    fn leaf_keys(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, StorageError>;
    /// A node of the tree.
    fn tree_node(&self, key: &NodeKey) -> Result<Option<Node>, StorageError>;
    /// The newest value of a key at or before a version; `None` also when that is an absence.
    fn tree_value(&self, max_version: u64, key: KeyHash) -> Result<Option<Vec<u8>>, StorageError>;
    /// One entry of a log, encoded.
    fn log_entry(&self, log: &LogId, index: u64) -> Result<Option<Vec<u8>>, StorageError>;
    /// Root of a complete subtree of a log, as [`medrec_protocol::log::Frontier::append`] named it.
    fn log_node(&self, log: &LogId, level: u8, index: u64) -> Result<Option<Hash32>, StorageError>;
}

/// What a block changes. To be written in one durable step, all or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Leaves written (`Some`) and removed (`None`).
    pub leaves: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// New entries of logs, encoded. Never overwrites.
    pub log_entries: BTreeMap<(LogId, u64), Vec<u8>>,
    /// New complete subtrees of logs, by level and index. Never overwrites.
    pub log_nodes: BTreeMap<(LogId, u8, u64), Hash32>,
    /// Nodes, values and stale nodes of the tree at version `head.version`; `None` when nothing changed.
    pub tree: Option<TreeUpdateBatch>,
    /// Version and root afterwards; unchanged when nothing changed.
    pub head: TreeHead,
}

impl Changes {
    /// Nothing changed.
    pub const fn none(head: TreeHead) -> Self {
        Self {
            leaves: BTreeMap::new(),
            log_entries: BTreeMap::new(),
            log_nodes: BTreeMap::new(),
            tree: None,
            head,
        }
    }

    /// True when nothing changed: same root, same version.
    pub const fn is_empty(&self) -> bool {
        self.tree.is_none()
    }
}

impl<S: Storage + ?Sized> Storage for &S {
    fn head(&self) -> Result<Option<TreeHead>, StorageError> {
        (**self).head()
    }
    fn leaf(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        (**self).leaf(key)
    }
    fn leaf_keys(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, StorageError> {
        (**self).leaf_keys(from, to, limit)
    }
    fn tree_node(&self, key: &NodeKey) -> Result<Option<Node>, StorageError> {
        (**self).tree_node(key)
    }
    fn tree_value(&self, max_version: u64, key: KeyHash) -> Result<Option<Vec<u8>>, StorageError> {
        (**self).tree_value(max_version, key)
    }
    fn log_entry(&self, log: &LogId, index: u64) -> Result<Option<Vec<u8>>, StorageError> {
        (**self).log_entry(log, index)
    }
    fn log_node(&self, log: &LogId, level: u8, index: u64) -> Result<Option<Hash32>, StorageError> {
        (**self).log_node(log, level, index)
    }
}
