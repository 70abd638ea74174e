//! The publisher writes down that copies were released: to whom, which, under what is sealed for the
//! patient to read.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{
    Accounts, BlockContext, Failure, Refusal, Rules, in_epoch, settled_leaf, some_provider, well_formed,
};
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
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        some_provider(signer)?;
        well_formed(&self.disclosure)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        // Written down whatever has become of publisher and patient since: it happened.
        let leaf = settled_leaf(accounts, block, self.relationship)?;
        if signer != Address::Provider(leaf.publisher) {
            return Err(Refusal::NotAllowed.into());
        }
        in_epoch(&leaf, &self.disclosure)?;
        Ok(())
    }
}
