//! What an entry says: one variant for each action of the ledger.

use medrec_protocol::{
    Commitment, RecordKind, Timestamp,
    state::{GrantId, RequestId},
};
use serde::{Deserialize, Serialize};

use super::{Answer, Delegation, Disclosure, EmergencyAccess, Grant, GrantRef, Person, RecordRef, Request};

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
    /// The patient said no to that.
    ActivationRefused(Person),
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
    /// Activation of a delegation was refused.
    ActivationRefused = "activation_refused";
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
            Self::ActivationRefused(_) => ActionKind::ActivationRefused,
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

    /// False for an entry that this history keeps closed.
    pub const fn is_open(&self) -> bool {
        !matches!(self, Self::Closed { .. })
    }
}
