//! The append-only log of a relationship (and of the directory): an RFC 6962 Merkle tree.
//!
//! ```text
//! leaf hash = SHA-256(0x00 ‖ entry)      node hash = SHA-256(0x01 ‖ left ‖ right)
//! ```
//!
//! The state leaf of an account holds the log's [`Frontier`]: its size and the roots of its complete
//! subtrees. From it follow the root, the next frontier after an append, and the check that a list of
//! entries is exactly what lies between two frontiers: nothing dropped, reordered, altered or added, at a
//! cost that grows with what is new. (docs/spec/log.md)

mod frontier;
mod proof;

use borsh::{BorshDeserialize, BorshSerialize};

pub use frontier::{Appended, Frontier, FrontierError};
pub use proof::{ConsistencyProof, InclusionProof, ProofError, prove_consistency, prove_inclusion};

use crate::{
    Address, MemberAddress, ProviderAddress, PublicKey, RelationshipAddress, Timestamp,
    actions::Action,
    codec::{self, DecodeError},
    genesis::Member,
    hash::Hash32,
    state::{Motion, MotionId, Provider, Standing},
};

/// Longest encoded entry in bytes.
pub const MAX_ENTRY_BYTES: usize = 16 * 1024;

/// Which log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum LogId {
    /// The public directory: providers admitted and changed.
    Directory,
    /// The log of one relationship.
    Relationship(RelationshipAddress),
}

impl LogId {
    /// Decodes a name of a log that came from outside.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(bytes, 64)
    }
}

/// One entry of a relationship's log: an action that the ledger accepted, who signed it, and when.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LogEntry {
    /// Height of the block that included it.
    pub height: u64,
    /// Time of that block, whole seconds, rounded down.
    pub time: Timestamp,
    /// The account whose key signed the transaction.
    pub signer: Address,
    /// What was done.
    pub action: Action,
}

impl LogEntry {
    /// Decodes an entry that came from outside.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(bytes, MAX_ENTRY_BYTES)
    }

    /// The canonical bytes, as they are hashed.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }
}

/// One entry of the public directory.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DirectoryEntry {
    /// Height of the block that included it; 0 for genesis.
    pub height: u64,
    /// Time of that block, or of genesis.
    pub time: Timestamp,
    /// What changed.
    pub event: DirectoryEvent,
}

/// What can change in the directory.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum DirectoryEvent {
    /// A provider was admitted.
    Admitted(Provider),
    /// A provider changed its own entry.
    Updated {
        /// The provider.
        address: ProviderAddress,
        /// The entry from now on.
        provider: Provider,
    },
    /// A provider was suspended, taken back, or expelled.
    Standing {
        /// The provider.
        address: ProviderAddress,
        /// Its new standing.
        standing: Standing,
    },
    /// It was said whether a provider gives emergency care.
    EmergencyRole {
        /// The provider.
        address: ProviderAddress,
        /// Does it?
        emergency: bool,
    },
    /// A member made a motion.
    Proposed {
        /// Names the motion.
        id: MotionId,
        /// Who made it.
        by: MemberAddress,
        /// What would be done.
        motion: Motion,
    },
    /// A member voted for a motion, or took the vote back.
    Voted {
        /// The motion.
        id: MotionId,
        /// Who.
        by: MemberAddress,
        /// False when the vote was taken back.
        for_it: bool,
    },
    /// A member was admitted.
    MemberAdmitted(Member),
    /// A member was removed.
    MemberRemoved(MemberAddress),
    /// A validator was admitted, got another weight, or, with power 0, was removed.
    Validator {
        /// Its ed25519 key.
        key: PublicKey,
        /// Its voting power.
        power: u64,
    },
}

impl DirectoryEntry {
    /// Decodes an entry that came from outside.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(bytes, MAX_ENTRY_BYTES)
    }

    /// The canonical bytes, as they are hashed.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }
}

/// Hash of a leaf (RFC 6962 §2.1).
pub fn leaf_hash(entry: &[u8]) -> Hash32 {
    let mut bytes = Vec::with_capacity(1 + entry.len());
    bytes.push(0);
    bytes.extend_from_slice(entry);
    Hash32::plain(&bytes)
}

/// Hash of two subtrees (RFC 6962 §2.1).
pub fn node_hash(left: &Hash32, right: &Hash32) -> Hash32 {
    let mut bytes = [0; 65];
    bytes[0] = 1;
    bytes[1..33].copy_from_slice(left.as_bytes());
    bytes[33..].copy_from_slice(right.as_bytes());
    Hash32::plain(&bytes)
}

/// Root of a log without entries (RFC 6962 §2.1): SHA-256 of nothing.
pub fn empty_root() -> Hash32 {
    Hash32::plain(&[])
}
