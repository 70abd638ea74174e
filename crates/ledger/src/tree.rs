//! The authenticated tree: a Jellyfish Merkle tree with SHA-256 over all leaves. (STATE-2)

use std::collections::{BTreeMap, BTreeSet};

use borsh::{BorshDeserialize, BorshSerialize};
use jmt::{
    KeyHash, OwnedValue, Sha256Jmt, Version,
    storage::{LeafNode, Node, NodeBatch, NodeKey, TreeReader, TreeUpdateBatch},
};
use medrec_protocol::{
    Hash32, codec,
    state::{PlacedLeaf, StateProof, inner_hash},
};

use crate::{
    error::{LedgerError, StorageError},
    query::LeafProof,
    storage::{Storage, TreeHead},
};

/// Where a leaf stands in the tree: SHA-256 of its key.
pub(crate) fn place(key: &[u8]) -> KeyHash {
    KeyHash(*Hash32::plain(key).as_bytes())
}

/// Writes leaves (`Some`) into the tree whose newest version is before `version`, removes others (`None`), and returns its
/// new head and what to write.
///
/// jmt hashes a node once for all leaves that are written together, and once for each that is removed, and does both in
/// versions of their own. So what is removed goes first, and that version is never stored.
pub(crate) fn grow(
    storage: &impl Storage,
    version: u64,
    leaves: &BTreeMap<Vec<u8>, Option<Vec<u8>>>,
) -> Result<(TreeHead, TreeUpdateBatch), LedgerError> {
    // By place, so that the work does not depend on how keys are spelled.
    let (mut removed, mut written) = (BTreeMap::new(), BTreeMap::new());
    for (key, leaf) in leaves {
        match leaf {
            None => drop(removed.insert(place(key), None)),
            Some(leaf) => drop(written.insert(place(key), leaf.clone())),
        }
    }
    let reader = Reader { storage, over: NodeBatch::default() };
    if removed.is_empty() {
        return write(&reader, version, written);
    }
    let (root, smaller) = Sha256Jmt::new(&reader).put_value_set(removed, version).map_err(damaged)?;
    if written.is_empty() {
        return Ok((TreeHead { version, root: Hash32::new(root.0) }, smaller));
    }
    let next = version.checked_add(1).ok_or_else(no_version_left)?;
    let (head, larger) = write(&Reader { storage, over: smaller.node_batch.clone() }, next, written)?;
    Ok((head, as_one(smaller, larger)))
}

fn write<S: Storage>(
    reader: &Reader<'_, S>,
    version: u64,
    leaves: BTreeMap<KeyHash, OwnedValue>,
) -> Result<(TreeHead, TreeUpdateBatch), LedgerError> {
    let leaves = vec![leaves.into_iter().collect()];
    let (roots, batch) =
        Sha256Jmt::new(reader).batch_put_value_sets(leaves, None, version).map_err(damaged)?;
    let root = roots.first().ok_or_else(|| LedgerError::Tree("jmt gave no root".into()))?;
    Ok((TreeHead { version, root: Hash32::new(root.0) }, batch))
}

/// Two steps as one: nodes that the second replaces were never there.
fn as_one(first: TreeUpdateBatch, second: TreeUpdateBatch) -> TreeUpdateBatch {
    let TreeUpdateBatch { node_batch, mut stale_node_index_batch, mut node_stats } = first;
    let mut passing = BTreeSet::new();
    for stale in second.stale_node_index_batch {
        if node_batch.get_node(&stale.node_key).is_some() {
            passing.insert(stale.node_key);
        } else {
            stale_node_index_batch.insert(stale);
        }
    }
    let mut merged = NodeBatch::default();
    let lasting = node_batch.nodes().iter().filter(|(key, _)| !passing.contains(key));
    let nodes = lasting.map(|(key, node)| (key.clone(), node.clone()));
    merged.extend(nodes, node_batch.values().iter().map(|(key, value)| (*key, value.clone())));
    merged.merge(second.node_batch);
    node_stats.extend(second.node_stats);
    TreeUpdateBatch { node_batch: merged, stale_node_index_batch, node_stats }
}

