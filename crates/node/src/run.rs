//! `medrec-node run`: a node with its engine, until it is told to stop.

use std::{
    future::pending,
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use medrec_node::{
    NodeError,
    abci_server::{Address, Socket},
    app::App,
    cometbft::{EngineHome, Program, Settings, Supervisor, answers},
    engine::{Engine, Pace},
    home::Home,
    rpc,
    snapshots::Snapshots,
    storage::Store,
};
use tokio::{net::TcpListener, signal::unix, sync::watch};

use crate::arguments::{EngineKind, Run};

/// How long requests in progress may go on after the node was told to stop.
const GRACE: Duration = Duration::from_secs(3);

pub async fn serve(run: Run) -> Result<()> {
    let home = Home::open(&run.home)?;
    let store = Arc::new(Store::open(&home.database())?);
    match run.engine {
        EngineKind::Embedded => serve_embedded(&home, store, run.listen).await,
        EngineKind::Cometbft => serve_cometbft(&home, store, run.listen, run.cometbft).await,
        EngineKind::Abci => {
            let app = with_snapshots(&home, store, &home.settings()?)?;
            serve_abci(app, &run.abci).await
        }
    }
}

fn with_snapshots(home: &Home, store: Arc<Store>, settings: &Settings) -> Result<Arc<App>> {
    let snapshots = Snapshots::in_folder(home.snapshots(), settings.snapshot_interval)?;
    Ok(Arc::new(App::with_snapshots(store, snapshots)))
}

async fn serve_embedded(home: &Home, store: Arc<Store>, listen: SocketAddr) -> Result<()> {
    let app = Arc::new(App::new(store.clone()));
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

/// The application, and CometBFT as a child. CometBFT goes first: it may be in the middle of a question.
async fn serve_cometbft(home: &Home, store: Arc<Store>, rpc: SocketAddr, program: PathBuf) -> Result<()> {
    if store.snapshot()?.engine_state()?.is_some() {
        return Err(NodeError::OtherEngine.into());
    }
    let settings = home.settings()?;
    let app = with_snapshots(home, store, &settings)?;
    let program = Program::check(program).await?;
    let engine_home = EngineHome::prepare(home, &settings, rpc)?;
    let socket = Socket::bind(&Address::Unix(in_full(&home.socket())?)).await?;
    let supervisor = Supervisor::new(program, engine_home, socket.url()?, app.clone());
    let (stop, stopped) = watch::channel(false);
    let mut engine = tokio::spawn(supervisor.run(stopped));
    let ended = tokio::select! {
        signal = stop_signal() => signal,
        failed = socket.serve(app) => failed.map_err(Into::into),
        ended = &mut engine => return Ok(ended??),
        failed = told_when_answering(rpc) => failed,
    };
    tracing::info!("stopping");
    stop.send_replace(true);
    engine.await??;
    ended
}

/// Says once that the node answers, and then never ends.
async fn told_when_answering(rpc: SocketAddr) -> Result<()> {
    answers(rpc).await;
    announce(&format!("http://{rpc}"))?;
    pending().await
}

async fn serve_abci(app: Arc<App>, address: &Address) -> Result<()> {
    let socket = Socket::bind(address).await?;
    announce(&socket.url()?)?;
    tokio::select! {
        signal = stop_signal() => signal,
        failed = socket.serve(app) => Ok(failed?),
    }
}

fn in_full(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("'{}' is not a path", path.display()))
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
