//! A view of the ledger that believes no node.
//!
//! Headers are verified as CometBFT's light clients do, starting from a genesis or an anchor that the network
//! file names; accounts by a Merkle proof under a verified header; a log by its size and peaks in a proved
//! account. What cannot be verified is not handed out: the types [`TrustedHead`], [`Snapshot`],
//! [`ProvenLog`] and [`LogPage`] come from verification only. (docs/spec/light-client.md, `LC-1` …)
//!
//! | module | what it does | effects |
//! | --- | --- | --- |
//! | [`verify`] | predicates over headers, proofs, pages and genesis | none: bytes and `now` are arguments |
//! | [`node`] | the port: what is asked of a node | a trait |
//! | [`http`] | the port over CometBFT's JSON-RPC | network |
//! | [`light`], [`witness`] | keeps the newest verified header, compared among nodes | through the port, timer |
//! | [`evidence`] | two signed headers that cannot both be true, for others to check | none |
//! | [`snapshot`], [`log`] | verified reads under one header | through the port |
//! | [`submit`] | sends a transaction until its effect is proved | through the port, timer |

pub mod error;
pub mod evidence;
pub mod head;
pub mod http;
pub mod light;
pub mod log;
pub mod network;
pub mod node;
pub mod snapshot;
pub mod submit;
pub mod verify;
mod walk;
pub mod witness;

pub use error::{ClientError, Lie};
pub use evidence::{Contradiction, Evidence, EvidenceFault};
pub use head::{FRESH_SECONDS, Freshness, Head, Height};
pub use http::HttpNode;
pub use light::{LightClient, Update};
pub use log::{LogPage, LogSync, Progress, ProvenLog, SyncEnd, VerifiedEntry};
pub use network::{Anchor, NamedNode, NetworkFile, NetworkFileError, NodeUrl, TrustingPeriod};
pub use node::{Node, NodeError};
pub use snapshot::{ProvenDirectory, ProvenRelationship, Snapshot};
pub use submit::{Committed, HandedIn, Patience};
pub use verify::trusted::{StoredHeadError, TrustedHead};
pub use witness::{WitnessReport, WitnessVerdict};
