//! Everything that is decided beside giving and stopping access: prepared, read back from the bytes, signed, sent.
//!
//! ```text
//! Act ─ compose ─► ActProposal (unsigned bytes) ─ review ─► sentences ─ carry out ─► ledger
//! ```
//!
//! As with a share, what a person reads comes from the bytes that are signed, never from the wish.

mod compose;
mod letter;
mod review;

use medrec_protocol::{Epoch, RelationshipAddress, Timestamp, ViewingKey};
use tokio_util::sync::CancellationToken;

use super::share::{LEAST_VALIDITY_SECONDS, Unsigned, sign_before};
use crate::{
    Result, Wallet, WalletError,
    store::{outbox, providers, viewing_keys},
    view::{ActOutcome, ActStep, GrantProgress, PendingPurpose},
};

/// A decision as unsigned transactions, one for each relationship.
#[derive(Debug)]
pub struct ActProposal {
    purpose: PendingPurpose,
    unsigned: Vec<Unsigned>,
    /// Viewing keys that begin with it; kept before anything is sent.
    new_keys: Vec<(RelationshipAddress, Epoch, ViewingKey)>,
    valid_until: Timestamp,
}

impl ActProposal {
    /// Last second in which it can be signed.
    pub fn sign_before(&self) -> Timestamp {
        sign_before(self.valid_until)
    }

    /// What one transaction does, for reading it once more.
    pub(crate) fn of_one(unsigned: &Unsigned, purpose: PendingPurpose) -> Result<Self> {
        let valid_until = unsigned.body()?.valid_until;
        Ok(Self { purpose, unsigned: vec![unsigned.clone()], new_keys: Vec::new(), valid_until })
    }
}

impl Wallet {
    /// Signs exactly the bytes of a proposal, sends them, and waits until the ledger proves each. What cannot be proved now is
    /// sent again by the next sync.
    pub async fn carry_out(&self, proposal: ActProposal, cancel: CancellationToken) -> Result<ActOutcome> {
        let now = self.now();
        if now.plus(LEAST_VALIDITY_SECONDS) > proposal.valid_until {
            return Err(WalletError::ProposalTooOld);
        }
        let chain = self.joined().await?.chain();
        let mut signed = Vec::new();
        for unsigned in &proposal.unsigned {
            let keys = self.keys_of(unsigned, &chain).await?;
            signed.push((unsigned, unsigned.body()?.sign(keys.signing(), &chain)));
        }
        let mut db = self.store.begin().await?;
        for (relationship, epoch, key) in &proposal.new_keys {
            viewing_keys::put_made(&mut db, *relationship, *epoch, key).await?;
        }
        for (unsigned, tx) in &signed {
            outbox::insert(&mut db, tx, unsigned.relationship, proposal.purpose, now).await?;
        }
        db.commit().await?;
        let ids: Vec<_> = signed.iter().map(|(_, tx)| tx.id()).collect();
        let mut fates = self.dispatch(&ids, &cancel).await?;
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        let steps = signed.into_iter().map(|(unsigned, tx)| {
            let (progress, reason) = fates.remove(&tx.id()).unwrap_or((GrantProgress::Waiting, None));
            ActStep { provider: names.of(unsigned.publisher), tx: tx.id(), progress, reason }
        });
        Ok(ActOutcome { steps: steps.collect() })
    }
}
