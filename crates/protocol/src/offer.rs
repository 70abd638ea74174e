//! Offers between people, as text, file or QR: an offer to help, with agents' keys that were never used, and an offer to
//! take an account over. Neither is a secret: what is signed later names the keys.

use std::{fmt, str::FromStr};

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    ChainIdentity, PublicKey, RelationshipAddress, codec,
    codec::{List, Text},
    payload::V1,
    share::{read_code, write_code},
    sign::Possession,
};

/// Most keys in one offer.
pub const MAX_OFFERED_KEYS: usize = 16;
/// Longest offer in bytes.
const MAX_BYTES: usize = 4 * 1024;

/// The text is not an offer of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Cut, mistyped, or something else.
    #[error("this is not a complete code (it begins with {0}1); copy the whole text again")]
    Invalid(&'static str),
    /// For another ledger.
    #[error("this code is for another network")]
    OtherNetwork,
    /// A key's holder has not agreed.
    #[error("a key in this code is not proved by its holder")]
    Unproved,
}

/// Somebody offers to help: as a delegate or as a guardian. One key for each relationship, so that nobody can tell from
/// the ledger that they belong to one person.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct HelpOffer {
    /// Version of this layout.
    pub version: V1,
    /// The ledger.
    pub chain: ChainIdentity,
    /// How the helper is called.
    pub name: Text<80>,
    /// Signing keys that were never used.
    pub keys: List<PublicKey, MAX_OFFERED_KEYS>,
}

/// Somebody asks to have accounts moved to new keys: because the old ones were lost, or because a child comes of age.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct TakeOverOffer {
    /// Version of this layout.
    pub version: V1,
    /// The ledger.
    pub chain: ChainIdentity,
    /// Who asks.
    pub name: Text<80>,
    /// New owner keys, one for each account.
    pub keys: List<OfferedKey, MAX_OFFERED_KEYS>,
}

/// A key to own an account with, and the consent of its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct OfferedKey {
    /// For which account; none where the holder cannot know, because everything was lost.
    pub relationship: Option<RelationshipAddress>,
    /// The key and the consent.
    pub owner: Possession,
}

/// A parent asks the child's wallet for keys to which the child's accounts will belong. To be handed to the child only:
/// it tells which accounts belong together.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct HandoverRequest {
    /// Version of this layout.
    pub version: V1,
    /// The ledger.
    pub chain: ChainIdentity,
    /// The accounts.
    pub relationships: List<RelationshipAddress, MAX_OFFERED_KEYS>,
}

impl HandoverRequest {
    /// Human-readable part of the text form.
    pub const PREFIX: &'static str = "mrhand";

    /// Reads a request for this ledger.
    pub fn for_ledger(text: &str, chain: &ChainIdentity) -> Result<Self, OfferError> {
        let request: Self = text.parse()?;
        if request.chain == *chain { Ok(request) } else { Err(OfferError::OtherNetwork) }
    }
}

impl HelpOffer {
    /// Human-readable part of the text form.
    pub const PREFIX: &'static str = "mrhelp";

    /// Reads an offer for this ledger.
    pub fn for_ledger(text: &str, chain: &ChainIdentity) -> Result<Self, OfferError> {
        let offer: Self = text.parse()?;
        if offer.chain == *chain { Ok(offer) } else { Err(OfferError::OtherNetwork) }
    }
}

impl TakeOverOffer {
    /// Human-readable part of the text form.
    pub const PREFIX: &'static str = "mrtake";

    /// Reads an offer for this ledger, whose keys are proved by their holder.
    pub fn for_ledger(text: &str, chain: &ChainIdentity) -> Result<Self, OfferError> {
        let offer: Self = text.parse()?;
        if offer.chain != *chain {
            return Err(OfferError::OtherNetwork);
        }
        let proved = |key: &OfferedKey| key.owner.verify(chain, key.relationship).is_ok();
        let proved = offer.keys.as_slice().iter().all(proved);
        if proved { Ok(offer) } else { Err(OfferError::Unproved) }
    }
}

macro_rules! as_code {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_code(f, Self::PREFIX, &codec::encode(self))
            }
        }

        impl FromStr for $name {
            type Err = OfferError;
            fn from_str(text: &str) -> Result<Self, OfferError> {
                let invalid = OfferError::Invalid(Self::PREFIX);
                let bytes = read_code(Self::PREFIX, text).ok_or(invalid)?;
                codec::decode(&bytes, MAX_BYTES).map_err(|_| invalid)
            }
        }
    };
}

as_code!(HelpOffer);
as_code!(TakeOverOffer);
as_code!(HandoverRequest);