/// The version after `head`; 0 for the first.
pub(crate) fn next_version(head: Option<TreeHead>) -> Result<u64, LedgerError> {
    head.map_or(Ok(0), |head| head.version.checked_add(1).ok_or_else(no_version_left))
}

fn no_version_left() -> LedgerError {
    LedgerError::Tree("no version left".into())
}

/// A leaf, or its absence, with its proof; `None` when the version is not kept. (STATE-3)
pub(crate) fn prove(
    storage: &impl Storage,
    version: u64,
    key: &[u8],
) -> Result<Option<LeafProof>, LedgerError> {
    let reader = Reader { storage, over: NodeBatch::default() };
    let tree = Sha256Jmt::new(&reader);
    if tree.get_root_hash_option(version).map_err(damaged)?.is_none() {
        return Ok(None);
    }
    let (value, proof) = tree.get_with_proof(place(key), version).map_err(damaged)?;
    Ok(Some(LeafProof { value, proof: codec::encode(&shorter(&proof)?) }))
}

/// jmt's proof without what only proofs of updates need: it tells of each sibling what is in it, and does not let it be
/// read; its encoding does.
fn shorter(proof: &impl BorshSerialize) -> Result<StateProof, LedgerError> {
    let unreadable =
        |error: &dyn std::fmt::Display| LedgerError::Tree(format!("jmt's proof cannot be read: {error}"));
    let bytes = borsh::to_vec(proof).map_err(|error| unreadable(&error))?;
    let JmtProof { leaf, siblings } = borsh::from_slice(&bytes).map_err(|error| unreadable(&error))?;
    StateProof::new(leaf, siblings.iter().map(JmtSibling::hash).collect()).map_err(|error| unreadable(&error))
}

/// jmt's `SparseMerkleProof`, as borsh lays it out.
#[derive(BorshDeserialize)]
struct JmtProof {
    leaf: Option<PlacedLeaf>,
    siblings: Vec<JmtSibling>,
}

#[derive(BorshDeserialize)]
enum JmtSibling {
    Nothing,
    Inner { left: Hash32, right: Hash32 },
    Leaf(PlacedLeaf),
}

impl JmtSibling {
    fn hash(&self) -> Option<Hash32> {
        match self {
            Self::Nothing => None,
            Self::Inner { left, right } => Some(inner_hash(left, right)),
            Self::Leaf(leaf) => Some(leaf.hash()),
        }
    }
}

/// Our storage in jmt's words, with what was not written to it yet.
struct Reader<'a, S> {
    storage: &'a S,
    over: NodeBatch,
}

