//! Those who act for a patient: delegates and guardians.

use ed25519_dalek::SigningKey;
use medrec_exchange::{Signer, client::Asker};
use medrec_protocol::{
    AgentAddress, PublicKey,
    actions::{
        Action, AnswerDelegation, ApproveRecovery, AskActivation, Guardian, SetGuardians, ShowLife,
        VetoRecovery,
    },
    codec::{List, Text},
    payload::{GuardianNames, V1},
    sign::Possession,
};

use super::{Patient, fresh_key, person};
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

impl Patient {
    /// Shows a sign of life.
    pub(crate) async fn show_life(&self) {
        self.act(ShowLife { relationship: self.address() }.into()).await;
    }

    /// Chooses two guardians, who must both agree; gives their keys.
    pub(crate) async fn choose_guardians(&self, delay: u32) -> [SigningKey; 2] {
        let keys = [fresh_key(), fresh_key()];
        let guardians = keys.iter().map(|key| Guardian { key: PublicKey::of(key) }).collect();
        let names = ["Ana", "Luis"].map(|name| Text::new(name).unwrap()).to_vec();
        let names = self.seal(&GuardianNames { version: V1, names: List::new(names).unwrap() });
        let (relationship, guardians) = (self.address(), List::new(guardians).unwrap());
        self.act(SetGuardians { relationship, guardians, threshold: 2, delay, names }.into()).await;
        keys
    }

    /// A guardian agrees that the account moves to `new`.
    pub(crate) async fn approve_recovery(&self, guardian: &SigningKey, new: &SigningKey) {
        let new_owner = Possession::prove(new, &self.ledger.chain, None);
        let action = ApproveRecovery { relationship: self.address(), new_owner }.into();
        let agent = AgentAddress::of(&PublicKey::of(guardian));
        assert_eq!(self.ledger.act(agent.into(), guardian, action).await, Ok(Submitted::Accepted));
    }

    /// Says no to it.
    pub(crate) async fn veto_recovery(&self) {
        self.act(VetoRecovery { relationship: self.address() }.into()).await;
    }
}
