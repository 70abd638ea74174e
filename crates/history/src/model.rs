//! The consent history as plain facts: who did what, when, in which relationship. It knows no keys, no store and no
//! screen; the wallet fills it from what it opened, the verifier from what it proved, and every export reads it.
//! (docs/spec/history.md, HIST-1 to HIST-6)

use medrec_protocol::{
    Address, AgentAddress, ChainIdentity, Commitment, Hash32, ProviderAddress, RecordKind,
    RelationshipAddress, Timestamp,
    state::{GrantId, RequestId},
};
use serde::{Deserialize, Serialize};

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

/// What was done. One for each action of the ledger, and [`What::Closed`] for what this history keeps closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The relationship began.
    OpenedRelationship,
    /// A record was put on the list.
    PublishedRecord {
        /// Commitment to its exact bytes.
        commitment: Commitment,
        /// Its title.
        title: String,
        /// What it is about.
        kind: RecordKind,
        /// Its date as a FHIR `dateTime`, perhaps partial.
        date: Option<String>,
        /// The entry of the version that it replaces.
        replaces: Option<u64>,
    },
    /// A record was taken off the list.
    WithdrewRecord {
        /// Which.
        record: RecordRef,
        /// Why, in the provider's words; may be empty.
        reason: String,
    },
    /// Access was given.
    Granted(Grant),
    /// A grant was stopped.
    Revoked {
        /// Which.
        grant: GrantRef,
        /// Why, in the patient's words; may be empty.
        note: String,
    },
    /// All grants of the relationship were stopped.
    RevokedAll {
        /// Why, in the patient's words; may be empty.
        note: String,
    },
    /// A provider asked for access.
    RequestedAccess(Request),
    /// A request was answered.
    Answered {
        /// The request.
        request: RequestId,
        /// The entry in which it was asked; none when that is not here.
        entry: Option<u64>,
        /// The answer.
        answer: Answer,
    },
    /// Copies were released.
    Disclosed(Disclosure),
    /// "This is wrong", said of an entry.
    Disputed {
        /// The entry.
        entry: u64,
        /// In the patient's words; may be empty.
        statement: String,
    },
    /// Somebody may act for the patient.
    DelegateAppointed(Delegation),
    /// A delegation was ended by the patient or somebody with the right.
    DelegationEnded(Person),
    /// A delegate accepted.
    DelegationAccepted(Person),
    /// A delegate gave it up.
    DelegationGivenUp(Person),
    /// A delegate asked that a waiting delegation begins to hold.
    ActivationAsked(Person),
    /// Guardians were set.
    GuardiansSet {
        /// Who they are; none of them means that there are no guardians any more.
        guardians: Vec<Person>,
        /// How many must agree.
        needed: u8,
        /// Days in which the patient can object.
        delay_days: u32,
    },
    /// A guardian agreed to move the account to new keys.
    RecoveryApproved(Person),
    /// The move to new keys was refused.
    RecoveryVetoed,
    /// The day was set on which the account passes to the person whose records they are.
    HandoverSet {
        /// That day.
        on: Timestamp,
    },
    /// Emergency access was switched on or off.
    EmergencyAccessSet(EmergencyAccess),
    /// The viewing key was changed: who lost it cannot read what comes later.
    ViewingKeyRotated,
    /// The patient's signing key was changed.
    KeysRotated,
    /// The patient was there.
    SignOfLife,
    /// The relationship was closed.
    RelationshipClosed,
    /// Not opened: only what kind of entry it is, when, and who signed.
    Closed {
        /// Which kind.
        action: ActionKind,
        /// The grant that it gave or stopped, which stands in clear.
        grant: Option<GrantId>,
    },
}

macro_rules! action_kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// Kinds of entries.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum ActionKind { $($(#[$doc])* #[serde(rename = $text)] $name,)* }

        impl ActionKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Name in CSV and JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

