//! Hands transactions in over HTTP, the same way to whoever takes them, and waits until all are executed.
//!
//! It is small on purpose: sender and nodes share one computer, and what the sender takes is missing to the nodes.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use xtask::loopback;

/// Connections, spread evenly over the nodes.
pub const CONNECTIONS: usize = 64;
/// Most transactions on their way at once. CometBFT's mempool drops what it answered with a yes when it was filled between its
/// check and the answer: with twice as many as these, where a block is executed and not yet taken out, it must not come to that.
const ON_THEIR_WAY: usize = 4_000;
/// Pause of a sender while as many are on their way.
const FULL: Duration = Duration::from_millis(5);
/// How often the nodes are asked how far they are.
const LOOK: Duration = Duration::from_millis(20);
/// Longest answer to one transaction.
const MOST_BYTES: usize = 16 * 1024;
const PATIENCE: Duration = Duration::from_mins(5);

/// A `broadcast_tx_sync` as it goes over the wire.
pub fn request(tx: &[u8]) -> Vec<u8> {
    let tx = STANDARD.encode(tx);
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"broadcast_tx_sync","params":{{"tx":"{tx}"}}}}"#);
    let length = body.len();
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length:";
    format!("{head} {length}\r\n\r\n{body}").into_bytes()
}

/// How far a node is: its height, and the transactions in its blocks.
#[derive(Clone, Copy, Default)]
struct Progress {
    height: u64,
    txs: usize,
}

/// Sends all, and returns how long it took from the first byte until every node had executed every transaction.
pub fn until_executed(nodes: &[SocketAddr], requests: &[Vec<u8>]) -> Result<Duration> {
    let mut progress = Vec::new();
    for node in nodes {
        let mut one = Progress::default();
        one.advance(*node)?;
        progress.push(one);
    }
    let before = progress.first().context("no node")?.txs;
    let (next, executed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let started = Instant::now();
    thread::scope(|scope| {
        let senders: Vec<_> = (0..CONNECTIONS)
            .map(|number| (nodes[number % nodes.len()], &next, &executed))
            .map(|(node, next, executed)| scope.spawn(move || send(node, requests, next, executed)))
            .collect();
        let watched = watch(nodes, &mut progress, before, requests.len(), &executed, started);
        // Whoever waits for room need not wait for what will not come.
        executed.store(usize::MAX / 2, Ordering::Relaxed);
        for sender in senders {
            sender.join().map_err(|_| anyhow::anyhow!("a sender panicked"))??;
        }
        watched
    })?;
    let elapsed = started.elapsed();
    ensure!(progress.iter().all(|one| one.txs == before + requests.len()), "more was executed than was sent");
    Ok(elapsed)
}

/// Asks every node how far it is until all have executed as many transactions.
fn watch(
    nodes: &[SocketAddr],
    progress: &mut [Progress],
    before: usize,
    count: usize,
    executed: &AtomicUsize,
    started: Instant,
) -> Result<()> {
    loop {
        let least = progress.iter().map(|one| one.txs - before).min().context("no node")?;
        executed.store(least, Ordering::Relaxed);
        if least >= count {
            return Ok(());
        }
        ensure!(started.elapsed() < PATIENCE, "{least} of {count} transactions were executed");
        thread::sleep(LOOK);
        for (one, node) in progress.iter_mut().zip(nodes) {
            one.advance(*node)?;
        }
    }
}

/// Counts the transactions in a node's blocks, and that the application accepted each.
pub fn accepted(node: SocketAddr) -> Result<usize> {
    let mut count = 0;
    for height in 1..=height(node)? {
        let answer = loopback::json(node, &format!("/block_results?height={height}"))?;
        let Some(results) = answer["result"]["txs_results"].as_array() else { continue };
        for result in results {
            ensure!(result["code"] == 0, "a transaction was refused in a block: {result}");
        }
        count += results.len();
    }
    Ok(count)
}

/// Height of the last block that a node's application has executed.
pub fn height(node: SocketAddr) -> Result<u64> {
    let info = loopback::json(node, "/abci_info")?;
    let height = info["result"]["response"]["last_block_height"].as_str();
    // CometBFT leaves out a height of nought.
    Ok(height.unwrap_or("0").parse()?)
}

impl Progress {
    fn advance(&mut self, node: SocketAddr) -> Result<()> {
        let newest = height(node)?;
        while self.height < newest {
            // CometBFT answers with 20 blocks at the most.
            let (from, to) = (self.height + 1, newest.min(self.height + 20));
            let answer = loopback::json(node, &format!("/blockchain?minHeight={from}&maxHeight={to}"))?;
            // The application may be a moment ahead of what can be asked for: the next look finds it.
            let Some(metas) = answer["result"]["block_metas"].as_array() else { return Ok(()) };
            if u64::try_from(metas.len())? != to - from + 1 {
                return Ok(());
            }
            for meta in metas {
                let count = meta["num_txs"].as_str().context("no number of transactions")?;
                self.txs += count.parse::<usize>()?;
            }
            self.height = to;
        }
        Ok(())
    }
}

/// Takes one request after the other until none is left.
fn send(node: SocketAddr, requests: &[Vec<u8>], next: &AtomicUsize, executed: &AtomicUsize) -> Result<()> {
    let mut stream = TcpStream::connect(node)?;
    stream.set_nodelay(true)?;
    let mut answer = Vec::with_capacity(MOST_BYTES);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(request) = requests.get(number) else { break };
        while number >= executed.load(Ordering::Relaxed) + ON_THEIR_WAY {
            thread::sleep(FULL);
        }
        stream.write_all(request)?;
        let parsed: Value = serde_json::from_slice(read(&mut stream, &mut answer)?)?;
        if parsed["result"]["code"] != 0 {
            bail!("a transaction was not taken: {parsed}");
        }
    }
    Ok(())
}

/// The body of one answer.
fn read<'a>(stream: &mut TcpStream, answer: &'a mut Vec<u8>) -> Result<&'a [u8]> {
    const LENGTH: &str = "content-length:";
    answer.clear();
    let mut piece = [0; 4096];
    loop {
        let length = stream.read(&mut piece)?;
        ensure!(length > 0 && answer.len() + length <= MOST_BYTES, "no whole answer came");
        answer.extend_from_slice(&piece[..length]);
        let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&answer[..end])?.to_ascii_lowercase();
        let length =
            head.lines().find_map(|line| line.strip_prefix(LENGTH)).context("an answer without length")?;
        let whole = end + 4 + length.trim().parse::<usize>()?;
        if answer.len() >= whole {
            return Ok(&answer[end + 4..]);
        }
    }
}
