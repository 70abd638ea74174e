//! What people read before they decide, and about what they decided: pure functions from facts that were read back from signed
//! bytes.
//!
//! ```text
//! facts ─► Meaning (what is said, with its facts) ─► Tongue (English, Spanish) ─► Sentence (code, arguments, text)
//! ```
//!
//! A tongue is one match over all meanings, so the compiler demands every sentence in every language.

mod acts;
mod english;
mod spanish;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use acts::{ActFacts, DisputedThing, LetterFacts, act, for_whom, letter};

use medrec_protocol::{RecordKind, Timestamp};

use crate::view::{Future, Mode, ProviderName, Sentence, SentenceCode, Why};

const SECONDS_PER_DAY: u64 = 86_400;

crate::text_enum! {
    /// Languages that sentences are said in.
    Language {
        /// English.
        English = "en",
        /// Spanish.
        Spanish = "es",
    }
}

impl Language {
    fn tongue(self) -> &'static dyn Tongue {
        match self {
            Self::English => &english::English,
            Self::Spanish => &spanish::Spanish,
        }
    }
}

/// How one language says things.
trait Tongue {
    /// The whole sentence.
    fn say(&self, meaning: &Meaning<'_>) -> String;
    /// A scope as the object of a sentence; `whose` is the person who is helped, none for the reader's own records.
    fn scope(&self, scope: &SeenScope, whose: Option<&str>) -> String;
    /// A list as people say it: "a, b and c".
    fn list(&self, items: &[String]) -> String;
    /// A day, month 1 to 12.
    fn day(&self, day: i8, month: i8, year: i16) -> String;
    /// A day beyond the calendar, counted from 1970.
    fn far_day(&self, days: u64) -> String;

    /// A day as people write it (UTC).
    fn date(&self, time: Timestamp) -> String {
        let known = i64::try_from(time.seconds()).ok();
        known.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()).map_or_else(
            || self.far_day(time.seconds() / SECONDS_PER_DAY),
            |time| {
                let date = time.to_zoned(jiff::tz::TimeZone::UTC).date();
                self.day(date.day(), date.month(), date.year())
            },
        )
    }
}

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
    /// Whose records, when a helper decides; none for the reader's own.
    pub whose: Option<String>,
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
    /// From which providers.
    pub publishers: Vec<String>,
    /// Records that it opens now.
    pub records: u64,
    /// The grantee publishes records of this person itself.
    pub leaves_out_own: bool,
    /// A request is answered with it.
    pub answers_request: bool,
}

