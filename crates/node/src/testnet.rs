//! Several nodes on one computer, to try a network out: their homes, one genesis, one script that starts them all.

use std::{
    fmt::Write,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use medrec_protocol::{ChainId, Timestamp, codec::Text, state::Provider};

use crate::{
    NodeError,
    cometbft::{Peer, Settings},
    genesis,
    home::{NewHome, app_state, at, write_bytes},
};

/// The script that starts all nodes.
pub const START: &str = "start.sh";
/// The file for wallets, with every node in it.
pub const NETWORK: &str = "network.json";
/// Port of the first node's first listener, where none is given.
pub const FIRST_PORT: u16 = 26_656;

/// Where one node listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listeners {
    /// For the other nodes.
    pub p2p: SocketAddr,
    /// For wallets and gatekeepers.
    pub rpc: SocketAddr,
}

/// Consecutive ports on this computer, two for each node.
pub fn listeners(first_port: u16, nodes: usize) -> Result<Vec<Listeners>, NodeError> {
    let ports: Vec<u16> = (first_port..=u16::MAX).take(nodes * 2).collect();
    if ports.len() < nodes * 2 || first_port == 0 {
        return Err(NodeError::TestNetwork("there are not so many ports from the first one on"));
    }
    let at = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Ok(ports.chunks(2).map(|pair| Listeners { p2p: at(pair[0]), rpc: at(pair[1]) }).collect())
}

/// What a local network is made of.
#[derive(Clone, Debug)]
pub struct TestNetwork {
    /// Name of the ledger.
    pub chain_id: ChainId,
    /// Providers admitted from the start.
    pub providers: Vec<Provider>,
    /// Providers admitted from the start that give emergency care.
    pub emergency: Vec<Provider>,
    /// One node for each, all of them validators.
    pub listeners: Vec<Listeners>,
    /// Least time between blocks, in milliseconds.
    pub block_interval_ms: u32,
    /// How long a validator whose turn it is may be silent, in milliseconds.
    pub proposal_timeout_ms: u32,
    /// Time between blocks while nothing happens, in milliseconds.
    pub heartbeat_ms: u32,
    /// Heights between snapshots.
    pub snapshot_interval: u64,
    /// Time of the first block.
    pub time: Timestamp,
}

/// Home of a node, by its number from 1.
pub fn home_of(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("node-{number}"))
}

/// Writes everything into a folder that has no network: homes `node-1`, `node-2` …, `network.json`, `start.sh`. Each node
/// has a validator's and a member's key of its own.
pub fn write(folder: &Path, network: TestNetwork) -> Result<(), NodeError> {
    let count = network.listeners.len();
    if !(1..=100).contains(&count) {
        return Err(NodeError::TestNetwork("1 to 100 validators are expected"));
    }
    let mut homes = Vec::with_capacity(count);
    for number in 1..=count {
        let name = Text::clipped(&format!("Hospital {number}"));
        homes.push(NewHome::in_folder(&home_of(folder, number), Some(name))?);
    }
    let members = homes.iter().filter_map(NewHome::member).collect();
    let validators: Vec<_> = homes.iter().map(NewHome::validator).collect();
    let app_state = app_state(members, network.providers, network.emergency);
    let document = genesis::new_document(&network.chain_id, network.time, &validators, app_state)?;
    let peer = |(home, at): (&NewHome, &Listeners)| {
        let peer: Result<Peer, _> = format!("{}@{}", home.node_id(), at.p2p).parse();
        peer.map_err(|_| NodeError::TestNetwork("an address of a node cannot be used"))
    };
    let peers: Vec<Peer> = homes.iter().zip(&network.listeners).map(peer).collect::<Result<_, _>>()?;
    let nodes: Vec<String> = network.listeners.iter().map(|at| format!("http://{}", at.rpc)).collect();
    for (own, (home, at)) in homes.into_iter().zip(&network.listeners).enumerate() {
        let others = peers.iter().enumerate().filter(|(number, _)| *number != own);
        let settings = Settings {
            peers: others.map(|(_, peer)| peer.clone()).collect(),
            block_interval_ms: network.block_interval_ms,
            proposal_timeout_ms: network.proposal_timeout_ms,
            heartbeat_ms: network.heartbeat_ms,
            snapshot_interval: network.snapshot_interval,
            ..Settings::usual(at.p2p)
        };
        // Each node's own address first: the others are compared with it.
        let mut nodes = nodes.clone();
        nodes.rotate_left(own);
        home.settle(&document, nodes, Some(&settings))?;
    }
    let file = std::fs::read(home_of(folder, 1).join(NETWORK)).map_err(|source| at(folder, source))?;
    write_bytes(folder, NETWORK, &file, 0o644)?;
    write_bytes(folder, START, script(&network.listeners).as_bytes(), 0o755)
}

/// A script that starts all nodes and ends them together.
fn script(listeners: &[Listeners]) -> String {
    let mut script = String::from(
        "#!/bin/sh\n\
         # Starts every node of this network. Ctrl-C ends them. MEDREC_NODE and MEDREC_COMETBFT name the programs.\n\
         cd \"$(dirname \"$0\")\" || exit 1\n\
         node=\"${MEDREC_NODE:-medrec-node}\"\n\
         engine=\"${MEDREC_COMETBFT:-cometbft}\"\n\
         trap 'kill 0' INT TERM\n",
    );
    for (number, at) in (1..).zip(listeners) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            script,
            "\"$node\" run --home node-{number} --engine cometbft --cometbft \"$engine\" --listen {} \\\n    \
             2>node-{number}.log &",
            at.rpc
        );
    }
    script.push_str("wait\n");
    script
}
