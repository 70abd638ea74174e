//! The patient allows providers that give emergency care to see chosen kinds of records without asking, or no more. Each
//! such look is told to the patient at once.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{
    Accounts, BlockContext, Failure, Refusal, Rules, for_patient, in_epoch, patient_leaf, well_formed,
};
use crate::{Address, RelationshipAddress, Sealed, state::Right};

/// A rule for emergencies.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SetEmergency {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// True to allow it under the terms, false to allow it no more.
    pub allowed: bool,
    /// Sealed [`crate::payload::EmergencyTerms`].
    pub terms: Sealed,
}

impl Rules for SetEmergency {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        for_patient(signer, self.relationship)?;
        well_formed(&self.terms)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let mut leaf = patient_leaf(accounts, signer, block, self.relationship, Right::Manage)?;
        // As a revocation: "no more" is never refused for the key that its terms are sealed with.
        if self.allowed {
            in_epoch(&leaf, &self.terms)?;
        }
        leaf.emergency = self.allowed.then_some(leaf.log.size());
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
