//! Where vaults lie, and how their files are replaced. The only module that touches files.
//!
//! ```text
//! <home>/vaults/<file id, 32 hex digits>/vault.mrv            the vault
//!                                        vault.mrv.bak        the state before the last save
//!                                        vault.mrv.new        a save under way; meaningless after a crash
//!                                        vault.mrv.lock       locked while a process has the vault open
//!                                        vault.mrv.set-aside  a file that a save found in its place and kept
//! ```
//!
//! Invariant: at every moment, including between any two system calls, `vault.mrv` is a whole vault file once
//! it exists. Folders are 0700 and files 0600 on Unix (VAULT-17).

mod folder;
mod lock;
mod replace;

pub use folder::{ListedVault, VaultDir, VaultHome};
pub(crate) use folder::{create_private_folder, remove_new_folder};
pub(crate) use lock::LockFile;
pub(crate) use replace::{Backup, Predecessor, read_bounded, replace};
