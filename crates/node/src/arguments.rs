//! The command line of `medrec-node`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use medrec_node::{abci_server::Address, cometbft::Peer, home::DEFAULT_P2P, testnet};
use medrec_protocol::{ChainId, MemberAddress, ProviderAddress, PublicKey, codec::Text, state::MotionId};

#[derive(Parser)]
#[command(version, about = "A node of a MedRec ledger")]
pub struct Arguments {
    /// What is logged to standard error, e.g. "info" or "medrec_node=debug"
    #[arg(long, global = true, env = "RUST_LOG", default_value = "info")]
    pub log: String,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Begin a new ledger
    Init(Init),
    /// Make a node of a ledger that others began
    Join(Join),
    /// Write homes, genesis and a start script for a network on this computer
    Testnet(Testnet),
    /// Run the node
    Run(Run),
    /// Write the file that wallets join with
    Network(Network),
    /// Say who this node is: what others need to know to admit it
    Show(Show),
    /// What a member of the consortium does: see motions, and write signed transactions
    #[command(subcommand)]
    Member(Member),
}

#[derive(Args)]
pub struct Init {
    /// Folder of the node; made when it is not there
    #[arg(long)]
    pub home: PathBuf,
    /// Name of the ledger: 1 to 50 of A-Z a-z 0-9 - _ .
    #[arg(long)]
    pub chain_id: ChainId,
    #[command(flatten)]
    pub directory: Directory,
    /// Name of a member of the consortium, whose key is made here
    #[arg(long, value_name = "NAME", value_parser = member_name)]
    pub member: Option<Text<120>>,
    /// Address at which wallets reach this node
    #[arg(long = "node", value_name = "URL", default_value = "http://127.0.0.1:26657")]
    pub nodes: Vec<String>,
}

/// Who is in the directory from the start.
#[derive(Args)]
pub struct Directory {
    /// A provider admitted from the start: the file that `medrec-gatekeeper init` wrote
    #[arg(long = "provider", value_name = "FILE")]
    pub providers: Vec<PathBuf>,
    /// As --provider, of one that gives emergency care: patients may let such providers see chosen kinds of records
    /// without being asked
    #[arg(long = "emergency", value_name = "FILE")]
    pub emergency: Vec<PathBuf>,
}

#[derive(Args)]
pub struct Join {
    /// Folder of the node; made when it is not there
    #[arg(long)]
    pub home: PathBuf,
    /// The ledger's genesis.json, from somebody trusted
    #[arg(long, value_name = "FILE")]
    pub genesis: PathBuf,
    /// Name of a member of the consortium, whose key is made here
    #[arg(long, value_name = "NAME", value_parser = member_name)]
    pub member: Option<Text<120>>,
    /// Address at which wallets reach this node
    #[arg(long = "node", value_name = "URL", default_value = "http://127.0.0.1:26657")]
    pub nodes: Vec<String>,
    /// Where this node takes connections of other nodes
    #[arg(long, value_name = "ADDRESS", default_value_t = DEFAULT_P2P)]
    pub p2p: SocketAddr,
    /// How others reach it, where that is another address
    #[arg(long, value_name = "HOST:PORT")]
    pub p2p_address: Option<String>,
    /// Another hospital's node, as its `medrec-node show` says
    #[arg(long = "peer", value_name = "ID@HOST:PORT", required = true)]
    pub peers: Vec<Peer>,
    /// Start from a snapshot; headers are taken from these nodes (two or more) and compared
    #[arg(long = "sync-from", value_name = "URL", requires_all = ["trust_height", "trust_hash"])]
    pub sync_from: Vec<String>,
    /// Height of a header that somebody trusted has named
    #[arg(long, requires = "sync_from")]
    pub trust_height: Option<u64>,
    /// Hash of that header
    #[arg(long, requires = "sync_from")]
    pub trust_hash: Option<String>,
}

#[derive(Args)]
pub struct Testnet {
    /// Folder of the network; made when it is not there
    #[arg(long)]
    pub home: PathBuf,
    /// How many nodes there are, all of them validators
    #[arg(long, default_value_t = 4)]
    pub validators: usize,
    /// Name of the ledger
    #[arg(long, default_value = "medrec-testnet")]
    pub chain_id: ChainId,
    #[command(flatten)]
    pub directory: Directory,
    /// The first node listens for others at this port and for wallets at the next, and so on
    #[arg(long, default_value_t = testnet::FIRST_PORT)]
    pub first_port: u16,
    /// Instead: where each node listens, for others and for wallets; once for each node
    #[arg(long = "listen", value_name = "ADDRESS,ADDRESS", value_parser = listeners)]
    pub listen: Vec<testnet::Listeners>,
    /// Least time between blocks while transactions come, in milliseconds
    #[arg(long, default_value_t = 300)]
    pub block_interval_ms: u32,
    /// How long a validator whose turn it is may be silent, in milliseconds
    #[arg(long, default_value_t = 1_000)]
    pub proposal_timeout_ms: u32,
    /// Time between blocks while nothing happens, in milliseconds
    #[arg(long, default_value_t = 5_000)]
    pub heartbeat_ms: u32,
    /// Heights between snapshots for newcomers; 0 makes none
    #[arg(long, default_value_t = 1_000)]
    pub snapshot_interval: u64,
}

