//! The wallet's window: a thin shell over the façade of `medrec-wallet`.
//!
//! ```text
//! pages (ui/) ─ typed commands ─► commands/* ─► session (the open wallet) ─► medrec_wallet::Wallet
//!        ◄──── events ── check (background), settings
//! ```
//!
//! No SQL, no cryptography and no policy here. Every command is denied unless the capability of its window names it
//! (`capabilities/`), and whatever needs a wallet fails as locked when none is open.

mod bindings;
mod check;
mod clipboard;
mod commands;
mod files;
mod flow;
mod idle;
mod notify;
mod problem;
mod secret;
mod session;
mod settings;
#[cfg(target_os = "linux")]
mod sleep;
mod windows;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use medrec_wallet::Home;
use tauri::{Manager as _, RunEvent, WindowEvent};
use tracing_subscriber::EnvFilter;

use crate::{
    idle::Idle,
    session::Session,
    settings::SettingsFile,
    windows::{DOOR, WORDS},
};

/// Whether another program may drive the windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driving {
    /// Nobody but the person. Nothing of a page stays on disk.
    Refused,
    /// WebDriver, in the project's own tests.
    Allowed,
}

/// The variable by which the window system lets itself be driven.
const DRIVEN_BY: &str = "TAURI_WEBVIEW_AUTOMATION";

/// Runs the program until its last window is closed.
pub fn run(driving: Driving) -> ExitCode {
    // Libraries below log arguments at lower levels: only warnings of theirs, and words of ours, which hold no secret.
    let filter = EnvFilter::new("warn,medrec_desktop=info,medrec_wallet=info");
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match start(driving) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(driving: Driving) -> anyhow::Result<()> {
    anyhow::ensure!(
        driving == Driving::Allowed || std::env::var_os(DRIVEN_BY).is_none(),
        "{DRIVEN_BY} is set: another program could drive the wallet. It does not start like this."
    );
    let folder = Arguments::read()?.home;
    has_display()?;
    let specta = bindings::builder();
    let program = tauri::Builder::default()
        // first, as it asks to be: a second start brings the first one's window to the front and ends
        .plugin(tauri_plugin_single_instance::init(|app, _, _| windows::to_front(app)))
        .plugin(tauri_plugin_window_state::Builder::default().with_denylist(&[WORDS]).build())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri_plugin_notification::init())
        .invoke_handler(specta.invoke_handler())
        .on_window_event(|window, event| {
            if let (WORDS, WindowEvent::CloseRequested { api, .. }) = (window.label(), event) {
                api.prevent_close();
                let app = window.app_handle().clone();
                tauri::async_runtime::spawn(async move { flow::words_done(&app).await });
            }
        })
        .setup(move |app| {
            specta.mount_events(app);
            let folder = folder.map_or_else(|| app.path().app_data_dir(), Ok)?;
            let locale = std::env::var("LC_ALL").or_else(|_| std::env::var("LANG")).unwrap_or_default();
            app.manage(SettingsFile::open(&folder, &locale));
            app.manage(Session::new(Home::at(folder)));
            app.manage(Idle::default());
            app.manage(driving);
            tauri::async_runtime::spawn(idle::watch(app.handle().clone()));
            #[cfg(target_os = "linux")]
            sleep::watch(app.handle());
            // Last: no command can run before its state is there.
            windows::show(app.handle(), DOOR, &[]).map_err(|problem| problem.detail.into())
        })
        .build(tauri::generate_context!())
        .context("the window system cannot be used")?;
    program.run(|app, event| {
        if matches!(event, RunEvent::Exit) {
            tauri::async_runtime::block_on(app.state::<Session>().end());
        }
    });
    Ok(())
}

/// What stands on the command line: `--home DIR` only.
struct Arguments {
    home: Option<PathBuf>,
}

impl Arguments {
    fn read() -> anyhow::Result<Self> {
        let mut words = std::env::args_os().skip(1);
        let mut home = None;
        while let Some(word) = words.next() {
            anyhow::ensure!(word == "--home", "usage: medrec-wallet [--home DIR]");
            home = Some(PathBuf::from(words.next().context("--home needs a folder")?));
        }
        Ok(Self { home })
    }
}

/// The window system would panic without a display; a sentence is better.
fn has_display() -> anyhow::Result<()> {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    anyhow::ensure!(
        !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY"),
        "there is no display to show a window on; use the `medrec` command here, or start this on a desktop"
    );
    Ok(())
}
