//! Signing once more what did not happen: propose → review → sign, as for everything else that is signed.
//!
//! What it does is the same, with the same ids; nonce and time of validity are new. So the review is made anew as well, from
//! the bytes that would be signed now.

use std::collections::BTreeMap;

use medrec_protocol::{
    Timestamp, TxBody,
    actions::{Action, Revoke},
    codec,
    payload::AnswerPayload,
    state::Nonce,
    tx::TxId,
};
use tokio_util::sync::CancellationToken;

use super::{LEAST_VALIDITY_SECONDS, ShareProposal, Unsigned, review::detail, sign_before};
use crate::{
    Result, Thing, Wallet, WalletError,
    random::os_random,
    sentences,
    store::{
        Connection, StoreError,
        grants::{self, Given},
        outbox, providers, relationships,
    },
    use_case::acts::ActProposal,
    view::{GrantProgress, PendingPurpose, PendingState, Review, ShareId},
};

/// Something that did not happen, prepared to be signed once more. Only [`Wallet::sign_again`] makes a signature of it.
#[derive(Debug)]
pub struct AgainProposal {
    failed: TxId,
    purpose: PendingPurpose,
    unsigned: Unsigned,
    valid_until: Timestamp,
}

impl AgainProposal {
    /// After this second it cannot be signed any more.
    pub fn sign_before(&self) -> Timestamp {
        sign_before(self.valid_until)
    }
}

impl Wallet {
    /// Prepares signing once more what did not happen in time or was refused. Nothing is signed or sent.
    pub async fn propose_again(&self, tx: TxId) -> Result<AgainProposal> {
        let mut read = self.store.read().await?;
        let row = failed(&mut read, tx).await?;
        let relationship = relationships::get(&mut read, row.relationship).await?;
        drop(read);
        let relationship =
            relationship.ok_or(StoreError::Damaged("a transaction without its relationship"))?;
        let valid_until = self.valid_until();
        let body = TxBody { nonce: Nonce::generate(&mut os_random()), valid_until, ..row.tx.body };
        let unsigned = Unsigned {
            relationship: relationship.address,
            publisher: relationship.provider,
            bytes: codec::encode(&body),
        };
        Ok(AgainProposal { failed: tx, purpose: row.purpose, unsigned, valid_until })
    }

    /// What a proposal means, read back from its bytes.
    pub async fn review_again(&self, proposal: &AgainProposal) -> Result<Review> {
        match proposal.unsigned.body()?.actions.as_slice() {
            [Action::Grant(_)] => self.review_grant(proposal).await,
            [Action::AnswerRequest(_)] => self.review_answer(proposal).await,
            actions @ [Action::Revoke(_) | Action::RevokeAll(_), ..] => {
                self.review_revocations(proposal, actions).await
            }
            _ => self.review_act(&ActProposal::of_one(&proposal.unsigned, proposal.purpose)?).await,
        }
    }

    async fn review_grant(&self, proposal: &AgainProposal) -> Result<Review> {
        let chain = self.joined().await?.chain();
        let (read_back, _) = self.read_grant(&proposal.unsigned, &chain).await?;
        let share = ShareProposal {
            share: ShareId(read_back.terms.share),
            grantee: read_back.terms.grantee,
            grants: vec![proposal.unsigned.clone()],
            answer: None,
            skipped: Vec::new(),
            valid_until: proposal.valid_until,
        };
        self.review(&share).await
    }

    async fn review_answer(&self, proposal: &AgainProposal) -> Result<Review> {
        let chain = self.joined().await?.chain();
        let ((_, payload), detail) = self.read_answer(&proposal.unsigned, &chain).await?;
        let mut read = self.store.read().await?;
        let who = providers::names(&mut read).await?.of(proposal.unsigned.publisher).to_string();
        let allowed = matches!(payload, AnswerPayload::Allowed(_));
        let (title, sentences) = sentences::answer_again(self.language(), &who, allowed);
        Ok(Review { title, sentences, opens: Vec::new(), skipped: Vec::new(), details: vec![detail] })
    }

    async fn review_revocations(&self, proposal: &AgainProposal, actions: &[Action]) -> Result<Review> {
        let unsigned = &proposal.unsigned;
        let chain = self.joined().await?.chain();
        self.check_signer(unsigned, &chain).await?;
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        let given = grants::all(&mut read).await?;
        let (mut concerned, mut lines) = (BTreeMap::new(), Vec::new());
        let named = |given: &'_ Given| (given.relationship, given.id);
        for action in actions {
            match action {
                Action::Revoke(Revoke { relationship, grant, .. }) => {
                    let same = |given: &&Given| given.id == *grant && given.relationship == *relationship;
                    let known = given.iter().find(same);
                    // Beside the end of all, it may name what the ledger never had.
                    if known.is_none() && !matches!(actions, [Action::RevokeAll(_), ..]) {
                        return Err(WalletError::NotReviewed("the permission"));
                    }
                    concerned.extend(known.map(|known| (named(known), known)));
                    lines.push(format!("{} {grant}", action.name()));
                }
                Action::RevokeAll(all) => {
                    let now = self.now();
                    let holds = |given: &&Given| given.revoked_at.is_none() && given.live.not_after >= now;
                    let there = |given: &&Given| given.relationship == all.relationship && holds(given);
                    concerned.extend(given.iter().filter(there).map(|known| (named(known), known)));
                    lines.push(action.name().to_owned());
                }
                _ => return Err(WalletError::NotReviewed("an action")),
            }
        }
        if concerned.is_empty() {
            return Err(WalletError::NothingToStop);
        }
        let (mut who, mut copies, mut last) = (Vec::new(), 0, None);
        for known in concerned.into_values() {
            let name = names.of(known.terms.grantee).to_string();
            if !who.contains(&name) {
                who.push(name);
            }
            copies += known.copies;
            last = last.max(known.last_used);
        }
        let (title, sentences) = sentences::stop_again(self.language(), &who, copies, last);
        let details = vec![detail(unsigned, lines, proposal.valid_until)];
        Ok(Review { title, sentences, opens: Vec::new(), skipped: Vec::new(), details })
    }

    /// Signs exactly the bytes of a proposal, in place of what failed, sends them, and waits until the ledger proves it.
    /// Whatever cannot be proved now is sent again by the next sync.
    pub async fn sign_again(
        &self,
        proposal: AgainProposal,
        cancel: CancellationToken,
    ) -> Result<GrantProgress> {
        if self.now().plus(LEAST_VALIDITY_SECONDS) > proposal.valid_until {
            return Err(WalletError::ProposalTooOld);
        }
        let chain = self.joined().await?.chain();
        let signed = self.signed(&proposal.unsigned, &chain).await?;
        let relationship = proposal.unsigned.relationship;
        let mut db = self.store.begin().await?;
        failed(&mut db, proposal.failed).await?;
        outbox::remove(&mut db, proposal.failed).await?;
        outbox::insert(&mut db, &signed, relationship, proposal.purpose, self.now()).await?;
        db.commit().await?;
        let fates = self.dispatch(&[signed.id()], &cancel).await?;
        Ok(fates.get(&signed.id()).map_or(GrantProgress::Waiting, |(progress, _)| *progress))
    }
}

/// A transaction that did not happen and cannot happen by itself any more.
async fn failed(db: &mut Connection, tx: TxId) -> Result<outbox::Waiting> {
    let absent = || WalletError::NotFound { what: Thing::Transaction, text: tx.to_string() };
    let row = outbox::get(db, tx).await?.ok_or_else(absent)?;
    if row.state == PendingState::Waiting {
        return Err(WalletError::StillOnItsWay);
    }
    Ok(row)
}
