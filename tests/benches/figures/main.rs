//! The figures of docs/benchmarks.md: one JSON object a line for each, read by `cargo xtask bench`.
//!
//! A time says something about one computer only. So every figure is a count, or a ratio between two ways that were
//! measured in turn in the same run. The ledger is the real `medrec-node` process, reached over HTTP; vault, copies and
//! signatures are those of the product.

mod copies;
mod ledger;
mod log_sync;
mod meter;
mod people;
mod publisher;
mod report;
mod rounds;
mod sizes;
mod state_proofs;
mod table;
mod unlock;

use anyhow::Result;

fn main() -> Result<()> {
    sizes::report()?;
    log_sync::report()?;
    state_proofs::report()?;
    unlock::report()?;
    copies::report()
}
