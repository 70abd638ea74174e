//! What a ledger begins with: its members, its validators and the first providers.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::{
    ChainId, ChainIdentity, Hash32, ProviderAddress, PublicKey, Timestamp,
    codec::{self, Text},
    state::{MAX_VALIDATORS, MAX_VOTING_POWER, Provider},
};

/// Most members that a ledger may have: their keys stand in one leaf, beside the edge of the directory's log.
pub const MAX_MEMBERS: usize = 256;
/// Most providers that a genesis may name.
pub const MAX_GENESIS_ENTRIES: usize = 1000;
const TAG: &str = "medrec/genesis/v1";

/// The application's part of a CometBFT genesis document (`app_state`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct AppState {
    /// Version of this layout; this program knows 1.
    pub version: u8,
    /// The consortium's members, who govern.
    pub members: Vec<Member>,
    /// Providers admitted from the start.
    pub providers: Vec<Provider>,
    /// Which of them give emergency care.
    #[serde(default)]
    pub emergency: Vec<ProviderAddress>,
}

/// A member of the consortium.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Name of the organisation.
    pub name: Text<120>,
    /// Key that signs for it.
    pub signing_key: PublicKey,
}

/// A validator's key and weight.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize)]
pub struct GenesisValidator {
    /// Ed25519 key that signs blocks.
    pub key: PublicKey,
    /// Voting power.
    pub power: u64,
}

/// Everything that the genesis hash covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// Name of the ledger.
    pub chain_id: ChainId,
    /// Time of the first block: seconds and nanoseconds.
    pub time: (Timestamp, u32),
    /// First validators, in any order.
    pub validators: Vec<GenesisValidator>,
    /// The application's part.
    pub app_state: AppState,
}

/// Why a genesis cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// Made for another version of this program.
    #[error("genesis version {0} is unknown: a newer program is needed")]
    Version(u8),
    /// More members than the directory's leaf may hold.
    #[error("genesis names {found} members, at most {MAX_MEMBERS} are allowed; name fewer")]
    TooManyMembers {
        /// Members named.
        found: usize,
    },
    /// Too many entries, or the same key twice.
    #[error("genesis is not usable: {0}")]
    Invalid(&'static str),
}

impl Genesis {
    /// Checks versions, counts and that no key stands twice.
    pub fn check(&self) -> Result<(), GenesisError> {
        if self.app_state.version != 1 {
            return Err(GenesisError::Version(self.app_state.version));
        }
        if self.validators.is_empty() {
            return Err(GenesisError::Invalid("it names no validator"));
        }
        let found = self.app_state.members.len();
        if found > MAX_MEMBERS {
            return Err(GenesisError::TooManyMembers { found });
        }
        let providers = self.app_state.providers.iter().map(|provider| provider.signing_key);
        let members = self.app_state.members.iter().map(|member| member.signing_key);
        all_different(providers, "a provider stands twice, or there are too many")?;
        all_different(members, "a member stands twice")?;
        let provider = |address: &ProviderAddress| {
            self.app_state.providers.iter().any(|provider| provider.address() == *address)
        };
        if !self.app_state.emergency.iter().all(provider) {
            return Err(GenesisError::Invalid(
                "it gives the emergency role to a provider that it does not name",
            ));
        }
        if self.validators.len() > MAX_VALIDATORS {
            return Err(GenesisError::Invalid("it names more than 256 validators"));
        }
        if self.validators.iter().any(|validator| !(1..=MAX_VOTING_POWER).contains(&validator.power)) {
            return Err(GenesisError::Invalid("a validator's power is 0 or more than 1,000,000,000"));
        }
        let validators = self.validators.iter().map(|validator| validator.key);
        all_different(validators, "a validator stands twice, or there are too many")
    }

    /// SHA-256 over the canonical encoding; the same however the JSON around it is laid out, and
    /// whatever the order of validators.
    pub fn hash(&self) -> Hash32 {
        let mut validators = self.validators.clone();
        validators.sort();
        let (time, nanos) = self.time;
        let body = codec::encode(&(&self.chain_id, time, nanos, validators, &self.app_state));
        Hash32::of(TAG, &[&body])
    }

    /// Name and hash together.
    pub fn identity(&self) -> ChainIdentity {
        ChainIdentity { chain_id: self.chain_id.clone(), genesis_hash: self.hash() }
    }
}

fn all_different(keys: impl Iterator<Item = PublicKey>, problem: &'static str) -> Result<(), GenesisError> {
    let mut keys: Vec<_> = keys.take(MAX_GENESIS_ENTRIES + 1).collect();
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    if count > MAX_GENESIS_ENTRIES || keys.len() != count {
        Err(GenesisError::Invalid(problem))
    } else {
        Ok(())
    }
}
