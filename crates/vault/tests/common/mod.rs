//! What every test of this crate needs: a home in a temporary folder and a vault in it.
#![allow(dead_code, missing_docs, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use getrandom::SysRng;
use medrec_vault::{
    ChainId, DamagedPart, GenesisHash, KdfParams, NewVault, Passphrase, RecoveryWords, Unlocked, Vault,
    VaultDir, VaultError, VaultHome, VaultLabel,
};
use tempfile::TempDir;

pub const GENESIS: GenesisHash = GenesisHash::from_bytes([0x42; 32]);
pub const PASSPHRASE: &str = "gravel lantern oyster tuba";
pub const ENTROPY: [u8; 32] = [0x5a; 32];

pub fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

/// A home of its own, gone at the end of the test.
pub struct Home {
    pub folder: TempDir,
    pub vaults: VaultHome,
}

impl Home {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let vaults = VaultHome::new(folder.path().join("home"));
        Self { folder, vaults }
    }

    pub fn create(&self, label: &str) -> Vault<Unlocked> {
        let new = NewVault {
            label: VaultLabel::new(label).unwrap(),
            passphrase: &passphrase(PASSPHRASE),
            words: &RecoveryWords::from_entropy(ENTROPY),
            params: KdfParams::FLOOR,
        };
        Vault::create(&self.vaults, new, &mut SysRng).unwrap()
    }

    /// A vault that has joined a network and was saved twice, locked again.
    pub fn locked(&self) -> VaultDir {
        let mut vault = self.create("Ana");
        join(&mut vault);
        vault.lock().dir().clone()
    }

    /// Puts bytes where a vault would be.
    pub fn plant(&self, bytes: &[u8]) -> VaultDir {
        let dir = VaultDir::at(self.folder.path().join("planted"));
        fs::create_dir_all(dir.path()).unwrap();
        fs::write(dir.vault_path(), bytes).unwrap();
        dir
    }
}

pub fn join(vault: &mut Vault<Unlocked>) {
    vault.update(&mut SysRng, |n| n.join(ChainId::new("medrec-test-1").unwrap(), GENESIS)).unwrap();
}

/// Every file of a folder with its bytes, without the lock file.
pub fn snapshot(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && path.extension().is_none_or(|e| e != "lock") {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

/// The name that vectors give to an error.
pub fn error_name(error: &VaultError) -> String {
    match error {
        VaultError::NotAVault => "not_a_vault".to_owned(),
        VaultError::Truncated { .. } => "truncated".to_owned(),
        VaultError::Damaged { part } => format!(
            "damaged:{}",
            match part {
                DamagedPart::Prelude => "prelude",
                DamagedPart::Checksum => "checksum",
                DamagedPart::Length => "length",
                DamagedPart::Header => "header",
                DamagedPart::Body => "body",
            }
        ),
        VaultError::Altered => "altered".to_owned(),
        VaultError::NewerVersion { found, .. } => format!("newer_version:{found}"),
        VaultError::ParametersTooHigh { .. } => "parameters_too_high".to_owned(),
        VaultError::ParametersTooLow { .. } => "parameters_too_low".to_owned(),
        VaultError::WrongPassphrase => "wrong_passphrase".to_owned(),
        other => panic!("no vector expects {other:?}"),
    }
}
