//! The consent history.

use medrec_protocol::{ProviderAddress, Timestamp};
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// In which form the history is exported.
    HistoryForm {
        /// Pages for a person and a court (PDF/UA-1).
        Pdf = "pdf",
        /// A table.
        Csv = "csv",
        /// FHIR R4, for other programs.
        Fhir = "fhir",
        /// The file that anybody can check.
        Verifiable = "verifiable",
    }
}

impl HistoryForm {
    /// How the name of such a file ends.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Csv => "csv",
            Self::Fhir => "json",
            Self::Verifiable => "medrec-history",
        }
    }
}

/// What is exported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct HistoryRequest {
    /// With which providers; none listed means all.
    pub providers: Vec<ProviderAddress>,
    /// From this second on; none means from the beginning.
    pub since: Option<Timestamp>,
    /// Up to this second; none means until now.
    pub until: Option<Timestamp>,
    /// Leave every entry closed: who reads the file learns only when something was signed, and by whom.
    pub closed: bool,
}

/// A history that was exported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ExportedHistory {
    /// Entries in it.
    pub entries: u64,
    /// Those of them that are opened.
    pub opened: u64,
    /// Bytes of the file that was written.
    pub size: u64,
    /// SHA-256 of the verifiable file, hexadecimal: it stands on the pages, too.
    pub digest: String,
    /// Time of the header that it is proved under.
    pub as_of: Timestamp,
}

/// One entry of a history, as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct HistoryLine {
    /// Place in the log.
    pub position: u64,
    /// When.
    pub at: Timestamp,
    /// What happened, in one sentence.
    pub text: String,
    /// True when it is opened.
    pub open: bool,
}

/// The part of a history with one provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct HistoryPart {
    /// Name and place of the provider, or its address.
    pub provider: String,
    /// First entry that is proved.
    pub from: u64,
    /// One after the last.
    pub to: u64,
    /// Entries of the whole log.
    pub of: u64,
    /// Its entries.
    pub lines: Vec<HistoryLine>,
}

/// What the check of a history file found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct CheckedHistory {
    /// Whose history the file says that it is; that is not proved.
    pub stated_whose: String,
    /// Name of the ledger.
    pub chain_id: String,
    /// True when the ledger is the one that was trusted before; false when the file only agrees with itself.
    pub anchored: bool,
    /// Time of the header that it is proved under.
    pub as_of: Timestamp,
    /// Height of that header.
    pub height: u64,
    /// Validators that signed it.
    pub signers: u64,
    /// Validators in all.
    pub validators: u64,
    /// SHA-256 of the file, hexadecimal.
    pub digest: String,
    /// What is proved.
    pub parts: Vec<HistoryPart>,
}
