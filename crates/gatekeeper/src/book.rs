//! What the gatekeeper knows of its own relationships: their verified logs, read once and kept.
//!
//! The invariant: the stored entries of a relationship are exactly its log on the ledger up to the stored
//! edge, and what was read from them (pointers, terms, answers, what became of sent transactions) was written
//! in the same transaction as the entries.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use medrec_protocol::{
    Address, Hash32, RelationshipAddress, Timestamp, ViewingKey,
    actions::{Action, AnswerRequest, Grant, NewViewingKey, PublishRecord, SetEmergency, WithdrawRecord},
    codec,
    decide::RecordFacts,
    handover::HandoverContext,
    log::LogEntry,
    payload::{AnswerPayload, EmergencyTerms, GrantTerms, Payload, RecordPayload},
    seal::{PayloadKind, SealContext, Sealed},
    state::RelationshipLeaf,
};
use tokio::sync::Mutex;

use crate::{
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    ledger_view::{FoundRelationship, Head},
    store::{
        Connection, disclosures,
        handles::{self, Origin},
        logs::{self, Pointer},
        outbox::{self, Purpose},
        relationships::{self, Relationship},
        requests, snapshots,
    },
};

/// Newest state of each relationship that was read since the start, and one lock for each.
#[derive(Default)]
pub(crate) struct Book {
    pages: Mutex<BTreeMap<RelationshipAddress, Arc<Mutex<Option<Current>>>>>,
}

/// A relationship as it stands under the newest verified header.
#[derive(Clone, Debug)]
pub struct Current {
    /// Under which header.
    pub at: Head,
    /// The leaf; none when the ledger has no such relationship (yet).
    pub leaf: Option<RelationshipLeaf>,
}

/// How often a sync starts again because another process kept the same entries first.
const RETRIES: usize = 5;

impl Gatekeeper {
    /// Brings what is known of an own relationship up to a header that was asked for at most `max_age` ago.
    pub async fn current(&self, address: RelationshipAddress, max_age: Duration) -> Result<Current> {
        let page = Arc::clone(self.book.pages.lock().await.entry(address).or_default());
        let mut page = page.lock().await;
        let head = self.ledger.head(max_age).await?;
        if let Some(current) = page.as_ref().filter(|current| current.at == head) {
            return Ok(current.clone());
        }
        for _ in 0..RETRIES {
            if let Some(current) = self.read_on(address).await? {
                *page = Some(current.clone());
                return Ok(current);
            }
        }
        Err(GatekeeperError::Damaged("a log that changes under our hands"))
    }

    /// One attempt; none when somebody else kept entries meanwhile.
    async fn read_on(&self, address: RelationshipAddress) -> Result<Option<Current>> {
        let mut read = self.store.read().await?;
        let known = relationships::get(&mut read, address).await?;
        drop(read);
        let Some(known) = known else { return Err(GatekeeperError::Damaged("an unknown relationship")) };
        let view = self.ledger.relationship(address, &known.log).await?;
        let Some(found) = view.found else { return Ok(Some(Current { at: view.at, leaf: None })) };
        if found.leaf.publisher != self.address {
            // The patient used one key twice. Nothing here is ours.
            return Ok(Some(Current { at: view.at, leaf: None }));
        }
        let newly_open = known.state == relationships::State::Opening;
        if (newly_open || !found.new_entries.is_empty()) && !self.keep(&known, &found).await? {
            return Ok(None);
        }
        if newly_open {
            tracing::info!(relationship = %address, "a relationship is open");
            self.publish_bell.notify_one();
        }
        Ok(Some(Current { at: view.at, leaf: Some(found.leaf) }))
    }