impl<S: Storage> TreeReader for Reader<'_, S> {
    fn get_node_option(&self, key: &NodeKey) -> Result<Option<Node>, anyhow::Error> {
        match self.over.get_node(key) {
            Some(node) => Ok(Some(node.clone())),
            None => Ok(self.storage.tree_node(key)?),
        }
    }

    /// Not asked for while leaves are written, so it need not know what was not stored.
    fn get_value_option(&self, max: Version, key: KeyHash) -> Result<Option<OwnedValue>, anyhow::Error> {
        Ok(self.storage.tree_value(max, key)?)
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

#[cfg(test)]
mod tests {
    use medrec_protocol::state::StateProofError;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        storage::Changes,
        testing::{MemoryStorage, SampleLedger, assert_proves},
    };

    /// What jmt itself says about its own, longer proof.
    fn jmt_agrees(ledger: &SampleLedger, key: &[u8], head: &TreeHead) -> Option<Vec<u8>> {
        let reader = Reader { storage: &ledger.storage, over: NodeBatch::default() };
        let (value, proof) = Sha256Jmt::new(&reader).get_with_proof(place(key), head.version).unwrap();
        proof.verify(jmt::RootHash(*head.root.as_bytes()), place(key), value.as_ref()).unwrap();
        value
    }

    /// Writes and removes in one go through jmt, one leaf after the other.
    fn one_by_one(storage: &MemoryStorage, version: u64, leaves: &Leaves) -> (TreeHead, TreeUpdateBatch) {
        let reader = Reader { storage, over: NodeBatch::default() };
        let values: BTreeMap<_, _> = leaves.iter().map(|(key, leaf)| (place(key), leaf.clone())).collect();
        let (root, batch) = Sha256Jmt::new(&reader).put_value_set(values, version).unwrap();
        (TreeHead { version, root: Hash32::new(root.0) }, batch)
    }

    fn apply(
        storage: &mut MemoryStorage,
        leaves: &Leaves,
        (head, tree): (TreeHead, TreeUpdateBatch),
    ) -> Hash32 {
        storage.apply(&Changes { leaves: leaves.clone(), tree: Some(tree), ..Changes::none(head) });
        head.root
    }

    type Leaves = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

    /// Many leaves, now and then written again or removed, also ones that were not there.
    fn block() -> impl Strategy<Value = Leaves> {
        let leaf = prop::option::weighted(0.6, prop::collection::vec(any::<u8>(), 1..3));
        prop::collection::btree_map(prop::collection::vec(0u8..60, 1), leaf, 1..40)
    }

    proptest! {
        #[test]
        fn leaves_that_are_written_together_give_the_tree_that_they_give_one_by_one(
            blocks in prop::collection::vec(block(), 1..12),
        ) {
            let (mut together, mut alone) = (MemoryStorage::default(), MemoryStorage::default());
            // As genesis does: a tree that was begun is never empty again.
            let begin = Leaves::from([(b"c".to_vec(), Some(b"chain".to_vec()))]);
            for mut leaves in std::iter::once(begin).chain(blocks) {
                leaves.retain(|key, leaf| leaf.is_some() || together.leaves().contains_key(key));
                if leaves.is_empty() {
                    continue;
                }
                let version = next_version(together.head().unwrap()).unwrap();
                let step = grow(&together, version, &leaves).unwrap();
                let root = apply(&mut together, &leaves, step);
                let version = next_version(alone.head().unwrap()).unwrap();
                let step = one_by_one(&alone, version, &leaves);
                prop_assert_eq!(root, apply(&mut alone, &leaves, step));
            }
            // What nobody needs any more is dropped from both, so they hold the same nodes.
            for storage in [&mut together, &mut alone] {
                let newest = storage.head().unwrap().unwrap().version;
                storage.prune(newest);
            }
            prop_assert_eq!(together.tree_size(), alone.tree_size());
            let head = together.head().unwrap().unwrap();
            for key in 0u8..60 {
                let proved = prove(&together, head.version, &[key]).unwrap().unwrap();
                prop_assert_eq!(proved.value.as_ref(), together.leaves().get([key].as_slice()));
                assert_proves(head.root, &[key], &proved);
            }
        }
    }

    #[test]
    fn a_shorter_proof_proves_what_the_proof_of_jmt_proves() {
        let (ledger, _, _) = SampleLedger::with_relationship();
        let head = ledger.storage.head().unwrap().unwrap();
        let there = ledger.storage.leaves().keys().cloned();
        let absent = (0..200u32).map(|number| number.to_be_bytes().to_vec());
        for key in there.chain(absent).collect::<Vec<_>>() {
            let proved = prove(&ledger.storage, head.version, &key).unwrap().unwrap();
            assert_eq!(proved.value, jmt_agrees(&ledger, &key, &head));
            assert_proves(head.root, &key, &proved);
            let proof = StateProof::decode(&proved.proof).unwrap();
            let other = if proved.value.is_some() { None } else { Some(b"x".as_slice()) };
            let fault = proof.verify(&head.root, &key, other).unwrap_err();
            assert!(matches!(fault, StateProofError::Present | StateProofError::OtherLeaf));
        }
    }
}
