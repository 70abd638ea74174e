//! Between SQLite's columns and our types. A value that does not fit is damage, never a default.

use medrec_protocol::{Timestamp, codec};

use crate::error::{GatekeeperError, Result};

/// An unsigned number for an integer column.
pub(super) fn int(value: u64) -> Result<i64> {
    i64::try_from(value).map_err(|_| GatekeeperError::Damaged("a number"))
}

/// An unsigned number from an integer column.
pub(super) fn uint(value: i64) -> Result<u64> {
    u64::try_from(value).map_err(|_| GatekeeperError::Damaged("a number"))
}

/// A time for an integer column.
pub(super) fn seconds(time: Timestamp) -> Result<i64> {
    int(time.seconds())
}

/// A time from an integer column.
pub(super) fn time(value: i64) -> Result<Timestamp> {
    uint(value).map(Timestamp::from_seconds)
}

/// Bytes of a fixed size.
pub(super) fn fixed<const N: usize>(bytes: Vec<u8>) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| GatekeeperError::Damaged("bytes of a fixed size"))
}

/// A canonical value of at most 64 KiB.
pub(super) fn decoded<T: borsh::BorshDeserialize + borsh::BorshSerialize>(bytes: &[u8]) -> Result<T> {
    codec::decode(bytes, 64 * 1024).map_err(|_| GatekeeperError::Damaged("an encoded value"))
}
