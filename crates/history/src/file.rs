//! The verifiable file, `….medrec-history`: everything that somebody needs to check a history without a network.
//!
//! ```text
//! "medrec-history\n" (15) ‖ version u16 ‖ body (borsh) ‖ SHA-256 of all before it (32)
//! ```
//!
//! What comes in is bounded before it is decoded, and encoding it again must give the same bytes: one file, one form. The
//! hash at the end tells damage on the way from a lie; it proves nothing. (docs/spec/history.md, HIST-10 to HIST-16)

use borsh::{BorshDeserialize, BorshSerialize};
use medrec_protocol::{
    ChainIdentity, Hash32, ProviderAddress, PublicKey, RelationshipAddress, Timestamp,
    codec::{self, Text},
    log::{ConsistencyProof, Frontier, MAX_ENTRY_BYTES},
    seal::{MAX_PLAINTEXT_BYTES, Opened, PayloadKind},
    state::{MAX_LEAF_BYTES, MAX_STATE_PROOF_BYTES},
};

use crate::{
    bounded::{Blob, Many},
    build::Builder,
};

/// How the name of such a file ends.
pub const FILE_EXTENSION: &str = "medrec-history";
/// Media type of the file.
pub const MEDIA_TYPE: &str = "application/vnd.medrec.history";
/// The version that this program writes, and the newest that it reads.
pub const FILE_VERSION: u16 = 1;
/// Longest file in bytes: 64 MiB, which is about a hundred thousand entries.
pub const MAX_FILE_BYTES: usize = 64 << 20;
/// Most relationships in one file.
pub const MAX_RELATIONSHIPS: usize = 256;
/// Most entries of one relationship.
pub const MAX_ENTRIES: usize = 200_000;
/// Most headers on the way from the anchor.
pub const MAX_HEADERS: usize = 1_000;
/// Most validators of one set.
pub const MAX_SET_VALIDATORS: usize = 500;
/// Longest name that a person can give a history, in bytes.
pub const MAX_WHOSE_BYTES: usize = 120;

const MAGIC: &[u8] = b"medrec-history\n";
const VERSION_BYTES: usize = 2;
const DIGEST_BYTES: usize = 32;
const SMALLEST: usize = MAGIC.len() + VERSION_BYTES + DIGEST_BYTES;
const MAX_HEADER_BYTES: usize = 128 << 10;
const MAX_SETS: usize = 2 * MAX_HEADERS;
const MAX_PROVIDERS: usize = 4_096;
const MAX_APP_STATE_BYTES: usize = 2 << 20;

/// Why bytes are not such a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// More bytes than such a file has.
    #[error("the file is too large: {found} bytes, at most {MAX_FILE_BYTES} are read")]
    TooLarge {
        /// Bytes found.
        found: usize,
    },
    /// It does not begin as such a file does.
    #[error("this is not a consent history of MedRec")]
    NotAHistory,
    /// Written by a newer program.
    #[error(
        "the file has version {found}, this program knows version {FILE_VERSION}: a newer program is needed"
    )]
    Version {
        /// Version found.
        found: u16,
    },
    /// The hash at the end is not that of what is before it.
    #[error("the file was damaged on the way, or cut off: its own checksum does not fit; ask for it again")]
    Damaged,
    /// The content is not what such a file holds.
    #[error("the file cannot be read: {0}")]
    Malformed(String),
}

/// A file that was read and not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryFile {
    pub(crate) body: Body,
}

/// Salt and plaintext of one payload: whoever has them can read it, and knows that it is what was sealed (SEAL-5).
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Opening {
    pub(crate) entry: u64,
    pub(crate) kind: u8,
    pub(crate) salt: [u8; 32],
    pub(crate) plaintext: Blob<MAX_PLAINTEXT_BYTES>,
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opening(entry {}, kind {})", self.entry, self.kind)
    }
}

impl Opening {
    /// Opens the payload of this kind of one entry; see [`crate::sealed_parts`].
    pub fn new(entry: u64, kind: PayloadKind, opened: &Opened) -> Self {
        Self { entry, kind: kind as u8, salt: opened.salt, plaintext: Blob(opened.plaintext.clone()) }
    }
}

/// A leaf of the state with its proof; no value is proved to be absent.
#[derive(Clone, Debug, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct ProvenLeaf {
    pub(crate) value: Option<Blob<{ 1 + MAX_LEAF_BYTES }>>,
    pub(crate) proof: Blob<MAX_STATE_PROOF_BYTES>,
}

