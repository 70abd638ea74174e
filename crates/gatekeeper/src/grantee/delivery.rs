//! Notices of publishers: under a grant in mode push, copies are fetched by themselves, in the ordinary verified way.
//!
//! A notice is believed no further than that it may be worth asking: it must come from the publisher of a grant that this
//! provider holds. Everything else about it is proved, or refused, when the copy is fetched.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use medrec_exchange::{Person, api::DeliveryNotice};
use medrec_protocol::{Address, ProviderAddress, RelationshipAddress, Timestamp, state::GrantId};

use super::FetchReport;
use crate::{
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    store::{deliveries, handles},
};

/// Who fetches what nobody asked for by hand; the patient reads it.
const BY_ITSELF: &str = "Automatic delivery";
/// Grants fetched in one round.
const ROUND: u32 = 32;
/// Seconds until the first repetition; each further one doubles the pause.
const FIRST_PAUSE_SECONDS: u64 = 5;
/// Longest pause between two attempts, in seconds.
const LONGEST_PAUSE_SECONDS: u64 = 3600;
/// Notices of grants that are not known yet, kept in memory only.
const MAX_EARLY: usize = 256;
/// How long such a notice is kept, in seconds: the grant may become known in an answer that is on its way.
const EARLY_SECONDS: u64 = 600;

/// A notice of a grant that is not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Early {
    relationship: RelationshipAddress,
    grant: GrantId,
    publisher: ProviderAddress,
    came: Timestamp,
}

/// Notices that came before their grants.
#[derive(Default)]
pub(crate) struct EarlyNotices(Mutex<VecDeque<Early>>);

impl EarlyNotices {
    fn add(&self, early: Early) {
        let mut kept = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.retain(|old| Early { came: early.came, ..*old } != early);
        if kept.len() >= MAX_EARLY {
            kept.pop_front();
        }
        kept.push_back(early);
    }

    fn take(&self, now: Timestamp) -> Vec<Early> {
        let mut kept = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.drain(..).filter(|early| early.came.plus(EARLY_SECONDS) >= now).collect()
    }
}

impl Gatekeeper {
    /// Notes that a publisher has something. Nothing of a grant that is not held is stored.
    pub async fn take_notice(&self, asker: Address, notice: &DeliveryNotice) -> Result<()> {
        let Address::Provider(publisher) = asker else { return Ok(()) };
        let (relationship, grant) = (notice.relationship, notice.grant);
        let known = self.note_delivery(relationship, grant, publisher).await?;
        if !known {
            self.early.add(Early { relationship, grant, publisher, came: self.clock.now() });
        }
        self.delivery_bell.notify_one();
        Ok(())
    }

    async fn note_delivery(
        &self,
        relationship: RelationshipAddress,
        grant: GrantId,
        publisher: ProviderAddress,
    ) -> Result<bool> {
        let mut tx = self.store.begin().await?;
        let Some(handle) = handles::find(&mut tx, relationship, grant, publisher).await? else {
            return Ok(false);
        };
        if handle.not_after >= self.clock.now() {
            deliveries::note(&mut tx, &handle).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Fetches what publishers said is there. Says whether something is left to do.
    pub async fn take_deliveries(&self) -> Result<bool> {
        let early = self.early.take(self.clock.now());
        if !early.is_empty() {
            // The answer that names the grant may be in a log that was not read yet.
            self.read_all_logs().await?;
        }
        for early in early {
            if !self.note_delivery(early.relationship, early.grant, early.publisher).await? {
                self.early.add(early);
            }
        }
        let mut read = self.store.read().await?;
        let due = deliveries::due(&mut read, self.clock.now(), ROUND).await?;
        drop(read);
        if !due.is_empty() {
            self.ledger.head(Duration::ZERO).await?;
        }
        for delivery in &due {
            self.take_delivery(delivery).await?;
        }
        Ok(due.len() == ROUND as usize)
    }

    async fn take_delivery(&self, delivery: &deliveries::Delivery) -> Result<()> {
        let person = Person::new(BY_ITSELF).map_err(|_| GatekeeperError::Damaged("a name"))?;
        let mut report = FetchReport::default();
        let over = delivery.handle.not_after < self.clock.now() || self.is_stopped(&delivery.handle).await?;
        if !over {
            self.fetch_grant(&delivery.handle, &person, None, &mut report).await;
        }
        let grant = delivery.handle.grant;
        if !report.fetched.is_empty() {
            tracing::info!(%grant, copies = report.fetched.len(), "copies came by delivery, each proved");
        }
        let mut tx = self.store.begin().await?;
        match &report.error {
            None => deliveries::done(&mut tx, delivery).await?,
            Some(error) => {
                tracing::warn!(%grant, %error, "a delivery could not be taken; it is tried again");
                let doubled = FIRST_PAUSE_SECONDS << delivery.attempts.min(10);
                let next = self.clock.now().plus(doubled.min(LONGEST_PAUSE_SECONDS));
                deliveries::put_off(&mut tx, delivery, next).await?;
            }
        }
        Ok(tx.commit().await?)
    }
}
