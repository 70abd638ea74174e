//! What can go wrong. A refused transaction is none of this: it is a [`medrec_protocol::actions::Refusal`],
//! and the block goes on. A [`LedgerError`] means that this node's copy of the state cannot be trusted or
//! read: it must stop. A [`QueryError`] answers a question.

use std::error::Error;

use medrec_protocol::{
    actions::Failure,
    codec::DecodeError,
    genesis::GenesisError,
    log::{LogId, ProofError},
};

/// Why committed state cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The disk or database below answered with an error.
    #[error("the ledger's storage cannot be read: {0}; check the disk, then start the node again")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// What was read is not what was written.
    #[error("the ledger's storage is damaged: {0}; set it aside and synchronise from another node")]
    Damaged(String),
}

impl StorageError {
    /// An error of the medium below.
    pub fn unavailable(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

/// Why the state machine cannot go on. Always fatal to the node that sees it.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Committed state cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A leaf of committed state is not what stands under its key.
    #[error("the leaf under key {key} is damaged ({source}); set the storage aside and synchronise again")]
    Leaf {
        /// The key in hexadecimal.
        key: String,
        /// What is wrong with the leaf.
        source: DecodeError,
    },
    /// The authenticated tree does not fit together.
    #[error("the state tree is damaged: {0}; set the storage aside and synchronise from another node")]
    Tree(String),
    /// A block came before the chain was initialised.
    #[error("the ledger has no genesis yet: initialise the chain before executing blocks")]
    NotBegun,
    /// The chain was initialised before.
    #[error("the ledger has begun already: a second genesis is refused")]
    AlreadyBegun,
    /// The genesis breaks its own rules.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
}

impl From<LedgerError> for Failure<LedgerError> {
    fn from(error: LedgerError) -> Self {
        Self::State(error)
    }
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The node itself is in trouble.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The tree of this version is no longer kept, or does not exist yet.
    #[error("state version {0} is not kept here: ask for a newer height, or ask an archive node")]
    VersionNotKept(u64),
    /// There is no such log.
    #[error("there is no log {0:?} on this ledger")]
    UnknownLog(LogId),
    /// The log has no such entry or size.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl From<StorageError> for QueryError {
    fn from(error: StorageError) -> Self {
        Self::Ledger(error.into())
    }
}
