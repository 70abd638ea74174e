//! Checks proofs as a client does.

use medrec_protocol::{Hash32, state::StateProof};

use crate::query::LeafProof;

/// Panics unless the proof shows, under this root, what it says about this key.
pub fn assert_proves(root: Hash32, key: &[u8], leaf: &LeafProof) {
    let proof = StateProof::decode(&leaf.proof).expect("a node sends proofs that decode");
    proof.verify(&root, key, leaf.value.as_deref()).expect("the proof holds");
}
