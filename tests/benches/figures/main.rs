//! The figures of docs/benchmarks.md: one JSON object a line for each, read by `cargo xtask bench`.
//!
//! A time says something about one computer only. So every figure is a count, or a ratio between two ways that were
//! measured in turn in the same run. The ledger is the real `medrec-node` process, reached over HTTP; vault, copies and
//! signatures are those of the product.
//!
//! `--only NAME` measures one part; parts that take very long are measured only when they are named, or with `--large`.

mod accounts;
mod away;
mod copies;
mod history;
mod ledger;
mod log_sync;
mod many_records;
mod meter;
mod million;
mod people;
mod publisher;
mod report;
mod rounds;
mod sizes;
mod state_proofs;
mod table;
mod throughput;
mod unlock;

use anyhow::{Context, Result, bail};

/// Something that can be measured by itself.
struct Part {
    name: &'static str,
    /// Takes more than a few minutes.
    large: bool,
    report: fn() -> Result<()>,
}

const fn part(name: &'static str, report: fn() -> Result<()>) -> Part {
    Part { name, large: false, report }
}

/// In the order of the document.
const PARTS: &[Part] = &[
    part("sizes", sizes::report),
    part("away", away::report),
    part("log-sync", log_sync::report),
    part("many-records", many_records::report),
    part("state-proofs", state_proofs::report),
    part("throughput", throughput::report),
    Part { name: "million", large: true, report: million::report },
    part("unlock", unlock::report),
    part("copies", copies::report),
];

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let large = words.iter().any(|word| word == "--large");
    let only = match words.iter().position(|word| word == "--only") {
        Some(at) => Some(words.get(at + 1).context("--only needs a name")?.as_str()),
        None => None,
    };
    let chosen: Vec<&Part> =
        PARTS.iter().filter(|part| only.map_or(large || !part.large, |name| name == part.name)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
        bail!("--only takes one of: {}", names.join(", "));
    }
    chosen.into_iter().try_for_each(|part| (part.report)())
}
