//! A header that was verified, with the validators that continue from it, and its form in the caller's store.

use medrec_protocol::Hash32;
use serde::{Deserialize, Serialize};
use tendermint::{
    Hash,
    block::{Header, signed_header::SignedHeader},
    validator,
};

use super::header::{self, HeaderFault, UntrustedBlock};
use crate::head::{Head, Height};

/// Longest stored head in bytes.
pub const MAX_STORED_HEAD_BYTES: usize = 1 << 20;
const VERSION: u8 = 1;

/// Why a stored head cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoredHeadError {
    /// More bytes than a stored head has.
    #[error("the stored ledger head is too large: {found} bytes, at most {MAX_STORED_HEAD_BYTES} are read")]
    TooLarge {
        /// Bytes found.
        found: usize,
    },
    /// Not the form that is expected.
    #[error("the stored ledger head is damaged: {0}; join the network again from its file")]
    Malformed(String),
    /// Written by a newer program.
    #[error("the stored ledger head has version {0}: a newer program is needed")]
    Version(u8),
    /// It does not hold together.
    #[error("the stored ledger head is damaged: {0}; join the network again from its file")]
    Header(#[from] HeaderFault),
    /// A head of another ledger.
    #[error("the stored head belongs to the ledger '{found}', the network file to '{expected}'")]
    Chain {
        /// Ledger of the network file.
        expected: String,
        /// Ledger of the head.
        found: String,
    },
}

/// A verified header. Made by verification only, or read back from where the caller kept it: whoever can write
/// there decides what is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedHead {
    signed_header: SignedHeader,
    validators: validator::Set,
    next_validators: validator::Set,
    head: Head,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u8,
    signed_header: SignedHeader,
    validators: Vec<validator::Info>,
    next_validators: Vec<validator::Info>,
}

impl TrustedHead {
    pub(super) fn of_verified(
        signed_header: SignedHeader,
        validators: validator::Set,
        next_validators: validator::Set,
    ) -> Result<Self, HeaderFault> {
        let head = head_of(&signed_header.header)?;
        Ok(Self { signed_header, validators, next_validators, head })
    }

    /// What the header says.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Height of the header.
    pub fn height(&self) -> Height {
        self.head.height
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.signed_header.header
    }

    /// Header and votes.
    pub fn signed_header(&self) -> &SignedHeader {
        &self.signed_header
    }

    /// Validators of this height.
    pub fn validators(&self) -> &validator::Set {
        &self.validators
    }

    /// Validators of the next height.
    pub fn next_validators(&self) -> &validator::Set {
        &self.next_validators
    }

    /// The set with this hash, when it is one of the two that are known.
    pub(crate) fn known_set(&self, hash: Hash) -> Option<&validator::Set> {
        [
            (self.header().validators_hash, &self.validators),
            (self.header().next_validators_hash, &self.next_validators),
        ]
        .into_iter()
        .find_map(|(known, set)| (known == hash).then_some(set))
    }

    /// The form for the caller's store: JSON, as CometBFT writes these values, with a version.
    pub fn to_json(&self) -> Vec<u8> {
        let stored = Stored {
            version: VERSION,
            signed_header: self.signed_header.clone(),
            validators: self.validators.validators().clone(),
            next_validators: self.next_validators.validators().clone(),
        };
        // Numbers, texts and lists only: this cannot fail.
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    /// Reads what [`Self::to_json`] wrote, and checks that it still holds together.
    pub fn from_json(bytes: &[u8]) -> Result<Self, StoredHeadError> {
        if bytes.len() > MAX_STORED_HEAD_BYTES {
            return Err(StoredHeadError::TooLarge { found: bytes.len() });
        }
        let stored: Stored =
            serde_json::from_slice(bytes).map_err(|error| StoredHeadError::Malformed(error.to_string()))?;
        if stored.version != VERSION {
            return Err(StoredHeadError::Version(stored.version));
        }
        let block = UntrustedBlock::new(
            stored.signed_header,
            header::well_formed_set(stored.validators)?,
            header::well_formed_set(stored.next_validators)?,
        );
        Ok(header::verify_stored(block)?)
    }
}

fn head_of(header: &Header) -> Result<Head, HeaderFault> {
    let found = header.height.value();
    let height =
        Height::try_from(found).map_err(|_| HeaderFault::Height { expected: Height::FIRST, found })?;
    let app_hash = header.app_hash.as_bytes();
    let app_hash = app_hash.try_into().map_err(|_| HeaderFault::AppHash { found: app_hash.len() })?;
    let time = u64::try_from(header.time.unix_timestamp()).unwrap_or(0);
    Ok(Head {
        height,
        hash: hash_of(header),
        app_hash: Hash32::new(app_hash),
        time: medrec_protocol::Timestamp::from_seconds(time),
    })
}

/// Hash of a header. (CometBFT spec, core data structures, "Header")
pub(crate) fn hash_of(header: &Header) -> Hash32 {
    match header.hash() {
        Hash::Sha256(bytes) => Hash32::new(bytes),
        // `Header::hash` always gives a digest; an all-zero one equals nothing.
        Hash::None => Hash32::new([0; 32]),
    }
}
