//! A parent who looks after a child's account promises it to the child's own key from a date. The promise can be kept
//! earlier, and never put off, changed or taken back.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Accounts, BlockContext, Failure, Refusal, Rules, new_owner, only_patient, owner_leaf};
use crate::{Address, RelationshipAddress, Timestamp, sign::Possession, state::Handover};

/// A promise of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SetHandover {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// The key that will own the account; its holder agrees.
    pub new_owner: Possession,
    /// First second of the new owner.
    pub due: Timestamp,
}

impl Rules for SetHandover {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        only_patient(signer, self.relationship)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let mut leaf = owner_leaf(accounts, signer, block, self.relationship)?;
        // It happens between two transactions: nothing that the parent signs together with the promise comes after it.
        if self.due <= block.time {
            return Err(Refusal::Date.into());
        }
        if let Some(promised) = leaf.handover {
            self.new_owner
                .verify(block.chain, Some(self.relationship))
                .map_err(|_| Refusal::PossessionProof)?;
            if promised.new_owner != self.new_owner.key || self.due >= promised.due {
                return Err(Refusal::HandoverFixed.into());
            }
        } else {
            let key = new_owner(accounts, block, &self.new_owner, Some(self.relationship))?;
            accounts.put_owner(&key, Some(self.relationship));
        }
        leaf.handover = Some(Handover { new_owner: self.new_owner.key, due: self.due });
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
