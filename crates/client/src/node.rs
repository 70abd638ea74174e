//! The port: what is asked of a ledger node, in this crate's words. Nothing that a node answers is believed;
//! the answers are only parsed here.

use async_trait::async_trait;
use medrec_protocol::tx::TxId;
use tendermint::{block::signed_header::SignedHeader, validator};

use crate::{head::Height, verify::genesis::GenesisDocument};

/// Most validators that a ledger may have.
pub const MAX_VALIDATORS: usize = 500;

/// Why a node gave no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NodeError {
    /// No connection, no answer in time, or not the answer of a ledger node's HTTP server.
    #[error("it cannot be reached: {reason}")]
    Unreachable {
        /// What the network said.
        reason: String,
    },
    /// The answer is longer than any answer may be.
    #[error("its answer has more than {limit} bytes")]
    TooLarge {
        /// Bytes that are read at most.
        limit: usize,
    },
    /// The answer cannot be parsed.
    #[error("its answer about {what} cannot be read: {reason}")]
    Malformed {
        /// What was asked for.
        what: &'static str,
        /// What the parser said.
        reason: String,
    },
    /// The node answered with an error of its own.
    #[error("it answers with an error about {what}: {reason}")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// The node's words, cut short.
        reason: String,
    },
}

/// A question to the application behind the node ([`medrec_protocol::query`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// One of the paths of [`medrec_protocol::query`].
    pub path: &'static str,
    /// The argument.
    pub data: Vec<u8>,
    /// State after this block; the newest when absent.
    pub height: Option<Height>,
    /// With a proof.
    pub prove: bool,
}

/// An answer of the application, not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryAnswer {
    /// State after this block; absent when the node names none.
    pub height: Option<Height>,
    /// The key that was asked about.
    pub key: Vec<u8>,
    /// The value; empty when there is none.
    pub value: Vec<u8>,
    /// Operations that lead from the value to the app hash.
    pub proof: Vec<ProofOperation>,
}

/// One step of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofOperation {
    /// Kind of the operation.
    pub kind: String,
    /// The key that it is about.
    pub key: Vec<u8>,
    /// The proof.
    pub data: Vec<u8>,
}

/// What a node says about a transaction: its result code, 0 for accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultCode(pub u32);

impl ResultCode {
    /// True when the transaction was accepted.
    pub const fn is_accepted(self) -> bool {
        self.0 == 0
    }
}

/// Where a node says that a transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TxPlace {
    /// Height of its block.
    pub height: Height,
    /// What came of it.
    pub result: ResultCode,
}

/// A ledger node. Adapters bound the size of answers and the time they wait.
#[async_trait]
pub trait Node: Send + Sync {
    /// Name for messages: operator and address.
    fn name(&self) -> &str;
    /// Who runs it. Nodes of one operator do not vouch for each other.
    fn operator(&self) -> &str {
        self.name()
    }
    /// The document that the ledger began with.
    async fn genesis(&self) -> Result<GenesisDocument, NodeError>;
    /// The newest header with the votes for it.
    async fn newest_header(&self) -> Result<SignedHeader, NodeError>;
    /// The header of a height with the votes for it.
    async fn header(&self, height: Height) -> Result<SignedHeader, NodeError>;
    /// The validators of a height, at most [`MAX_VALIDATORS`].
    async fn validators(&self, height: Height) -> Result<Vec<validator::Info>, NodeError>;
    /// Asks the application.
    async fn query(&self, query: Query) -> Result<QueryAnswer, NodeError>;
    /// Hands in a transaction and answers with what the first check said.
    async fn submit(&self, tx: &[u8]) -> Result<ResultCode, NodeError>;
    /// Looks for a transaction in the blocks; none when the node knows none.
    async fn find_tx(&self, id: TxId) -> Result<Option<TxPlace>, NodeError>;
}
