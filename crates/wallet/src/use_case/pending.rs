//! What was signed and is not yet proved.

use medrec_protocol::{Timestamp, TxBody, state::Nonce, tx::TxId};
use tokio_util::sync::CancellationToken;

use super::share::VALIDITY_SECONDS;
use crate::{
    Result, Thing, Wallet, WalletError,
    random::os_random,
    store::{
        Connection, StoreError, outbox,
        providers::{self, Names},
        relationships,
    },
    view::{GrantProgress, PendingState, PendingView},
};

impl Wallet {
    /// What waits for its proof, or failed.
    pub async fn pending(&self) -> Result<Vec<PendingView>> {
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        Ok(views(&mut read, &names).await?)
    }

    /// Signs once more what did not happen in time or was refused, and sends it. What it does is the same, with the same ids.
    pub async fn sign_again(&self, tx: TxId, cancel: CancellationToken) -> Result<GrantProgress> {
        let mut read = self.store.read().await?;
        let absent = || WalletError::NotFound { what: Thing::Transaction, text: tx.to_string() };
        let row = outbox::get(&mut read, tx).await?.ok_or_else(absent)?;
        let relationship = relationships::get(&mut read, row.relationship).await?;
        drop(read);
        if row.state == PendingState::Waiting {
            return Err(WalletError::StillOnItsWay);
        }
        let relationship =
            relationship.ok_or(StoreError::Damaged("a transaction without its relationship"))?;
        let chain = self.joined().await?.chain();
        let keys = self.keys(&chain, &relationship).await?;
        let body = TxBody {
            nonce: Nonce::generate(&mut os_random()),
            valid_until: self.valid_until(),
            ..row.tx.body
        };
        let signed = body.sign(keys.signing(), &chain);
        let mut db = self.store.begin().await?;
        outbox::remove(&mut db, tx).await?;
        outbox::insert(&mut db, &signed, row.relationship, row.purpose, self.now()).await?;
        db.commit().await?;
        let fates = self.dispatch(&[signed.id()], &cancel).await?;
        Ok(fates.get(&signed.id()).map_or(GrantProgress::Waiting, |(progress, _)| *progress))
    }

    /// Lets go of what did not happen in time or was refused.
    pub async fn forget_pending(&self, tx: TxId) -> Result<()> {
        let mut db = self.store.begin().await?;
        let absent = || WalletError::NotFound { what: Thing::Transaction, text: tx.to_string() };
        let row = outbox::get(&mut db, tx).await?.ok_or_else(absent)?;
        if row.state == PendingState::Waiting {
            return Err(WalletError::StillOnItsWay);
        }
        outbox::remove(&mut db, tx).await?;
        Ok(db.commit().await?)
    }

    /// Until when something signed now is valid.
    pub(crate) fn valid_until(&self) -> Timestamp {
        self.now().plus(VALIDITY_SECONDS)
    }
}

pub(super) async fn views(db: &mut Connection, names: &Names) -> Result<Vec<PendingView>, StoreError> {
    let rows = outbox::all(db).await?;
    let known = relationships::all(db).await?;
    let views = rows.into_iter().filter_map(|row| {
        let relationship = known.iter().find(|known| known.address == row.relationship)?;
        Some(PendingView {
            id: row.id,
            purpose: row.purpose,
            provider: names.of(relationship.provider),
            state: row.state,
            reason: row.reason,
            valid_until: row.tx.body.valid_until,
            signed_at: row.created_at,
        })
    });
    Ok(views.collect())
}
