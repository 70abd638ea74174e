//! The patient shows a sign of life, so that a delegation that begins after a silence does not begin.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Accounts, BlockContext, Failure, Refusal, Rules, only_patient, owner_leaf};
use crate::{Address, RelationshipAddress};

/// A sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ShowLife {
    /// The relationship.
    pub relationship: RelationshipAddress,
}

impl Rules for ShowLife {
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
        let leaf = owner_leaf(accounts, signer, block, self.relationship)?;
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
