//! A provider asks its own patient for access to records elsewhere. It asks in its own relationship: it
//! knows no other.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Accounts, BlockContext, Failure, Refusal, Rules, publisher_leaf, some_provider, well_formed};
use crate::{
    Address, RelationshipAddress, Sealed, Timestamp,
    state::{MAX_OPEN_REQUESTS, RequestId},
};

/// Longest time that a request may wait, in seconds: 90 days.
pub const MAX_REQUEST_SECONDS: u64 = 90 * 24 * 60 * 60;

/// A request for access.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RequestAccess {
    /// The asking provider's own relationship with the patient.
    pub relationship: RelationshipAddress,
    /// Names the request.
    pub id: RequestId,
    /// Last second in which it can be answered.
    pub not_after: Timestamp,
    /// Sealed [`crate::payload::RequestPayload`].
    pub request: Sealed,
}

impl Rules for RequestAccess {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(self.relationship)
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        some_provider(signer)?;
        well_formed(&self.request)
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let mut leaf = publisher_leaf(accounts, signer, block, self.relationship, &self.request)?;
        if self.not_after <= block.time || self.not_after > block.time.plus(MAX_REQUEST_SECONDS) {
            return Err(Refusal::Date.into());
        }
        if leaf.requests.contains_key(&self.id) {
            return Err(Refusal::RequestIdUsed.into());
        }
        leaf.requests.retain(|_, until| *until >= block.time);
        if leaf.requests.len() >= MAX_OPEN_REQUESTS {
            return Err(Refusal::TooManyRequests.into());
        }
        leaf.requests.insert(self.id, self.not_after);
        accounts.put_relationship(self.relationship, leaf);
        Ok(())
    }
}
