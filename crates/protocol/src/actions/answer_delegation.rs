//! The delegate accepts an appointment, or gives it up, whenever that is.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Accounts, BlockContext, Failure, Refusal, Rules, open_leaf, some_agent};
use crate::{Address, RelationshipAddress};

/// Yes or no to an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AnswerDelegation {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// True to accept, false to give up.
    pub accepted: bool,
}

impl Rules for AnswerDelegation {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        some_agent(signer).map(|_| ())
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let agent = some_agent(signer)?;
        let mut leaf = open_leaf(accounts, block, self.relationship)?;
        let delegation = leaf.delegations.get_mut(&agent).ok_or(Refusal::UnknownAgent)?;
        if block.time > delegation.not_after {
            return Err(Refusal::NotActive.into());
        }
        match (self.accepted, delegation.accepted) {
            (true, true) => return Err(Refusal::NotWaiting.into()),
            (true, false) => delegation.accepted = true,
            (false, _) => {
                leaf.delegations.remove(&agent);
            }
        }
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
