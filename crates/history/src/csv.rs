//! One row for each entry, for a spreadsheet. (RFC 4180; docs/spec/history.md, HIST-40 to HIST-44)
//!
//! Columns keep their English names in every language, so that a sheet that reads them goes on working; the sentence
//! is in the chosen language. The file begins with a byte order mark: without one, a common spreadsheet takes UTF-8 for
//! something else and spoils every accent. Programs that read it skip it (`utf-8-sig`).

use csv::{QuoteStyle, Terminator, WriterBuilder};

use crate::{
    model::{
        Answer, Basis, EmergencyAccess, Entry, Future, GrantRef, History, Mode, Purpose, Recipient,
        RecordRef, Relationship, Scope, What, Who,
    },
    sentences::{self, Language, rfc3339},
};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Names of the columns. They are added to at the end only.
pub const COLUMNS: [&str; 22] = [
    "relationship",
    "publisher_name",
    "publisher_place",
    "publisher_address",
    "entry",
    "time_utc",
    "block",
    "signed_as",
    "signed_by",
    "signed_by_address",
    "action",
    "opened",
    "other_party",
    "other_party_address",
    "about_entry",
    "grant",
    "scope",
    "new_ones_too",
    "from_utc",
    "until_utc",
    "purpose",
    "sentence",
];

/// Why no CSV could be made.
#[derive(Debug, thiserror::Error)]
#[error("the table could not be written: {0}")]
pub struct CsvError(String);

/// The history as CSV.
pub fn to_csv(history: &History, language: Language) -> Result<Vec<u8>, CsvError> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .quote_style(QuoteStyle::Necessary)
        .from_writer(BYTE_ORDER_MARK.to_vec());
    let failed = |error: csv::Error| CsvError(error.to_string());
    writer.write_record(COLUMNS).map_err(failed)?;
    for relationship in &history.relationships {
        for entry in &relationship.entries {
            let row = row(entry, relationship, language);
            writer.write_record(row.iter().map(|cell| neutral(cell))).map_err(failed)?;
        }
    }
    writer.into_inner().map_err(|error| CsvError(error.to_string()))
}

/// A cell that a spreadsheet would take for a formula gets an apostrophe in front: it is shown as text.
fn neutral(cell: &str) -> String {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => {
            format!("'{cell}")
        }
        _ => cell.to_owned(),
    }
}

/// What the columns between `opened` and `sentence` hold, for whichever kind of entry.
#[derive(Default)]
struct Details {
    other: String,
    other_address: String,
    about: Option<u64>,
    grant: String,
    scope: String,
    future: &'static str,
    from: String,
    until: String,
    purpose: &'static str,
}

fn row(entry: &Entry, of: &Relationship, language: Language) -> [String; COLUMNS.len()] {
    let (signed_as, signed_by, address) = signer(&entry.who);
    let details = details(&entry.what);
    [
        of.address.to_string(),
        of.publisher.name.clone().unwrap_or_default(),
        of.publisher.place.clone().unwrap_or_default(),
        of.publisher.address.to_string(),
        entry.index.to_string(),
        rfc3339(entry.time),
        entry.height.to_string(),
        signed_as.to_owned(),
        signed_by,
        address,
        entry.what.kind().as_str().to_owned(),
        if entry.what.is_open() { "yes" } else { "no" }.to_owned(),
        details.other,
        details.other_address,
        details.about.map(|entry| entry.to_string()).unwrap_or_default(),
        details.grant,
        details.scope,
        details.future.to_owned(),
        details.from,
        details.until,
        details.purpose.to_owned(),
        sentences::entry(language, entry, of),
    ]
}

fn signer(who: &Who) -> (&'static str, String, String) {
    match who {
        Who::Patient => ("patient", String::new(), String::new()),
        Who::Delegate(person) => {
            ("delegate", person.name.clone().unwrap_or_default(), person.address.to_string())
        }
        Who::Provider(party) => {
            ("provider", party.name.clone().unwrap_or_default(), party.address.to_string())
        }
        Who::Guardian(person) => {
            ("guardian", person.name.clone().unwrap_or_default(), person.address.to_string())
        }
        Who::UnknownAgent(address) => ("unknown", String::new(), address.to_string()),
    }
}

