//! English.

use medrec_protocol::RecordKind;

use super::{Tongue, acting, listed, numbers, party, stated_date};
use crate::{
    model::{
        ActionKind, Activation, Answer, Basis, Disclosure, EmergencyAccess, Entry, Future, Grant, GrantRef,
        Mode, Person, Purpose, Recipient, RecordRef, Relationship, Request, Right, Scope, What, Who,
    },
    standing::Standing,
    verify::{Trust, Verified},
};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

pub(super) struct English;

impl Tongue for English {
    fn entry(&self, entry: &Entry, of: &Relationship) -> String {
        let who = self.who(&entry.who, of);
        match &entry.what {
            What::OpenedRelationship => format!("{who} opened this account with the patient’s consent."),
            What::PublishedRecord { title, kind, date, replaces, .. } => {
                let dated =
                    date.as_ref().map(|date| format!(", of {}", stated_date(self, date))).unwrap_or_default();
                let replaces =
                    replaces.map(|entry| format!("; it replaces entry {entry}")).unwrap_or_default();
                format!("{who} listed a record: “{title}”, {}{dated}{replaces}.", self.one_kind(*kind))
            }
            What::WithdrewRecord { record, reason } => {
                format!("{who} took {} off the list{}.", self.record(record), quoted(reason))
            }
            What::Granted(grant) => self.granted(&who, grant),
            What::Revoked { grant, note } => {
                format!("{who} stopped {}{}.", permission(grant, of, entry.index), quoted(note))
            }
            What::RevokedAll { note } => {
                format!("{who} stopped all access to the records of this account{}.", quoted(note))
            }
            What::RequestedAccess(request) => self.requested(&who, request),
            What::Answered { entry, answer, .. } => self.answered(&who, *entry, answer),
            What::Disclosed(disclosure) => self.disclosed(&who, disclosure),
            What::Disputed { entry, statement } => {
                format!("{who} said that entry {entry} is wrong{}.", quoted(statement))
            }
            What::DelegateAppointed(delegation) => {
                let until =
                    delegation.until.map_or(String::new(), |until| format!(", until {}", self.date(until)));
                format!(
                    "{who} appointed {} as delegate, {}{until}: to {}.",
                    self.person(&delegation.delegate),
                    self.activation(delegation.activation),
                    self.right(delegation.right)
                )
            }
            What::DelegationEnded(person) => {
                format!("{who} ended the delegation of {}.", self.person(person))
            }
            What::DelegationAccepted(person) => {
                format!("{} agreed to act for the patient.", self.person(person))
            }
            What::DelegationGivenUp(person) => {
                format!("{} no longer acts for the patient, by their own choice.", self.person(person))
            }
            What::ActivationAsked(person) => {
                format!("{} asked to begin to act for the patient.", self.person(person))
            }
            What::ActivationRefused(person) => {
                format!("{who} said no: {} does not begin to act.", self.person(person))
            }
            What::GuardiansSet { guardians, .. } if guardians.is_empty() => {
                format!("{who} removed all guardians.")
            }
            What::GuardiansSet { guardians, needed, delay_days } => {
                let names: Vec<String> = guardians.iter().map(|person| self.person(person)).collect();
                format!(
                    "{who} named guardians: {}; {needed} of these {} together can move the account to new keys, after {}.",
                    self.list(&names),
                    names.len(),
                    days(*delay_days)
                )
            }
            What::RecoveryApproved(person) => {
                format!("{} agreed, as guardian, to move the account to new keys.", self.person(person))
            }
            What::RecoveryVetoed => format!("{who} refused to have the account moved to new keys."),
            What::HandoverSet { on } => {
                format!("{who} set {} as the day on which the account is handed over.", self.date(*on))
            }
            What::EmergencyAccessSet(EmergencyAccess::Off) => {
                format!("{who} switched emergency access off.")
            }
            What::EmergencyAccessSet(EmergencyAccess::On(scope)) => {
                format!("{who} allowed emergency departments to see {} without asking.", self.scope(scope))
            }
            What::ViewingKeyRotated => {
                format!("{who} changed the key that opens later entries.")
            }
            What::KeysRotated => format!("{who} moved the account to new keys; the old ones are void."),
            What::SignOfLife => format!("{who} gave a sign of life."),
            What::RelationshipClosed => format!("{who} closed this account."),
            What::Closed { action, .. } => {
                format!("Not opened in this copy: {}, signed by {}.", self.action(*action), who_inside(&who))
            }
        }
    }

