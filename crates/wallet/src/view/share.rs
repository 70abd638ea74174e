//! Giving access, stopping it, and who can see.

use std::{collections::BTreeMap, fmt, str::FromStr};

use medrec_protocol::{
    ProviderAddress, RecordKind, RelationshipAddress, Timestamp,
    codec::TextError,
    payload::{self, FutureRecords, GrantMode},
    state::{GrantId, RequestId},
    tx::TxId,
};
use serde::{Deserialize, Serialize};

use super::{ProviderName, RecordId, RecordRow};

/// Ties the grants of one share together: 16 random bytes, shown as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShareId(pub(crate) payload::ShareId);

impl fmt::Display for ShareId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ShareId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ShareId {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let mut bytes = payload::ShareId::default();
        hex::decode_to_slice(text, &mut bytes).map_err(|_| TextError::Hex { expected: 2 * bytes.len() })?;
        Ok(Self(bytes))
    }
}

crate::words::as_text!(ShareId);

crate::text_enum! {
    /// Ready-made choices.
    Preset {
        /// Medicines, allergies and problems.
        Essentials = "essentials",
    }
}

impl Preset {
    /// The kinds of records that it stands for.
    pub const fn kinds(self) -> &'static [RecordKind] {
        match self {
            Self::Essentials => &[RecordKind::Medication, RecordKind::Allergy, RecordKind::Problem],
        }
    }
}

crate::text_enum! {
    /// Whether records that are published later are opened, too.
    Future {
        /// Only what is there now.
        Excluded = "excluded",
        /// Also what comes later.
        Included = "included",
    }
}

impl From<Future> for FutureRecords {
    fn from(future: Future) -> Self {
        match future {
            Future::Excluded => Self::Excluded,
            Future::Included => Self::Included,
        }
    }
}

impl From<FutureRecords> for Future {
    fn from(future: FutureRecords) -> Self {
        match future {
            FutureRecords::Excluded => Self::Excluded,
            FutureRecords::Included => Self::Included,
        }
    }
}

crate::text_enum! {
    /// What the other side may do.
    Mode {
        /// Take copies and keep them.
        Pull = "pull",
        /// As pull, and new records are delivered.
        Push = "push",
        /// Look, not keep.
        View = "view",
    }
}

impl From<Mode> for GrantMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Pull => Self::Pull,
            Mode::Push => Self::Push,
            Mode::View => Self::View,
        }
    }
}

impl From<GrantMode> for Mode {
    fn from(mode: GrantMode) -> Self {
        match mode {
            GrantMode::Pull => Self::Pull,
            GrantMode::Push => Self::Push,
            GrantMode::View => Self::View,
        }
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        crate::text_enum! {
            /// Why access is given or asked for.
            Why { $($(#[$doc])* $name = $text,)* }
        }

        impl From<Why> for payload::Purpose {
            fn from(why: Why) -> Self {
                match why { $(Why::$name => Self::$name,)* }
            }
        }

        impl From<payload::Purpose> for Why {
            fn from(purpose: payload::Purpose) -> Self {
                match purpose { $(payload::Purpose::$name => Self::$name,)* }
            }
        }
    };
}

reasons! {
    /// Treatment.
    Treatment = "treatment",
    /// Coordination of care.
    Coordination = "coordination",
    /// A second opinion.
    SecondOpinion = "second_opinion",
    /// Insurance or payment.
    Payment = "payment",
    /// Research.
    Research = "research",
    /// At the patient's own wish.
    PatientRequest = "patient_request",
}

/// What is to be shared.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub enum ShareScope {
    /// Everything.
    Everything,
    /// A ready-made choice.
    Preset(Preset),
    /// These kinds.
    Kinds(Vec<RecordKind>),
    /// These records, with their older and (where the future is included) newer versions.
    Records(Vec<RecordId>),
}

/// A wish to give access.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ShareRequest {
    /// To this provider.
    pub grantee: ProviderAddress,
    /// To this.
    pub scope: ShareScope,
    /// Later records, too?
    pub future: Future,
    /// For so many days from now, 1 to 3,650.
    pub days: u32,
    /// Why.
    pub why: Why,
    /// How.
    pub mode: Mode,
}

/// How to allow less than a request asks for. What is absent stays as asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct AllowLess {
    /// Only these kinds.
    pub kinds: Option<Vec<RecordKind>>,
    /// Only for so many days.
    pub days: Option<u32>,
    /// Not what is published later.
    pub without_future: bool,
}

