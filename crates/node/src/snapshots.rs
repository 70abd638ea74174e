//! Snapshots of the state for newcomers, in files: made beside the running node, every so many heights, the newest two
//! kept. (docs/spec/node.md, NODE-28)
//!
//! A snapshot's folder is named by its height and holds `manifest` and the pieces `0`, `1`, … It appears whole: it is
//! written under another name first.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use borsh::{BorshDeserialize, BorshSerialize};
use medrec_ledger::snapshot::{self, MAX_PIECE_BYTES, PIECE_BYTES};
use medrec_protocol::{Hash32, Timestamp, codec};

use crate::{
    NodeError,
    home::{at, read_at_most, write_bytes},
    storage::{Position, Snapshot, Store},
};

/// The one form of snapshots.
pub const FORMAT: u32 = 1;
/// Most pieces of a snapshot: CometBFT's own limit, and 100 GiB.
const MAX_PIECES: usize = 100_000;
/// Longest manifest in bytes.
const MAX_MANIFEST_BYTES: usize = 16 + 4 + 32 * MAX_PIECES;
const MANIFEST: &str = "manifest";
/// How many are kept: one may be in use while the next one is made.
const KEPT: usize = 2;

/// What a snapshot consists of. CometBFT carries it as the snapshot's metadata.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Manifest {
    /// The state is the one after this block.
    pub height: u64,
    /// Time of that block.
    pub time: Timestamp,
    /// SHA-256 of each piece.
    pub pieces: Vec<Hash32>,
}

impl Manifest {
    /// From outside: bounded, and not empty.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let manifest: Self = codec::decode(bytes, MAX_MANIFEST_BYTES).ok()?;
        (!manifest.pieces.is_empty() && manifest.pieces.len() <= MAX_PIECES).then_some(manifest)
    }

    /// As it is sent.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }
}

/// The snapshots of a node.
pub struct Snapshots {
    folder: PathBuf,
    interval: u64,
    busy: Arc<AtomicBool>,
}

impl Snapshots {
    /// In this folder, made every `interval` heights; 0 makes none.
    pub fn in_folder(folder: PathBuf, interval: u64) -> Result<Self, NodeError> {
        fs::create_dir_all(&folder).map_err(|source| at(&folder, source))?;
        Ok(Self { folder, interval, busy: Arc::default() })
    }

    /// Begins one when it is time, in a thread of its own. The state that it sees does not change under it.
    pub fn after_block(&self, store: &Store, position: Position) -> Result<(), NodeError> {
        let due = self.interval > 0 && position.height.is_multiple_of(self.interval);
        if !due || self.busy.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let (state, folder, busy) = (store.snapshot()?, self.folder.clone(), Arc::clone(&self.busy));
        std::thread::spawn(move || {
            match make(&folder, &state, position) {
                Ok(pieces) => tracing::info!(height = position.height, pieces, "snapshot made"),
                // The ledger goes on without it.
                Err(error) => tracing::error!(%error, "a snapshot could not be made"),
            }
            busy.store(false, Ordering::SeqCst);
        });
        Ok(())
    }

    /// The snapshots that are here, newest first, with the bytes of their manifests.
    pub fn list(&self) -> Vec<(Manifest, Vec<u8>)> {
        let heights = heights(&self.folder).unwrap_or_default();
        let read = |height: &u64| {
            let bytes = read_at_most(&self.of(*height).join(MANIFEST), MAX_MANIFEST_BYTES as u64).ok()?;
            Some((Manifest::decode(&bytes)?, bytes))
        };
        heights.iter().rev().filter_map(read).collect()
    }

    /// A piece; `None` when it is not here.
    pub fn piece(&self, height: u64, number: u32) -> Option<Vec<u8>> {
        read_at_most(&self.of(height).join(number.to_string()), MAX_PIECE_BYTES as u64).ok()
    }

    fn of(&self, height: u64) -> PathBuf {
        self.folder.join(height.to_string())
    }
}

fn heights(folder: &Path) -> io::Result<Vec<u64>> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().parse().ok()));
    let mut heights: Vec<u64> = names.collect::<io::Result<Vec<_>>>()?.into_iter().flatten().collect();
    heights.sort_unstable();
    Ok(heights)
}

fn make(folder: &Path, state: &Snapshot, position: Position) -> Result<usize, NodeError> {
    let aside = folder.join("new");
    if aside.exists() {
        fs::remove_dir_all(&aside).map_err(|source| at(&aside, source))?;
    }
    fs::create_dir(&aside).map_err(|source| at(&aside, source))?;
    let mut manifest = Manifest { height: position.height, time: position.time, pieces: Vec::new() };
    snapshot::take::<NodeError>(state, PIECE_BYTES, |piece| {
        let path = aside.join(manifest.pieces.len().to_string());
        manifest.pieces.push(Hash32::plain(&piece));
        fs::write(&path, piece).map_err(|source| at(&path, source))
    })?;
    if manifest.pieces.len() > MAX_PIECES {
        fs::remove_dir_all(&aside).map_err(|source| at(&aside, source))?;
        return Err(NodeError::Incomplete("the state is larger than a snapshot may be"));
    }
    write_bytes(&aside, MANIFEST, &manifest.encode(), 0o600)?;
    let done = folder.join(position.height.to_string());
    fs::rename(&aside, &done).map_err(|source| at(&done, source))?;
    let all = heights(folder).map_err(|source| at(folder, source))?;
    for old in &all[..all.len().saturating_sub(KEPT)] {
        let old = folder.join(old.to_string());
        fs::remove_dir_all(&old).map_err(|source| at(&old, source))?;
    }
    Ok(manifest.pieces.len())
}
