//! The patient closes a relationship for good: nothing is published into it any more, and nobody but the patient receives
//! copies. A child's account cannot be closed by the parent who promised it.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{
    Accounts, BlockContext, Failure, Refusal, Rules, forget_recovery, only_patient, owner_leaf, well_formed,
};
use crate::{Address, RelationshipAddress, Sealed};

/// The end of a relationship.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CloseRelationship {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// Sealed [`crate::payload::RevocationNote`].
    pub note: Sealed,
}

impl Rules for CloseRelationship {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        only_patient(signer, self.relationship)?;
        well_formed(&self.note)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let mut leaf = owner_leaf(accounts, signer, block, self.relationship)?;
        if leaf.handover.is_some() {
            return Err(Refusal::HandoverFixed.into());
        }
        for grant in std::mem::take(&mut leaf.grants).into_keys() {
            accounts.put_tombstone(self.relationship, grant);
        }
        forget_recovery(accounts, &mut leaf);
        leaf.closed = Some(block.time);
        leaf.requests.clear();
        leaf.delegations.clear();
        leaf.guardians = None;
        leaf.emergency = None;
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
