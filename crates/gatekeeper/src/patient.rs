//! The patient's name in the provider's own system.

use std::{fmt, str::FromStr};

use crate::error::{GatekeeperError, Result};

/// Longest local id in bytes.
const MAX_BYTES: usize = 80;

/// A local patient id: also the name of the patient's folder, so it is one plain file name. Letters, digits,
/// `-`, `_` and `.`, the first of them a letter or digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalId(String);

impl LocalId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From the database, where only checked ids were written.
    pub(crate) fn stored(text: String) -> Result<Self> {
        text.parse().map_err(|_| GatekeeperError::Damaged("a local patient id"))
    }
}

impl FromStr for LocalId {
    type Err = GatekeeperError;

    fn from_str(text: &str) -> Result<Self> {
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let begins_well = text.chars().next().is_some_and(char::is_alphanumeric);
        if !begins_well || text.len() > MAX_BYTES || !text.chars().all(allowed) {
            let what = format!(
                "'{}' is not a patient id: 1 to {MAX_BYTES} letters, digits, '-', '_' or '.'",
                text.escape_debug()
            );
            return Err(GatekeeperError::Input(what));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for LocalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LocalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_id_never_leads_out_of_the_folder() {
        for good in ["amelia-7", "1234.5", "Ελένη", "a_b"] {
            assert!(good.parse::<LocalId>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "../x", "a/b", ".hidden", "-x", "a b", "a\0", &"x".repeat(81)] {
            assert!(bad.parse::<LocalId>().is_err(), "{bad:?}");
        }
    }
}
