//! One ledger, one wallet, one gatekeeper's view of the ledger, all behind nodes that lie on demand.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use medrec_client::{
    Evidence, Height, HttpNode, NetworkFile,
    node::{Node as _, Query, QueryAnswer},
};
use medrec_gatekeeper::{
    clock::Clock as GatekeeperClock,
    home::Home as GatekeeperHome,
    ledger_client::VerifiedLedger,
    ledger_view::{Head, Ledger as _, LedgerProblem},
    store::Store,
};
use medrec_protocol::{RelationshipAddress, Timestamp, log::Frontier, query, state::StateKey};
use medrec_tests::{CLINIC, LyingNode, PASSPHRASE, PHARMACY, Person, TestTown, eventually};
use medrec_wallet::{Clock, Control, Home, Passphrase, Result, SystemClock, Wallet, view::SyncReport};
use serde_json::{Value, json};

/// The system's clock, and seconds that a test adds.
#[derive(Clone, Default)]
pub struct Hands(Arc<AtomicU64>);

impl Hands {
    pub fn set_ahead(&self, seconds: u64) {
        self.0.store(seconds, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(self.0.load(Ordering::SeqCst))
    }
}

impl GatekeeperClock for Hands {
    fn now(&self) -> Timestamp {
        Clock::now(self)
    }
}

/// The ledger, with a grant, disclosures under it and its revocation in one relationship's log.
pub struct Desk {
    pub town: TestTown,
    pub liar: LyingNode,
    pub relationship: RelationshipAddress,
    /// Height when the wallet last looked: the grant came later.
    pub known: Height,
    /// A height at which the grant was live.
    pub granted: Height,
    /// The wallet as it was at `known`.
    before: PathBuf,
    folder: tempfile::TempDir,
    copies: AtomicU64,
}

impl Desk {
    pub fn open() -> Self {
        let town = TestTown::open();
        let liar = LyingNode::before(town.node);
        let eleni = town.person("eleni").unwrap();
        eleni.create_wallet().unwrap();
        eleni.join(&town.network_file_by(&[liar.address()]).unwrap()).unwrap();
        eleni.enrol(&town, PHARMACY).unwrap();
        eventually(Duration::from_mins(1), || !eleni.records().unwrap().is_empty());
        let folder = tempfile::tempdir().unwrap();
        let before = folder.path().join("before");
        copy(eleni.home(), &before);
        let known = height_of(town.node);
        let granted = live_through_a_grant(&town, &eleni);
        let providers = eleni.json(&["providers"]).unwrap();
        let address = providers["providers"]
            .as_array()
            .unwrap()
            .iter()
            .find_map(|provider| provider["relationship"]["address"].as_str())
            .expect("one relationship");
        let relationship = address.parse().unwrap();
        Self { town, liar, relationship, known, granted, before, folder, copies: AtomicU64::new(0) }
    }

    fn new_folder(&self) -> PathBuf {
        let number = self.copies.fetch_add(1, Ordering::SeqCst);
        self.folder.path().join(format!("copy-{number}"))
    }

    /// The same person at another computer, as it was before the grant.
    pub fn person_before(&self) -> Person {
        let home = self.new_folder();
        copy(&self.before, &home);
        self.town.person("eleni").unwrap().on_another_computer(home).unwrap()
    }

    /// A wallet that has not looked since `known`; `nodes` take the place of the liar where there are any.
    pub async fn wallet(&self, clock: &Hands, nodes: &[(&str, String)]) -> (Wallet, PathBuf) {
        let path = self.new_folder();
        copy(&self.before, &path);
        let home = Home::at(&path).with_clock(Arc::new(clock.clone()));
        let person = home.find_person(None).unwrap();
        let passphrase = Passphrase::new(PASSPHRASE).unwrap();
        let wallet = home.open(&person, &passphrase).await.unwrap();
        if !nodes.is_empty() {
            wallet.join_network(&self.network(nodes)).await.unwrap();
        }
        (wallet, path)
    }

