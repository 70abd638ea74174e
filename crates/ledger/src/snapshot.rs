//! The whole state in pieces, so that a new node need not execute every block since genesis. (STATE-26 to STATE-29)
//!
//! A snapshot holds all leaves, in order of their keys, and then all logs, entry by entry. Everything else follows from
//! these: the tree, whose root must be the app hash that a verified header names, and the inner nodes of the logs, whose
//! edges stand in the leaves. So whoever restores it believes nobody: a state with a leaf or an entry missing, altered,
//! doubled or added is not accepted.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use medrec_protocol::{
    Hash32,
    codec::{self, DecodeError},
    log::{Frontier, LogId},
    state::{DirectoryLeaf, RelationshipLeaf, StateKey},
};

use crate::{
    block::commit,
    error::LedgerError,
    overlay::{Delta, parse_leaf},
    storage::{Changes, Storage, TreeHead},
};

/// Rows are collected until a piece has this many bytes.
pub const PIECE_BYTES: usize = 1 << 20;
/// Longest piece in bytes: the last row of a piece may be a long one.
pub const MAX_PIECE_BYTES: usize = PIECE_BYTES + (64 << 10);
/// Leaves read from the storage at once.
const PAGE: usize = 1_000;
/// Before and behind every key.
const ALL_KEYS: (&[u8], &[u8]) = (&[], &[0xff; 8]);

/// One row of a piece.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
enum Row {
    /// Key and leaf.
    Leaf(Vec<u8>, Vec<u8>),
    /// The next entry of a log.
    Entry(LogId, Vec<u8>),
}

impl Row {
    fn bytes(&self) -> usize {
        match self {
            Self::Leaf(key, leaf) => key.len() + leaf.len() + 9,
            Self::Entry(_, entry) => entry.len() + 26,
        }
    }
}

