//! Four hospitals' nodes under CometBFT, disturbed at random while patients' transactions come: killed, stopped, paused, one
//! half of a node without the other, two at once; cut off from the others, alone or two against two. No history splits,
//! nothing acknowledged is lost, no log breaks.
//!
//! `MEDREC_SEED` repeats a run's choices. The long run: `cargo xtask soak`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "scenarios may panic"
)]

mod network;

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use medrec_ledger::testing::sample::Actor;
use medrec_tests::Network;
use network::{Acknowledged, Cut, Links, Net, PATIENCE, middle_and_longest, until};

const NODES: u64 = 4;
const PATIENTS: u64 = 4;

/// Choices that a seed repeats (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn node(&mut self) -> usize {
        usize::try_from(self.below(NODES) + 1).unwrap()
    }

    fn moment(&mut self, most_ms: u64) -> Duration {
        Duration::from_millis(self.below(most_ms))
    }
}

/// Hands in one record after another through one node, and keeps what was acknowledged.
async fn write(
    net: &Net,
    node: usize,
    patients: &[Actor],
    acknowledged: &Mutex<Vec<Acknowledged>>,
    over: &AtomicBool,
) {
    let mut number = 0u64;
    while !over.load(Ordering::Relaxed) {
        let patient = &patients[usize::try_from(number % PATIENTS).unwrap()];
        let tx = net.publish(patient, format!("{node}/{number}").as_bytes());
        number += 1;
        match net.commit(node, &tx).await {
            Ok(done) => acknowledged.lock().unwrap().push(done),
            // A node that is away or that waits: what became of the transaction is not known, and nothing was promised.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// The engine of a node, which is its only child.
fn engine_of(net: &Net, node: usize) -> Option<i32> {
    let id = net.processes.id(&Network::name(node)).unwrap();
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).ok();
    // Threads start children too.
    let of_threads = || {
        let tasks = std::fs::read_dir(format!("/proc/{id}/task")).ok()?;
        tasks.flatten().find_map(|task| {
            let text = std::fs::read_to_string(task.path().join("children")).ok()?;
            text.split_whitespace().next()?.parse().ok()
        })
    };
    children.and_then(|text| text.split_whitespace().next()?.parse().ok()).or_else(of_threads)
}

fn kill_engine(net: &Net, node: usize) {
    if let Some(engine) = engine_of(net, node) {
        let engine = nix::unistd::Pid::from_raw(engine);
        // It may have ended by itself just now.
        let _ = nix::sys::signal::kill(engine, nix::sys::signal::Signal::SIGKILL);
    }
}

async fn disturb(net: &Net, links: &Links, chance: &mut Chance) -> &'static str {
    let node = chance.node();
    let name = Network::name(node);
    let pause = chance.moment(1_500);
    match chance.below(9) {
        0 => {
            net.kill(node);
            tokio::time::sleep(pause).await;
            net.start(node);
            "killed"
        }
        1 => {
            net.processes.kill_without_children(&name).unwrap();
            tokio::time::sleep(pause).await;
            net.start(node);
            "application killed"
        }
        2 => {
            kill_engine(net, node);
            tokio::time::sleep(pause).await;
            "engine killed"
        }
        3 => {
            net.processes.pause(&name).unwrap();
            tokio::time::sleep(pause * 2).await;
            net.processes.resume(&name).unwrap();
            "paused"
        }
        4 => {
            net.processes.stop(&name).unwrap();
            net.start(node);
            "stopped and started"
        }
        5 => {
            let other = after(node);
            net.kill(node);
            net.kill(other);
            tokio::time::sleep(pause).await;
            net.start(other);
            net.start(node);
            "two killed"
        }
        _ => disconnect(links, chance, node, pause * 2).await,
    }
}

fn after(node: usize) -> usize {
    node % usize::try_from(NODES).unwrap() + 1
}

/// Cuts cables for a while.
async fn disconnect(links: &Links, chance: &mut Chance, node: usize, pause: Duration) -> &'static str {
    let (kind, these) = match chance.below(3) {
        0 => (["cut off", "cut off in silence"], vec![node]),
        1 => (["two against two", "two against two in silence"], vec![node, after(node)]),
        _ => (["one cable cut", "one cable silent"], vec![node]),
    };
    let mut those: Vec<usize> = (1..).take(usize::try_from(NODES).unwrap()).collect();
    if kind[0] == "one cable cut" {
        those = vec![after(node)];
    }
    those.retain(|other| !these.contains(other));
    let (kind, how) = if chance.below(2) == 0 { (kind[0], Cut::Closed) } else { (kind[1], Cut::Silent) };
    links.cut(&these, &those, how);
    tokio::time::sleep(pause).await;
    links.heal();
    kind
}

