//! The real ledger node, as a process of its own, and what is asked of it.

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use medrec_client::{HttpNode, LightClient, NetworkFile, Node, Snapshot, TrustedHead};
use medrec_protocol::{ChainIdentity, RelationshipAddress, SignedTx};
use tempfile::TempDir;
use xtask::{loopback, processes::Processes};

use super::people::{Publisher, now};

const NAME: &str = "medrec-node";
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(20);
/// Where the time until an answer is measured.
const SHORT_LOOK: Duration = Duration::from_millis(1);

/// A ledger with one provider.
pub struct Ledger {
    pub address: SocketAddr,
    pub network: NetworkFile,
    pub publisher: Publisher,
    node: Arc<HttpNode>,
    processes: Processes,
    folder: TempDir,
}

impl Ledger {
    /// Begins a ledger in a folder that goes away with it, and starts its node.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let home = folder.path().join("node");
        let publisher = Publisher::number(1);
        let entry = folder.path().join("provider.json");
        std::fs::write(&entry, serde_json::to_vec(&publisher.entry("http://127.0.0.1:1")?)?)?;
        let [address] = loopback::free_addresses()?;
        let url = format!("http://{address}");
        let processes = Processes::new(folder.path().join("logs"))?;
        let mut init = program()?;
        init.args(["init", "--chain-id", "medrec-figures", "--node", &url, "--home"]).arg(&home);
        init.arg("--provider").arg(&entry);
        let output = processes.run("init", init)?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let network = NetworkFile::parse(&std::fs::read(home.join("network.json"))?)?;
        let node = node_at(address)?;
        let ledger = Self { address, network, publisher, node, processes, folder };
        ledger.run()?;
        Ok(ledger)
    }

    /// Starts the node's process and says how long it took until it answered.
    pub fn run(&self) -> Result<Duration> {
        let mut run = program()?;
        run.args(["run", "--listen", &self.address.to_string(), "--home"]).arg(self.home());
        run.env("RUST_LOG", "warn");
        let started = Instant::now();
        self.processes.start(NAME, run)?;
        while !loopback::answers(self.address, "/health") {
            if started.elapsed() > PATIENCE {
                self.processes.wait_until(NAME, Duration::ZERO, || false)?;
            }
            std::thread::sleep(SHORT_LOOK);
        }
        Ok(started.elapsed())
    }

    /// Stops the node's process, as its operator does.
    pub fn stop(&self) -> Result<()> {
        let status = self.processes.stop(NAME)?;
        ensure!(status.success(), "the node ended with {status}");
        Ok(())
    }

    /// Kills the node's process.
    pub fn kill(&self) -> Result<()> {
        self.processes.kill(NAME)
    }

    /// Bytes of memory that the node's process has now (Linux: `VmRSS`).
    pub fn resident(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.processes.id(NAME)?))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
        Ok(kibibytes.parse::<u64>()? * 1024)
    }

    /// The node's folder.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("node")
    }

    /// Which ledger it is.
    pub fn chain(&self) -> ChainIdentity {
        self.network.identity()
    }

    /// The node, with a connection of its own.
    pub fn node(&self) -> Result<Arc<HttpNode>> {
        node_at(self.address)
    }

    /// A light client that knows `stored`, or only the network file.
    pub fn client(&self, node: Arc<HttpNode>, stored: Option<TrustedHead>) -> Result<LightClient> {
        Ok(LightClient::new(self.network.clone(), vec![node], stored)?)
    }

    /// Hands transactions in; the node must accept each.
    pub async fn submit(&self, txs: &[SignedTx]) -> Result<()> {
        for tx in txs {
            let code = self.node.submit(&tx.encode()).await?;
            ensure!(code.is_accepted(), "the node refused a transaction with code {}", code.0);
        }
        Ok(())
    }

    /// Waits until the verified log of a relationship has so many entries.
    pub async fn wait_for(
        &self,
        relationship: RelationshipAddress,
        size: u64,
    ) -> Result<(TrustedHead, Snapshot)> {
        let mut client = self.client(self.node()?, None)?;
        let started = Instant::now();
        loop {
            client.update(now()?).await?;
            let snapshot = client.snapshot()?;
            let found = snapshot.relationship(relationship).await?;
            let found = found.map_or(0, |proven| proven.log().frontier().size());
            if found == size {
                let head = client.trusted().context("an update leaves a trusted head")?;
                return Ok((head.clone(), snapshot));
            }
            if started.elapsed() > PATIENCE {
                bail!("the log has {found} entries after {} s, not {size}", PATIENCE.as_secs());
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// A node, or what stands before it, with a connection of its own.
pub fn node_at(address: SocketAddr) -> Result<Arc<HttpNode>> {
    Ok(Arc::new(HttpNode::new(format!("http://{address}").parse()?)?))
}

/// The program, which `cargo xtask bench` builds with the same profile.
fn program() -> Result<Command> {
    let folder = std::env::var_os("MEDREC_BIN_DIR");
    let folder = folder.context("MEDREC_BIN_DIR is not set: run this with `cargo xtask bench`")?;
    Ok(Command::new(PathBuf::from(folder).join(NAME)))
}
