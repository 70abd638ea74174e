//! Records, their versions and copies.

use std::{fmt, str::FromStr};

use medrec_protocol::{
    Address, Commitment, Hash32, ProviderAddress, RecordKind, RelationshipAddress, Timestamp,
    codec::{self, TextError},
};
use medrec_records::Label;
use serde::{Deserialize, Serialize};

use super::ProviderName;

/// Most rows of one page.
pub const MAX_PAGE: u32 = 1000;
const ID_TAG: &str = "medrec/wallet/record/v1";
const ID_BYTES: usize = 16;

/// Names a record version in this wallet: 16 bytes of a hash over relationship and place in its log, so it is the same
/// again after restoring. Shown as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId([u8; ID_BYTES]);

impl RecordId {
    /// The id of the pointer at a place of a relationship's log.
    pub fn of(relationship: RelationshipAddress, position: u64) -> Self {
        let digest = Hash32::of(ID_TAG, &[&codec::encode(&(relationship, position))]);
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(&digest.as_bytes()[..ID_BYTES]);
        Self(id)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RecordId {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let mut bytes = [0; ID_BYTES];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| TextError::Hex { expected: 2 * ID_BYTES })?;
        Ok(Self(bytes))
    }
}

crate::words::as_text!(RecordId);

crate::text_enum! {
    /// What is known of a record's copy, in one word.
    Badge {
        /// A copy is here, and it is what the ledger says.
        Verified = "verified",
        /// On the ledger; no copy here.
        NotFetched = "not_fetched",
        /// What the provider sent is not what the ledger says.
        DoesNotMatch = "does_not_match",
        /// A newer version stands in its place.
        Superseded = "superseded",
        /// Its description cannot be read with this wallet's keys.
        CannotBeRead = "cannot_be_read",
    }
}

/// Which records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct RecordFilter {
    /// Words that all occur, or begin a word that occurs, in title, type, codes, status, author, place, date or provider;
    /// case and accents do not matter.
    pub search: Option<String>,
    /// Published by this provider.
    pub provider: Option<ProviderAddress>,
    /// Of this kind.
    pub kind: Option<RecordKind>,
    /// Dated on or after this day, `2026`, `2026-05` or `2026-05-04`.
    pub since: Option<String>,
    /// Dated on or before this day; of a month or year, its end.
    pub until: Option<String>,
    /// With this badge.
    pub badge: Option<Badge>,
    /// Older versions, too.
    pub all_versions: bool,
}

/// Where a page ended. Stable: rows that arrive in between neither repeat nor hide others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(transparent)]
pub struct Cursor(pub(crate) String);

impl From<String> for Cursor {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Which page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct PageRequest {
    /// After this one; from the beginning when absent.
    pub after: Option<Cursor>,
    /// Rows, 1 to [`MAX_PAGE`]; 100 when absent.
    pub limit: Option<u32>,
}

/// A page of records, newest clinical date first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct RecordPage {
    /// The rows.
    pub rows: Vec<RecordRow>,
    /// Where the next page begins; none on the last.
    pub next: Option<Cursor>,
}

/// One record version in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct RecordRow {
    /// Which one.
    pub id: RecordId,
    /// Who published it.
    pub provider: ProviderName,
    /// What it is about.
    pub kind: RecordKind,
    /// What it is, in the words of who wrote it.
    pub title: String,
    /// FHIR resource type.
    pub fhir_type: Option<String>,
    /// Status as stated.
    pub status: Option<String>,
    /// Date that matters, as stated, perhaps partial.
    pub date: Option<String>,
    /// Who wrote it, as stated.
    pub author: Option<String>,
    /// Where, if stated.
    pub place: Option<String>,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub size: u64,
    /// When it was published on the ledger.
    pub published_at: Timestamp,
    /// Versions of this record.
    pub versions: u64,
    /// What is known of its copy.
    pub badge: Badge,
    /// True when a verified copy is on this computer.
    pub has_copy: bool,
}

/// A code and the system that gives it its meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct CodeView {
    /// URI of the code system.
    pub system: String,
    /// The code.
    pub code: String,
}

/// One version in a record's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct VersionView {
    /// Which one.
    pub id: RecordId,
    /// Its title.
    pub title: String,
    /// When it was published.
    pub published_at: Timestamp,
    /// Block that holds it.
    pub height: u64,
    /// True for the one that no other replaces.
    pub current: bool,
    /// What is known of its copy.
    pub badge: Badge,
}

/// A verified copy on this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct CopyView {
    /// Size in bytes.
    pub size: u64,
    /// When it was verified.
    pub verified_at: Timestamp,
}

/// A copy that was not what the ledger says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct MismatchView {
    /// Commitment on the ledger.
    pub expected: Commitment,
    /// Commitment of what came; absent when it was refused before its end.
    pub found: Option<Commitment>,
    /// When that was.
    pub at: Timestamp,
}

/// One record version with everything that is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct RecordView {
    /// As in the list.
    #[serde(flatten)]
    pub row: RecordRow,
    /// Codes as stated.
    pub codes: Vec<CodeView>,
    /// All versions, oldest first.
    pub history: Vec<VersionView>,
    /// The verified copy.
    pub copy: Option<CopyView>,
    /// What went wrong with a copy.
    pub mismatch: Option<MismatchView>,
    /// Commitment to the exact bytes, as it stands on the ledger.
    pub commitment: Commitment,
    /// The relationship in whose log it stands.
    pub relationship: RelationshipAddress,
    /// Its place there.
    pub position: u64,
    /// Entries of that log, all verified.
    pub log_size: u64,
    /// Root of that log.
    pub log_root: Hash32,
    /// Who signed the pointer.
    pub signer: Address,
    /// Block that holds it.
    pub height: u64,
}

/// One line of a record made readable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct SummaryLine {
    /// What the value is.
    pub label: Label,
    /// The value, in the record's own words.
    pub value: String,
}

/// How far a fetch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct FetchProgress {
    /// Bytes that are here.
    pub received: u64,
    /// Bytes of the whole.
    pub size: u64,
}

/// A copy that is now here and verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct FetchedCopy {
    /// Which record.
    pub id: RecordId,
    /// Its title.
    pub title: String,
    /// Size in bytes.
    pub size: u64,
    /// The commitment that it was verified against.
    pub commitment: Commitment,
    /// False when it was here already.
    pub fetched_now: bool,
    /// Milliseconds that it took.
    pub took_ms: u64,
}

crate::text_enum! {
    /// Why an entry of a log cannot be read.
    UnreadableReason {
        /// Its sealed part does not open with this wallet's key.
        Closed = "closed",
        /// It is of a newer version or damaged.
        Malformed = "malformed",
    }
}

/// A verified entry of a log that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct UnreadableEntry {
    /// Whose log.
    pub provider: ProviderName,
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// Place in its log.
    pub position: u64,
    /// What was done, where that can be read: a name of [`medrec_protocol::actions::Action`].
    pub action: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// Why.
    pub reason: UnreadableReason,
}
