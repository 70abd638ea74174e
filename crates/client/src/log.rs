//! A log whose right edge is proved: fetching what is new, page by page, and single entries.
//!
//! Every page is verified before it is handed out: the caller's frontier is extended with the page, and the
//! result is shown to be the beginning of the proved log; after the last page it must be the proved frontier
//! itself. So a caller may keep a page with the frontier after it in one transaction, stop at any time, and go
//! on later from there. (LC-16 to LC-19)

use std::{ops::ControlFlow, sync::Arc};

use medrec_protocol::{
    codec::{self, DecodeError},
    log::{ConsistencyProof, DirectoryEntry, Frontier, InclusionProof, LogEntry, LogId},
    query::{self, ConsistencyQuery, InclusionQuery, LogEntries, LogRange, MAX_LOG_ANSWER_ENTRIES},
};

use crate::{
    error::ClientError,
    node::{Node, Query},
    verify::log::{self, LogFault},
};

/// A log with a proved frontier.
#[derive(Clone)]
pub struct ProvenLog {
    node: Arc<dyn Node>,
    log: LogId,
    frontier: Frontier,
}

/// One entry with its place, proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedEntry {
    /// Place in the log, from 0.
    pub index: u64,
    /// The entry's bytes, as they are hashed.
    pub bytes: Vec<u8>,
}

impl VerifiedEntry {
    /// The entry of a relationship's log. An error means that a newer program wrote it.
    pub fn relationship(&self) -> Result<LogEntry, DecodeError> {
        LogEntry::decode(&self.bytes)
    }

    /// The entry of the directory's log. An error means that a newer program wrote it.
    pub fn directory(&self) -> Result<DirectoryEntry, DecodeError> {
        DirectoryEntry::decode(&self.bytes)
    }
}

/// New entries, verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPage {
    /// The entries, in order, without a gap after the page before.
    pub entries: Vec<VerifiedEntry>,
    /// What is known once these entries are kept: the start of the next sync.
    pub frontier: Frontier,
    /// How far the sync is, this page included.
    pub progress: Progress,
}

/// How far a sync is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Entries that are known.
    pub done: u64,
    /// Entries of the proved log.
    pub total: u64,
}

/// How a sync ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncEnd {
    /// Everything that is on the ledger under this head is known.
    Complete(Frontier),
    /// The caller stopped; everything up to here is verified.
    Stopped(Frontier),
}

impl ProvenLog {
    pub(crate) fn new(node: Arc<dyn Node>, log: LogId, frontier: Frontier) -> Self {
        Self { node, log, frontier }
    }

    /// Which log.
    pub fn id(&self) -> LogId {
        self.log
    }

    /// The proved right edge.
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// Starts fetching what comes after `known`, the frontier that the caller kept (the default one at
    /// first). Asks nothing yet; a log that is shorter than or different from what is known is refused here.
    pub fn sync(&self, known: Frontier) -> Result<LogSync, ClientError> {
        log::is_behind(&known, &self.frontier).map_err(|fault| self.lie(fault))?;
        Ok(LogSync { log: self.clone(), known })
    }

    /// Fetches everything after `known` and hands each verified page to `keep`, which may stop it.
    pub async fn sync_each(
        &self,
        known: Frontier,
        mut keep: impl FnMut(LogPage) -> ControlFlow<()>,
    ) -> Result<SyncEnd, ClientError> {
        let mut sync = self.sync(known)?;
        while let Some(page) = sync.next_page().await? {
            if keep(page).is_break() {
                return Ok(SyncEnd::Stopped(sync.known));
            }
        }
        Ok(SyncEnd::Complete(sync.known))
    }