impl ProvenLeaf {
    /// A leaf, or its absence, as a node answers it: value and encoded proof (STATE-3).
    pub fn new(value: Option<Vec<u8>>, proof: Vec<u8>) -> Self {
        Self { value: value.map(Blob), proof: Blob(proof) }
    }

    pub(crate) fn value(&self) -> Option<&[u8]> {
        self.value.as_ref().map(|value| value.0.as_slice())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Body {
    pub identity: ChainIdentity,
    pub whose: Text<MAX_WHOSE_BYTES>,
    pub genesis: Option<GenesisPart>,
    /// Ascending by hash.
    pub sets: Many<SetPart, MAX_SETS>,
    /// CometBFT's protobuf `SignedHeader`, ascending by height; all else is proved under the last.
    pub headers: Many<Blob<MAX_HEADER_BYTES>, MAX_HEADERS>,
    pub chain: ProvenLeaf,
    /// Ascending by address.
    pub providers: Many<ProviderPart, MAX_PROVIDERS>,
    /// Ascending by address.
    pub relationships: Many<RelationshipPart, MAX_RELATIONSHIPS>,
}

/// What the genesis hash covers, beside the name of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct GenesisPart {
    pub time: Timestamp,
    pub nanos: u32,
    pub validators: SetPart,
    /// JSON, as [`medrec_protocol::genesis::AppState`] writes it.
    pub app_state: Blob<MAX_APP_STATE_BYTES>,
}

/// A validator set, in CometBFT's order. Addresses follow from keys.
#[derive(Clone, Debug, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub(crate) struct SetPart(pub Many<(PublicKey, u64), MAX_SET_VALIDATORS>);

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct ProviderPart {
    pub address: ProviderAddress,
    pub leaf: ProvenLeaf,
}

/// What stands before the first entry of a part of a log.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Start {
    pub before: Frontier,
    pub proof: ConsistencyProof,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct RelationshipPart {
    pub address: RelationshipAddress,
    pub leaf: ProvenLeaf,
    /// None for a part that begins with entry 0.
    pub start: Option<Start>,
    pub entries: Many<Blob<MAX_ENTRY_BYTES>, MAX_ENTRIES>,
    /// None for a part that reaches the end of the log.
    pub end: Option<ConsistencyProof>,
    /// Ascending by entry and kind.
    pub openings: Many<Opening, MAX_ENTRIES>,
}

impl HistoryFile {
    /// Puts a new file together.
    pub fn builder(identity: ChainIdentity) -> Builder {
        Builder::new(identity)
    }

    /// Reads a file. Nothing in it is believed yet: [`crate::verify`] does that.
    pub fn decode(bytes: &[u8]) -> Result<Self, FileError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(FileError::TooLarge { found: bytes.len() });
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or(FileError::NotAHistory)?;
        let (version, _) = rest.split_first_chunk::<VERSION_BYTES>().ok_or(FileError::Damaged)?;
        let found = u16::from_le_bytes(*version);
        // Before the checksum: a newer version may have another one.
        if found > FILE_VERSION {
            return Err(FileError::Version { found });
        }
        if found != FILE_VERSION || bytes.len() < SMALLEST {
            return Err(FileError::Damaged);
        }
        let (content, digest) = bytes.split_at(bytes.len() - DIGEST_BYTES);
        if Hash32::plain(content).as_bytes() != digest {
            return Err(FileError::Damaged);
        }
        let body = &content[MAGIC.len() + VERSION_BYTES..];
        let body: Body =
            codec::decode(body, MAX_FILE_BYTES).map_err(|error| FileError::Malformed(error.to_string()))?;
        Ok(Self { body })
    }

    /// The bytes of the file.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(FILE_VERSION.to_le_bytes());
        bytes.extend(codec::encode(&self.body));
        let digest = Hash32::plain(&bytes);
        bytes.extend(digest.as_bytes());
        bytes
    }

    /// Which ledger it claims to be from.
    pub fn claims(&self) -> &ChainIdentity {
        &self.body.identity
    }
}

/// What the PDF and a covering letter name the file by: SHA-256 over all its bytes.
pub fn digest(bytes: &[u8]) -> Hash32 {
    Hash32::plain(bytes)
}
