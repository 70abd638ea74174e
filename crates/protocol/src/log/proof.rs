//! Inclusion and consistency proofs (RFC 6962 §2.1.1 and §2.1.2; verification as in RFC 9162 §2.1.3.2
//! and §2.1.4.2).

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Frontier, node_hash};
use crate::{
    codec::{self, DecodeError, List},
    hash::Hash32,
};

/// Longest proof: one hash for each level of a tree of 2⁶⁴ leaves, and one more for consistency.
const MAX_HASHES: usize = 65;
const MAX_PROOF_BYTES: usize = 32 + MAX_HASHES * 32;

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The entry lies beyond the log.
    #[error("entry {index} lies outside a log of {size} entries")]
    OutOfRange {
        /// Entry asked for.
        index: u64,
        /// Entries of the log.
        size: u64,
    },
    /// More or fewer hashes than the place in the tree calls for.
    #[error("the proof has the wrong length")]
    Length,
    /// Made for a log of another size.
    #[error("the proof is for a log of {found} entries, expected {expected}")]
    Size {
        /// Entries of the trusted log.
        expected: u64,
        /// Entries that the proof is for.
        found: u64,
    },
    /// The hashes lead to another root.
    #[error("the proof leads to root {found}, expected {expected}")]
    Root {
        /// Root that was trusted.
        expected: Hash32,
        /// Root that the proof leads to.
        found: Hash32,
    },
}

/// Shows that an entry stands at one place of a log.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct InclusionProof {
    /// Place of the entry, from 0.
    pub index: u64,
    /// Entries of the log that the proof is for.
    pub size: u64,
    /// Sibling hashes from the leaf upwards.
    pub path: List<Hash32, MAX_HASHES>,
}

