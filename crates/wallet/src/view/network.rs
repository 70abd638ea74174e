//! The network, its providers, and what a check of the ledger found.

use medrec_client::NetworkFile;
use medrec_protocol::{ProviderAddress, RelationshipAddress, Timestamp, state::Standing};
use serde::Serialize;

use super::{Notice, PendingView};

/// The network that was joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct NetworkView {
    /// Name of the ledger.
    pub chain_id: String,
    /// Hash of its genesis, hexadecimal.
    pub genesis_hash: String,
    /// Addresses of nodes; the first is asked, the others are compared with it.
    pub nodes: Vec<String>,
    /// How old the view of the ledger is.
    pub freshness: Freshness,
}

/// What a network file says, before it is joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct NetworkPreview {
    /// Name of the ledger.
    pub chain_id: String,
    /// Hash of its genesis, hexadecimal.
    pub genesis_hash: String,
    /// Addresses of nodes.
    pub nodes: Vec<String>,
}

impl From<&NetworkFile> for NetworkPreview {
    fn from(file: &NetworkFile) -> Self {
        Self {
            chain_id: file.chain_id.to_string(),
            genesis_hash: file.genesis_hash.to_string(),
            nodes: file.nodes.iter().map(ToString::to_string).collect(),
        }
    }
}

/// How old the view of the ledger is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Freshness {
    /// Height of the newest verified header.
    pub height: Option<u64>,
    /// Time of that header.
    pub head_time: Option<Timestamp>,
    /// When everything was last brought up to date.
    pub checked_at: Option<Timestamp>,
    /// Seconds since then.
    pub age_seconds: Option<u64>,
    /// At most 60 seconds old.
    pub fresh: bool,
}

/// How a provider is named to people: two may share a name, so the place always stands beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ProviderName {
    /// Its address, `mrp1…`.
    pub address: ProviderAddress,
    /// Name of the organisation.
    pub name: String,
    /// Town and street.
    pub place: String,
}

impl std::fmt::Display for ProviderName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.place.is_empty() {
            f.write_str(&self.name)
        } else {
            write!(f, "{} ({})", self.name, self.place)
        }
    }
}

crate::text_enum! {
    /// How far an enrolment is.
    RelationshipState {
        /// Asked for; not yet proved to be on the ledger.
        Enrolling = "enrolling",
        /// On the ledger.
        Open = "open",
    }
}

/// A person's relationship with one provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct RelationshipView {
    /// Its address, `mrr1…`.
    pub address: RelationshipAddress,
    /// How far it is.
    pub state: RelationshipState,
    /// When it was opened on the ledger.
    pub opened_at: Option<Timestamp>,
    /// When the patient closed it for good.
    pub closed_at: Option<Timestamp>,
    /// Records in it, newest versions only.
    pub records: u64,
}

crate::text_enum! {
    /// What a provider may still do.
    ProviderStanding {
        /// Everything a provider may.
        Admitted = "admitted",
        /// Suspended by the consortium: it receives no copies and publishes nothing.
        Suspended = "suspended",
        /// Expelled by the consortium for good.
        Expelled = "expelled",
    }
}

impl From<Standing> for ProviderStanding {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Admitted => Self::Admitted,
            Standing::Suspended => Self::Suspended,
            Standing::Expelled => Self::Expelled,
        }
    }
}

/// A provider of the ledger's directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ProviderView {
    /// Which one.
    #[serde(flatten)]
    pub name: ProviderName,
    /// Web address of its gatekeeper.
    pub endpoint: String,
    /// What it may still do.
    pub standing: ProviderStanding,
    /// Does it give emergency care?
    pub emergency: bool,
    /// This person's relationship with it.
    pub relationship: Option<RelationshipView>,
}

/// What an enrolment code leads to, to be shown before it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct EnrolmentPreview {
    /// The provider, from the ledger's directory.
    pub provider: ProviderName,
    /// Web address of its gatekeeper; the same in code and directory.
    pub endpoint: String,
    /// Last second in which the code is taken.
    pub expires: Timestamp,
}

/// How far a check of the ledger is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum SyncProgress {
    /// The newest header is being verified.
    Head,
    /// The directory of providers is read.
    Directory {
        /// Entries known.
        done: u64,
        /// Entries on the ledger.
        total: u64,
    },
    /// Relationships of the recovery words are looked for.
    Looking {
        /// Key indexes looked at.
        looked_at: u32,
        /// Relationships found.
        found: u32,
    },
    /// The log of one relationship is read.
    Relationship {
        /// Its provider.
        provider: String,
        /// Entries known.
        done: u64,
        /// Entries on the ledger.
        total: u64,
    },
    /// What this wallet has sent is looked for.
    Settling,
}

/// What another node said about the newest header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct WitnessView {
    /// Its address.
    pub node: String,
    /// `agrees`, `behind`, `unreachable` or `faulty`.
    pub verdict: String,
    /// More about it.
    pub detail: Option<String>,
}

/// Evidence that nodes contradict each other, in a file that can be handed to anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EvidenceView {
    /// The file.
    pub path: std::path::PathBuf,
    /// Operator and address of the node that showed the other header.
    pub node: String,
    /// The block of which there are two.
    pub height: Option<u64>,
    /// Validators who signed both.
    pub signed_both: Vec<String>,
    /// Why it proves nothing, when it does not.
    pub proves_nothing: Option<String>,
}

/// What a check of the ledger found. Everything counted here is verified and kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct SyncReport {
    /// Relationships that could not be brought up to date because the key to what is new is not here yet.
    pub waiting_for_keys: u64,
    /// Height of the verified header.
    pub height: u64,
    /// Time of that header.
    pub head_time: u64,
    /// Seconds that it is old, when that is more than 60: the node stands still or is cut off, and newer things may be missing.
    pub stale_seconds: Option<u64>,
    /// Relationships that were looked at, each proved.
    pub relationships: u64,
    /// New entries of logs, all verified.
    pub entries: u64,
    /// New records.
    pub new_records: u64,
    /// New versions of known records.
    pub new_versions: u64,
    /// New requests for access.
    pub new_requests: u64,
    /// New look-ups by others.
    pub new_lookups: u64,
    /// New providers in the directory.
    pub new_providers: u64,
    /// New entries that cannot be read; they are kept and shown.
    pub unreadable: u64,
    /// Relationships that were found by the recovery words.
    pub restored: u64,
    /// Enrolments that are now on the ledger, by name of the provider.
    pub enrolled: Vec<String>,
    /// Enrolments that a provider refused, with the reason.
    pub enrolments_refused: Vec<String>,
    /// What this wallet sent and what is now proved.
    pub confirmed: u64,
    /// What this wallet sent and what waits or failed.
    pub pending: Vec<PendingView>,
    /// What other nodes said.
    pub witnesses: Vec<WitnessView>,
    /// About vault and database.
    pub notices: Vec<Notice>,
    /// Milliseconds that it took.
    pub took_ms: u64,
}
