//! Heights, verified heads, and how old they are.

use medrec_protocol::{Hash32, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::ClientError;

/// A head older than this many seconds is stale: blocks come at least every 15 s (LC-20).
pub const FRESH_SECONDS: u64 = 60;

/// Number of a block, from 1 to 2⁶³ − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Height(u64);

/// A number that no block has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not the height of a block")]
pub struct NotAHeight(pub u64);

impl Height {
    /// The first block.
    pub const FIRST: Self = Self(1);

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The block before; none before the first.
    pub fn previous(self) -> Option<Self> {
        Self::try_from(self.0 - 1).ok()
    }

    /// The block after; none after the last that can be.
    pub fn next(self) -> Option<Self> {
        Self::try_from(self.0 + 1).ok()
    }

    /// A height strictly between two that are not neighbours.
    pub(crate) fn between(low: Self, high: Self) -> Option<Self> {
        (high.0 > low.0 + 1).then(|| Self(low.0 + (high.0 - low.0) / 2))
    }
}

impl TryFrom<u64> for Height {
    type Error = NotAHeight;
    fn try_from(number: u64) -> Result<Self, NotAHeight> {
        if number == 0 || i64::try_from(number).is_err() { Err(NotAHeight(number)) } else { Ok(Self(number)) }
    }
}

impl From<Height> for u64 {
    fn from(height: Height) -> Self {
        height.0
    }
}

impl std::fmt::Display for Height {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a verified header says: up to where the ledger is known, and the root of the state before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Height of the header.
    pub height: Height,
    /// Hash of the header.
    pub hash: Hash32,
    /// Root of the state after block `height − 1`.
    pub app_hash: Hash32,
    /// Time of the block, whole seconds, rounded down.
    pub time: Timestamp,
}

/// Whether a head is new enough to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// At most [`FRESH_SECONDS`] old.
    Fresh,
    /// Older: whoever shows it says so.
    Stale {
        /// Age in seconds.
        seconds: u64,
    },
}

impl Head {
    /// Seconds since the block was made; 0 when the clock is behind the block.
    pub fn age(&self, now: Timestamp) -> u64 {
        now.seconds().saturating_sub(self.time.seconds())
    }

    /// Fresh or stale at `now`.
    pub fn freshness(&self, now: Timestamp) -> Freshness {
        match self.age(now) {
            seconds if seconds > FRESH_SECONDS => Freshness::Stale { seconds },
            _ => Freshness::Fresh,
        }
    }

    /// Refuses a stale head, for those who must not act on one.
    pub fn require_fresh(&self, now: Timestamp) -> Result<(), ClientError> {
        match self.freshness(now) {
            Freshness::Fresh => Ok(()),
            Freshness::Stale { seconds } => Err(ClientError::Stale { seconds }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head_at(seconds: u64) -> Head {
        let hash = Hash32::new([0; 32]);
        let time = Timestamp::from_seconds(seconds);
        Head { height: Height::FIRST, hash, app_hash: hash, time }
    }

    #[test]
    fn a_head_is_fresh_for_a_minute_and_then_says_its_age() {
        let head = head_at(1_000);
        assert_eq!(head.freshness(Timestamp::from_seconds(1_060)), Freshness::Fresh);
        assert_eq!(head.freshness(Timestamp::from_seconds(1_061)), Freshness::Stale { seconds: 61 });
        assert_eq!(head.freshness(Timestamp::from_seconds(990)), Freshness::Fresh);
        assert!(head.require_fresh(Timestamp::from_seconds(1_060)).is_ok());
        let stale = head.require_fresh(Timestamp::from_seconds(1_061));
        assert!(matches!(stale, Err(ClientError::Stale { seconds: 61 })));
    }

    #[test]
    fn no_block_has_height_zero_or_a_negative_one() {
        assert!(Height::try_from(0).is_err());
        assert!(Height::try_from(1 << 63).is_err());
        assert_eq!(Height::FIRST.previous(), None);
        assert_eq!(Height::try_from(i64::MAX as u64).ok().and_then(Height::next), None);
    }

    #[test]
    fn halving_stays_strictly_between() {
        let height = |number| Height::try_from(number).unwrap();
        assert_eq!(Height::between(height(1), height(2)), None);
        assert_eq!(Height::between(height(1), height(3)), Some(height(2)));
        assert_eq!(Height::between(height(1), height(i64::MAX as u64)).unwrap().get(), 1 << 62);
    }
}
