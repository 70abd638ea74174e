//! A ledger of several hospitals on this computer: `medrec-node` processes, each with its CometBFT, as
//! `medrec-node testnet` lays them out.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::loopback;
use crate::processes::Processes;
use crate::town::Programs;

const NODE: &str = "medrec-node";
/// More than a slow computer needs to start a program and to agree on the first blocks.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where one node listens.
#[derive(Clone, Copy, Debug)]
struct Listeners {
    p2p: SocketAddr,
    rpc: SocketAddr,
}

/// The network. Nodes are numbered from 1.
#[derive(Debug)]
pub struct Network {
    programs: Programs,
    folder: PathBuf,
    cometbft: PathBuf,
    nodes: Vec<Listeners>,
}

impl Network {
    /// So many validators, each with an address. Writes and starts nothing.
    pub fn new(programs: &Programs, folder: PathBuf, cometbft: PathBuf, validators: usize) -> Result<Self> {
        let mut network = Self { programs: programs.clone(), folder, cometbft, nodes: Vec::new() };
        for _ in 0..validators {
            network.room()?;
        }
        Ok(network)
    }

    /// Writes homes and genesis; `words` go to `medrec-node testnet` as well.
    pub fn lay_out(&self, words: &[String]) -> Result<String> {
        let mut command = self.programs.command(NODE);
        command.arg("testnet").arg("--home").arg(&self.folder).args(words);
        for at in &self.nodes {
            command.arg("--listen").arg(format!("{},{}", at.p2p, at.rpc));
        }
        self.programs.run(command)?.success()
    }

    fn room(&mut self) -> Result<Listeners> {
        let [p2p, rpc] = loopback::free_addresses()?;
        let at = Listeners { p2p, rpc };
        self.nodes.push(at);
        Ok(at)
    }

    /// Makes one more node, which is no validator; `words` go to `medrec-node join` as well. Returns its number.
    pub fn join(&mut self, words: &[String]) -> Result<usize> {
        let genesis = self.home(1).join("genesis.json");
        let at = self.room()?;
        let number = self.nodes.len();
        let mut command = self.programs.command(NODE);
        command.arg("join").arg("--home").arg(self.home(number)).arg("--genesis").arg(genesis);
        command.arg("--p2p").arg(at.p2p.to_string()).arg("--node").arg(format!("http://{}", at.rpc));
        command.args(words);
        self.programs.run(command)?.success()?;
        Ok(number)
    }

    /// How many nodes there are.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// Their numbers.
    pub fn numbers(&self) -> std::ops::RangeInclusive<usize> {
        1..=self.size()
    }

    /// Where a node answers.
    pub fn rpc(&self, number: usize) -> SocketAddr {
        self.nodes[number - 1].rpc
    }

    /// Folder of a node.
    pub fn home(&self, number: usize) -> PathBuf {
        self.folder.join(format!("node-{number}"))
    }

    /// Name of a node's process.
    pub fn name(number: usize) -> String {
        format!("node-{number}")
    }

    /// The file for wallets.
    pub fn network_file(&self) -> PathBuf {
        self.folder.join("network.json")
    }

    /// What `medrec-node show` says about a node that does not run, by the word at the beginning of the line.
    pub fn shown(&self, number: usize, word: &str) -> Result<String> {
        let mut command = self.programs.command(NODE);
        command.arg("show").arg("--home").arg(self.home(number));
        let text = self.programs.run(command)?.success()?;
        let line = text.lines().find_map(|line| line.strip_prefix(word));
        Ok(line.with_context(|| format!("there is no {word} in\n{text}"))?.trim().to_owned())
    }

    /// What a member of the consortium signs whose key is in this folder: motion and transaction.
    pub fn signed(&self, home: &Path, words: &[&str]) -> Result<(String, String)> {
        let mut command = self.programs.command(NODE);
        let (verb, rest) = words.split_first().context("a member needs something to do")?;
        command.args(["member", verb, "--home"]).arg(home).args(rest);
        let text = self.programs.run(command)?.success()?;
        let word = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            Ok::<_, anyhow::Error>(line.with_context(|| format!("no {name} in\n{text}"))?.trim().to_owned())
        };
        Ok((word("motion ")?, word("transaction ")?))
    }

    /// The command that runs a node.
    fn command(&self, number: usize) -> Command {
        let mut command = self.programs.command(NODE);
        command.arg("run").arg("--home").arg(self.home(number)).args(["--engine", "cometbft", "--cometbft"]);
        command.arg(&self.cometbft).arg("--listen").arg(self.rpc(number).to_string());
        command
    }

    /// Starts a node and does not wait.
    pub fn start(&self, processes: &Processes, number: usize) -> Result<()> {
        processes.start(&Self::name(number), self.command(number))
    }

    /// Starts all nodes and waits until their state can be proved.
    pub fn start_all(&self, processes: &Processes) -> Result<()> {
        for number in self.numbers() {
            self.start(processes, number)?;
        }
        for number in self.numbers() {
            self.wait(processes, number)?;
        }
        Ok(())
    }

    /// Waits until a node answers and its state can be proved: from the second block on.
    pub fn wait(&self, processes: &Processes, number: usize) -> Result<()> {
        let rpc = self.rpc(number);
        processes.wait_until(&Self::name(number), PATIENCE, || loopback::answers(rpc, "/block?height=2"))
    }

    /// Where the network's files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}
