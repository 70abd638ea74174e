//! The consent history as plain facts: who did what, when, in which relationship. It knows no keys, no store and no
//! screen; the wallet fills it from what it opened, the verifier from what it proved, and every export reads it.
//! (docs/spec/history.md, HIST-1 to HIST-6)

mod what;

use medrec_protocol::{
    Address, AgentAddress, ChainIdentity, Hash32, ProviderAddress, RecordKind, RelationshipAddress,
    Timestamp,
    state::{GrantId, RequestId},
};
use serde::{Deserialize, Serialize};

pub use what::{ActionKind, What};

/// Version of the model's JSON that this program writes and the newest it reads.
pub const MODEL_VERSION: u16 = 1;

/// Why JSON is not a history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Written by a newer program.
    #[error(
        "this history has version {0}, this program knows version {MODEL_VERSION}: a newer program is needed"
    )]
    Version(u16),
    /// Not the JSON that is expected.
    #[error("this is not a consent history: {0}")]
    Malformed(String),
}

/// A consent history, of one relationship or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// Version of this layout.
    pub version: u16,
    /// Whose it is, as that person wrote it. Nothing on the ledger says this, so nothing proves it.
    pub whose: Option<String>,
    /// The ledger it was read from.
    pub network: Network,
    /// Up to when the ledger was read.
    pub as_of: AsOf,
    /// One for each provider with which the person has an account.
    pub relationships: Vec<Relationship>,
}

/// Which ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Its name.
    pub chain_id: String,
    /// Its genesis hash: two ledgers of one name differ in it.
    pub genesis_hash: Hash32,
}

impl From<&ChainIdentity> for Network {
    fn from(identity: &ChainIdentity) -> Self {
        Self { chain_id: identity.chain_id.to_string(), genesis_hash: identity.genesis_hash }
    }
}

/// The block up to which everything is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AsOf {
    /// Height of the header that was verified; the state under it is the one after the block before.
    pub height: u64,
    /// Time of that header, whole seconds, rounded down.
    pub time: Timestamp,
}

/// A provider as the directory names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Its address on the ledger.
    pub address: ProviderAddress,
    /// Its name; none when the directory does not know it.
    pub name: Option<String>,
    /// Its place: two providers may share a name.
    pub place: Option<String>,
}

/// A person who acts for the patient, under an agent's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Name, as the patient wrote it; none when that entry is not opened.
    pub name: Option<String>,
    /// Address of the agent's account.
    pub address: AgentAddress,
}

/// One relationship's part of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relationship {
    /// The account.
    pub address: RelationshipAddress,
    /// The provider whose records are in it.
    pub publisher: Party,
    /// Which entries of its log are here.
    pub period: Period,
    /// What the ledger itself says is allowed at [`History::as_of`], whether or not the entries are here or opened.
    pub in_force: Vec<LivePermission>,
    /// The entries, in the ledger's order.
    pub entries: Vec<Entry>,
}

/// Entries `from` up to, not including, `to`, of a log of `size` entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First entry.
    pub from: u64,
    /// The entry after the last one.
    pub to: u64,
    /// Entries that the log has in all.
    pub size: u64,
}

impl Period {
    /// True when the whole log is here.
    pub const fn is_whole(self) -> bool {
        self.from == 0 && self.to == self.size
    }
}

/// A permission that was given and not stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LivePermission {
    /// The grant.
    pub grant: GrantId,
    /// Its last second.
    pub until: Timestamp,
    /// The entry that gave it.
    pub entry: u64,
}

/// One entry of a relationship's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its place in the log, from 0.
    pub index: u64,
    /// Time of its block, whole seconds, rounded down.
    pub time: Timestamp,
    /// Height of its block.
    pub height: u64,
    /// Whose key signed it.
    pub who: Who,
    /// What was done.
    pub what: What,
}

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The patient.
    Patient,
    /// A delegate of the patient.
    Delegate(Person),
    /// A provider.
    Provider(Party),
    /// A guardian of the account.
    Guardian(Person),
    /// An account of which nothing more is known here.
    UnknownAgent(Address),
}

/// One record, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordRef {
    /// The entry that published it; none when that entry is not here.
    pub entry: Option<u64>,
    /// Its title; none when that entry is not opened.
    pub title: Option<String>,
}

/// A grant that another entry speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantRef {
    /// The grant.
    pub id: GrantId,
    /// The entry that gave it; none when that entry is not here.
    pub entry: Option<u64>,
}

