//! `run`: serves until SIGTERM or SIGINT.

use std::{net::SocketAddr, sync::Arc};

use clap::Args;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use super::{AtHome, say};
use crate::{
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    home::Home,
    server,
};

#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    at: AtHome,
    /// Where to listen, for example 127.0.0.1:8801.
    #[arg(long, value_name = "ADDR")]
    listen: SocketAddr,
}

impl Run {
    pub(super) async fn execute(self) -> Result<()> {
        let _lock = Home::open(&self.at.home)?.lock()?;
        self.at.with(async |gatekeeper| self.serve(Arc::clone(gatekeeper)).await).await
    }

    async fn serve(&self, gatekeeper: Arc<Gatekeeper>) -> Result<()> {
        let failed = |source| GatekeeperError::Serve { address: self.listen.to_string(), source };
        let listener = TcpListener::bind(self.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let stop = CancellationToken::new();
        stop_on_signals(stop.clone()).map_err(failed)?;
        say(&format!("listening on http://{address}"))?;
        server::run(gatekeeper, listener, stop).await
    }
}

fn stop_on_signals(stop: CancellationToken) -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    });
    Ok(())
}
