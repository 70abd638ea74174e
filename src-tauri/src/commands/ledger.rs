//! The network, its providers, and checking the ledger.

use medrec_wallet::{
    Code, NetworkFile, TxId, WalletError,
    view::{
        EnrolmentPreview, GrantProgress, NetworkPreview, NetworkView, OverviewView, PendingView,
        ProviderView, UnreadableEntry,
    },
};
use tauri::AppHandle;

use super::{Wallets, access::ProposalView};
use crate::{
    files,
    problem::Answer,
    session::{Proposal, ProposalId},
};

/// Everything that the first screen shows.
#[tauri::command]
#[specta::specta]
pub async fn overview(wallets: Wallets<'_>) -> Answer<OverviewView> {
    Ok(wallets.open().await?.wallet.overview().await?)
}

/// The network that was joined; none before.
#[tauri::command]
#[specta::specta]
pub async fn network(wallets: Wallets<'_>) -> Answer<Option<NetworkView>> {
    match wallets.open().await?.wallet.network().await {
        Ok(network) => Ok(Some(network)),
        Err(error) if error.code() == Code::NotJoined => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Lets the person choose a network file; none when they think better of it.
#[tauri::command]
#[specta::specta]
pub async fn choose_network_file(app: AppHandle) -> Answer<Option<String>> {
    files::choose_network_file(&app).await
}

/// What a network file says, before it is joined.
#[tauri::command]
#[specta::specta]
pub async fn preview_network(text: String) -> Answer<NetworkPreview> {
    Ok(NetworkPreview::from(&NetworkFile::parse(text.as_bytes()).map_err(WalletError::from)?))
}

/// Joins the network of a file.
#[tauri::command]
#[specta::specta]
pub async fn join_network(wallets: Wallets<'_>, text: String) -> Answer<NetworkView> {
    let open = wallets.open().await?;
    let file = NetworkFile::parse(text.as_bytes()).map_err(WalletError::from)?;
    let joined = Box::pin(open.wallet.join_network(&file)).await?;
    open.check.notify_one();
    Ok(joined)
}

/// Providers of the directory, by words in name or place.
#[tauri::command]
#[specta::specta]
pub async fn providers(wallets: Wallets<'_>, search: Option<String>) -> Answer<Vec<ProviderView>> {
    Ok(wallets.open().await?.wallet.providers(search.as_deref()).await?)
}

/// What an enrolment code leads to.
#[tauri::command]
#[specta::specta]
pub async fn preview_enrolment(wallets: Wallets<'_>, code: String) -> Answer<EnrolmentPreview> {
    Ok(Box::pin(wallets.open().await?.wallet.preview_enrolment(code.trim())).await?)
}

/// Opens a relationship with the provider of a code.
#[tauri::command]
#[specta::specta]
pub async fn enrol(wallets: Wallets<'_>, code: String) -> Answer<ProviderView> {
    let open = wallets.open().await?;
    let enrolled = Box::pin(open.wallet.enrol(code.trim())).await;
    open.check.notify_one();
    Ok(enrolled?)
}

/// Checks the ledger now.
#[tauri::command]
#[specta::specta]
pub async fn check_now(wallets: Wallets<'_>) -> Answer<()> {
    wallets.open().await?.check.notify_one();
    Ok(())
}

/// Stops the check that runs.
#[tauri::command]
#[specta::specta]
pub async fn cancel_check(wallets: Wallets<'_>) -> Answer<()> {
    wallets.open().await?.cancel_check();
    Ok(())
}

/// What was signed and is not proved yet, or failed.
#[tauri::command]
#[specta::specta]
pub async fn pending(wallets: Wallets<'_>) -> Answer<Vec<PendingView>> {
    Ok(wallets.open().await?.wallet.pending().await?)
}

/// Prepares signing something once more whose time is over.
#[tauri::command]
#[specta::specta]
pub async fn propose_again(wallets: Wallets<'_>, tx: TxId) -> Answer<ProposalView> {
    let open = wallets.open().await?;
    let proposal = open.wallet.propose_again(tx).await?;
    let review = open.wallet.review_again(&proposal).await?;
    let sign_before = proposal.sign_before();
    Ok(ProposalView { id: open.keep_proposal(Proposal::Again(proposal)), review, sign_before })
}

/// Signs once more what was read, sends it, and waits until the ledger proves it.
#[tauri::command]
#[specta::specta]
pub async fn sign_again(wallets: Wallets<'_>, id: ProposalId) -> Answer<GrantProgress> {
    let open = wallets.open().await?;
    let signed = Box::pin(open.wallet.sign_again(open.take_again(id)?, open.ended.child_token())).await;
    open.check.notify_one();
    Ok(signed?)
}

/// Takes something that failed off the list.
#[tauri::command]
#[specta::specta]
pub async fn forget_pending(wallets: Wallets<'_>, tx: TxId) -> Answer<()> {
    Ok(wallets.open().await?.wallet.forget_pending(tx).await?)
}

/// Entries of logs that are verified and cannot be read.
#[tauri::command]
#[specta::specta]
pub async fn unreadable(wallets: Wallets<'_>) -> Answer<Vec<UnreadableEntry>> {
    Ok(wallets.open().await?.wallet.unreadable().await?)
}
