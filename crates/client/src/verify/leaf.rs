//! A leaf of the state, or its absence, under an app hash. (LC-14, LC-15)
//!
//! ```text
//! path  = key hash, SHA-256(key), bit by bit from the root
//! leaf  = SHA-256("JMT::LeafNode" ‖ key hash ‖ SHA-256(value))
//! inner = SHA-256("JMT::IntrnalNode" ‖ left ‖ right)
//! ```

use jmt::{KeyHash, RootHash, SimpleHasher, proof::SparseMerkleProof};
use medrec_protocol::{
    Hash32, query,
    state::{MAX_LEAF_BYTES, StateKey},
};
use sha2::Digest as _;

use crate::{
    head::Height,
    node::{ProofOperation, QueryAnswer},
};

/// One sibling: its kind and, at most, two hashes.
const SIBLING_BYTES: usize = 1 + 2 * 32;
/// Longest proof: the leaf that stands there, a count, and a sibling for each bit of the key hash.
pub const MAX_PROOF_BYTES: usize = (1 + 2 * 32) + 4 + 256 * SIBLING_BYTES;

/// Why a leaf is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafFault {
    /// The state after another block than asked for.
    #[error("state after block {expected} expected, found {found:?}")]
    Height {
        /// Height asked for.
        expected: Height,
        /// Height answered, if any.
        found: Option<Height>,
    },
    /// An answer about another key.
    #[error("an answer about another key than the one asked for")]
    Key,
    /// Not exactly one proof operation of the kind that is known.
    #[error("one proof of kind {}, found: {found}", query::STATE_PROOF)]
    Operation {
        /// Kinds found.
        found: String,
    },
    /// More bytes than a leaf or a proof can have.
    #[error("{what} of at most {limit} bytes expected, found {found}")]
    TooLarge {
        /// Leaf or proof.
        what: &'static str,
        /// Bytes allowed.
        limit: usize,
        /// Bytes found.
        found: usize,
    },
    /// The proof cannot be read.
    #[error("the proof cannot be read: {0}")]
    Malformed(String),
    /// The proof does not lead from this leaf, or from its absence, to the app hash.
    #[error("the proof does not lead to app hash {expected}: {reason}")]
    Proof {
        /// App hash of the verified header.
        expected: Hash32,
        /// What the proof says instead.
        reason: String,
    },
}

/// SHA-256 as the tree wants it.
#[derive(Clone, Default)]
pub struct TreeHasher(sha2::Sha256);

impl SimpleHasher for TreeHasher {
    fn new() -> Self {
        Self::default()
    }

    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finalize(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// Checks a node's answer about `key` in the state after block `height`, whose root is `app_hash`.
pub fn verify_answer(
    answer: QueryAnswer,
    key: &StateKey,
    height: Height,
    app_hash: &Hash32,
) -> Result<Option<Vec<u8>>, LeafFault> {
    if answer.height != Some(height) {
        return Err(LeafFault::Height { expected: height, found: answer.height });
    }
    let key = key.encode();
    if answer.key != key {
        return Err(LeafFault::Key);
    }
    let proof = only_operation(&answer.proof, &key)?;
    // A leaf always begins with its version, so no leaf is empty.
    let value = (!answer.value.is_empty()).then_some(answer.value);
    verify_leaf(app_hash, &key, value.as_deref(), proof)?;
    Ok(value)
}

fn only_operation<'a>(operations: &'a [ProofOperation], key: &[u8]) -> Result<&'a [u8], LeafFault> {
    match operations {
        [only] if only.kind == query::STATE_PROOF && only.key == key => Ok(&only.data),
        [only] if only.kind == query::STATE_PROOF => Err(LeafFault::Key),
        other => {
            let kinds = other.iter().take(4).map(|one| one.kind.chars().take(40).collect::<String>());
            Err(LeafFault::Operation { found: kinds.collect::<Vec<_>>().join(", ") })
        }
    }
}

/// Checks that `value` stands under `key` in the state with this root, or, for `None`, that nothing does.
pub fn verify_leaf(
    app_hash: &Hash32,
    key: &[u8],
    value: Option<&[u8]>,
    proof: &[u8],
) -> Result<(), LeafFault> {
    bounded("a leaf", value.map_or(0, <[u8]>::len), 1 + MAX_LEAF_BYTES)?;
    bounded("a proof", proof.len(), MAX_PROOF_BYTES)?;
    let proof: SparseMerkleProof<TreeHasher> =
        borsh::from_slice(proof).map_err(|error| LeafFault::Malformed(error.to_string()))?;
    let (root, key) = (RootHash(*app_hash.as_bytes()), KeyHash::with::<TreeHasher>(key));
    proof
        .verify(root, key, value)
        .map_err(|error| LeafFault::Proof { expected: *app_hash, reason: error.to_string() })
}

fn bounded(what: &'static str, found: usize, limit: usize) -> Result<(), LeafFault> {
    if found > limit { Err(LeafFault::TooLarge { what, limit, found }) } else { Ok(()) }
}
