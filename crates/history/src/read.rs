//! From the ledger's entries and the payloads that were opened to the model. One match over all actions: a new action
//! does not compile until it is told here.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use borsh::{BorshDeserialize, BorshSerialize};
use medrec_protocol::{
    Address, AgentAddress, Commitment, ProviderAddress, RecordKind, RelationshipAddress, Sealed,
    actions::{Action, Delegate},
    codec,
    log::LogEntry,
    payload::{
        self, AnswerPayload, DelegationTerms, DisclosurePayload, DisputePayload, EmergencyTerms, GrantTerms,
        GuardianNames, Payload, RecordPayload, RequestPayload, RevocationNote, WithdrawalPayload,
    },
    record::RecordKinds,
    seal::{MAX_PLAINTEXT_BYTES, PayloadKind},
    state::{self, GrantId, Provider, RelationshipLeaf, RequestId},
};

use crate::model::{
    ActionKind, Activation, AllowedGrant, Answer, Basis, Delegation, Disclosure, EmergencyAccess, Entry,
    Future, Grant, GrantRef, LivePermission, Mode, Party, Period, Person, Purpose, Recipient, RecordRef,
    Relationship, Request, Right, Scope, What, Who,
};

const SECONDS_PER_DAY: u32 = 86_400;

/// Why an opened payload cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what entry {entry} says is of a newer version or not readable: {reason}")]
pub struct Unreadable {
    /// The entry.
    pub entry: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// Providers' names, and which of them were asked for.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    known: BTreeMap<ProviderAddress, Option<Provider>>,
    asked: RefCell<BTreeSet<ProviderAddress>>,
}

impl Directory {
    pub fn new(known: BTreeMap<ProviderAddress, Option<Provider>>) -> Self {
        Self { known, asked: RefCell::default() }
    }

    pub fn asked(&self) -> BTreeSet<ProviderAddress> {
        self.asked.borrow().clone()
    }

    fn party(&self, address: ProviderAddress) -> Party {
        self.asked.borrow_mut().insert(address);
        let known = self.known.get(&address).and_then(Option::as_ref);
        Party {
            address,
            name: known.map(|provider| provider.name.to_string()),
            place: known.map(|provider| provider.place.to_string()),
        }
    }
}

/// Sealed payloads of an action, each with its kind: what a patient can choose to open, one by one.
pub fn sealed_parts(action: &Action) -> Vec<(PayloadKind, &Sealed)> {
    match action {
        Action::PublishRecord(it) => vec![(PayloadKind::Record, &it.description)],
        Action::Grant(it) => vec![(PayloadKind::Grant, &it.terms)],
        Action::Revoke(it) => vec![(PayloadKind::Revocation, &it.note)],
        Action::RequestAccess(it) => vec![(PayloadKind::Request, &it.request)],
        Action::AnswerRequest(it) => vec![(PayloadKind::Answer, &it.answer)],
        Action::RecordDisclosure(it) => vec![(PayloadKind::Disclosure, &it.disclosure)],
        Action::WithdrawRecord(it) => vec![(PayloadKind::Withdrawal, &it.reason)],
        Action::RevokeAll(it) => vec![(PayloadKind::Revocation, &it.note)],
        Action::CloseRelationship(it) => vec![(PayloadKind::Revocation, &it.note)],
        Action::Dispute(it) => vec![(PayloadKind::Dispute, &it.statement)],
        Action::Delegate(it) => vec![(PayloadKind::Delegation, &it.terms)],
        Action::SetGuardians(it) => vec![(PayloadKind::Guardians, &it.names)],
        Action::SetEmergency(it) => vec![(PayloadKind::Emergency, &it.terms)],
        Action::OpenRelationship(_)
        | Action::EndDelegation(_)
        | Action::AnswerDelegation(_)
        | Action::AskActivation(_)
        | Action::RefuseActivation(_)
        | Action::ApproveRecovery(_)
        | Action::VetoRecovery(_)
        | Action::SetHandover(_)
        | Action::RotateViewingKey(_)
        | Action::RotateKeys(_)
        | Action::ShowLife(_)
        | Action::UpdateProvider(_)
        | Action::Propose(_)
        | Action::Vote(_)
        | Action::Rescind(_) => Vec::new(),
    }
}

