//! Getting signed transactions onto the ledger.
//!
//! The bytes are in the outbox before they are sent for the first time. They are sent, and sent again, until their effect is
//! proved; a transaction whose time is over and whose effect is not in the verified log did not happen.

use std::{collections::BTreeMap, time::Duration};

use medrec_client::{ClientError, LightClient, Patience, Snapshot};
use medrec_protocol::{
    ChainIdentity, RelationshipAddress,
    actions::Refusal,
    log::LogEntry,
    state::StateKey,
    tx::{MAX_VALIDITY_SECONDS, TxId},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    Control, Result, Wallet, WalletError,
    store::{
        StoreError, entries,
        outbox::{self, Waiting},
        relationships,
    },
    view::{GrantProgress, PendingState, SyncReport},
};

/// How long proofs are waited for, all together.
const PATIENCE: Duration = Duration::from_secs(30);
/// The same when no node took anything: it goes on by itself with the next sync.
const PATIENCE_WITHOUT_NODE: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(60);
const RESEND: Duration = Duration::from_secs(5);
/// Newest entries of one action in which the effect of a transaction is looked for.
const LOOKED_AT: u32 = 500;

/// What became of one transaction, and the ledger's or the network's words about it.
pub(crate) type Fate = (GrantProgress, Option<String>);

impl Wallet {
    /// Sends transactions that are in the outbox, in order, and waits for the proof of each. What cannot be proved now stays in
    /// the outbox; the next sync goes on with it.
    pub(crate) async fn dispatch(
        &self,
        ids: &[TxId],
        cancel: &CancellationToken,
    ) -> Result<BTreeMap<TxId, Fate>> {
        let mut fates = BTreeMap::new();
        let rows = self.outbox_rows(ids).await?;
        let mut ledger = self.ledger().await?;
        let patience = hand_in(ledger.client()?, &rows).await;
        let deadline = Instant::now() + patience;
        let now = || self.now();
        for row in rows {
            let client = ledger.client()?;
            let timeout = deadline.saturating_duration_since(Instant::now());
            let patience = Patience { timeout, poll: POLL, resend: RESEND };
            let outcome = tokio::select! {
                () = cancel.cancelled() => Err(WalletError::Cancelled),
                outcome = client.submit_and_wait(&row.tx, patience, now) => outcome.map_err(WalletError::from),
            };
            let fate = match outcome {
                Ok(committed) => {
                    self.confirm(&row, &committed.snapshot).await?;
                    (GrantProgress::OnLedger, None)
                }
                Err(error) => self.failed(&row, error).await?,
            };
            fates.insert(row.id, fate);
        }
        self.keep_head(ledger.client()?).await?;
        Ok(fates)
    }

    async fn outbox_rows(&self, ids: &[TxId]) -> Result<Vec<Waiting>> {
        let mut read = self.store.read().await?;
        let rows = outbox::all(&mut read).await?;
        Ok(rows.into_iter().filter(|row| ids.contains(&row.id)).collect())
    }

    /// The effect is proved: brings the relationship's log up to date, so that it is seen, and lets the bytes go.
    async fn confirm(&self, row: &Waiting, snapshot: &Snapshot) -> Result<()> {
        let chain = self.joined().await?.chain();
        self.sync_one(row.relationship, snapshot, &chain).await?;
        self.change_outbox(row.id, None).await
    }

    async fn sync_one(
        &self,
        relationship: RelationshipAddress,
        snapshot: &Snapshot,
        chain: &ChainIdentity,
    ) -> Result<()> {
        let mut read = self.store.read().await?;
        let row = relationships::get(&mut read, relationship).await?;
        drop(read);
        let row = row.ok_or(StoreError::Damaged("a transaction without its relationship"))?;
        let proven = snapshot.relationship(relationship).await?;
        let proven = proven.ok_or(WalletError::RelationshipGone(relationship))?;
        self.sync_log(&row, &proven, chain, &Control::default(), &mut SyncReport::default()).await
    }

