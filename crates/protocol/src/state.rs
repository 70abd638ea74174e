//! Leaves of the authenticated state, and the keys they stand under. (docs/spec/state.md)

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    Address, Epoch, ProviderAddress, PublicKey, RelationshipAddress, Timestamp,
    codec::{self, DecodeError, Text},
    log::{Frontier, LogId},
};

/// Longest encoded leaf in bytes.
pub const MAX_LEAF_BYTES: usize = 16 * 1024;
/// Most grants of one relationship that hold at the same time.
pub const MAX_LIVE_GRANTS: usize = 200;
/// Most requests of one relationship that wait at the same time.
pub const MAX_OPEN_REQUESTS: usize = 16;

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
        pub struct $name([u8; 16]);

        codec::hex_text!($name, 16);

        impl $name {
            /// A fresh random id.
            pub fn generate(rng: &mut impl rand_core::CryptoRng) -> Self {
                let mut bytes = [0; 16];
                rng.fill_bytes(&mut bytes);
                Self(bytes)
            }

            /// Takes 16 bytes as they are.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 16 bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }
    };
}

random_id! {
    /// Names a grant: 16 random bytes, chosen by whoever signs it.
    GrantId
}
random_id! {
    /// Names a request for access: 16 random bytes, chosen by the provider.
    RequestId
}
random_id! {
    /// Makes a transaction unique: 16 random bytes.
    Nonce
}

/// X25519 public key to which secrets for a provider are sealed (HPKE, RFC 9180). 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct SealingKey([u8; 32]);

codec::hex_text!(SealingKey, 32);

impl SealingKey {
    /// Takes the 32 bytes of RFC 7748's encoding.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A provider's entry in the directory, and its leaf.
#[derive(
    Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Name of the organisation.
    pub name: Text<120>,
    /// Town and street, so that two providers of one name can be told apart.
    pub place: Text<120>,
    /// Address of its gatekeeper, `https://…` (plain http only to loopback).
    pub endpoint: Text<200>,
    /// Key that signs its transactions and answers.
    pub signing_key: PublicKey,
    /// Key to which secrets for it are sealed.
    pub sealing_key: SealingKey,
}

impl Provider {
    /// The address that follows from the signing key.
    pub fn address(&self) -> ProviderAddress {
        ProviderAddress::of(&self.signing_key)
    }
}

/// Leaf of a provider.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ProviderLeaf {
    /// The directory entry in force.
    pub provider: Provider,
    /// Since when it is admitted.
    pub admitted: Timestamp,
}

/// A grant that has not been revoked. What it says is sealed in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LiveGrant {
    /// Last second in which it holds.
    pub not_after: Timestamp,
    /// Place of the grant's entry in the log: its terms are there.
    pub entry: u64,
}

/// Leaf of a relationship: who owns it, who publishes into it, what holds, and where its log stands.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RelationshipLeaf {
    /// The only provider that publishes into it.
    pub publisher: ProviderAddress,
    /// The patient's signing key in force.
    pub owner: PublicKey,
    /// The viewing key in force.
    pub epoch: Epoch,
    /// When it was opened.
    pub opened: Timestamp,
    /// Grants that were given and not revoked; expiry is judged when it is asked about.
    pub grants: BTreeMap<GrantId, LiveGrant>,
    /// Requests that wait for an answer, and until when.
    pub requests: BTreeMap<RequestId, Timestamp>,
    /// Right edge of the log.
    pub log: Frontier,
}

/// Leaf of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct DirectoryLeaf {
    /// Signing keys of the consortium's members.
    pub members: Vec<PublicKey>,
    /// Right edge of the directory's log.
    pub log: Frontier,
}

/// A leaf value that came with a proof; every leaf begins with a version byte.
pub fn decode_leaf<T: BorshSerialize + BorshDeserialize>(bytes: &[u8]) -> Result<T, DecodeError> {
    match bytes.split_first() {
        Some((&LEAF_VERSION, rest)) => codec::decode(rest, MAX_LEAF_BYTES),
        Some((version, _)) => Err(DecodeError::Malformed(format!(
            "leaf version {version}, this program knows version {LEAF_VERSION}: a newer program is needed"
        ))),
        None => Err(DecodeError::Malformed("an empty leaf".into())),
    }
}

/// The bytes of a leaf as they stand in the state.
pub fn encode_leaf<T: BorshSerialize>(leaf: &T) -> Vec<u8> {
    let mut bytes = vec![LEAF_VERSION];
    bytes.extend(codec::encode(leaf));
    bytes
}

const LEAF_VERSION: u8 = 1;

/// Where a leaf stands. The first byte tells the kinds apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StateKey {
    /// [`crate::ChainIdentity`], written at genesis.
    Chain,
    /// [`DirectoryLeaf`].
    Directory,
    /// [`ProviderLeaf`].
    Provider(ProviderAddress),
    /// [`RelationshipLeaf`].
    Relationship(RelationshipAddress),
    /// Tombstone of a revoked grant; its presence is all it says.
    Tombstone(RelationshipAddress, GrantId),
    /// A nonce that was seen; sorted by expiry so that old ones are found first.
    SeenNonce(Timestamp, Address, Nonce),
}

impl StateKey {
    /// The bytes under which the leaf stands.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Chain => b"c".to_vec(),
            Self::Directory => b"d".to_vec(),
            Self::Provider(address) => [b"p".as_slice(), address.as_bytes()].concat(),
            Self::Relationship(address) => [b"r".as_slice(), address.as_bytes()].concat(),
            Self::Tombstone(address, grant) => {
                [b"t".as_slice(), address.as_bytes(), grant.as_bytes()].concat()
            }
            Self::SeenNonce(until, signer, nonce) => {
                [b"n".as_slice(), &until.seconds().to_be_bytes(), &codec::encode(signer), nonce.as_bytes()]
                    .concat()
            }
        }
    }

    /// The leaf that holds the frontier of a log.
    pub fn of_log(log: &LogId) -> Self {
        match log {
            LogId::Directory => Self::Directory,
            LogId::Relationship(address) => Self::Relationship(*address),
        }
    }

    /// Bounds `[from, to)` of all nonces that expired before `now`.
    pub fn expired_nonces(now: Timestamp) -> (Vec<u8>, Vec<u8>) {
        (b"n".to_vec(), [b"n".as_slice(), &now.seconds().to_be_bytes()].concat())
    }
}
