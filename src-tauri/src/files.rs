//! Files that the person chooses. The dialogs are opened from here: no window can name a path.

use std::{fs, io::Read as _, path::PathBuf};

use medrec_wallet::{
    WalletError,
    view::{HistoryForm, RecordRow},
};
use tauri::AppHandle;
use tauri_plugin_dialog::{DialogExt as _, FileDialogBuilder, FilePath};
use tokio::sync::oneshot;

use crate::problem::{Answer, Problem};

/// A network file is at most 64 KiB; one byte more tells that a file is larger.
const MAX_NETWORK_FILE: u64 = 64 * 1024 + 1;
const LONGEST_NAME: usize = 60;

/// The text of a network file that the person chose.
pub async fn choose_network_file(app: &AppHandle) -> Answer<Option<String>> {
    let dialog = app.dialog().file().add_filter("JSON", &["json"]);
    let Some(path) = answer(dialog, FileDialogBuilder::pick_file).await else { return Ok(None) };
    let mut text = String::new();
    let read = fs::File::open(&path).and_then(|file| file.take(MAX_NETWORK_FILE).read_to_string(&mut text));
    match read {
        Ok(_) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            Err(Problem::input("This file is not text, so it is not a network file."))
        }
        Err(source) => Err(WalletError::File { doing: "read", path, source }.into()),
    }
}

/// The bytes of a file that the person chose; none when they think better of it.
pub async fn choose(app: &AppHandle, most: usize) -> Answer<Option<Vec<u8>>> {
    let Some(path) = answer(app.dialog().file(), FileDialogBuilder::pick_file).await else { return Ok(None) };
    let bound = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = fs::File::open(&path).and_then(|file| file.take(bound).read_to_end(&mut bytes));
    read.map_err(|source| WalletError::File { doing: "read", path, source })?;
    if bytes.len() > most {
        return Err(Problem::input("This file is too large to be what is asked for here."));
    }
    Ok(Some(bytes))
}

/// Saves a file where the person says; gives its path, or none when they think better of it.
pub async fn save(app: &AppHandle, name: &str, bytes: &[u8]) -> Answer<Option<String>> {
    let Some(path) = choose_place(app, name).await else { return Ok(None) };
    fs::write(&path, bytes).map_err(|source| WalletError::File {
        doing: "write",
        path: path.clone(),
        source,
    })?;
    Ok(Some(path.display().to_string()))
}

/// Where something is to be saved.
pub async fn choose_place(app: &AppHandle, name: &str) -> Option<PathBuf> {
    let dialog = app.dialog().file().set_file_name(name);
    answer(dialog, FileDialogBuilder::save_file).await
}

/// What a history is called, unless the person calls it something else.
pub fn history_name(form: HistoryForm) -> String {
    format!("consent-history.{}", form.extension())
}

type Told = Box<dyn FnOnce(Option<FilePath>) + Send>;

async fn answer(
    dialog: FileDialogBuilder<tauri::Wry>,
    open: impl FnOnce(FileDialogBuilder<tauri::Wry>, Told),
) -> Option<PathBuf> {
    let (told, chosen) = oneshot::channel();
    // Nobody waits any more when the wallet was locked meanwhile.
    open(dialog, Box::new(move |path| drop(told.send(path))));
    chosen.await.ok().flatten()?.into_path().ok()
}

/// Date and title of a record, as far as they can stand in a file's name.
pub fn record_name(record: &RecordRow) -> String {
    let title =
        record.date.iter().map(String::as_str).chain([record.title.as_str()]).collect::<Vec<_>>().join(" ");
    let plain =
        title.chars().map(|sign| if sign.is_alphanumeric() || " -".contains(sign) { sign } else { '-' });
    let name: String = plain.take(LONGEST_NAME).collect();
    let ending = match record.media_type.split(';').next().unwrap_or_default() {
        "application/pdf" => "pdf",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "application/fhir+json" | "application/json" => "json",
        "application/fhir+xml" | "application/xml" | "text/xml" => "xml",
        text if text.starts_with("text/") => "txt",
        _ => "bin",
    };
    format!("{}.{ending}", name.trim())
}
