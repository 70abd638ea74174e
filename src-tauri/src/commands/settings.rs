//! How windows look, when they lock, and the passphrase.

use medrec_wallet::{
    WalletError,
    view::{Notice, PersonView},
};
use serde::{Deserialize, Serialize};
use tauri::{AppHandle, State};
use tauri_specta::Event as _;

use super::Wallets;
use crate::{
    clipboard, flow,
    idle::Idle,
    problem::Answer,
    secret::Secret,
    settings::{Settings, SettingsFile},
};

/// The settings of the windows changed.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, specta::Type, tauri_specta::Event)]
pub struct SettingsChanged {
    /// As they are now.
    pub settings: Settings,
}

/// The settings of the windows.
#[tauri::command]
#[specta::specta]
pub async fn settings(file: State<'_, SettingsFile>) -> Answer<Settings> {
    Ok(file.get())
}

/// Keeps other settings; every window follows at once.
#[tauri::command]
#[specta::specta]
pub async fn change_settings(
    app: AppHandle,
    file: State<'_, SettingsFile>,
    wallets: Wallets<'_>,
    settings: Settings,
) -> Answer<()> {
    file.set(settings).map_err(|source| WalletError::File {
        doing: "write",
        path: wallets.home().path().to_owned(),
        source,
    })?;
    if let Ok(open) = wallets.open().await {
        open.wallet.speak(settings.language);
    }
    Ok(SettingsChanged { settings }.emit(&app)?)
}

/// Whose wallet is open, and what was noticed when it was opened.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub struct SessionView {
    /// Whose.
    pub person: PersonView,
    /// About vault and database.
    pub notices: Vec<Notice>,
}

/// Whose wallet is open.
#[tauri::command]
#[specta::specta]
pub async fn session(wallets: Wallets<'_>) -> Answer<SessionView> {
    let open = wallets.open().await?;
    Ok(SessionView { person: open.wallet.person(), notices: open.wallet.notices() })
}

/// Replaces the passphrase.
#[tauri::command]
#[specta::specta]
pub async fn change_passphrase(
    app: AppHandle,
    wallets: Wallets<'_>,
    old: Secret,
    next: Secret,
) -> Answer<()> {
    let open = wallets.open().await?;
    open.wallet.change_passphrase(&old.passphrase()?, &next.new_passphrase()?).await?;
    clipboard::forget(&app, old.expose());
    clipboard::forget(&app, next.expose());
    Ok(())
}

/// Locks the wallet.
#[tauri::command]
#[specta::specta]
pub async fn lock(app: AppHandle) -> Answer<()> {
    // Apart from this command, whose window is destroyed on the way.
    tauri::async_runtime::spawn(async move { flow::lock(&app).await });
    Ok(())
}

/// The person is there: a key or the mouse was used.
#[tauri::command]
#[specta::specta]
pub async fn still_here(idle: State<'_, Idle>) -> Answer<()> {
    idle.still_here();
    Ok(())
}
