//! Share codes: the text, link or QR that tells a grantee without a relationship of its own where its
//! grants are. A code is no key: only the provider that the grants name can use them.

use std::{fmt, str::FromStr};

use bech32::{Bech32m, Hrp, primitives::decode::CheckedHrpstring};
use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    ChainId, codec,
    codec::List,
    payload::{GrantHandle, MAX_GRANTS_IN_ANSWER, V1},
};

/// Human-readable part of a share code.
pub const PREFIX: &str = "mrshare";
/// Longest code in characters.
const MAX_CODE_CHARS: usize = 8 * 1024;

/// The grants of one share, as their grantee needs them.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ShareCode {
    /// Version of this layout.
    pub version: V1,
    /// The ledger.
    pub chain_id: ChainId,
    /// One for each relationship.
    pub grants: List<GrantHandle, MAX_GRANTS_IN_ANSWER>,
}

/// The text is not a share code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a complete share code (it begins with {PREFIX}1); copy the whole text again")]
pub struct ShareCodeError;

/// Bech32m with the checksum of BIP-350, without its length limit of 90 characters.
enum LongBech32m {}

impl bech32::Checksum for LongBech32m {
    type MidstateRepr = u32;
    type CorrectionField = <Bech32m as bech32::Checksum>::CorrectionField;
    const ROOT_GENERATOR: Self::CorrectionField = Bech32m::ROOT_GENERATOR;
    const ROOT_EXPONENTS: std::ops::RangeInclusive<usize> = Bech32m::ROOT_EXPONENTS;
    const CODE_LENGTH: usize = MAX_CODE_CHARS;
    const CHECKSUM_LENGTH: usize = Bech32m::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32m::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32m::TARGET_RESIDUE;
}

/// Writes bytes as a code that people copy: bech32m without its length limit, at most
/// 8,192 characters.
pub fn write_code(f: &mut fmt::Formatter<'_>, prefix: &str, bytes: &[u8]) -> fmt::Result {
    let hrp = Hrp::parse(prefix).map_err(|_| fmt::Error)?;
    f.write_str(&bech32::encode::<LongBech32m>(hrp, bytes).map_err(|_| fmt::Error)?)
}

/// Reads the bytes of a code that begins with `prefix`. White space is ignored, because mail programs
/// break long lines.
pub fn read_code(prefix: &str, text: &str) -> Option<Vec<u8>> {
    if text.len() > 2 * MAX_CODE_CHARS {
        return None;
    }
    let text: String = text.split_whitespace().collect();
    let checked = CheckedHrpstring::new::<LongBech32m>(&text).ok()?;
    (checked.hrp().to_lowercase() == prefix).then(|| checked.byte_iter().collect())
}

impl fmt::Display for ShareCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_code(f, PREFIX, &codec::encode(self))
    }
}

impl FromStr for ShareCode {
    type Err = ShareCodeError;
    fn from_str(text: &str) -> Result<Self, ShareCodeError> {
        let bytes = read_code(PREFIX, text).ok_or(ShareCodeError)?;
        codec::decode(&bytes, MAX_CODE_CHARS).map_err(|_| ShareCodeError)
    }
}
