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
    for open in wallets.every().await {
        open.wallet.speak(settings.language);
    }
    Ok(SettingsChanged { settings }.emit(&app)?)
}

/// Who acts for whom.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub struct Helping {
    /// Number of the offer to help.
    pub number: u32,
    /// Name of the wallet of whoever helps.
    pub helper: String,
}

/// Whose wallet is shown, and what was noticed when it was opened.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub struct SessionView {
    /// Whose.
    pub person: PersonView,
    /// Set when this is the view of somebody who is helped.
    pub helping: Option<Helping>,
    /// About vault and database.
    pub notices: Vec<Notice>,
}

/// Whose wallet is open.
#[tauri::command]
#[specta::specta]
pub async fn session(wallets: Wallets<'_>) -> Answer<SessionView> {
    let (open, own) = (wallets.open().await?, wallets.own().await?);
    let helping = open.helping.map(|number| Helping { number, helper: own.wallet.person().label });
    Ok(SessionView { person: open.wallet.person(), helping, notices: open.wallet.notices() })
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
    let open = wallets.own().await?;
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
