//! The authenticated tree: a Jellyfish Merkle tree with SHA-256 over all leaves. (STATE-2)

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use jmt::{
    KeyHash, OwnedValue, Sha256Jmt, Version,
    storage::{LeafNode, Node, NodeKey, TreeReader, TreeUpdateBatch},
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

/// A leaf, or its absence, with its proof; `None` when the version is not kept. (STATE-3)
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

#[cfg(all(test, feature = "testing"))]
mod tests {
    use medrec_protocol::state::StateProofError;

    use super::*;
    use crate::testing::{SampleLedger, assert_proves};

    /// What jmt itself says about its own, longer proof.
    fn jmt_agrees(ledger: &SampleLedger, key: &[u8], head: &TreeHead) -> Option<Vec<u8>> {
        let reader = Reader(&ledger.storage);
        let (value, proof) = Sha256Jmt::new(&reader).get_with_proof(place(key), head.version).unwrap();
        proof.verify(jmt::RootHash(*head.root.as_bytes()), place(key), value.as_ref()).unwrap();
        value
    }

    #[test]
    fn a_shorter_proof_proves_what_the_proof_of_jmt_proves() {
        let (ledger, _, _) = SampleLedger::with_relationship();
        let head = ledger.storage.head().unwrap().unwrap();
        let there = ledger.storage.leaves().map(|(key, _)| key.clone());
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
