//! A network of real nodes, patients who act on its ledger, and what must always hold about it.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "shared by scenarios, which may panic and tell their figures"
)]

mod links;
mod people;

use std::{
    collections::BTreeMap,
    ops::Deref,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
#[allow(unused_imports, reason = "each scenario uses its own part")]
pub use links::{Cut, Links};
use medrec_client::{HttpNode, LightClient, NetworkFile};
use medrec_ledger::testing::{Scribe, sample, sample::Actor};
use medrec_protocol::{
    Hash32, Timestamp,
    log::{Frontier, LogId},
};
use medrec_tests::{Network, Processes, Programs, binaries};
#[allow(unused_imports, reason = "each scenario uses its own part")]
pub use people::Wallet;
use serde_json::Value;
use tempfile::TempDir;

/// One network at a time: the computer is small.
static TURN: Mutex<()> = Mutex::new(());
/// Longest wait for something that must happen.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// The network, and who acts on its ledger.
pub struct Net {
    pub network: Network,
    pub processes: Processes,
    pub programs: Programs,
    scribe: Scribe,
    /// How others reach the nodes, where [`Net::remember_peers`] asked.
    pub peers: Vec<String>,
    http: reqwest::Client,
    // After the processes, so that it goes away after them.
    folder: TempDir,
    _turn: MutexGuard<'static, ()>,
}

/// A transaction that a node said to be in a block.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    pub hash: String,
    pub height: u64,
    pub took: Duration,
}

