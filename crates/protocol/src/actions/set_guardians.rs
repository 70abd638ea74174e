//! The patient chooses guardians: people who together can move the account to a new key when the old one is lost. Each has
//! a key used for this relationship only. An empty list ends the arrangement. A recovery that was begun is over.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};

use super::{
    Accounts, BlockContext, Failure, Refusal, Rules, appoint, forget_recovery, in_epoch, only_patient,
    owner_leaf, well_formed,
};
use crate::{
    Address, AgentAddress, PublicKey, RelationshipAddress, Sealed,
    codec::List,
    state::{Guardians, MAX_GUARDIANS, MAX_WAIT_SECONDS, MIN_RECOVERY_SECONDS},
};

/// One guardian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Guardian {
    /// The guardian's signing key, never used before.
    pub key: PublicKey,
}

/// The guardians from now on.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SetGuardians {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// All of them; none to do without.
    pub guardians: List<Guardian, MAX_GUARDIANS>,
    /// How many must agree.
    pub threshold: u8,
    /// Seconds between the last approval and the change of hands, in which the patient can say no.
    pub delay: u32,
    /// Sealed [`crate::payload::GuardianNames`].
    pub names: Sealed,
}

impl Rules for SetGuardians {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        only_patient(signer, self.relationship)?;
        let count = self.guardians.as_slice().len();
        let alone = usize::from(self.threshold) <= count && self.threshold >= 2;
        // One guardian alone could take the account: at least two must agree.
        if count > 0 && !alone {
            return Err(Refusal::NotAllowed);
        }
        if count > 0 && !(MIN_RECOVERY_SECONDS..=MAX_WAIT_SECONDS).contains(&self.delay) {
            return Err(Refusal::Date);
        }
        well_formed(&self.names)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let mut leaf = owner_leaf(accounts, signer, block, self.relationship)?;
        in_epoch(&leaf, &self.names)?;
        forget_recovery(accounts, &mut leaf);
        let before = leaf.guardians.take().map(|guardians| guardians.keys).unwrap_or_default();
        let mut keys = BTreeMap::new();
        for Guardian { key } in self.guardians.as_slice() {
            let known = AgentAddress::of(key);
            // Who stays a guardian stays so under the same key.
            let agent = if before.contains_key(&known) && !keys.contains_key(&known) {
                known
            } else {
                appoint(accounts, self.relationship, key)?
            };
            keys.insert(agent, *key);
        }
        if !keys.is_empty() {
            let entry = leaf.log.size();
            leaf.guardians = Some(Guardians { keys, threshold: self.threshold, delay: self.delay, entry });
        }
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