    fn who(&self, who: &Who, of: &Relationship) -> String {
        match who {
            Who::Patient => "The patient".to_owned(),
            Who::Delegate(person) => format!("{}, for the patient,", self.person(person)),
            Who::Provider(provider) => acting(provider, of),
            Who::Guardian(person) => format!("{}, as guardian,", self.person(person)),
            Who::UnknownAgent(address) => format!("Somebody whose name is not opened ({address})"),
        }
    }

    fn action(&self, action: ActionKind) -> &'static str {
        match action {
            ActionKind::OpenedRelationship => "account opened",
            ActionKind::PublishedRecord => "record listed",
            ActionKind::WithdrewRecord => "record taken off the list",
            ActionKind::Granted => "access given",
            ActionKind::Revoked => "access stopped",
            ActionKind::RevokedAll => "all access stopped",
            ActionKind::RequestedAccess => "access asked for",
            ActionKind::Answered => "request answered",
            ActionKind::Disclosed => "copies released",
            ActionKind::Disputed => "entry disputed",
            ActionKind::DelegateAppointed => "delegate appointed",
            ActionKind::DelegationEnded => "delegation ended",
            ActionKind::DelegationAccepted => "delegation accepted",
            ActionKind::DelegationGivenUp => "delegation given up",
            ActionKind::ActivationAsked => "delegate asked to begin",
            ActionKind::ActivationRefused => "beginning of a delegation refused",
            ActionKind::GuardiansSet => "guardians named",
            ActionKind::RecoveryApproved => "guardian agreed to new keys",
            ActionKind::RecoveryVetoed => "move to new keys refused",
            ActionKind::HandoverSet => "handover day set",
            ActionKind::EmergencyAccessSet => "emergency access set",
            ActionKind::ViewingKeyRotated => "reading key changed",
            ActionKind::KeysRotated => "account moved to new keys",
            ActionKind::SignOfLife => "sign of life",
            ActionKind::RelationshipClosed => "account closed",
        }
    }

    fn scope(&self, scope: &Scope) -> String {
        match scope {
            Scope::Everything => "all records".to_owned(),
            Scope::Kinds(kinds) => {
                let kinds: Vec<_> = kinds.iter().map(|kind| self.kind(*kind).to_owned()).collect();
                self.list(&kinds)
            }
            Scope::Records(records) => match records.as_slice() {
                [one] => self.record(one),
                [_, _] | [_, _, _] => {
                    self.list(&records.iter().map(|record| self.record(record)).collect::<Vec<_>>())
                }
                many => many_records(many),
            },
        }
    }

    fn kind(&self, kind: RecordKind) -> &'static str {
        match kind {
            RecordKind::Medication => "medicines",
            RecordKind::Allergy => "allergies",
            RecordKind::Problem => "problems",
            RecordKind::Observation => "test results and measurements",
            RecordKind::Immunization => "vaccinations",
            RecordKind::Procedure => "procedures",
            RecordKind::Document => "letters and documents",
            RecordKind::Imaging => "images",
            RecordKind::Visit => "visits",
            RecordKind::Other => "other records",
        }
    }

    fn one_kind(&self, kind: RecordKind) -> &'static str {
        match kind {
            RecordKind::Medication => "a medicine",
            RecordKind::Allergy => "an allergy",
            RecordKind::Problem => "a problem",
            RecordKind::Observation => "a test result or measurement",
            RecordKind::Immunization => "a vaccination",
            RecordKind::Procedure => "a procedure",
            RecordKind::Document => "a letter or document",
            RecordKind::Imaging => "an image",
            RecordKind::Visit => "a visit",
            RecordKind::Other => "another record",
        }
    }

    fn purpose(&self, purpose: Purpose) -> &'static str {
        match purpose {
            Purpose::Treatment => "treatment",
            Purpose::Coordination => "coordinating care",
            Purpose::SecondOpinion => "a second opinion",
            Purpose::Payment => "insurance or payment",
            Purpose::Research => "research",
            Purpose::PatientRequest => "the patient’s own wish",
        }
    }

    fn right(&self, right: Right) -> &'static str {
        match right {
            Right::See => "see records",
            Right::Share => "see records, and to give and stop access",
            Right::Manage => "see records, to give and stop access, and to change the rules of the account",
        }
    }

    fn activation(&self, activation: Activation) -> String {
        match activation {
            Activation::AtOnce => "at once".to_owned(),
            Activation::AfterWait(wait) => {
                format!("{} after asking, unless the patient refuses", days(wait))
            }
            Activation::AfterSilence(silence) => {
                format!("after {} without a sign of life from the patient", days(silence))
            }
        }
    }

    fn standing(&self, standing: Standing) -> String {
        match standing {
            Standing::InForce => "In force".to_owned(),
            Standing::NotYet => "Begins later".to_owned(),
            Standing::Stopped(Some(entry)) => format!("Stopped by entry {entry}"),
            Standing::Stopped(None) => "Stopped".to_owned(),
            Standing::RanOut => "Ran out".to_owned(),
        }
    }

    fn list(&self, items: &[String]) -> String {
        listed(items, "nobody", |_| "and")
    }

    fn day(&self, day: i8, month: i8, year: i16) -> String {
        format!("{day} {}", self.month(month, year))
    }

    fn month(&self, month: i8, year: i16) -> String {
        let month = usize::try_from(month - 1).ok().and_then(|month| MONTHS.get(month)).unwrap_or(&"");
        format!("{month} {year}")
    }

    fn person(&self, person: &Person) -> String {
        person
            .name
            .clone()
            .unwrap_or_else(|| format!("somebody whose name is not opened ({})", person.address))
    }

    fn record(&self, record: &RecordRef) -> String {
        match (&record.title, record.entry) {
            (Some(title), Some(entry)) => format!("“{title}” (entry {entry})"),
            (Some(title), None) => format!("“{title}”"),
            (None, Some(entry)) => format!("the record of entry {entry}"),
            (None, None) => "a record that is not in this copy".to_owned(),
        }
    }

    fn verified(&self, verified: &Verified) -> Vec<String> {
        let network = &verified.history.network;
        let as_of = verified.history.as_of;
        let mut said = vec![match verified.trust {
            Trust::Genesis => format!(
                "This file is what the ledger “{}” says: it was followed from the ledger’s beginning, which your network file names.",
                network.chain_id
            ),
            Trust::Header(height) => format!(
                "This file is what the ledger “{}” says: it was followed from block {height}, which your network file vouches for.",
                network.chain_id
            ),
            Trust::ItselfOnly => format!(
                "This file agrees with itself, and that is all that was checked: it claims to be from the ledger “{}”, genesis {}. To know that it is, check it with the network file of that ledger.",
                network.chain_id, network.genesis_hash
            ),
        }];
        let votes = verified.votes;
        said.push(format!(
            "As of {}, block {}: signed by {} of {} validators with {} of {} votes.",
            self.moment(as_of.time),
            as_of.height,
            votes.signers,
            votes.validators,
            votes.signed_power,
            votes.total_power
        ));
        for relationship in &verified.history.relationships {
            let period = relationship.period;
            let complete = match (period.is_whole(), period.to - period.from) {
                (true, 1) => "its only entry is here".to_owned(),
                (true, _) => format!("all {} entries are here", period.size),
                (false, 1) => format!("entry {}, of {} in all, is here", period.from, period.size),
                (false, _) => {
                    format!("entries {} to {} of {} are here", period.from, period.to - 1, period.size)
                }
            };
            let closed = relationship.entries.iter().filter(|entry| !entry.what.is_open()).count();
            let opened = relationship.entries.len() - closed;
            said.push(format!(
                "{}: {complete}, none dropped, added, altered or moved. {opened} can be read, {closed} {} closed.",
                party(&relationship.publisher),
                if closed == 1 { "stays" } else { "stay" }
            ));
        }
        if verified.stated.whose.is_empty() {
            said.push("The file does not say whose history this is.".to_owned());
        } else {
            said.push(format!(
                "The file says that this is the history of “{}”. The ledger holds no names of patients, so nothing proves this name.",
                verified.stated.whose
            ));
        }
        said
    }
}

