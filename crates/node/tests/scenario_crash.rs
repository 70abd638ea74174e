//! The real program, killed at random moments, stopped, started twice, and on a full disk.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use std::{
    collections::BTreeMap,
    path::Path,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use common::{Program, World, client, height, light_block, proved_leaf, quick, verify};
use medrec_ledger::testing::sample::{self, Actor};
use medrec_node::{engine::Engine, genesis, home::NetworkFile};
use medrec_protocol::{
    genesis::AppState,
    state::{ProviderLeaf, RelationshipLeaf, StateKey, decode_leaf},
};
use tendermint::Hash;
use tendermint_light_client_verifier::Verdict;
use tendermint_rpc::Client;

/// Transactions that `broadcast_tx_commit` acknowledged: hash and height.
type Acknowledged = Arc<Mutex<BTreeMap<[u8; 32], u64>>>;

/// Different at each call, for moments at which a process is killed.
fn random_millis(below: u64) -> Duration {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    Duration::from_millis(u64::from_le_bytes(bytes) % below)
}

/// Sends records one after the other until told to stop or until nobody answers.
async fn load(
    world: Arc<World>,
    url: String,
    patient: Actor,
    acknowledged: Acknowledged,
    stop: Arc<AtomicBool>,
) {
    let client = client(&url);
    while !stop.load(Ordering::Relaxed) {
        let Ok(done) = client.broadcast_tx_commit(world.publish(&patient, b"record")).await else { break };
        assert!(done.check_tx.code.is_ok() && done.tx_result.code.is_ok(), "{done:?}");
        acknowledged.lock().unwrap().insert(done.hash.as_bytes().try_into().unwrap(), done.height.value());
    }
}

/// Every block hashes and follows the one before, and everything acknowledged is where it was said to be.
fn check_chain(engine: &Engine, acknowledged: &BTreeMap<[u8; 32], u64>) -> u64 {
    let newest = engine.state().unwrap().height;
    let mut before: Option<(Hash, Vec<u8>)> = None;
    for height in 1..=newest {
        let block = engine.block(height).unwrap().unwrap();
        let header = block.header().unwrap();
        if let Some((hash, app_hash)) = before {
            assert_eq!(header.last_block_id.unwrap().hash, hash, "block {height} follows its predecessor");
            assert_eq!(header.app_hash.as_bytes(), app_hash, "block {height} carries the state before it");
        }
        before = Some((header.hash(), block.app_hash_after.clone()));
    }
    let snapshot = engine.snapshot().unwrap();
    for (hash, height) in acknowledged {
        let found = snapshot.find_tx(hash).unwrap();
        assert_eq!(found.map(|(height, _)| height), Some(*height), "an acknowledged transaction is lost");
    }
    newest
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_the_node_is_killed_under_load() {
    let world = Arc::new(World::new());
    let acknowledged = Acknowledged::default();
    let patients: Vec<Actor> = (0..4).map(Actor::patient).collect();
    let rounds = 8;
    let mut reopened = Duration::ZERO;
    for round in 0..rounds {
        let begun = Instant::now();
        let mut node = Program::start(world.path());
        reopened = reopened.max(begun.elapsed());
        if round == 0 {
            for patient in &patients {
                let done = client(&node.url).broadcast_tx_commit(world.open(patient)).await.unwrap();
                assert!(done.tx_result.code.is_ok());
            }
        }
        let stop = Arc::new(AtomicBool::new(false));
        let load = |patient: &Actor| {
            tokio::spawn(load(
                world.clone(),
                node.url.clone(),
                patient.clone(),
                acknowledged.clone(),
                stop.clone(),
            ))
        };
        let senders: Vec<_> = patients.iter().map(load).collect();
        tokio::time::sleep(Duration::from_millis(300) + random_millis(500)).await;
        node.kill();
        stop.store(true, Ordering::Relaxed);
        for sender in senders {
            sender.await.unwrap();
        }
        let acknowledged = acknowledged.lock().unwrap().clone();
        check_chain(&world.engine(quick()), &acknowledged);
    }
    let acknowledged = acknowledged.lock().unwrap().clone();
    println!("{rounds} kills, {} acknowledged, slowest start {reopened:?}", acknowledged.len());
    assert!(acknowledged.len() > 40, "{} acknowledged", acknowledged.len());

    // The chain that was cut so often is one that a light client follows, and its logs hold every record.
    let node = Program::start(world.path());
    let client = client(&node.url);
    let newest = height(&client).await;
    let (first, last) = (light_block(&client, 1).await, light_block(&client, newest).await);
    assert_eq!(verify(&last, &first), Verdict::Success);
    let mut entries = 0;
    for patient in &patients {
        let key = StateKey::Relationship(patient.relationship()).encode();
        let leaf = proved_leaf(&client, &key, newest - 1).await.unwrap();
        entries += decode_leaf::<RelationshipLeaf>(&leaf).unwrap().log.size();
    }
    assert!(entries >= (acknowledged.len() + patients.len()) as u64, "{entries} entries");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_stopped_ends_well_and_resumes_where_it_was() {
    let world = World::new();
    let mut node = Program::start(world.path());
    let done = client(&node.url).broadcast_tx_commit(world.open(&Actor::patient(1))).await.unwrap();
    let before = light_block(&client(&node.url), done.height.value()).await;
    let status = node.terminate();
    assert!(status.success(), "{status}: {}", node.log.lock().unwrap());
    let again = Program::start(world.path());
    let client = client(&again.url);
    let newest = height(&client).await;
    assert!(newest > done.height.value());
    let after = light_block(&client, newest).await;
    assert_eq!(verify(&after, &before), Verdict::Success, "the same chain goes on");
    client.tx(done.hash, false).await.unwrap();
}

#[test]
fn a_second_node_on_the_same_home_is_refused() {
    let world = World::new();
    let _first = Program::start(world.path());
    let second = Command::new(env!("CARGO_BIN_EXE_medrec-node"))
        .args(["run", "--listen", "127.0.0.1:0", "--home"])
        .arg(world.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success() && said.contains("another node runs with"), "{said}");
}

#[test]
fn a_home_without_a_ledger_or_with_one_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let node = |arguments: &[&str], home: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_medrec-node"));
        command.args(arguments).arg("--home").arg(home);
        let output = command.output().unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    };
    let (done, said) = node(&["run"], &home);
    assert!(!done && said.contains("medrec-node init"), "{said}");
    let (done, said) = node(&["init", "--chain-id", "no spaces please"], &home);
    assert!(!done, "{said}");
    let (done, said) =
        node(&["init", "--chain-id", "try-1", "--member", "Canton", "--node", "http://a.example"], &home);
    assert!(done && said.contains("genesis hash"), "{said}");
    let (done, said) = node(&["init", "--chain-id", "try-2"], &home);
    assert!(!done && said.contains("there is a ledger already"), "{said}");
    let (done, said) = node(&["network", "--node", "http://b.example", "--node", "http://c.example"], &home);
    assert!(done, "{said}");
    let file = std::fs::read_to_string(home.join("network.json")).unwrap();
    assert!(file.contains("http://b.example") && !file.contains("http://a.example"), "{file}");
    assert!(!said.contains("priv_key"), "{said}");
}

