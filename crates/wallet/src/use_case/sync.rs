//! Bringing everything up to date with the ledger, verified.
//!
//! One header for all: the newest is verified, then the directory, each relationship's leaf and log are read under it. Each
//! page of a log is written with the frontier after it in one transaction, so a sync that is stopped or killed goes on where
//! it was. With nothing new it costs one proof for each relationship.

use std::time::Instant;

use futures::{StreamExt, TryStreamExt, stream};
use medrec_client::{Freshness, ProvenRelationship, Snapshot, network::MAX_NODES};
use medrec_protocol::{
    ChainIdentity,
    log::{DirectoryEvent, LogId},
    state::{Activation, RelationshipLeaf},
};

use super::{agents::Page, book::Book, ledger::witnesses};
use tokio_util::sync::CancellationToken;

use crate::{
    Control, Result, Wallet, WalletError,
    store::{
        Connection, StoreError, logs, network, providers,
        relationships::{self, Relationship},
    },
    view::{RelationshipState, SyncProgress, SyncReport},
    wallet::Acting,
};

/// Leaves that are asked for at the same time.
const AT_ONCE: usize = 8;

fn finished(mut report: SyncReport, began: Instant) -> SyncReport {
    report.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    report
}

impl Wallet {
    /// Brings everything up to date. When it is stopped, what was verified so far is kept. A node that fails on the way is
    /// named in the report and the next one asked, each once at most.
    pub async fn sync(&self, control: Control<SyncProgress>) -> Result<SyncReport> {
        let began = Instant::now();
        let mut report = SyncReport { notices: self.notices(), ..SyncReport::default() };
        for _ in 1..MAX_NODES {
            match self.sync_through_one(&control, &mut report).await {
                Err(error) if self.set_aside(&error).await => {
                    tracing::warn!(%error, "going on with the next node");
                }
                outcome => return outcome.map(|()| finished(report, began)),
            }
        }
        self.sync_through_one(&control, &mut report).await.map(|()| finished(report, began))
    }

    async fn sync_through_one(&self, control: &Control<SyncProgress>, report: &mut SyncReport) -> Result<()> {
        control.tell(SyncProgress::Head);
        let mut ledger = self.ledger().await?;
        let update = tokio::select! {
            () = control.cancel.cancelled() => return Err(WalletError::Cancelled),
            update = self.advance(&mut ledger) => update?,
        };
        let snapshot = ledger.client()?.snapshot()?;
        report.height = update.head.height.get();
        report.head_time = update.head.time.seconds();
        report.stale_seconds = match update.head.freshness(self.now()) {
            Freshness::Fresh => None,
            Freshness::Stale { seconds } => Some(seconds),
        };
        report.witnesses = witnesses(std::mem::take(&mut report.witnesses), &update);
        report.relationships = 0;
        let joined = self.joined().await?;
        let chain = joined.chain();
        self.sync_directory(&snapshot, control, report).await?;
        self.resume_enrolments(&snapshot, &chain, report).await?;
        if let Acting::Helping { offer } = self.acting {
            self.look_for_appointments(offer, &snapshot, &chain).await?;
        } else if let Some(from) = joined.scan_from {
            report.restored += self.look_for_relationships(from, &snapshot, &chain, control).await?;
            self.look_for_offers(&snapshot, &chain, control).await?;
        }
        if !self.is_helping() {
            report.restored += self.look_for_take_overs(&snapshot, &chain).await?;
        }
        self.sync_relationships(&snapshot, &chain, control, report).await?;
        control.tell(SyncProgress::Settling);
        report.confirmed += self.settle(ledger.client()?, &snapshot).await?;
        drop(ledger);
        if !self.is_helping() {
            self.finish_new_words().await?;
            self.show_life_where_needed().await?;
        }
        report.pending = self.pending().await?;
        let mut tx = self.store.begin().await?;
        network::set_checked(&mut tx, self.now()).await?;
        Ok(tx.commit().await?)
    }

    async fn sync_directory(
        &self,
        snapshot: &Snapshot,
        control: &Control<SyncProgress>,
        report: &mut SyncReport,
    ) -> Result<()> {
        let mut read = self.store.read().await?;
        let known = logs::frontier(&mut read, LogId::Directory).await?;
        drop(read);
        let mut sync = snapshot.directory().await?.log().sync(known)?;
        while let Some(page) = sync.next_page().await? {
            let mut tx = self.store.begin().await?;
            for entry in &page.entries {
                match entry.directory() {
                    Ok(entry) => keep_directory(&mut tx, entry.event, report).await?,
                    Err(error) => {
                        tracing::warn!(index = entry.index, %error, "an entry of the directory cannot be read");
                        report.unreadable += 1;
                    }
                }
            }
            logs::set_frontier(&mut tx, LogId::Directory, &page.frontier).await?;
            tx.commit().await?;
            let (done, total) = (page.progress.done, page.progress.total);
            control.tell(SyncProgress::Directory { done, total });
            control.go_on()?;
        }
        Ok(())
    }