fn details(what: &What) -> Details {
    let mut details = Details::default();
    match what {
        What::PublishedRecord { kind, replaces, .. } => {
            details.scope = kind.to_string();
            details.about = *replaces;
        }
        What::WithdrewRecord { record, .. } => details.about = record.entry,
        What::Granted(grant) => {
            details.other = sentences::party(&grant.to);
            details.other_address = grant.to.address.to_string();
            details.grant = grant.id.to_string();
            details.scope = match grant.mode {
                Mode::Pull => scope(&grant.scope),
                Mode::Push => format!("{} (delivered)", scope(&grant.scope)),
                Mode::View => format!("{} (view only)", scope(&grant.scope)),
            };
            details.future = future(grant.future);
            details.from = rfc3339(grant.from);
            details.until = rfc3339(grant.until);
            details.purpose = purpose(grant.purpose);
        }
        What::Revoked { grant, .. } => details.of_grant(grant),
        What::RequestedAccess(request) => {
            details.scope = scope(&request.scope);
            details.future = future(request.future);
            details.purpose = purpose(request.purpose);
        }
        What::Answered { entry, answer, .. } => {
            details.about = *entry;
            if let Answer::Allowed(grants) = answer {
                details.grant = joined(grants.iter().map(|grant| grant.grant.to_string()));
            }
        }
        What::Disclosed(disclosure) => {
            match &disclosure.to {
                Recipient::Patient => details.other.push_str("patient"),
                Recipient::Delegate(person) => {
                    details.other = person.name.clone().unwrap_or_default();
                    details.other_address = person.address.to_string();
                }
                Recipient::Provider(party) => {
                    details.other = sentences::party(party);
                    details.other_address = party.address.to_string();
                }
            }
            match &disclosure.basis {
                Basis::Grant(grant) => details.of_grant(grant),
                Basis::Emergency(_) => details.purpose = "emergency",
                Basis::Owner | Basis::Delegate => {}
            }
            details.scope = records(&disclosure.records);
            details.from = rfc3339(disclosure.at);
        }
        What::Disputed { entry, .. } => details.about = Some(*entry),
        What::DelegateAppointed(delegation) => {
            details.of_person(&delegation.delegate);
            details.until = delegation.until.map(rfc3339).unwrap_or_default();
        }
        What::DelegationEnded(person)
        | What::DelegationAccepted(person)
        | What::DelegationGivenUp(person)
        | What::ActivationAsked(person)
        | What::ActivationRefused(person)
        | What::RecoveryApproved(person) => details.of_person(person),
        What::GuardiansSet { guardians, .. } => {
            details.other = joined(guardians.iter().filter_map(|person| person.name.clone()));
            details.other_address = joined(guardians.iter().map(|person| person.address.to_string()));
        }
        What::HandoverSet { on } => details.from = rfc3339(*on),
        What::EmergencyAccessSet(EmergencyAccess::On(kinds)) => details.scope = scope(kinds),
        What::EmergencyAccessSet(EmergencyAccess::Off) => details.scope.push_str("off"),
        What::Closed { grant, .. } => {
            details.grant = grant.map(|grant| grant.to_string()).unwrap_or_default();
        }
        What::OpenedRelationship
        | What::RevokedAll { .. }
        | What::RecoveryVetoed
        | What::ViewingKeyRotated
        | What::KeysRotated
        | What::SignOfLife
        | What::RelationshipClosed => {}
    }
    details
}

impl Details {
    fn of_grant(&mut self, grant: &GrantRef) {
        self.grant = grant.id.to_string();
        self.about = grant.entry;
    }

    fn of_person(&mut self, person: &crate::model::Person) {
        self.other = person.name.clone().unwrap_or_default();
        self.other_address = person.address.to_string();
    }
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join("; ")
}

fn scope(scope: &Scope) -> String {
    match scope {
        Scope::Everything => "everything".to_owned(),
        Scope::Kinds(kinds) => joined(kinds.iter().map(ToString::to_string)),
        Scope::Records(all) => records(all),
    }
}

fn records(records: &[RecordRef]) -> String {
    joined(records.iter().map(|record| {
        record.entry.map_or_else(|| "record not here".to_owned(), |entry| format!("entry {entry}"))
    }))
}

fn future(future: Future) -> &'static str {
    match future {
        Future::Included => "yes",
        Future::Excluded => "no",
    }
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Treatment => "treatment",
        Purpose::Coordination => "coordination",
        Purpose::SecondOpinion => "second_opinion",
        Purpose::Payment => "payment",
        Purpose::Research => "research",
        Purpose::PatientRequest => "patient_request",
    }
}