/// `ulimit -f` in blocks of 1024 bytes stands in for a disk that is full: writing beyond it fails.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_the_node_and_what_was_acknowledged_is_there_when_there_is_room_again() {
    let world = Arc::new(World::new());
    let mut command = Command::new("bash");
    let limited = "trap '' XFSZ; ulimit -f 3072; exec \"$0\" run --listen 127.0.0.1:0 --home \"$1\"";
    command.args(["-c", limited, env!("CARGO_BIN_EXE_medrec-node")]).arg(world.path());
    let mut node = Program::spawn(command);
    let patient = Actor::patient(1);
    let opened = client(&node.url).broadcast_tx_commit(world.open(&patient)).await.unwrap();
    assert!(opened.tx_result.code.is_ok());
    let (acknowledged, stop) = (Acknowledged::default(), Arc::new(AtomicBool::new(false)));
    let sending = load(world.clone(), node.url.clone(), patient, acknowledged.clone(), stop);
    tokio::time::timeout(Duration::from_mins(2), sending).await.expect("the disk fills up");
    let ended = tokio::task::spawn_blocking(move || {
        let status = node.child.wait().unwrap();
        std::thread::sleep(Duration::from_millis(100));
        (status, node.log.lock().unwrap().clone())
    });
    let (status, log) = tokio::time::timeout(Duration::from_secs(30), ended).await.unwrap().unwrap();
    assert!(!status.success(), "{status}");
    assert!(log.contains("free disk space"), "{log}");
    let acknowledged = acknowledged.lock().unwrap().clone();
    println!("{} acknowledged before the disk was full", acknowledged.len());
    assert!(acknowledged.len() > 10, "{}", acknowledged.len());
    check_chain(&world.engine(quick()), &acknowledged);
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_named_at_the_beginning_are_in_the_directory() {
    let folder = tempfile::tempdir().unwrap();
    let (home, good, bad) =
        (folder.path().join("home"), folder.path().join("good.json"), folder.path().join("bad.json"));
    let provider = sample::provider_entry(&Actor::provider(7));
    std::fs::write(&good, serde_json::to_vec(&provider).unwrap()).unwrap();
    std::fs::write(&bad, b"{\"name\": \"half a provider\"}").unwrap();
    let init = |providers: &[&Path]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_medrec-node"));
        command.args(["init", "--chain-id", "try-1", "--home"]).arg(&home);
        for path in providers {
            command.arg("--provider").arg(path);
        }
        command.output().unwrap()
    };
    let refused = init(&[&good, &bad]);
    assert!(!refused.status.success() && !home.exists(), "a bad provider file begins nothing");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("bad.json"));
    assert!(!init(&[&good, &good]).status.success(), "nobody stands twice");
    std::fs::remove_dir_all(&home).unwrap();
    assert!(init(&[&good]).status.success());
    let node = Program::start(&home);
    let client = client(&node.url);
    let key = StateKey::Provider(provider.address()).encode();
    let leaf = proved_leaf(&client, &key, 1).await.unwrap();
    assert_eq!(decode_leaf::<ProviderLeaf>(&leaf).unwrap().provider, provider);
    let network: NetworkFile =
        serde_json::from_slice(&std::fs::read(home.join("network.json")).unwrap()).unwrap();
    let document: tendermint::Genesis<AppState> = client.genesis().await.unwrap();
    assert_eq!(genesis::of_document(&document).unwrap().hash(), network.genesis_hash);
}
