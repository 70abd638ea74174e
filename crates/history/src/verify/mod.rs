//! The check of a file, without a network: from what the reader trusts to every entry that is shown.
//!
//! ```text
//! network file ─► genesis or anchor ─► headers (votes of more than 2/3) ─► app hash of the last header
//!              ─► leaf of the relationship ─► right edge of its log ─► entries ─► commitments ─► opened payloads
//! ```
//!
//! Each arrow is one of the light client's own predicates (`medrec_client::verify`); nothing is checked by a second rule.
//! The clock is no argument: a header is judged at its own time, and the answer says what that time is.
//! (docs/spec/history.md, HIST-20 to HIST-31)

mod account;
mod chain;

use medrec_client::{NetworkFile, NetworkFileError};
use medrec_protocol::{ChainIdentity, Hash32, ProviderAddress, RelationshipAddress, Timestamp};
use serde::Serialize;

use crate::{
    file::{FileError, HistoryFile},
    model::{AsOf, History, MODEL_VERSION, Network},
    read::Unreadable,
};

/// What the reader trusts: the network file of the ledger, the one that a wallet joins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    network: NetworkFile,
}

impl Anchor {
    /// Reads a network file (LC-1).
    pub fn read(bytes: &[u8]) -> Result<Self, NetworkFileError> {
        NetworkFile::parse(bytes).map(Self::from)
    }

    /// Which ledger.
    pub fn identity(&self) -> ChainIdentity {
        self.network.identity()
    }
}

impl From<NetworkFile> for Anchor {
    fn from(network: NetworkFile) -> Self {
        Self { network }
    }
}

/// Where belief in a file starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// The ledger's genesis, whose hash the network file names.
    Genesis,
    /// The header of this height, whose hash the network file names.
    Header(u64),
    /// Nothing: no network file was given. The file agrees with itself, which anybody's invention can.
    ItselfOnly,
}

/// Votes for the last header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Votes {
    /// Validators that signed it.
    pub signers: usize,
    /// Validators in all.
    pub validators: usize,
    /// Voting power of those that signed.
    pub signed_power: u64,
    /// Voting power of all.
    pub total_power: u64,
}

/// What the file says and nothing proves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stated {
    /// Whose history it is said to be; may be empty.
    pub whose: String,
}

/// A file that was checked. Its JSON is for programs that ask another one to check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// What is proved. Its `whose` is empty: see [`Self::stated`].
    pub history: History,
    /// Where belief starts.
    pub trust: Trust,
    /// Who signed the last header.
    pub votes: Votes,
    /// Hash of the last header.
    pub header: Hash32,
    /// What is said and not proved.
    pub stated: Stated,
    /// SHA-256 of the file.
    pub digest: Hash32,
}

impl Verified {
    /// Seconds between the last header and `now`; 0 for a header that is ahead of the clock.
    pub fn age(&self, now: Timestamp) -> u64 {
        now.seconds().saturating_sub(self.history.as_of.time.seconds())
    }

    /// The history under the name that the file states, for a page that says so.
    pub fn named(&self) -> History {
        self.history.clone().of(&self.stated.whose)
    }
}

/// Why a file is not believed.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Not such a file, damaged, or of a newer version.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file of another ledger than the one that the reader trusts.
    #[error("the file is from the ledger {found}, the network file is for {expected}")]
    OtherNetwork {
        /// Ledger of the network file.
        expected: String,
        /// Ledger of the file.
        found: String,
    },
    /// The file starts at a header that the network file does not vouch for.
    #[error(
        "the file starts at block {height}, {hash}; the network file does not vouch for that block: ask for one that names it as its anchor"
    )]
    NotAnchored {
        /// Height of the first header.
        height: u64,
        /// Its hash.
        hash: Hash32,
    },
    /// A header, its votes or its validators do not hold.
    #[error("block {height}: {reason}")]
    Header {
        /// Height that the header claims; 0 when it cannot be read.
        height: u64,
        /// Expected and found.
        reason: String,
    },
    /// The content of genesis does not have the hash that names the ledger.
    #[error("the beginning of the ledger does not hold: {0}")]
    Genesis(String),
    /// A leaf does not stand in the state under the last header.
    #[error("{what} is not what the ledger holds: {reason}")]
    Leaf {
        /// Which leaf.
        what: String,
        /// Expected and found.
        reason: String,
    },
    /// Entries are not those of the ledger: one was dropped, added, altered or moved.
    #[error("the entries of {relationship} are not those of the ledger: {reason}")]
    Log {
        /// Whose log.
        relationship: RelationshipAddress,
        /// Expected and found.
        reason: String,
    },
    /// An opening is not of the entry that it claims to open.
    #[error("entry {entry} of {relationship}: what is shown is not what was sealed: {reason}")]
    Opening {
        /// In which log.
        relationship: RelationshipAddress,
        /// Which entry.
        entry: u64,
        /// Expected and found.
        reason: String,
    },
    /// An opened payload cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// Names in the file are not exactly those that the history speaks of.
    #[error("the file should say who {0} is, and does not")]
    NameMissing(ProviderAddress),
    /// A name that the history does not speak of.
    #[error("the file says who {0} is, although the history does not speak of it")]
    NameSurplus(ProviderAddress),
    /// Parts are not in the one order that they may have, or one stands twice.
    #[error("{0} are not in order")]
    Order(&'static str),
}

/// Checks a file. With a network file the answer is about that ledger; without one only about the file itself, and it
/// says so ([`Trust::ItselfOnly`]).
pub fn verify(bytes: &[u8], anchor: Option<&Anchor>) -> Result<Verified, VerifyError> {
    let file = HistoryFile::decode(bytes)?;
    let network = anchor.map(|anchor| &anchor.network);
    let reached = chain::follow(&file.body, network)?;
    let relationships = account::relationships(&file.body, &reached.head)?;
    let head = reached.head.head();
    let history = History {
        version: MODEL_VERSION,
        whose: None,
        network: Network::from(&file.body.identity),
        as_of: AsOf { height: head.height.get(), time: head.time },
        relationships,
    };
    Ok(Verified {
        history,
        trust: reached.trust,
        votes: chain::votes(&reached.head)?,
        header: head.hash,
        stated: Stated { whose: file.body.whose.to_string() },
        digest: crate::file::digest(bytes),
    })
}

/// Ascending, none twice.
fn in_order<K: Ord>(what: &'static str, keys: impl Iterator<Item = K>) -> Result<(), VerifyError> {
    let keys: Vec<K> = keys.collect();
    if keys.windows(2).all(|pair| pair[0] < pair[1]) { Ok(()) } else { Err(VerifyError::Order(what)) }
}

pub(crate) use account::named_providers;
pub(crate) use chain::encode as encode_header;
