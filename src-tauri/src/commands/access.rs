//! Giving access, stopping it, requests, who looked.

use medrec_wallet::{
    RequestId, ShareProposal, Timestamp,
    view::{
        AccessFilter, AccessPage, AllowLess, GrantProgress, PageRequest, RequestView, Review, ShareId,
        ShareOutcome, ShareRequest, SharingView, StopOutcome, StopTarget,
    },
};
use serde::Serialize;
use tauri::AppHandle;
use tauri_plugin_clipboard_manager::ClipboardExt as _;

use super::Wallets;
use crate::{
    problem::{Answer, Problem},
    session::{Open, Proposal, ProposalId},
};

/// Something that waits to be read and signed.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub struct ProposalView {
    /// Names it.
    pub id: ProposalId,
    /// What it means, from the bytes that would be signed.
    pub review: Review,
    /// After this second it cannot be signed any more.
    pub sign_before: Timestamp,
}

async fn proposed(open: &Open, proposal: ShareProposal) -> Answer<ProposalView> {
    let review = open.wallet.review(&proposal).await?;
    let sign_before = proposal.sign_before();
    Ok(ProposalView { id: open.keep_proposal(Proposal::Share(proposal)), review, sign_before })
}

/// Prepares a share.
#[tauri::command]
#[specta::specta]
pub async fn propose_share(wallets: Wallets<'_>, request: ShareRequest) -> Answer<ProposalView> {
    let open = wallets.open().await?;
    let proposal = Box::pin(open.wallet.propose_share(&request)).await?;
    proposed(&open, proposal).await
}

/// Prepares the answer that allows a request, or less than it asks for.
#[tauri::command]
#[specta::specta]
pub async fn propose_answer(
    wallets: Wallets<'_>,
    request: RequestId,
    less: AllowLess,
) -> Answer<ProposalView> {
    let open = wallets.open().await?;
    let proposal = Box::pin(open.wallet.propose_answer(request, &less)).await?;
    proposed(&open, proposal).await
}

/// Signs what was read, sends it, and waits until the ledger proves it.
#[tauri::command]
#[specta::specta]
pub async fn sign_proposal(wallets: Wallets<'_>, id: ProposalId) -> Answer<ShareOutcome> {
    let open = wallets.open().await?;
    let signed = open.wallet.sign(open.take_share(id)?).await?;
    let outcome = Box::pin(open.wallet.submit(signed, open.ended.child_token())).await;
    open.check.notify_one();
    Ok(outcome?)
}

/// The person went back: nothing is signed.
#[tauri::command]
#[specta::specta]
pub async fn drop_proposal(wallets: Wallets<'_>, id: ProposalId) -> Answer<()> {
    wallets.open().await?.drop_proposal(id);
    Ok(())
}

/// Who can see what.
#[tauri::command]
#[specta::specta]
pub async fn sharing(wallets: Wallets<'_>, ended_too: bool) -> Answer<Vec<SharingView>> {
    Ok(wallets.open().await?.wallet.sharing(ended_too).await?)
}

/// Stops access, signed and sent at once.
#[tauri::command]
#[specta::specta]
pub async fn stop(wallets: Wallets<'_>, target: StopTarget) -> Answer<StopOutcome> {
    let open = wallets.open().await?;
    let outcome = Box::pin(open.wallet.stop(target, "", open.ended.child_token())).await;
    open.check.notify_one();
    Ok(outcome?)
}

/// Requests for access.
#[tauri::command]
#[specta::specta]
pub async fn requests(wallets: Wallets<'_>, answered_too: bool) -> Answer<Vec<RequestView>> {
    Ok(wallets.open().await?.wallet.requests(answered_too).await?)
}

/// Declines a request; the note is for the provider and may be empty.
#[tauri::command]
#[specta::specta]
pub async fn decline(wallets: Wallets<'_>, request: RequestId, note: String) -> Answer<GrantProgress> {
    let open = wallets.open().await?;
    let declined = Box::pin(open.wallet.decline(request, &note, open.ended.child_token())).await;
    open.check.notify_one();
    Ok(declined?)
}

/// Who looked.
#[tauri::command]
#[specta::specta]
pub async fn access_log(wallets: Wallets<'_>, filter: AccessFilter, page: PageRequest) -> Answer<AccessPage> {
    Ok(wallets.open().await?.wallet.access_log(&filter, &page).await?)
}

/// Puts the code of a share on the clipboard, for a provider with whom the person has no relationship.
#[tauri::command]
#[specta::specta]
pub async fn copy_share_code(app: AppHandle, wallets: Wallets<'_>, share: ShareId) -> Answer<()> {
    let code = wallets.open().await?.wallet.share_code(share).await?;
    app.clipboard().write_text(code).map_err(|_| Problem::input("The clipboard cannot be reached."))
}
