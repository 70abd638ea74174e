//! Bringing a log up to date: what verification adds, and what a long history costs when nothing is new.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use medrec_client::{HttpNode, Node as _, TrustedHead, node::Query};
use medrec_protocol::{
    RelationshipAddress, SignedTx, codec,
    log::{Frontier, LogId},
    query::{self, LogEntries, LogRange, MAX_LOG_ANSWER_ENTRIES},
    tx::MAX_ACTIONS,
};
use tokio::runtime::Runtime;

use super::{
    ledger::{Ledger, node_at},
    meter::{Meter, Traffic},
    people::{Patient, Scene, now},
    report,
    rounds::{Rounds, Way},
    table::Table,
};

/// Entries of the logs whose patients have nothing new.
const HISTORIES: [u64; 3] = [100, 10_000, 100_000];
/// Those of them that are fetched from the beginning, and how often.
const FETCHED: [(usize, usize); 2] = [(1, 9), (2, 3)];
const IDLE_ROUNDS: usize = 15;
/// Syncs of one measured time: one alone is a few milliseconds.
const IDLE_SYNCS: u32 = 20;

const SYNC_METHOD: &str = "One real node process, reached over HTTP on loopback; the log of one relationship, one entry for the \
    opening and one for each record pointer. *Verified*: a new light client that knows the network file only: genesis, \
    headers and votes, the proof of the relationship's leaf, every page of entries verified before it is kept, and the right \
    edge of the log kept with each page. *Unverified*: the same pages asked of the same node over the same HTTP client and \
    believed. Both keep the entries in an encrypted SQLite table (SQLCipher, WAL, synchronous = full), one transaction for \
    each page, entries one by one as the wallet does. Decrypting, reading and indexing the entries are in neither. \
    Median of the ratios of nine alternating rounds for 10,000 entries and of three for 100,000, after one that does not count. Bytes are counted by a relay between client \
    and node, both directions, HTTP header fields included.";
const IDLE_METHOD: &str = "The same node holds three relationships of 100, 10,000 and 100,000 entries. The client knows each log \
    whole and a verified header that is older than the newest, as after a pause. A sync verifies the newest header, compares \
    the header that it knew, and proves the leaf of the relationship. Requests and bytes are counted as above, on a new \
    connection. The bytes differ by the logarithm of the history: one hash for each bit that is set in the log's size. Times are \
    without the relay: twenty syncs each, median of the ratios of fifteen alternating rounds.";

/// A log that the client knows whole.
struct Known {
    relationship: RelationshipAddress,
    frontier: Frontier,
}

pub fn report() -> Result<()> {
    let runtime = Runtime::new()?;
    let ledger = Ledger::start()?;
    let mut logs = Vec::new();
    for (number, size) in (1..).zip(HISTORIES) {
        logs.push(runtime.block_on(write_history(&ledger, &Patient::number(number), size))?);
    }
    report::section("Fetching a log", SYNC_METHOD)?;
    for (log, rounds) in FETCHED {
        fetched(&runtime, &ledger, &logs[log], rounds)?;
    }
    report::section("A sync with nothing new", IDLE_METHOD)?;
    nothing_new(&runtime, &ledger, &logs)
}

/// Opens a relationship and publishes pointers until its log has `size` entries.
async fn write_history(ledger: &Ledger, patient: &Patient, size: u64) -> Result<Known> {
    let chain = ledger.chain();
    let scene = Scene { chain: &chain, publisher: &ledger.publisher, patient };
    let relationship = patient.relationship();
    ledger.submit(&[scene.by_publisher(vec![scene.open()])?]).await?;
    ledger.wait_for(relationship, 1).await?;
    ledger.submit(&batches(&scene, usize::try_from(size - 1)?)?).await?;
    let (_, snapshot) = ledger.wait_for(relationship, size).await?;
    let proven = snapshot.relationship(relationship).await?.context("it was found a moment ago")?;
    Ok(Known { relationship, frontier: proven.log().frontier().clone() })
}

fn batches(scene: &Scene<'_>, pointers: usize) -> Result<Vec<SignedTx>> {
    let mut txs = Vec::new();
    let mut left = pointers;
    while left > 0 {
        let batch = left.min(MAX_ACTIONS);
        txs.push(scene.by_publisher((0..batch).map(|_| scene.pointer(None)).collect::<Result<_>>()?)?);
        left -= batch;
    }
    Ok(txs)
}