    /// Fetches one entry and proves that it stands at `index`.
    pub async fn entry(&self, index: u64) -> Result<VerifiedEntry, ClientError> {
        let size = self.frontier.size();
        if index >= size {
            return Err(self.lie(LogFault::Shrunk { expected: index.saturating_add(1), found: size }));
        }
        let mut entries = self.range(index, 1).await?;
        let bytes = match (entries.pop(), entries.len()) {
            (Some(bytes), 0) => bytes,
            (Some(_), more) => {
                return Err(self.lie(LogFault::TooMany { expected: 1, found: more as u64 + 1 }));
            }
            (None, _) => return Err(self.lie(LogFault::Withheld { have: index, missing: 1 })),
        };
        let query = InclusionQuery { log: self.log, index, size };
        let proof = self.ask(query::LOG_INCLUSION, codec::encode(&query)).await?;
        InclusionProof::decode(&proof)
            .map_err(LogFault::from)
            .and_then(|proof| log::is_included(&bytes, index, &self.frontier, &proof))
            .map_err(|fault| self.lie(fault))?;
        Ok(VerifiedEntry { index, bytes })
    }

    async fn range(&self, from: u64, count: u32) -> Result<Vec<Vec<u8>>, ClientError> {
        let range = LogRange { log: self.log, from, count };
        let answer = self.ask(query::LOG, codec::encode(&range)).await?;
        let entries = LogEntries::decode(&answer).map_err(|error| self.lie(LogFault::from(error)))?;
        Ok(entries.0)
    }

    /// The node's proof that the first `old_size` entries are the beginning of this log, for somebody who checks it without
    /// a network (LOG-6). It is not checked here.
    pub async fn consistency(&self, old_size: u64) -> Result<ConsistencyProof, ClientError> {
        let query = ConsistencyQuery { log: self.log, old_size, new_size: self.frontier.size() };
        let answer = self.ask(query::LOG_CONSISTENCY, codec::encode(&query)).await?;
        ConsistencyProof::decode(&answer).map_err(|error| self.lie(LogFault::from(error)))
    }

    async fn ask(&self, path: &'static str, data: Vec<u8>) -> Result<Vec<u8>, ClientError> {
        let answer = self.node.query(Query { path, data, height: None, prove: false }).await;
        answer.map(|answer| answer.value).map_err(|error| ClientError::node(self.node.name(), error))
    }

    fn lie(&self, fault: LogFault) -> ClientError {
        ClientError::lie(self.node.name(), fault)
    }
}

/// A running sync of one log. Dropping it stops it; nothing is lost, because every page that was handed out is
/// verified and carries the frontier to go on from.
pub struct LogSync {
    log: ProvenLog,
    known: Frontier,
}

impl LogSync {
    /// How far it is.
    pub fn progress(&self) -> Progress {
        Progress { done: self.known.size(), total: self.log.frontier.size() }
    }

    /// What is known so far.
    pub fn known(&self) -> &Frontier {
        &self.known
    }

    /// The next verified page; none when everything is known. An error leaves what is known as it was, so
    /// that the call can be repeated.
    pub async fn next_page(&mut self) -> Result<Option<LogPage>, ClientError> {
        let Progress { done, total } = self.progress();
        if done == total {
            return Ok(None);
        }
        let missing = total - done;
        let count =
            u32::try_from(missing).map_or(MAX_LOG_ANSWER_ENTRIES, |left| left.min(MAX_LOG_ANSWER_ENTRIES));
        let entries = self.log.range(done, count).await?;
        let frontier = log::extend(&self.known, &entries, u64::from(count), missing)
            .map_err(|fault| self.log.lie(fault))?;
        self.verify(&frontier).await?;
        let entries = (done..).zip(entries).map(|(index, bytes)| VerifiedEntry { index, bytes }).collect();
        self.known = frontier.clone();
        Ok(Some(LogPage { entries, frontier, progress: self.progress() }))
    }

    async fn verify(&self, frontier: &Frontier) -> Result<(), ClientError> {
        let verified = if frontier.size() == self.log.frontier.size() {
            log::is_proved(frontier, &self.log.frontier)
        } else {
            let proof = self.log.consistency(frontier.size()).await?;
            log::is_beginning_of(frontier, &self.log.frontier, &proof)
        };
        verified.map_err(|fault| self.log.lie(fault))
    }
}
