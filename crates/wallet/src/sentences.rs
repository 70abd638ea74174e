//! What people read before they decide, and about what they decided: pure functions from facts that were read back from signed
//! bytes. Each sentence has a code and arguments, so that a window can say it in another language; the English text is here.

use std::collections::BTreeMap;

use medrec_protocol::{RecordKind, Timestamp};

use crate::view::{Future, Mode, ProviderName, Sentence, Why};

const SECONDS_PER_DAY: u64 = 86_400;

/// What can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeenScope {
    /// Everything.
    Everything,
    /// These kinds.
    Kinds(Vec<RecordKind>),
    /// So many records, named one by one.
    Records(usize),
}

/// Facts of a share, as they were read back from the bytes to be signed.
#[derive(Clone, Debug)]
pub struct AccessFacts {
    /// To whom.
    pub grantee: ProviderName,
    /// What.
    pub scope: SeenScope,
    /// Later records, too?
    pub future: Future,
    /// How.
    pub mode: Mode,
    /// Why.
    pub why: Why,
    /// Now.
    pub today: Timestamp,
    /// Last second.
    pub until: Timestamp,
    /// Whose records.
    pub publishers: Vec<String>,
    /// Records that it opens now.
    pub records: u64,
    /// The grantee publishes records of this person itself.
    pub leaves_out_own: bool,
    /// A request is answered with it.
    pub answers_request: bool,
}

fn sentence<const N: usize>(code: &'static str, args: [(&'static str, String); N], text: String) -> Sentence {
    Sentence { code, args: BTreeMap::from(args), text }
}

/// The question above a share.
pub fn give_access(facts: &AccessFacts) -> Sentence {
    let who = facts.grantee.to_string();
    let text = format!("Give {who} access?");
    sentence("give_access", [("who", who)], text)
}

/// What a share means.
pub fn access(facts: &AccessFacts) -> Vec<Sentence> {
    let mut said = vec![can_see(facts)];
    if facts.scope != SeenScope::Everything {
        said.push(sentence("nothing_else", [], "They cannot see anything else.".to_owned()));
    }
    said.push(from_providers(facts));
    said.push(future(facts));
    said.push(until(facts));
    said.push(sentence(
        "why",
        [("why", facts.why.to_string())],
        format!("This is for {}.", why_in_words(facts.why)),
    ));
    if facts.mode == Mode::Push {
        let text = "New records are sent to them without their asking.".to_owned();
        said.push(sentence("delivered", [], text));
    }
    if facts.leaves_out_own {
        let who = facts.grantee.to_string();
        let text = format!("Records that {who} wrote are left out: they have those.");
        said.push(sentence("own_left_out", [("who", who)], text));
    }
    if facts.answers_request {
        said.push(sentence("answers", [], "This answers their request.".to_owned()));
    }
    said.push(sentence("stop_any_time", [], "You can stop this at any time.".to_owned()));
    said.push(copies_stay(facts.mode));
    said
}

fn can_see(facts: &AccessFacts) -> Sentence {
    let what = scope_in_words(&facts.scope);
    let (code, text) = match facts.mode {
        Mode::View => ("can_look", format!("They can look at {what}, but not keep a copy.")),
        Mode::Pull | Mode::Push => ("can_see", format!("They can see {what}.")),
    };
    sentence(code, [("what", what)], text)
}

fn from_providers(facts: &AccessFacts) -> Sentence {
    let (records, providers) = (facts.records.to_string(), in_words(&facts.publishers));
    let noun = if facts.records == 1 { "record" } else { "records" };
    let text = format!("Now that is {records} {noun}, from {providers}.");
    sentence("from_providers", [("records", records), ("providers", providers)], text)
}

fn future(facts: &AccessFacts) -> Sentence {
    match (facts.future, &facts.scope) {
        (Future::Included, SeenScope::Everything) => {
            sentence("future_too", [], "New records are included.".to_owned())
        }
        (Future::Included, SeenScope::Kinds(_)) => {
            sentence("future_kinds_too", [], "New records of these kinds are included.".to_owned())
        }
        (Future::Included, SeenScope::Records(_)) => {
            sentence("future_versions_too", [], "New versions of these records are included.".to_owned())
        }
        (Future::Excluded, _) => {
            sentence("future_not", [], "Records that are added later are not included.".to_owned())
        }
    }
}

