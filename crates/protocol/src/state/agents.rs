//! Who may act for a patient, from when and until when; and how an account changes hands.
//!
//! Time is always asked about with two clocks, an earlier and a later one, and the stricter counts. The ledger has
//! one clock, block time, and gives it twice.

use std::collections::{BTreeMap, BTreeSet};

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{AgentAddress, PublicKey, Timestamp};

/// Most delegates of one relationship.
pub const MAX_DELEGATIONS: usize = 16;
/// Most guardians of one relationship.
pub const MAX_GUARDIANS: usize = 8;
/// Longest wait or silence before a delegation becomes active, and longest delay of a recovery, in seconds: 2 years.
pub const MAX_WAIT_SECONDS: u32 = 2 * 366 * 24 * 60 * 60;
/// Shortest delay of a recovery, in seconds: a day, so that the patient can see it and say no.
pub const MIN_RECOVERY_SECONDS: u32 = 24 * 60 * 60;

/// How much a delegate may do; each right includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Right {
    /// See the list and the records.
    See,
    /// Also give and stop access, answer requests, and dispute entries.
    Share,
    /// Also set emergency access, and appoint and end delegates with lesser rights.
    Manage,
}

/// When a delegation begins to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Activation {
    /// As soon as the delegate has accepted.
    AtOnce,
    /// This many seconds after the delegate asked, unless the patient refuses.
    AfterWait(u32),
    /// While the patient has signed nothing for this many seconds.
    AfterSilence(u32),
}

impl Activation {
    /// True when the time lies within bounds.
    pub fn is_sound(self) -> bool {
        match self {
            Self::AtOnce => true,
            Self::AfterWait(seconds) | Self::AfterSilence(seconds) => {
                (1..=MAX_WAIT_SECONDS).contains(&seconds)
            }
        }
    }
}

/// A delegate's appointment. Who it is, in words, is sealed in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Delegation {
    /// The delegate's signing key for this relationship only.
    pub key: PublicKey,
    /// How much the delegate may do.
    pub right: Right,
    /// Last second in which it holds.
    pub not_after: Timestamp,
    /// When it begins to count.
    pub activation: Activation,
    /// True once the delegate has accepted.
    pub accepted: bool,
    /// When the delegate asked for a waiting delegation to begin.
    pub asked: Option<Timestamp>,
    /// Place of the appointment's entry in the log.
    pub entry: u64,
}

/// Why a delegation does not count now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inactive {
    /// The delegate has not accepted.
    NotAccepted,
    /// It is over.
    Over,
    /// The delegate has not asked for it to begin.
    NotAsked,
    /// It begins at this time, unless the patient refuses or shows life.
    Until(Timestamp),
}

impl Delegation {
    /// Does it count? `seen` is when the patient last signed something here.
    pub fn is_active(&self, seen: Timestamp, early: Timestamp, late: Timestamp) -> Result<(), Inactive> {
        if !self.accepted {
            return Err(Inactive::NotAccepted);
        }
        if late > self.not_after {
            return Err(Inactive::Over);
        }
        let begins = match (self.activation, self.asked) {
            (Activation::AtOnce, _) => return Ok(()),
            (Activation::AfterWait(_), None) => return Err(Inactive::NotAsked),
            (Activation::AfterWait(seconds), Some(asked)) => asked.plus(seconds.into()),
            (Activation::AfterSilence(seconds), _) => seen.plus(seconds.into()),
        };
        if early >= begins { Ok(()) } else { Err(Inactive::Until(begins)) }
    }
}

/// People who together can move an account to new keys.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Guardians {
    /// Their signing keys for this relationship only.
    pub keys: BTreeMap<AgentAddress, PublicKey>,
    /// How many must agree.
    pub threshold: u8,
    /// Seconds between the last approval and the change of hands, in which the patient can say no.
    pub delay: u32,
    /// Place of their appointment's entry in the log.
    pub entry: u64,
}

/// A recovery that guardians have begun.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Recovery {
    /// The key that will own the account.
    pub new_owner: PublicKey,
    /// Guardians who agree.
    pub approvals: BTreeSet<AgentAddress>,
    /// First second of the new owner; none while approvals are missing.
    pub due: Option<Timestamp>,
}

/// The promise that an account will belong to somebody else from a date: a child's account at full age. It can be
/// brought forward, never put off or taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Handover {
    /// The key that will own the account.
    pub new_owner: PublicKey,
    /// First second of the new owner.
    pub due: Timestamp,
}
