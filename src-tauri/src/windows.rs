//! The windows, each with a page, a capability and a life of its own.
//!
//! ```text
//! door (welcome, unlock) ─ open ─► words (once, for a new wallet) ─► main ─ lock ─► door
//!      └─ look around ─► sample (invented people, no commands) ─ leave ─► door
//! ```
//!
//! The page in which a passphrase was typed is destroyed when the wallet opens; the page that showed health data is
//! destroyed when it locks.

use tauri::{AppHandle, Manager as _, Runtime, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

use crate::{Driving, problem::Answer};

/// Welcome and unlock.
pub const DOOR: &str = "door";
/// The open wallet.
pub const MAIN: &str = "main";
/// Recovery words.
pub const WORDS: &str = "words";
/// Invented people, to look around.
pub const SAMPLE: &str = "sample";

const SIZE: (f64, f64) = (1200.0, 840.0);
const WORDS_SIZE: (f64, f64) = (920.0, 800.0);
const LEAST: (f64, f64) = (360.0, 480.0);

/// Shows one window, making it where it is not there, and destroys the others that `instead_of` names.
pub fn show<R: Runtime>(app: &AppHandle<R>, label: &str, instead_of: &[&str]) -> Answer<()> {
    match app.get_webview_window(label) {
        Some(window) => {
            window.show()?;
            window.set_focus()?;
        }
        None => make(app, label).map(|_| ())?,
    }
    // Last, so that at no time no window is there, which would end the program.
    for other in instead_of {
        if let Some(window) = app.get_webview_window(other) {
            window.destroy()?;
        }
    }
    Ok(())
}

/// Brings whichever window there is to the front.
pub fn to_front<R: Runtime>(app: &AppHandle<R>) {
    for label in [WORDS, MAIN, SAMPLE, DOOR] {
        if let Some(window) = app.get_webview_window(label) {
            let shown = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
            if let Err(error) = shown {
                tracing::warn!(%error, "a window did not come to the front");
            }
            return;
        }
    }
}

fn make<R: Runtime>(app: &AppHandle<R>, label: &str) -> tauri::Result<WebviewWindow<R>> {
    let page = match label {
        DOOR => "door.html",
        WORDS => "words.html",
        _ => "index.html",
    };
    let (width, height) = if label == WORDS { WORDS_SIZE } else { SIZE };
    WebviewWindowBuilder::new(app, label, WebviewUrl::App(page.into()))
        .title("MedRec Wallet")
        .inner_size(width, height)
        .min_inner_size(LEAST.0, LEAST.1)
        .disable_drag_drop_handler()
        // WebDriver cannot drive a window that keeps nothing.
        .incognito(*app.state::<Driving>() == Driving::Refused)
        .on_navigation(is_own_page)
        .build()
}

/// Pages of this program and no others.
fn is_own_page(url: &Url) -> bool {
    matches!(
        (url.scheme(), url.host_str()),
        ("tauri", Some("localhost")) | ("http" | "https", Some("tauri.localhost"))
    )
}

#[cfg(test)]
mod tests {
    use super::is_own_page;

    #[test]
    fn a_window_shows_pages_of_this_program_only() {
        let own = |text: &str| is_own_page(&text.parse().unwrap());
        assert!(own("tauri://localhost/door.html"));
        for foreign in [
            "https://example.org/",
            "file:///etc/passwd",
            "tauri://elsewhere/",
            "http://localhost/",
            "data:text/html,x",
        ] {
            assert!(!own(foreign), "{foreign}");
        }
    }
}
