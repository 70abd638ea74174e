//! Asking about recovery words.

use serde::Serialize;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A question that whoever wrote the recovery words down can answer by choosing. Wiped from memory when dropped; `Debug` prints
/// nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Zeroize, ZeroizeOnDrop)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct WordsQuestion {
    /// Which word is asked for, 1 to 24.
    pub position: u8,
    /// Four different words; one of them is right.
    pub choices: Vec<String>,
}

impl std::fmt::Debug for WordsQuestion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WordsQuestion(..)")
    }
}
