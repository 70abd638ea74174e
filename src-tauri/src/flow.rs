//! What happens between windows: a wallet opens, its words are shown, it locks.

use std::sync::Arc;

use medrec_wallet::{RecoveryWords, Wallet};
use tauri::{AppHandle, Manager as _};

use crate::{
    check,
    idle::Idle,
    problem::Answer,
    session::Session,
    settings::SettingsFile,
    windows::{self, DOOR, MAIN, SAMPLE, WORDS},
};

/// A wallet was opened: its window replaces the door. With `words`, these are shown first.
pub async fn enter(app: &AppHandle, wallet: Wallet, words: Option<RecoveryWords>) -> Answer<()> {
    wallet.speak(app.state::<SettingsFile>().get().language);
    app.state::<Idle>().still_here();
    let first = if words.is_some() { WORDS } else { MAIN };
    let open = app.state::<Session>().begin(wallet, words).await;
    tauri::async_runtime::spawn(check::keep_checking(app.clone(), Arc::clone(&open)));
    windows::show(app, first, &[DOOR])
}

/// Acts for somebody who is helped, until [`Session::end_helping`].
pub async fn help(app: &AppHandle, number: u32) -> Answer<()> {
    let open = app.state::<Session>().begin_helping(number).await?;
    open.wallet.speak(app.state::<SettingsFile>().get().language);
    tauri::async_runtime::spawn(check::keep_checking(app.clone(), open));
    Ok(())
}

/// The words were seen: they are forgotten, and the wallet's window is there.
pub async fn words_done(app: &AppHandle) -> Answer<()> {
    if let Ok(open) = app.state::<Session>().own().await {
        open.words().take();
        windows::show(app, MAIN, &[WORDS])?;
    }
    Ok(())
}

/// Locks the wallet, if one is open, and shows the door. Quiet: it asks nothing.
pub async fn lock(app: &AppHandle) {
    let locked = app.state::<Session>().end().await;
    if locked && let Err(problem) = windows::show(app, DOOR, &[MAIN, WORDS, SAMPLE]) {
        tracing::error!(?problem, "the door was not shown after locking");
    }
}