/// Takes a snapshot: hands each piece to `keep`, cut at `piece_bytes`, at most [`PIECE_BYTES`]. The same state gives the same
/// pieces at every node.
pub fn take<E: From<LedgerError>>(
    storage: &impl Storage,
    piece_bytes: usize,
    mut keep: impl FnMut(Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let mut piece = Piece { limit: piece_bytes.min(PIECE_BYTES), ..Piece::default() };
    let mut logs = Vec::new();
    each_leaf(storage, |key, leaf| {
        if let Some((log, frontier)) = log_of(&key, &leaf)? {
            logs.push((log, frontier.size()));
        }
        piece.add(Row::Leaf(key, leaf), &mut keep)
    })?;
    for (log, size) in logs {
        for index in 0..size {
            let entry = storage.log_entry(&log, index).map_err(LedgerError::from)?;
            let entry = entry.ok_or_else(|| {
                LedgerError::Storage(crate::StorageError::Damaged(format!(
                    "entry {index} of {log:?} is missing"
                )))
            })?;
            piece.add(Row::Entry(log, entry), &mut keep)?;
        }
    }
    piece.finish(&mut keep)
}

fn each_leaf<E: From<LedgerError>>(
    storage: &impl Storage,
    mut see: impl FnMut(Vec<u8>, Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let (mut from, to) = (ALL_KEYS.0.to_vec(), ALL_KEYS.1);
    loop {
        let keys = storage.leaf_keys(&from, to, PAGE).map_err(LedgerError::from)?;
        let Some(last) = keys.last() else { return Ok(()) };
        // The least key behind the last one.
        from = [last.as_slice(), &[0]].concat();
        for key in keys {
            let leaf = storage.leaf(&key).map_err(LedgerError::from)?;
            let leaf = leaf.ok_or_else(|| {
                LedgerError::Storage(crate::StorageError::Damaged("a leaf is missing under its key".into()))
            })?;
            see(key, leaf)?;
        }
    }
}

/// The log whose edge stands in this leaf.
fn log_of(key: &[u8], leaf: &[u8]) -> Result<Option<(LogId, Frontier)>, LedgerError> {
    if key == StateKey::Directory.encode() {
        return Ok(Some((LogId::Directory, parse_leaf::<DirectoryLeaf>(key, leaf)?.log)));
    }
    let Some((b'r', address)) = key.split_first() else { return Ok(None) };
    let Ok(address) = codec::decode(address, 32) else { return Ok(None) };
    Ok(Some((LogId::Relationship(address), parse_leaf::<RelationshipLeaf>(key, leaf)?.log)))
}

#[derive(Default)]
struct Piece {
    rows: Vec<Row>,
    bytes: usize,
    limit: usize,
}

impl Piece {
    fn add<E>(&mut self, row: Row, keep: &mut impl FnMut(Vec<u8>) -> Result<(), E>) -> Result<(), E> {
        self.bytes += row.bytes();
        self.rows.push(row);
        if self.bytes >= self.limit { self.finish(keep) } else { Ok(()) }
    }

    fn finish<E>(&mut self, keep: &mut impl FnMut(Vec<u8>) -> Result<(), E>) -> Result<(), E> {
        if self.rows.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        keep(codec::encode(&std::mem::take(&mut self.rows)))
    }
}

/// Why a snapshot is not the state that it says it is.
#[derive(Debug, thiserror::Error)]
pub enum BadSnapshot {
    /// A piece is not well-formed.
    #[error("a piece of the snapshot is not well-formed: {0}")]
    Malformed(#[from] DecodeError),
    /// Rows do not come in their one order.
    #[error("the rows of the snapshot are not in order")]
    Order,
    /// A log is not the one whose edge its leaf names.
    #[error("log {0:?} is not the one that the state names")]
    Log(LogId),
    /// The state has another root.
    #[error("the snapshot gives the app hash {found}, the verified header names {expected}")]
    Root {
        /// From a verified header.
        expected: Hash32,
        /// Of the state that came.
        found: Hash32,
    },
    /// A leaf that cannot be read.
    #[error("a leaf of the snapshot cannot be read: {0}")]
    Leaf(#[source] LedgerError),
}

/// Why a restore cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The snapshot is no good; another one may be.
    #[error(transparent)]
    Bad(#[from] BadSnapshot),
    /// This node is in trouble.
    #[error(transparent)]
    Own(#[from] LedgerError),
}

/// A restore in progress, into a storage that was empty.
#[derive(Clone, Debug, Default)]
pub struct Restore {
    head: Option<TreeHead>,
    last_key: Option<Vec<u8>>,
    log: Option<(LogId, Frontier)>,
    entries: u64,
}

impl Restore {
    /// Takes the next piece. What it returns is to be written before the next one is taken. The version of the tree
    /// counts pieces; it is this node's own and stands in no hash.
    pub fn piece(&mut self, storage: &impl Storage, bytes: &[u8]) -> Result<Changes, RestoreError> {
        let rows: Vec<Row> = codec::decode(bytes, MAX_PIECE_BYTES).map_err(BadSnapshot::from)?;
        let mut done = Delta::default();
        for row in rows {
            match row {
                Row::Leaf(key, leaf) => self.leaf(key, leaf, &mut done)?,
                Row::Entry(log, entry) => self.entry(storage, &done, log, entry)?.write(&mut done),
            }
        }
        if done.leaves.is_empty() {
            let head = self.head.ok_or(BadSnapshot::Order)?;
            let Delta { log_entries, log_nodes, .. } = done;
            return Ok(Changes { log_entries, log_nodes, ..Changes::none(head) });
        }
        let changes = commit(storage, self.head, done)?;
        self.head = Some(changes.head);
        Ok(changes)
    }

    fn leaf(&mut self, key: Vec<u8>, leaf: Vec<u8>, done: &mut Delta) -> Result<(), BadSnapshot> {
        let in_order = self.last_key.as_ref().is_none_or(|last| *last < key);
        if !in_order || self.log.is_some() {
            return Err(BadSnapshot::Order);
        }
        self.last_key = Some(key.clone());
        done.leaves.insert(key, Some(leaf));
        Ok(())
    }

    fn entry(
        &mut self,
        storage: &impl Storage,
        done: &Delta,
        log: LogId,
        entry: Vec<u8>,
    ) -> Result<NewEntry, RestoreError> {
        let mut frontier = match self.log.take() {
            Some((current, frontier)) if current == log => frontier,
            Some((current, frontier)) if current < log => {
                finish_log(storage, done, current, &frontier)?;
                Frontier::default()
            }
            Some(_) => return Err(BadSnapshot::Order.into()),
            None => Frontier::default(),
        };
        // Bounds what is stored for a log that the state does not have.
        let edge = edge(storage, done, log)?;
        if edge.is_none_or(|edge| edge.size() <= frontier.size()) {
            return Err(BadSnapshot::Log(log).into());
        }
        let index = frontier.size();
        let nodes =
            frontier.append(&entry).into_iter().map(|done| ((log, done.level, done.index), done.hash));
        let nodes = nodes.collect();
        self.entries += 1;
        self.log = Some((log, frontier));
        Ok(NewEntry { place: (log, index), entry, nodes })
    }

    /// Ends the restore: the state must have this root, and each log the edge that its leaf names.
    pub fn finish(self, storage: &impl Storage, expected: Hash32) -> Result<TreeHead, RestoreError> {
        let head = self.head.ok_or(BadSnapshot::Order)?;
        if head.root != expected {
            return Err(BadSnapshot::Root { expected, found: head.root }.into());
        }
        if let Some((log, frontier)) = &self.log {
            finish_log(storage, &Delta::default(), *log, frontier)?;
        }
        let mut expected = 0;
        each_leaf::<RestoreError>(storage, |key, leaf| {
            let log = log_of(&key, &leaf).map_err(BadSnapshot::Leaf)?;
            expected += log.map_or(0, |(_, frontier)| frontier.size());
            Ok(())
        })?;
        // Each log that came is whole; so when none is missing the numbers are equal.
        if expected == self.entries { Ok(head) } else { Err(BadSnapshot::Order.into()) }
    }
}

/// An entry that was taken, and the subtrees that it finished.
struct NewEntry {
    place: (LogId, u64),
    entry: Vec<u8>,
    nodes: BTreeMap<(LogId, u8, u64), Hash32>,
}

impl NewEntry {
    fn write(self, done: &mut Delta) {
        done.log_entries.insert(self.place, self.entry);
        done.log_nodes.extend(self.nodes);
    }
}

/// A log that no more entries come for must be the one that the state names.
fn finish_log(
    storage: &impl Storage,
    done: &Delta,
    log: LogId,
    frontier: &Frontier,
) -> Result<(), RestoreError> {
    match edge(storage, done, log)? {
        Some(edge) if edge == *frontier => Ok(()),
        _ => Err(BadSnapshot::Log(log).into()),
    }
}

/// The edge of a log as its leaf names it.
fn edge(storage: &impl Storage, done: &Delta, log: LogId) -> Result<Option<Frontier>, RestoreError> {
    let key = StateKey::of_log(&log).encode();
    let leaf = match done.leaves.get(&key) {
        Some(leaf) => leaf.clone(),
        None => storage.leaf(&key).map_err(LedgerError::from)?,
    };
    let Some(leaf) = leaf else { return Ok(None) };
    Ok(log_of(&key, &leaf).map_err(BadSnapshot::Leaf)?.map(|(_, frontier)| frontier))
}