/// What is said, with the facts in it.
#[derive(Clone, Copy, Debug)]
enum Meaning<'a> {
    GiveAccess { who: &'a str },
    CanSee { what: &'a SeenScope, whose: Option<&'a str> },
    CanLook { what: &'a SeenScope, whose: Option<&'a str> },
    NothingElse,
    FromProviders { records: u64, providers: &'a [String] },
    FutureToo,
    FutureKindsToo,
    FutureVersionsToo,
    FutureNot,
    FromUntil { from: Timestamp, until: Timestamp },
    Reason { why: Why, whose: Option<&'a str> },
    Delivered,
    OwnLeftOut { who: &'a str },
    Answers,
    StopAnyTime,
    MemoryStays,
    CopiesStay,
    CannotFetch { who: &'a [String] },
    StopWaiting { who: &'a [String], waiting: u64 },
    NoCopies,
    CopiesTaken { copies: u64, last: Timestamp },
    SeesUntil { what: &'a SeenScope, whose: Option<&'a str>, mode: Mode, until: Timestamp },
    NeverUsed,
    Used { uses: u64, last: Timestamp },
    Asks { who: &'a str, what: &'a SeenScope, whose: Option<&'a str>, days: u64, future: Future },
    StopAccess { who: &'a [String] },
    NoMore,
    AnswerRequest { who: &'a str },
    TellsWhere,
    TellsNo,
}

/// An argument of a sentence: its name, how it stands in the text, and its number where it is one.
type Argument = (&'static str, String, Option<u64>);

impl Meaning<'_> {
    fn code(&self) -> SentenceCode {
        match self {
            Self::GiveAccess { .. } => SentenceCode::GiveAccess,
            Self::CanSee { .. } => SentenceCode::CanSee,
            Self::CanLook { .. } => SentenceCode::CanLook,
            Self::NothingElse => SentenceCode::NothingElse,
            Self::FromProviders { .. } => SentenceCode::FromProviders,
            Self::FutureToo => SentenceCode::FutureToo,
            Self::FutureKindsToo => SentenceCode::FutureKindsToo,
            Self::FutureVersionsToo => SentenceCode::FutureVersionsToo,
            Self::FutureNot => SentenceCode::FutureNot,
            Self::FromUntil { .. } => SentenceCode::FromUntil,
            Self::Reason { .. } => SentenceCode::Why,
            Self::Delivered => SentenceCode::Delivered,
            Self::OwnLeftOut { .. } => SentenceCode::OwnLeftOut,
            Self::Answers => SentenceCode::Answers,
            Self::StopAnyTime => SentenceCode::StopAnyTime,
            Self::MemoryStays => SentenceCode::MemoryStays,
            Self::CopiesStay => SentenceCode::CopiesStay,
            Self::CannotFetch { .. } => SentenceCode::CannotFetch,
            Self::StopWaiting { .. } => SentenceCode::StopWaiting,
            Self::NoCopies => SentenceCode::NoCopies,
            Self::CopiesTaken { .. } => SentenceCode::CopiesTaken,
            Self::SeesUntil { .. } => SentenceCode::SeesUntil,
            Self::NeverUsed => SentenceCode::NeverUsed,
            Self::Used { .. } => SentenceCode::Used,
            Self::Asks { .. } => SentenceCode::Asks,
            Self::StopAccess { .. } => SentenceCode::StopAccess,
            Self::NoMore => SentenceCode::NoMore,
            Self::AnswerRequest { .. } => SentenceCode::AnswerRequest,
            Self::TellsWhere => SentenceCode::TellsWhere,
            Self::TellsNo => SentenceCode::TellsNo,
        }
    }

    fn arguments(&self, tongue: &dyn Tongue) -> Vec<Argument> {
        let text = |name, text: &str| (name, text.to_owned(), None);
        let list = |name, items: &[String]| (name, tongue.list(items), None);
        let scope = |scope: &SeenScope, whose| ("what", tongue.scope(scope, whose), None);
        let date = |name, time: Timestamp| (name, tongue.date(time), Some(time.seconds()));
        let number = |name, number: u64| (name, number.to_string(), Some(number));
        match *self {
            Self::GiveAccess { who } | Self::OwnLeftOut { who } | Self::AnswerRequest { who } => {
                vec![text("who", who)]
            }
            Self::CanSee { what, whose } | Self::CanLook { what, whose } => vec![scope(what, whose)],
            Self::FromProviders { records, providers } => {
                vec![number("records", records), list("providers", providers)]
            }
            Self::FromUntil { from, until } => vec![date("from", from), date("until", until)],
            Self::Reason { why, .. } => vec![text("why", why.as_str())],
            Self::CannotFetch { who } | Self::StopAccess { who } => vec![list("who", who)],
            Self::StopWaiting { who, waiting } => vec![list("who", who), number("waiting", waiting)],
            Self::CopiesTaken { copies, last } => vec![number("copies", copies), date("last", last)],
            Self::SeesUntil { what, whose, until, .. } => vec![scope(what, whose), date("until", until)],
            Self::Used { uses, last } => vec![number("uses", uses), date("last", last)],
            Self::Asks { who, what, whose, days, future } => {
                vec![
                    text("who", who),
                    scope(what, whose),
                    number("days", days),
                    text("future", future.as_str()),
                ]
            }
            Self::NothingElse
            | Self::FutureToo
            | Self::FutureKindsToo
            | Self::FutureVersionsToo
            | Self::FutureNot
            | Self::Delivered
            | Self::Answers
            | Self::StopAnyTime
            | Self::MemoryStays
            | Self::CopiesStay
            | Self::NoCopies
            | Self::NeverUsed
            | Self::NoMore
            | Self::TellsWhere
            | Self::TellsNo => Vec::new(),
        }
    }

    fn said_in(self, language: Language) -> Sentence {
        let tongue = language.tongue();
        let (mut args, mut values) = (BTreeMap::new(), BTreeMap::new());
        for (name, text, value) in self.arguments(tongue) {
            args.insert(name, text);
            values.extend(value.map(|value| (name, value)));
        }
        Sentence { code: self.code(), args, values, text: tongue.say(&self) }
    }
}

/// The question above a share.
pub fn give_access(language: Language, facts: &AccessFacts) -> Sentence {
    Meaning::GiveAccess { who: &facts.grantee.to_string() }.said_in(language)
}

/// What a share means.
pub fn access(language: Language, facts: &AccessFacts) -> Vec<Sentence> {
    let who = facts.grantee.to_string();
    let (what, whose) = (&facts.scope, facts.whose.as_deref());
    let mut said = vec![match facts.mode {
        Mode::View => Meaning::CanLook { what, whose },
        Mode::Pull | Mode::Push => Meaning::CanSee { what, whose },
    }];
    if facts.scope != SeenScope::Everything {
        said.push(Meaning::NothingElse);
    }
    said.push(Meaning::FromProviders { records: facts.records, providers: &facts.publishers });
    said.push(match (facts.future, &facts.scope) {
        (Future::Included, SeenScope::Everything) => Meaning::FutureToo,
        (Future::Included, SeenScope::Kinds(_)) => Meaning::FutureKindsToo,
        (Future::Included, SeenScope::Records(_)) => Meaning::FutureVersionsToo,
        (Future::Excluded, _) => Meaning::FutureNot,
    });
    said.push(Meaning::FromUntil { from: facts.today, until: facts.until });
    said.push(Meaning::Reason { why: facts.why, whose });
    if facts.mode == Mode::Push {
        said.push(Meaning::Delivered);
    }
    if facts.leaves_out_own {
        said.push(Meaning::OwnLeftOut { who: &who });
    }
    if facts.answers_request {
        said.push(Meaning::Answers);
    }
    said.push(Meaning::StopAnyTime);
    said.push(match facts.mode {
        Mode::View => Meaning::MemoryStays,
        Mode::Pull | Mode::Push => Meaning::CopiesStay,
    });
    said.into_iter().map(|meaning| meaning.said_in(language)).collect()
}

/// The honest result of stopping: what is over, and what is not.
pub fn stopped(
    language: Language,
    who: &[String],
    copies: u64,
    last: Option<Timestamp>,
    waiting: u64,
) -> Vec<Sentence> {
    let over =
        if waiting == 0 { Meaning::CannotFetch { who } } else { Meaning::StopWaiting { who, waiting } };
    [over, taken(copies, last)].map(|meaning| meaning.said_in(language)).into()
}

/// Before stopping is signed once more: the question, and what it means.
pub fn stop_again(
    language: Language,
    who: &[String],
    copies: u64,
    last: Option<Timestamp>,
) -> (Sentence, Vec<Sentence>) {
    let said = [Meaning::NoMore, taken(copies, last)].map(|meaning| meaning.said_in(language));
    (Meaning::StopAccess { who }.said_in(language), said.into())
}

fn taken<'a>(copies: u64, last: Option<Timestamp>) -> Meaning<'a> {
    last.map_or(Meaning::NoCopies, |last| Meaning::CopiesTaken { copies, last })
}

/// Before the answer to a request is signed once more: the question, and what the answer tells.
pub fn answer_again(language: Language, who: &str, allowed: bool) -> (Sentence, Vec<Sentence>) {
    let tells = if allowed { Meaning::TellsWhere } else { Meaning::TellsNo };
    (Meaning::AnswerRequest { who }.said_in(language), vec![tells.said_in(language)])
}

/// What a provider can see under one grant or several of the same terms.
pub fn sees(
    language: Language,
    what: &SeenScope,
    whose: Option<&str>,
    mode: Mode,
    until: Timestamp,
) -> Sentence {
    Meaning::SeesUntil { what, whose, mode, until }.said_in(language)
}

/// How often a provider looked.
pub fn used(language: Language, uses: u64, last: Option<Timestamp>) -> Sentence {
    last.map_or(Meaning::NeverUsed, |last| Meaning::Used { uses, last }).said_in(language)
}

/// What a request asks for.
pub fn asks(
    language: Language,
    who: &str,
    what: &SeenScope,
    whose: Option<&str>,
    days: u16,
    future: Future,
) -> Sentence {
    Meaning::Asks { who, what, whose, days: days.into(), future }.said_in(language)
}

/// A list with the word for "and" before the last one; the word may depend on what follows it.
fn listed(items: &[String], nobody: &str, and: impl Fn(&str) -> &'static str) -> String {
    match items {
        [] => nobody.to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {} {last}", most.join(", "), and(last)),
    }
}
