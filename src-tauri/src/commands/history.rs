//! The consent history: read, exported, checked.

use medrec_wallet::{
    MAX_HISTORY_BYTES, NetworkFile, WalletError, check_history,
    view::{CheckedHistory, ExportedHistory, HistoryForm, HistoryPart, HistoryRequest},
};
use serde::Serialize;
use tauri::{AppHandle, State, async_runtime::spawn_blocking};

use super::Wallets;
use crate::{files, problem::Answer, settings::SettingsFile};

/// A history that was saved.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub struct SavedHistory {
    /// Where.
    pub path: String,
    /// What.
    pub exported: ExportedHistory,
}

/// The history as it would be exported, to be read.
#[tauri::command]
#[specta::specta]
pub async fn history(wallets: Wallets<'_>, request: HistoryRequest) -> Answer<Vec<HistoryPart>> {
    Ok(Box::pin(wallets.open().await?.wallet.history(&request)).await?)
}

/// Saves the history where the person says; none when they think better of it.
#[tauri::command]
#[specta::specta]
pub async fn export_history(
    app: AppHandle,
    wallets: Wallets<'_>,
    request: HistoryRequest,
    form: HistoryForm,
) -> Answer<Option<SavedHistory>> {
    let open = wallets.open().await?;
    let Some(path) = files::choose_place(&app, &files::history_name(form)).await else { return Ok(None) };
    let exported = Box::pin(open.wallet.export_history(&request, form, &path)).await?;
    Ok(Some(SavedHistory { path: path.display().to_string(), exported }))
}

/// Checks a history file that the person chose: with the network of a file, else with the one that was joined, else with
/// itself only. None when they think better of it. Needs no wallet.
#[tauri::command]
#[specta::specta]
pub async fn check_history_file(
    app: AppHandle,
    wallets: Wallets<'_>,
    settings: State<'_, SettingsFile>,
    network: Option<String>,
) -> Answer<Option<CheckedHistory>> {
    let Some(bytes) = files::choose(&app, MAX_HISTORY_BYTES).await? else { return Ok(None) };
    let network = match (network, wallets.own().await) {
        (Some(text), _) => Some(NetworkFile::parse(text.as_bytes()).map_err(WalletError::from)?),
        (None, Ok(own)) => own.wallet.network_file().await?,
        (None, Err(_)) => None,
    };
    let language = settings.get().language;
    let checked = spawn_blocking(move || check_history(&bytes, network.as_ref(), language)).await;
    Ok(Some(checked.map_err(|_| WalletError::Internal("checking a history"))??))
}
