//! People with a wallet on this computer.

use serde::{Deserialize, Serialize};

/// Names a person's wallet on this computer: 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(transparent)]
pub struct PersonId(pub(crate) String);

impl PersonId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for PersonId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person's wallet as it is shown before it is unlocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct PersonView {
    /// Which one.
    pub id: PersonId,
    /// The name that the person chose; the folder's name where the file cannot be read.
    pub label: String,
    /// Why it cannot be opened, in words.
    pub problem: Option<String>,
}

crate::text_enum! {
    /// Something about vault and database that the person should know.
    Notice {
        /// The vault file was gone and its backup copy was used.
        BackupVaultUsed = "backup_vault_used",
        /// The vault is older than the database beside it; the ledger is looked through again.
        VaultOlder = "vault_older",
        /// The database is older than the vault beside it; the next check of the ledger brings it up to date.
        DataOlder = "data_older",
        /// The database was gone; the network must be joined again.
        DataGone = "data_gone",
    }
}
