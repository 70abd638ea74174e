//! A guardian agrees that the account moves to a new key. When enough agree, the patient has the agreed delay to say no.
//! The first approval names the key. While too few agree, an approval of another key begins anew with that one, so that no
//! guardian alone can block the others; afterwards, it is refused.

use std::collections::BTreeSet;

use borsh::{BorshDeserialize, BorshSerialize};

use super::{
    Accounts, BlockContext, Failure, Refusal, Rules, forget_recovery, new_owner, open_leaf, some_agent,
};
use crate::{Address, RelationshipAddress, sign::Possession, state::Recovery};

/// A guardian's yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ApproveRecovery {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// The key that will own the account. Its holder agrees, without knowing the relationship: who lost everything
    /// does not.
    pub new_owner: Possession,
}

impl Rules for ApproveRecovery {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        some_agent(signer).map(|_| ())
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let agent = some_agent(signer)?;
        let mut leaf = open_leaf(accounts, block, self.relationship)?;
        let guardians = leaf.guardians.clone().filter(|guardians| guardians.keys.contains_key(&agent));
        let guardians = guardians.ok_or(Refusal::UnknownAgent)?;
        let begun = leaf.recovery.take_if(|begun| begun.new_owner == self.new_owner.key);
        let mut recovery = if let Some(begun) = begun {
            self.new_owner.verify(block.chain, None).map_err(|_| Refusal::PossessionProof)?;
            begun
        } else {
            if leaf.recovery.as_ref().is_some_and(|begun| begun.due.is_some()) {
                return Err(Refusal::NotAllowed.into());
            }
            let new_owner = new_owner(accounts, block, &self.new_owner, None)?;
            forget_recovery(accounts, &mut leaf);
            accounts.put_owner(&new_owner, Some(self.relationship));
            Recovery { new_owner, approvals: BTreeSet::new(), due: None }
        };
        if !recovery.approvals.insert(agent) {
            return Err(Refusal::NotWaiting.into());
        }
        if recovery.due.is_none() && recovery.approvals.len() >= usize::from(guardians.threshold) {
            recovery.due = Some(block.time.plus(guardians.delay.into()));
        }
        leaf.recovery = Some(recovery);
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
