//! Folders of vaults.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::replace::{read_bounded, sync_folder};
use crate::error::VaultError;
use crate::format::{FileId, SealedVault};
use crate::label::VaultLabel;

const VAULTS_FOLDER: &str = "vaults";
const VAULT_FILE: &str = "vault.mrv";
const BACKUP_FILE: &str = "vault.mrv.bak";

/// Options for a file that only its owner can read.
pub(super) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The folder of one vault. Its database and other files lie beside the vault file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultDir(PathBuf);

impl VaultDir {
    /// A folder that holds, or will hold, one vault.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The folder, for what lies beside the vault.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The vault file.
    pub fn vault_path(&self) -> PathBuf {
        self.0.join(VAULT_FILE)
    }

    /// The state before the last save.
    pub fn backup_path(&self) -> PathBuf {
        self.0.join(BACKUP_FILE)
    }

    pub(crate) fn lock_path(&self) -> PathBuf {
        self.0.join("vault.mrv.lock")
    }

    pub(super) fn new_path(&self) -> PathBuf {
        self.0.join("vault.mrv.new")
    }

    pub(super) fn new_backup_path(&self) -> PathBuf {
        self.0.join("vault.mrv.bak.new")
    }

    pub(super) fn set_aside_path(&self) -> PathBuf {
        self.0.join("vault.mrv.set-aside")
    }
}

/// A folder under which every vault of one computer user lies.
#[derive(Clone, Debug)]
pub struct VaultHome(PathBuf);

/// One vault as [`VaultHome::list`] finds it.
#[derive(Debug)]
pub struct ListedVault {
    /// Its folder.
    pub dir: VaultDir,
    /// Name and label, or why the file cannot be used. The label is what the file claims.
    pub summary: Result<(FileId, VaultLabel), VaultError>,
}

impl VaultHome {
    /// Vaults under `home`; nothing is created until a vault is.
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self(home.into())
    }

    /// Where the vault with this id lies.
    pub fn dir_of(&self, file_id: FileId) -> VaultDir {
        VaultDir(self.0.join(VAULTS_FOLDER).join(file_id.to_string()))
    }

    /// Every vault, ordered by folder; a damaged one is listed with its error and hides no other.
    pub fn list(&self) -> Result<Vec<ListedVault>, VaultError> {
        let folder = self.0.join(VAULTS_FOLDER);
        let fail = |source| VaultError::io("list", &folder, source);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(fail(e)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let dir = VaultDir(entry.map_err(fail)?.path());
            if dir.vault_path().exists() || dir.backup_path().exists() {
                let summary = summarise(&dir);
                found.push(ListedVault { dir, summary });
            }
        }
        found.sort_by(|a, b| a.dir.0.cmp(&b.dir.0));
        Ok(found)
    }
}

fn summarise(dir: &VaultDir) -> Result<(FileId, VaultLabel), VaultError> {
    let bytes = match read_bounded(&dir.vault_path())? {
        Some(bytes) => Some(bytes),
        None => read_bounded(&dir.backup_path())?,
    };
    let bytes = bytes.ok_or_else(|| VaultError::Missing { path: dir.vault_path() })?;
    let sealed = SealedVault::parse(&bytes)?;
    Ok((sealed.file_id(), sealed.label().clone()))
}

/// Makes a folder and those above it, each for its owner only. Folders that exist stay as they are.
pub(crate) fn create_private_folder(path: &Path) -> Result<(), VaultError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| VaultError::io("create the folder", path, source))?;
    // The folder itself, the one of all vaults, and the home.
    let above = path.ancestors().take(3).filter(|folder| !folder.as_os_str().is_empty());
    above.into_iter().try_for_each(sync_folder)
}

/// Takes back the folder of a vault whose creation failed. What cannot be removed harms nothing: a folder
/// without a vault file is not listed.
pub(crate) fn remove_new_folder(dir: &VaultDir) {
    let _ = fs::remove_file(dir.lock_path());
    let _ = fs::remove_dir(&dir.0);
}
