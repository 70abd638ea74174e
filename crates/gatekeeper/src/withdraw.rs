//! Taking a record back: published in error, or for another patient. The entry stays; no copy is released any more.

use medrec_protocol::{
    Commitment,
    actions::WithdrawRecord,
    codec::Text,
    payload::{Payload as _, V1, WithdrawalPayload},
    seal::PayloadKind,
};

use crate::{
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    patient::LocalId,
    random::os_random,
    store::{logs, outbox::Purpose, relationships},
};

impl Gatekeeper {
    /// Puts the withdrawal on the ledger and waits until it is there. The reason is for the patient. A record that was
    /// taken back before stays so.
    pub async fn withdraw(&self, patient: &LocalId, record: Commitment, reason: &Text<200>) -> Result<()> {
        if reason.as_str().trim().is_empty() {
            return Err(GatekeeperError::Input("the patient is told why: give a --reason".into()));
        }
        self.read_all_logs().await?;
        let mut tx = self.store.begin().await?;
        let mut found = None;
        for relationship in relationships::of_patient(&mut tx, patient).await? {
            if let Some(pointer) = logs::pointer(&mut tx, relationship.address, record).await? {
                found = Some((relationship.address, pointer.facts));
            }
        }
        let (relationship, facts) = found.ok_or_else(|| GatekeeperError::NoRecord(record.to_string()))?;
        if facts.withdrawn {
            return Ok(());
        }
        let (epoch, key) = relationships::key_in_force(&mut tx, relationship).await?;
        let key = key.ok_or(GatekeeperError::NoViewingKey)?;
        let payload = WithdrawalPayload { version: V1, reason: reason.clone() };
        let context = self.context(relationship, self.address.into(), PayloadKind::Withdrawal);
        let reason = payload
            .seal(&key, epoch, context, &mut os_random())
            .map_err(|error| GatekeeperError::Input(error.to_string()))?;
        let action = WithdrawRecord { relationship, entry: facts.index, reason }.into();
        let row = self.queue(&mut tx, Purpose::Withdraw, relationship, vec![action]).await?;
        tx.commit().await?;
        self.confirmed(row).await
    }
}