action_kinds! {
    /// A relationship was opened.
    OpenedRelationship = "opened_relationship";
    /// A record was published.
    PublishedRecord = "published_record";
    /// A record was withdrawn.
    WithdrewRecord = "withdrew_record";
    /// Access was given.
    Granted = "granted";
    /// Access was stopped.
    Revoked = "revoked";
    /// All access was stopped.
    RevokedAll = "revoked_all";
    /// Access was asked for.
    RequestedAccess = "requested_access";
    /// A request was answered.
    Answered = "answered";
    /// Copies were released.
    Disclosed = "disclosed";
    /// An entry was disputed.
    Disputed = "disputed";
    /// A delegate was appointed.
    DelegateAppointed = "delegate_appointed";
    /// A delegation was ended.
    DelegationEnded = "delegation_ended";
    /// A delegation was accepted.
    DelegationAccepted = "delegation_accepted";
    /// A delegation was given up.
    DelegationGivenUp = "delegation_given_up";
    /// Activation of a delegation was asked for.
    ActivationAsked = "activation_asked";
    /// Guardians were set.
    GuardiansSet = "guardians_set";
    /// A recovery was approved.
    RecoveryApproved = "recovery_approved";
    /// A recovery was vetoed.
    RecoveryVetoed = "recovery_vetoed";
    /// A handover date was set.
    HandoverSet = "handover_set";
    /// Emergency access was set.
    EmergencyAccessSet = "emergency_access_set";
    /// The viewing key was changed.
    ViewingKeyRotated = "viewing_key_rotated";
    /// The signing key was changed.
    KeysRotated = "keys_rotated";
    /// A sign of life.
    SignOfLife = "sign_of_life";
    /// The relationship was closed.
    RelationshipClosed = "relationship_closed";
}

/// What an entry changes about who may act for the patient.
pub(crate) enum AgentActs<'a> {
    /// Somebody may from now on.
    Appointed(&'a Delegation),
    /// Somebody no longer may.
    Ended(&'a Person),
    /// Neither.
    Nothing,
}

impl What {
    /// Which kind of entry it is, opened or not.
    pub const fn kind(&self) -> ActionKind {
        match self {
            Self::OpenedRelationship => ActionKind::OpenedRelationship,
            Self::PublishedRecord { .. } => ActionKind::PublishedRecord,
            Self::WithdrewRecord { .. } => ActionKind::WithdrewRecord,
            Self::Granted(_) => ActionKind::Granted,
            Self::Revoked { .. } => ActionKind::Revoked,
            Self::RevokedAll { .. } => ActionKind::RevokedAll,
            Self::RequestedAccess(_) => ActionKind::RequestedAccess,
            Self::Answered { .. } => ActionKind::Answered,
            Self::Disclosed(_) => ActionKind::Disclosed,
            Self::Disputed { .. } => ActionKind::Disputed,
            Self::DelegateAppointed(_) => ActionKind::DelegateAppointed,
            Self::DelegationEnded(_) => ActionKind::DelegationEnded,
            Self::DelegationAccepted(_) => ActionKind::DelegationAccepted,
            Self::DelegationGivenUp(_) => ActionKind::DelegationGivenUp,
            Self::ActivationAsked(_) => ActionKind::ActivationAsked,
            Self::GuardiansSet { .. } => ActionKind::GuardiansSet,
            Self::RecoveryApproved(_) => ActionKind::RecoveryApproved,
            Self::RecoveryVetoed => ActionKind::RecoveryVetoed,
            Self::HandoverSet { .. } => ActionKind::HandoverSet,
            Self::EmergencyAccessSet(_) => ActionKind::EmergencyAccessSet,
            Self::ViewingKeyRotated => ActionKind::ViewingKeyRotated,
            Self::KeysRotated => ActionKind::KeysRotated,
            Self::SignOfLife => ActionKind::SignOfLife,
            Self::RelationshipClosed => ActionKind::RelationshipClosed,
            Self::Closed { action, .. } => *action,
        }
    }

    /// What an entry changes about who may act for the patient.
    pub(crate) fn agent_acts(&self) -> AgentActs<'_> {
        match self {
            Self::DelegateAppointed(delegation) => AgentActs::Appointed(delegation),
            Self::DelegationEnded(person) | Self::DelegationGivenUp(person) => AgentActs::Ended(person),
            _ => AgentActs::Nothing,
        }
    }

    /// False for an entry that this history keeps closed.
    pub const fn is_open(&self) -> bool {
        !matches!(self, Self::Closed { .. })
    }
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
