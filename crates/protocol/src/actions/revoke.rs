//! The patient stops a grant. It leaves a tombstone, so it wins whatever the order in which it and the
//! grant arrive; stopping twice is stopping once.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Accounts, BlockContext, Failure, Refusal, Rules, for_patient, patient_leaf, well_formed};
use crate::{
    Address, RelationshipAddress, Sealed,
    state::{GrantId, Right},
};

/// The end of a permission.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Revoke {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// The grant that ends, whether or not the ledger has seen it.
    pub grant: GrantId,
    /// Sealed [`crate::payload::RevocationNote`].
    pub note: Sealed,
}

impl Rules for Revoke {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        for_patient(signer, self.relationship)?;
        well_formed(&self.note)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        // A revocation is never refused for the key that its note is sealed with.
        let mut leaf = patient_leaf(accounts, signer, block, self.relationship, Right::Share)?;
        leaf.grants.remove(&self.grant);
        accounts.put_relationship(self.relationship, leaf);
        accounts.put_tombstone(self.relationship, self.grant);
        Ok(())
    }
}
