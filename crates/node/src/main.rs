//! `medrec-node`: begins a ledger, and runs a node of it.

use std::{
    io::{IsTerminal, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand, ValueEnum};
use medrec_node::{
    abci_server::{Address, Socket},
    app::App,
    engine::{Engine, Pace},
    home::{Home, NewLedger, read_provider},
    rpc,
    storage::Store,
};
use medrec_protocol::{ChainId, Timestamp, codec::Text};
use tokio::{net::TcpListener, signal::unix, sync::watch};
use tracing_subscriber::EnvFilter;

/// How long requests in progress may go on after the node was told to stop.
const GRACE: Duration = Duration::from_secs(3);

#[derive(Parser)]
#[command(version, about = "A node of a MedRec ledger")]
struct Arguments {
    /// What is logged to standard error, e.g. "info" or "medrec_node=debug"
    #[arg(long, global = true, env = "RUST_LOG", default_value = "info")]
    log: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Begin a new ledger
    Init(Init),
    /// Run the node
    Run(Run),
    /// Write the file that wallets join with
    Network(Network),
}

#[derive(Args)]
struct Init {
    /// Folder of the node; made when it is not there
    #[arg(long)]
    home: PathBuf,
    /// Name of the ledger: 1 to 50 of A-Z a-z 0-9 - _ .
    #[arg(long)]
    chain_id: ChainId,
    /// A provider admitted from the start: the file that `medrec-gatekeeper init` wrote
    #[arg(long = "provider", value_name = "FILE")]
    providers: Vec<PathBuf>,
    /// As --provider, of one that gives emergency care: patients may let such providers see chosen kinds of records
    /// without being asked
    #[arg(long = "emergency", value_name = "FILE")]
    emergency: Vec<PathBuf>,
    /// Name of a member of the consortium, whose key is made here
    #[arg(long, value_name = "NAME", value_parser = member_name)]
    member: Option<Text<120>>,
    /// Address at which wallets reach this node
    #[arg(long = "node", value_name = "URL", default_value = "http://127.0.0.1:26657")]
    nodes: Vec<String>,
}

#[derive(Args)]
struct Run {
    /// Folder of the node
    #[arg(long)]
    home: PathBuf,
    /// Address for JSON-RPC; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:26657")]
    listen: SocketAddr,
    /// Who makes the blocks
    #[arg(long, value_enum, default_value_t = EngineKind::Embedded)]
    engine: EngineKind,
    /// Address for CometBFT: tcp://HOST:PORT or unix:///PATH
    #[arg(long, default_value = "tcp://127.0.0.1:26658", value_parser = abci_address)]
    abci: Address,
}

#[derive(Clone, Copy, ValueEnum)]
enum EngineKind {
    /// This process, as the only validator
    Embedded,
    /// A CometBFT beside it; this process serves the application only
    Abci,
}

#[derive(Args)]
struct Network {
    /// Folder of the node
    #[arg(long)]
    home: PathBuf,
    /// Address at which wallets reach a node
    #[arg(long = "node", value_name = "URL", required = true)]
    nodes: Vec<String>,
}

fn member_name(text: &str) -> Result<Text<120>, String> {
    Text::new(text).map_err(|error| error.to_string())
}

fn abci_address(text: &str) -> Result<Address, String> {
    text.parse()
}

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
        Command::Network(network) => write_network(&network),
        Command::Run(run) => tokio::runtime::Runtime::new()?.block_on(serve(run)),
    }
}

fn begin(init: Init) -> Result<()> {
    let providers = init.providers.iter().map(|path| read_provider(path)).collect::<Result<_, _>>()?;
    let emergency = init.emergency.iter().map(|path| read_provider(path)).collect::<Result<_, _>>()?;
    let ledger = NewLedger {
        chain_id: init.chain_id,
        providers,
        member: init.member,
        nodes: init.nodes,
        time: Timestamp::from_seconds(u64::try_from(jiff::Timestamp::now().as_second())?),
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

fn write_network(network: &Network) -> Result<()> {
    let path = Home::write_network(&network.home, network.nodes.clone())?;
    writeln!(std::io::stdout(), "{}", path.display())?;
    Ok(())
}

async fn serve(run: Run) -> Result<()> {
    let home = Home::open(&run.home)?;
    let store = Arc::new(Store::open(&home.database())?);
    let app = Arc::new(App::new(store.clone()));
    match run.engine {
        EngineKind::Embedded => serve_embedded(&home, store, app, run.listen).await,
        EngineKind::Abci => serve_abci(app, &run.abci).await,
    }
}

async fn serve_embedded(home: &Home, store: Arc<Store>, app: Arc<App>, listen: SocketAddr) -> Result<()> {
    let engine = Engine::open(store, app, home.genesis()?, home.validator_key()?, Pace::default())?;
    let engine = Arc::new(engine);
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let mut sealed = engine.watch();
    let mut blocks = tokio::spawn(engine.clone().run(stopped.clone()));
    tokio::select! {
        // The first step makes the newest header one of today; answers before it would look stale.
        first = sealed.changed() => first?,
        ended = &mut blocks => return Ok(ended??),
    }
    let mut waiting = stopped;
    let until_stopped = async move {
        let _ = waiting.changed().await;
    };
    let server = axum::serve(listener, rpc::router(engine)).with_graceful_shutdown(until_stopped);
    let mut server = tokio::spawn(server.into_future());
    announce(&format!("http://{address}"))?;
    tokio::select! {
        signal = stop_signal() => signal?,
        ended = &mut blocks => return Ok(ended??),
        ended = &mut server => return Ok(ended??),
    }
    tracing::info!("stopping");
    stop.send_replace(true);
    blocks.await??;
    if tokio::time::timeout(GRACE, server).await.is_err() {
        tracing::warn!("requests were cut off");
    }
    Ok(())
}

async fn serve_abci(app: Arc<App>, address: &Address) -> Result<()> {
    let socket = Socket::bind(address).await?;
    announce(&socket.url()?)?;
    tokio::select! {
        signal = stop_signal() => signal,
        failed = socket.serve(app) => Ok(failed?),
    }
}

/// The line that callers wait for.
fn announce(url: &str) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "listening on {url}")?;
    out.flush()?;
    Ok(())
}

async fn stop_signal() -> Result<()> {
    let mut terminate = unix::signal(unix::SignalKind::terminate())?;
    let mut interrupt = unix::signal(unix::SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
