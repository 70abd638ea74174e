//! Stopping access. It is signed and sent at once: stopping needs no second thought.
//!
//! Single permissions are named one by one. When everything is stopped, each relationship gets one `revoke_all` instead,
//! which also ends what a delegate gave meanwhile. It ends only what the ledger has: permissions that wait to be sent are
//! named beside it, so that they never begin.

use std::collections::{BTreeMap, BTreeSet};

use medrec_protocol::{
    ChainIdentity, Epoch, RelationshipAddress, Sealed, Timestamp, TxBody,
    actions::{Action, Revoke, RevokeAll},
    codec::{List, Text},
    payload::{Payload as _, RevocationNote, V1},
    state::Nonce,
    tx::{MAX_ACTIONS, SignedTx},
};
use tokio_util::sync::CancellationToken;

use super::share::leaf_of;
use crate::{
    Result, Thing, Wallet, WalletError,
    keys::RelationshipKeys,
    random::os_random,
    sentences,
    store::{
        StoreError,
        grants::{self, Given},
        listing::IdColumn,
        outbox, providers, relationships,
    },
    use_case::dispatch::Fate,
    view::{GrantOutcome, GrantProgress, PendingPurpose, PendingState, ShareId, StopOutcome, StopTarget},
};

/// Most revocations in one transaction: with the largest note they stay below the ledger's limit of 64 KiB.
const AT_ONCE: usize = if MAX_ACTIONS < 100 { MAX_ACTIONS } else { 100 };

/// The relationship in which something is stopped.
struct Stopping {
    chain: ChainIdentity,
    relationship: RelationshipAddress,
    epoch: Epoch,
    keys: RelationshipKeys,
}

impl Stopping {
    /// Stopping waits for no key: where the one in force is not here yet, nothing is said, under the newest that is here.
    fn seal(&self, note: &RevocationNote) -> Result<Sealed> {
        let context = self.keys.context(&self.chain, self.relationship);
        if let Some(key) = self.keys.viewing(self.epoch) {
            return Ok(note.seal(key, self.epoch, context, &mut os_random())?);
        }
        let (epoch, key) = self.keys.newest_viewing().ok_or(WalletError::KeyMissing)?;
        let silent = RevocationNote { version: V1, note: Text::default() };
        Ok(silent.seal(key, epoch, context, &mut os_random())?)
    }

    fn sign(&self, actions: Vec<Action>, valid_until: Timestamp) -> Result<SignedTx> {
        let body = TxBody {
            signer: self.keys.signer(),
            nonce: Nonce::generate(&mut os_random()),
            valid_until,
            actions: List::new(actions)?,
        };
        Ok(body.sign(self.keys.signing(), &self.chain))
    }
}

impl Wallet {
    /// Stops what `target` names, and tells what cannot be taken back. Grants that are over or stopped already are left out.
    pub async fn stop(
        &self,
        target: StopTarget,
        note: &str,
        cancel: CancellationToken,
    ) -> Result<StopOutcome> {
        let note = RevocationNote { version: V1, note: Text::new(note.trim())? };
        let grants = self.stoppable(target).await?;
        let mut by_relationship: BTreeMap<RelationshipAddress, Vec<&Given>> = BTreeMap::new();
        for grant in &grants {
            by_relationship.entry(grant.relationship).or_default().push(grant);
        }
        let mut signed = Vec::new();
        for (relationship, grants) in by_relationship {
            if target == StopTarget::Everything {
                signed.push((self.end_of_all(relationship, &note).await?, grants));
                continue;
            }
            for part in grants.chunks(AT_ONCE) {
                signed.push((self.revocations(relationship, part, &note).await?, part.to_vec()));
            }
        }
        let now = self.now();
        let mut db = self.store.begin().await?;
        for (tx, part) in &signed {
            let relationship = part.first().map(|grant| grant.relationship);
            let relationship = relationship.ok_or(WalletError::Internal("a revocation"))?;
            outbox::insert(&mut db, tx, relationship, PendingPurpose::Revoke, now).await?;
        }
        db.commit().await?;
        let ids: Vec<_> = signed.iter().map(|(tx, _)| tx.id()).collect();
        let fates = self.dispatch(&ids, &cancel).await?;
        let fate = |tx: &SignedTx| fates.get(&tx.id()).cloned().unwrap_or((GrantProgress::Waiting, None));
        self.stop_outcome(signed.iter().map(|(tx, part)| (tx, part.as_slice(), fate(tx)))).await
    }