impl English {
    fn granted(&self, who: &str, grant: &Grant) -> String {
        let verb = if grant.mode == Mode::View { "look at" } else { "see" };
        let future = if grant.future == Future::Included { ", new ones too" } else { "" };
        let mode = match grant.mode {
            Mode::Pull => "",
            Mode::Push => "; new records are sent to them",
            Mode::View => "; they may not keep a copy",
        };
        format!(
            "{who} let {} {verb} {}{future}, from {} until {}, for {}{mode}.",
            party(&grant.to),
            self.scope(&grant.scope),
            self.date(grant.from),
            self.date(grant.until),
            self.purpose(grant.purpose)
        )
    }

    fn requested(&self, who: &str, request: &Request) -> String {
        let person =
            if request.asked_by.is_empty() { String::new() } else { format!(" ({})", request.asked_by) };
        let future = if request.future == Future::Included { ", new ones too," } else { "" };
        format!(
            "{who}{person} asked to see {}{future} for {}, for {}{}.",
            self.scope(&request.scope),
            days(request.days.into()),
            self.purpose(request.purpose),
            quoted(&request.reason)
        )
    }

    fn answered(&self, who: &str, entry: Option<u64>, answer: &Answer) -> String {
        let request = entry.map_or_else(
            || "a request that is not in this copy".to_owned(),
            |entry| format!("the request of entry {entry}"),
        );
        match answer {
            Answer::Allowed(grants) => {
                let whose: Vec<String> = grants.iter().map(|grant| party(&grant.publisher)).collect();
                format!("{who} allowed {request}: records of {}.", self.list(&whose))
            }
            Answer::Declined(words) => format!("{who} declined {request}{}.", quoted(words)),
        }
    }

