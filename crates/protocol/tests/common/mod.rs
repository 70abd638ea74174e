//! Fixed keys and a fixed ledger for the tests of this crate.
#![allow(dead_code, missing_docs)]

pub mod tree;

use ed25519_dalek::SigningKey;
use medrec_protocol::{
    Address, ChainIdentity, Hash32, ProviderAddress, PublicKey, RelationshipAddress, Timestamp, ViewingKey,
    actions::Action,
    codec::List,
    seal::{PayloadKind, SealContext},
    state::Nonce,
    tx::TxBody,
};
use rand_core::{TryCryptoRng, TryRng};

pub const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

/// Counts upwards: the same bytes in every run.
pub struct CountingRng(pub u8);

impl TryRng for CountingRng {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for byte in bytes {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for CountingRng {}

pub fn chain() -> ChainIdentity {
    ChainIdentity { chain_id: "medrec-vectors-1".parse().unwrap(), genesis_hash: Hash32::plain(b"genesis") }
}

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn patient() -> SigningKey {
    key(1)
}

pub fn hospital() -> SigningKey {
    key(2)
}

pub fn clinic() -> SigningKey {
    key(3)
}

pub fn relationship() -> RelationshipAddress {
    RelationshipAddress::of(&PublicKey::of(&patient()))
}

pub fn provider(key: &SigningKey) -> ProviderAddress {
    ProviderAddress::of(&PublicKey::of(key))
}

pub fn viewing_key() -> ViewingKey {
    ViewingKey::from_bytes([9; 32])
}

pub fn context(chain: &ChainIdentity, signer: Address) -> SealContext<'_> {
    SealContext { chain, relationship: relationship(), signer, kind: PayloadKind::Record }
}

pub fn body(signer: Address, actions: Vec<Action>) -> TxBody {
    TxBody {
        signer,
        nonce: Nonce::from_bytes([7; 16]),
        valid_until: NOW.plus(300),
        actions: List::new(actions).unwrap(),
    }
}
