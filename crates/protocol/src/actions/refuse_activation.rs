//! The patient says no to a delegation that was asked to begin, or lets one that has begun wait again. The appointment
//! stands; the delegate may ask again.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Accounts, BlockContext, Failure, Refusal, Rules, only_patient, owner_leaf};
use crate::{Address, AgentAddress, RelationshipAddress};

/// No to a beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RefuseActivation {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// The delegate.
    pub agent: AgentAddress,
}

impl Rules for RefuseActivation {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        only_patient(signer, self.relationship)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let mut leaf = owner_leaf(accounts, signer, block, self.relationship)?;
        let delegation = leaf.delegations.get_mut(&self.agent).ok_or(Refusal::UnknownAgent)?;
        delegation.asked.take().ok_or(Refusal::NotWaiting)?;
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
