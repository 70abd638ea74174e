//! Before a wallet is open: who is here, a new wallet, one from words, unlocking, looking around.

use medrec_wallet::{
    RecoveryWords, StrengthLevel, VaultError, WalletError,
    view::{PersonId, PersonView},
};
use serde::Serialize;
use tauri::AppHandle;

use super::Wallets;
use crate::{
    clipboard, flow,
    problem::Answer,
    secret::Secret,
    windows::{self, DOOR, SAMPLE},
};

/// How well a passphrase resists guessing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Too few characters to be one.
    TooShort,
    /// Guessable at once.
    VeryWeak,
    /// Guessable in minutes.
    Weak,
    /// Guessable by someone who tries hard.
    Fair,
    /// Hard to guess.
    Strong,
    /// Out of reach.
    VeryStrong,
}

/// Everyone with a wallet on this computer.
#[tauri::command]
#[specta::specta]
pub async fn people(wallets: Wallets<'_>) -> Answer<Vec<PersonView>> {
    Ok(wallets.home().people()?)
}

/// How strong a passphrase is, for this person.
#[tauri::command]
#[specta::specta]
pub async fn passphrase_strength(passphrase: Secret, label: String) -> Answer<Strength> {
    let Ok(passphrase) = passphrase.new_passphrase() else { return Ok(Strength::TooShort) };
    Ok(match passphrase.strength(&[&label]).level {
        StrengthLevel::VeryWeak => Strength::VeryWeak,
        StrengthLevel::Weak => Strength::Weak,
        StrengthLevel::Fair => Strength::Fair,
        StrengthLevel::Strong => Strength::Strong,
        StrengthLevel::VeryStrong => Strength::VeryStrong,
    })
}

/// A passphrase of five words, fresh from the computer's source of randomness. It is shown so that it can be written down.
#[tauri::command]
#[specta::specta]
pub async fn suggest_passphrase() -> Answer<String> {
    Ok(medrec_wallet::suggest_passphrase()?.to_string())
}

/// A wallet for a new person. Its recovery words are shown next, in a window of their own.
#[tauri::command]
#[specta::specta]
pub async fn create_wallet(
    app: AppHandle,
    wallets: Wallets<'_>,
    label: String,
    passphrase: Secret,
) -> Answer<()> {
    let (wallet, words) = wallets.home().create(&label, &passphrase.new_passphrase()?).await?;
    clipboard::forget(&app, passphrase.expose());
    flow::enter(&app, wallet, Some(words)).await
}

/// A wallet for a person who has recovery words.
#[tauri::command]
#[specta::specta]
pub async fn restore_wallet(
    app: AppHandle,
    wallets: Wallets<'_>,
    label: String,
    passphrase: Secret,
    words: Secret,
) -> Answer<()> {
    let parsed = RecoveryWords::parse(words.expose()).map_err(WalletError::from)?;
    let wallet = wallets.home().restore(&label, &passphrase.new_passphrase()?, &parsed).await?;
    clipboard::forget(&app, words.expose());
    clipboard::forget(&app, passphrase.expose());
    flow::enter(&app, wallet, None).await
}

/// Whether recovery words are 24 words of the list that fit together.
#[tauri::command]
#[specta::specta]
pub async fn check_words(words: Secret) -> Answer<()> {
    RecoveryWords::parse(words.expose())
        .map(|_| ())
        .map_err(|error: VaultError| WalletError::from(error).into())
}

/// Opens a person's wallet.
#[tauri::command]
#[specta::specta]
pub async fn unlock(
    app: AppHandle,
    wallets: Wallets<'_>,
    person: PersonId,
    passphrase: Secret,
) -> Answer<()> {
    let wallet = wallets.home().open(&person, &passphrase.passphrase()?).await?;
    clipboard::forget(&app, passphrase.expose());
    flow::enter(&app, wallet, None).await
}

/// Opens the window with invented people; it has no commands.
#[tauri::command]
#[specta::specta]
pub async fn look_around(app: AppHandle) -> Answer<()> {
    windows::show(&app, SAMPLE, &[DOOR])
}

/// From the invented people back to the door.
#[tauri::command]
#[specta::specta]
pub async fn leave_sample(app: AppHandle) -> Answer<()> {
    windows::show(&app, DOOR, &[SAMPLE])
}
