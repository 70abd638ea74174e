//! What can go wrong, told apart: the node is away, the node lies, trust is too old, the network is another one,
//! the transaction was refused.

use medrec_protocol::{ChainIdentity, Hash32, actions::Refusal, tx::TxId};
use tendermint::Time;

use crate::{
    evidence::Evidence,
    head::Height,
    node::NodeError,
    verify::{
        genesis::GenesisFault, header::HeaderFault, leaf::LeafFault, log::LogFault, trusted::StoredHeadError,
    },
};

/// Why the ledger could not be read or written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ClientError {
    /// The node gave no answer that could be judged.
    #[error("the ledger node {node} cannot be used: {error}; check the connection and try again")]
    Node {
        /// Operator and address of the node.
        node: String,
        /// What happened.
        error: NodeError,
    },
    /// The node's answer failed verification. Nothing of it was used.
    #[error("the ledger node {node} gave a false answer: {lie}; use another node and tell its operator")]
    Lie {
        /// Operator and address of the node.
        node: String,
        /// Which check failed.
        lie: Box<Lie>,
    },
    /// The node shows less of the ledger than was verified before.
    #[error(
        "the ledger node {} shows the ledger only up to block {}, but block {} was verified before; \
         use another node, or wait until it has caught up",
        .0.node, .0.shown.header.height, .0.kept.header.height
    )]
    Rollback(Box<Evidence>),
    /// Two headers of one height, both signed by the ledger's validators: history was rewritten.
    #[error(
        "the ledger's validators signed two different blocks {}, as the node {} shows: one of two histories is false, \
         and nobody can tell from here which. Nothing new is believed. Keep the evidence and tell the consortium",
        .0.kept.header.height, .0.node
    )]
    Fork(Box<Evidence>),
    /// The network file names another ledger than the node serves.
    #[error(
        "the node serves another ledger than the network file names: {} with genesis {} expected, found {}; \
         check the network file",
        .expected.chain_id, .expected.genesis_hash, .found
    )]
    WrongNetwork {
        /// The ledger of the network file.
        expected: Box<ChainIdentity>,
        /// What the node serves.
        found: String,
    },
    /// The newest trusted header is too old to start from.
    #[error(
        "the newest block trusted is of {since} and was trusted until {until}; \
         ask the consortium for a new network file with an anchor"
    )]
    TrustExpired {
        /// Time of the trusted header.
        since: Time,
        /// End of the trusting period.
        until: Time,
    },
    /// The newest verified head is too old to act on.
    #[error(
        "the newest block of the ledger is {seconds} seconds old; the node stands still or is cut off, try another one"
    )]
    Stale {
        /// Age in seconds.
        seconds: u64,
    },
    /// The head was read or written in a form that cannot be used.
    #[error(transparent)]
    StoredHead(#[from] StoredHeadError),
    /// The ledger has not yet sealed the two blocks that a proof needs.
    #[error("the ledger has just begun and cannot prove its state yet; try again in a moment")]
    NotReady,
    /// Nothing was verified yet.
    #[error("the ledger was not read yet; bring the view of the ledger up to date first")]
    NoHead,
    /// The account that was asked for does not exist.
    #[error("there is no log of this relationship on the ledger")]
    NoLog,
    /// No node to ask.
    #[error("no ledger node is named; a network file with at least one is needed")]
    NoNode,
    /// This computer's clock is beyond what a calendar holds.
    #[error("this computer's clock shows an impossible time; set it and try again")]
    Clock,
    /// The HTTP client could not be made.
    #[error("no secure connection can be made on this computer: {0}")]
    Transport(String),
    /// The ledger's rules refuse the transaction.
    #[error("the ledger refused: {0}")]
    Refused(#[from] Refusal),
    /// Refused by a rule that this program does not know.
    #[error("the ledger refused by rule {code}, which this program does not know: a newer program is needed")]
    RefusedByUnknownRule {
        /// Result code.
        code: u32,
    },
    /// The transaction was handed in, but its effect was not proved in time. It may still happen.
    #[error("not yet confirmed by the ledger; it will be sent again{}", last.as_ref().map(|last| format!(" (last problem: {last})")).unwrap_or_default())]
    NotConfirmed {
        /// The transaction.
        id: TxId,
        /// The last problem on the way, if any.
        last: Option<String>,
    },
    /// The transaction's time of validity has passed and it was not proved: it cannot happen any more, unless it
    /// happened unseen.
    #[error(
        "the ledger did not accept it within its time of validity; look at the log and sign it again if it is not there"
    )]
    Lapsed {
        /// The transaction.
        id: TxId,
    },
}

/// A check that a node's answer failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lie {
    /// About a header.
    #[error("header: {0}")]
    Header(#[from] HeaderFault),
    /// A header that does not continue the trusted one of the same height.
    #[error("header: block {height} with hash {expected} was verified before, found {found}")]
    Conflict {
        /// Height of both.
        height: Height,
        /// Hash verified before.
        expected: Hash32,
        /// Hash found.
        found: Hash32,
    },
    /// No chain of headers leads from the trusted one to the shown one.
    #[error("header: more than {0} steps from the trusted header to the newest")]
    TooManySteps(usize),
    /// About the genesis document.
    #[error("genesis: {0}")]
    Genesis(#[from] GenesisFault),
    /// About a leaf of the state.
    #[error("account: {0}")]
    Leaf(#[from] LeafFault),
    /// A proved leaf that cannot be decoded: the ledger speaks a newer language.
    #[error("account: proved, but it cannot be read: {0}")]
    LeafContent(String),
    /// About entries of a log.
    #[error("log: {0}")]
    Log(#[from] LogFault),
    /// A transaction that was said to be in a block is not.
    #[error(
        "transaction: said to stand in block {said}, but the state after block {proved} proves that it does not"
    )]
    NotIncluded {
        /// Block that the node named.
        said: Height,
        /// Block whose state was proved.
        proved: Height,
    },
}

impl ClientError {
    pub(crate) fn lie(node: &str, lie: impl Into<Lie>) -> Self {
        Self::Lie { node: node.to_owned(), lie: Box::new(lie.into()) }
    }

    pub(crate) fn node(node: &str, error: NodeError) -> Self {
        Self::Node { node: node.to_owned(), error }
    }

    /// True when the node could not be asked: another one may be.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Node { error: NodeError::Unreachable { .. }, .. })
    }

    /// The refusal that a result code stands for.
    pub(crate) fn refused(code: u32) -> Self {
        Refusal::from_code(code).map_or(Self::RefusedByUnknownRule { code }, Self::Refused)
    }
}