    /// The town's network file with other nodes.
    pub fn network(&self, nodes: &[(&str, String)]) -> NetworkFile {
        let mut file: Value =
            serde_json::from_slice(&std::fs::read(self.town.network_file()).unwrap()).unwrap();
        let node = |(operator, address): &(&str, String)| json!({"operator": operator, "address": address});
        file["nodes"] = nodes.iter().map(node).collect();
        NetworkFile::parse(file.to_string().as_bytes()).unwrap()
    }

    /// A gatekeeper's view of the ledger that has not looked at all.
    pub async fn gatekeeper(&self, clock: &Hands, nodes: &[(&str, String)]) -> (VerifiedLedger, PathBuf) {
        let root = self.new_folder();
        let home = GatekeeperHome::create(&root).unwrap();
        let store = Store::create(&home.database(), &[7; 32]).await.unwrap();
        let liar = [("a liar", url(self.liar.address()))];
        let network = self.network(if nodes.is_empty() { &liar } else { nodes });
        let ledger = VerifiedLedger::open(network, &home, store, Arc::new(clock.clone())).await.unwrap();
        (ledger, root)
    }

    /// What an honest node says about a key in the state after a block.
    pub fn state_at(&self, key: &StateKey, height: Height) -> QueryAnswer {
        let query = Query { path: query::STATE, data: key.encode(), height: Some(height), prove: true };
        now(node(self.town.node).query(query)).unwrap()
    }
}

/// Shares the medicines with the clinic, lets it fetch, waits until that is written down, stops it.
fn live_through_a_grant(town: &TestTown, eleni: &Person) -> Height {
    let share = eleni.share_with("Abbey Gardens", &["--kinds", "medication", "--days", "30"]).unwrap();
    town.hand_over(CLINIC, &share).unwrap();
    let granted = height_of(town.node);
    let fetched = town.fetch_as(CLINIC, "Dr. Rhys Mostyn").unwrap();
    assert!(!fetched.fetched.is_empty(), "{fetched:?}");
    eventually(Duration::from_mins(1), || {
        eleni.json(&["sync"]).unwrap();
        !eleni.json(&["access-log"]).unwrap()["entries"].as_array().unwrap().is_empty()
    });
    eleni.json(&["stop", "--provider", "Abbey Gardens", "--yes"]).unwrap();
    granted
}

pub fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

fn node(address: SocketAddr) -> HttpNode {
    HttpNode::new(url(address).parse().unwrap()).unwrap()
}

fn height_of(address: SocketAddr) -> Height {
    let newest = now(node(address).newest_header()).unwrap();
    newest.header.height.value().try_into().unwrap()
}

/// The header of a height, in the node's JSON.
pub fn header_at(address: SocketAddr, height: Height) -> Value {
    serde_json::to_value(now(node(address).header(height)).unwrap()).unwrap()
}

/// On a thread of its own, so that it may be called from anywhere.
fn now<T: Send>(work: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        scope.spawn(move || runtime.block_on(work)).join().unwrap()
    })
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Everything that a wallet asks.
pub async fn sync(wallet: &Wallet) -> Result<SyncReport> {
    wallet.sync(Control::default()).await
}

/// Everything that a gatekeeper asks about a relationship.
pub async fn read(ledger: &VerifiedLedger, relationship: RelationshipAddress) -> Result<Head, LedgerProblem> {
    let head = ledger.head(Duration::ZERO).await?;
    ledger.relationship(relationship, &Frontier::default()).await?;
    ledger.leaf(relationship).await?;
    ledger.entry(relationship, 0).await?;
    Ok(head)
}

/// The evidence in a folder or below it, checked.
pub fn evidence_below(folder: &Path) -> Vec<Evidence> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(evidence_below(&path));
        } else if path.file_name().unwrap().to_string_lossy().starts_with("evidence-") {
            found.push(Evidence::from_json(&std::fs::read(path).unwrap()).unwrap());
        }
    }
    found
}
