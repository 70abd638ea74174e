//! A leaf of the state, or its absence, under an app hash. (LC-14, LC-15)

use medrec_protocol::{
    Hash32, query,
    state::{MAX_LEAF_BYTES, MAX_STATE_PROOF_BYTES, StateKey, StateProof, StateProofError},
};

use crate::{
    head::Height,
    node::{ProofOperation, QueryAnswer},
};

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
    #[error("the proof does not lead to app hash {expected}: {source}")]
    Proof {
        /// App hash of the verified header.
        expected: Hash32,
        /// What the proof says instead.
        source: StateProofError,
    },
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
    bounded("a proof", proof.len(), MAX_STATE_PROOF_BYTES)?;
    let proof = StateProof::decode(proof).map_err(|error| LeafFault::Malformed(error.to_string()))?;
    proof.verify(app_hash, key, value).map_err(|source| LeafFault::Proof { expected: *app_hash, source })
}

fn bounded(what: &'static str, found: usize, limit: usize) -> Result<(), LeafFault> {
    if found > limit { Err(LeafFault::TooLarge { what, limit, found }) } else { Ok(()) }
}
