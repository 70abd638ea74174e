//! A real ledger node in this process, behind HTTP on a free port.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use medrec_client::NetworkFile;
use medrec_node::{
    app::App,
    engine::{Engine, Pace},
    home::{Home, NewLedger},
    rpc,
    storage::Store,
};
use medrec_protocol::Timestamp;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use super::TestProvider;
use crate::{Clock, SystemClock};
use tendermint::Time;

/// The system's clock, and seconds that a test adds.
#[derive(Debug, Default)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    /// Moves the hands.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let now = SystemClock.now().seconds();
        Timestamp::from_seconds(now.checked_add_signed(self.0.load(Ordering::SeqCst)).unwrap())
    }
}

/// A running ledger.
pub(crate) struct Ledger {
    pub network: NetworkFile,
    pub providers: Vec<TestProvider>,
    clock: Arc<TestClock>,
    engine: Arc<Engine>,
    server: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl Ledger {
    /// A new ledger with three providers.
    pub async fn start(folder: &Path) -> Self {
        let names = [("Santa Maria", "Lisbon"), ("Dr. Ana López", "Sintra"), ("City Clinic", "Porto")];
        let entries: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(index, (name, place))| TestProvider::entry(index, name, place))
            .collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let node = format!("http://{}", listener.local_addr().unwrap());
        let new = NewLedger {
            chain_id: "wallet-tests".parse().unwrap(),
            providers: entries.iter().map(|(provider, _)| provider.clone()).collect(),
            member: None,
            nodes: vec![node],
            time: SystemClock.now(),
        };
        let home = Home::init(folder, new).unwrap();
        let store = Arc::new(Store::open(&home.database()).unwrap());
        let app = Arc::new(App::new(store.clone()));
        let pace = Pace::default();
        let engine = Engine::open(store, app, home.genesis().unwrap(), home.validator_key().unwrap(), pace);
        let clock = Arc::new(TestClock::default());
        let told = Arc::clone(&clock);
        let time =
            move || Time::from_unix_timestamp(i64::try_from(told.now().seconds()).unwrap(), 0).unwrap();
        let engine = Arc::new(engine.unwrap().with_clock(time));
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(engine.clone().run(stopped));
        let served = Arc::clone(&engine);
        let server = tokio::spawn(async move {
            axum::serve(listener, rpc::router(served)).await.unwrap();
        });
        let network = std::fs::read(home.network_path()).unwrap();
        let network = NetworkFile::parse(&network).unwrap();
        let providers = entries
            .into_iter()
            .map(|(provider, key)| TestProvider::new(provider, key, network.clone(), clock.clone()))
            .collect();
        Self { network, providers, clock, engine, server, stop }
    }

    /// Lets time pass for the ledger and its providers; the newest header is of the new time.
    pub async fn pass(&self, seconds: i64) {
        self.clock.advance(seconds);
        let engine = Arc::clone(&self.engine);
        tokio::task::spawn_blocking(move || engine.step(true)).await.unwrap().unwrap();
    }

    /// The node goes away and does not come back.
    pub fn stop(&self) {
        self.server.abort();
        let _ = self.stop.send(true);
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.stop();
    }
}
