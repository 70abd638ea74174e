//! A provider opens a relationship with a patient, who has signed that this is wanted. Nobody is enrolled
//! against their will, and strangers cannot fill the ledger.

use borsh::{BorshDeserialize, BorshSerialize};
use ed25519_dalek::SigningKey;

use super::{Accounts, BlockContext, Failure, Refusal, Rules, admitted, some_provider};
use crate::{
    Address, ChainIdentity, ProviderAddress, PublicKey, RelationshipAddress, Signature, codec,
    sign::{self, Purpose},
    state::RelationshipLeaf,
};

/// Signed by the provider; carries the patient's key and the patient's signature over the provider's
/// address.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct OpenRelationship {
    /// The patient's signing key for this relationship only.
    pub owner: PublicKey,
    /// See [`OpenRelationship::prove_possession`].
    pub possession: Signature,
}

impl OpenRelationship {
    /// The patient's consent: a signature over this provider's address, under the new key.
    pub fn prove_possession(
        key: &SigningKey,
        chain: &ChainIdentity,
        provider: ProviderAddress,
    ) -> OpenRelationship {
        let body = codec::encode(&provider);
        let possession = sign::sign(key, Purpose::OpenRelationship, chain, &body);
        Self { owner: PublicKey::of(key), possession }
    }

    /// Checks the patient's consent.
    pub fn verify_possession(&self, chain: &ChainIdentity, provider: ProviderAddress) -> Result<(), Refusal> {
        let body = codec::encode(&provider);
        let verified = self.owner.verify(Purpose::OpenRelationship, chain, &body, &self.possession);
        verified.map_err(|_| Refusal::PossessionProof)
    }
}

impl Rules for OpenRelationship {
    fn relationship(&self) -> Option<RelationshipAddress> {
        Some(RelationshipAddress::of(&self.owner))
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        some_provider(signer).map(|_| ())
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let publisher = some_provider(signer)?;
        admitted(accounts, publisher)?;
        self.verify_possession(block.chain, publisher)?;
        let address = RelationshipAddress::of(&self.owner);
        if accounts.relationship(address).map_err(Failure::State)?.is_some() {
            return Err(Refusal::AlreadyOpen.into());
        }
        if accounts.owner(&self.owner).map_err(Failure::State)?.is_some() {
            return Err(Refusal::KeyUsed.into());
        }
        let leaf = RelationshipLeaf::open(publisher, self.owner, block.time);
        accounts.put_relationship(address, leaf);
        Ok(())
    }
}
