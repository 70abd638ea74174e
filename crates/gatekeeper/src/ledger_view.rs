//! The ledger as the gatekeeper needs it: a port in its own words. Whatever an adapter hands over was
//! verified under a header that was verified itself; nothing is taken on a node's word.

use std::time::Duration;

use async_trait::async_trait;
use medrec_protocol::{
    ProviderAddress, RelationshipAddress, SignedTx, Timestamp,
    actions::Refusal,
    log::{Frontier, LogEntry},
    state::{ProviderLeaf, RelationshipLeaf},
};

/// A header that was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its height. State is proved as it stood after the block before.
    pub height: u64,
    /// Its time.
    pub time: Timestamp,
}

/// Why the ledger cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerProblem {
    /// No node answers, or what they answer is too old.
    #[error("the ledger cannot be reached: {0}; check that a node runs and try again")]
    Away(String),
    /// A node's answer failed verification.
    #[error("a ledger node answered with something that is not true: {0}; nothing was taken from it")]
    Untrue(String),
    /// The ledger's validators signed two histories.
    #[error("{0}; no record is released until the consortium has cleared it up")]
    Forked(String),
    /// What was asked for needs another program or another setting.
    #[error("the ledger cannot be used: {0}")]
    Unusable(String),
}

/// A relationship under a verified header.
#[derive(Clone, Debug)]
pub struct RelationshipView {
    /// Under which header.
    pub at: Head,
    /// The relationship; none is proved, too: there is no such relationship.
    pub found: Option<FoundRelationship>,
}

/// A relationship that exists, with what its log has beyond what was known.
#[derive(Clone, Debug)]
pub struct FoundRelationship {
    /// The leaf, proved.
    pub leaf: RelationshipLeaf,
    /// Encoded entries from the end of the known log up to the leaf's: together they are exactly that log.
    pub new_entries: Vec<Vec<u8>>,
}

/// One entry of another provider's log, proved to stand there.
#[derive(Clone, Debug)]
pub struct ProvedEntry {
    /// Under which header.
    pub at: Head,
    /// The relationship's leaf, proved.
    pub leaf: RelationshipLeaf,
    /// The entry.
    pub entry: LogEntry,
}

/// What a node said to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It is on its way. Nothing is certain until it is seen in the log.
    Accepted,
    /// Refused, with the reason the node gave.
    Refused(Refusal),
}

/// Which node was handed a transaction, and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// Operator and address of the node.
    pub node: String,
    /// Its word.
    pub said: Submitted,
}

/// A node that cannot be relied on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FailingNode {
    /// Operator and address.
    pub node: String,
    /// What it does.
    pub why: String,
}

/// The ledger.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// The newest verified header; asked for anew when the last answer is older than `max_age`.
    async fn head(&self, max_age: Duration) -> Result<Head, LedgerProblem>;

    /// A provider's leaf under the newest verified header.
    async fn provider(&self, address: ProviderAddress) -> Result<Option<ProviderLeaf>, LedgerProblem>;

    /// A relationship under the newest verified header; `known` is the part of its log that is stored here.
    async fn relationship(
        &self,
        address: RelationshipAddress,
        known: &Frontier,
    ) -> Result<RelationshipView, LedgerProblem>;

    /// A relationship's leaf under the newest verified header, whoever publishes there.
    async fn leaf(&self, address: RelationshipAddress) -> Result<Option<RelationshipLeaf>, LedgerProblem>;

    /// One entry of a relationship's log under the newest verified header.
    async fn entry(
        &self,
        relationship: RelationshipAddress,
        index: u64,
    ) -> Result<Option<ProvedEntry>, LedgerProblem>;

    /// Nodes that lied or were away when the newest header was asked for.
    async fn failing(&self) -> Vec<FailingNode>;

    /// Hands a transaction to the node that comes so many places after the one that is asked first.
    async fn submit(&self, tx: &SignedTx, turn: u32) -> Result<Handed, LedgerProblem>;
}