impl InclusionProof {
    /// Decodes a proof that came from outside.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(bytes, MAX_PROOF_BYTES)
    }

    /// Checks that the leaf with this hash stands at `index` of the log with this right edge. A root
    /// alone does not say how many entries it has, so size and root are checked together.
    pub fn verify(&self, leaf: Hash32, log: &Frontier) -> Result<(), ProofError> {
        expect_size(log.size(), self.size)?;
        if self.index >= self.size {
            return Err(ProofError::OutOfRange { index: self.index, size: self.size });
        }
        let (mut node, mut last, mut hash) = (self.index, self.size - 1, leaf);
        for sibling in self.path.as_slice() {
            if last == 0 {
                return Err(ProofError::Length);
            }
            if node & 1 == 1 || node == last {
                hash = node_hash(sibling, &hash);
                while node & 1 == 0 && node != 0 {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                hash = node_hash(&hash, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        if last != 0 {
            return Err(ProofError::Length);
        }
        expect_root(&log.root(), hash)
    }
}

/// Shows that one log is the beginning of another.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ConsistencyProof {
    /// Entries of the older log.
    pub old_size: u64,
    /// Entries of the newer log.
    pub new_size: u64,
    /// Hashes as RFC 6962 §2.1.2 orders them.
    pub path: List<Hash32, MAX_HASHES>,
}

impl ConsistencyProof {
    /// Decodes a proof that came from outside.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(bytes, MAX_PROOF_BYTES)
    }

    /// Checks that the log with the right edge `old` is the beginning of the log with `new`.
    pub fn verify(&self, old: &Frontier, new: &Frontier) -> Result<(), ProofError> {
        expect_size(old.size(), self.old_size)?;
        expect_size(new.size(), self.new_size)?;
        let path = self.path.as_slice();
        let (old_root, new_root) = (old.root(), new.root());
        if self.old_size > self.new_size {
            return Err(ProofError::OutOfRange { index: self.old_size, size: self.new_size });
        }
        if self.old_size == 0 || self.old_size == self.new_size {
            if !path.is_empty() {
                return Err(ProofError::Length);
            }
            return if self.old_size == 0 { Ok(()) } else { expect_root(&new_root, old_root) };
        }
        let (mut node, mut last) = (self.old_size - 1, self.new_size - 1);
        while node & 1 == 1 {
            node >>= 1;
            last >>= 1;
        }
        // An old log that is one complete subtree is its own first hash and is left out of the proof.
        let complete = self.old_size.is_power_of_two();
        let (first, rest) = if complete { (old_root, path) } else { split_first(path)? };
        let (mut old, mut new) = (first, first);
        for hash in rest {
            if last == 0 {
                return Err(ProofError::Length);
            }
            if node & 1 == 1 || node == last {
                old = node_hash(hash, &old);
                new = node_hash(hash, &new);
                while node & 1 == 0 && node != 0 {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                new = node_hash(&new, hash);
            }
            node >>= 1;
            last >>= 1;
        }
        if last != 0 {
            return Err(ProofError::Length);
        }
        expect_root(&old_root, old)?;
        expect_root(&new_root, new)
    }
}

fn split_first(path: &[Hash32]) -> Result<(Hash32, &[Hash32]), ProofError> {
    path.split_first().map(|(first, rest)| (*first, rest)).ok_or(ProofError::Length)
}

fn expect_size(expected: u64, found: u64) -> Result<(), ProofError> {
    if expected == found { Ok(()) } else { Err(ProofError::Size { expected, found }) }
}

fn expect_root(expected: &Hash32, found: Hash32) -> Result<(), ProofError> {
    if *expected == found { Ok(()) } else { Err(ProofError::Root { expected: *expected, found }) }
}

/// Makes an inclusion proof. `node(level, index)` gives the root of a complete subtree, as
/// [`super::Frontier::append`] named it.
pub fn prove_inclusion<E: From<ProofError>>(
    index: u64,
    size: u64,
    node: &impl Fn(u8, u64) -> Result<Hash32, E>,
) -> Result<InclusionProof, E> {
    if index >= size {
        return Err(ProofError::OutOfRange { index, size }.into());
    }
    let (mut from, mut to, mut path) = (0, size, Vec::new());
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            path.push(subtree(middle, to, node)?);
            to = middle;
        } else {
            path.push(subtree(from, middle, node)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(InclusionProof { index, size, path: bounded(path)? })
}

/// Makes a consistency proof between two sizes of one log; `node` as in [`prove_inclusion`].
pub fn prove_consistency<E: From<ProofError>>(
    old_size: u64,
    new_size: u64,
    node: &impl Fn(u8, u64) -> Result<Hash32, E>,
) -> Result<ConsistencyProof, E> {
    if old_size > new_size {
        return Err(ProofError::OutOfRange { index: old_size, size: new_size }.into());
    }
    let mut path = Vec::new();
    if old_size > 0 && old_size < new_size {
        let (mut from, mut to, mut whole) = (0, new_size, true);
        while old_size != to {
            let middle = from + split(to - from);
            if old_size <= middle {
                path.push(subtree(middle, to, node)?);
                to = middle;
            } else {
                path.push(subtree(from, middle, node)?);
                from = middle;
                whole = false;
            }
        }
        if !whole {
            path.push(subtree(from, to, node)?);
        }
        path.reverse();
    }
    Ok(ConsistencyProof { old_size, new_size, path: bounded(path)? })
}

fn bounded<E: From<ProofError>>(path: Vec<Hash32>) -> Result<List<Hash32, MAX_HASHES>, E> {
    List::new(path).map_err(|_| ProofError::Length.into())
}

/// Largest power of two smaller than `n` (n ≥ 2).
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// Hash of the leaves from `from` up to, not including, `to`.
fn subtree<E>(from: u64, to: u64, node: &impl Fn(u8, u64) -> Result<Hash32, E>) -> Result<Hash32, E> {
    let count = to - from;
    if count.is_power_of_two() {
        let level = count.trailing_zeros();
        // A u64 has at most 64 trailing zeros, so this never truncates.
        #[allow(clippy::cast_possible_truncation)]
        return node(level as u8, from >> level);
    }
    let middle = from + split(count);
    Ok(node_hash(&subtree(from, middle, node)?, &subtree(middle, to, node)?))
}
