//! Recovery words, in their own window: shown, checked, forgotten.

use medrec_wallet::WordsQuestion;
use tauri::AppHandle;

use super::Wallets;
use crate::{
    flow,
    problem::{Answer, Problem},
    secret::Secret,
    windows::{self, WORDS},
};

/// Has the words shown again, for their owner, who types the passphrase.
#[tauri::command]
#[specta::specta]
pub async fn show_words(app: AppHandle, wallets: Wallets<'_>, passphrase: Secret) -> Answer<()> {
    let open = wallets.own().await?;
    let words = open.wallet.recovery_words(&passphrase.passphrase()?).await?;
    open.words().replace(words);
    windows::show(&app, WORDS, &[])
}

/// After a loss: makes new recovery words, or takes those of a change that is under way, and has them shown. Nothing is
/// signed yet.
#[tauri::command]
#[specta::specta]
pub async fn begin_new_words(app: AppHandle, wallets: Wallets<'_>, passphrase: Secret) -> Answer<()> {
    let open = wallets.own().await?;
    let words = open.wallet.begin_new_words(&passphrase.passphrase()?).await?;
    open.words().replace(words);
    windows::show(&app, WORDS, &[])
}

/// Whether a change to new recovery words is under way.
#[tauri::command]
#[specta::specta]
pub async fn new_words_under_way(wallets: Wallets<'_>) -> Answer<bool> {
    Ok(wallets.own().await?.wallet.new_words_under_way().await)
}

/// The 24 words, while they wait to be shown.
#[tauri::command]
#[specta::specta]
pub async fn words_shown(wallets: Wallets<'_>) -> Answer<Vec<String>> {
    let open = wallets.own().await?;
    let words = open.words();
    let words = words.as_ref().ok_or_else(Problem::locked)?;
    Ok(words.words().iter().map(ToString::to_string).collect())
}

/// Questions that whoever wrote the words down can answer by choosing.
#[tauri::command]
#[specta::specta]
pub async fn ask_words(wallets: Wallets<'_>) -> Answer<Vec<WordsQuestion>> {
    let open = wallets.own().await?;
    open.ask_words()
}

/// Whether the answers are right. If so, the wallet remembers that the words were checked.
#[tauri::command]
#[specta::specta]
pub async fn answer_words(wallets: Wallets<'_>, answers: Vec<String>) -> Answer<bool> {
    let open = wallets.own().await?;
    let right = open.answer_words(&answers);
    if right {
        open.wallet.mark_words_checked().await?;
    }
    Ok(right)
}

/// The window of words is done with; the wallet's window takes its place.
#[tauri::command]
#[specta::specta]
pub async fn words_done(app: AppHandle) -> Answer<()> {
    flow::words_done(&app).await
}
