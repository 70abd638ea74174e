//! The clipboard keeps no secret that was pasted into this program.

use tauri::AppHandle;
use tauri_plugin_clipboard_manager::ClipboardExt as _;
use zeroize::Zeroizing;

/// Empties the clipboard when it holds this secret, however it was spaced.
pub fn forget(app: &AppHandle, secret: &str) {
    let Ok(held) = app.clipboard().read_text().map(Zeroizing::new) else { return };
    if same(&held, secret)
        && let Err(error) = app.clipboard().clear()
    {
        tracing::warn!(%error, "the clipboard was not emptied");
    }
}

fn same(held: &str, secret: &str) -> bool {
    !secret.trim().is_empty() && held.split_whitespace().eq(secret.split_whitespace())
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn only_the_secret_itself_is_taken_away() {
        assert!(same(" lantern\nquay ", "lantern quay"));
        assert!(!same("lantern quay otter", "lantern quay"));
        assert!(!same("", ""));
    }
}
