//! A ledger with a provider and its patients, and ways to run it.

#![allow(dead_code, reason = "each test target uses its own part")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use medrec_ledger::{
    LeafProof,
    testing::{Scribe, assert_proves, sample, sample::Actor},
};
use medrec_node::{
    app::App,
    engine::{Engine, Pace},
    error::NodeError,
    genesis::{self, Document},
    home::{Home, NewLedger},
    rpc,
    storage::Store,
};
use medrec_protocol::{Hash32, Timestamp, query};
use tempfile::TempDir;
use tendermint::{Time, block::Height};
use tendermint_light_client_verifier::{
    ProdVerifier, Verdict, Verifier,
    options::Options,
    types::{LightBlock, TrustThreshold},
};
use tendermint_rpc::{Client, HttpClient, Paging, client::CompatMode};

/// A home with a ledger, and who acts on it.
pub struct World {
    pub folder: TempDir,
    scribe: Scribe,
}

impl Deref for World {
    type Target = Scribe;
    fn deref(&self) -> &Scribe {
        &self.scribe
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Scribe {
        &mut self.scribe
    }
}

pub fn now() -> Timestamp {
    Timestamp::from_seconds(u64::try_from(Time::now().unix_timestamp()).unwrap())
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let publisher = Actor::provider(1);
        let providers = [1, 2, 3].map(|number| sample::provider_entry(&Actor::provider(number))).to_vec();
        let ledger = NewLedger {
            chain_id: "node-test-1".parse().unwrap(),
            providers,
            member: None,
            nodes: vec!["http://127.0.0.1:26657".into()],
            time: now(),
        };
        let home = Home::init(folder.path(), ledger).unwrap();
        let chain = genesis::of_document(&home.genesis().unwrap()).unwrap().identity();
        Self { folder, scribe: Scribe::new(chain, publisher, now) }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn document(&self) -> Document {
        self.home().genesis().unwrap()
    }

    /// The home, opened. Other tests of the same program start processes: between fork and exec such a child holds a
    /// lock that was just given back, so a home in use is asked for again for a moment.
    pub fn home(&self) -> Home {
        for _ in 0..100 {
            match Home::open(self.path()) {
                Err(NodeError::InUse(_)) => std::thread::sleep(Duration::from_millis(20)),
                opened => return opened.unwrap(),
            }
        }
        Home::open(self.path()).unwrap()
    }

    /// The engine over this home, in this process.
    pub fn engine(&self, pace: Pace) -> Arc<Engine> {
        let home = self.home();
        let store = Arc::new(Store::open(&home.database()).unwrap());
        let app = Arc::new(App::new(store.clone()));
        let key = home.validator_key().unwrap();
        Arc::new(Engine::open(store, app, home.genesis().unwrap(), key, pace).unwrap())
    }
}

/// An engine that makes blocks and answers on loopback, in this process.
pub struct Running {
    pub engine: Arc<Engine>,
    pub url: String,
    pub client: HttpClient,
    _stop: tokio::sync::watch::Sender<bool>,
}

pub fn quick() -> Pace {
    Pace { batch_window: Duration::from_millis(5), heartbeat: Duration::from_secs(15) }
}

pub async fn run(world: &World, pace: Pace) -> Running {
    let engine = world.engine(pace);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut sealed = engine.watch();
    tokio::spawn(engine.clone().run(stopped));
    let genesis_blocks = sealed.wait_for(|height| *height >= 2);
    tokio::time::timeout(Duration::from_secs(20), genesis_blocks).await.unwrap().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = rpc::router(engine.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Running { engine, client: client(&url), url, _stop: stop }
}

pub fn client(url: &str) -> HttpClient {
    let url: tendermint_rpc::HttpClientUrl = url.parse().unwrap();
    HttpClient::builder(url).compat_mode(CompatMode::V0_38).build().unwrap()
}

/// The real program over a home.
pub struct Program {
    pub child: Child,
    pub url: String,
    pub log: Arc<std::sync::Mutex<String>>,
}

impl Program {
    pub fn start(home: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_medrec-node"));
        command.args(["run", "--listen", "127.0.0.1:0", "--home"]).arg(home);
        Self::spawn(command)
    }

    pub fn spawn(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).env("RUST_LOG", "info");
        let mut child = command.spawn().unwrap();
        let mut errors = child.stderr.take().unwrap();
        let log = Arc::new(std::sync::Mutex::new(String::new()));
        let written = log.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = errors.read(&mut buffer) {
                written.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").map(str::to_owned);
        let url = url.unwrap_or_else(|| panic!("said {line:?}, log: {}", log.lock().unwrap()));
        Self { child, url, log }
    }

    /// Kills it without a chance to clean up.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn terminate(&mut self) -> std::process::ExitStatus {
        let id = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn options() -> Options {
    Options {
        trust_threshold: TrustThreshold::TWO_THIRDS,
        trusting_period: Duration::from_hours(180 * 24),
        clock_drift: Duration::from_secs(10),
    }
}

pub async fn light_block(client: &HttpClient, height: u64) -> LightBlock {
    let at = |height: u64| Height::try_from(height).unwrap();
    let signed = client.commit(at(height)).await.unwrap().signed_header;
    let validators = client.validators(at(height), Paging::All).await.unwrap().validators;
    let next = client.validators(at(height + 1), Paging::All).await.unwrap().validators;
    LightBlock::new(
        signed,
        tendermint::validator::Set::without_proposer(validators),
        tendermint::validator::Set::without_proposer(next),
        tendermint::node::Id::new([0; 20]),
    )
}

pub fn verify(untrusted: &LightBlock, trusted: &LightBlock) -> Verdict {
    let (new, old) = (untrusted.as_untrusted_state(), trusted.as_trusted_state());
    ProdVerifier::default().verify_update_header(new, old, &options(), Time::now())
}

pub async fn height(client: &HttpClient) -> u64 {
    client.status().await.unwrap().sync_info.latest_block_height.value()
}

/// A leaf after a height, proved under the header of the height after it.
pub async fn proved_leaf(client: &HttpClient, key: &[u8], after: u64) -> Option<Vec<u8>> {
    let height = Height::try_from(after).unwrap();
    let answer =
        client.abci_query(Some(query::STATE.into()), key.to_vec(), Some(height), true).await.unwrap();
    assert!(answer.code.is_ok(), "{}", answer.log);
    let ops = answer.proof.unwrap().ops;
    assert_eq!(ops[0].field_type, query::STATE_PROOF);
    let header = client.commit(height.increment()).await.unwrap().signed_header.header;
    let root = Hash32::new(header.app_hash.as_bytes().try_into().unwrap());
    let value = (!answer.value.is_empty()).then_some(answer.value);
    assert_proves(root, key, &LeafProof { value: value.clone(), proof: ops[0].data.clone() });
    value
}

/// One plain HTTP exchange, as any client that nobody here wrote could make it. Status and body.
pub fn http(url: &str, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    // A server that refuses a body may close before it has read it all.
    let _ = stream.read_to_string(&mut answer);
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    (status, body)
}

pub fn get(url: &str, path: &str) -> (u16, String) {
    http(url, &format!("GET {path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n"))
}

pub fn post(url: &str, body: &str) -> (u16, String) {
    let length = body.len();
    http(
        url,
        &format!(
            "POST / HTTP/1.1\r\nHost: node\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        ),
    )
}

/// The folder of an external program's files, given by the environment.
pub fn required(variable: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| panic!("{variable} is not set"), PathBuf::from)
}

/// Answers that real CometBFT nodes of a release gave: they ship inside the tendermint-rpc crate (Apache-2.0).
pub fn recordings(release: &str) -> PathBuf {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .other_options(["--offline".to_owned(), "--locked".to_owned()])
        .exec()
        .unwrap();
    let package = metadata.packages.iter().find(|package| package.name.as_str() == "tendermint-rpc").unwrap();
    let folder = package.manifest_path.parent().unwrap();
    folder.join("tests/kvstore_fixtures").join(release).join("incoming").into()
}
