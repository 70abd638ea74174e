//! Names of accounts: bech32m (BIP-350) over 20 bytes of a tagged hash of the first signing key.
//!
//! The checksum finds typing errors; the human-readable part tells the kinds apart. A name outlives
//! key rotation: it is fixed by the first key, not the current one. (docs/spec/address.md)

use std::{fmt, str::FromStr};

use bech32::{Bech32m, Hrp, primitives::decode::CheckedHrpstring};
use borsh::{BorshDeserialize, BorshSerialize};

use crate::{codec, hash::Hash32, sign::PublicKey};

/// Bytes of an address without its kind.
pub const ADDRESS_BYTES: usize = 20;
const TAG: &str = "medrec/address/v1";

/// Why a text is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The checksum, characters or length are wrong: most often a typing error.
    #[error("this is not a valid address; check it for typing errors")]
    Invalid,
    /// A valid address of another kind.
    #[error("expected an address that starts with {expected}1")]
    Kind {
        /// Human-readable part that was expected.
        expected: &'static str,
    },
}

macro_rules! addresses {
    ($($(#[$doc:meta])* $name:ident, $variant:ident, $hrp:literal, $tag:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
            pub struct $name([u8; ADDRESS_BYTES]);

            impl $name {
                /// Human-readable part of the text form.
                pub const PREFIX: &'static str = $hrp;

                /// The address that belongs to an account whose first signing key is `key`.
                pub fn of(key: &PublicKey) -> Self {
                    let digest = Hash32::of(TAG, &[&[$tag], key.as_bytes()]);
                    let mut id = [0; ADDRESS_BYTES];
                    id.copy_from_slice(&digest.as_bytes()[..ADDRESS_BYTES]);
                    Self(id)
                }

                /// The 20 bytes, without the kind.
                pub const fn as_bytes(&self) -> &[u8; ADDRESS_BYTES] {
                    &self.0
                }

                /// Takes 20 bytes from a place that already says the kind.
                pub const fn from_bytes(bytes: [u8; ADDRESS_BYTES]) -> Self {
                    Self(bytes)
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write_bech32(f, $hrp, &self.0)
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    fmt::Display::fmt(self, f)
                }
            }

            impl FromStr for $name {
                type Err = AddressError;
                fn from_str(text: &str) -> Result<Self, AddressError> {
                    match text.parse()? {
                        Address::$variant(address) => Ok(address),
                        _ => Err(AddressError::Kind { expected: $hrp }),
                    }
                }
            }

            codec::serde_text!($name);

            impl From<$name> for Address {
                fn from(address: $name) -> Self {
                    Self::$variant(address)
                }
            }
        )*

        /// An account of any kind. Encoded as one kind byte and 20 bytes.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
        pub enum Address {
            $($(#[$doc])* $variant($name),)*
        }

        impl fmt::Display for Address {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$variant(address) => fmt::Display::fmt(address, f),)* }
            }
        }

        impl FromStr for Address {
            type Err = AddressError;
            fn from_str(text: &str) -> Result<Self, AddressError> {
                let (prefix, bytes) = parse_bech32(text)?;
                match prefix.as_str() {
                    $($hrp => Ok(Self::$variant($name(bytes))),)*
                    _ => Err(AddressError::Invalid),
                }
            }
        }
    };
}

addresses! {
    /// A provider: an organisation in the ledger's directory (`mrp1…`).
    ProviderAddress, Provider, "mrp", 0;
    /// A relationship: one patient's account with one provider (`mrr1…`).
    RelationshipAddress, Relationship, "mrr", 1;
    /// An agent: a person's account for acting on behalf of others (`mra1…`).
    AgentAddress, Agent, "mra", 2;
    /// A consortium member, who governs (`mrm1…`).
    MemberAddress, Member, "mrm", 3;
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

codec::serde_text!(Address);

impl Address {
    /// True when `key` is the first signing key of this account.
    pub fn belongs_to(&self, key: &PublicKey) -> bool {
        match self {
            Self::Provider(address) => *address == ProviderAddress::of(key),
            Self::Relationship(address) => *address == RelationshipAddress::of(key),
            Self::Agent(address) => *address == AgentAddress::of(key),
            Self::Member(address) => *address == MemberAddress::of(key),
        }
    }
}

/// Writes `hrp1…` with a bech32m checksum.
pub(crate) fn write_bech32(f: &mut fmt::Formatter<'_>, prefix: &str, bytes: &[u8]) -> fmt::Result {
    let hrp = Hrp::parse(prefix).map_err(|_| fmt::Error)?;
    f.write_str(&bech32::encode::<Bech32m>(hrp, bytes).map_err(|_| fmt::Error)?)
}

fn parse_bech32(text: &str) -> Result<(String, [u8; ADDRESS_BYTES]), AddressError> {
    if text.len() > 90 {
        return Err(AddressError::Invalid);
    }
    let checked = CheckedHrpstring::new::<Bech32m>(text.trim()).map_err(|_| AddressError::Invalid)?;
    let bytes: Vec<u8> = checked.byte_iter().collect();
    let bytes = bytes.try_into().map_err(|_| AddressError::Invalid)?;
    Ok((checked.hrp().to_lowercase(), bytes))
}
