//! The patient lets one provider see something until a date. On the ledger stands that a pseudonym
//! allowed something; to whom and what is sealed.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{
    Accounts, BlockContext, Failure, Refusal, Rules, for_patient, in_epoch, patient_leaf, well_formed,
};
use crate::{
    Address, RelationshipAddress, Sealed, Timestamp,
    state::{GrantId, LiveGrant, MAX_LIVE_GRANTS, Right},
};

/// A permission.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Grant {
    /// The relationship whose records it opens.
    pub relationship: RelationshipAddress,
    /// Names the grant.
    pub id: GrantId,
    /// Last second in which it holds.
    pub not_after: Timestamp,
    /// Sealed [`crate::payload::GrantTerms`].
    pub terms: Sealed,
}

impl Rules for Grant {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        for_patient(signer, self.relationship)?;
        well_formed(&self.terms)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let mut leaf = patient_leaf(accounts, signer, block, self.relationship, Right::Share)?;
        in_epoch(&leaf, &self.terms)?;
        if self.not_after <= block.time {
            return Err(Refusal::GrantOver.into());
        }
        let stopped = accounts.is_tombstone(self.relationship, self.id).map_err(Failure::State)?;
        if stopped || leaf.grants.contains_key(&self.id) {
            return Err(Refusal::GrantIdUsed.into());
        }
        leaf.grants.retain(|_, grant| grant.not_after >= block.time);
        if leaf.grants.len() >= MAX_LIVE_GRANTS {
            return Err(Refusal::TooManyGrants.into());
        }
        let entry = leaf.log.size();
        leaf.grants.insert(self.id, LiveGrant { not_after: self.not_after, entry });
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
