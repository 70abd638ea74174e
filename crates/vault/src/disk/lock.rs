//! One process at a time: an advisory lock on a file of its own (VAULT-18).
//!
//! The vault file itself cannot carry the lock, because a save replaces it. The lock file is never removed:
//! removing it would let two processes lock two different files of one name.

use std::fs::{File, TryLockError};

use super::folder::{VaultDir, private_file};
use crate::error::VaultError;

/// Held while a vault is open; the system releases it when the process ends, however it ends.
pub(crate) struct LockFile {
    _file: File,
}

impl LockFile {
    /// Takes the lock or says who is in the way.
    pub(crate) fn acquire(dir: &VaultDir) -> Result<Self, VaultError> {
        let path = dir.lock_path();
        let file = private_file()
            .read(true)
            .create(true)
            .open(&path)
            .map_err(|source| VaultError::io("open", &path, source))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(VaultError::InUse { path: dir.vault_path() }),
            Err(TryLockError::Error(source)) => Err(VaultError::io("lock", &path, source)),
        }
    }
}
