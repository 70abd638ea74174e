//! The path of each key: `m / 5333' / network' / role' / index' / epoch'` (KEY-4).

use std::fmt;

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use super::slip10::{ChildIndex, ExtendedKey, KEY_LEN};
use super::words::RecoveryWords;
use crate::error::VaultError;

/// First path element: sets this tree apart from other uses of the same words.
pub const PURPOSE: u32 = 5333;

/// What a key is for; the third path element (KEY-6).
#[derive(Clone, Copy)]
#[repr(u32)]
enum Role {
    RelationshipSigning = 0,
    RelationshipViewing = 1,
    AgentSigning = 2,
}

/// The branch of a ledger network: the first 31 bits of its genesis hash, big-endian (KEY-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NetworkIndex(ChildIndex);

impl NetworkIndex {
    /// The branch of the network with this SHA-256 genesis hash.
    pub fn from_genesis_hash(hash: &[u8; 32]) -> Self {
        let [a, b, c, d, ..] = *hash;
        Self(ChildIndex::masked(u32::from_be_bytes([a, b, c, d]) >> 1))
    }

    /// The path element without its hardened bit.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

/// Which of a person's relationships on one network; counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelationshipIndex(ChildIndex);

impl RelationshipIndex {
    /// The first relationship.
    pub const FIRST: Self = Self(ChildIndex::masked(0));

    /// An index below 2^31.
    pub fn new(index: u32) -> Result<Self, VaultError> {
        ChildIndex::new(index).map(Self)
    }

    /// The one after.
    pub fn next(self) -> Result<Self, VaultError> {
        Self::new(self.0.get() + 1)
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

/// Which generation of a relationship's keys; counted from 0, one more at each rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyEpoch(ChildIndex);

impl KeyEpoch {
    /// The keys a relationship is opened with.
    pub const FIRST: Self = Self(ChildIndex::masked(0));

    /// An epoch below 2^31.
    pub fn new(epoch: u32) -> Result<Self, VaultError> {
        ChildIndex::new(epoch).map(Self)
    }

    /// The one after.
    pub fn next(self) -> Result<Self, VaultError> {
        Self::new(self.0.get() + 1)
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

/// Every key that grows from one set of recovery words. `Debug` prints nothing of it.
pub struct KeyTree {
    purpose: ExtendedKey,
}

impl KeyTree {
    /// The tree of these words.
    pub fn from_words(words: &RecoveryWords) -> Self {
        Self::from_seed(words.seed().as_slice())
    }

    fn from_seed(seed: &[u8]) -> Self {
        Self { purpose: ExtendedKey::master(seed).child(ChildIndex::masked(PURPOSE)) }
    }

    /// The key that signs for one relationship in one epoch (RFC 8032).
    pub fn derive_signing_key(
        &self,
        network: NetworkIndex,
        relationship: RelationshipIndex,
        epoch: KeyEpoch,
    ) -> SigningKey {
        SigningKey::from_bytes(&self.derive(network, Role::RelationshipSigning, relationship, epoch))
    }

    /// The 32-byte symmetric key that opens one relationship's log in one epoch.
    pub fn derive_viewing_key(
        &self,
        network: NetworkIndex,
        relationship: RelationshipIndex,
        epoch: KeyEpoch,
    ) -> Zeroizing<[u8; KEY_LEN]> {
        self.derive(network, Role::RelationshipViewing, relationship, epoch)
    }

    /// The key that signs for another person in one relationship (RFC 8032). Agents' keys of one network are counted
    /// from 0; each is used for one appointment and never rotates, so its epoch is always the first (KEY-10).
    pub fn derive_agent_key(&self, network: NetworkIndex, agent: RelationshipIndex) -> SigningKey {
        SigningKey::from_bytes(&self.derive(network, Role::AgentSigning, agent, KeyEpoch::FIRST))
    }

    fn derive(
        &self,
        network: NetworkIndex,
        role: Role,
        relationship: RelationshipIndex,
        epoch: KeyEpoch,
    ) -> Zeroizing<[u8; KEY_LEN]> {
        let path = [network.0, ChildIndex::masked(role as u32), relationship.0, epoch.0];
        self.purpose.descend(&path).into_key()
    }
}

impl fmt::Debug for KeyTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyTree(..)")
    }
}
