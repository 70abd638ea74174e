//! One plain sentence for each entry, in English and Spanish: read by the person, by whoever helps, and by a court.
//!
//! ```text
//! entry ─► What (exhaustive) ─► Tongue (English, Spanish) ─► text
//! ```
//!
//! A tongue matches over every kind of entry, so the compiler demands every sentence in every language. The patient is
//! spoken of, not spoken to: the page travels.

mod english;
mod spanish;

use jiff::civil::DateTime;
use medrec_protocol::{RecordKind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    model::{
        ActionKind, Activation, Entry, Party, Person, Purpose, RecordRef, Relationship, Right, Scope, Who,
    },
    standing::Standing,
    verify::Verified,
};

/// Languages that a history is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    pub(crate) fn tongue(self) -> &'static dyn Tongue {
        match self {
            Self::English => &english::English,
            Self::Spanish => &spanish::Spanish,
        }
    }
}

/// How one language says things.
pub(crate) trait Tongue: Sync {
    /// What an entry says, as one sentence.
    fn entry(&self, entry: &Entry, of: &Relationship) -> String;
    /// Who acted in this relationship, as the subject of a sentence. Its publisher needs no place: the relationship has it.
    fn who(&self, who: &Who, of: &Relationship) -> String;
    /// A kind of entry, as a name.
    fn action(&self, action: ActionKind) -> &'static str;
    /// What can be seen, as the object of a sentence.
    fn scope(&self, scope: &Scope) -> String;
    /// A kind of record, in the plural.
    fn kind(&self, kind: RecordKind) -> &'static str;
    /// A kind of record, in the singular.
    fn one_kind(&self, kind: RecordKind) -> &'static str;
    /// A reason, after "for".
    fn purpose(&self, purpose: Purpose) -> &'static str;
    /// A right, after "may".
    fn right(&self, right: Right) -> &'static str;
    /// When a delegation begins.
    fn activation(&self, activation: Activation) -> String;
    /// Where a permission stands.
    fn standing(&self, standing: Standing) -> String;
    /// A list as people say it: "a, b and c".
    fn list(&self, items: &[String]) -> String;
    /// A day, month 1 to 12.
    fn day(&self, day: i8, month: i8, year: i16) -> String;
    /// A month, 1 to 12.
    fn month(&self, month: i8, year: i16) -> String;
    /// What a check of a file found, sentence by sentence.
    fn verified(&self, verified: &Verified) -> Vec<String>;
    /// A person who acts for the patient.
    fn person(&self, person: &Person) -> String;
    /// A record.
    fn record(&self, record: &RecordRef) -> String;

    /// A day as people write it (UTC).
    fn date(&self, time: Timestamp) -> String {
        let date = utc(time).date();
        self.day(date.day(), date.month(), date.year())
    }

    /// Day and minute (UTC).
    fn moment(&self, time: Timestamp) -> String {
        let at = utc(time);
        format!("{}, {:02}:{:02} UTC", self.date(time), at.hour(), at.minute())
    }
}

/// What an entry says, as one sentence.
pub fn entry(language: Language, entry: &Entry, of: &Relationship) -> String {
    language.tongue().entry(entry, of)
}

/// What a check of a file found: what is proved, what is opened, what stays closed.
pub fn verified(language: Language, verified: &Verified) -> Vec<String> {
    language.tongue().verified(verified)
}

/// Where a permission stands, in a word or two.
pub fn standing(language: Language, standing: Standing) -> String {
    language.tongue().standing(standing)
}

/// A provider with its place, since two may share a name; its address when the directory does not know it.
pub fn party(party: &Party) -> String {
    match (&party.name, &party.place) {
        (Some(name), Some(place)) if !place.is_empty() => format!("{name} ({place})"),
        (Some(name), _) => name.clone(),
        (None, _) => party.address.to_string(),
    }
}

/// A provider that acts in this relationship: most often its publisher, whose place stands above it.
fn acting(provider: &Party, of: &Relationship) -> String {
    match &provider.name {
        Some(name) if provider.address == of.publisher.address => name.clone(),
        _ => party(provider),
    }
}

/// Entries' numbers, with runs of them drawn together: "1–4, 7".
fn numbers(entries: &[u64]) -> String {
    let mut entries = entries.to_vec();
    entries.sort_unstable();
    entries.dedup();
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for entry in entries {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == entry => *last = entry,
            _ => runs.push((entry, entry)),
        }
    }
    let shown = runs.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}–{last}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// The time in UTC. Times of the ledger are at most those of the year 9999; a later one reads as that year's end.
pub(crate) fn utc(time: Timestamp) -> DateTime {
    let seconds = i64::try_from(time.seconds().min(Timestamp::LAST.seconds())).unwrap_or(0);
    let begin = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
    begin.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(DateTime::MAX)
}

/// RFC 3339 in UTC.
pub(crate) fn rfc3339(time: Timestamp) -> String {
    let at = utc(time);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// A list with the word for "and" before the last one; the word may depend on what follows it.
fn listed(items: &[String], nobody: &str, and: impl Fn(&str) -> &'static str) -> String {
    match items {
        [] => nobody.to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {} {last}", most.join(", "), and(last)),
    }
}

/// A date that a record states: FHIR's, perhaps only a year or a month; shown by day at the finest.
fn stated_date(tongue: &dyn Tongue, date: &str) -> String {
    let parts: Vec<Option<i16>> =
        date.get(..10).unwrap_or(date).split('-').map(|part| part.parse().ok()).collect();
    let small = |number: i16| i8::try_from(number).unwrap_or(1);
    match parts.as_slice() {
        [Some(year), Some(month @ 1..=12), Some(day @ 1..=31)] => {
            tongue.day(small(*day), small(*month), *year)
        }
        [Some(year), Some(month @ 1..=12)] => tongue.month(small(*month), *year),
        _ => date.to_owned(),
    }
}