/// Plaintexts by entry and kind.
pub(crate) type Opened<'a> = BTreeMap<(u64, u8), &'a [u8]>;

/// One relationship as the ledger has it.
pub(crate) struct Account<'a> {
    pub address: RelationshipAddress,
    pub leaf: &'a RelationshipLeaf,
    pub from: u64,
    pub entries: &'a [LogEntry],
    pub opened: &'a Opened<'a>,
}

/// Tells the account's entries in the model's words.
pub(crate) fn relationship(account: &Account<'_>, directory: &Directory) -> Result<Relationship, Unreadable> {
    let reader = Reader { account, directory, index: Index::of(account)? };
    let entries: Result<Vec<Entry>, Unreadable> =
        account.numbered().map(|(n, entry)| reader.entry(n, entry)).collect();
    let entries = entries?;
    let in_force = account.leaf.grants.iter().map(|(grant, live)| LivePermission {
        grant: *grant,
        until: live.not_after,
        entry: live.entry,
    });
    Ok(Relationship {
        address: account.address,
        publisher: directory.party(account.leaf.publisher),
        period: Period {
            from: account.from,
            to: account.from + entries.len() as u64,
            size: account.leaf.log.size(),
        },
        in_force: in_force.collect(),
        entries,
    })
}

impl Account<'_> {
    fn numbered(&self) -> impl Iterator<Item = (u64, &LogEntry)> {
        (self.from..).zip(self.entries)
    }

    fn open<T: Payload + BorshSerialize + BorshDeserialize>(
        &self,
        entry: u64,
    ) -> Result<Option<T>, Unreadable> {
        let Some(plaintext) = self.opened.get(&(entry, T::KIND as u8)) else { return Ok(None) };
        codec::decode(plaintext, MAX_PLAINTEXT_BYTES)
            .map(Some)
            .map_err(|error| Unreadable { entry, reason: error.to_string() })
    }
}

/// Where things stand that later entries speak of.
#[derive(Default)]
struct Index {
    records: BTreeMap<Commitment, u64>,
    titles: BTreeMap<u64, String>,
    grants: BTreeMap<GrantId, Vec<u64>>,
    requests: BTreeMap<RequestId, Vec<u64>>,
    /// Delegates, with their names where the appointment is opened.
    delegates: BTreeMap<AgentAddress, Option<String>>,
    /// Guardians, likewise.
    guardians: BTreeMap<AgentAddress, Option<String>>,
}

impl Index {
    fn of(account: &Account<'_>) -> Result<Self, Unreadable> {
        let mut index = Self::default();
        for (number, entry) in account.numbered() {
            match &entry.action {
                Action::PublishRecord(it) => {
                    index.records.insert(it.commitment, number);
                    if let Some(record) = account.open::<RecordPayload>(number)? {
                        index.titles.insert(number, record.title.to_string());
                    }
                }
                Action::Grant(it) => index.grants.entry(it.id).or_default().push(number),
                Action::RequestAccess(it) => index.requests.entry(it.id).or_default().push(number),
                Action::Delegate(it) => {
                    let terms = account.open::<DelegationTerms>(number)?;
                    let name = terms.map(|terms| terms.name.to_string());
                    index.delegates.insert(AgentAddress::of(&it.key), name);
                }
                Action::SetGuardians(it) => {
                    let names = account.open::<GuardianNames>(number)?;
                    for (place, guardian) in it.guardians.as_slice().iter().enumerate() {
                        let name = names.as_ref().and_then(|names| names.names.as_slice().get(place));
                        let name = name.map(ToString::to_string);
                        index.guardians.insert(AgentAddress::of(&guardian.key), name);
                    }
                }
                _ => {}
            }
        }
        Ok(index)
    }

