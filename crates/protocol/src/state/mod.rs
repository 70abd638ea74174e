//! Leaves of the authenticated state, and the keys they stand under. (docs/spec/state.md)

mod agents;
mod directory;
mod proof;
mod relationship;

use borsh::{BorshDeserialize, BorshSerialize};

pub use agents::{
    Activation, Delegation, Guardians, Handover, Inactive, MAX_DELEGATIONS, MAX_GUARDIANS, MAX_WAIT_SECONDS,
    MIN_RECOVERY_SECONDS, Recovery, Right,
};
pub use directory::{
    DirectoryLeaf, MAX_OPEN_MOTIONS, MAX_VALIDATORS, MAX_VOTING_POWER, Motion, Pending, Provider,
    ProviderLeaf, SealingKey, Standing, ValidatorsLeaf,
};
pub use proof::{MAX_STATE_PROOF_BYTES, PlacedLeaf, StateProof, StateProofError, inner_hash};
pub use relationship::{LiveGrant, MAX_LIVE_GRANTS, MAX_OPEN_REQUESTS, RelationshipLeaf};

use crate::{
    Address, AgentAddress, ProviderAddress, PublicKey, RelationshipAddress, Timestamp,
    codec::{self, DecodeError},
    log::LogId,
};

/// Longest encoded leaf in bytes.
pub const MAX_LEAF_BYTES: usize = 16 * 1024;

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
    /// Names a motion of the consortium: 16 random bytes, chosen by the member who makes it.
    MotionId
}
random_id! {
    /// Names one use of emergency access: 16 random bytes, chosen by the provider that looks.
    EpisodeId
}
random_id! {
    /// Makes a transaction unique: 16 random bytes.
    Nonce
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
    /// The relationship for which an agent's key was appointed; stays when the appointment ends, so that no key
    /// serves twice.
    Agent(AgentAddress),
    /// The relationship that a key other than the first owns, or will own.
    Owner(PublicKey),
    /// [`Pending`] motion of the consortium.
    Motion(MotionId),
    /// [`ValidatorsLeaf`].
    Validators,
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
            Self::Agent(address) => [b"a".as_slice(), address.as_bytes()].concat(),
            Self::Owner(key) => [b"o".as_slice(), key.as_bytes()].concat(),
            Self::Motion(id) => [b"m".as_slice(), id.as_bytes()].concat(),
            Self::Validators => b"v".to_vec(),
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
