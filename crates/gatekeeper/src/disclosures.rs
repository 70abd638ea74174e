//! Writing releases down on the ledger. (docs/spec/decide.md, REL-6 to REL-8)
//!
//! A release is committed to the store before its first byte leaves. From there it travels in batches, one
//! for each relationship, recipient, basis and person, and is sent until it is seen in the verified log. If
//! the oldest one waits for too long, nothing more is released.

use std::collections::BTreeMap;

use medrec_protocol::{
    Address, RelationshipAddress, Timestamp,
    actions::RecordDisclosure,
    codec::{self, List, Text},
    payload::{Basis, DisclosurePayload, MAX_DISCLOSED_RECORDS, Payload as _, Recipient, V1},
    seal::PayloadKind,
};

use crate::{
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    random::os_random,
    store::{
        Connection,
        disclosures::{self, Queued},
        episodes,
        outbox::Purpose,
        relationships,
    },
};

/// If the ledger does not have a release after this time, nothing more is released, in seconds.
pub const MAX_UNWRITTEN_SECONDS: u64 = 120;
/// A release that follows another of the same visit waits for more of them for so long, in seconds.
const GATHER_SECONDS: u64 = 2;
/// Releases taken in one round.
const ROUND: u32 = 1000;

/// Relationship, recipient, basis and person: what releases of one entry on the ledger have in common.
type Visit = (RelationshipAddress, Address, Vec<u8>, String);

impl Gatekeeper {
    /// Puts releases that wait into transactions: the first of a visit at once, those that follow gathered.
    /// Returns how many releases are still being gathered.
    pub async fn batch_disclosures(&self) -> Result<usize> {
        let mut tx = self.store.begin().await?;
        let mut batches: BTreeMap<Visit, Vec<Queued>> = BTreeMap::new();
        for queued in disclosures::queued(&mut tx, ROUND).await? {
            let release = &queued.disclosure;
            let basis = codec::encode(&release.basis);
            let visit = (release.relationship, release.requester, basis, release.person.clone());
            batches.entry(visit).or_default().push(queued);
        }
        let mut gathering = 0;
        for batch in batches.values().flat_map(|batch| batch.chunks(MAX_DISCLOSED_RECORDS)) {
            if self.waits_for_more(&mut tx, batch).await? {
                gathering += batch.len();
            } else {
                self.queue_disclosure(&mut tx, batch).await?;
            }
        }
        tx.commit().await?;
        Ok(gathering)
    }

    /// True when a release of the same visit was put into a transaction a moment ago, and more may follow.
    async fn waits_for_more(&self, db: &mut Connection, batch: &[Queued]) -> Result<bool> {
        let Some(Queued { disclosure: oldest, .. }) = batch.first() else { return Ok(false) };
        if batch.len() == MAX_DISCLOSED_RECORDS || oldest.at.plus(GATHER_SECONDS) <= self.clock.now() {
            return Ok(false);
        }
        let since = Timestamp::from_seconds(oldest.at.seconds().saturating_sub(GATHER_SECONDS));
        disclosures::is_travelling(db, oldest, since).await
    }

    async fn queue_disclosure(&self, db: &mut Connection, batch: &[Queued]) -> Result<()> {
        let Some(Queued { disclosure: first, .. }) = batch.first() else { return Ok(()) };
        let relationship = first.relationship;
        let (epoch, key) = relationships::key_in_force(db, relationship).await?;
        // Without the key in force it waits until there is one again; it is never lost.
        let Some(key) = key else { return Ok(()) };
        let reason = match first.basis {
            Basis::Emergency(episode) => episodes::get(db, relationship, first.requester, episode)
                .await?
                .map(|declared| declared.reason),
            _ => None,
        };
        let recipient = match first.requester {
            Address::Provider(provider) => Recipient::Provider(provider),
            Address::Agent(agent) => Recipient::Delegate(agent),
            _ => Recipient::Patient,
        };
        let records = batch.iter().map(|queued| queued.disclosure.commitment).collect();
        let payload = DisclosurePayload {
            version: V1,
            recipient,
            basis: first.basis,
            records: List::new(records).map_err(|_| GatekeeperError::Damaged("too many releases"))?,
            at: first.at,
            person: Text::clipped(&first.person),
            reason: Text::clipped(&reason.unwrap_or_default()),
        };
        let context = self.context(relationship, self.address.into(), PayloadKind::Disclosure);
        let disclosure = payload
            .seal(&key, epoch, context, &mut os_random())
            .map_err(|_| GatekeeperError::Damaged("a release that is too long"))?;
        let action = RecordDisclosure { relationship, disclosure }.into();
        let row = self.queue(db, Purpose::Disclose, relationship, vec![action]).await?;
        for queued in batch {
            disclosures::set_outbox(db, queued.id, row).await?;
        }
        Ok(())
    }

    /// True when some release has waited for the ledger for too long.
    pub(crate) async fn disclosures_are_stuck(&self, db: &mut Connection) -> Result<bool> {
        let oldest = disclosures::oldest_waiting(db).await?;
        Ok(oldest.is_some_and(|at| at.plus(MAX_UNWRITTEN_SECONDS) < self.clock.now()))
    }
}
