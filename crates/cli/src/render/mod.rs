//! Answers as words and as documents. Pure: views in, text out; time and place of the reader are arguments.

pub mod access;
pub mod decision;
pub mod delegates;
pub mod disputes;
pub mod fetch;
pub mod helping;
pub mod history;
mod json;
pub mod network;
pub mod pending;
pub mod people;
pub mod records;
pub mod requests;
pub mod share;
pub mod sharing;
pub mod stop;
pub mod sync;
#[cfg(test)]
mod testing;

use medrec_wallet::{
    RecordKind,
    view::{Badge, GrantProgress, Notice, Why},
};

/// A kind of record, for one.
fn kind(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Medication => "medicine",
        RecordKind::Allergy => "allergy",
        RecordKind::Problem => "problem",
        RecordKind::Observation => "result",
        RecordKind::Immunization => "vaccination",
        RecordKind::Procedure => "procedure",
        RecordKind::Document => "document",
        RecordKind::Imaging => "image",
        RecordKind::Visit => "visit",
        RecordKind::Other => "other",
    }
}

/// Kinds of records, for several.
fn kinds(kinds: &[RecordKind]) -> String {
    let words = kinds.iter().map(|kind| match kind {
        RecordKind::Medication => "medicines",
        RecordKind::Allergy => "allergies",
        RecordKind::Problem => "problems",
        RecordKind::Observation => "results",
        RecordKind::Immunization => "vaccinations",
        RecordKind::Procedure => "procedures",
        RecordKind::Document => "documents",
        RecordKind::Imaging => "images",
        RecordKind::Visit => "visits",
        RecordKind::Other => "other records",
    });
    listed(words.map(str::to_owned).collect())
}

/// "a, b and c".
fn listed(mut words: Vec<String>) -> String {
    match (words.pop(), words.is_empty()) {
        (None, _) => "nothing".to_owned(),
        (Some(last), true) => last,
        (Some(last), false) => format!("{} and {last}", words.join(", ")),
    }
}

fn badge(badge: Badge) -> &'static str {
    match badge {
        Badge::Verified => "verified copy",
        Badge::NotFetched => "on the ledger, not fetched",
        Badge::DoesNotMatch => "DOES NOT MATCH the ledger",
        Badge::Superseded => "replaced by a newer version",
        Badge::CannotBeRead => "cannot be read",
    }
}

fn why(why: Why) -> &'static str {
    match why {
        Why::Treatment => "for treatment",
        Why::Coordination => "to coordinate care",
        Why::SecondOpinion => "for a second opinion",
        Why::Payment => "for insurance or payment",
        Why::Research => "for research",
        Why::PatientRequest => "at your own wish",
    }
}

fn progress(progress: GrantProgress) -> &'static str {
    match progress {
        GrantProgress::OnLedger => "on the ledger",
        GrantProgress::Waiting => "sent, not yet confirmed by the ledger",
        GrantProgress::Refused => "refused by the ledger",
        GrantProgress::Lapsed => "its time is over and it did not happen",
    }
}

/// What was noticed about vault and database.
pub fn notice(notice: Notice) -> &'static str {
    match notice {
        Notice::BackupVaultUsed => "Note: the vault file was gone; its backup copy was used.",
        Notice::VaultOlder => {
            "Note: the vault is older than the data beside it. The next sync looks through the ledger again."
        }
        Notice::DataOlder => {
            "Note: the data is older than the vault beside it. The next sync brings it up to date."
        }
        Notice::DataGone => "Note: the data beside the vault was gone. Join the network again, then sync.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_people_say_them() {
        assert_eq!(kinds(&[]), "nothing");
        assert_eq!(kinds(&[RecordKind::Allergy]), "allergies");
        assert_eq!(kinds(RecordKind::ALL.get(..3).unwrap()), "medicines, allergies and problems");
    }

    #[test]
    fn every_code_has_words_of_its_own() {
        let mut words: Vec<&str> = Badge::ALL.iter().map(|it| badge(*it)).collect();
        words.extend(Why::ALL.iter().map(|it| why(*it)));
        words.extend(GrantProgress::ALL.iter().map(|it| progress(*it)));
        words.extend(Notice::ALL.iter().map(|it| notice(*it)));
        words.extend(RecordKind::ALL.iter().map(|it| kind(*it)));
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count);
    }
}