    fn record(&self, entry: u64) -> RecordRef {
        RecordRef { entry: Some(entry), title: self.titles.get(&entry).cloned() }
    }

    fn by_commitment(&self, commitment: &Commitment) -> RecordRef {
        let entry = self.records.get(commitment).copied();
        RecordRef { entry, title: entry.and_then(|entry| self.titles.get(&entry).cloned()) }
    }

    /// The newest grant of this id before an entry (TX-12).
    fn grant(&self, id: GrantId, before: u64) -> GrantRef {
        GrantRef { id, entry: newest(self.grants.get(&id), before) }
    }

    fn delegate(&self, address: AgentAddress) -> Person {
        Person { name: self.delegates.get(&address).cloned().flatten(), address }
    }

    fn guardian(&self, address: AgentAddress) -> Person {
        Person { name: self.guardians.get(&address).cloned().flatten(), address }
    }

    fn request(&self, id: RequestId, before: u64) -> Option<u64> {
        newest(self.requests.get(&id), before)
    }
}

fn newest(places: Option<&Vec<u64>>, before: u64) -> Option<u64> {
    places?.iter().copied().take_while(|place| *place < before).last()
}

struct Reader<'a> {
    account: &'a Account<'a>,
    directory: &'a Directory,
    index: Index,
}