    async fn failed(&self, row: &Waiting, error: WalletError) -> Result<Fate> {
        self.keep_evidence_of(&error);
        let reason = error.to_string();
        let (progress, state) = match &error {
            WalletError::Ledger(inner) => match inner.as_ref() {
                // Both say only that it may be there: the next sync looks.
                ClientError::Refused(Refusal::Replayed | Refusal::Expired) | ClientError::Lapsed { .. } => {
                    (GrantProgress::Waiting, PendingState::Waiting)
                }
                ClientError::Refused(_) | ClientError::RefusedByUnknownRule { .. } => {
                    (GrantProgress::Refused, PendingState::Refused)
                }
                _ => (GrantProgress::Waiting, PendingState::Waiting),
            },
            WalletError::Cancelled => (GrantProgress::Waiting, PendingState::Waiting),
            _ => return Err(error),
        };
        self.change_outbox(row.id, Some((state, &reason))).await?;
        Ok((progress, Some(reason)))
    }

    async fn change_outbox(&self, id: TxId, state: Option<(PendingState, &str)>) -> Result<()> {
        let mut tx = self.store.begin().await?;
        match state {
            Some((state, reason)) => outbox::set_state(&mut tx, id, state, Some(reason)).await?,
            None => outbox::remove(&mut tx, id).await?,
        }
        Ok(tx.commit().await?)
    }

    /// Resolves what waits, after every log was brought up to date under `snapshot`. Gives how many are proved.
    pub(crate) async fn settle(&self, client: &LightClient, snapshot: &Snapshot) -> Result<u64> {
        let mut read = self.store.read().await?;
        let rows = outbox::all(&mut read).await?;
        drop(read);
        let mut confirmed = 0;
        for row in &rows {
            confirmed += u64::from(self.settle_one(row, client, snapshot).await?);
        }
        Ok(confirmed)
    }

    async fn settle_one(&self, row: &Waiting, client: &LightClient, snapshot: &Snapshot) -> Result<bool> {
        let body = &row.tx.body;
        let seen = StateKey::SeenNonce(body.valid_until, body.signer, body.nonce);
        if self.is_done(row).await? || snapshot.leaf(seen).await?.is_some() {
            self.change_outbox(row.id, None).await?;
            return Ok(true);
        }
        if row.state == PendingState::Refused {
            // A node's word alone: it stays refused, unless the ledger proves otherwise above.
            return Ok(false);
        }
        if snapshot.head().time > body.valid_until {
            // A header past its time, and no effect in the log under it: it cannot happen any more.
            let reason = "The ledger did not take it in time.";
            self.change_outbox(row.id, Some((PendingState::Lapsed, reason))).await?;
        } else if let Err(error) = client.submit(&row.tx).await {
            self.note_problem(row, error).await?;
        }
        Ok(false)
    }

    async fn note_problem(&self, row: &Waiting, error: ClientError) -> Result<()> {
        let state = match &error {
            ClientError::Refused(Refusal::Replayed | Refusal::Expired) => return Ok(()),
            ClientError::Refused(_) | ClientError::RefusedByUnknownRule { .. } => PendingState::Refused,
            _ => PendingState::Waiting,
        };
        self.change_outbox(row.id, Some((state, &error.to_string()))).await
    }

    /// True when the verified log has everything that the transaction does.
    async fn is_done(&self, row: &Waiting) -> Result<bool> {
        let mut read = self.store.read().await?;
        let body = &row.tx.body;
        for action in body.actions.as_slice() {
            let entries = entries::by_action(&mut read, row.relationship, action.name(), LOOKED_AT).await?;
            // An unsealed action may have been made before in the same words: its time tells.
            let earliest = body.valid_until.seconds().saturating_sub(MAX_VALIDITY_SECONDS);
            let own = |entry: &LogEntry| {
                entry.action == *action
                    && entry.signer == body.signer
                    && (earliest..=body.valid_until.seconds()).contains(&entry.time.seconds())
            };
            if !entries.iter().any(|(_, entry)| own(entry)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Sends all at once, so that one block can take them; what is not taken here is sent again while its proof is waited for.
async fn hand_in(client: &LightClient, rows: &[Waiting]) -> Duration {
    let mut heard = rows.is_empty();
    for row in rows {
        match client.submit(&row.tx).await {
            Ok(_) => heard = true,
            Err(error) => {
                heard |= !error.is_unreachable();
                tracing::debug!(%error, "a transaction was not taken at once");
            }
        }
    }
    if heard { PATIENCE } else { PATIENCE_WITHOUT_NODE }
}
