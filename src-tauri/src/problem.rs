//! What a window is told when something cannot be done.

use medrec_wallet::{Code, WalletError};
use serde::Serialize;

/// A problem: its code, which the window's catalogue puts into the person's words, and the program's own sentence, which
/// stands under "Details". Neither holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct Problem {
    /// What kind of problem it is.
    pub code: Code,
    /// What happened, in English.
    pub detail: String,
}

/// What every command gives.
pub type Answer<T> = Result<T, Problem>;

impl From<WalletError> for Problem {
    fn from(error: WalletError) -> Self {
        let problem = Self { code: error.code(), detail: error.to_string() };
        tracing::info!(code = %problem.code, "a command was refused");
        problem
    }
}

impl From<tauri::Error> for Problem {
    fn from(error: tauri::Error) -> Self {
        tracing::error!(%error, "the window system refused");
        Self { code: Code::Internal, detail: "The window system refused. Start the wallet again.".to_owned() }
    }
}

impl Problem {
    /// No wallet is open.
    pub fn locked() -> Self {
        WalletError::Locked.into()
    }

    /// Something that the window sent cannot be used.
    pub fn input(detail: &str) -> Self {
        Self { code: Code::InvalidInput, detail: detail.to_owned() }
    }
}
