//! Who is admitted: providers, members of the consortium, validators, and what the members vote on.

use std::collections::{BTreeMap, BTreeSet};

use borsh::{BorshDeserialize, BorshSerialize};

use super::MotionId;
use crate::{
    MemberAddress, ProviderAddress, PublicKey, Timestamp,
    codec::{self, Text},
    genesis::Member,
    log::Frontier,
};

/// Most validators: their keys and weights stand in one leaf.
pub const MAX_VALIDATORS: usize = 256;
/// Largest voting power of one validator. All together stay far below CometBFT's bound of 2^60.
pub const MAX_VOTING_POWER: u64 = 1_000_000_000;
/// Most motions that wait for votes at the same time.
pub const MAX_OPEN_MOTIONS: usize = 64;

/// X25519 public key to which secrets are sealed (HPKE, RFC 9180). 32 bytes.
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
    /// The address that follows from the signing key; of a new provider, its address for good.
    pub fn address(&self) -> ProviderAddress {
        ProviderAddress::of(&self.signing_key)
    }
}

/// What a provider may still do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Standing {
    /// Everything a provider may.
    Admitted,
    /// Only write down disclosures that happened; receives no copies. May be admitted again.
    Suspended,
    /// Nothing, for good: its key signs no more.
    Expelled,
}

/// Leaf of a provider.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ProviderLeaf {
    /// The directory entry in force.
    pub provider: Provider,
    /// Since when it is admitted.
    pub admitted: Timestamp,
    /// What it may still do.
    pub standing: Standing,
    /// True for a provider that gives emergency care: patients may let such providers see chosen kinds of records
    /// without being asked.
    pub emergency: bool,
}

impl ProviderLeaf {
    /// True when copies may be released to it.
    pub fn is_admitted(&self) -> bool {
        self.standing == Standing::Admitted
    }
}

/// Leaf of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct DirectoryLeaf {
    /// Signing keys of the consortium's members.
    pub members: Vec<PublicKey>,
    /// Motions that wait for votes, and until when.
    pub motions: BTreeMap<MotionId, Timestamp>,
    /// Right edge of the directory's log.
    pub log: Frontier,
}

impl DirectoryLeaf {
    /// The key that signs for a member.
    pub fn member_key(&self, address: MemberAddress) -> Option<PublicKey> {
        self.members.iter().copied().find(|key| MemberAddress::of(key) == address)
    }

    /// True when more than two thirds of the members are among `votes`. Votes of former members do not count.
    pub fn carries(&self, votes: &BTreeSet<MemberAddress>) -> bool {
        let count = self.members.iter().filter(|key| votes.contains(&MemberAddress::of(key))).count();
        3 * count > 2 * self.members.len()
    }
}

/// The validators and their weights, as the votes of the members made them.
#[derive(Clone, Debug, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct ValidatorsLeaf {
    /// Voting power by ed25519 key; never 0.
    pub power: BTreeMap<PublicKey, u64>,
}

/// What the members of the consortium may decide.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Motion {
    /// Admit a new provider.
    AdmitProvider {
        /// Its entry; the address follows from its signing key.
        provider: Provider,
        /// Does it give emergency care?
        emergency: bool,
    },
    /// Suspend a provider, take it back, or expel it for good.
    SetStanding {
        /// The provider.
        provider: ProviderAddress,
        /// Its new standing.
        standing: Standing,
    },
    /// Say whether a provider gives emergency care.
    SetEmergencyRole {
        /// The provider.
        provider: ProviderAddress,
        /// Does it?
        emergency: bool,
    },
    /// Admit a validator, change its weight, or remove it with power 0.
    SetValidator {
        /// Its ed25519 key.
        key: PublicKey,
        /// Its voting power, at most [`MAX_VOTING_POWER`].
        power: u64,
    },
    /// Admit a member.
    AdmitMember(Member),
    /// Remove a member.
    RemoveMember(MemberAddress),
}

/// A motion that waits for votes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pending {
    /// What would be done.
    pub motion: Motion,
    /// Last second in which it can be voted on.
    pub not_after: Timestamp,
    /// Who is for it.
    pub votes: BTreeSet<MemberAddress>,
}
