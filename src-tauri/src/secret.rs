//! Text that a person typed and that only goes inwards.

use medrec_wallet::{Passphrase, VaultError, WalletError};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::problem::Answer;

/// Longest secret in bytes that is taken from a window.
const MAX_BYTES: usize = 4096;

/// A secret from a window: wiped when dropped, printed nowhere, never sent back.
pub struct Secret(Zeroizing<String>);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|typed| Self(Zeroizing::new(typed)))
    }
}

impl specta::Type for Secret {
    fn definition(types: &mut specta::Types) -> specta::datatype::DataType {
        <String as specta::Type>::definition(types)
    }
}

impl Secret {
    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// As a new passphrase; one that is too short is told as such.
    pub fn new_passphrase(&self) -> Answer<Passphrase> {
        Passphrase::new(self.bounded()).map_err(|error| WalletError::from(error).into())
    }

    /// As the passphrase of a vault that is there: what cannot be a passphrase is a wrong one.
    pub fn passphrase(&self) -> Answer<Passphrase> {
        Passphrase::new(self.bounded()).map_err(|_| WalletError::from(VaultError::WrongPassphrase).into())
    }

    fn bounded(&self) -> &str {
        if self.expose().len() <= MAX_BYTES { self.expose() } else { "" }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}
