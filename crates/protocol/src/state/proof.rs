//! What proves a leaf of the state, or its absence, under an app hash. (STATE-2, STATE-3, STATE-30)
//!
//! ```text
//! place = SHA-256(key): its bits, from the highest on, are the way down from the root
//! leaf  = SHA-256("JMT::LeafNode" ‖ place ‖ SHA-256(value))
//! inner = SHA-256("JMT::IntrnalNode" ‖ left ‖ right)
//! empty = "SPARSE_MERKLE_PLACEHOLDER_HASH__"
//! ```
//!
//! A subtree with one leaf is that leaf, however deep its place would lead.

use std::io::{Read, Result as IoResult, Write};

use borsh::{BorshDeserialize, BorshSerialize};
use sha2::{Digest, Sha256};

use crate::{
    codec::{self, DecodeError, invalid},
    hash::{HASH_BYTES, Hash32},
};

const LEAF: &[u8] = b"JMT::LeafNode";
/// Spelled as the `jmt` crate spells it.
const INNER: &[u8] = b"JMT::IntrnalNode";
/// The hash of a subtree without leaves.
const EMPTY: Hash32 = Hash32::new(*b"SPARSE_MERKLE_PLACEHOLDER_HASH__");
/// Bits of a place, and so the longest way down.
const MAX_DEPTH: usize = 8 * HASH_BYTES;
/// Longest encoded proof in bytes.
pub const MAX_STATE_PROOF_BYTES: usize = 1 + 2 * HASH_BYTES + 2 + MAX_DEPTH / 8 + MAX_DEPTH * HASH_BYTES;

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateProofError {
    /// Another leaf, or none, stands where the key leads.
    #[error("another leaf stands there")]
    OtherLeaf,
    /// The very leaf that is said to be absent.
    #[error("the leaf is there")]
    Present,
    /// The leaf that is shown instead stands somewhere else.
    #[error("the leaf that is shown stands on another way")]
    Elsewhere,
    /// The hashes lead to another root.
    #[error("it leads to {found}")]
    Root {
        /// Root that the proof leads to.
        found: Hash32,
    },
}

/// A leaf as the tree knows it: hashes only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PlacedLeaf {
    /// SHA-256 of its key.
    pub place: Hash32,
    /// SHA-256 of its value.
    pub value: Hash32,
}

impl PlacedLeaf {
    /// Its hash in the tree.
    pub fn hash(&self) -> Hash32 {
        hash(LEAF, &self.place, &self.value)
    }
}

/// The hash of a node of the tree with two subtrees.
pub fn inner_hash(left: &Hash32, right: &Hash32) -> Hash32 {
    hash(INNER, left, right)
}

/// The way from a place of the tree up to the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateProof {
    leaf: Option<PlacedLeaf>,
    siblings: Vec<Option<Hash32>>,
}

impl StateProof {
    /// A proof from the leaf that stands where a key leads, and the hashes of what stands beside each node of the way,
    /// from the leaf up; `None` where nothing does.
    pub fn new(leaf: Option<PlacedLeaf>, siblings: Vec<Option<Hash32>>) -> Result<Self, DecodeError> {
        if siblings.len() > MAX_DEPTH {
            return Err(DecodeError::TooLarge { found: siblings.len(), limit: MAX_DEPTH });
        }
        let siblings = siblings.into_iter().map(|sibling| sibling.filter(|hash| *hash != EMPTY)).collect();
        Ok(Self { leaf, siblings })
    }

    /// Decodes a proof that came from outside.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(bytes, MAX_STATE_PROOF_BYTES)
    }

    /// Checks that `value` stands under `key` in the state with this root, or, for `None`, that nothing does.
    pub fn verify(&self, root: &Hash32, key: &[u8], value: Option<&[u8]>) -> Result<(), StateProofError> {
        let place = Hash32::plain(key);
        match (value, &self.leaf) {
            (Some(value), Some(leaf)) if leaf.place == place && leaf.value == Hash32::plain(value) => {}
            (Some(_), _) => return Err(StateProofError::OtherLeaf),
            (None, None) => {}
            (None, Some(leaf)) if leaf.place == place => return Err(StateProofError::Present),
            // Alone in the subtree to which the key leads, so the key is not in it.
            (None, Some(leaf)) if shared_bits(&leaf.place, &place) >= self.siblings.len() => {}
            (None, Some(_)) => return Err(StateProofError::Elsewhere),
        }
        let found = self.root(&place);
        if found == *root { Ok(()) } else { Err(StateProofError::Root { found }) }
    }

    fn root(&self, place: &Hash32) -> Hash32 {
        let leaf = self.leaf.as_ref().map_or(EMPTY, PlacedLeaf::hash);
        let depths = (0..self.siblings.len()).rev();
        self.siblings.iter().zip(depths).fold(leaf, |node, (sibling, depth)| {
            let sibling = sibling.unwrap_or(EMPTY);
            if goes_right(place, depth) { inner_hash(&sibling, &node) } else { inner_hash(&node, &sibling) }
        })
    }
}

fn hash(tag: &[u8], left: &Hash32, right: &Hash32) -> Hash32 {
    let hasher = Sha256::new().chain_update(tag).chain_update(left.as_bytes()).chain_update(right.as_bytes());
    Hash32::new(hasher.finalize().into())
}

fn goes_right(place: &Hash32, depth: usize) -> bool {
    place.as_bytes().get(depth / 8).is_some_and(|byte| byte & (0x80 >> (depth % 8)) != 0)
}

fn shared_bits(one: &Hash32, other: &Hash32) -> usize {
    (0..MAX_DEPTH).take_while(|depth| goes_right(one, *depth) == goes_right(other, *depth)).count()
}

/// `leaf ‖ count u16 ‖ a bit for each sibling, the first lowest: whether it has a hash ‖ the hashes`
impl BorshSerialize for StateProof {
    fn serialize<W: Write>(&self, writer: &mut W) -> IoResult<()> {
        self.leaf.serialize(writer)?;
        let count = u16::try_from(self.siblings.len()).map_err(|_| invalid("too many siblings"))?;
        writer.write_all(&count.to_le_bytes())?;
        for group in self.siblings.chunks(8) {
            let present = (0..8).zip(group).filter(|(_, sibling)| sibling.is_some());
            writer.write_all(&[present.fold(0, |bits, (bit, _)| bits | 1 << bit)])?;
        }
        self.siblings.iter().flatten().try_for_each(|hash| hash.serialize(writer))
    }
}

impl BorshDeserialize for StateProof {
    fn deserialize_reader<R: Read>(reader: &mut R) -> IoResult<Self> {
        let leaf = Option::deserialize_reader(reader)?;
        let count = usize::from(u16::deserialize_reader(reader)?);
        if count > MAX_DEPTH {
            return Err(invalid("too many siblings"));
        }
        let mut bits = vec![0; count.div_ceil(8)];
        reader.read_exact(&mut bits)?;
        let mut siblings = Vec::with_capacity(count);
        for bit in 0..count {
            let present = bits.get(bit / 8).is_some_and(|byte| byte & (1 << (bit % 8)) != 0);
            siblings.push(present.then(|| Hash32::deserialize_reader(reader)).transpose()?);
        }
        // Bits that stand for no sibling, and hashes of nothing, do not come out again: see `codec::decode`.
        Self::new(leaf, siblings).map_err(|_| invalid("too many siblings"))
    }
}
