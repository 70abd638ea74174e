//! What a person decides beside giving access: delegates, guardians, emergencies, disputes, keys.

use medrec_wallet::{
    RelationshipAddress,
    view::{Act, ActOutcome, DelegateView, DisputeView, EmergencyView, GuardiansView},
};
use tauri::AppHandle;

use super::{Wallets, access::ProposalView};
use crate::{
    files,
    problem::Answer,
    session::{Proposal, ProposalId},
};

/// Prepares a decision.
#[tauri::command]
#[specta::specta]
pub async fn propose_act(wallets: Wallets<'_>, act: Act) -> Answer<ProposalView> {
    let open = wallets.open().await?;
    let proposal = Box::pin(open.wallet.propose_act(&act)).await?;
    let review = open.wallet.review_act(&proposal).await?;
    let sign_before = proposal.sign_before();
    Ok(ProposalView { id: open.keep_proposal(Proposal::Act(proposal)), review, sign_before })
}

/// Signs the decision that was read, sends it, and waits until the ledger proves it.
#[tauri::command]
#[specta::specta]
pub async fn sign_act(wallets: Wallets<'_>, id: ProposalId) -> Answer<ActOutcome> {
    let open = wallets.open().await?;
    let outcome = Box::pin(open.wallet.carry_out(open.take_act(id)?, open.ended.child_token())).await;
    open.check.notify_one();
    Ok(outcome?)
}

/// Everybody who may act for this person, now or later.
#[tauri::command]
#[specta::specta]
pub async fn delegates(wallets: Wallets<'_>) -> Answer<Vec<DelegateView>> {
    Ok(wallets.open().await?.wallet.delegates().await?)
}

/// Guardians, and a recovery that is under way.
#[tauri::command]
#[specta::specta]
pub async fn guardians(wallets: Wallets<'_>) -> Answer<Vec<GuardiansView>> {
    Ok(wallets.open().await?.wallet.guardians().await?)
}

/// What emergency care may see.
#[tauri::command]
#[specta::specta]
pub async fn emergency(wallets: Wallets<'_>) -> Answer<Vec<EmergencyView>> {
    Ok(wallets.open().await?.wallet.emergency().await?)
}

/// What a person carries for emergencies: where records are, as a code. It is no key.
#[tauri::command]
#[specta::specta]
pub async fn emergency_card(wallets: Wallets<'_>) -> Answer<String> {
    Ok(wallets.open().await?.wallet.emergency_card().await?)
}

/// What was disputed, newest first.
#[tauri::command]
#[specta::specta]
pub async fn disputes(wallets: Wallets<'_>) -> Answer<Vec<DisputeView>> {
    Ok(wallets.open().await?.wallet.disputes().await?)
}

/// A letter to the provider about an entry of its log. Nothing is sent.
#[tauri::command]
#[specta::specta]
pub async fn dispute_letter(
    wallets: Wallets<'_>,
    relationship: RelationshipAddress,
    position: u64,
    statement: String,
) -> Answer<String> {
    Ok(wallets.open().await?.wallet.dispute_letter(relationship, position, &statement).await?)
}

/// Saves a letter, as the person changed it, where they say; gives its path, or none when they think better of it.
#[tauri::command]
#[specta::specta]
pub async fn save_letter(app: AppHandle, letter: String) -> Answer<Option<String>> {
    files::save(&app, "letter.txt", letter.as_bytes()).await
}
