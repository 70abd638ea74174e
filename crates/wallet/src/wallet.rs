//! An open wallet.

use crate::{Result, view::{Notice, PersonView}};
use medrec_vault::{Passphrase, RecoveryWords};

/// An open wallet. All use cases take `&self`; it can be shared between tasks.
pub struct Wallet {
}

impl Wallet {
    /// Whose wallet it is.
    pub fn person(&self) -> PersonView {
        todo!()
    }

    /// What was noticed when it was opened.
    pub fn notices(&self) -> Vec<Notice> {
        todo!()
    }

    /// Forgets all keys, closes the database and lets other processes in.
    pub async fn lock(self) -> Result<()> {
        todo!()
    }

    /// Replaces the passphrase.
    pub async fn change_passphrase(&self, old: &Passphrase, new: &Passphrase) -> Result<()> {
        let _ = (old, new);
        todo!()
    }

    /// The recovery words, for their owner, who types the passphrase again.
    pub async fn recovery_words(&self, passphrase: &Passphrase) -> Result<RecoveryWords> {
        let _ = passphrase;
        todo!()
    }
}
