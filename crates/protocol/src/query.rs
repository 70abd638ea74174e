//! Paths of `abci_query` and their bounded binary arguments and answers. Nothing that they answer is
//! believed without a proof.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    codec::{self, DecodeError},
    log::LogId,
};

/// `data` = a [`crate::state::StateKey`]; `value` = the leaf; one proof operation of type
/// [`STATE_PROOF`] with a [`crate::state::StateProof`].
pub const STATE: &str = "/state";
/// `data` = [`LogRange`]; `value` = [`LogEntries`].
pub const LOG: &str = "/log";
/// `data` = [`InclusionQuery`]; `value` = [`crate::log::InclusionProof`].
pub const LOG_INCLUSION: &str = "/log/inclusion";
/// `data` = [`ConsistencyQuery`]; `value` = [`crate::log::ConsistencyProof`].
pub const LOG_CONSISTENCY: &str = "/log/consistency";
/// Type of the proof operation of [`STATE`].
pub const STATE_PROOF: &str = "jmt:sha256:v1";
/// Most bytes of entries in one answer; a node stops before the entry that would cross it, but always
/// sends at least one.
pub const MAX_LOG_ANSWER_BYTES: usize = 1 << 20;
/// Most entries in one answer.
pub const MAX_LOG_ANSWER_ENTRIES: u32 = 2048;
/// Longest query argument.
pub const MAX_QUERY_BYTES: usize = 128;

/// Which entries of which log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LogRange {
    /// The log.
    pub log: LogId,
    /// First entry wanted.
    pub from: u64,
    /// How many at most.
    pub count: u32,
}

/// Encoded entries in order, as the log hashes them.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LogEntries(pub Vec<Vec<u8>>);

impl LogEntries {
    /// Decodes an answer that came from outside.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(bytes, 2 * MAX_LOG_ANSWER_BYTES)
    }
}

/// Asks where an entry stands in a log of a given size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct InclusionQuery {
    /// The log.
    pub log: LogId,
    /// The entry.
    pub index: u64,
    /// Entries of the log that the proof is for.
    pub size: u64,
}

/// Asks for a proof that one size of a log is the beginning of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ConsistencyQuery {
    /// The log.
    pub log: LogId,
    /// Entries of the older log.
    pub old_size: u64,
    /// Entries of the newer log.
    pub new_size: u64,
}
