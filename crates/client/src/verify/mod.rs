//! Verification: pure functions over what a node answered. Each small predicate says what it expected and what
//! it found; the names are those of the light client specification where it has one.
//!
//! Votes are counted by `tendermint-light-client-verifier`; what that library leaves to its caller, or answers
//! with a panic, is checked in [`header`] before it sees a block.

pub mod genesis;
pub mod header;
pub mod leaf;
pub mod log;
pub mod trusted;