crate::text_enum! {
    /// Which sentence it is.
    SentenceCode {
        /// A decision beside giving access: its question, or what it means.
        Act = "act",
        /// The question above a share.
        GiveAccess = "give_access",
        /// What can be seen and kept.
        CanSee = "can_see",
        /// What can be looked at, not kept.
        CanLook = "can_look",
        /// Nothing beside it.
        NothingElse = "nothing_else",
        /// How many records that is now, and whose.
        FromProviders = "from_providers",
        /// Later records are opened, too.
        FutureToo = "future_too",
        /// Later records of these kinds are opened, too.
        FutureKindsToo = "future_kinds_too",
        /// Later versions of these records are opened, too.
        FutureVersionsToo = "future_versions_too",
        /// Later records are not opened.
        FutureNot = "future_not",
        /// From when until when.
        FromUntil = "from_until",
        /// What for.
        Why = "why",
        /// New records are delivered.
        Delivered = "delivered",
        /// The grantee's own records are left out.
        OwnLeftOut = "own_left_out",
        /// It answers a request.
        Answers = "answers",
        /// It can be stopped.
        StopAnyTime = "stop_any_time",
        /// What was looked at cannot be made unseen.
        MemoryStays = "memory_stays",
        /// Copies cannot be taken back.
        CopiesStay = "copies_stay",
        /// Access is over.
        CannotFetch = "cannot_fetch",
        /// The end of access is not proved yet.
        StopWaiting = "stop_waiting",
        /// No copies were taken.
        NoCopies = "no_copies",
        /// Copies were taken, and stay.
        CopiesTaken = "copies_taken",
        /// What somebody can see, and until when.
        SeesUntil = "sees_until",
        /// Nobody looked yet.
        NeverUsed = "never_used",
        /// How often somebody looked.
        Used = "used",
        /// What a request asks for.
        Asks = "asks",
        /// The question above stopping access.
        StopAccess = "stop_access",
        /// What is over once that is signed.
        NoMore = "no_more",
        /// The question above answering a request.
        AnswerRequest = "answer_request",
        /// The answer tells where to fetch what is allowed.
        TellsWhere = "tells_where",
        /// The answer tells that nothing is allowed.
        TellsNo = "tells_no",
    }
}

/// A sentence for people, in the language of the wallet ([`crate::Wallet::speak`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Sentence {
    /// Which one it is, in every language.
    pub code: SentenceCode,
    /// What is put into it, in words of that language.
    pub args: BTreeMap<&'static str, String>,
    /// The same where it is a number or a time, whatever the language.
    pub values: BTreeMap<&'static str, u64>,
    /// The sentence.
    pub text: String,
}

crate::text_enum! {
    /// Why no grant is made in a relationship.
    SkippedReason {
        /// The grantee publishes these records itself.
        OwnRecords = "own_records",
        /// Nothing there that the share would open.
        NothingThere = "nothing_there",
        /// The account there was closed.
        AccountClosed = "account_closed",
    }
}

/// A relationship in which no grant is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Skipped {
    /// Its provider.
    pub provider: ProviderName,
    /// Why.
    pub reason: SkippedReason,
}

/// What one grant of a share would open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ReviewedRecords {
    /// Whose records.
    pub provider: ProviderName,
    /// How many records, newest versions only.
    pub records: u64,
    /// Older versions of them that are opened, too.
    pub older_versions: u64,
    /// The newest of them, at most 200.
    pub newest: Vec<RecordRow>,
}

/// A transaction as it would be signed, for those who want to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ReviewDetail {
    /// Who signs.
    pub relationship: RelationshipAddress,
    /// SHA-256 of the bytes to be signed.
    pub body_hash: String,
    /// What they do, decoded, one line for each action.
    pub actions: Vec<String>,
    /// Last second in which the ledger takes it.
    pub valid_until: Timestamp,
}

/// What a person reads before signing; made from the exact bytes that would be signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Review {
    /// The question.
    pub title: Sentence,
    /// What it means.
    pub sentences: Vec<Sentence>,
    /// What it opens, for each provider.
    pub opens: Vec<ReviewedRecords>,
    /// Where no grant is made.
    pub skipped: Vec<Skipped>,
    /// The transactions.
    pub details: Vec<ReviewDetail>,
}