fn fetched(runtime: &Runtime, ledger: &Ledger, log: &Known, rounds: usize) -> Result<()> {
    let size = log.frontier.size();
    let entries = report::grouped(size);
    let keeping = |verify: Verify| -> Result<Way<'_>> {
        let node = ledger.node()?;
        Ok(Box::new(move || {
            let table = runtime.block_on(Table::new())?;
            let took = runtime.block_on(timed(fetch(ledger, &node, log, verify, Some(&table))))?;
            runtime.block_on(table.close(size))?;
            Ok(took)
        }))
    };
    let dropping = |verify: Verify| -> Result<Way<'_>> {
        let node = ledger.node()?;
        Ok(Box::new(move || runtime.block_on(timed(fetch(ledger, &node, log, verify, None)))))
    };
    let ways = vec![
        keeping(Verify::Everything)?,
        keeping(Verify::Nothing)?,
        dropping(Verify::Everything)?,
        dropping(Verify::Nothing)?,
    ];
    let rounds = Rounds::measure(rounds, ways)?;
    let beside = |way| Ok::<_, anyhow::Error>(report::time(rounds.time(way)?));
    report::figure(
        &format!("{entries} entries fetched, verified and kept"),
        rounds.ratio(0, 1)?,
        "×",
        &format!("fetched and kept unverified ({} beside {}); goal ≤ 1.3", beside(0)?, beside(1)?),
    )?;
    report::figure(
        &format!("{entries} entries fetched and verified, not kept"),
        rounds.ratio(2, 3)?,
        "×",
        &format!("only fetched ({} beside {})", beside(2)?, beside(3)?),
    )?;
    let traffic = |verify| runtime.block_on(moved(ledger, log, verify));
    let (verified, unverified) = (traffic(Verify::Everything)?, traffic(Verify::Nothing)?);
    report::figure(
        &format!("bytes on the wire for {entries} verified entries"),
        report::count(verified.bytes)? / report::count(unverified.bytes)?,
        "×",
        &format!(
            "unverified ({} beside {} bytes, {} beside {} requests)",
            report::grouped(u64::try_from(verified.bytes)?),
            report::grouped(u64::try_from(unverified.bytes)?),
            verified.requests,
            unverified.requests
        ),
    )
}

/// What fetching a log moves over a connection of its own.
async fn moved(ledger: &Ledger, log: &Known, verify: Verify) -> Result<Traffic> {
    let meter = Meter::before(ledger.address).await?;
    let node = node_at(meter.address())?;
    fetch(ledger, &node, log, verify, None).await?;
    Ok(meter.traffic())
}

#[derive(Clone, Copy)]
enum Verify {
    Everything,
    Nothing,
}

async fn fetch(
    ledger: &Ledger,
    node: &Arc<HttpNode>,
    log: &Known,
    verify: Verify,
    table: Option<&Table>,
) -> Result<()> {
    match verify {
        Verify::Everything => verified(ledger, node, log, table).await,
        Verify::Nothing => unverified(node, log, table).await,
    }
}

async fn verified(ledger: &Ledger, node: &Arc<HttpNode>, log: &Known, table: Option<&Table>) -> Result<()> {
    let mut client = ledger.client(Arc::clone(node), None)?;
    client.update(now()?).await?;
    let proven = client.snapshot()?.relationship(log.relationship).await?.context("no relationship")?;
    let mut sync = proven.log().sync(Frontier::default())?;
    let mut known = 0;
    while let Some(page) = sync.next_page().await? {
        if let Some(table) = table {
            let entries: Vec<&[u8]> = page.entries.iter().map(|entry| entry.bytes.as_slice()).collect();
            table.keep(log.relationship, known, &entries, Some(&page.frontier)).await?;
        }
        known = page.progress.done;
    }
    ensure!(*sync.known() == log.frontier, "another log than the one that was written");
    Ok(())
}

