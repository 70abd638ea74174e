//! How many signed transactions a ledger takes, beside the engine's own example application.

mod net;
mod sender;

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result, ensure};
use medrec_protocol::ChainIdentity;

use self::net::{Net, Place};
use super::{
    ledger::Ledger,
    people::{Patient, Publisher, Scene},
    report,
    rounds::{Rounds, Way},
};

/// Transactions in one measurement.
const TXS: usize = 10_000;
/// Relationships that the records are spread over; opened by one transaction.
const PATIENTS: u64 = 128;
const ROUNDS: usize = 3;
/// Variables that say where CometBFT is.
const COMETBFT: &str = "MEDREC_COMETBFT";
const MENDED: &str = "MEDREC_COMETBFT_MENDED";
const GOAL: &str = "; goal ≥ 0.8";

const METHOD: &str = "10,000 transactions, each a record pointer signed by a provider, spread over 128 relationships, handed in by \
    `broadcast_tx_sync` over HTTP on 64 connections, spread evenly over the nodes, at most 4,000 on their way at once. Time: \
    from the first byte until every node's application has executed every transaction; each must have been accepted. Signing \
    is not in it. *kvstore* is CometBFT's own example inside CometBFT, which keeps pairs in memory and checks no signature, with as \
    many bytes in each transaction, the same sender, and the configuration file that `medrec-node` writes for CometBFT. *Embedded*: \
    one `medrec-node` process. *Under CometBFT*: `medrec-node run --engine cometbft`, homes as `medrec-node testnet` makes them (300 ms \
    between blocks). CometBFT's client for applications in another process means to gather what it sends for 20 ms and says 20 ns \
    (v0.38.25, `abci/client/socket_client.go`, `flushThrottleMS`): it sends each transaction alone, and while its sending routine is not \
    ready, a timer starts a routine after every 20 ns, on the core that the routine waits for. The kvstore inside CometBFT does \
    not meet it; *in a process beside* it does, over the same kind of socket (`abci-cli kvstore`). *Mended*: built from the same source with a millisecond there. All nodes and the sender share this computer. A new ledger for each measurement; median of the ratios of three \
    alternating rounds, after one that does not count.";

pub fn report() -> Result<()> {
    let publisher = Publisher::number(1);
    let (one, four) = (Net::of(1, COMETBFT, &publisher)?, Net::of(4, COMETBFT, &publisher)?);
    let (one_mended, four_mended) = (Net::of(1, MENDED, &publisher)?, Net::of(4, MENDED, &publisher)?);
    report::section("Throughput", METHOD)?;
    let ways: Vec<Way<'_>> = vec![
        Box::new(embedded),
        Box::new(|| ours(&one, &publisher)),
        Box::new(|| kvstore(&one, Place::Inside)),
        Box::new(|| ours(&four, &publisher)),
        Box::new(|| kvstore(&four, Place::Inside)),
        Box::new(|| kvstore(&one, Place::Beside)),
        Box::new(|| kvstore(&four, Place::Beside)),
        Box::new(|| ours(&one_mended, &publisher)),
        Box::new(|| ours(&four_mended, &publisher)),
    ];
    let rounds = Rounds::measure(ROUNDS, ways)?;
    // What is measured, and beside what; the aim is the kvstore as it comes.
    let (kvstore_1, kvstore_4) =
        ("kvstore under CometBFT, 1 validator", "kvstore under CometBFT, 4 validators");
    let figures = [
        ("embedded engine", 0, kvstore_1, 2, GOAL),
        ("under CometBFT, 1 validator", 1, kvstore_1, 2, GOAL),
        ("under CometBFT, 4 validators", 3, kvstore_4, 4, GOAL),
        ("under CometBFT, 1 validator", 1, "kvstore in a process beside CometBFT, 1 validator", 5, ""),
        ("under CometBFT, 4 validators", 3, "kvstore in a process beside CometBFT, 4 validators", 6, ""),
        ("under CometBFT, mended, 1 validator", 7, kvstore_1, 2, ""),
        ("under CometBFT, mended, 4 validators", 8, kvstore_4, 4, ""),
    ];
    for (what, way, beside, other, goal) in figures {
        let rate = |way| Ok::<_, anyhow::Error>(report::count(TXS)? / rounds.time(way)?.as_secs_f64());
        // More a second is less time for the same number.
        let ratio = rounds.ratio(other, way)?;
        let beside = format!("{beside} ({:.0} beside {:.0} a second){goal}", rate(way)?, rate(other)?);
        report::figure(&format!("signed transactions a second: {what}"), ratio, "×", &beside)?;
    }
    Ok(())
}

fn embedded() -> Result<Duration> {
    let ledger = Ledger::start()?;
    signed(&[ledger.address], &ledger.chain(), &ledger.publisher)
}

fn ours(net: &Net, publisher: &Publisher) -> Result<Duration> {
    let _processes = net.start_ours()?;
    signed(&net.addresses(), &net.chain()?, publisher)
}

/// Opens the relationships, then measures the records.
fn signed(nodes: &[SocketAddr], chain: &ChainIdentity, publisher: &Publisher) -> Result<Duration> {
    let patients: Vec<Patient> = (0..PATIENTS).map(Patient::number).collect();
    let scene = |patient| Scene { chain, publisher, patient };
    let opening = patients.iter().map(|patient| scene(patient).open()).collect();
    let opening = scene(patients.first().context("no patient")?).by_publisher(opening)?;
    sender::until_executed(nodes, &[sender::request(&opening.encode())])?;
    let mut requests = Vec::with_capacity(TXS);
    for patient in patients.iter().cycle().take(TXS) {
        let scene = scene(patient);
        requests.push(sender::request(&scene.by_publisher(vec![scene.pointer(None)?])?.encode()));
    }
    let time = sender::until_executed(nodes, &requests)?;
    finished(nodes, TXS + 1)?;
    Ok(time)
}

fn kvstore(net: &Net, place: Place) -> Result<Duration> {
    let _processes = net.start_kvstore(place)?;
    let nodes = net.addresses();
    let length = pointer_bytes(net)?;
    // One key or the other, so that no key stands twice and rounds differ in nothing else.
    let pair = |number: usize| {
        let key = format!("{number:064x}=");
        let value = "v".repeat(length - key.len());
        sender::request(format!("{key}{value}").as_bytes())
    };
    let requests: Vec<_> = (0..TXS).map(pair).collect();
    let time = sender::until_executed(&nodes, &requests)?;
    finished(&nodes, TXS)?;
    Ok(time)
}

/// Bytes of the transactions that are compared.
fn pointer_bytes(net: &Net) -> Result<usize> {
    let (chain, publisher, patient) = (net.chain()?, Publisher::number(1), Patient::number(0));
    let scene = Scene { chain: &chain, publisher: &publisher, patient: &patient };
    Ok(scene.by_publisher(vec![scene.pointer(None)?])?.encode().len())
}

fn finished(nodes: &[SocketAddr], txs: usize) -> Result<()> {
    let node = *nodes.first().context("no node")?;
    let accepted = sender::accepted(node)?;
    ensure!(accepted == txs, "{accepted} transactions were accepted, not {txs}");
    Ok(())
}