    /// An open wallet is a sign of life: one that is due is sent, at most one in each check, so that accounts cannot be told to
    /// belong together by it. It is due when a quarter of a silence has passed.
    async fn show_life_where_needed(&self) -> Result<()> {
        let chain = self.joined().await?.chain();
        let now = self.now();
        let due = |leaf: &RelationshipLeaf| {
            leaf.closed.is_none()
                && leaf.delegations.values().any(|delegation| match delegation.activation {
                    Activation::AfterSilence(seconds) => {
                        now.seconds() >= leaf.seen.plus(u64::from(seconds) / 4).seconds()
                    }
                    _ => false,
                })
        };
        for row in self.relationships().await? {
            let Some(leaf) = row.leaf.as_ref().map(|leaf| leaf.settled(now)).filter(due) else { continue };
            let keys = self.keys(&chain, &row).await?;
            let proposal = self.propose_life(&Page { row, leaf, keys })?;
            self.carry_out(proposal, CancellationToken::new()).await?;
            break;
        }
        Ok(())
    }

    async fn resume_enrolments(
        &self,
        snapshot: &Snapshot,
        chain: &ChainIdentity,
        report: &mut SyncReport,
    ) -> Result<()> {
        for row in self.relationships().await? {
            if row.state == RelationshipState::Open {
                continue;
            }
            match self.resume_enrolment(&row, snapshot, chain).await? {
                Some(Ok(provider)) => report.enrolled.push(provider),
                Some(Err(reason)) => report.enrolments_refused.push(reason),
                None => {}
            }
        }
        Ok(())
    }

    pub(crate) async fn relationships(&self) -> Result<Vec<Relationship>> {
        let mut read = self.store.read().await?;
        Ok(relationships::all(&mut read).await?)
    }

    /// Leaves first, several at a time; then the logs that have grown, one after the other.
    async fn sync_relationships(
        &self,
        snapshot: &Snapshot,
        chain: &ChainIdentity,
        control: &Control<SyncProgress>,
        report: &mut SyncReport,
    ) -> Result<()> {
        let open = self.relationships().await?.into_iter().filter(|row| row.state == RelationshipState::Open);
        let proved = stream::iter(open).map(|row| async {
            control.go_on()?;
            let proven = snapshot.relationship(row.address).await?;
            let proven = proven.ok_or(WalletError::RelationshipGone(row.address))?;
            Ok::<_, WalletError>((row, proven))
        });
        let proved: Vec<_> = proved.buffered(AT_ONCE).try_collect().await?;
        for (row, proven) in proved {
            report.relationships += 1;
            self.sync_log(&row, &proven, chain, control, report).await?;
        }
        Ok(())
    }

    /// Brings one relationship up to date under a snapshot.
    pub(crate) async fn sync_log(
        &self,
        row: &Relationship,
        proven: &ProvenRelationship,
        chain: &ChainIdentity,
        control: &Control<SyncProgress>,
        report: &mut SyncReport,
    ) -> Result<()> {
        let log = LogId::Relationship(row.address);
        let mut read = self.store.read().await?;
        let known = logs::frontier(&mut read, log).await?;
        if row.leaf.as_ref() == Some(&proven.leaf) && known == proven.leaf.log {
            return Ok(());
        }
        let provider = providers::names(&mut read).await?.of(row.provider);
        drop(read);
        if !self.follow_viewing_key(row, proven, &known, chain).await? {
            report.waiting_for_keys += 1;
            return self.keep_leaf(row, proven).await;
        }
        let keys = self.keys(chain, row).await?;
        let provider_words = format!("{} {}", provider.name, provider.place);
        let book = Book {
            chain,
            relationship: row.address,
            provider: row.provider,
            provider_words: &provider_words,
            keys: &keys,
        };
        let mut sync = proven.log().sync(known)?;
        while let Some(page) = sync.next_page().await? {
            let mut tx = self.store.begin().await?;
            for entry in &page.entries {
                book.keep(&mut tx, entry, report).await?;
            }
            logs::set_frontier(&mut tx, log, &page.frontier).await?;
            tx.commit().await?;
            let (done, total) = (page.progress.done, page.progress.total);
            control.tell(SyncProgress::Relationship { provider: provider.to_string(), done, total });
            control.go_on()?;
        }
        self.keep_leaf(row, proven).await
    }

    async fn keep_leaf(&self, row: &Relationship, proven: &ProvenRelationship) -> Result<()> {
        if row.leaf.as_ref() != Some(&proven.leaf) {
            let mut tx = self.store.begin().await?;
            relationships::set_leaf(&mut tx, row.address, &proven.leaf).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

async fn keep_directory(
    db: &mut Connection,
    event: DirectoryEvent,
    report: &mut SyncReport,
) -> Result<(), StoreError> {
    match event {
        DirectoryEvent::Admitted(provider) => {
            report.new_providers += u64::from(providers::put(db, provider.address(), &provider).await?);
        }
        DirectoryEvent::Updated { address, provider } => {
            providers::put(db, address, &provider).await?;
        }
        DirectoryEvent::Standing { address, standing } => {
            providers::set_standing(db, address, standing).await?;
        }
        DirectoryEvent::EmergencyRole { address, emergency } => {
            providers::set_emergency(db, address, emergency).await?;
        }
        // How the consortium decides is not the patient's to follow; what it decided is above.
        DirectoryEvent::Proposed { .. }
        | DirectoryEvent::Voted { .. }
        | DirectoryEvent::MemberAdmitted(_)
        | DirectoryEvent::MemberRemoved(_)
        | DirectoryEvent::Validator { .. } => {}
    }
    Ok(())
}
