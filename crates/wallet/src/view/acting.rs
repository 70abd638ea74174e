//! Acting for somebody else, and everything that a patient may decide beside giving access.

use medrec_protocol::{
    AgentAddress, ProviderAddress, RecordKind, RelationshipAddress, Timestamp, state, tx::TxId,
};
use serde::{Deserialize, Serialize};

use super::{GrantProgress, ProviderName, RecordId, ShareId};

/// Ties the appointments of one delegate in several relationships together; shown as 32 hexadecimal digits.
pub type AppointmentId = ShareId;

crate::text_enum! {
    /// How much a delegate may do; each includes those before it.
    Right {
        /// See the list and the records.
        See = "see",
        /// Also give and stop access, answer requests, dispute.
        Share = "share",
        /// Also set emergency access, and appoint and end other delegates.
        Manage = "manage",
    }
}

impl From<Right> for state::Right {
    fn from(right: Right) -> Self {
        match right {
            Right::See => Self::See,
            Right::Share => Self::Share,
            Right::Manage => Self::Manage,
        }
    }
}

impl From<state::Right> for Right {
    fn from(right: state::Right) -> Self {
        match right {
            state::Right::See => Self::See,
            state::Right::Share => Self::Share,
            state::Right::Manage => Self::Manage,
        }
    }
}

/// When a delegation begins to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "begins", rename_all = "snake_case")]
pub enum Begins {
    /// As soon as the delegate has accepted.
    AtOnce,
    /// So many days after the delegate asked, unless the patient says no.
    AfterWait {
        /// Days.
        days: u32,
    },
    /// When the patient has signed nothing for so many days.
    AfterSilence {
        /// Days.
        days: u32,
    },
}

crate::text_enum! {
    /// How far a delegation is.
    DelegateState {
        /// The delegate has not accepted yet.
        Invited = "invited",
        /// It counts.
        Active = "active",
        /// It waits for the delegate to ask, or for the patient's silence.
        Standby = "standby",
        /// The delegate has asked; it begins on a day.
        Beginning = "beginning",
        /// Its last day is over.
        Over = "over",
    }
}

/// A delegate, with the appointments in all relationships.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct DelegateView {
    /// Which appointment.
    pub appointment: AppointmentId,
    /// Name, as the patient wrote it.
    pub name: String,
    /// What the delegate is to the patient; may be empty.
    pub relation: String,
    /// How much the delegate may do.
    pub right: Right,
    /// When it begins to count.
    #[serde(flatten)]
    pub begins: Begins,
    /// Last second.
    pub until: Timestamp,
    /// How far it is; of several relationships the furthest.
    pub state: DelegateState,
    /// When it begins, if that is known.
    pub begins_at: Option<Timestamp>,
    /// With which providers.
    pub providers: Vec<ProviderName>,
    /// When it was signed.
    pub appointed_at: Timestamp,
}

/// A guardian.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct GuardianView {
    /// Name, as the patient wrote it.
    pub name: String,
    /// True when this guardian has agreed to a recovery that is under way.
    pub approved: bool,
}

/// The guardians of the relationship with one provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct GuardiansView {
    /// With which provider.
    pub provider: ProviderName,
    /// Who.
    pub guardians: Vec<GuardianView>,
    /// How many must agree.
    pub threshold: u8,
    /// Days in which the patient can say no.
    pub delay_days: u32,
    /// A recovery is under way.
    pub recovery: bool,
    /// When the account changes hands, once enough have agreed.
    pub recovery_due: Option<Timestamp>,
}

/// What emergency care may see in the relationship with one provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct EmergencyView {
    /// With which provider.
    pub provider: ProviderName,
    /// Allowed at all?
    pub allowed: bool,
    /// Which kinds; none listed means everything.
    pub kinds: Vec<RecordKind>,
}

/// An entry that was disputed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct DisputeView {
    /// With which provider.
    pub provider: ProviderName,
    /// In which relationship.
    pub relationship: RelationshipAddress,
    /// Place of the disputed entry in the log.
    pub position: u64,
    /// The record, if the entry is one.
    pub record: Option<RecordId>,
    /// What the entry is, in the ledger's word.
    pub action: String,
    /// What is wrong, in the patient's words.
    pub statement: Vec<String>,
    /// When it was said.
    pub at: Timestamp,
    /// By whom, if not by the patient.
    pub by: Option<String>,
}

/// Somebody whom this person offered to help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct HelpedView {
    /// Number of the offer.
    pub number: u32,
    /// Who it is, in this person's words.
    pub label: String,
    /// When the offer was made.
    pub offered_at: Timestamp,
    /// Appointments found on the ledger.
    pub appointments: Vec<AppointmentView>,
}

