//! Somebody who acts for a patient.

use ed25519_dalek::SigningKey;
use medrec_exchange::{Signer, client::Asker};
use medrec_protocol::{
    AgentAddress,
    actions::{Action, AnswerDelegation, AskActivation},
};

use super::{Patient, person};
use crate::ledger_view::Submitted;

/// A delegate of one patient in one relationship.
pub(crate) struct Helper<'a> {
    pub(super) patient: &'a Patient,
    pub(super) key: SigningKey,
}

impl Helper<'_> {
    pub(crate) fn agent(&self) -> AgentAddress {
        AgentAddress::of(&medrec_protocol::PublicKey::of(&self.key))
    }

    pub(crate) fn asker(&self) -> Asker {
        Asker { signer: Signer::new(self.agent(), self.key.clone()), person: person("Rosa") }
    }

    async fn act(&self, action: Action) {
        let submitted = self.patient.ledger.act(self.agent().into(), &self.key, action).await;
        assert_eq!(submitted, Ok(Submitted::Accepted));
    }

    pub(crate) async fn accept(&self) {
        self.act(AnswerDelegation { relationship: self.patient.address(), accepted: true }.into()).await;
    }

    pub(crate) async fn ask_activation(&self) {
        self.act(AskActivation { relationship: self.patient.address() }.into()).await;
    }
}
