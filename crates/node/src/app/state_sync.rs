//! A newcomer's start from a snapshot (CometBFT v0.38, spec/p2p/legacy-docs/messages/state-sync.md). CometBFT carries the
//! pieces and verifies, with a light client of its own, which app hash the state must have.

use medrec_ledger::{
    TreeHead,
    snapshot::{Restore, RestoreError},
};
use medrec_protocol::Hash32;
use tendermint_proto::v0_38::abci::{
    self as pb, response_apply_snapshot_chunk::Result as Applied, response_offer_snapshot::Result as Offered,
};

use super::App;
use crate::{
    NodeError,
    error::lock,
    snapshots::{FORMAT, Manifest, Snapshots},
    storage::Position,
};

/// A restore in progress.
pub(super) struct Restoring {
    manifest: Manifest,
    app_hash: Hash32,
    next: u32,
    restore: Restore,
}

impl App {
    pub(super) fn list_snapshots(&self) -> pb::ResponseListSnapshots {
        let all = self.snapshots.as_ref().map(Snapshots::list).unwrap_or_default();
        let snapshot = |(manifest, metadata): (Manifest, Vec<u8>)| pb::Snapshot {
            height: manifest.height,
            format: FORMAT,
            chunks: u32::try_from(manifest.pieces.len()).unwrap_or(u32::MAX),
            hash: Hash32::plain(&metadata).as_bytes().to_vec().into(),
            metadata: metadata.into(),
        };
        pb::ResponseListSnapshots { snapshots: all.into_iter().map(snapshot).collect() }
    }

    pub(super) fn load_chunk(&self, asked: &pb::RequestLoadSnapshotChunk) -> pb::ResponseLoadSnapshotChunk {
        let here = self.snapshots.as_ref().filter(|_| asked.format == FORMAT);
        let piece = here.and_then(|snapshots| snapshots.piece(asked.height, asked.chunk));
        // An empty piece says that it is not here.
        pb::ResponseLoadSnapshotChunk { chunk: piece.unwrap_or_default().into() }
    }

    /// Takes a snapshot on, if it is one and no state stands here.
    pub(super) fn offer_snapshot(
        &self,
        offer: &pb::RequestOfferSnapshot,
    ) -> Result<pb::ResponseOfferSnapshot, NodeError> {
        let mut restoring = lock(&self.restoring)?;
        *restoring = None;
        let result = if self.store.snapshot()?.position()?.is_some() {
            Offered::Abort
        } else {
            match begin(offer) {
                Ok(begun) => {
                    self.store.clear_unfinished()?;
                    tracing::info!(height = begun.manifest.height, "a snapshot is being restored");
                    *restoring = Some(begun);
                    Offered::Accept
                }
                Err(refused) => refused,
            }
        };
        Ok(pb::ResponseOfferSnapshot { result: result.into() })
    }

    /// Takes the next piece. A piece that the manifest does not name is fetched again from another node; a snapshot whose
    /// pieces do not make the state that the verified header names is given up, and the next one is tried.
    pub(super) fn apply_chunk(
        &self,
        chunk: pb::RequestApplySnapshotChunk,
    ) -> Result<pb::ResponseApplySnapshotChunk, NodeError> {
        let mut slot = lock(&self.restoring)?;
        let Some(restoring) = slot.as_mut() else { return Ok(applied(Applied::Abort)) };
        let expected = restoring.manifest.pieces.get(restoring.next as usize);
        if chunk.index != restoring.next || expected != Some(&Hash32::plain(&chunk.chunk)) {
            tracing::warn!(
                piece = chunk.index,
                sender = chunk.sender,
                "a piece of a snapshot is not the one named"
            );
            return Ok(pb::ResponseApplySnapshotChunk {
                result: Applied::Retry.into(),
                refetch_chunks: vec![restoring.next],
                reject_senders: vec![chunk.sender],
            });
        }
        match self.take_piece(restoring, &chunk.chunk) {
            Ok(None) => Ok(applied(Applied::Accept)),
            Ok(Some((position, head))) => {
                self.store.finish_restore(position, head)?;
                tracing::info!(height = position.height, "the snapshot is restored");
                *slot = None;
                Ok(applied(Applied::Accept))
            }
            Err(Failed::Bad(error)) => {
                tracing::warn!(%error, "a snapshot is refused");
                *slot = None;
                self.store.clear_unfinished()?;
                Ok(applied(Applied::RejectSnapshot))
            }
            Err(Failed::Own(error)) => Err(error),
        }
    }

    /// Position and tree when it was the last piece.
    fn take_piece(
        &self,
        restoring: &mut Restoring,
        piece: &[u8],
    ) -> Result<Option<(Position, TreeHead)>, Failed> {
        let changes = restoring.restore.piece(&self.store.snapshot()?, piece)?;
        self.store.write_piece(&changes)?;
        restoring.next += 1;
        if (restoring.next as usize) < restoring.manifest.pieces.len() {
            return Ok(None);
        }
        let restore = std::mem::take(&mut restoring.restore);
        let head = restore.finish(&self.store.snapshot()?, restoring.app_hash)?;
        let Manifest { height, time, .. } = restoring.manifest;
        Ok(Some((Position { height, time }, head)))
    }
}

enum Failed {
    /// The snapshot's fault.
    Bad(String),
    /// This node's.
    Own(NodeError),
}

impl From<RestoreError> for Failed {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::Bad(bad) => Self::Bad(bad.to_string()),
            RestoreError::Own(own) => Self::Own(own.into()),
        }
    }
}

impl From<NodeError> for Failed {
    fn from(error: NodeError) -> Self {
        Self::Own(error)
    }
}

fn begin(offer: &pb::RequestOfferSnapshot) -> Result<Restoring, Offered> {
    let snapshot = offer.snapshot.as_ref().ok_or(Offered::Reject)?;
    if snapshot.format != FORMAT {
        return Err(Offered::RejectFormat);
    }
    let manifest = Manifest::decode(&snapshot.metadata).ok_or(Offered::Reject)?;
    let app_hash: [u8; 32] = offer.app_hash.as_ref().try_into().map_err(|_| Offered::Reject)?;
    let consistent = Hash32::plain(&snapshot.metadata).as_bytes() == snapshot.hash.as_ref()
        && manifest.height == snapshot.height
        && manifest.pieces.len() == snapshot.chunks as usize;
    if !consistent {
        return Err(Offered::Reject);
    }
    Ok(Restoring { manifest, app_hash: Hash32::new(app_hash), next: 0, restore: Restore::default() })
}

fn applied(result: Applied) -> pb::ResponseApplySnapshotChunk {
    pb::ResponseApplySnapshotChunk { result: result.into(), ..Default::default() }
}
