//! Asking an own patient for access to records elsewhere.

use std::time::Duration;

use medrec_protocol::{
    actions::RequestAccess,
    codec::Text,
    payload::{FutureRecords, Payload as _, Purpose, RequestPayload, V1},
    record::RecordKinds,
    seal::PayloadKind,
    state::RequestId,
};
use tokio::time::{Instant, sleep};

use crate::{
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    patient::LocalId,
    random::os_random,
    store::{
        outbox::{self, Fate},
        relationships::{self, Relationship},
        requests,
    },
};

/// How long a request can be answered, in seconds: 30 days.
const ANSWER_SECONDS: u64 = 30 * 86_400;
/// Longest access that can be asked for, in days.
const MAX_DAYS: u16 = 3650;
/// How long a command waits for the ledger.
const PATIENCE: Duration = Duration::from_secs(45);
/// How often it looks.
const POLL: Duration = Duration::from_millis(250);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The patient.
    pub patient: LocalId,
    /// Kinds of records; empty means everything.
    pub kinds: RecordKinds,
    /// Records published later, too?
    pub future: FutureRecords,
    /// For how many days from the answer.
    pub days: u16,
    /// Why.
    pub purpose: Purpose,
    /// Why, in words for the patient.
    pub reason: Text<200>,
    /// Who asks.
    pub asked_by: Text<80>,
}

impl Gatekeeper {
    /// Puts a request on the ledger and waits until it is there. A request that is not confirmed in time
    /// stays queued.
    pub async fn ask(&self, ask: &Ask) -> Result<RequestId> {
        if ask.days == 0 || ask.days > MAX_DAYS {
            return Err(GatekeeperError::Input(format!("access can be asked for 1 to {MAX_DAYS} days")));
        }
        self.read_all_logs().await?;
        let relationship = self.newest_open(&ask.patient).await?;
        let payload = RequestPayload {
            version: V1,
            kinds: ask.kinds,
            future: ask.future,
            days: ask.days,
            purpose: ask.purpose,
            reason: ask.reason.clone(),
            asked_by: ask.asked_by.clone(),
        };
        let id = RequestId::generate(&mut os_random());
        let now = self.clock.now();
        let not_after = now.plus(ANSWER_SECONDS);
        let mut tx = self.store.begin().await?;
        let (epoch, key) = relationships::key_in_force(&mut tx, relationship.address).await?;
        let key = key.ok_or(GatekeeperError::NoViewingKey)?;
        let context = self.context(relationship.address, self.address.into(), PayloadKind::Request);
        let request = payload
            .seal(&key, epoch, context, &mut os_random())
            .map_err(|error| GatekeeperError::Input(error.to_string()))?;
        let action = RequestAccess { relationship: relationship.address, id, not_after, request }.into();
        let row = self.queue(&mut tx, outbox::Purpose::Ask, relationship.address, vec![action]).await?;
        requests::insert(&mut tx, id, relationship.address, row, &payload, not_after, now).await?;
        tx.commit().await?;
        self.confirmed(row).await?;
        Ok(id)
    }

    pub(super) async fn newest_open(&self, patient: &LocalId) -> Result<Relationship> {
        let mut read = self.store.read().await?;
        let of_patient = relationships::of_patient(&mut read, patient).await?;
        let open = of_patient.into_iter().rfind(Relationship::is_in_use);
        open.ok_or_else(|| GatekeeperError::NoPatient(patient.to_string()))
    }

    /// Waits until a transaction is seen in the verified log.
    pub(crate) async fn confirmed(&self, row: i64) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.send_due().await?;
            let settled = self.settle(Duration::ZERO).await;
            let mut read = self.store.read().await?;
            match outbox::fate(&mut read, row).await? {
                Fate::Done => return Ok(()),
                Fate::Refused { problem } => return Err(GatekeeperError::Refused(problem)),
                Fate::Waiting { .. } if Instant::now() >= deadline => {
                    return Err(settled.err().unwrap_or(GatekeeperError::Unconfirmed));
                }
                Fate::Waiting { .. } => {}
            }
            drop(read);
            sleep(POLL).await;
        }
    }
}
