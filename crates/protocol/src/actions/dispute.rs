//! The patient says that an entry is wrong. The ledger only makes sure that it is said by the right person, about an
//! entry that is there; nothing is ever erased.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{
    Accounts, BlockContext, Failure, Refusal, Rules, for_patient, in_epoch, patient_leaf, well_formed,
};
use crate::{Address, RelationshipAddress, Sealed, state::Right};

/// "This is wrong."
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Dispute {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// Log index of the entry.
    pub entry: u64,
    /// Sealed [`crate::payload::DisputePayload`].
    pub statement: Sealed,
}

impl Rules for Dispute {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        for_patient(signer, self.relationship)?;
        well_formed(&self.statement)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let leaf = patient_leaf(accounts, signer, block, self.relationship, Right::Share)?;
        in_epoch(&leaf, &self.statement)?;
        if self.entry >= leaf.log.size() {
            return Err(Refusal::UnknownEntry.into());
        }
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
