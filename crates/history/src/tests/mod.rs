//! The crate against a ledger in memory: real transactions, real state and proofs, real signed headers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod chain;
mod exports;
mod mutations;
#[cfg(feature = "pdf")]
mod pages;
mod sample;
mod sentences;
mod vectors;
mod verifying;
mod world;
