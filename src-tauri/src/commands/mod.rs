//! What windows may ask: each command parses, calls the wallet and maps the error, nothing more.

pub mod access;
pub mod decisions;
pub mod door;
pub mod helping;
pub mod history;
pub mod ledger;
pub mod records;
pub mod settings;
pub mod words;

use tauri::State;

use crate::session::Session;

/// The session of this program.
pub type Wallets<'a> = State<'a, Session>;
