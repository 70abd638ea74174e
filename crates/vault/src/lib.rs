//! The vault: one encrypted file that holds what a person cannot get back from anywhere else, and the
//! key tree that grows from it.
//!
//! | module | what it holds | specification |
//! | --- | --- | --- |
//! | [`keys`] | 24 recovery words, SLIP-0010 tree, signing and viewing keys | docs/spec/keys.md |
//! | [`passphrase`] | the passphrase and an estimate of its strength | docs/spec/vault.md |
//! | [`kdf`] | bounded Argon2id parameters and their calibration | docs/spec/vault.md |
//! | [`contents`] | what is inside an open vault | docs/spec/vault.md |
//! | [`mod@format`] | bytes of the file: parsing, sealing, opening. Pure | docs/spec/vault.md |
//! | [`disk`] | folders, atomic replacement, the lock file: the only module that touches files | docs/spec/vault.md |
//! | [`vault`] | [`Vault<Locked>`](Vault) and [`Vault<Unlocked>`](Vault) | docs/spec/vault.md |
//!
//! Invariants: nothing secret is reachable without the passphrase; no operation that fails leaves the file
//! other than it was; randomness and the clock are arguments; no secret appears in `Debug`, `Display` or errors.

pub mod contents;
pub mod disk;
pub mod error;
pub mod format;
pub mod kdf;
pub mod keys;
pub mod label;
pub mod passphrase;
mod random;
pub mod vault;

pub use contents::{
    ChainId, DatabaseKey, GenesisHash, KEYS_IN_OFFER, NetworkRecord, Networks, TrustedHeader,
};
pub use disk::{ListedVault, VaultDir, VaultHome};
pub use error::{DamagedPart, VaultError};
pub use format::FileId;
pub use kdf::KdfParams;
pub use keys::{KeyEpoch, KeyTree, NetworkIndex, RecoveryWords, RelationshipIndex, recovery_word_list};
pub use label::VaultLabel;
pub use passphrase::{Passphrase, PassphraseStrength, StrengthLevel};
pub use vault::{Locked, NewVault, RecoveryNotice, Unlocked, Vault};
