//! The deterministic state machine behind the ledger.
//!
//! Pure: it reads committed state through [`Storage`], takes block height, block time and transactions as
//! arguments, and returns what would change. It writes nothing, has no clock and no random source, so that
//! every node that executes the same blocks reaches the same root. (docs/spec/state.md)
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`storage`] | the port to committed state, and [`Changes`] to be written |
//! | [`genesis`] | the state that a ledger begins with |
//! | [`transaction`] | the rules of one transaction, in order |
//! | [`block`] | a block of transactions, and the new root |
//! | [`signatures`] | which signatures were found good already |
//! | [`check`] | the same rules before a block: which transactions are worth proposing |
//! | [`query`] | leaves, log entries and proofs of both |
//! | [`snapshot`] | the whole state in pieces, for a new node |

#![deny(clippy::float_arithmetic)]

pub mod block;
pub mod check;
pub mod error;
pub mod genesis;
mod overlay;
pub mod query;
pub mod signatures;
pub mod snapshot;
pub mod storage;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transaction;
mod tree;

pub use block::{BlockOutcome, TxResult, execute_block, execute_block_knowing};
pub use check::CheckState;
pub use error::{LedgerError, QueryError, StorageError};
pub use genesis::init_chain;
pub use query::{
    LeafProof, chain_identity, log_entries, log_size, prove_consistency, prove_inclusion, prove_leaf,
};
pub use signatures::GoodSignatures;
pub use storage::{Changes, Storage, TreeHead};
pub use transaction::{is_well_formed, well_formed};
