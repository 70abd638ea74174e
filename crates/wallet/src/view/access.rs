//! Who looked.

use medrec_protocol::{ProviderAddress, RecordKind, RelationshipAddress, Timestamp, state::GrantId};
use serde::{Deserialize, Serialize};

use super::{Cursor, ProviderName, RecordId};

/// Which look-ups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct AccessFilter {
    /// By this provider.
    pub recipient: Option<ProviderAddress>,
    /// At records of this provider.
    pub publisher: Option<ProviderAddress>,
    /// At or after.
    pub since: Option<Timestamp>,
    /// At or before.
    pub until: Option<Timestamp>,
    /// Only those with something suspicious.
    pub suspicious_only: bool,
}

crate::text_enum! {
    /// What is wrong with a look-up.
    Suspicion {
        /// No such permission was given.
        NoSuchGrant = "no_such_grant",
        /// The permission names another provider.
        OtherProvider = "other_provider",
        /// The permission was not in force at that time.
        OutOfTime = "out_of_time",
        /// The permission does not cover all of these records.
        OutOfScope = "out_of_scope",
        /// Nobody of that name may act for this person, or nobody allowed emergency access.
        NotAllowed = "not_allowed",
        /// There is no such record.
        UnknownRecord = "unknown_record",
    }
}

/// Under what a copy was released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "basis", rename_all = "snake_case")]
pub enum AccessBasis {
    /// To this person.
    Owner,
    /// Under a grant.
    Grant {
        /// Which.
        grant: GrantId,
    },
    /// To somebody who acts for this person.
    Delegate {
        /// Name, as it was written at the appointment.
        name: String,
    },
    /// In an emergency, under the rule that this person had set.
    Emergency {
        /// Why, as the provider stated.
        reason: String,
    },
}

/// A record that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct AccessedRecord {
    /// Which one; absent when it is not known here.
    pub id: Option<RecordId>,
    /// Its title.
    pub title: Option<String>,
    /// Its kind.
    pub kind: Option<RecordKind>,
}

/// One look-up, as the publisher wrote it on the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct AccessRow {
    /// The provider that received copies; absent for this person and those who act for them.
    pub recipient: Option<ProviderName>,
    /// Person or role there, as the recipient stated; may be empty.
    pub person: String,
    /// Whose records.
    pub publisher: ProviderName,
    /// In which relationship's log it stands.
    pub relationship: RelationshipAddress,
    /// Its place there, by which it can be disputed.
    pub position: u64,
    /// Which.
    pub records: Vec<AccessedRecord>,
    /// Under what.
    #[serde(flatten)]
    pub basis: AccessBasis,
    /// When it was decided.
    pub at: Timestamp,
    /// When it was written on the ledger.
    pub written_at: Timestamp,
    /// What is wrong with it, if anything.
    pub suspicion: Option<Suspicion>,
}

/// A page of look-ups, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct AccessPage {
    /// The rows.
    pub rows: Vec<AccessRow>,
    /// Where the next page begins; none on the last.
    pub next: Option<Cursor>,
}