    async fn stoppable(&self, target: StopTarget) -> Result<Vec<Given>> {
        let now = self.now();
        let mut read = self.store.read().await?;
        let mut grants = grants::all(&mut read).await?;
        grants.retain(|grant| match target {
            StopTarget::Grant(id) => grant.id == id,
            StopTarget::Share(share) => grant.share() == share,
            StopTarget::Provider(grantee) => grant.terms.grantee == grantee,
            StopTarget::Everything => true,
        });
        let known = !grants.is_empty();
        grants.retain(|grant| grant.revoked_at.is_none() && grant.live.not_after >= now);
        let (what, text) = match target {
            StopTarget::Grant(id) => (Thing::Grant, id.to_string()),
            StopTarget::Share(share) => (Thing::Share, share.to_string()),
            StopTarget::Provider(grantee) => (Thing::Grant, grantee.to_string()),
            StopTarget::Everything => (Thing::Grant, "nothing is shared".to_owned()),
        };
        match (grants.is_empty(), known) {
            (true, true) => Err(WalletError::NothingToStop),
            (true, false) => Err(WalletError::NotFound { what, text }),
            _ => Ok(grants),
        }
    }

    async fn revocations(
        &self,
        relationship: RelationshipAddress,
        grants: &[&Given],
        note: &RevocationNote,
    ) -> Result<SignedTx> {
        let stopping = self.stopping(relationship).await?;
        let mut actions = Vec::new();
        for grant in grants {
            let note = stopping.seal(note)?;
            actions.push(Revoke { relationship, grant: grant.id, note }.into());
        }
        stopping.sign(actions, self.valid_until())
    }

    async fn end_of_all(&self, relationship: RelationshipAddress, note: &RevocationNote) -> Result<SignedTx> {
        let stopping = self.stopping(relationship).await?;
        let mut read = self.store.read().await?;
        let waiting = outbox::all(&mut read).await?;
        drop(read);
        let mut actions = vec![RevokeAll { relationship, note: stopping.seal(note)? }.into()];
        let waiting = waiting.iter().filter(|row| row.state == PendingState::Waiting);
        for action in waiting.flat_map(|row| row.tx.body.actions.as_slice()) {
            match action {
                Action::Grant(grant) if grant.relationship == relationship => {
                    actions.push(Revoke { relationship, grant: grant.id, note: stopping.seal(note)? }.into());
                }
                _ => {}
            }
        }
        // Nobody signs so many within the minutes for which they are valid.
        actions.truncate(AT_ONCE);
        stopping.sign(actions, self.valid_until())
    }

    async fn stopping(&self, relationship: RelationshipAddress) -> Result<Stopping> {
        let chain = self.joined().await?.chain();
        let mut read = self.store.read().await?;
        let row = relationships::get(&mut read, relationship).await?;
        drop(read);
        let row = row.ok_or(StoreError::Damaged("a permission without its relationship"))?;
        let keys = self.keys(&chain, &row).await?;
        Ok(Stopping { chain, relationship, epoch: leaf_of(&row)?.epoch, keys })
    }

    async fn stop_outcome<'a>(
        &self,
        stopped: impl Iterator<Item = (&'a SignedTx, &'a [&'a Given], Fate)>,
    ) -> Result<StopOutcome> {
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        // Copies may have been taken until the very end: the log is up to date now.
        let newest = grants::all(&mut read).await?;
        let (mut outcomes, mut who, mut copies, mut last, mut waiting) =
            (Vec::new(), BTreeSet::new(), 0, None, 0);
        for (tx, part, (progress, reason)) in stopped {
            waiting += u64::from(progress != GrantProgress::OnLedger);
            for grant in part {
                let same = |other: &&Given| other.id == grant.id && other.relationship == grant.relationship;
                let now = newest.iter().find(same).unwrap_or(grant);
                copies += now.copies;
                last = last.max(now.last_used);
                who.insert(names.of(grant.terms.grantee).to_string());
                outcomes.push(GrantOutcome {
                    grant: grant.id,
                    provider: names.of(grant.publisher),
                    tx: tx.id(),
                    progress,
                    reason: reason.clone(),
                });
            }
        }
        let who: Vec<_> = who.into_iter().collect();
        let sentences = sentences::stopped(self.language(), &who, copies, last, waiting);
        Ok(StopOutcome { grants: outcomes, copies_taken: copies, last_copy_at: last, sentences })
    }

    /// The grant whose id begins with `text`, at least four digits of it.
    pub async fn find_grant(&self, text: &str) -> Result<medrec_protocol::state::GrantId> {
        self.id_with_prefix(IdColumn::Grant, Thing::Grant, text).await
    }

    /// The share whose id begins with `text`, at least four digits of it.
    pub async fn find_share(&self, text: &str) -> Result<ShareId> {
        self.id_with_prefix(IdColumn::Share, Thing::Share, text).await
    }
}
