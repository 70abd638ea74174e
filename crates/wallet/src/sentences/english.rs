//! English. "They" are the people at a provider.

use medrec_protocol::RecordKind;

use super::{Meaning, SeenScope, Tongue, listed};
use crate::view::{Future, Mode, Why};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

pub(super) struct English;

impl Tongue for English {
    fn say(&self, meaning: &Meaning<'_>) -> String {
        match *meaning {
            Meaning::GiveAccess { who } => format!("Give {who} access?"),
            Meaning::CanSee { what, whose } => format!("They can see {}.", self.scope(what, whose)),
            Meaning::CanLook { what, whose } => {
                format!("They can look at {}, but not keep a copy.", self.scope(what, whose))
            }
            Meaning::NothingElse => "They cannot see anything else.".to_owned(),
            Meaning::FromProviders { records, providers } => {
                let noun = if records == 1 { "record" } else { "records" };
                format!("Now that is {records} {noun}, from {}.", self.list(providers))
            }
            Meaning::FutureToo => "New records are included.".to_owned(),
            Meaning::FutureKindsToo => "New records of these kinds are included.".to_owned(),
            Meaning::FutureVersionsToo => "New versions of these records are included.".to_owned(),
            Meaning::FutureNot => "Records that are added later are not included.".to_owned(),
            Meaning::FromUntil { from, until } => {
                format!("From today, {}, until {}.", self.date(from), self.date(until))
            }
            Meaning::Reason { why: Why::PatientRequest, whose: Some(whose) } => {
                format!("This is for {whose}'s own wish.")
            }
            Meaning::Reason { why, .. } => format!("This is for {}.", why_in_words(why)),
            Meaning::Delivered => "New records are sent to them without their asking.".to_owned(),
            Meaning::OwnLeftOut { who } => {
                format!("Records that {who} wrote are left out: they have those.")
            }
            Meaning::Answers => "This answers their request.".to_owned(),
            Meaning::StopAnyTime => "You can stop this at any time.".to_owned(),
            Meaning::MemoryStays => "What they remember or write down stays with them.".to_owned(),
            Meaning::CopiesStay => "Copies they make stay with them.".to_owned(),
            Meaning::CannotFetch { who } => format!("{} cannot fetch more.", self.list(who)),
            Meaning::StopWaiting { who, .. } => format!(
                "The ledger has not confirmed yet that {} is stopped. It is sent again until it has.",
                self.list(who)
            ),
            Meaning::NoCopies => "No copies were taken.".to_owned(),
            Meaning::CopiesTaken { copies: 1, last } => {
                format!("The copy that was already taken stays where it is: 1, on {}.", self.date(last))
            }
            Meaning::CopiesTaken { copies, last } => format!(
                "Copies that were already taken stay where they are: {copies}, last on {}.",
                self.date(last)
            ),
            Meaning::SeesUntil { what, whose, mode, until } => {
                let verb = if mode == Mode::View { "Can look at" } else { "Can see" };
                format!("{verb} {} until {}.", self.scope(what, whose), self.date(until))
            }
            Meaning::NeverUsed => "They have not looked yet.".to_owned(),
            Meaning::Used { uses: 1, last } => format!("Looked once so far, on {}.", self.date(last)),
            Meaning::Used { uses, last } => {
                format!("Looked {} so far, last on {}.", times(uses), self.date(last))
            }
            Meaning::Asks { who, what, whose, days, future } => {
                let unit = if days == 1 { "day" } else { "days" };
                let also = if future == Future::Included { ", new ones too" } else { "" };
                format!("{who} asks to see {} for {days} {unit}{also}.", self.scope(what, whose))
            }
            Meaning::StopAccess { who } => format!("Stop access for {}?", self.list(who)),
            Meaning::NoMore => "They cannot fetch more from then on.".to_owned(),
            Meaning::AnswerRequest { who } => format!("Answer the request of {who}?"),
            Meaning::TellsWhere => "It tells them where to fetch what you allow.".to_owned(),
            Meaning::TellsNo => "It tells them that you declined.".to_owned(),
        }
    }

    fn scope(&self, scope: &SeenScope, whose: Option<&str>) -> String {
        let kinds = |kinds: &[RecordKind]| {
            let kinds: Vec<_> = kinds.iter().map(|kind| kind_in_words(*kind).to_owned()).collect();
            self.list(&kinds)
        };
        match (scope, whose) {
            (SeenScope::Everything, None) => "all your records".to_owned(),
            (SeenScope::Everything, Some(whose)) => format!("all records of {whose}"),
            (SeenScope::Kinds(chosen), None) => format!("your {}", kinds(chosen)),
            (SeenScope::Kinds(chosen), Some(whose)) => format!("the {} of {whose}", kinds(chosen)),
            (SeenScope::Records(1), None) => "one record that you chose".to_owned(),
            (SeenScope::Records(1), Some(whose)) => format!("one record of {whose} that you chose"),
            (SeenScope::Records(count), None) => format!("{count} records that you chose"),
            (SeenScope::Records(count), Some(whose)) => {
                format!("{count} records of {whose} that you chose")
            }
        }
    }

    fn list(&self, items: &[String]) -> String {
        listed(items, "nobody", |_| "and")
    }

    fn day(&self, day: i8, month: i8, year: i16) -> String {
        let month = usize::try_from(month - 1).ok().and_then(|month| MONTHS.get(month)).unwrap_or(&"");
        format!("{day} {month} {year}")
    }

    fn far_day(&self, days: u64) -> String {
        format!("day {days}")
    }
}

fn times(uses: u64) -> String {
    match uses {
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}

/// A kind of record, in the plural.
const fn kind_in_words(kind: RecordKind) -> &'static str {
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
const fn why_in_words(why: Why) -> &'static str {
    match why {
        Why::Treatment => "treatment",
        Why::Coordination => "coordinating care",
        Why::SecondOpinion => "a second opinion",
        Why::Payment => "insurance or payment",
        Why::Research => "research",
        Why::PatientRequest => "your own wish",
    }
}
