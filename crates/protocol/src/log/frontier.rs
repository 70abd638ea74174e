//! Size and roots of the complete subtrees of a log: all that is needed to extend it.

use std::io::{Error, ErrorKind, Read, Result as IoResult, Write};

use borsh::{BorshDeserialize, BorshSerialize};

use super::{empty_root, leaf_hash, node_hash};
use crate::hash::Hash32;

/// The right edge of a log: `size` entries, and one root for each complete subtree, largest first. There
/// are as many as `size` has ones in binary, so a log of a million entries has at most twenty.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash32>,
}

/// Roots and size do not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a log of {size} entries has {expected} complete subtrees, found {found}")]
pub struct FrontierError {
    /// Entries claimed.
    pub size: u64,
    /// Subtrees that many entries have.
    pub expected: u32,
    /// Subtrees found.
    pub found: usize,
}

/// A complete subtree that an append finished; a store keeps these to prove inclusion later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// 0 for a leaf, 1 for a pair of leaves, and so on.
    pub level: u8,
    /// Position among the subtrees of this level, from the left.
    pub index: u64,
    /// Root of the subtree.
    pub hash: Hash32,
}

impl Frontier {
    /// Puts a frontier together that was stored or sent.
    pub fn from_parts(size: u64, peaks: Vec<Hash32>) -> Result<Self, FrontierError> {
        if peaks.len() != size.count_ones() as usize {
            return Err(FrontierError { size, expected: size.count_ones(), found: peaks.len() });
        }
        Ok(Self { size, peaks })
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Roots of the complete subtrees, largest first.
    pub fn peaks(&self) -> &[Hash32] {
        &self.peaks
    }

    /// Root of the log (RFC 6962 §2.1).
    pub fn root(&self) -> Hash32 {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return empty_root() };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }

    /// Adds one entry and names the subtrees this completes, from the leaf upwards.
    pub fn append(&mut self, entry: &[u8]) -> Vec<Appended> {
        let mut hash = leaf_hash(entry);
        let mut index = self.size;
        let mut level = 0;
        let mut finished = vec![Appended { level, index, hash }];
        while index & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            index >>= 1;
            level += 1;
            finished.push(Appended { level, index, hash });
        }
        self.peaks.push(hash);
        self.size += 1;
        finished
    }
}

impl BorshSerialize for Frontier {
    fn serialize<W: Write>(&self, writer: &mut W) -> IoResult<()> {
        self.size.serialize(writer)?;
        self.peaks.iter().try_for_each(|peak| peak.serialize(writer))
    }
}

impl BorshDeserialize for Frontier {
    fn deserialize_reader<R: Read>(reader: &mut R) -> IoResult<Self> {
        let size = u64::deserialize_reader(reader)?;
        let peaks = (0..size.count_ones()).map(|_| Hash32::deserialize_reader(reader));
        let peaks = peaks.collect::<IoResult<Vec<_>>>()?;
        Self::from_parts(size, peaks).map_err(|error| Error::new(ErrorKind::InvalidData, error))
    }
}
