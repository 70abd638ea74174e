//! The patient answers a request. What was allowed is in grants; the answer tells the asking provider
//! where they are.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{
    Accounts, BlockContext, Failure, Refusal, Rules, for_patient, in_epoch, patient_leaf, well_formed,
};
use crate::{
    Address, RelationshipAddress, Sealed,
    state::{RequestId, Right},
};

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AnswerRequest {
    /// The relationship in which was asked.
    pub relationship: RelationshipAddress,
    /// The request.
    pub request: RequestId,
    /// Sealed [`crate::payload::AnswerPayload`].
    pub answer: Sealed,
}

impl Rules for AnswerRequest {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        for_patient(signer, self.relationship)?;
        well_formed(&self.answer)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let mut leaf = patient_leaf(accounts, signer, block, self.relationship, Right::Share)?;
        in_epoch(&leaf, &self.answer)?;
        match leaf.requests.remove(&self.request) {
            Some(until) if until >= block.time => {
                accounts.put_relationship(self.relationship, leaf);
                Ok(())
            }
            _ => Err(Refusal::UnknownRequest.into()),
        }
    }
}
