//! Giving access: propose → review → sign → submit, a type for each stage.
//!
//! A proposal holds the exact bytes that would be signed. What the person reads is made from those bytes: they are decoded, the
//! sealed terms opened again, and the records they cover counted with the very function that gatekeepers decide with. Signing
//! signs those bytes and nothing else.

mod again;
pub(crate) mod propose;
pub(crate) mod review;
mod sign;

pub use again::AgainProposal;
pub(crate) use propose::leaf_of;

use medrec_protocol::payload::GrantHandle;
use medrec_protocol::{
    ProviderAddress, RelationshipAddress, Timestamp,
    codec::{self, DecodeError},
    state::RequestId,
    tx::{MAX_TX_BYTES, SignedTx, TxBody},
};

use crate::view::{ShareId, Skipped};

/// For how long signed bytes are valid, in seconds: less than the ledger allows, so that a clock two minutes ahead does no
/// harm.
pub(crate) const VALIDITY_SECONDS: u64 = 480;
/// A proposal with less time left is prepared again: its grants might not reach the ledger in time.
pub(crate) const LEAST_VALIDITY_SECONDS: u64 = 120;

/// A transaction body as it would be signed, with the keys that would sign it.
#[derive(Clone, Debug)]
pub(crate) struct Unsigned {
    /// In whose log its effect will stand.
    pub relationship: RelationshipAddress,
    /// The publisher there.
    pub publisher: ProviderAddress,
    bytes: Vec<u8>,
}

impl Unsigned {
    /// What would be signed.
    pub fn body(&self) -> Result<TxBody, DecodeError> {
        codec::decode(&self.bytes, MAX_TX_BYTES)
    }
}

/// A share that was prepared and not yet signed. Only [`crate::Wallet::sign`] makes signatures of it.
#[derive(Debug)]
pub struct ShareProposal {
    share: ShareId,
    grantee: ProviderAddress,
    grants: Vec<Unsigned>,
    answer: Option<(RequestId, Unsigned)>,
    skipped: Vec<Skipped>,
    valid_until: Timestamp,
}

impl ShareProposal {
    /// The share.
    pub fn share(&self) -> ShareId {
        self.share
    }

    /// After this second it cannot be signed any more.
    pub fn sign_before(&self) -> Timestamp {
        sign_before(self.valid_until)
    }
}

/// The last second in which something with this validity is signed.
pub(super) fn sign_before(valid_until: Timestamp) -> Timestamp {
    Timestamp::from_seconds(valid_until.seconds().saturating_sub(LEAST_VALIDITY_SECONDS))
}

/// A share that is signed and not yet sent.
#[derive(Debug)]
pub struct SignedShare {
    share: ShareId,
    grantee: ProviderAddress,
    grants: Vec<(GrantHandle, SignedTx)>,
    answer: Option<(RequestId, RelationshipAddress, SignedTx)>,
}

#[cfg(test)]
impl SignedShare {
    /// The signed grants and their relationships.
    pub(crate) fn grants(&self) -> Vec<(RelationshipAddress, SignedTx)> {
        self.grants.iter().map(|(handle, tx)| (handle.relationship, tx.clone())).collect()
    }
}
