//! The patient appoints a delegate: a person who acts under a key of their own, used for this relationship only, so that
//! nobody can tell from the ledger that one person helps in two places. The viewing key is handed over by the publisher,
//! once the delegation counts.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{
    Accounts, BlockContext, Failure, Refusal, Rules, appoint, for_patient, in_epoch, patient_leaf,
    well_formed,
};
use crate::{
    Address, PublicKey, RelationshipAddress, Sealed, Timestamp,
    state::{Activation, Delegation, MAX_DELEGATIONS, Right},
};

/// An appointment.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Delegate {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// The delegate's signing key, never used before.
    pub key: PublicKey,
    /// How much the delegate may do.
    pub right: Right,
    /// Last second in which it holds.
    pub not_after: Timestamp,
    /// When it begins to count.
    pub activation: Activation,
    /// Sealed [`crate::payload::DelegationTerms`].
    pub terms: Sealed,
}

impl Rules for Delegate {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        for_patient(signer, self.relationship)?;
        if !self.activation.is_sound() {
            return Err(Refusal::Date);
        }
        well_formed(&self.terms)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let mut leaf = patient_leaf(accounts, signer, block, self.relationship, Right::Manage)?;
        in_epoch(&leaf, &self.terms)?;
        // A delegate never makes another who may do as much, or longer.
        if let Address::Agent(agent) = signer {
            let own = leaf.delegations.get(&agent).ok_or(Refusal::NotAllowed)?;
            if self.right >= own.right || self.not_after > own.not_after {
                return Err(Refusal::NotAllowed.into());
            }
        }
        if self.not_after <= block.time {
            return Err(Refusal::Date.into());
        }
        leaf.delegations.retain(|_, delegation| delegation.not_after >= block.time);
        if leaf.delegations.len() >= MAX_DELEGATIONS {
            return Err(Refusal::TooManyAgents.into());
        }
        let agent = appoint(accounts, self.relationship, &self.key)?;
        let delegation = Delegation {
            key: self.key,
            right: self.right,
            not_after: self.not_after,
            activation: self.activation,
            accepted: false,
            asked: None,
            entry: leaf.log.size(),
        };
        leaf.delegations.insert(agent, delegation);
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
