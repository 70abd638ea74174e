//! Pages of a log against a proved frontier. (LC-16 to LC-19)

use medrec_protocol::{
    Hash32,
    codec::DecodeError,
    log::{ConsistencyProof, Frontier, InclusionProof, MAX_ENTRY_BYTES, ProofError, leaf_hash},
};

/// Why entries of a log are not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// The log is shorter than what is known already.
    #[error("a log of at least {expected} entries expected, found {found}: entries that were there are gone")]
    Shrunk {
        /// Entries known.
        expected: u64,
        /// Entries proved.
        found: u64,
    },
    /// As many entries as known, but other ones.
    #[error(
        "the {size} entries known before are not the ones on the ledger: root {expected} expected, found {found}"
    )]
    Forked {
        /// Entries of both.
        size: u64,
        /// Root known.
        expected: Hash32,
        /// Root proved.
        found: Hash32,
    },
    /// The node sent nothing although entries are missing.
    #[error("the node holds back entries: {missing} more were expected after {have}")]
    Withheld {
        /// Entries known.
        have: u64,
        /// Entries that are missing.
        missing: u64,
    },
    /// More entries than were asked for.
    #[error("at most {expected} entries expected, found {found}")]
    TooMany {
        /// Entries asked for.
        expected: u64,
        /// Entries found.
        found: u64,
    },
    /// An entry longer than any entry may be.
    #[error("an entry of at most {MAX_ENTRY_BYTES} bytes expected, found {found}")]
    EntryTooLarge {
        /// Bytes found.
        found: usize,
    },
    /// The entries are not the ones on the ledger: one was dropped, altered, added or moved.
    #[error("the entries up to {size} are not the ones on the ledger: {reason}")]
    Mismatch {
        /// Entries after this page.
        size: u64,
        /// Expected and found roots.
        reason: ProofError,
    },
    /// A proof about another place than asked for.
    #[error("a proof about entry {expected} expected, found one about entry {found}")]
    OtherPlace {
        /// Place asked for.
        expected: u64,
        /// Place found.
        found: u64,
    },
    /// The answer cannot be read.
    #[error("the answer cannot be read: {0}")]
    Malformed(#[from] DecodeError),
}

/// Whether there is something to fetch between what is known and what is proved.
pub fn is_behind(known: &Frontier, proved: &Frontier) -> Result<bool, LogFault> {
    if known.size() > proved.size() {
        return Err(LogFault::Shrunk { expected: known.size(), found: proved.size() });
    }
    if known.size() == proved.size() && known != proved {
        let (expected, found) = (known.root(), proved.root());
        return Err(LogFault::Forked { size: known.size(), expected, found });
    }
    Ok(known.size() < proved.size())
}

/// Appends a page to what is known.
pub fn extend(known: &Frontier, entries: &[Vec<u8>], asked: u64, missing: u64) -> Result<Frontier, LogFault> {
    let found = entries.len() as u64;
    if found == 0 {
        return Err(LogFault::Withheld { have: known.size(), missing });
    }
    if found > asked {
        return Err(LogFault::TooMany { expected: asked, found });
    }
    let mut frontier = known.clone();
    for entry in entries {
        entry_is_bounded(entry)?;
        frontier.append(entry);
    }
    Ok(frontier)
}

/// The frontier after the last page is the proved one, peak by peak.
pub fn is_proved(frontier: &Frontier, proved: &Frontier) -> Result<(), LogFault> {
    if frontier == proved {
        return Ok(());
    }
    let reason = ProofError::Root { expected: proved.root(), found: frontier.root() };
    Err(LogFault::Mismatch { size: frontier.size(), reason })
}

/// The log with this frontier is the beginning of the proved one (RFC 6962 §2.1.2).
pub fn is_beginning_of(
    frontier: &Frontier,
    proved: &Frontier,
    proof: &ConsistencyProof,
) -> Result<(), LogFault> {
    proof.verify(frontier, proved).map_err(|reason| LogFault::Mismatch { size: frontier.size(), reason })
}

/// The entry stands at this place of the proved log (RFC 6962 §2.1.1).
pub fn is_included(
    entry: &[u8],
    index: u64,
    proved: &Frontier,
    proof: &InclusionProof,
) -> Result<(), LogFault> {
    entry_is_bounded(entry)?;
    if proof.index != index {
        return Err(LogFault::OtherPlace { expected: index, found: proof.index });
    }
    proof
        .verify(leaf_hash(entry), proved)
        .map_err(|reason| LogFault::Mismatch { size: proved.size(), reason })
}

fn entry_is_bounded(entry: &[u8]) -> Result<(), LogFault> {
    if entry.len() > MAX_ENTRY_BYTES {
        return Err(LogFault::EntryTooLarge { found: entry.len() });
    }
    Ok(())
}
