//! The publisher takes a record pointer back: published in error, or for another patient. The entry stays in the log;
//! no copy is released any more.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Accounts, BlockContext, Failure, Refusal, Rules, publisher_leaf, some_provider, well_formed};
use crate::{Address, RelationshipAddress, Sealed};

/// A pointer taken back.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct WithdrawRecord {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// Log index of the pointer.
    pub entry: u64,
    /// Sealed [`crate::payload::WithdrawalPayload`].
    pub reason: Sealed,
}

impl Rules for WithdrawRecord {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        some_provider(signer)?;
        well_formed(&self.reason)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let leaf = publisher_leaf(accounts, signer, block, self.relationship, &self.reason)?;
        // Entry 0 opens the relationship and is never a record. Whether the entry is a pointer, readers judge.
        if self.entry == 0 || self.entry >= leaf.log.size() {
            return Err(Refusal::UnknownRecord.into());
        }
        Ok(())
    }
}
