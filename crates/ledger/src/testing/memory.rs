//! A storage in memory. It keeps to the same rules as one on disk, pruning included.

use std::collections::{BTreeMap, BTreeSet};

use jmt::{
    KeyHash,
    storage::{Node, NodeKey, StaleNodeIndex},
};
use medrec_protocol::{Hash32, log::LogId};

use crate::{
    error::StorageError,
    storage::{Changes, Storage, TreeHead},
};

/// Committed state in ordered maps.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    head: Option<TreeHead>,
    leaves: BTreeMap<Vec<u8>, Vec<u8>>,
    nodes: BTreeMap<NodeKey, Node>,
    values: BTreeMap<(KeyHash, u64), Option<Vec<u8>>>,
    stale: BTreeSet<StaleNodeIndex>,
    log_entries: BTreeMap<(LogId, u64), Vec<u8>>,
    log_nodes: BTreeMap<(LogId, u8, u64), Hash32>,
}

impl MemoryStorage {
    /// Writes what a block changed.
    pub fn apply(&mut self, changes: &Changes) {
        for (key, leaf) in &changes.leaves {
            match leaf {
                Some(leaf) => self.leaves.insert(key.clone(), leaf.clone()),
                None => self.leaves.remove(key),
            };
        }
        self.log_entries.extend(changes.log_entries.clone());
        self.log_nodes.extend(changes.log_nodes.clone());
        if let Some(tree) = &changes.tree {
            self.nodes.extend(tree.node_batch.nodes().clone());
            let values = tree.node_batch.values().clone();
            self.values.extend(values.into_iter().map(|((version, key), value)| ((key, version), value)));
            self.stale.extend(tree.stale_node_index_batch.clone());
        }
        self.head = Some(changes.head);
    }

    /// Drops what no version from `keep_from` on needs. Returns how many nodes and values went.
    pub fn prune(&mut self, keep_from: u64) -> (usize, usize) {
        let before = (self.nodes.len(), self.values.len());
        let (dead, stale) = std::mem::take(&mut self.stale)
            .into_iter()
            .partition::<BTreeSet<_>, _>(|index| index.stale_since_version <= keep_from);
        self.stale = stale;
        for index in dead {
            self.nodes.remove(&index.node_key);
        }
        // In force at `keep_from`: for each key, the newest version at or below it.
        let mut in_force = BTreeMap::new();
        for (key, version) in self.values.keys().filter(|(_, version)| *version <= keep_from) {
            in_force.insert(*key, *version);
        }
        self.values.retain(|(key, version), value| match in_force.get(key) {
            Some(newest) if version < newest => false,
            Some(newest) if version == newest => value.is_some(),
            _ => true,
        });
        (before.0 - self.nodes.len(), before.1 - self.values.len())
    }

    /// All leaves by key.
    pub fn leaves(&self) -> &BTreeMap<Vec<u8>, Vec<u8>> {
        &self.leaves
    }

    /// How many nodes and values of the tree are kept.
    pub fn tree_size(&self) -> (usize, usize) {
        (self.nodes.len(), self.values.len())
    }
}

impl Storage for MemoryStorage {
    fn head(&self) -> Result<Option<TreeHead>, StorageError> {
        Ok(self.head)
    }

    fn leaf(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.leaves.get(key).cloned())
    }

    fn leaf_keys(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, StorageError> {
        if from >= to {
            return Ok(Vec::new());
        }
        Ok(self.leaves.range(from.to_vec()..to.to_vec()).take(limit).map(|(key, _)| key.clone()).collect())
    }

    fn tree_node(&self, key: &NodeKey) -> Result<Option<Node>, StorageError> {
        Ok(self.nodes.get(key).cloned())
    }

    fn tree_value(&self, max_version: u64, key: KeyHash) -> Result<Option<Vec<u8>>, StorageError> {
        let newest = self.values.range((key, 0)..=(key, max_version)).next_back();
        Ok(newest.and_then(|(_, value)| value.clone()))
    }

    fn log_entry(&self, log: &LogId, index: u64) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.log_entries.get(&(*log, index)).cloned())
    }

    fn log_node(&self, log: &LogId, level: u8, index: u64) -> Result<Option<Hash32>, StorageError> {
        Ok(self.log_nodes.get(&(*log, level, index)).copied())
    }
}
