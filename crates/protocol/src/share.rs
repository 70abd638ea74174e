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

impl fmt::Display for ShareCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hrp = Hrp::parse(PREFIX).map_err(|_| fmt::Error)?;
        let text = bech32::encode::<LongBech32m>(hrp, &codec::encode(self)).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl FromStr for ShareCode {
    type Err = ShareCodeError;
    fn from_str(text: &str) -> Result<Self, ShareCodeError> {
        let text: String = text.split_whitespace().collect();
        if text.len() > MAX_CODE_CHARS {
            return Err(ShareCodeError);
        }
        let checked = CheckedHrpstring::new::<LongBech32m>(&text).map_err(|_| ShareCodeError)?;
        if checked.hrp().to_lowercase() != PREFIX {
            return Err(ShareCodeError);
        }
        let bytes: Vec<u8> = checked.byte_iter().collect();
        codec::decode(&bytes, MAX_CODE_CHARS).map_err(|_| ShareCodeError)
    }
}
