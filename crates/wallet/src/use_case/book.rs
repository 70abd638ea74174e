//! From a verified entry of a log to what the wallet keeps of it.
//!
//! Reading is pure and total: an entry that does not open, or is of a newer version, is kept and shown as one that
//! cannot be read. Nothing is dropped.

use medrec_client::VerifiedEntry;
use medrec_protocol::{
    AgentAddress, ChainIdentity, ProviderAddress, RelationshipAddress, Sealed, Timestamp,
    actions::{Action, AnswerRequest, PublishRecord, RequestAccess},
    log::LogEntry,
    payload::{
        AnswerPayload, DelegationTerms, DisclosurePayload, DisputePayload, EmergencyTerms, GrantTerms,
        GuardianNames, Payload, PayloadError, Recipient, RecordPayload, RequestPayload, WithdrawalPayload,
    },
    seal::{PayloadKind, SealContext},
    state::{GrantId, LiveGrant},
};
use medrec_records::Description;

use crate::{
    keys::RelationshipKeys,
    store::{
        Connection, StoreError, delegates, disclosures, entries, grants,
        records::{self, Arrival, NewRecord},
        requests::{self, Asked},
    },
    view::{SyncReport, UnreadableReason},
};

/// Whose log is read, and with which keys.
pub(crate) struct Book<'a> {
    /// The ledger.
    pub chain: &'a ChainIdentity,
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// Its publisher.
    pub provider: ProviderAddress,
    /// Name and place of the publisher, for search.
    pub provider_words: &'a str,
    /// Keys of the relationship.
    pub keys: &'a RelationshipKeys,
}

/// What an entry says.
#[derive(Debug)]
pub(crate) enum Content {
    /// The relationship was opened.
    Opened,
    /// A pointer; its description, or why it cannot be read.
    Record(PublishRecord, Result<RecordPayload, UnreadableReason>),
    /// Access was given.
    Grant(GrantId, LiveGrant, GrantTerms),
    /// Access was stopped. Why is for those who want to know; that it stopped needs no key.
    Revoked(GrantId),
    /// Access is asked for.
    Asked(RequestAccess, RequestPayload),
    /// A request was answered; how, or why that cannot be read.
    Answered(AnswerRequest, Result<AnswerPayload, UnreadableReason>),
    /// Copies were released.
    Disclosed(DisclosurePayload),
    /// A pointer was taken back; why, if that can be read.
    Withdrawn(u64, Option<WithdrawalPayload>),
    /// All access was stopped.
    RevokedAll,
    /// A delegate was appointed, until when; as whom, or why that cannot be read.
    Appointed(AgentAddress, Timestamp, Result<DelegationTerms, UnreadableReason>),
    /// A delegation was ended.
    Ended(AgentAddress),
    /// Something that is read from its entry when it is asked for.
    Said,
    /// It cannot be read.
    Unreadable(UnreadableReason),
}

impl Content {
    fn unreadable(&self) -> Option<UnreadableReason> {
        match self {
            Self::Unreadable(reason)
            | Self::Record(_, Err(reason))
            | Self::Answered(_, Err(reason))
            | Self::Appointed(_, _, Err(reason)) => Some(*reason),
            _ => None,
        }
    }
}

