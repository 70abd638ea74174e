//! For the tests of this crate and of storages: a storage in memory, actors and their transactions, a small
//! ledger that executes blocks, and conformance tests that every storage runs.
//!
//! Everything is made from small numbers, so that a failing test fails again in the same way. Nothing here
//! is random enough for use outside tests.

#![allow(clippy::expect_used, reason = "a test may panic")]

pub mod conformance;
mod ledger;
mod memory;
mod proof;
pub mod sample;
mod scribe;

pub use ledger::{GENESIS_TIME, SampleLedger, forge};
pub use memory::MemoryStorage;
pub use proof::assert_proves;
pub use scribe::Scribe;
