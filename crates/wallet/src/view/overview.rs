//! Everything that the first screen shows.

use medrec_protocol::Timestamp;
use serde::Serialize;

use super::{
    AccessRow, Freshness, Notice, PendingView, PersonView, ProviderName, RecordRow, RequestView, ShareId,
    SharingView,
};

/// Records that arrived since the person last looked at the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct NewRecordsView {
    /// How many, newest versions only.
    pub count: u64,
    /// The newest 3.
    pub newest: Vec<RecordRow>,
}

/// A share that ends soon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct EndingView {
    /// Which.
    pub share: ShareId,
    /// Who loses access.
    pub grantee: ProviderName,
    /// Last second of the first of its permissions to end.
    pub until: Timestamp,
}

/// A delegate who asked to begin, and may act when the patient says nothing against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct BeginningView {
    /// Name, as the patient wrote it.
    pub name: String,
    /// From when on.
    pub begins_at: Timestamp,
}

/// Guardians are moving accounts to new keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct RecoveryView {
    /// With which providers.
    pub providers: Vec<ProviderName>,
    /// When the first of them changes hands, once enough have agreed.
    pub due: Option<Timestamp>,
}

/// Everything that the first screen shows, as it stands at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct OverviewView {
    /// Whose wallet it is.
    pub person: PersonView,
    /// How old the view of the ledger is; none before a network is joined.
    pub freshness: Option<Freshness>,
    /// Relationships that are open, or on the way.
    pub relationships: u64,
    /// Records, newest versions only.
    pub records: u64,
    /// Records, newest versions only, of which a verified copy is on this computer.
    pub verified_copies: u64,
    /// Records, newest versions only, whose copy was not what the ledger says.
    pub mismatched_copies: u64,
    /// Requests that wait for an answer.
    pub requests_waiting: u64,
    /// The newest 3 of them.
    pub requests: Vec<RequestView>,
    /// Records that arrived since the person last looked at the list.
    pub new_records: NewRecordsView,
    /// Providers who can see something now.
    pub sharing_live: u64,
    /// The first 3 of them, by name.
    pub sharing: Vec<SharingView>,
    /// The newest 3 look-ups by others.
    pub look_ups: Vec<AccessRow>,
    /// Suspicious look-ups of the last 90 days, among the newest 500 by others.
    pub suspicious: u64,
    /// What was signed and refused, or did not happen in time.
    pub failed: Vec<PendingView>,
    /// Shares that hold now and end within 14 days.
    pub ending_soon: u64,
    /// The first 3 of them to end.
    pub ending: Vec<EndingView>,
    /// Delegates who asked to begin; none while acting for somebody.
    pub beginning: Vec<BeginningView>,
    /// A recovery that is under way; none while acting for somebody.
    pub recovery: Option<RecoveryView>,
    /// When the recovery words were checked; none when never.
    pub words_checked: Option<Timestamp>,
    /// What was noticed when the wallet was opened.
    pub notices: Vec<Notice>,
    /// Verified entries of logs that cannot be read.
    pub unreadable: u64,
}