#[derive(Args)]
pub struct Run {
    /// Folder of the node
    #[arg(long)]
    pub home: PathBuf,
    /// Address for JSON-RPC; port 0 takes a free one (embedded engine only)
    #[arg(long, default_value = "127.0.0.1:26657")]
    pub listen: SocketAddr,
    /// Who makes the blocks
    #[arg(long, value_enum, default_value_t = EngineKind::Embedded)]
    pub engine: EngineKind,
    /// The program that --engine cometbft runs
    #[arg(long, env = "MEDREC_COMETBFT", default_value = "cometbft", value_name = "FILE")]
    pub cometbft: PathBuf,
    /// Address for a CometBFT of your own (--engine abci): tcp://HOST:PORT or unix:///PATH
    #[arg(long, default_value = "tcp://127.0.0.1:26658", value_parser = abci_address)]
    pub abci: Address,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum EngineKind {
    /// This process, as the only validator
    Embedded,
    /// CometBFT, which this process configures, starts and watches
    Cometbft,
    /// A CometBFT of your own beside it; this process serves the application only
    Abci,
}

#[derive(Args)]
pub struct Network {
    /// Folder of the node
    #[arg(long)]
    pub home: PathBuf,
    /// Address at which wallets reach a node
    #[arg(long = "node", value_name = "URL", required = true)]
    pub nodes: Vec<String>,
}

#[derive(Args)]
pub struct Show {
    /// Folder of the node; it must not run
    #[arg(long)]
    pub home: PathBuf,
}

/// What a member of the consortium does.
#[derive(Subcommand)]
pub enum Member {
    /// Show the motions that wait for votes, as this hospital's running node knows them
    Motions(Motions),
    /// Move that something be done; the mover's vote counts at once
    Move(Move),
    /// Vote for a motion
    Vote(OnMotion),
    /// Take a vote back
    Rescind(OnMotion),
}

#[derive(Args)]
pub struct Motions {
    /// Where the node answers
    #[arg(long, default_value = "127.0.0.1:26657", value_name = "ADDRESS")]
    pub node: SocketAddr,
}

#[derive(Args)]
pub struct Move {
    /// Folder with the member's key; its node may run
    #[arg(long)]
    pub home: PathBuf,
    /// Days in which it can be voted on, at most 90
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=90))]
    pub days: u64,
    #[command(subcommand)]
    pub what: What,
}

#[derive(Args)]
pub struct OnMotion {
    /// Folder with the member's key; its node may run
    #[arg(long)]
    pub home: PathBuf,
    /// The motion
    pub motion: MotionId,
}

/// What a motion asks for.
#[derive(Subcommand)]
pub enum What {
    /// Admit a validator, change its weight, or remove it with weight 0
    Validator {
        /// Its key, as its `medrec-node show` says
        key: PublicKey,
        /// Its weight
        power: u64,
    },
    /// Admit a member of the consortium
    AdmitMember {
        /// Name of the organisation
        #[arg(value_parser = member_name)]
        name: Text<120>,
        /// Its key
        key: PublicKey,
    },
    /// Remove a member of the consortium
    RemoveMember {
        /// Its address
        member: MemberAddress,
    },
    /// Admit a provider
    AdmitProvider {
        /// The file that its `medrec-gatekeeper init` wrote
        file: PathBuf,
        /// It gives emergency care
        #[arg(long)]
        emergency: bool,
    },
    /// Suspend a provider, take it back, or expel it for good
    Standing {
        /// The provider
        provider: ProviderAddress,
        /// Its new standing
        standing: NewStanding,
    },
    /// Say whether a provider gives emergency care
    EmergencyRole {
        /// The provider
        provider: ProviderAddress,
        /// Does it?
        role: YesNo,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum YesNo {
    /// It does
    Yes,
    /// It does not
    No,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum NewStanding {
    /// It is a provider again
    Admitted,
    /// It is none for now
    Suspended,
    /// It is none for good
    Expelled,
}

fn member_name(text: &str) -> Result<Text<120>, String> {
    Text::new(text).map_err(|error| error.to_string())
}

fn abci_address(text: &str) -> Result<Address, String> {
    text.parse()
}

fn listeners(text: &str) -> Result<testnet::Listeners, String> {
    let parse = |text: &str| text.parse::<SocketAddr>().map_err(|error| format!("'{text}': {error}"));
    let (p2p, rpc) = text.split_once(',').ok_or("two addresses with a comma between them are expected")?;
    Ok(testnet::Listeners { p2p: parse(p2p)?, rpc: parse(rpc)? })
}
