//! The patient says no to a recovery that guardians have begun.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Accounts, BlockContext, Failure, Refusal, Rules, forget_recovery, only_patient, owner_leaf};
use crate::{Address, RelationshipAddress};

/// No to a recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct VetoRecovery {
    /// The relationship.
    pub relationship: RelationshipAddress,
}

impl Rules for VetoRecovery {
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
        if !forget_recovery(accounts, &mut leaf) {
            return Err(Refusal::NotWaiting.into());
        }
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
