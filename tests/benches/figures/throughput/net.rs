//! Several validators under CometBFT: over our application, or over CometBFT's own kvstore with the same configuration.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};
use medrec_client::NetworkFile;
use medrec_protocol::ChainIdentity;
use tempfile::TempDir;
use xtask::{network::Network, processes::Processes, town::Programs};

use super::super::people::Publisher;
use super::sender;

const PATIENCE: Duration = Duration::from_mins(1);
/// Nothing was signed yet.
const NOTHING_SIGNED: &[u8] = br#"{"height":"0","round":0,"step":0}"#;

/// Where the kvstore runs.
#[derive(Clone, Copy)]
pub enum Place {
    /// In CometBFT's own process.
    Inside,
    /// In another one, as an application in another language must.
    Beside,
}

/// Homes of a network that can begin again and again, on the same addresses.
pub struct Net {
    network: Network,
    cometbft: PathBuf,
    /// The homes as they were before anything ran.
    fresh: PathBuf,
    /// CometBFT's configuration of each node, as `medrec-node` wrote it.
    configurations: Vec<Vec<u8>>,
    folder: TempDir,
}

impl Net {
    /// So many validators, all with this CometBFT, and one provider.
    pub fn of(validators: usize, cometbft: &str, publisher: &Publisher) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let programs = std::env::var_os("MEDREC_BIN_DIR").context("MEDREC_BIN_DIR is not set")?;
        let cometbft = std::env::var_os(cometbft).with_context(|| format!("{cometbft} is not set"))?;
        let cometbft = PathBuf::from(cometbft);
        let programs = Programs::new(programs.into(), folder.path().to_owned());
        let network = Network::new(&programs, folder.path().join("net"), cometbft.clone(), validators)?;
        let entry = folder.path().join("provider.json");
        std::fs::write(&entry, serde_json::to_vec(&publisher.entry("http://127.0.0.1:1")?)?)?;
        network.lay_out(&["--provider".into(), entry.display().to_string()])?;
        let fresh = folder.path().join("fresh");
        copy(network.folder(), &fresh)?;
        let mut net = Self { network, cometbft, fresh, configurations: Vec::new(), folder };
        net.learn_configurations()?;
        Ok(net)
    }

    /// Which ledger it is.
    pub fn chain(&self) -> Result<ChainIdentity> {
        Ok(NetworkFile::parse(&std::fs::read(self.network.network_file())?)?.identity())
    }

    /// Where its nodes answer.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.network.numbers().map(|number| self.network.rpc(number)).collect()
    }

    /// Begins with our application; the processes end when they are dropped.
    pub fn start_ours(&self) -> Result<Processes> {
        let processes = self.begin()?;
        for number in self.network.numbers() {
            self.network.start(&processes, number)?;
        }
        self.ready(&processes)?;
        Ok(processes)
    }

    /// Begins with CometBFT's kvstore, inside CometBFT or in a process of its own beside it.
    pub fn start_kvstore(&self, place: Place) -> Result<Processes> {
        let processes = self.begin()?;
        for (number, configuration) in self.network.numbers().zip(&self.configurations) {
            let home = self.engine(number);
            std::fs::create_dir_all(home.join("config"))?;
            std::fs::create_dir_all(home.join("data"))?;
            std::fs::write(home.join("config/config.toml"), configuration)?;
            std::fs::write(home.join("data/priv_validator_state.json"), NOTHING_SIGNED)?;
            let mut command = Command::new(&self.cometbft);
            command.arg("node").arg("--home").arg(&home).arg("--proxy_app");
            match place {
                Place::Inside => command.arg("kvstore"),
                Place::Beside => {
                    let socket = format!("unix://{}", home.join("app.sock").display());
                    processes.start(&format!("kvstore-{number}"), kvstore(&socket, &home)?)?;
                    command.arg(socket)
                }
            };
            command.env_clear().current_dir(&home);
            processes.start(&Network::name(number), command)?;
        }
        self.ready(&processes)?;
        Ok(processes)
    }

    /// Lets our nodes write CometBFT's configuration, and keeps it.
    fn learn_configurations(&mut self) -> Result<()> {
        let processes = self.start_ours()?;
        drop(processes);
        let read = |number| std::fs::read(self.engine(number).join("config/config.toml"));
        self.configurations = self.network.numbers().map(read).collect::<Result<_, _>>()?;
        Ok(())
    }

    fn engine(&self, number: usize) -> PathBuf {
        self.network.home(number).join("cometbft")
    }

    fn begin(&self) -> Result<Processes> {
        std::fs::remove_dir_all(self.network.folder())?;
        copy(&self.fresh, self.network.folder())?;
        Processes::new(self.folder.path().join("logs"))
    }

    /// Waits until every node has executed the first block.
    fn ready(&self, processes: &Processes) -> Result<()> {
        for number in self.network.numbers() {
            let address = self.network.rpc(number);
            let begun = || sender::height(address).is_ok_and(|height| height > 0);
            processes.wait_until(&Network::name(number), PATIENCE, begun)?;
        }
        Ok(())
    }
}

/// The kvstore as a program.
fn kvstore(socket: &str, home: &Path) -> Result<Command> {
    let program = std::env::var_os("MEDREC_ABCI_CLI").context("MEDREC_ABCI_CLI is not set")?;
    let mut command = Command::new(program);
    command.args(["kvstore", "--log_level", "error", "--address", socket]).env_clear().current_dir(home);
    Ok(command)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