impl Reader<'_> {
    fn entry(&self, number: u64, entry: &LogEntry) -> Result<Entry, Unreadable> {
        Ok(Entry {
            index: number,
            time: entry.time,
            height: entry.height,
            who: self.who(entry.signer),
            what: self.what(number, entry.signer, &entry.action)?,
        })
    }

    fn who(&self, signer: Address) -> Who {
        match signer {
            Address::Relationship(address) if address == self.account.address => Who::Patient,
            Address::Provider(address) => Who::Provider(self.directory.party(address)),
            Address::Agent(agent) if self.index.delegates.contains_key(&agent) => {
                Who::Delegate(self.index.delegate(agent))
            }
            Address::Agent(agent) if self.index.guardians.contains_key(&agent) => {
                Who::Guardian(self.index.guardian(agent))
            }
            other => Who::UnknownAgent(other),
        }
    }

    fn what(&self, number: u64, signer: Address, action: &Action) -> Result<What, Unreadable> {
        let closed = |action, grant| What::Closed { action, grant };
        Ok(match action {
            Action::OpenRelationship(_) => What::OpenedRelationship,
            Action::PublishRecord(it) => match self.account.open::<RecordPayload>(number)? {
                Some(record) => What::PublishedRecord {
                    commitment: it.commitment,
                    title: record.title.to_string(),
                    kind: record.kind,
                    date: record.date.map(|date| date.to_string()),
                    replaces: it.supersedes,
                },
                None => closed(ActionKind::PublishedRecord, None),
            },
            Action::Grant(it) => match self.account.open::<GrantTerms>(number)? {
                Some(terms) => What::Granted(self.grant(it.id, it.not_after, terms)),
                None => closed(ActionKind::Granted, Some(it.id)),
            },
            Action::Revoke(it) => match self.account.open::<RevocationNote>(number)? {
                Some(note) => {
                    What::Revoked { grant: self.index.grant(it.grant, number), note: note.note.to_string() }
                }
                None => closed(ActionKind::Revoked, Some(it.grant)),
            },
            Action::RequestAccess(it) => match self.account.open::<RequestPayload>(number)? {
                Some(request) => What::RequestedAccess(asked(it.id, request)),
                None => closed(ActionKind::RequestedAccess, None),
            },
            Action::AnswerRequest(it) => match self.account.open::<AnswerPayload>(number)? {
                Some(answer) => What::Answered {
                    request: it.request,
                    entry: self.index.request(it.request, number),
                    answer: self.answer(&answer),
                },
                None => closed(ActionKind::Answered, None),
            },
            Action::RecordDisclosure(_) => match self.account.open::<DisclosurePayload>(number)? {
                Some(disclosure) => What::Disclosed(self.disclosure(number, &disclosure)),
                None => closed(ActionKind::Disclosed, None),
            },
            Action::WithdrawRecord(it) => match self.account.open::<WithdrawalPayload>(number)? {
                Some(said) => What::WithdrewRecord {
                    record: self.index.record(it.entry),
                    reason: said.reason.to_string(),
                },
                None => closed(ActionKind::WithdrewRecord, None),
            },
            Action::RevokeAll(_) => match self.account.open::<RevocationNote>(number)? {
                Some(note) => What::RevokedAll { note: note.note.to_string() },
                None => closed(ActionKind::RevokedAll, None),
            },
            Action::Dispute(it) => match self.account.open::<DisputePayload>(number)? {
                Some(said) => What::Disputed { entry: it.entry, statement: lines(&said) },
                None => closed(ActionKind::Disputed, None),
            },
            Action::Delegate(it) => match self.account.open::<DelegationTerms>(number)? {
                Some(_) => What::DelegateAppointed(self.delegation(it)),
                None => closed(ActionKind::DelegateAppointed, None),
            },
            Action::SetGuardians(it) => match self.account.open::<GuardianNames>(number)? {
                Some(_) => What::GuardiansSet {
                    guardians: it
                        .guardians
                        .as_slice()
                        .iter()
                        .map(|guardian| self.index.guardian(AgentAddress::of(&guardian.key)))
                        .collect(),
                    needed: it.threshold,
                    delay_days: it.delay / SECONDS_PER_DAY,
                },
                None => closed(ActionKind::GuardiansSet, None),
            },
            Action::SetEmergency(it) => match self.account.open::<EmergencyTerms>(number)? {
                Some(terms) if it.allowed => {
                    What::EmergencyAccessSet(EmergencyAccess::On(kinds(terms.kinds)))
                }
                Some(_) => What::EmergencyAccessSet(EmergencyAccess::Off),
                None => closed(ActionKind::EmergencyAccessSet, None),
            },
            // What follows says everything in clear.
            Action::EndDelegation(it) => What::DelegationEnded(self.index.delegate(it.agent)),
            Action::RefuseActivation(it) => What::ActivationRefused(self.index.delegate(it.agent)),
            Action::AnswerDelegation(_) | Action::AskActivation(_) | Action::ApproveRecovery(_) => {
                let Address::Agent(agent) = signer else { return Err(misplaced(number)) };
                match action {
                    Action::AnswerDelegation(it) if it.accepted => {
                        What::DelegationAccepted(self.index.delegate(agent))
                    }
                    Action::AnswerDelegation(_) => What::DelegationGivenUp(self.index.delegate(agent)),
                    Action::AskActivation(_) => What::ActivationAsked(self.index.delegate(agent)),
                    _ => What::RecoveryApproved(self.index.guardian(agent)),
                }
            }
            Action::VetoRecovery(_) => What::RecoveryVetoed,
            Action::SetHandover(it) => What::HandoverSet { on: it.due },
            Action::RotateViewingKey(_) => What::ViewingKeyRotated,
            Action::RotateKeys(_) => What::KeysRotated,
            Action::ShowLife(_) => What::SignOfLife,
            Action::CloseRelationship(_) => What::RelationshipClosed,
            // These stand in the directory's log only.
            Action::UpdateProvider(_) | Action::Propose(_) | Action::Vote(_) | Action::Rescind(_) => {
                return Err(misplaced(number));
            }
        })
    }

    fn delegation(&self, it: &Delegate) -> Delegation {
        Delegation {
            delegate: self.index.delegate(AgentAddress::of(&it.key)),
            right: match it.right {
                state::Right::See => Right::See,
                state::Right::Share => Right::Share,
                state::Right::Manage => Right::Manage,
            },
            until: Some(it.not_after),
            activation: match it.activation {
                state::Activation::AtOnce => Activation::AtOnce,
                state::Activation::AfterWait(seconds) => Activation::AfterWait(seconds / SECONDS_PER_DAY),
                state::Activation::AfterSilence(seconds) => {
                    Activation::AfterSilence(seconds / SECONDS_PER_DAY)
                }
            },
        }
    }

    fn grant(&self, id: GrantId, until: medrec_protocol::Timestamp, terms: GrantTerms) -> Grant {
        Grant {
            id,
            to: self.directory.party(terms.grantee),
            scope: match terms.scope {
                payload::Scope::Everything => Scope::Everything,
                payload::Scope::Kinds(kinds) => Scope::Kinds(kinds.iter().collect()),
                payload::Scope::Records(records) => {
                    Scope::Records(records.as_slice().iter().map(|entry| self.index.record(*entry)).collect())
                }
            },
            future: terms.future.into(),
            from: terms.not_before,
            until,
            purpose: terms.purpose.into(),
            mode: terms.mode.into(),
            request: terms.request,
        }
    }

    fn answer(&self, answer: &AnswerPayload) -> Answer {
        match answer {
            AnswerPayload::Allowed(handles) => {
                let grants = handles.as_slice().iter().map(|handle| AllowedGrant {
                    grant: handle.grant,
                    publisher: self.directory.party(handle.publisher),
                    until: handle.not_after,
                });
                Answer::Allowed(grants.collect())
            }
            AnswerPayload::Declined(words) => Answer::Declined(words.to_string()),
        }
    }

    fn disclosure(&self, number: u64, it: &DisclosurePayload) -> Disclosure {
        Disclosure {
            to: match it.recipient {
                payload::Recipient::Patient => Recipient::Patient,
                payload::Recipient::Provider(to) => Recipient::Provider(self.directory.party(to)),
                payload::Recipient::Delegate(agent) => Recipient::Delegate(self.index.delegate(agent)),
            },
            basis: match it.basis {
                payload::Basis::Owner => Basis::Owner,
                payload::Basis::Grant(id) => Basis::Grant(self.index.grant(id, number)),
                payload::Basis::Delegate(_) => Basis::Delegate,
                payload::Basis::Emergency(_) => Basis::Emergency(it.reason.to_string()),
            },
            records: it.records.as_slice().iter().map(|it| self.index.by_commitment(it)).collect(),
            at: it.at,
            person: it.person.to_string(),
        }
    }
}

