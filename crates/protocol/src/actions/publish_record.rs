//! The publisher publishes a pointer to one record version: its commitment in clear, its description
//! sealed. A new version is a new pointer that names the one it replaces.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Accounts, BlockContext, Failure, Refusal, Rules, publisher_leaf, some_provider, well_formed};
use crate::{Address, Commitment, RelationshipAddress, Sealed};

/// A record pointer.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PublishRecord {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// Commitment to the record's exact bytes.
    pub commitment: Commitment,
    /// Log index of the pointer that this version replaces.
    pub supersedes: Option<u64>,
    /// Sealed [`crate::payload::RecordPayload`].
    pub description: Sealed,
}

impl Rules for PublishRecord {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        some_provider(signer)?;
        well_formed(&self.description)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let leaf = publisher_leaf(accounts, signer, block, self.relationship, &self.description)?;
        // Entry 0 opens the relationship and is never a record.
        if self.supersedes.is_some_and(|index| index == 0 || index >= leaf.log.size()) {
            return Err(Refusal::UnknownRecord.into());
        }
        Ok(())
    }
}
