//! What was signed and is not yet proved to be on the ledger.

use medrec_protocol::{Timestamp, tx::TxId};
use serde::Serialize;

use super::ProviderName;

crate::text_enum! {
    /// What a transaction is for.
    Purpose {
        /// Gives access.
        Grant = "grant",
        /// Stops access.
        Revoke = "revoke",
        /// Answers a request.
        Answer = "answer",
        /// Appoints a delegate.
        Delegate = "delegate",
        /// Ends a delegation.
        EndDelegation = "end_delegation",
        /// Accepts or gives up an appointment.
        AnswerDelegation = "answer_delegation",
        /// Asks for a delegation to begin.
        AskActivation = "ask_activation",
        /// Says no to that.
        RefuseActivation = "refuse_activation",
        /// Chooses guardians.
        SetGuardians = "set_guardians",
        /// Agrees to a recovery.
        ApproveRecovery = "approve_recovery",
        /// Says no to a recovery.
        VetoRecovery = "veto_recovery",
        /// Says what emergency care may see.
        SetEmergency = "set_emergency",
        /// Disputes an entry.
        Dispute = "dispute",
        /// Changes a viewing key.
        RotateViewingKey = "rotate_viewing_key",
        /// Moves an account to new keys.
        RotateKeys = "rotate_keys",
        /// Promises a child's account.
        SetHandover = "set_handover",
        /// Shows a sign of life.
        ShowLife = "show_life",
        /// Closes a relationship.
        CloseRelationship = "close_relationship",
    }
}

crate::text_enum! {
    /// How far a transaction is.
    PendingState {
        /// Sent, and sent again, until it is proved or its time is over.
        Waiting = "waiting",
        /// The ledger's rules refuse it.
        Refused = "refused",
        /// Its time is over and it did not happen; it can be signed again.
        Lapsed = "lapsed",
    }
}

/// A transaction on its way, or one that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct PendingView {
    /// Its id.
    pub id: TxId,
    /// What it is for.
    pub purpose: Purpose,
    /// In the relationship with this provider.
    pub provider: ProviderName,
    /// How far it is.
    pub state: PendingState,
    /// The ledger's reason, when it was refused.
    pub reason: Option<String>,
    /// Last second in which it can happen.
    pub valid_until: Timestamp,
    /// When it was signed.
    pub signed_at: Timestamp,
}