fn misplaced(entry: u64) -> Unreadable {
    Unreadable { entry, reason: "an action that does not belong into this log".into() }
}

fn lines(said: &DisputePayload) -> String {
    let lines: Vec<_> = said.statement.as_slice().iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn asked(id: RequestId, request: RequestPayload) -> Request {
    Request {
        id,
        scope: kinds(request.kinds),
        future: request.future.into(),
        days: request.days,
        purpose: request.purpose.into(),
        reason: request.reason.to_string(),
        asked_by: request.asked_by.to_string(),
    }
}

/// No kinds at all ask for everything.
fn kinds(kinds: RecordKinds) -> Scope {
    let kinds: Vec<RecordKind> = kinds.iter().collect();
    if kinds.is_empty() { Scope::Everything } else { Scope::Kinds(kinds) }
}

impl From<payload::FutureRecords> for Future {
    fn from(future: payload::FutureRecords) -> Self {
        match future {
            payload::FutureRecords::Excluded => Self::Excluded,
            payload::FutureRecords::Included => Self::Included,
        }
    }
}

impl From<payload::GrantMode> for Mode {
    fn from(mode: payload::GrantMode) -> Self {
        match mode {
            payload::GrantMode::Pull => Self::Pull,
            payload::GrantMode::Push => Self::Push,
            payload::GrantMode::View => Self::View,
        }
    }
}

impl From<payload::Purpose> for Purpose {
    fn from(purpose: payload::Purpose) -> Self {
        match purpose {
            payload::Purpose::Treatment => Self::Treatment,
            payload::Purpose::Coordination => Self::Coordination,
            payload::Purpose::SecondOpinion => Self::SecondOpinion,
            payload::Purpose::Payment => Self::Payment,
            payload::Purpose::Research => Self::Research,
            payload::Purpose::PatientRequest => Self::PatientRequest,
        }
    }
}