    fn disclosed(&self, who: &str, disclosure: &Disclosure) -> String {
        let to = match &disclosure.to {
            Recipient::Patient => "the patient".to_owned(),
            Recipient::Delegate(person) => format!("{}, who acts for the patient", self.person(person)),
            Recipient::Provider(provider) => party(provider),
        };
        let person = if disclosure.person.is_empty() {
            String::new()
        } else {
            format!(", received by {}", disclosure.person)
        };
        let basis = match &disclosure.basis {
            Basis::Owner => ", whose records they are".to_owned(),
            Basis::Grant(GrantRef { entry: Some(entry), .. }) => {
                format!(", under the permission of entry {entry}")
            }
            Basis::Grant(GrantRef { entry: None, .. }) => {
                ", under a permission that is not in this copy".to_owned()
            }
            Basis::Delegate => ", under that right".to_owned(),
            Basis::Emergency(reason) => format!(", in an emergency{}", quoted(reason)),
        };
        let records = self.scope(&Scope::Records(disclosure.records.clone()));
        format!("{who} released {records} to {to}{person}{basis}.")
    }
}

/// A permission that another entry speaks of.
fn permission(grant: &GrantRef, of: &Relationship, before: u64) -> String {
    match (of.grant(grant.id, before), grant.entry) {
        (Some((given, terms)), _) => {
            format!("the access of {} that entry {} gave", party(&terms.to), given.index)
        }
        (None, Some(entry)) => format!("the access that entry {entry} gave"),
        (None, None) => "an access that is not in this copy".to_owned(),
    }
}

/// A name in the middle of a sentence.
fn who_inside(who: &str) -> String {
    let who = who.trim_end_matches(',');
    who.strip_prefix("The patient")
        .map(|rest| format!("the patient{rest}"))
        .or_else(|| who.strip_prefix("Somebody").map(|rest| format!("somebody{rest}")))
        .unwrap_or_else(|| who.to_owned())
}

/// Records, each by the entry that listed it.
fn many_records(records: &[RecordRef]) -> String {
    let known: Vec<u64> = records.iter().filter_map(|record| record.entry).collect();
    let missing = records.len() - known.len();
    let (count, entries) = (records.len(), numbers(&known));
    match (known.is_empty(), missing) {
        (true, _) => format!("{count} records that are not in this copy"),
        (false, 0) => format!("{count} records (entries {entries})"),
        (false, _) => {
            let noun = if known.len() == 1 { "entry" } else { "entries" };
            format!("{count} records ({noun} {entries}, and {missing} not in this copy)")
        }
    }
}

fn quoted(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(": “{words}”") }
}

fn days(count: u32) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}
