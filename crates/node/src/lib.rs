//! A ledger node: storage on disk around the state machine of `medrec-ledger`, and two engines that
//! drive it through the same ABCI 2.0 interface.
//!
//! | module | what it is for | specification |
//! | --- | --- | --- |
//! | [`storage`] | one redb file; one durable write for each block | docs/spec/node.md |
//! | [`app`] | the ABCI 2.0 application | CometBFT v0.38, spec/abci |
//! | [`abci_server`] | the socket on which CometBFT drives it | CometBFT v0.38, spec/abci |
//! | [`cometbft`] | CometBFT as a child process | docs/spec/node.md |
//! | [`engine`] | the embedded engine: one validator, CometBFT's blocks | CometBFT v0.38, spec/core |
//! | [`rpc`] | CometBFT's JSON-RPC over the embedded engine | docs/spec/node.md |
//! | [`home`] | the files of a node | docs/spec/node.md |
//! | [`snapshots`] | snapshots for newcomers, in files | docs/spec/node.md |
//! | [`testnet`] | homes of several nodes on one computer | docs/spec/node.md |
//!
//! Two invariants hold in every module: what is visible outside is durable, and a node that cannot be
//! sure of its state stops.

pub mod abci_server;
pub mod app;
pub mod cometbft;
pub mod engine;
pub mod error;
pub mod genesis;
pub mod home;
pub mod rpc;
pub mod snapshots;
pub mod storage;
pub mod testnet;

pub use error::NodeError;
