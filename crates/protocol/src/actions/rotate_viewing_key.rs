//! The patient changes the viewing key: what is written from now on, nobody can open who had only the old one.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Accounts, BlockContext, Failure, Refusal, Rules, for_patient, patient_leaf};
use crate::{
    Address, Epoch, RelationshipAddress,
    handover::SealedKey,
    seal::OlderKey,
    state::{RelationshipLeaf, Right},
};

/// The viewing key of the next epoch, for those who hold the key of the one before or are told by the publisher.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct NewViewingKey {
    /// The epoch that begins: one more than the one in force.
    pub epoch: Epoch,
    /// The new key, sealed to the publisher's key in the directory.
    pub to_publisher: SealedKey,
    /// The key of the epoch before, under the new one: who holds the newest key can open all that is older.
    pub older: OlderKey,
}

impl NewViewingKey {
    pub(super) fn take_effect(&self, leaf: &mut RelationshipLeaf) -> Result<(), Refusal> {
        if leaf.epoch.next() != Some(self.epoch) {
            return Err(Refusal::WrongEpoch);
        }
        leaf.epoch = self.epoch;
        Ok(())
    }
}

/// A new viewing key.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RotateViewingKey {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// The viewing key from now on.
    pub key: NewViewingKey,
}

impl Rules for RotateViewingKey {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        for_patient(signer, self.relationship)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let mut leaf = patient_leaf(accounts, signer, block, self.relationship, Right::Manage)?;
        self.key.take_effect(&mut leaf)?;
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
