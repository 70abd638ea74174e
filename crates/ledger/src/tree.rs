//! The authenticated tree: a Jellyfish Merkle tree with SHA-256 over all leaves. (STATE-2)

use std::collections::BTreeMap;

use jmt::{
    KeyHash, OwnedValue, Sha256Jmt, Version,
    storage::{LeafNode, Node, NodeKey, TreeReader, TreeUpdateBatch},
};
use medrec_protocol::Hash32;

use crate::{
    error::{LedgerError, StorageError},
    query::LeafProof,
    storage::{Storage, TreeHead},
};

/// Where a leaf stands in the tree: SHA-256 of its key.
pub(crate) fn place(key: &[u8]) -> KeyHash {
    KeyHash(*Hash32::plain(key).as_bytes())
}

/// Puts leaves into the tree and returns its new head and what to write.
pub(crate) fn grow(
    storage: &impl Storage,
    version: u64,
    leaves: &BTreeMap<Vec<u8>, Option<Vec<u8>>>,
) -> Result<(TreeHead, TreeUpdateBatch), LedgerError> {
    let reader = Reader(storage);
    // By place, so that the work does not depend on how keys are spelled.
    let values: BTreeMap<_, _> = leaves.iter().map(|(key, leaf)| (place(key), leaf.clone())).collect();
    let (root, batch) = Sha256Jmt::new(&reader).put_value_set(values, version).map_err(damaged)?;
    Ok((TreeHead { version, root: Hash32::new(root.0) }, batch))
}

/// A leaf, or its absence, with jmt's own proof; `None` when the version is not kept.
pub(crate) fn prove(
    storage: &impl Storage,
    version: u64,
    key: &[u8],
) -> Result<Option<LeafProof>, LedgerError> {
    let reader = Reader(storage);
    let tree = Sha256Jmt::new(&reader);
    if tree.get_root_hash_option(version).map_err(damaged)?.is_none() {
        return Ok(None);
    }
    let (value, proof) = tree.get_with_proof(place(key), version).map_err(damaged)?;
    let proof = borsh::to_vec(&proof).map_err(|error| LedgerError::Tree(error.to_string()))?;
    Ok(Some(LeafProof { value, proof }))
}

/// Our storage in jmt's words.
struct Reader<'a, S>(&'a S);

impl<S: Storage> TreeReader for Reader<'_, S> {
    fn get_node_option(&self, key: &NodeKey) -> Result<Option<Node>, anyhow::Error> {
        Ok(self.0.tree_node(key)?)
    }

    fn get_value_option(&self, max: Version, key: KeyHash) -> Result<Option<OwnedValue>, anyhow::Error> {
        Ok(self.0.tree_value(max, key)?)
    }

    /// jmt asks for this only while it restores a tree from parts, which is never done here.
    fn get_rightmost_leaf(&self) -> Result<Option<(NodeKey, LeafNode)>, anyhow::Error> {
        Ok(None)
    }
}

fn damaged(error: anyhow::Error) -> LedgerError {
    match error.downcast::<StorageError>() {
        Ok(error) => error.into(),
        Err(error) => LedgerError::Tree(format!("{error:#}")),
    }
}
