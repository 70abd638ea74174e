//! The light client against a ledger in memory: real transactions, real state and proofs, real signed headers,
//! and a node that lies in one way at a time.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod chain;
mod contact;
mod evidence;
mod headers;
mod honest;
mod leaves;
mod logs;
mod long_absence;
mod node;
mod passed_by;
mod rpc;
mod submitting;
mod witnesses;
mod world;
