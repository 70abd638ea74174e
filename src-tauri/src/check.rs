//! Checking the ledger in the background: every half minute while a wallet is open, and at once after a signed act.

use std::{sync::Arc, time::Duration};

use medrec_wallet::{
    Code, Control,
    view::{SyncProgress, SyncReport},
};
use serde::Serialize;
use tauri::{AppHandle, Manager as _};
use tauri_specta::Event;

use crate::{notify, problem::Problem, session::Open, windows::MAIN};

/// Between two checks.
const EVERY: Duration = Duration::from_secs(30);

/// How a check of the ledger stands.
#[derive(Clone, Debug, Serialize, specta::Type, Event)]
#[serde(tag = "state", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "one is sent, none is kept")]
pub enum CheckEvent {
    /// It has begun.
    Started,
    /// It is so far.
    Running {
        /// How far.
        progress: SyncProgress,
    },
    /// Everything is up to date and verified.
    Done {
        /// What was found.
        report: SyncReport,
    },
    /// It did not come to its end. What was verified before stays.
    Failed {
        /// Why.
        problem: Problem,
    },
    /// The person stopped it.
    Stopped,
}

/// Checks until the wallet is locked.
pub async fn keep_checking(app: AppHandle, open: Arc<Open>) {
    while !open.ended.is_cancelled() {
        if is_joined(&open).await {
            check(&app, &open).await;
        }
        tokio::select! {
            () = open.ended.cancelled() => return,
            () = open.check.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn is_joined(open: &Open) -> bool {
    open.wallet.freshness().await.is_ok()
}

async fn check(app: &AppHandle, open: &Arc<Open>) {
    tell(app, open, &CheckEvent::Started);
    let (for_progress, watched) = (app.clone(), Arc::clone(open));
    let control = Control {
        cancel: open.begin_check(),
        ..Control::watched(move |progress| tell(&for_progress, &watched, &CheckEvent::Running { progress }))
    };
    match Box::pin(open.wallet.sync(control)).await {
        Ok(report) => {
            notify::about(app, open, &report);
            tell(app, open, &CheckEvent::Done { report });
        }
        Err(error) if error.code() == Code::Cancelled => tell(app, open, &CheckEvent::Stopped),
        Err(error) => tell(app, open, &CheckEvent::Failed { problem: error.into() }),
    }
}

/// To the window of the open wallet and to no other, and only about the wallet that it shows.
fn tell(app: &AppHandle, open: &Open, event: &CheckEvent) {
    if !open.is_in_front() || app.get_webview_window(MAIN).is_none() {
        return;
    }
    if let Err(error) = event.emit_to(app, MAIN) {
        tracing::warn!(%error, "the window was not told about a check");
    }
}
