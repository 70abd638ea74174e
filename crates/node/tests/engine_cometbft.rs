//! The real CometBFT v0.38 drives the application as the only validator of a ledger.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::Arc,
    time::{Duration, Instant},
};

use common::{Program, World, client, height, light_block, proved_leaf, quick, required, run, verify};
use medrec_ledger::testing::sample::Actor;
use medrec_node::{app::App, engine::block::results_hash, genesis, storage::Store};
use medrec_protocol::{
    Timestamp, codec,
    log::{LogEntry, LogId},
    query::{self, LogEntries, LogRange},
    state::{RelationshipLeaf, StateKey, decode_leaf},
};
use tendermint::block::Height;
use tendermint_light_client_verifier::Verdict;
use tendermint_proto::v0_38::abci::{self as pb, request::Value as Rq, response::Value as Rs};
use tendermint_rpc::{Client, HttpClient};

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A CometBFT process with a home of its own, as the only validator of a world's ledger.
struct Comet {
    home: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Comet {
    fn init(world: &World, home: &Path) -> Self {
        let done =
            Command::new(required("MEDREC_COMETBFT")).arg("init").arg("--home").arg(home).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        std::fs::copy(world.path().join("genesis.json"), home.join("config/genesis.json")).unwrap();
        std::fs::copy(world.path().join("validator_key.json"), home.join("config/priv_validator_key.json"))
            .unwrap();
        let path = home.join("config/config.toml");
        let config = std::fs::read_to_string(&path).unwrap();
        let config = config.replace("timeout_commit = \"1s\"", "timeout_commit = \"20ms\"");
        let config = config.replace("create_empty_blocks = true", "create_empty_blocks = false");
        assert!(config.contains("\"20ms\"") && config.contains("create_empty_blocks = false"));
        std::fs::write(&path, config).unwrap();
        Self { home: home.into(), port: free_port(), child: None }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn start(&mut self, application: &str) -> HttpClient {
        let log = std::fs::File::create(self.home.join("log")).unwrap();
        let child = Command::new(required("MEDREC_COMETBFT"))
            .args(["node", "--proxy_app", application, "--p2p.laddr", "tcp://127.0.0.1:0", "--home"])
            .arg(&self.home)
            .arg(format!("--rpc.laddr=tcp://127.0.0.1:{}", self.port))
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        let client = client(&self.url());
        until(&format!("CometBFT answers; its log is {}", self.log()), async || {
            client.status().await.is_ok_and(|status| status.sync_info.latest_block_height.value() >= 1)
        })
        .await;
        client
    }

    fn log(&self) -> String {
        self.home.join("log").display().to_string()
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Comet {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn until(what: &str, mut reached: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !reached().await {
        assert!(begun.elapsed() < Duration::from_secs(40), "not within 40 s: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn application(home: &Path) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medrec-node"));
    command.args(["run", "--engine", "abci", "--abci", "tcp://127.0.0.1:0", "--home"]).arg(home);
    Program::spawn(command)
}

/// Opens relationships, publishes, grants and revokes: the transactions, in groups that may share a block.
fn story(world: &World) -> Vec<Vec<Vec<u8>>> {
    let patients: Vec<Actor> = (0..3).map(Actor::patient).collect();
    let each = |make: &dyn Fn(&Actor) -> Vec<u8>| patients.iter().map(make).collect::<Vec<_>>();
    vec![
        each(&|patient| world.open(patient)),
        each(&|patient| world.publish(patient, b"first")),
        each(&|patient| world.grant(patient, 1)),
        each(&|patient| world.publish(patient, b"second")),
        each(&|patient| world.grant(patient, 2)),
        each(&|patient| world.revoke(patient, 1)),
    ]
}

async fn send(client: &HttpClient, group: &[Vec<u8>]) {
    for tx in group {
        let done = client.broadcast_tx_commit(tx.clone()).await.unwrap();
        assert!(done.check_tx.code.is_ok() && done.tx_result.code.is_ok(), "{done:?}");
    }
}

/// Waits until the newest header proves all that was done.
async fn proved(client: &HttpClient) -> u64 {
    let done = height(client).await;
    until("a header proves the newest state", async || {
        height(client).await > done || is_proved(client).await
    })
    .await;
    height(client).await
}

async fn is_proved(client: &HttpClient) -> bool {
    let newest = height(client).await;
    let results = client.block_results(Height::try_from(newest).unwrap()).await.unwrap();
    let header = client.commit(Height::try_from(newest).unwrap()).await.unwrap().signed_header.header;
    results.app_hash == header.app_hash
}

/// The log of a patient without what depends on when blocks were made.
async fn deeds(client: &HttpClient, patient: &Actor) -> Vec<LogEntry> {
    let range = LogRange { log: LogId::Relationship(patient.relationship()), from: 0, count: 100 };
    let answer =
        client.abci_query(Some(query::LOG.into()), codec::encode(&range), None, false).await.unwrap();
    let LogEntries(entries) = LogEntries::decode(&answer.value).unwrap();
    let timeless = |entry: &Vec<u8>| {
        let entry = LogEntry::decode(entry).unwrap();
        LogEntry { height: 0, time: Timestamp::from_seconds(0), ..entry }
    };
    entries.iter().map(timeless).collect()
}

/// Executes every block of a node again, in an application of our own in this process.
async fn replay(client: &HttpClient, world: &World, newest: u64) {
    let folder = tempfile::tempdir().unwrap();
    let app = App::new(Arc::new(Store::open(&folder.path().join("app.redb")).unwrap()));
    let document = world.document();
    let mut root = app.init_chain(&genesis::to_init_chain(&document).unwrap()).unwrap().app_hash;
    for height in 1..=newest {
        let at = Height::try_from(height).unwrap();
        let block = client.block(at).await.unwrap().block;
        assert_eq!(block.header.app_hash.as_bytes(), &root[..], "state before block {height}");
        let request = pb::RequestFinalizeBlock {
            txs: block.data.into_iter().map(Into::into).collect(),
            height: i64::try_from(height).unwrap(),
            time: Some(block.header.time.into()),
            ..Default::default()
        };
        let Rs::FinalizeBlock(done) = app.handle(Rq::FinalizeBlock(request)).unwrap() else {
            panic!("another answer")
        };
        app.handle(Rq::Commit(pb::RequestCommit {})).unwrap();
        if height < newest {
            let next = client.commit(at.increment()).await.unwrap().signed_header.header;
            assert_eq!(
                next.last_results_hash,
                Some(results_hash(&done.tx_results)),
                "results of block {height}"
            );
        }
        root = done.app_hash;
    }
}

async fn assert_light_client_follows(client: &HttpClient, newest: u64) {
    let mut before = light_block(client, 1).await;
    let first = before.clone();
    for height in 2..=newest {
        let block = light_block(client, height).await;
        assert_eq!(verify(&block, &before), Verdict::Success, "height {height}");
        before = block;
    }
    assert_eq!(verify(&before, &first), Verdict::Success);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs cometbft: `cargo xtask test` installs it where go is"]
async fn external_cometbft_reaches_the_same_state_as_the_embedded_engine() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let embedded = run(&world, quick()).await;
    let app_home = folder.path().join("app");
    std::fs::create_dir(&app_home).unwrap();
    let app = application(&app_home);
    let mut comet = Comet::init(&world, &folder.path().join("comet"));
    let real = comet.start(&app.url).await;
    for group in story(&world) {
        send(&real, &group).await;
        send(&embedded.client, &group).await;
    }
    let (there, here) = (proved(&real).await, proved(&embedded.client).await);
    for number in 0..3 {
        let patient = Actor::patient(number);
        let (real_deeds, own_deeds) = (deeds(&real, &patient).await, deeds(&embedded.client, &patient).await);
        assert_eq!(real_deeds.len(), 6);
        assert_eq!(real_deeds, own_deeds, "the same log");
        let key = StateKey::Relationship(patient.relationship()).encode();
        let real_leaf = proved_leaf(&real, &key, there - 1).await.unwrap();
        let own_leaf = proved_leaf(&embedded.client, &key, here - 1).await.unwrap();
        let (real_leaf, own_leaf): (RelationshipLeaf, RelationshipLeaf) =
            (decode_leaf(&real_leaf).unwrap(), decode_leaf(&own_leaf).unwrap());
        assert_eq!(real_leaf.grants, own_leaf.grants);
        assert_eq!(real_leaf.log.size(), own_leaf.log.size());
        assert_eq!((real_leaf.owner, real_leaf.publisher), (own_leaf.owner, own_leaf.publisher));
    }
    // Genesis state and empty blocks do not depend on time at all: there the roots are equal.
    let root = async |client: &HttpClient| client.commit(1u32).await.unwrap().signed_header.header.app_hash;
    assert_eq!(root(&real).await, root(&embedded.client).await);
    replay(&real, &world, there).await;
    replay(&embedded.client, &world, here).await;
    assert_light_client_follows(&real, there).await;
    println!("CometBFT made {there} blocks, the embedded engine {here}, for the same 18 transactions");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs cometbft: `cargo xtask test` installs it where go is"]
async fn external_cometbft_goes_on_after_the_application_was_killed() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let app_home = folder.path().join("app");
    std::fs::create_dir(&app_home).unwrap();
    let mut comet = Comet::init(&world, &folder.path().join("comet"));
    let patient = Actor::patient(1);
    let mut entries = 1;
    for round in 0..4u8 {
        let mut app = application(&app_home);
        let real = comet.start(&app.url).await;
        if round == 0 {
            send(&real, &[world.open(&patient)]).await;
        }
        send(&real, &[world.publish(&patient, &[round, 0]), world.publish(&patient, &[round, 1])]).await;
        entries += 2;
        // Killed while CometBFT is likely to be in the middle of a block.
        let sent = real.broadcast_tx_sync(world.publish(&patient, &[round, 2])).await.unwrap();
        assert!(sent.code.is_ok());
        tokio::time::sleep(Duration::from_millis(u64::from(round) * 15)).await;
        app.kill();
        comet.stop();
    }
    let app = application(&app_home);
    let real = comet.start(&app.url).await;
    send(&real, &[world.publish(&patient, b"last")]).await;
    let newest = proved(&real).await;
    let log = deeds(&real, &patient).await;
    assert!(log.len() > entries, "{} entries, {entries} were acknowledged", log.len());
    replay(&real, &world, newest).await;
    assert_light_client_follows(&real, newest).await;
    println!(
        "{newest} blocks over four kills; {} entries, {entries} acknowledged before the last",
        log.len()
    );
}
