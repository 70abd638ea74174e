//! The patient moves the account to a new signing key, most often because a computer was lost: the old key signs nothing
//! more. The viewing key changes with it.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{
    Accounts, BlockContext, Failure, NewViewingKey, Refusal, Rules, forget_recovery, new_owner, only_patient,
    owner_leaf,
};
use crate::{Address, RelationshipAddress, sign::Possession};

/// A new owner key.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RotateKeys {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// The new key; its holder agrees.
    pub new_owner: Possession,
    /// The viewing key from now on.
    pub key: NewViewingKey,
}

impl Rules for RotateKeys {
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
        let key = new_owner(accounts, block, &self.new_owner, Some(self.relationship))?;
        self.key.take_effect(&mut leaf)?;
        accounts.put_owner(&leaf.owner, None);
        accounts.put_owner(&key, Some(self.relationship));
        leaf.owner = key;
        // Whoever had the old key may have begun one.
        forget_recovery(accounts, &mut leaf);
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
