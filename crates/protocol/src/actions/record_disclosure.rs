//! The publisher writes down that copies were released: to whom, which, under what is sealed for the
//! patient to read.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Accounts, BlockContext, Failure, Refusal, Rules, publisher_leaf, some_provider, well_formed};
use crate::{Address, RelationshipAddress, Sealed};

/// A release of copies.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordDisclosure {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// Sealed [`crate::payload::DisclosurePayload`].
    pub disclosure: Sealed,
}

impl Rules for RecordDisclosure {
    fn relationship(&self) -> RelationshipAddress {
        self.relationship
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        some_provider(signer)?;
        well_formed(&self.disclosure)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        _: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        publisher_leaf(accounts, signer, self.relationship, &self.disclosure).map(|_| ())
    }
}