pub fn now() -> Timestamp {
    Timestamp::from_seconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

pub fn cometbft() -> PathBuf {
    PathBuf::from(std::env::var_os("MEDREC_COMETBFT").expect("MEDREC_COMETBFT names the program"))
}

fn number(value: &Value) -> Option<u64> {
    value.as_str().and_then(|text| text.parse().ok())
}

impl Net {
    /// A network that is laid out; nothing runs.
    pub fn laid_out(validators: usize, words: &[&str]) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let publisher = Actor::provider(1);
        let entry = folder.path().join("provider.json");
        std::fs::write(&entry, serde_json::to_vec(&sample::provider_entry(&publisher)).unwrap()).unwrap();
        let mut all = vec!["--provider".to_owned(), entry.display().to_string()];
        all.extend(words.iter().map(ToString::to_string));
        let programs = Programs::new(binaries(), folder.path().to_owned());
        let network = Network::new(&programs, folder.path().join("net"), cometbft(), validators).unwrap();
        network.lay_out(&all).unwrap();
        let processes = Processes::new(folder.path().join("logs")).unwrap();
        let file = NetworkFile::parse(&std::fs::read(network.network_file()).unwrap()).unwrap();
        Self {
            scribe: Scribe::new(file.identity(), publisher, now),
            network,
            processes,
            programs,
            peers: Vec::new(),
            http: reqwest::Client::builder().timeout(Duration::from_secs(15)).build().unwrap(),
            folder,
            _turn: turn,
        }
    }

    /// A network that runs.
    pub fn of(validators: usize) -> Self {
        let net = Self::laid_out(validators, &[]);
        net.network.start_all(&net.processes).unwrap();
        net
    }

    /// A network that runs, with the cables between its nodes.
    pub fn with_links(validators: usize) -> (Self, Links) {
        let net = Self::laid_out(validators, &[]);
        let links = Links::between(&net.network);
        net.network.start_all(&net.processes).unwrap();
        (net, links)
    }

    /// Asks the nodes, while they do not run, how others reach them.
    pub fn remember_peers(&mut self) {
        self.peers = self.network.numbers().map(|node| self.network.shown(node, "peer ").unwrap()).collect();
    }

    /// Where everything lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a node has logged.
    pub fn log_of(&self, node: usize) -> String {
        std::fs::read_to_string(self.processes.log(&Network::name(node))).unwrap_or_default()
    }

    /// The app hash in a node's newest header.
    pub async fn state_root(&self, node: usize) -> String {
        let status = self.ask(node, "status").await.unwrap();
        status["sync_info"]["latest_app_hash"].as_str().unwrap().to_owned()
    }

    pub fn start(&self, node: usize) {
        self.network.start(&self.processes, node).unwrap();
    }

    pub fn kill(&self, node: usize) {
        self.processes.kill(&Network::name(node)).unwrap();
    }

    /// Asks a node over plain HTTP. `None` when it gives no result.
    pub async fn ask(&self, node: usize, question: &str) -> Option<Value> {
        let url = format!("http://{}/{question}", self.network.rpc(node));
        let answer: Value = self.http.get(url).send().await.ok()?.json().await.ok()?;
        answer.get("result").cloned()
    }

    /// Height of a node's newest block.
    pub async fn height(&self, node: usize) -> Option<u64> {
        number(&self.ask(node, "status").await?["sync_info"]["latest_block_height"])
    }

    /// Hands a transaction in and waits until the node says that it is in a block.
    pub async fn commit(&self, node: usize, tx: &[u8]) -> Result<Acknowledged, String> {
        self.commit_hex(node, &format!("0x{}", hex::encode(tx))).await
    }

    pub async fn commit_hex(&self, node: usize, tx: &str) -> Result<Acknowledged, String> {
        let begun = Instant::now();
        let answer = self.ask(node, &format!("broadcast_tx_commit?tx={tx}")).await;
        let answer = answer.ok_or("no result")?;
        let height = number(&answer["height"]).filter(|height| *height > 0);
        match (answer["check_tx"]["code"].as_u64(), answer["tx_result"]["code"].as_u64(), height) {
            (Some(0), Some(0), Some(height)) => Ok(Acknowledged {
                hash: answer["hash"].as_str().unwrap().to_owned(),
                height,
                took: begun.elapsed(),
            }),
            _ => Err(answer.to_string()),
        }
    }

    /// Waits until a node is as far as another one was just now.
    pub async fn caught_up(&self, node: usize, with: usize) -> Duration {
        let goal = self.height(with).await.expect("the other node answers");
        until("a node catches up", async || self.height(node).await.is_some_and(|height| height >= goal))
            .await
    }

    /// A light client that asks this node only.
    pub fn light(&self, node: usize) -> LightClient {
        let text = std::fs::read_to_string(self.network.network_file()).unwrap();
        let mut file: Value = serde_json::from_str(&text).unwrap();
        file["nodes"] = serde_json::json!([format!("http://{}", self.network.rpc(node))]);
        let file = NetworkFile::parse(file.to_string().as_bytes()).unwrap();
        let nodes = HttpNode::all_of(&file).unwrap();
        LightClient::new(file, nodes, None).unwrap()
    }

    /// Verifies from genesis on what a node says about these patients' logs, entry by entry. Returns their sizes.
    pub async fn logs(&self, node: usize, patients: &[Actor]) -> Vec<u64> {
        let mut light = self.light(node);
        light.update(now()).await.unwrap();
        let mut sizes = Vec::new();
        for patient in patients {
            let snapshot = light.snapshot().unwrap();
            let log = snapshot.log(LogId::Relationship(patient.relationship())).await.unwrap();
            let mut sync = log.sync(Frontier::default()).unwrap();
            while sync.next_page().await.unwrap().is_some() {}
            assert_eq!(sync.known(), log.frontier(), "node {node}: a log breaks");
            sizes.push(sync.known().size());
        }
        sizes
    }

    /// Compares all blocks of these nodes, and the state after each with what the next header says.
    pub async fn assert_one_chain(&self, nodes: &[usize]) -> u64 {
        let mut seen = BTreeMap::<u64, (String, usize)>::new();
        let mut lowest = u64::MAX;
        for node in nodes {
            let newest = self.height(*node).await.expect("the node answers");
            lowest = lowest.min(newest);
            let mut top = newest;
            loop {
                let page = self.ask(*node, &format!("blockchain?minHeight=1&maxHeight={top}")).await.unwrap();
                let metas = page["block_metas"].as_array().unwrap();
                for meta in metas {
                    let height = number(&meta["header"]["height"]).unwrap();
                    let id = meta["block_id"]["hash"].as_str().unwrap().to_owned();
                    let (first, by) = seen.entry(height).or_insert_with(|| (id.clone(), *node));
                    assert_eq!(*first, id, "nodes {by} and {node} have different blocks {height}");
                    top = top.min(height);
                }
                if metas.is_empty()
                    || top <= 1
                    || metas.iter().all(|meta| number(&meta["header"]["height"]) == Some(1))
                {
                    break;
                }
                let before = top;
                top -= 1;
                // A node that began with a snapshot has no blocks before it.
                let base =
                    number(&self.ask(*node, "status").await.unwrap()["sync_info"]["earliest_block_height"]);
                if base.is_some_and(|base| before <= base) {
                    break;
                }
            }
        }
        lowest
    }

    /// Every acknowledged transaction is in the block that was named, on every one of these nodes, and was applied. Looked up
    /// in the block itself: CometBFT's index of transactions is written later, and a kill may lose its last rows.
    pub async fn assert_kept(&self, nodes: &[usize], acknowledged: &[Acknowledged]) {
        let mut blocks = BTreeMap::<u64, Vec<&Acknowledged>>::new();
        for one in acknowledged {
            blocks.entry(one.height).or_default().push(one);
        }
        for (node, (height, expected)) in
            nodes.iter().flat_map(|node| blocks.iter().map(move |block| (node, block)))
        {
            let block = self.ask(*node, &format!("block?height={height}")).await.expect("a block");
            let results = self.ask(*node, &format!("block_results?height={height}")).await.expect("results");
            let txs = block["block"]["data"]["txs"].as_array().expect("transactions");
            let hashes: Vec<String> = txs.iter().map(|tx| hash_of(tx.as_str().unwrap())).collect();
            for one in expected {
                let place = hashes.iter().position(|hash| *hash == one.hash);
                let place = place.unwrap_or_else(|| panic!("node {node} lost {one:?}"));
                assert_eq!(results["txs_results"][place]["code"].as_u64(), Some(0), "{one:?} at node {node}");
            }
        }
    }

    /// No node has found its state to differ from the others', or has given up for another reason than that its other half was
    /// killed.
    pub fn assert_no_complaint(&self) {
        let bad = [
            "wrong Block.Header.AppHash",
            "CONSENSUS FAILURE",
            "panicked at",
            "is damaged",
            "conflicting votes",
        ];
        let killed = ["read message: EOF", "connection reset", "broken pipe", "client has been stopped"];
        for node in self.network.numbers() {
            let log = self.log_of(node);
            let is_bad = |line: &&str| {
                bad.iter().any(|bad| line.contains(bad)) && !killed.iter().any(|killed| line.contains(killed))
            };
            let line = log.lines().find(is_bad);
            assert!(line.is_none(), "node {node}: {}", line.unwrap_or_default());
        }
    }

    /// All that must hold at the end.
    pub async fn assert_whole(&self, nodes: &[usize], acknowledged: &[Acknowledged], patients: &[Actor]) {
        let first = nodes[0];
        let mut newest = 0;
        for node in nodes {
            newest = newest.max(self.height(*node).await.unwrap_or_default());
        }
        // One more block, so that a header proves all that was done.
        let so = async |node: usize| self.height(node).await.is_some_and(|height| height > newest);
        for node in nodes {
            until("all nodes come to the same height", async || so(*node).await).await;
        }
        let lowest = self.assert_one_chain(nodes).await;
        self.assert_kept(nodes, acknowledged).await;
        let mut sizes = None;
        for node in nodes {
            let found = self.logs(*node, patients).await;
            let expected: &Vec<u64> = sizes.get_or_insert_with(|| found.clone());
            assert_eq!(*expected, found, "node {node} has other logs than node {first}");
        }
        self.assert_no_complaint();
        println!(
            "{lowest} blocks the same on {} nodes, {} acknowledged transactions kept",
            nodes.len(),
            acknowledged.len()
        );
    }
}

impl Deref for Net {
    type Target = Scribe;
    fn deref(&self) -> &Scribe {
        &self.scribe
    }
}

impl Drop for Net {
    /// What went wrong is found in the nodes' folders.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.folder.disable_cleanup(true);
            println!("homes and logs are kept in {}", self.folder.path().display());
        }
    }
}

/// Tries until it is so, and says how long that took.
#[track_caller]
pub fn until<'a>(
    what: &'a str,
    mut so: impl AsyncFnMut() -> bool + 'a,
) -> impl Future<Output = Duration> + 'a {
    let caller = std::panic::Location::caller();
    async move {
        let begun = Instant::now();
        while !so().await {
            assert!(begun.elapsed() < PATIENCE, "{caller}: not within {PATIENCE:?}: {what}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        begun.elapsed()
    }
}

/// CometBFT's name of a transaction.
fn hash_of(tx: &str) -> String {
    hex::encode_upper(Hash32::plain(&STANDARD.decode(tx).unwrap()).as_bytes())
}

/// The middle of some durations, and the longest.
pub fn middle_and_longest(of: &[Acknowledged]) -> (Duration, Duration) {
    let mut times: Vec<_> = of.iter().map(|one| one.took).collect();
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() - 1])
}
