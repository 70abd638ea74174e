//! Checks proofs as a client would, with a hasher of our own: that the proof is made with SHA-256 does not
//! rest on jmt's word.

use jmt::{KeyHash, RootHash, SimpleHasher, proof::SparseMerkleProof};
use medrec_protocol::Hash32;

use crate::query::LeafProof;

struct PlainSha256(Vec<u8>);

impl SimpleHasher for PlainSha256 {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn update(&mut self, data: &[u8]) {
        self.0.extend_from_slice(data);
    }

    fn finalize(self) -> [u8; 32] {
        *Hash32::plain(&self.0).as_bytes()
    }
}

/// Panics unless the proof shows, under this root, what it says about this key.
pub fn assert_proves(root: Hash32, key: &[u8], leaf: &LeafProof) {
    let proof: SparseMerkleProof<PlainSha256> =
        borsh::from_slice(&leaf.proof).expect("a node sends proofs that decode");
    let place = KeyHash(*Hash32::plain(key).as_bytes());
    proof.verify(RootHash(*root.as_bytes()), place, leaf.value.as_ref()).expect("the proof holds");
}
