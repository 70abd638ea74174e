//! The patient ends a delegation. The viewing key changes with it, so that the former delegate can open nothing newer.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Accounts, BlockContext, Failure, NewViewingKey, Refusal, Rules, for_patient, patient_leaf};
use crate::{Address, AgentAddress, RelationshipAddress, state::Right};

/// The end of an appointment.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EndDelegation {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// The delegate.
    pub agent: AgentAddress,
    /// The viewing key from now on.
    pub key: NewViewingKey,
}

impl Rules for EndDelegation {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        for_patient(signer, self.relationship)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let mut leaf = patient_leaf(accounts, signer, block, self.relationship, Right::Manage)?;
        let ended = leaf.delegations.remove(&self.agent).ok_or(Refusal::UnknownAgent)?;
        if let Address::Agent(agent) = signer {
            let own = leaf.delegations.get(&agent).ok_or(Refusal::NotAllowed)?;
            if ended.right >= own.right {
                return Err(Refusal::NotAllowed.into());
            }
        }
        self.key.take_effect(&mut leaf)?;
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