fn until(facts: &AccessFacts) -> Sentence {
    let (today, until) = (date(facts.today), date(facts.until));
    let text = format!("From today, {today}, until {until}.");
    sentence("from_until", [("from", today), ("until", until)], text)
}

fn copies_stay(mode: Mode) -> Sentence {
    match mode {
        Mode::View => {
            let text = "What they remember or write down stays with them.".to_owned();
            sentence("memory_stays", [], text)
        }
        Mode::Pull | Mode::Push => sentence("copies_stay", [], "Copies they make stay with them.".to_owned()),
    }
}

/// The honest result of stopping: what is over, and what is not.
pub fn stopped(grantees: &[String], copies: u64, last: Option<Timestamp>, waiting: u64) -> Vec<Sentence> {
    let who = in_words(grantees);
    let mut said = Vec::new();
    if waiting == 0 {
        let text = format!("{who} cannot fetch more.");
        said.push(sentence("cannot_fetch", [("who", who)], text));
    } else {
        let text =
            format!("The ledger has not confirmed yet that {who} is stopped. It is sent again until it has.");
        said.push(sentence("stop_waiting", [("who", who), ("waiting", waiting.to_string())], text));
    }
    said.push(match last {
        None => sentence("no_copies", [], "No copies were taken.".to_owned()),
        Some(last) => {
            let (copies, last) = (copies.to_string(), date(last));
            let text =
                format!("Copies that were already taken stay where they are: {copies}, last on {last}.");
            sentence("copies_taken", [("copies", copies), ("last", last)], text)
        }
    });
    said
}

/// What a provider can see under one grant or several of the same terms.
pub fn sees(scope: &SeenScope, mode: Mode, until_time: Timestamp) -> Sentence {
    let (what, until) = (scope_in_words(scope), date(until_time));
    let verb = if mode == Mode::View { "Can look at" } else { "Can see" };
    let text = format!("{verb} {what} until {until}.");
    sentence("sees_until", [("what", what), ("until", until)], text)
}

/// How often a provider looked.
pub fn used(uses: u64, last: Option<Timestamp>) -> Sentence {
    match last {
        None => sentence("never_used", [], "They have not looked yet.".to_owned()),
        Some(last) => {
            let (uses, last) = (uses.to_string(), date(last));
            let text = format!("Looked {} so far, last on {last}.", times(&uses));
            sentence("used", [("uses", uses), ("last", last)], text)
        }
    }
}

/// What a request asks for.
pub fn asks(who: &str, scope: &SeenScope, days: u16, future: Future) -> Sentence {
    let (who, what, days) = (who.to_owned(), scope_in_words(scope), days.to_string());
    let unit = if days == "1" { "day" } else { "days" };
    let also = if future == Future::Included { ", new ones too" } else { "" };
    let text = format!("{who} asks to see {what} for {days} {unit}{also}.");
    sentence("asks", [("who", who), ("what", what), ("days", days), ("future", future.to_string())], text)
}

fn times(uses: &str) -> String {
    match uses {
        "1" => "once".to_owned(),
        "2" => "twice".to_owned(),
        more => format!("{more} times"),
    }
}

/// A scope as the object of a sentence.
pub fn scope_in_words(scope: &SeenScope) -> String {
    match scope {
        SeenScope::Everything => "all your records".to_owned(),
        SeenScope::Kinds(kinds) => {
            let kinds: Vec<_> = kinds.iter().map(|kind| kind_in_words(*kind).to_owned()).collect();
            format!("your {}", in_words(&kinds))
        }
        SeenScope::Records(1) => "one record that you chose".to_owned(),
        SeenScope::Records(count) => format!("{count} records that you chose"),
    }
}

/// A kind of record, in the plural.
pub const fn kind_in_words(kind: RecordKind) -> &'static str {
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

/// A reason, after "for".
pub const fn why_in_words(why: Why) -> &'static str {
    match why {
        Why::Treatment => "treatment",
        Why::Coordination => "coordinating care",
        Why::SecondOpinion => "a second opinion",
        Why::Payment => "insurance or payment",
        Why::Research => "research",
        Why::PatientRequest => "your own wish",
    }
}

