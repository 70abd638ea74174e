//! Which ledger, and when.

use std::{
    fmt,
    io::{Error, ErrorKind, Read, Result as IoResult},
    str::FromStr,
};

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    codec::{self, Text, TextError},
    hash::Hash32,
};

/// Longest chain id in bytes (CometBFT, `MaxChainIDLen`).
pub const CHAIN_ID_BYTES: usize = 50;

/// Name of a ledger, 1 to 50 characters of `A–Z a–z 0–9 - _ .`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct ChainId(Text<CHAIN_ID_BYTES>);

impl ChainId {
    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for ChainId {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if text.is_empty() || !text.chars().all(allowed) {
            return Err(TextError::Text { limit: CHAIN_ID_BYTES });
        }
        Text::new(text).map(Self)
    }
}

/// Bytes from outside keep the same rule as text.
impl BorshDeserialize for ChainId {
    fn deserialize_reader<R: Read>(reader: &mut R) -> IoResult<Self> {
        let text = Text::<CHAIN_ID_BYTES>::deserialize_reader(reader)?;
        text.as_str().parse().map_err(|_| Error::new(ErrorKind::InvalidData, "not a chain id"))
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

codec::serde_text!(ChainId);

/// What makes one ledger this ledger: its name and the hash of its genesis. Part of everything that
/// is signed, so that a signature for one ledger is worth nothing on another.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ChainIdentity {
    /// Name of the ledger.
    pub chain_id: ChainId,
    /// See [`crate::genesis::Genesis::hash`].
    pub genesis_hash: Hash32,
}

/// A point in time: whole seconds since 1970-01-01T00:00:00Z. From outside, none after [`Timestamp::LAST`] is
/// taken, so that whatever was read also fits a calendar and a database.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(try_from = "u64", into = "u64")]
pub struct Timestamp(u64);

#[cfg(feature = "specta")]
impl specta::Type for Timestamp {
    fn definition(types: &mut specta::Types) -> specta::datatype::DataType {
        <u64 as specta::Type>::definition(types)
    }
}

/// The time is after [`Timestamp::LAST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time after the year 9999")]
pub struct BeyondCalendar;

impl TryFrom<u64> for Timestamp {
    type Error = BeyondCalendar;
    fn try_from(seconds: u64) -> Result<Self, BeyondCalendar> {
        if seconds > Self::LAST.0 { Err(BeyondCalendar) } else { Ok(Self(seconds)) }
    }
}

impl From<Timestamp> for u64 {
    fn from(time: Timestamp) -> Self {
        time.0
    }
}

impl BorshDeserialize for Timestamp {
    fn deserialize_reader<R: Read>(reader: &mut R) -> IoResult<Self> {
        let seconds = u64::deserialize_reader(reader)?;
        Self::try_from(seconds).map_err(|error| Error::new(ErrorKind::InvalidData, error))
    }
}

impl Timestamp {
    /// 9999-12-31T23:59:59Z, the last second that a four-digit year can write (RFC 3339).
    pub const LAST: Self = Self(253_402_300_799);

    /// From seconds since 1970-01-01T00:00:00Z.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// This time and `seconds` more; the far end of time stays the far end.
    pub const fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds between two times, whichever is first.
    pub const fn distance(self, other: Self) -> u64 {
        self.0.abs_diff(other.0)
    }
}