async fn unverified(node: &HttpNode, log: &Known, table: Option<&Table>) -> Result<()> {
    let size = log.frontier.size();
    let mut known = 0;
    while known < size {
        let count = u32::try_from(size - known)?.min(MAX_LOG_ANSWER_ENTRIES);
        let range = LogRange { log: LogId::Relationship(log.relationship), from: known, count };
        let query = Query { path: query::LOG, data: codec::encode(&range), height: None, prove: false };
        let LogEntries(entries) = LogEntries::decode(&node.query(query).await?.value)?;
        ensure!(!entries.is_empty(), "the node sent nothing");
        if let Some(table) = table {
            let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
            table.keep(log.relationship, known, &entries, None).await?;
        }
        known += u64::try_from(entries.len())?;
    }
    Ok(())
}

async fn timed(work: impl Future<Output = Result<()>>) -> Result<Duration> {
    let started = Instant::now();
    work.await?;
    Ok(started.elapsed())
}

fn nothing_new(runtime: &Runtime, ledger: &Ledger, logs: &[Known]) -> Result<()> {
    let head = runtime.block_on(head_in_the_past(ledger))?;
    let traffic = logs.iter().map(|log| runtime.block_on(metered(ledger, &head, log)));
    let traffic = traffic.collect::<Result<Vec<_>>>()?;
    let mut ways: Vec<Way<'_>> = Vec::new();
    for log in logs {
        let (node, head) = (ledger.node()?, &head);
        ways.push(Box::new(move || runtime.block_on(timed(idle(ledger, &node, head, log, IDLE_SYNCS)))));
    }
    let rounds = Rounds::measure(IDLE_ROUNDS, ways)?;
    let Some(least) = traffic.first() else { return Ok(()) };
    for (way, (size, found)) in HISTORIES.iter().zip(&traffic).enumerate() {
        let what = |what: &str| format!("{what} with {} entries", report::grouped(*size));
        let growth = report::count(found.bytes)? / report::count(least.bytes)?;
        let growth = format!("{growth:.2} × those with 100 entries; goal: does not grow");
        let growth = if way == 0 { "" } else { &growth };
        report::figure(&what("requests"), report::count(found.requests)?, "requests", "")?;
        report::figure(&what("bytes on the wire"), report::count(found.bytes)?, "bytes", growth)?;
        if way > 0 {
            let times =
                (report::time(rounds.time(way)? / IDLE_SYNCS), report::time(rounds.time(0)? / IDLE_SYNCS));
            let beside = format!("with 100 entries ({} beside {}); goal: does not grow", times.0, times.1);
            report::figure(&what("time"), rounds.ratio(way, 0)?, "×", &beside)?;
        }
    }
    Ok(())
}

/// A verified header, after which the ledger goes on with something that concerns none of the logs.
async fn head_in_the_past(ledger: &Ledger) -> Result<TrustedHead> {
    let mut client = ledger.client(ledger.node()?, None)?;
    client.update(now()?).await?;
    let head = client.trusted().context("an update leaves a trusted head")?.clone();
    let (chain, other) = (ledger.chain(), Patient::number(1_000));
    let scene = Scene { chain: &chain, publisher: &ledger.publisher, patient: &other };
    ledger.submit(&[scene.by_publisher(vec![scene.open()])?]).await?;
    ledger.wait_for(other.relationship(), 1).await?;
    Ok(head)
}

/// What one sync moves over a connection of its own.
async fn metered(ledger: &Ledger, head: &TrustedHead, log: &Known) -> Result<Traffic> {
    let meter = Meter::before(ledger.address).await?;
    let node = node_at(meter.address())?;
    idle(ledger, &node, head, log, 1).await?;
    Ok(meter.traffic())
}

/// So many syncs, one after the other, that find nothing.
async fn idle(
    ledger: &Ledger,
    node: &Arc<HttpNode>,
    head: &TrustedHead,
    log: &Known,
    times: u32,
) -> Result<()> {
    for _ in 0..times {
        let mut client = ledger.client(Arc::clone(node), Some(head.clone()))?;
        let update = client.update(now()?).await?;
        ensure!(update.head.height > head.height(), "the ledger did not go on");
        let proven = client.snapshot()?.relationship(log.relationship).await?.context("no relationship")?;
        let mut sync = proven.log().sync(log.frontier.clone())?;
        ensure!(sync.next_page().await?.is_none(), "something was new");
    }
    Ok(())
}