/// A list as people say it: "a, b and c".
fn in_words(items: &[String]) -> String {
    match items {
        [] => "nobody".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A day as people write it: "20 Feb 2027" (UTC).
pub fn date(time: Timestamp) -> String {
    // A time beyond the calendar is said in days.
    i64::try_from(time.seconds())
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .map_or_else(
            || format!("day {}", time.seconds() / SECONDS_PER_DAY),
            |time| time.strftime("%-d %b %Y").to_string(),
        )
}

#[cfg(test)]
mod tests {
    use medrec_protocol::ProviderAddress;

    use super::*;

    fn facts() -> AccessFacts {
        AccessFacts {
            grantee: ProviderName {
                address: ProviderAddress::from_bytes([1; 20]),
                name: "City Clinic".to_owned(),
                place: "Lisbon".to_owned(),
            },
            scope: SeenScope::Kinds(vec![RecordKind::Medication, RecordKind::Allergy]),
            future: Future::Excluded,
            mode: Mode::Pull,
            why: Why::Treatment,
            today: Timestamp::from_seconds(1_795_219_200),
            until: Timestamp::from_seconds(1_795_219_200 + 90 * SECONDS_PER_DAY),
            publishers: vec!["Santa Maria (Lisbon)".to_owned(), "Dr. Ana (Sintra)".to_owned()],
            records: 12,
            leaves_out_own: true,
            answers_request: false,
        }
    }

    fn texts(sentences: &[Sentence]) -> Vec<&str> {
        sentences.iter().map(|sentence| sentence.text.as_str()).collect()
    }

    #[test]
    fn a_share_is_said_in_plain_sentences() {
        let facts = facts();
        assert_eq!(give_access(&facts).text, "Give City Clinic (Lisbon) access?");
        assert_eq!(
            texts(&access(&facts)),
            [
                "They can see your medicines and allergies.",
                "They cannot see anything else.",
                "Now that is 12 records, from Santa Maria (Lisbon) and Dr. Ana (Sintra).",
                "Records that are added later are not included.",
                "From today, 21 Nov 2026, until 19 Feb 2027.",
                "This is for treatment.",
                "Records that City Clinic (Lisbon) wrote are left out: they have those.",
                "You can stop this at any time.",
                "Copies they make stay with them.",
            ]
        );
    }

    #[test]
    fn everything_for_looking_only_is_said_so() {
        let facts = AccessFacts {
            scope: SeenScope::Everything,
            mode: Mode::View,
            future: Future::Included,
            leaves_out_own: false,
            ..facts()
        };
        let said = access(&facts);
        assert_eq!(said[0].text, "They can look at all your records, but not keep a copy.");
        assert!(!said.iter().any(|sentence| sentence.code == "nothing_else"));
        assert!(said.iter().any(|sentence| sentence.code == "future_too"));
        assert!(!said.iter().any(|sentence| sentence.code == "copies_stay"));
    }

    #[test]
    fn sentences_to_be_consented_to_have_at_most_fifteen_words_beside_names() {
        for sentence in access(&facts()) {
            let names: usize = sentence.args.values().map(|value| value.split(' ').count()).sum();
            let words = sentence.text.split(' ').count().saturating_sub(names);
            assert!(words <= 15, "{}", sentence.text);
        }
    }

    #[test]
    fn stopping_does_not_pretend_that_copies_come_back() {
        let last = Some(Timestamp::from_seconds(1_777_852_800));
        let who = ["City Clinic (Lisbon)".to_owned()];
        assert_eq!(
            texts(&stopped(&who, 3, last, 0)),
            [
                "City Clinic (Lisbon) cannot fetch more.",
                "Copies that were already taken stay where they are: 3, last on 4 May 2026."
            ]
        );
        assert_eq!(texts(&stopped(&who, 0, None, 0))[1], "No copies were taken.");
        assert!(texts(&stopped(&who, 0, None, 1))[0].contains("not confirmed"));
    }

    #[test]
    fn every_argument_stands_in_its_sentence() {
        let all =
            [access(&facts()), stopped(&["A".to_owned()], 2, Some(Timestamp::from_seconds(0)), 0)].concat();
        for sentence in all.iter().filter(|sentence| sentence.code != "why") {
            for value in sentence.args.values() {
                assert!(sentence.text.contains(value.as_str()), "{}: {value}", sentence.text);
            }
        }
    }
}
