//! People who help each other: offers as codes, and acting for somebody else.

use medrec_wallet::view::{AppointmentView, CodeFound, CodeWanted, HelpedView, Picture};
use serde::Serialize;
use tauri::AppHandle;
use tauri_plugin_clipboard_manager::ClipboardExt as _;

use super::Wallets;
use crate::{
    files, flow,
    problem::{Answer, Problem},
};

/// An offer to help that was just made.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub struct Offered {
    /// To whom.
    pub helped: HelpedView,
    /// The code to hand over. It holds no secret.
    pub code: String,
}

/// Makes an offer to help somebody.
#[tauri::command]
#[specta::specta]
pub async fn offer_help(wallets: Wallets<'_>, label: String, name: String) -> Answer<Offered> {
    let (helped, code) = wallets.own().await?.wallet.offer_help(&label, &name).await?;
    Ok(Offered { helped, code })
}

/// The code of an offer that was made.
#[tauri::command]
#[specta::specta]
pub async fn offer_code(wallets: Wallets<'_>, number: u32, name: String) -> Answer<String> {
    Ok(wallets.own().await?.wallet.offer_code(number, &name).await?)
}

/// Everybody whom this person offered to help.
#[tauri::command]
#[specta::specta]
pub async fn people_i_help(wallets: Wallets<'_>) -> Answer<Vec<HelpedView>> {
    Ok(wallets.own().await?.wallet.people_i_help().await?)
}

/// Asks the ledger what is new with them.
#[tauri::command]
#[specta::specta]
pub async fn check_people_i_help(wallets: Wallets<'_>) -> Answer<Vec<HelpedView>> {
    let own = wallets.own().await?;
    Box::pin(own.wallet.check_people_i_help(&own.ended)).await?;
    Ok(own.wallet.people_i_help().await?)
}

/// Gives somebody who is helped another name.
#[tauri::command]
#[specta::specta]
pub async fn rename_helped(wallets: Wallets<'_>, number: u32, label: String) -> Answer<()> {
    Ok(wallets.own().await?.wallet.rename_helped(number, &label).await?)
}

/// Shows the wallet of somebody who is helped. Every command means it then.
#[tauri::command]
#[specta::specta]
pub async fn start_helping(app: AppHandle, number: u32) -> Answer<()> {
    flow::help(&app, number).await
}

/// Back to one's own wallet.
#[tauri::command]
#[specta::specta]
pub async fn stop_helping(wallets: Wallets<'_>) -> Answer<()> {
    wallets.end_helping().await;
    Ok(())
}

/// What the person who helps was appointed to, by the person whose wallet is shown.
#[tauri::command]
#[specta::specta]
pub async fn appointments(wallets: Wallets<'_>) -> Answer<Vec<AppointmentView>> {
    Ok(wallets.open().await?.wallet.appointments().await?)
}

/// As a parent: the code by which a child's wallet is asked for keys.
#[tauri::command]
#[specta::specta]
pub async fn handover_request(wallets: Wallets<'_>) -> Answer<String> {
    Ok(wallets.own().await?.wallet.handover_request().await?)
}

/// As the child: the answer to it.
#[tauri::command]
#[specta::specta]
pub async fn answer_handover(wallets: Wallets<'_>, request: String, name: String) -> Answer<String> {
    Ok(wallets.own().await?.wallet.answer_handover(&request, &name).await?)
}

/// After losing everything: the code for one's guardians.
#[tauri::command]
#[specta::specta]
pub async fn ask_for_recovery(wallets: Wallets<'_>, name: String) -> Answer<String> {
    Ok(wallets.own().await?.wallet.ask_for_recovery(&name).await?)
}

/// A code as a picture (QR) that a telephone can take.
#[tauri::command]
#[specta::specta]
pub async fn code_picture(code: String) -> Answer<Picture> {
    Ok(medrec_wallet::code_picture(&code)?)
}

/// Puts a code on the clipboard.
#[tauri::command]
#[specta::specta]
pub async fn copy_code(app: AppHandle, code: String) -> Answer<()> {
    let code = medrec_wallet::read_code(code.into_bytes())?;
    app.clipboard().write_text(code).map_err(|_| Problem::input("The clipboard cannot be reached."))
}

/// Saves a code as a file where the person says; gives its path, or none when they think better of it.
#[tauri::command]
#[specta::specta]
pub async fn save_code(app: AppHandle, code: String) -> Answer<Option<String>> {
    let code = medrec_wallet::read_code(code.into_bytes())?;
    files::save(&app, "code.txt", code.as_bytes()).await
}

/// What a code says that somebody handed over.
#[tauri::command]
#[specta::specta]
pub async fn check_code(wallets: Wallets<'_>, wanted: CodeWanted, code: String) -> Answer<CodeFound> {
    Ok(wallets.open().await?.wallet.check_code(wanted, &code).await?)
}

/// The code in a file that the person chose, a text or a picture; none when they think better of it.
#[tauri::command]
#[specta::specta]
pub async fn choose_code(app: AppHandle) -> Answer<Option<String>> {
    let read = |bytes| Ok(medrec_wallet::read_code(bytes)?);
    files::choose(&app, medrec_wallet::MAX_CODE_FILE_BYTES).await?.map(read).transpose()
}
