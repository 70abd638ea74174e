//! Stopping access. It is signed and sent at once: stopping needs no second thought.

use std::collections::{BTreeMap, BTreeSet};

use medrec_protocol::{
    RelationshipAddress, TxBody,
    actions::{Action, Revoke},
    codec::{List, Text},
    payload::{Payload as _, RevocationNote, V1},
    state::Nonce,
    tx::{MAX_ACTIONS, SignedTx},
};
use tokio_util::sync::CancellationToken;

use super::share::leaf_of;
use crate::{
    Result, Thing, Wallet, WalletError,
    random::os_random,
    sentences,
    store::{
        StoreError,
        grants::{self, Given},
        listing::IdColumn,
        outbox, providers, relationships,
    },
    use_case::dispatch::Fate,
    view::{GrantOutcome, GrantProgress, PendingPurpose, ShareId, StopOutcome, StopTarget},
};

/// Most revocations in one transaction: with the largest note they stay below the ledger's limit of 64 KiB.
const AT_ONCE: usize = if MAX_ACTIONS < 100 { MAX_ACTIONS } else { 100 };

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
        for (relationship, grants) in &by_relationship {
            for part in grants.chunks(AT_ONCE) {
                signed.push((self.revocation(*relationship, part, &note).await?, part.to_vec()));
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

    async fn revocation(
        &self,
        relationship: RelationshipAddress,
        grants: &[&Given],
        note: &RevocationNote,
    ) -> Result<SignedTx> {
        let chain = self.joined().await?.chain();
        let mut read = self.store.read().await?;
        let row = relationships::get(&mut read, relationship).await?;
        drop(read);
        let row = row.ok_or(StoreError::Damaged("a permission without its relationship"))?;
        let epoch = leaf_of(&row)?.epoch;
        let keys = self.keys(&chain, &row).await?;
        let viewing = keys.must_view(epoch)?;
        let mut actions = Vec::new();
        for grant in grants {
            let context = keys.context(&chain, relationship);
            let note = note.seal(viewing, epoch, context, &mut os_random())?;
            actions.push(Action::from(Revoke { relationship, grant: grant.id, note }));
        }
        let body = TxBody {
            signer: keys.signer(),
            nonce: Nonce::generate(&mut os_random()),
            valid_until: self.valid_until(),
            actions: List::new(actions)?,
        };
        Ok(body.sign(keys.signing(), &chain))
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
