//! The newest header for a wallet that was away: what has to be fetched and verified, by how long and by who left meanwhile.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use medrec_client::{HttpNode, LightClient, NetworkFile, Node, TrustedHead, TrustingPeriod};
use medrec_protocol::{Hash32, Timestamp};
use tokio::runtime::Runtime;

use super::{
    history::{Asked, Course, History, Shown},
    ledger::node_at,
    meter::Meter,
    people::now,
    report,
    rounds::{Rounds, Way},
};

const CHAIN: &str = "medrec-figures-away";
const DAY: u64 = 86_400;
const HOUR: u64 = 3_600;
const AWAY_DAYS: u64 = 90;
const VALIDATORS: u64 = 7;
/// How many validators were replaced, one after the other, in the time.
const CHANGES: [u64; 4] = [0, 2, 4, 14];
const ROUNDS: usize = 15;
/// Updates of one measured time.
const UPDATES: u32 = 20;

const METHOD: &str = "A ledger of seven validators of equal weight with a block each 15 s: 518,400 in 90 days. Headers and votes are \
    made here, not by ninety days of a running node: each header names the hash of the one before and carries the true \
    signatures of all seven, so what is checked, and its size, is that of a real network on which nothing happened; they are \
    served as JSON-RPC over HTTP on loopback and signed when they are asked for. The client is the wallet's own, with one node, \
    the clock at the end of the ninety days and the trusting period of 180 days that a network file has unless it says \
    otherwise; it holds the header that was the newest when it was last online. Each witness would cost one or two headers more. *Headers*, \
    *validator sets* and *bytes* (both directions, HTTP header fields included) are counted. Time: from that header to the newest, \
    the making of the headers that are asked for included; twenty updates each, median of the ratios of fifteen alternating \
    rounds. The proofs of accounts and logs come on top and do not depend on the absence.";

/// A wallet's absence.
struct Absence {
    what: String,
    shown: Arc<Shown>,
    known: TrustedHead,
}

pub fn report() -> Result<()> {
    let runtime = Runtime::new()?;
    let absences = runtime.block_on(absences())?;
    let network = network()?;
    report::section("The newest header after an absence", METHOD)?;
    let mut counted = Vec::new();
    for absence in &absences {
        counted.push(runtime.block_on(count(&network, absence))?);
    }
    let mut ways: Vec<Way<'_>> = Vec::new();
    for absence in &absences {
        let (node, network, runtime) = (node_at(absence.shown.address)?, &network, &runtime);
        ways.push(Box::new(move || runtime.block_on(updates(network, &node, absence, UPDATES))));
    }
    let rounds = Rounds::measure(ROUNDS, ways)?;
    let hour = report::time(rounds.time(0)? / UPDATES);
    for (way, (absence, (asked, bytes))) in absences.iter().zip(counted).enumerate() {
        let what = |what: &str| format!("{}: {what}", absence.what);
        report::figure(&what("headers"), report::count(asked.headers)?, "headers", "")?;
        report::figure(&what("validator sets"), report::count(asked.sets)?, "sets", "")?;
        report::figure(&what("bytes on the wire"), report::count(bytes)?, "bytes", "")?;
        if way > 0 {
            let time = report::time(rounds.time(way)? / UPDATES);
            let beside = format!("one hour offline ({time} beside {hour})");
            report::figure(&what("time"), rounds.ratio(way, 0)?, "×", &beside)?;
        }
    }
    Ok(())
}

/// One hour, then ninety days with more and more of the validators replaced.
async fn absences() -> Result<Vec<Absence>> {
    let end = now()?.seconds();
    let mut absences = Vec::new();
    for changes in CHANGES {
        let course = Course { validators: VALIDATORS, changes, days: AWAY_DAYS };
        let shown = Arc::new(Shown::start(History::until(end, CHAIN, course)?).await?);
        if changes == 0 {
            let known = shown.history.known_before(HOUR)?;
            absences.push(Absence { what: "one hour".to_owned(), shown: Arc::clone(&shown), known });
        }
        let known = shown.history.known_before(AWAY_DAYS * DAY)?;
        let what = match changes {
            0 => "90 days, the same validators".to_owned(),
            changes => format!("90 days, {changes} validators replaced"),
        };
        absences.push(Absence { what, shown, known });
    }
    Ok(absences)
}

fn network() -> Result<NetworkFile> {
    Ok(NetworkFile {
        chain_id: CHAIN.parse()?,
        genesis_hash: Hash32::of("figures/genesis", &[]),
        nodes: vec!["http://127.0.0.1:1".parse()?],
        trusting_period: TrustingPeriod::default(),
        anchor: None,
    })
}

/// What one update asks for, and its bytes, over a connection of its own.
async fn count(network: &NetworkFile, absence: &Absence) -> Result<(Asked, usize)> {
    let meter = Meter::before(absence.shown.address).await?;
    let node = node_at(meter.address())?;
    absence.shown.asked();
    updates(network, &node, absence, 1).await?;
    let (asked, traffic) = (absence.shown.asked(), meter.traffic());
    ensure!(
        asked.headers + asked.sets == traffic.requests,
        "{asked:?} are not {} requests",
        traffic.requests
    );
    Ok((asked, traffic.bytes))
}

async fn updates(
    network: &NetworkFile,
    node: &Arc<HttpNode>,
    absence: &Absence,
    times: u32,
) -> Result<Duration> {
    let history = &absence.shown.history;
    let now = Timestamp::from_seconds(history.end() + 1);
    let started = Instant::now();
    for _ in 0..times {
        let mut client = LightClient::new(
            network.clone(),
            vec![Arc::clone(node) as Arc<dyn Node>],
            Some(absence.known.clone()),
        )?;
        client.update(now).await.with_context(|| absence.what.clone())?;
        let reached = client.head().context("an update leaves a head")?.height.get();
        ensure!(reached == history.newest(), "{reached} is not the newest height");
    }
    Ok(started.elapsed())
}
