//! What was signed and is not yet proved.

use medrec_wallet::{
    TxId,
    view::{GrantProgress, PendingPurpose, PendingState, PendingView},
};
use serde_json::{Value, json};

use super::json::document;
use crate::{moment::Here, output::Words};

pub fn json(pending: &[PendingView]) -> Value {
    json!({ "pending": document(&pending) })
}

pub fn words(pending: &[PendingView], here: &Here) -> Words {
    let mut out = Words::new();
    if pending.is_empty() {
        out.line("Everything that you signed is on the ledger.");
    }
    for pending in pending {
        let what = match pending.purpose {
            PendingPurpose::Grant => "Giving access",
            PendingPurpose::Revoke => "Stopping access",
            PendingPurpose::Answer => "Answering a request",
            PendingPurpose::Delegate => "Appointing somebody who helps",
            PendingPurpose::EndDelegation => "Ending an appointment",
            PendingPurpose::AnswerDelegation => "Answering an appointment",
            PendingPurpose::AskActivation => "Asking to begin",
            PendingPurpose::RefuseActivation => "Saying no to a beginning",
            PendingPurpose::SetGuardians => "Choosing guardians",
            PendingPurpose::ApproveRecovery => "Agreeing to a recovery",
            PendingPurpose::VetoRecovery => "Saying no to a recovery",
            PendingPurpose::SetEmergency => "Saying what emergency care may see",
            PendingPurpose::Dispute => "Saying that something is wrong",
            PendingPurpose::RotateViewingKey => "Changing the key to the records",
            PendingPurpose::RotateKeys => "Moving to new keys",
            PendingPurpose::SetHandover => "Promising an account",
            PendingPurpose::ShowLife => "Showing that you are there",
            PendingPurpose::CloseRelationship => "Leaving the provider",
        };
        let signed = here.minute(pending.signed_at.seconds());
        out.line(format!("{what}, records of {}, signed {signed}", pending.provider));
        out.sub(match pending.state {
            PendingState::Waiting => {
                let until = here.minute(pending.valid_until.seconds());
                format!("not yet confirmed; can happen until {until}. medrec sync sends it again.")
            }
            PendingState::Refused => {
                format!("refused by the ledger: {}", pending.reason.as_deref().unwrap_or("no reason given"))
            }
            PendingState::Lapsed => "its time is over and it did not happen".to_owned(),
        });
        match pending.state {
            PendingState::Waiting => {}
            PendingState::Refused => {
                out.sub(format!("medrec pending forget {}", pending.id));
            }
            PendingState::Lapsed => {
                out.sub(format!("medrec pending again {}", pending.id));
            }
        }
    }
    out
}

pub fn again_json(id: TxId, progress: GrantProgress) -> Value {
    json!({ "signed_again": id, "progress": progress })
}

pub fn again(progress: GrantProgress) -> Words {
    let mut out = Words::new();
    out.line(format!("Signed again: {}.", super::progress(progress)));
    out
}

pub fn forgotten_json(id: TxId) -> Value {
    json!({ "forgotten": id })
}

pub fn forgotten() -> Words {
    let mut out = Words::new();
    out.line("It is off the list.");
    out
}

#[cfg(test)]
mod tests {
    use medrec_wallet::Hash32;

    use super::{super::testing::*, *};

    #[test]
    fn what_failed_says_what_to_do_next() {
        let pending = |state| PendingView {
            id: Hash32::of("test", &[]),
            purpose: PendingPurpose::Grant,
            provider: provider_name(),
            state,
            reason: None,
            valid_until: time(NOW + 300),
            signed_at: time(NOW),
        };
        let told = |state| words(&[pending(state)], &here()).as_str().to_owned();
        assert!(told(PendingState::Waiting).contains("can happen until 4 May 2026, 14:10"));
        assert!(told(PendingState::Refused).contains("medrec pending forget "));
        assert!(told(PendingState::Lapsed).contains("medrec pending again "));
        assert_eq!(words(&[], &here()).as_str(), "Everything that you signed is on the ledger.\n");
    }
}
