//! The patient stops every grant of a relationship at once. Each leaves its tombstone.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Accounts, BlockContext, Failure, Refusal, Rules, for_patient, patient_leaf, well_formed};
use crate::{Address, RelationshipAddress, Sealed, state::Right};

/// The end of all permissions.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RevokeAll {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// Sealed [`crate::payload::RevocationNote`].
    pub note: Sealed,
}

impl Rules for RevokeAll {
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
        // As for one grant: never refused for the key that the note is sealed with.
        let mut leaf = patient_leaf(accounts, signer, block, self.relationship, Right::Share)?;
        for grant in std::mem::take(&mut leaf.grants).into_keys() {
            accounts.put_tombstone(self.relationship, grant);
        }
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