impl Book<'_> {
    /// Reads an entry.
    pub fn read(&self, verified: &VerifiedEntry) -> (Option<LogEntry>, Content) {
        let Ok(entry) = verified.relationship() else {
            return (None, Content::Unreadable(UnreadableReason::Malformed));
        };
        let content = self.content(&entry, verified.index).unwrap_or_else(Content::Unreadable);
        (Some(entry), content)
    }

    fn content(&self, entry: &LogEntry, index: u64) -> Result<Content, UnreadableReason> {
        Ok(match &entry.action {
            Action::OpenRelationship(_) => Content::Opened,
            Action::PublishRecord(action) => {
                Content::Record(action.clone(), self.open(&action.description, entry))
            }
            Action::Grant(action) => {
                let live = LiveGrant { not_after: action.not_after, entry: index };
                Content::Grant(action.id, live, self.open(&action.terms, entry)?)
            }
            Action::Revoke(action) => Content::Revoked(action.grant),
            Action::RequestAccess(action) => {
                Content::Asked(action.clone(), self.open(&action.request, entry)?)
            }
            Action::AnswerRequest(action) => {
                Content::Answered(action.clone(), self.open(&action.answer, entry))
            }
            Action::RecordDisclosure(action) => Content::Disclosed(self.open(&action.disclosure, entry)?),
            Action::WithdrawRecord(action) => {
                Content::Withdrawn(action.entry, self.open(&action.reason, entry).ok())
            }
            Action::RevokeAll(_) | Action::CloseRelationship(_) => Content::RevokedAll,
            Action::Dispute(action) => self.said::<DisputePayload>(&action.statement, entry)?,
            Action::Delegate(action) => Content::Appointed(
                AgentAddress::of(&action.key),
                action.not_after,
                self.open(&action.terms, entry),
            ),
            Action::EndDelegation(action) => Content::Ended(action.agent),
            Action::SetGuardians(action) => self.said::<GuardianNames>(&action.names, entry)?,
            Action::SetEmergency(action) if action.allowed => {
                self.said::<EmergencyTerms>(&action.terms, entry)?
            }
            Action::SetEmergency(_)
            | Action::AnswerDelegation(_)
            | Action::AskActivation(_)
            | Action::RefuseActivation(_)
            | Action::ApproveRecovery(_)
            | Action::VetoRecovery(_)
            | Action::SetHandover(_)
            | Action::RotateViewingKey(_)
            | Action::RotateKeys(_)
            | Action::ShowLife(_) => Content::Said,
            // These stand in the directory's log only.
            Action::UpdateProvider(_) | Action::Propose(_) | Action::Vote(_) | Action::Rescind(_) => {
                return Err(UnreadableReason::Malformed);
            }
        })
    }

    fn said<T: Payload>(&self, sealed: &Sealed, entry: &LogEntry) -> Result<Content, UnreadableReason> {
        self.open::<T>(sealed, entry).map(|_| Content::Said)
    }

    fn open<T: Payload>(&self, sealed: &Sealed, entry: &LogEntry) -> Result<T, UnreadableReason> {
        let key = self.keys.viewing(sealed.epoch()).ok_or(UnreadableReason::Closed)?;
        // The kind is set by the payload's own type.
        let kind = PayloadKind::Record;
        let context =
            SealContext { chain: self.chain, relationship: self.relationship, signer: entry.signer, kind };
        T::open(sealed, key, context).map(|(payload, _)| payload).map_err(|error| match error {
            PayloadError::Seal(_) => UnreadableReason::Closed,
            PayloadError::Content(_) => UnreadableReason::Malformed,
        })
    }

    /// Reads an entry and keeps it, in the caller's transaction.
    pub async fn keep(
        &self,
        db: &mut Connection,
        verified: &VerifiedEntry,
        report: &mut SyncReport,
    ) -> Result<(), StoreError> {
        let (entry, content) = self.read(verified);
        let relationship = self.relationship.to_string();
        let unreadable = content.unreadable();
        let (position, bytes) = (verified.index, &verified.bytes);
        entries::insert(db, &relationship, position, bytes, entry.as_ref(), unreadable).await?;
        report.entries += 1;
        report.unreadable += u64::from(unreadable.is_some());
        match entry {
            Some(entry) => self.keep_content(db, &relationship, position, &entry, content, report).await,
            None => Ok(()),
        }
    }

    async fn keep_content(
        &self,
        db: &mut Connection,
        relationship: &str,
        position: u64,
        entry: &LogEntry,
        content: Content,
        report: &mut SyncReport,
    ) -> Result<(), StoreError> {
        let at = entry.time;
        match content {
            Content::Opened | Content::Unreadable(_) | Content::Said => Ok(()),
            Content::Withdrawn(pointer, why) => {
                let why = why.map(|why| why.reason.to_string()).unwrap_or_default();
                records::withdraw(db, relationship, pointer, &why, at).await
            }
            Content::RevokedAll => grants::revoke_all(db, relationship, at).await,
            Content::Appointed(agent, not_after, terms) => {
                let name = terms.ok().map(|terms| terms.name.to_string());
                delegates::appoint(db, relationship, agent, name.as_deref(), at, not_after).await
            }
            Content::Ended(agent) => delegates::end(db, relationship, agent, at).await,
            Content::Record(action, payload) => {
                match self.keep_record(db, position, entry, &action, payload.ok()).await? {
                    Arrival::New => report.new_records += 1,
                    Arrival::Version => report.new_versions += 1,
                }
                Ok(())
            }
            Content::Grant(id, live, terms) => grants::insert(db, relationship, id, live, &terms, at).await,
            Content::Revoked(id) => grants::revoke(db, relationship, id, at).await,
            Content::Asked(action, payload) => {
                report.new_requests += 1;
                requests::insert(db, position, &self.asked(&action, payload, at)).await
            }
            Content::Answered(action, payload) => {
                let allowed = payload.ok().map(|answer| matches!(answer, AnswerPayload::Allowed(_)));
                requests::answer(db, relationship, action.request, allowed, at).await
            }
            Content::Disclosed(payload) => {
                report.new_lookups += u64::from(payload.recipient != Recipient::Patient);
                disclosures::insert(db, relationship, position, &payload, at).await
            }
        }
    }

    async fn keep_record(
        &self,
        db: &mut Connection,
        position: u64,
        entry: &LogEntry,
        action: &PublishRecord,
        payload: Option<RecordPayload>,
    ) -> Result<Arrival, StoreError> {
        let record = NewRecord {
            relationship: self.relationship,
            position,
            commitment: action.commitment,
            supersedes: action.supersedes,
            provider: self.provider,
            provider_words: self.provider_words,
            description: payload.as_ref().map(Description::from),
            height: entry.height,
            at: entry.time,
        };
        records::insert(db, &record).await
    }

    fn asked(&self, action: &RequestAccess, payload: RequestPayload, at: Timestamp) -> Asked {
        Asked {
            id: action.id,
            relationship: self.relationship,
            provider: self.provider,
            payload,
            at,
            not_after: action.not_after,
            answered_at: None,
            allowed: None,
        }
    }
}
