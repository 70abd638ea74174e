//! Between SQLite's columns and our types. A value that does not fit is damage, never a default.

use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use medrec_protocol::{Timestamp, codec};

use super::StoreError;

/// Longest stored canonical value.
const MAX_VALUE_BYTES: usize = 64 * 1024;

/// An unsigned number for an integer column.
pub(crate) fn int(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Damaged("a number"))
}

/// An unsigned number from an integer column.
pub(crate) fn uint(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Damaged("a number"))
}

/// A time for an integer column. The far end of time stays the far end.
pub(crate) fn seconds(time: Timestamp) -> i64 {
    i64::try_from(time.seconds()).unwrap_or(i64::MAX)
}

/// A time from an integer column.
pub(crate) fn time(value: i64) -> Result<Timestamp, StoreError> {
    uint(value).map(Timestamp::from_seconds)
}

/// A value from its one text form.
pub(crate) fn text<T: FromStr>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Damaged("a stored word"))
}

/// A canonical value.
pub(crate) fn decoded<T: BorshDeserialize + BorshSerialize>(bytes: &[u8]) -> Result<T, StoreError> {
    codec::decode(bytes, MAX_VALUE_BYTES).map_err(|_| StoreError::Damaged("a stored value"))
}