/// Height of the newest block that any node knows.
async fn newest(net: &Net) -> u64 {
    let heights = futures::future::join_all(net.network.numbers().map(|node| net.height(node))).await;
    heights.into_iter().flatten().max().unwrap_or_default()
}

/// Disturbs the network so many times, and each time waits until the ledger has gone on.
async fn disturb_all(
    net: &Net,
    links: &Links,
    acknowledged: &Mutex<Vec<Acknowledged>>,
    mut chance: Chance,
    perturbations: u64,
) {
    let (mut kinds, mut longest) = (BTreeMap::<_, u32>::new(), Duration::ZERO);
    for number in 1..=perturbations {
        let kind = disturb(net, links, &mut chance).await;
        *kinds.entry(kind).or_default() += 1;
        // Something is acknowledged in a block that was not there.
        let (before, begun) = (newest(net).await, Instant::now());
        while acknowledged.lock().unwrap().iter().all(|one| one.height <= before) {
            assert!(
                begun.elapsed() < PATIENCE,
                "perturbation {number}: {kind}: nothing is acknowledged any more"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let away = begun.elapsed();
        println!("{number}: {kind}; {away:?}");
        longest = longest.max(away);
    }
    println!("{kinds:?}; the ledger was away for {longest:?} at the longest");
}

async fn run(perturbations: u64) {
    let given = std::env::var("MEDREC_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or(network::now().seconds());
    println!("MEDREC_SEED={seed}");
    let (net, links) = Net::with_links(4);
    let begun = Instant::now();
    let patients: Vec<Actor> = (1..=PATIENTS).map(Actor::patient).collect();
    let mut first = Vec::new();
    for patient in &patients {
        first.push(net.commit(1, &net.open(patient)).await.unwrap());
    }
    let (acknowledged, over) = (Mutex::new(first), AtomicBool::new(false));
    let one = |node| write(&net, node, &patients, &acknowledged, &over);
    let writing = futures::future::join_all(net.network.numbers().map(one));
    let disturbing = async {
        disturb_all(&net, &links, &acknowledged, Chance(seed), perturbations).await;
        over.store(true, Ordering::Relaxed);
    };
    tokio::join!(writing, disturbing);
    let acknowledged = acknowledged.into_inner().unwrap();
    let (middle, longest) = middle_and_longest(&acknowledged);
    println!("in a block after {middle:?} (middle), {longest:?} (longest)");
    for node in net.network.numbers() {
        until("every node answers", async || net.height(node).await.is_some()).await;
    }
    net.assert_whole(&[1, 2, 3, 4], &acknowledged, &patients).await;
    assert_eq!(links.seen(), 6, "the cables were not what connects the nodes");
    println!("{perturbations} perturbations in {:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs cometbft: cargo xtask test installs it where Go is present"]
async fn external_cometbft_keeps_its_word_through_twenty_perturbations() {
    run(20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a quarter of an hour: cargo xtask soak runs it"]
async fn soak_of_many_perturbations() {
    let wanted = std::env::var("MEDREC_PERTURBATIONS").ok().and_then(|number| number.parse().ok());
    run(wanted.unwrap_or(200)).await;
}

/// Longer than CometBFT takes to give up a peer that it knew (about two minutes), after which only its search for peers
/// finds that peer again.
const LONG: Duration = Duration::from_mins(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes six minutes: cargo xtask soak runs it"]
async fn soak_of_a_long_cut() {
    let (net, links) = Net::with_links(4);
    let patient = Actor::patient(1);
    let mut acknowledged = vec![net.commit(1, &net.open(&patient)).await.unwrap()];
    links.cut(&[1, 2], &[3, 4], Cut::Closed);
    tokio::time::sleep(LONG).await;
    links.heal();
    let whole = Instant::now();
    until("something is acknowledged again", async || {
        let done = net.commit(3, &net.publish(&patient, b"after")).await;
        done.map(|done| acknowledged.push(done)).is_ok()
    })
    .await;
    println!("two against two for {LONG:?}: it went on {:?} after the cables were whole", whole.elapsed());
    net.assert_whole(&[1, 2, 3, 4], &acknowledged, &[patient]).await;
}
