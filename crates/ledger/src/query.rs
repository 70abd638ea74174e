//! Answers for those who believe nothing without a proof: leaves with proofs, log entries, and proofs about
//! logs. All are bounded, however large a question is asked. (docs/spec/state.md, docs/spec/log.md)

use medrec_protocol::{
    ChainIdentity, Hash32,
    log::{self, ConsistencyProof, Frontier, InclusionProof, LogId, ProofError},
    query::{
        ConsistencyQuery, InclusionQuery, LogEntries, LogRange, MAX_LOG_ANSWER_BYTES, MAX_LOG_ANSWER_ENTRIES,
    },
    state::{DirectoryLeaf, RelationshipLeaf, StateKey},
};

use crate::{
    error::{LedgerError, QueryError, StorageError},
    overlay::parse_leaf,
    storage::Storage,
    tree,
};

/// A leaf, or its absence, with a proof under the root of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafProof {
    /// The leaf; `None` when there is none under this key.
    pub value: Option<Vec<u8>>,
    /// An encoded [`StateProof`](medrec_protocol::state::StateProof). It holds hashes only, also for an absence.
    pub proof: Vec<u8>,
}

/// Proves a leaf or its absence in a version of the tree that is still kept.
pub fn prove_leaf(storage: &impl Storage, version: u64, key: &[u8]) -> Result<LeafProof, QueryError> {
    tree::prove(storage, version, key)?.ok_or(QueryError::VersionNotKept(version))
}

/// The ledger's identity as genesis wrote it; `None` before genesis.
pub fn chain_identity(storage: &impl Storage) -> Result<Option<ChainIdentity>, LedgerError> {
    let key = StateKey::Chain.encode();
    storage.leaf(&key)?.map(|bytes| parse_leaf(&key, &bytes)).transpose()
}

/// Entries of a log in the newest state.
pub fn log_size(storage: &impl Storage, log: &LogId) -> Result<u64, QueryError> {
    Ok(frontier(storage, log)?.size())
}

/// Entries of a log from `range.from` on, as many as wanted and as fit into one answer; none beyond its end.
pub fn log_entries(storage: &impl Storage, range: &LogRange) -> Result<LogEntries, QueryError> {
    let size = log_size(storage, &range.log)?;
    let count = range.count.min(MAX_LOG_ANSWER_ENTRIES);
    let end = range.from.saturating_add(u64::from(count)).min(size);
    let (mut entries, mut bytes) = (Vec::new(), 0);
    for index in range.from..end {
        let entry = storage.log_entry(&range.log, index)?;
        let entry = entry.ok_or_else(|| missing(&range.log, "entry", index))?;
        bytes += entry.len();
        if bytes > MAX_LOG_ANSWER_BYTES && !entries.is_empty() {
            break;
        }
        entries.push(entry);
    }
    Ok(LogEntries(entries))
}

/// Proves where an entry stands in a log of a size that it has or had.
pub fn prove_inclusion(storage: &impl Storage, query: &InclusionQuery) -> Result<InclusionProof, QueryError> {
    within(storage, &query.log, query.size)?;
    log::prove_inclusion(query.index, query.size, &nodes(storage, &query.log))
}

/// Proves that one size of a log is the beginning of another that it has or had.
pub fn prove_consistency(
    storage: &impl Storage,
    query: &ConsistencyQuery,
) -> Result<ConsistencyProof, QueryError> {
    within(storage, &query.log, query.new_size)?;
    log::prove_consistency(query.old_size, query.new_size, &nodes(storage, &query.log))
}

fn frontier(storage: &impl Storage, log: &LogId) -> Result<Frontier, QueryError> {
    let key = StateKey::of_log(log).encode();
    let bytes = storage.leaf(&key)?.ok_or(QueryError::UnknownLog(*log))?;
    Ok(match log {
        LogId::Directory => parse_leaf::<DirectoryLeaf>(&key, &bytes)?.log,
        LogId::Relationship(_) => parse_leaf::<RelationshipLeaf>(&key, &bytes)?.log,
    })
}

fn within(storage: &impl Storage, log: &LogId, wanted: u64) -> Result<(), QueryError> {
    let size = log_size(storage, log)?;
    if wanted > size { Err(ProofError::OutOfRange { index: wanted, size }.into()) } else { Ok(()) }
}

fn nodes(storage: &impl Storage, log: &LogId) -> impl Fn(u8, u64) -> Result<Hash32, QueryError> {
    move |level, index| {
        let node = storage.log_node(log, level, index)?;
        node.ok_or_else(|| missing(log, "subtree", index))
    }
}

fn missing(log: &LogId, what: &str, index: u64) -> QueryError {
    StorageError::Damaged(format!("{what} {index} of log {log:?} is missing")).into()
}
