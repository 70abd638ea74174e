//! Records: the list, one record, its copy.

use medrec_wallet::{
    Control,
    view::{
        FetchProgress, FetchedCopy, PageRequest, Picture, RecordFilter, RecordId, RecordPage, RecordView,
        SummaryLine,
    },
};
use tauri::{AppHandle, ipc::Channel};

use super::Wallets;
use crate::{files, problem::Answer};

/// A page of records.
#[tauri::command]
#[specta::specta]
pub async fn records(wallets: Wallets<'_>, filter: RecordFilter, page: PageRequest) -> Answer<RecordPage> {
    Ok(wallets.open().await?.wallet.records(&filter, &page).await?)
}

/// How many records a filter finds.
#[tauri::command]
#[specta::specta]
pub async fn count_records(wallets: Wallets<'_>, filter: RecordFilter) -> Answer<u64> {
    Ok(wallets.open().await?.wallet.count_records(&filter).await?)
}

/// The list was looked at: nothing in it is new any more.
#[tauri::command]
#[specta::specta]
pub async fn mark_records_seen(wallets: Wallets<'_>) -> Answer<()> {
    Ok(wallets.open().await?.wallet.mark_records_seen().await?)
}

/// One record, its history and its proof.
#[tauri::command]
#[specta::specta]
pub async fn record(wallets: Wallets<'_>, id: RecordId) -> Answer<RecordView> {
    Ok(wallets.open().await?.wallet.record(id).await?)
}

/// The readable lines of a copy.
#[tauri::command]
#[specta::specta]
pub async fn summary(wallets: Wallets<'_>, id: RecordId) -> Answer<Vec<SummaryLine>> {
    Ok(wallets.open().await?.wallet.summary(id).await?)
}

/// A copy that is a picture, made anew from what was decoded here.
#[tauri::command]
#[specta::specta]
pub async fn picture(wallets: Wallets<'_>, id: RecordId) -> Answer<Option<Picture>> {
    Ok(wallets.open().await?.wallet.picture(id).await?)
}

/// Fetches and verifies a copy.
#[tauri::command]
#[specta::specta]
pub async fn fetch_record(
    wallets: Wallets<'_>,
    id: RecordId,
    on_progress: Channel<FetchProgress>,
) -> Answer<FetchedCopy> {
    let open = wallets.open().await?;
    // A page that is gone is told nothing; the fetch goes on.
    let watched = Control::watched(move |progress| drop(on_progress.send(progress)));
    let control = Control { cancel: open.begin_fetch(id), ..watched };
    let fetched = Box::pin(open.wallet.fetch(id, control)).await;
    open.cancel_fetch(id);
    Ok(fetched?)
}

/// Stops fetching a copy; what came is kept.
#[tauri::command]
#[specta::specta]
pub async fn cancel_fetch(wallets: Wallets<'_>, id: RecordId) -> Answer<()> {
    wallets.open().await?.cancel_fetch(id);
    Ok(())
}

/// Saves a readable copy where the person says; gives its path, or none when they think better of it.
#[tauri::command]
#[specta::specta]
pub async fn save_copy(app: AppHandle, wallets: Wallets<'_>, id: RecordId) -> Answer<Option<String>> {
    let open = wallets.open().await?;
    let record = open.wallet.record(id).await?;
    let Some(path) = files::choose_place(&app, &files::record_name(&record.row)).await else {
        return Ok(None);
    };
    open.wallet.export_copy(id, &path).await?;
    Ok(Some(path.display().to_string()))
}
