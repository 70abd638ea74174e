//! What was signed and is not yet proved.

use medrec_protocol::{Timestamp, tx::TxId};

use super::share::VALIDITY_SECONDS;
use crate::{
    Result, Thing, Wallet, WalletError,
    store::{
        Connection, StoreError, outbox,
        providers::{self, Names},
        relationships,
    },
    view::{PendingState, PendingView},
};

impl Wallet {
    /// What waits for its proof, or failed.
    pub async fn pending(&self) -> Result<Vec<PendingView>> {
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        Ok(views(&mut read, &names).await?)
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
