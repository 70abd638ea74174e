//! Why a node cannot go on.

use std::{
    io,
    path::PathBuf,
    sync::{Mutex, MutexGuard},
};

use medrec_ledger::{LedgerError, StorageError};
use medrec_protocol::genesis::GenesisError;

/// Why something in the node failed. All of these stop a consensus step; a query answers with them.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The database refused to read or write: most often a full or broken disk.
    #[error("the ledger's database failed: {0}; free disk space or repair the disk, then start again")]
    Database(#[source] Box<redb::Error>),
    /// The database opens, but holds what it never should.
    #[error("the ledger's database is damaged: {0}; restore it from a backup or another node")]
    Damaged(&'static str),
    /// Written by a program with another layout.
    #[error(
        "the ledger's database has layout {found}, this program knows {expected}: use a program that fits"
    )]
    Layout {
        /// Layout found on disk.
        found: u64,
        /// Layout of this program.
        expected: u64,
    },
    /// The state machine could not read its state.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The genesis cannot be used.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The genesis is not well-formed.
    #[error("the genesis cannot be read: {0}; take the genesis file of your ledger's founder")]
    GenesisForm(String),
    /// The database belongs to another ledger than the genesis.
    #[error("the database belongs to another ledger than the genesis; use another home folder")]
    OtherGenesis,
    /// The genesis names other validators than this engine can serve.
    #[error("the embedded engine needs a genesis with exactly one validator, whose key is in this home")]
    Validators,
    /// The members voted for validators that this engine cannot sign for.
    #[error("the members voted for other validators than this node; run the ledger under CometBFT")]
    OtherValidators,
    /// Consensus asks for a block that is not the next one.
    #[error(
        "block {found} came, block {expected} was expected; stop, and compare the home folders of node and CometBFT"
    )]
    Height {
        /// Height that follows the committed state.
        expected: u64,
        /// Height that came.
        found: i64,
    },
    /// Commit came before FinalizeBlock.
    #[error("a commit came without a block before it")]
    NothingToCommit,
    /// A request lacks something that CometBFT always sends.
    #[error("an incomplete request came: {0}")]
    Incomplete(&'static str),
    /// An empty block changed the state, which would never end.
    #[error("an empty block changed the state; this is an error in the program")]
    EmptyBlockChangedState,
    /// A value cannot stand in a block.
    #[error("a block cannot be made: {0}")]
    Block(#[from] tendermint::Error),
    /// A message on the socket is too long or not well-formed.
    #[error("a message that is not ABCI came on the socket: {0}")]
    Frame(String),
    /// A consensus step failed; nothing may follow it.
    #[error("consensus stopped: {0}")]
    Consensus(#[source] Box<NodeError>),
    /// Another part of the node failed half-way, so that its state is unknown.
    #[error("the node stops because one of its parts failed half-way; start it again")]
    Halted,
    /// CometBFT cannot be run.
    #[error("CometBFT, {}, cannot be run: {problem}; see docs/operations.md", path.display())]
    Engine {
        /// The program.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// CometBFT's blocks are there, and what its key has signed is not.
    #[error(
        "{} is missing: without it this validator may sign two blocks of one height. Restore the file, or begin with \
         an empty folder, a new validator key and the members' votes for it",
        .0.display()
    )]
    ForgotSigning(PathBuf),
    /// The blocks here were made by the other engine.
    #[error(
        "this ledger was made by the embedded engine, and goes on with it only: run it with --engine embedded"
    )]
    OtherEngine,
    /// A local network cannot be laid out.
    #[error("the network cannot be laid out: {0}")]
    TestNetwork(&'static str),
    /// A file or folder cannot be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{} cannot be used: {problem}", path.display())]
    FileForm {
        /// Which.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// There is a ledger already.
    #[error("there is a ledger already in {}; choose another folder", .0.display())]
    AlreadyInitialised(PathBuf),
    /// There is no ledger yet.
    #[error("there is no ledger in {}; begin one with `medrec-node init`, or name its folder", .0.display())]
    NotInitialised(PathBuf),
    /// Two nodes would sign with one key.
    #[error("another node runs with {}; two of them would sign conflicting blocks", .0.display())]
    InUse(PathBuf),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

/// Wraps any of redb's errors.
pub(crate) fn database(error: impl Into<redb::Error>) -> NodeError {
    NodeError::Database(Box::new(error.into()))
}

/// The database's errors in the words of the state machine's port.
impl From<NodeError> for StorageError {
    fn from(error: NodeError) -> Self {
        match error {
            NodeError::Damaged(problem) => Self::Damaged(problem.into()),
            other => Self::unavailable(other),
        }
    }
}

/// Takes a lock. After a panic under it the state behind it is unknown, so the node stops.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> Result<MutexGuard<'_, T>, NodeError> {
    mutex.lock().map_err(|_| NodeError::Halted)
}