    /// Keeps new entries and what they say, all or nothing. Says false when the stored log has moved on.
    async fn keep(&self, known: &Relationship, found: &FoundRelationship) -> Result<bool> {
        let mut tx = self.store.begin().await?;
        let now = relationships::get(&mut tx, known.address).await?;
        if now.is_none_or(|now| now.log != known.log) {
            return Ok(false);
        }
        let mut log = known.log.clone();
        for bytes in &found.new_entries {
            logs::append(&mut tx, known.address, log.size(), bytes).await?;
            match LogEntry::decode(bytes) {
                Ok(entry) => self.take_in(&mut tx, known, log.size(), &entry).await?,
                Err(error) => tracing::warn!(relationship = %known.address, index = log.size(), %error,
                    "an entry of the log cannot be read; a newer program may be needed"),
            }
            log.append(bytes);
        }
        relationships::set_log(&mut tx, known.address, &log).await?;
        relationships::set_open(&mut tx, known.address).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn take_in(
        &self,
        db: &mut Connection,
        known: &Relationship,
        index: u64,
        entry: &LogEntry,
    ) -> Result<()> {
        if let Some((row, Purpose::Disclose)) = outbox::mark_done(db, marker(&entry.action)).await? {
            disclosures::set_index(db, row, index).await?;
        }
        match &entry.action {
            Action::PublishRecord(action) => self.take_in_pointer(db, index, entry, action).await,
            Action::Grant(action) => self.take_in_grant(db, index, entry, action).await,
            Action::AnswerRequest(action) => self.take_in_answer(db, known, entry, action).await,
            Action::WithdrawRecord(action) => take_in_withdrawal(db, index, action).await,
            Action::SetEmergency(action) => self.take_in_emergency(db, index, entry, action).await,
            Action::RotateViewingKey(action) => self.take_in_key(db, action.relationship, &action.key).await,
            Action::RotateKeys(action) => self.take_in_key(db, action.relationship, &action.key).await,
            Action::EndDelegation(action) => self.take_in_key(db, action.relationship, &action.key).await,
            Action::CloseRelationship(action) => take_in_end(db, action.relationship, entry.time).await,
            _ => Ok(()),
        }
    }

    async fn take_in_pointer(
        &self,
        db: &mut Connection,
        index: u64,
        entry: &LogEntry,
        action: &PublishRecord,
    ) -> Result<()> {
        snapshots::set_index(db, action.relationship, action.commitment, index).await?;
        let Some(key) = self.key_for(db, action.relationship, &action.description).await? else {
            return Ok(());
        };
        let context = self.context(action.relationship, entry.signer, PayloadKind::Record);
        let (payload, opened) = match RecordPayload::open(&action.description, &key, context) {
            Ok(opened) => opened,
            Err(error) => {
                tracing::warn!(relationship = %action.relationship, index, %error, "a description cannot be read; its record is not released");
                return Ok(());
            }
        };
        let first_version = match action.supersedes {
            Some(old) => logs::first_version(db, action.relationship, old).await?.unwrap_or(index),
            None => index,
        };
        let facts = RecordFacts { index, first_version, kind: payload.kind, withdrawn: false };
        let pointer = Pointer {
            commitment: action.commitment,
            facts,
            description: opened.plaintext,
            opening_salt: opened.salt,
        };
        logs::insert_pointer(db, action.relationship, &pointer).await
    }

    async fn take_in_grant(
        &self,
        db: &mut Connection,
        index: u64,
        entry: &LogEntry,
        action: &Grant,
    ) -> Result<()> {
        let Some(key) = self.key_for(db, action.relationship, &action.terms).await? else { return Ok(()) };
        let context = self.context(action.relationship, entry.signer, PayloadKind::Grant);
        match GrantTerms::open(&action.terms, &key, context) {
            Ok((terms, _)) => logs::insert_terms(db, action.relationship, action.id, index, &terms).await,
            Err(error) => {
                tracing::warn!(relationship = %action.relationship, index, %error, "a grant cannot be read and permits nothing");
                Ok(())
            }
        }
    }

    async fn take_in_answer(
        &self,
        db: &mut Connection,
        known: &Relationship,
        entry: &LogEntry,
        action: &AnswerRequest,
    ) -> Result<()> {
        let Some(key) = self.key_for(db, action.relationship, &action.answer).await? else { return Ok(()) };
        let context = self.context(action.relationship, entry.signer, PayloadKind::Answer);
        match AnswerPayload::open(&action.answer, &key, context) {
            Ok((AnswerPayload::Allowed(grants), _)) => {
                requests::set_answer(db, action.relationship, action.request, None).await?;
                for grant in grants.as_slice() {
                    let local_id = Some(known.local_id.as_str());
                    handles::insert(db, grant, Origin::Answer, local_id, self.clock.now()).await?;
                }
                Ok(())
            }
            Ok((AnswerPayload::Declined(note), _)) => {
                requests::set_answer(db, action.relationship, action.request, Some(note.as_str())).await
            }
            Err(error) => {
                tracing::warn!(relationship = %action.relationship, %error, "an answer cannot be read");
                Ok(())
            }
        }
    }

    async fn take_in_emergency(
        &self,
        db: &mut Connection,
        index: u64,
        entry: &LogEntry,
        action: &SetEmergency,
    ) -> Result<()> {
        if !action.allowed {
            return Ok(());
        }
        let Some(key) = self.key_for(db, action.relationship, &action.terms).await? else { return Ok(()) };
        let context = self.context(action.relationship, entry.signer, PayloadKind::Emergency);
        match EmergencyTerms::open(&action.terms, &key, context) {
            Ok((terms, _)) => logs::insert_emergency_terms(db, action.relationship, index, &terms).await,
            Err(error) => {
                tracing::warn!(relationship = %action.relationship, index, %error, "the terms of emergency access cannot be read and permit nothing");
                Ok(())
            }
        }
    }

    /// A new viewing key. One that cannot be opened is the patient's doing: nothing can be sealed under it, so nothing is
    /// released to others until there is a key again.
    async fn take_in_key(
        &self,
        db: &mut Connection,
        relationship: RelationshipAddress,
        new: &NewViewingKey,
    ) -> Result<()> {
        let epoch = new.epoch;
        let recipient = Address::Provider(self.address);
        let context = HandoverContext { chain: &self.chain, recipient, relationship, epoch };
        let key = match new.to_publisher.open(self.keys.sealing(), &context) {
            Ok(key) => key,
            Err(error) => {
                tracing::error!(%relationship, epoch = epoch.count(), %error, "the patient's new viewing key cannot be opened: nothing of this patient is released to others until the key is changed again");
                return relationships::begin_epoch(db, relationship, epoch, None).await;
            }
        };
        let held = match epoch.previous() {
            Some(previous) => relationships::viewing_key(db, relationship, previous).await?,
            None => None,
        };
        let older = new.older.open(&key, &self.chain, relationship, epoch).ok();
        let differs = |held: &ViewingKey| older.as_ref().is_none_or(|older| older.expose() != held.expose());
        if held.as_ref().is_some_and(differs) {
            tracing::warn!(%relationship, epoch = epoch.count(), "the new viewing key does not open the one before; who gets only the new one cannot read what is older");
        }
        relationships::begin_epoch(db, relationship, epoch, Some(&key)).await
    }

    async fn key_for(
        &self,
        db: &mut Connection,
        relationship: RelationshipAddress,
        sealed: &Sealed,
    ) -> Result<Option<ViewingKey>> {
        relationships::viewing_key(db, relationship, sealed.epoch()).await
    }

    pub(crate) fn context(
        &self,
        relationship: RelationshipAddress,
        signer: Address,
        kind: PayloadKind,
    ) -> SealContext<'_> {
        SealContext { chain: &self.chain, relationship, signer, kind }
    }
}

async fn take_in_withdrawal(db: &mut Connection, index: u64, action: &WithdrawRecord) -> Result<()> {
    if !logs::withdraw(db, action.relationship, action.entry, index).await? {
        tracing::warn!(relationship = %action.relationship, index, "a withdrawal names an entry that is no record that can be read");
    }
    Ok(())
}

async fn take_in_end(db: &mut Connection, relationship: RelationshipAddress, at: Timestamp) -> Result<()> {
    tracing::info!(%relationship, "the patient closed the relationship: nothing is published into it any more");
    relationships::set_closed(db, relationship, at).await
}

/// What finds a transaction of the outbox in the log: the hash of its first action. Sealed payloads carry a
/// random nonce and a relationship opens once, so no two transactions share it.
pub(crate) fn marker(action: &Action) -> Hash32 {
    Hash32::plain(&codec::encode(action))
}