/// One appointment of this person for somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct AppointmentView {
    /// With which provider.
    pub provider: ProviderName,
    /// In which relationship.
    pub relationship: RelationshipAddress,
    /// Under which key.
    pub agent: AgentAddress,
    /// True for a guardian, false for a delegate.
    pub guardian: bool,
    /// How much a delegate may do.
    pub right: Option<Right>,
    /// How far a delegation is; none when it was ended.
    pub state: Option<DelegateState>,
    /// When it begins, if that is known.
    pub begins_at: Option<Timestamp>,
    /// Last second.
    pub until: Option<Timestamp>,
    /// A recovery is under way (guardians).
    pub recovery: bool,
}

crate::text_enum! {
    /// Which code a field asks for.
    CodeWanted {
        /// Somebody offers to help.
        HelpOffer = "help_offer",
        /// Somebody who lost everything asks the guardians.
        Recovery = "recovery",
        /// A child's answer to a parent.
        HandoverAnswer = "handover_answer",
        /// A parent's request to a child.
        HandoverRequest = "handover_request",
    }
}

/// What a code says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct CodeFound {
    /// How the one who made it is called, in their own words; none where the code does not say.
    pub from: Option<String>,
}

/// Somebody to be a guardian.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct GuardianChoice {
    /// The offer to help, as text.
    pub offer: String,
    /// Name, in the patient's words; empty takes the one in the offer.
    pub name: String,
}

/// A decision of the patient, or of a delegate for the patient, beside giving and stopping access.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub enum Act {
    /// Appoint a delegate.
    Appoint {
        /// The offer to help, as text.
        offer: String,
        /// Name, in the patient's words; empty takes the one in the offer.
        name: String,
        /// What the delegate is to the patient; may be empty.
        relation: String,
        /// How much the delegate may do.
        right: Right,
        /// When it begins to count.
        begins: Begins,
        /// For how many days.
        days: u32,
        /// With which providers; none listed means all.
        providers: Vec<ProviderAddress>,
    },
    /// End a delegation. The viewing keys change with it.
    EndDelegation {
        /// Which.
        appointment: AppointmentId,
    },
    /// Say no to a delegation that was asked to begin.
    RefuseStart {
        /// Which.
        appointment: AppointmentId,
    },
    /// Choose guardians, or do without.
    SetGuardians {
        /// All of them; none to do without.
        guardians: Vec<GuardianChoice>,
        /// How many must agree.
        threshold: u8,
        /// Days in which the patient can say no.
        delay_days: u32,
    },
    /// Say no to a recovery.
    VetoRecovery,
    /// Say what emergency care may see.
    SetEmergency {
        /// Allowed at all?
        allowed: bool,
        /// Which kinds; none listed means everything.
        kinds: Vec<RecordKind>,
    },
    /// Say that an entry is wrong.
    Dispute {
        /// In which relationship.
        relationship: RelationshipAddress,
        /// Place of the entry in the log.
        position: u64,
        /// What is wrong.
        statement: String,
    },
    /// Change the viewing key with every provider.
    ChangeViewingKeys,
    /// Close the relationship with a provider for good.
    Close {
        /// With which.
        provider: ProviderAddress,
        /// Why; may be empty.
        note: String,
    },
    /// Move every account to the keys of new recovery words, which were begun before.
    NewKeys,
    /// Promise a child's accounts to the child.
    PromiseHandover {
        /// The child's answer, as text.
        offer: String,
        /// First second in which they belong to the child.
        due: Timestamp,
    },
    /// Show a sign of life.
    ShowLife,
    /// Accept, as a delegate, every appointment that waits for it.
    AcceptAppointments,
    /// Give up, as a delegate, all appointments.
    GiveUp,
    /// Ask, as a delegate, that waiting delegations begin.
    AskStart,
    /// Agree, as a guardian, that accounts move to the keys of this offer.
    ApproveRecovery {
        /// The offer to take over, as text.
        offer: String,
    },
}

/// What became of a decision in the relationship with one provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ActStep {
    /// With which provider.
    pub provider: ProviderName,
    /// The transaction.
    pub tx: TxId,
    /// How far it is.
    pub progress: GrantProgress,
    /// The ledger's or the network's words, if it is not on the ledger.
    pub reason: Option<String>,
}

/// What became of a decision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ActOutcome {
    /// One for each relationship.
    pub steps: Vec<ActStep>,
}
