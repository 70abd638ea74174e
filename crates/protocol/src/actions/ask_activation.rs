//! The delegate asks for a waiting delegation to begin. The patient has the agreed time to say no.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Accounts, BlockContext, Failure, Refusal, Rules, open_leaf, some_agent};
use crate::{Address, RelationshipAddress, state::Activation};

/// The begin of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AskActivation {
    /// The relationship.
    pub relationship: RelationshipAddress,
}

impl Rules for AskActivation {
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
        if !delegation.accepted || block.time > delegation.not_after {
            return Err(Refusal::NotActive.into());
        }
        if !matches!(delegation.activation, Activation::AfterWait(_)) || delegation.asked.is_some() {
            return Err(Refusal::NotWaiting.into());
        }
        delegation.asked = Some(block.time);
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
