//! `medrec-node`: begins a ledger, joins one, and runs a node of it.

mod arguments;
mod member;
mod motions;
mod run;

use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use clap::Parser;
use medrec_node::{
    cometbft::{Settings, StateSync},
    home::{Home, NewHome, NewLedger, read_genesis, read_provider},
    testnet::{self, TestNetwork},
};
use medrec_protocol::{MemberAddress, PublicKey, Timestamp, state::Provider};
use tracing_subscriber::EnvFilter;

use arguments::{Arguments, Command, Directory, Init, Join, Network, Show, Testnet};

fn main() -> ExitCode {
    match execute(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed; there is nobody left to tell then.
            let _ = writeln!(std::io::stderr(), "medrec-node: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(arguments: Arguments) -> Result<()> {
    let filter = EnvFilter::try_new(&arguments.log).context("--log cannot be understood")?;
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
    match arguments.command {
        Command::Init(init) => begin(init),
        Command::Join(join) => self::join(join),
        Command::Testnet(testnet) => lay_out(testnet),
        Command::Network(network) => write_network(&network),
        Command::Show(show) => self::show(&show),
        Command::Member(member) => member::run(member, now()?),
        Command::Run(run) => tokio::runtime::Runtime::new()?.block_on(run::serve(run)),
    }
}

fn now() -> Result<Timestamp> {
    Ok(Timestamp::from_seconds(u64::try_from(jiff::Timestamp::now().as_second())?))
}

/// Providers of the directory, and those of them that give emergency care.
fn read(directory: &Directory) -> Result<(Vec<Provider>, Vec<Provider>)> {
    let all = |paths: &[PathBuf]| paths.iter().map(|path| read_provider(path)).collect::<Result<_, _>>();
    Ok((all(&directory.providers)?, all(&directory.emergency)?))
}

fn begin(init: Init) -> Result<()> {
    let (providers, emergency) = read(&init.directory)?;
    let ledger = NewLedger {
        chain_id: init.chain_id,
        providers,
        member: init.member,
        nodes: init.nodes,
        time: now()?,
    };
    let home = Home::init_with_emergency(&init.home, ledger, emergency)?;
    let network = home.network()?;
    let mut out = std::io::stdout();
    writeln!(out, "ledger        {}", network.chain_id)?;
    writeln!(out, "genesis hash  {}", network.genesis_hash)?;
    writeln!(out, "genesis       {}", home.genesis_path().display())?;
    writeln!(out, "for wallets   {}", home.network_path().display())?;
    writeln!(out, "validator key {} (keep it secret)", home.validator_key_path().display())?;
    Ok(())
}

fn join(join: Join) -> Result<()> {
    let document = read_genesis(&join.genesis)?;
    let state_sync = match (join.sync_from.is_empty(), join.trust_height, join.trust_hash) {
        (true, _, _) => None,
        (false, Some(trust_height), Some(trust_hash)) => {
            Some(StateSync { servers: join.sync_from, trust_height, trust_hash })
        }
        (false, _, _) => bail!("--sync-from needs --trust-height and --trust-hash"),
    };
    let settings = Settings {
        p2p_address: join.p2p_address,
        peers: join.peers,
        state_sync,
        ..Settings::usual(join.p2p)
    };
    NewHome::in_folder(&join.home, join.member)?.settle(&document, join.nodes, Some(&settings))?;
    show(&Show { home: join.home })
}

fn lay_out(testnet: Testnet) -> Result<()> {
    let (providers, emergency) = read(&testnet.directory)?;
    let listeners = if testnet.listen.is_empty() {
        testnet::listeners(testnet.first_port, testnet.validators)?
    } else {
        testnet.listen
    };
    let network = TestNetwork {
        chain_id: testnet.chain_id,
        providers,
        emergency,
        listeners,
        block_interval_ms: testnet.block_interval_ms,
        proposal_timeout_ms: testnet.proposal_timeout_ms,
        heartbeat_ms: testnet.heartbeat_ms,
        snapshot_interval: testnet.snapshot_interval,
        time: now()?,
    };
    testnet::write(&testnet.home, network)?;
    let mut out = std::io::stdout();
    writeln!(out, "for wallets {}", testnet.home.join(testnet::NETWORK).display())?;
    writeln!(out, "start it    {}", testnet.home.join(testnet::START).display())?;
    Ok(())
}

fn write_network(network: &Network) -> Result<()> {
    let path = Home::write_network(&network.home, network.nodes.clone())?;
    writeln!(std::io::stdout(), "{}", path.display())?;
    Ok(())
}

fn show(show: &Show) -> Result<()> {
    let home = Home::open(&show.home)?;
    let network = home.network()?;
    let settings = home.settings()?;
    let mut out = std::io::stdout();
    writeln!(out, "ledger        {}", network.chain_id)?;
    writeln!(out, "genesis hash  {}", network.genesis_hash)?;
    let address = settings.p2p_address.unwrap_or_else(|| settings.p2p_listen.to_string());
    writeln!(out, "peer          {}@{address}", home.node_id()?)?;
    writeln!(out, "validator     {}", PublicKey::of(&home.validator_key()?))?;
    if let Some(key) = Home::member_key(&show.home)? {
        let key = PublicKey::of(&key);
        writeln!(out, "member        {} ({key})", MemberAddress::of(&key))?;
    }
    Ok(())
}