crate::text_enum! {
    /// How far a signed transaction is.
    GrantProgress {
        /// Proved to be on the ledger.
        OnLedger = "on_ledger",
        /// On its way; it is sent again until it is proved or its time is over.
        Waiting = "waiting",
        /// Refused by the ledger's rules.
        Refused = "refused",
        /// Its time is over and it did not happen.
        Lapsed = "lapsed",
    }
}

/// What became of one grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct GrantOutcome {
    /// The grant.
    pub grant: GrantId,
    /// Whose records it is about.
    pub provider: ProviderName,
    /// The transaction.
    pub tx: TxId,
    /// How far it is.
    pub progress: GrantProgress,
    /// Why it was refused, or what was last in the way.
    pub reason: Option<String>,
}

/// What became of a share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ShareOutcome {
    /// The share.
    pub share: ShareId,
    /// To whom.
    pub grantee: ProviderName,
    /// One for each relationship.
    pub grants: Vec<GrantOutcome>,
    /// The code that tells the grantee where its grants are, `mrshare1…`.
    pub code: String,
    /// The request that was answered, and how far the answer is.
    pub answered: Option<(RequestId, GrantProgress)>,
}

/// What to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub enum StopTarget {
    /// One grant.
    Grant(GrantId),
    /// All grants of a share.
    Share(ShareId),
    /// All grants of a provider.
    Provider(ProviderAddress),
    /// All grants.
    Everything,
}

/// What became of stopping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct StopOutcome {
    /// The grants.
    pub grants: Vec<GrantOutcome>,
    /// Copies that were taken under them, and stay where they are.
    pub copies_taken: u64,
    /// When the last of them was taken.
    pub last_copy_at: Option<Timestamp>,
    /// The same in words.
    pub sentences: Vec<Sentence>,
}

crate::text_enum! {
    /// How a grant stands.
    GrantState {
        /// It holds.
        Live = "live",
        /// It has not begun.
        NotYet = "not_yet",
        /// It ended by itself.
        Ended = "ended",
        /// It was stopped.
        Stopped = "stopped",
    }
}

/// What a grant opens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "scope", rename_all = "snake_case")]
pub enum Scope {
    /// Everything.
    Everything,
    /// Some kinds.
    Kinds {
        /// Which.
        kinds: Vec<RecordKind>,
    },
    /// Records named one by one.
    Records {
        /// How many.
        count: usize,
    },
}

/// A grant as it stands on the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct GrantView {
    /// The grant.
    pub id: GrantId,
    /// The share that it belongs to.
    pub share: ShareId,
    /// Whose records.
    pub publisher: ProviderName,
    /// Which.
    #[serde(flatten)]
    pub scope: Scope,
    /// Later records, too?
    pub future: Future,
    /// How.
    pub mode: Mode,
    /// Why.
    pub why: Why,
    /// First second in which it holds.
    pub since: Timestamp,
    /// Last second in which it holds.
    pub until: Timestamp,
    /// When it was stopped.
    pub stopped_at: Option<Timestamp>,
    /// How it stands now.
    pub state: GrantState,
    /// How often it was used.
    pub uses: u64,
    /// Copies taken under it.
    pub copies: u64,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
}

/// A provider that can see something, or could.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct SharingView {
    /// Who.
    pub grantee: ProviderName,
    /// True while at least one grant holds.
    pub live: bool,
    /// What they can see, in words.
    pub sentences: Vec<Sentence>,
    /// How often all grants together were used.
    pub uses: u64,
    /// When one was last used.
    pub last_used: Option<Timestamp>,
    /// The grants, newest first.
    pub grants: Vec<GrantView>,
}

crate::text_enum! {
    /// How a request stands.
    RequestState {
        /// It waits for an answer.
        Waiting = "waiting",
        /// Allowed, perhaps less.
        Allowed = "allowed",
        /// Declined.
        Declined = "declined",
        /// Nobody answered in time.
        Over = "over",
    }
}

/// A provider's request for access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct RequestView {
    /// The request.
    pub id: RequestId,
    /// Who asks.
    pub provider: ProviderName,
    /// For these kinds; none means everything.
    pub kinds: Vec<RecordKind>,
    /// Later records, too?
    pub future: Future,
    /// For so many days from the answer.
    pub days: u16,
    /// Why.
    pub why: Why,
    /// In the provider's words.
    pub reason: String,
    /// Person or role who asks.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// Until when it can be answered.
    pub answer_until: Timestamp,
    /// How it stands.
    pub state: RequestState,
    /// In words.
    pub sentence: Sentence,
}