/// What can be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything.
    Everything,
    /// These kinds.
    Kinds(Vec<RecordKind>),
    /// These records, named one by one.
    Records(Vec<RecordRef>),
}

/// Whether records that are added later are included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Future {
    /// Only what was there.
    Excluded,
    /// Later ones, too.
    Included,
}

/// What a grantee may do with what it sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Fetch copies and keep them.
    Pull,
    /// As pull, and new records are delivered.
    Push,
    /// Look, not keep.
    View,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Treatment.
    Treatment,
    /// Coordination of care.
    Coordination,
    /// A second opinion.
    SecondOpinion,
    /// Insurance or payment.
    Payment,
    /// Research.
    Research,
    /// The patient's own wish.
    PatientRequest,
}

/// A permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Names it.
    pub id: GrantId,
    /// For whom.
    pub to: Party,
    /// What can be seen.
    pub scope: Scope,
    /// Later records, too?
    pub future: Future,
    /// First second.
    pub from: Timestamp,
    /// Last second.
    pub until: Timestamp,
    /// Why.
    pub purpose: Purpose,
    /// How.
    pub mode: Mode,
    /// The request that it answers.
    pub request: Option<RequestId>,
}

/// A request for access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Names it.
    pub id: RequestId,
    /// What is asked for: everything, or kinds.
    pub scope: Scope,
    /// Later records, too?
    pub future: Future,
    /// For how many days from the answer.
    pub days: u16,
    /// Why.
    pub purpose: Purpose,
    /// The reason in the provider's words; may be empty.
    pub reason: String,
    /// Person or role who asks; may be empty.
    pub asked_by: String,
}

/// An answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Allowed, with grants in these providers' relationships.
    Allowed(Vec<AllowedGrant>),
    /// Declined, with words that may be empty.
    Declined(String),
}

/// One grant of an answer: it stands in the relationship with its publisher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedGrant {
    /// The grant.
    pub grant: GrantId,
    /// Whose records it opens.
    pub publisher: Party,
    /// Its last second.
    pub until: Timestamp,
}

/// Who received copies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The patient.
    Patient,
    /// A delegate.
    Delegate(Person),
    /// A provider.
    Provider(Party),
}

/// Under what copies were released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The records are the patient's own.
    Owner,
    /// A grant.
    Grant(GrantRef),
    /// A delegate's right to see.
    Delegate,
    /// An emergency, with the reason that was given.
    Emergency(String),
}

/// A release of copies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// To whom.
    pub to: Recipient,
    /// Under what.
    pub basis: Basis,
    /// Which records.
    pub records: Vec<RecordRef>,
    /// When it was decided, by the publisher's clock.
    pub at: Timestamp,
    /// Person or role at the recipient, as the recipient stated; may be empty.
    pub person: String,
}

/// What a delegate may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// See records.
    See,
    /// See them, and give and stop access.
    Share,
    /// All that, and the rules of the account.
    Manage,
}

/// When a delegation begins to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// At once.
    AtOnce,
    /// After so many days in which the patient can refuse.
    AfterWait(u32),
    /// After so many days without a sign of life.
    AfterSilence(u32),
}

/// A delegation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    /// Who acts for the patient.
    pub delegate: Person,
    /// With which right.
    pub right: Right,
    /// Last second; none for until it is ended.
    pub until: Option<Timestamp>,
    /// When it begins to hold.
    pub activation: Activation,
}

/// What may be seen in an emergency without asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmergencyAccess {
    /// Nothing.
    Off,
    /// Everything, or these kinds.
    On(Scope),
}

impl History {
    /// Reads what [`Self::to_json`] wrote. A newer version is refused.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ModelError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u16,
        }
        let malformed = |error: serde_json::Error| ModelError::Malformed(error.to_string());
        let Versioned { version } = serde_json::from_slice(bytes).map_err(malformed)?;
        if version != MODEL_VERSION {
            return Err(ModelError::Version(version));
        }
        serde_json::from_slice(bytes).map_err(malformed)
    }

    /// The JSON form.
    pub fn to_json(&self) -> Vec<u8> {
        // Texts, numbers and lists only: this cannot fail.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// The same history under a name that its person chose.
    pub fn of(mut self, whose: &str) -> Self {
        self.whose = (!whose.trim().is_empty()).then(|| whose.trim().to_owned());
        self
    }
}
