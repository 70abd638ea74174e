//! Signing a proposal, and sending what was signed.

use medrec_protocol::{
    ChainIdentity, Timestamp,
    actions::Action,
    codec::List,
    payload::{GrantHandle, V1},
    share::ShareCode,
    tx::SignedTx,
};
use tokio_util::sync::CancellationToken;

use super::{LEAST_VALIDITY_SECONDS, ShareProposal, SignedShare, Unsigned};
use crate::{
    Result, Thing, Wallet, WalletError,
    store::{grants, outbox, providers},
    use_case::dispatch::Fate,
    view::{GrantOutcome, GrantProgress, PendingPurpose, ShareId, ShareOutcome},
};

impl Wallet {
    /// Signs exactly the bytes of a proposal. Nothing is sent yet.
    pub async fn sign(&self, proposal: ShareProposal) -> Result<SignedShare> {
        if self.now().plus(LEAST_VALIDITY_SECONDS) > proposal.valid_until {
            return Err(WalletError::ProposalTooOld);
        }
        let chain = self.joined().await?.chain();
        let mut signed = Vec::new();
        for unsigned in &proposal.grants {
            let tx = self.signed(unsigned, &chain).await?;
            signed.push((handle(unsigned, &tx)?, tx));
        }
        let answer = match &proposal.answer {
            Some((request, unsigned)) => {
                Some((*request, unsigned.relationship, self.signed(unsigned, &chain).await?))
            }
            None => None,
        };
        Ok(SignedShare { share: proposal.share, grantee: proposal.grantee, grants: signed, answer })
    }

    pub(super) async fn signed(&self, unsigned: &Unsigned, chain: &ChainIdentity) -> Result<SignedTx> {
        let keys = self.keys_of(unsigned, chain).await?;
        Ok(unsigned.body()?.sign(keys.signing(), chain))
    }

    /// Keeps what was signed, sends it, and waits until the ledger proves each grant; then, if a request is answered, the
    /// answer. Whatever cannot be proved now is sent again by the next sync.
    pub async fn submit(&self, share: SignedShare, cancel: CancellationToken) -> Result<ShareOutcome> {
        let now = self.now();
        let mut db = self.store.begin().await?;
        for (handle, tx) in &share.grants {
            outbox::insert(&mut db, tx, handle.relationship, PendingPurpose::Grant, now).await?;
        }
        if let Some((_, relationship, tx)) = &share.answer {
            outbox::insert(&mut db, tx, *relationship, PendingPurpose::Answer, now).await?;
        }
        db.commit().await?;
        let ids: Vec<_> = share.grants.iter().map(|(_, tx)| tx.id()).collect();
        let fates = self.dispatch(&ids, &cancel).await?;
        let mut grants = Vec::new();
        for (handle, tx) in &share.grants {
            grants.push(self.grant_outcome(handle, tx, fates.get(&tx.id()).cloned()).await?);
        }
        let answered = match &share.answer {
            Some((request, _, tx)) if grants.iter().all(|grant| grant.progress == GrantProgress::Refused) => {
                // An answer that names nothing that holds is not sent.
                let mut db = self.store.begin().await?;
                outbox::remove(&mut db, tx.id()).await?;
                db.commit().await?;
                Some((*request, GrantProgress::Refused))
            }
            Some((request, _, tx)) => {
                let fates = self.dispatch(&[tx.id()], &cancel).await?;
                let progress = fates.get(&tx.id()).map_or(GrantProgress::Waiting, |(progress, _)| *progress);
                Some((*request, progress))
            }
            None => None,
        };
        let handles = share.grants.iter().map(|(handle, _)| handle.clone()).collect();
        let mut read = self.store.read().await?;
        let grantee = providers::names(&mut read).await?.of(share.grantee);
        drop(read);
        Ok(ShareOutcome { share: share.share, grantee, grants, code: self.code_of(handles).await?, answered })
    }

    async fn grant_outcome(
        &self,
        handle: &GrantHandle,
        tx: &SignedTx,
        fate: Option<Fate>,
    ) -> Result<GrantOutcome> {
        let mut read = self.store.read().await?;
        let provider = providers::names(&mut read).await?.of(handle.publisher);
        let (progress, reason) = fate.unwrap_or((GrantProgress::Waiting, None));
        Ok(GrantOutcome { grant: handle.grant, provider, tx: tx.id(), progress, reason })
    }

    /// The code that tells the grantee of a share where its grants are. It is no key: only that provider can use it.
    pub async fn share_code(&self, share: ShareId) -> Result<String> {
        let now: Timestamp = self.now();
        let mut read = self.store.read().await?;
        let given = grants::all(&mut read).await?.into_iter();
        drop(read);
        let live = given.filter(|grant| {
            grant.share() == share && grant.revoked_at.is_none() && grant.live.not_after >= now
        });
        let handles: Vec<_> = live
            .map(|grant| GrantHandle {
                relationship: grant.relationship,
                publisher: grant.publisher,
                grant: grant.id,
                not_after: grant.live.not_after,
            })
            .collect();
        if handles.is_empty() {
            return Err(WalletError::NotFound { what: Thing::Share, text: share.to_string() });
        }
        self.code_of(handles).await
    }

    async fn code_of(&self, mut handles: Vec<GrantHandle>) -> Result<String> {
        // One share has one code, whenever it is made.
        handles.sort_by_key(|handle| (handle.relationship, handle.grant));
        let chain_id = self.joined().await?.chain().chain_id;
        let grants = List::new(handles)
            .map_err(|_| WalletError::CannotShare("it takes more permissions than fit into one code"))?;
        Ok(ShareCode { version: V1, chain_id, grants }.to_string())
    }
}

fn handle(unsigned: &Unsigned, tx: &SignedTx) -> Result<GrantHandle> {
    let [Action::Grant(action)] = tx.body.actions.as_slice() else {
        return Err(WalletError::NotReviewed("an action"));
    };
    Ok(GrantHandle {
        relationship: unsigned.relationship,
        publisher: unsigned.publisher,
        grant: action.id,
        not_after: action.not_after,
    })
}
