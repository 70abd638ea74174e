//! What scenarios need: the sample town on real processes, and things that lie between its parts.
//!
//! The programs under test are built once, with the profile and target folder of the tests themselves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios may panic")]

mod lying_node;
mod window;
mod wire;

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub use lying_node::{LyingNode, Rewrite};
use tempfile::TempDir;
pub use window::{Family, Key, Look, Page, Role, Spoken, Tour, Window};
pub use wire::{Fault, Wire};
pub use xtask::network::Network;
pub use xtask::processes::Processes;
pub use xtask::town::Programs;
pub use xtask::town::{
    CLINIC, DOCTOR, EMERGENCY, EMERGENCY_DOCTOR, HOSPITAL, PASSPHRASE, PHARMACY, PRACTICE, Person, REASON,
    Refused, Site, Town,
};

/// A town in a folder that goes away with it.
pub struct TestTown {
    town: Town,
    _folder: TempDir,
}

impl std::ops::Deref for TestTown {
    type Target = Town;
    fn deref(&self) -> &Town {
        &self.town
    }
}

impl TestTown {
    /// A town that is laid out; nothing runs.
    pub fn laid_out() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let samples = workspace().join("samples");
        let town = Town::lay_out(folder.path().to_owned(), binaries(), samples).expect("the samples");
        Self { town, _folder: folder }
    }

    /// A town whose ledger and gatekeepers run.
    pub fn open() -> Self {
        let town = Self::laid_out();
        town.town.open().expect("the town opens");
        town
    }

    /// A town that runs, whose ledger is one of so many hospitals under CometBFT.
    pub fn on_a_network(cometbft: PathBuf, validators: usize) -> Self {
        let mut town = Self::laid_out();
        town.town.on_a_network(cometbft, validators).expect("addresses");
        town.start();
        town
    }

    /// Lets its ledger and gatekeepers run.
    pub fn start(&self) {
        self.town.open().expect("the town opens");
    }

    /// A town that runs, where `wire` stands between the hospital and everybody else.
    pub fn with_wire(slug: &str) -> (Self, Wire) {
        let mut town = Self::laid_out();
        let wire = Wire::to(town.site(slug).expect("a provider").address);
        town.town.put_in_front(slug, wire.address()).expect("a provider");
        town.town.open().expect("the town opens");
        (town, wire)
    }

    /// Amélia as the demo's window shows her: enrolled with all four, one copy, one provider that looked, one request.
    pub fn amelia_with_visits(&self) -> Person {
        let amelia = self.person("amelia").unwrap();
        amelia.settle(self, &[HOSPITAL, PRACTICE, PHARMACY, CLINIC]).unwrap();
        wait_for_records(&amelia, 50);
        amelia.fetch_letter().unwrap();
        self.pharmacy_looks(&amelia).unwrap();
        self.ask_as_clinic(&amelia).unwrap();
        eventually(Duration::from_mins(1), || {
            amelia.json(&["sync"]).unwrap();
            amelia.json(&["requests"]).unwrap()["requests"]
                .as_array()
                .is_some_and(|waiting| !waiting.is_empty())
        });
        amelia
    }

    /// Her daughter, with a wallet on the ledger and nothing in it; with her words.
    pub fn sofia(&self) -> (Person, String) {
        let sofia = self.person("sofia").unwrap();
        let words = sofia.settle(self, &[]).unwrap();
        (sofia, words)
    }

    /// The same, where her wallet reaches the ledger through these addresses.
    pub fn sofia_by(&self, nodes: &[std::net::SocketAddr]) -> (Person, String) {
        let sofia = self.person("sofia").unwrap();
        let words = sofia.create_wallet().unwrap();
        sofia.join(&self.network_file_by(nodes).unwrap()).unwrap();
        (sofia, words)
    }

    /// Amélia, enrolled with hospital, practice and pharmacy, all her records listed.
    pub fn amelia(&self) -> Person {
        let amelia = self.person("amelia").unwrap();
        amelia.settle(self, &[HOSPITAL, PRACTICE, PHARMACY]).unwrap();
        wait_for_records(&amelia, 48);
        amelia
    }
}

/// Syncs until so many record pointers are listed.
#[track_caller]
pub fn wait_for_records(person: &Person, count: usize) {
    let mut seen = 0;
    eventually(Duration::from_mins(1), || {
        seen = person.records().unwrap().len();
        seen >= count
    });
    assert_eq!(seen, count, "records of {}", person.name());
}

/// Tries until it is so; panics after `patience`.
#[track_caller]
pub fn eventually(patience: Duration, mut so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !so() {
        assert!(started.elapsed() < patience, "it was not so after {patience:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Root of the workspace, as cargo says it now.
pub fn workspace() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    PathBuf::from(own).join("..")
}

/// Folder of the programs under test: the one that `MEDREC_BIN_DIR` names, or else built once for each run.
pub fn binaries() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT
        .get_or_init(|| {
            if let Some(given) = std::env::var_os("MEDREC_BIN_DIR") {
                return PathBuf::from(given);
            }
            let mut command = Command::new(env!("CARGO"));
            command.current_dir(workspace()).args(["build", "--quiet", "--workspace", "--bins"]);
            let status = command.status().expect("cargo runs");
            assert!(status.success(), "the programs do not build");
            // target/debug/deps/scenario_…-<hash> → target/debug
            let own = std::env::current_exe().expect("this test is a file");
            own.ancestors().nth(2).expect("a target folder").to_owned()
        })
        .clone()
}
