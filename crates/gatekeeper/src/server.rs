//! Serving: the HTTP server and the workers beside it, from start to orderly end.

use std::{sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    http, publish,
};

/// How often the outbox is worked on while something waits in it.
const BUSY_PAUSE: Duration = Duration::from_millis(250);
/// How often it is looked at when nothing waits.
const IDLE_PAUSE: Duration = Duration::from_secs(5);
/// How often the logs of relationships are read without anybody asking, and notices are sent.
const FOLLOW_PAUSE: Duration = Duration::from_secs(3);
/// Pause after a round that failed.
const FAILED_PAUSE: Duration = Duration::from_secs(2);
/// A header this old is good enough to look for what was sent.
const SETTLE_AGE: Duration = Duration::from_millis(200);

impl Gatekeeper {
    /// One round of the outbox. Says whether there is, or may be, more to do.
    pub async fn work_outbox(&self) -> Result<bool> {
        let gathering = self.batch_disclosures().await?;
        self.queue_pointers().await?;
        self.send_due().await?;
        let settled = self.settle(SETTLE_AGE).await?;
        // What has just been seen may let something follow that waited for it.
        Ok(settled.waiting > 0 || settled.done > 0 || gathering > 0)
    }
}

/// Serves on `listener` until `stop`, then ends in order.
pub async fn run(gatekeeper: Arc<Gatekeeper>, listener: TcpListener, stop: CancellationToken) -> Result<()> {
    let removed = gatekeeper.sweep_snapshots().await?;
    if removed > 0 {
        tracing::info!(removed, "left-overs of an earlier run were removed");
    }
    greet(&gatekeeper).await;
    let outbox = tokio::spawn(work_outbox(Arc::clone(&gatekeeper), stop.clone()));
    let following = tokio::spawn(follow(Arc::clone(&gatekeeper), stop.clone()));
    let delivering = tokio::spawn(take_deliveries(Arc::clone(&gatekeeper), stop.clone()));
    let publishing = tokio::spawn(publish::work(Arc::clone(&gatekeeper), stop.clone()));
    let served = http::serve(Arc::clone(&gatekeeper), listener, stop.clone()).await;
    stop.cancel();
    for worker in [outbox, publishing, following, delivering] {
        if let Err(error) = worker.await {
            tracing::error!(%error, "a worker ended badly");
        }
    }
    gatekeeper.store.close().await;
    served
}

/// Says at the start what would otherwise be noticed late.
async fn greet(gatekeeper: &Gatekeeper) {
    match gatekeeper.directory_entry().await {
        Ok(entry) if entry.endpoint.as_str() != gatekeeper.config.endpoint.as_str() => tracing::error!(
            directory = %entry.endpoint, configured = %gatekeeper.config.endpoint,
            "the ledger's directory has another endpoint: requests from others will not verify here"
        ),
        Ok(_) => {}
        Err(error @ GatekeeperError::NotAdmitted) => tracing::error!(%error),
        Err(error) => tracing::warn!(%error, "the ledger cannot be read yet"),
    }
}

/// Reads the logs, and tells grantees what they can fetch.
async fn follow(gatekeeper: Arc<Gatekeeper>, stop: CancellationToken) {
    loop {
        let round = async {
            let followed = gatekeeper.follow().await;
            gatekeeper.tell_grantees().await?;
            followed
        };
        let pause = match round.await {
            Ok(()) => FOLLOW_PAUSE,
            Err(error) => {
                tracing::warn!(%error, "not all logs could be read; it is tried again");
                FAILED_PAUSE + FOLLOW_PAUSE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Fetches what publishers said is there.
async fn take_deliveries(gatekeeper: Arc<Gatekeeper>, stop: CancellationToken) {
    loop {
        let pause = match gatekeeper.take_deliveries().await {
            Ok(true) => Duration::ZERO,
            Ok(false) => IDLE_PAUSE,
            Err(error) => {
                tracing::warn!(%error, "deliveries could not be taken; it is tried again");
                FAILED_PAUSE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = gatekeeper.delivery_bell.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn work_outbox(gatekeeper: Arc<Gatekeeper>, stop: CancellationToken) {
    loop {
        let pause = match gatekeeper.work_outbox().await {
            Ok(true) => BUSY_PAUSE,
            Ok(false) => IDLE_PAUSE,
            Err(error) => {
                tracing::warn!(%error, "the outbox could not be worked on; it is tried again");
                FAILED_PAUSE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = gatekeeper.outbox_bell.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}
