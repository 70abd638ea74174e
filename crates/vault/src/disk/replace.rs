//! Replacing the vault file so that a crash at any moment leaves a whole one (VAULT-19 to VAULT-21).
//!
//! ```text
//! 1  write vault.mrv.new, fsync                       the old file is untouched
//! 2  read it back, compare, open with the master key
//! 3  put the old file, or a copy of the new one, at vault.mrv.bak, fsynced, by rename
//! 4  rename vault.mrv.new to vault.mrv                the save happens here, all at once
//! 5  fsync the folder
//! ```
//!
//! Where the new state must not be lost with one file, or the old one must not open again, the new file becomes
//! the backup copy before it becomes the vault: a crash between 3 and 4 leaves an old vault with a new backup copy,
//! never a new vault with an old one.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use super::folder::{VaultDir, private_file};
use crate::error::VaultError;
use crate::format::{Checksum, MAX_FILE_LEN, SealedVault};

/// What should stand in the vault's place when a save begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Predecessor {
    /// Nothing: the vault is new, or its file was lost.
    Nothing,
    /// The file with this checksum.
    File(Checksum),
    /// Whatever is there: the person went back to the backup copy. It is set aside.
    Anything,
}

/// What a save does with the backup copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backup {
    /// The file that is replaced becomes the backup copy.
    Previous,
    /// The new file becomes the backup copy too: what it holds cannot be got back from elsewhere.
    Same,
    /// The new file becomes the backup copy too, and what was set aside is removed, because older ones must not
    /// open again.
    Renewed,
}

/// Reads a file that may be a vault, never more than a little over the largest one; `None` if there is none.
pub(crate) fn read_bounded(path: &Path) -> Result<Option<Vec<u8>>, VaultError> {
    let fail = |source| VaultError::io("read", path, source);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(fail(e)),
    };
    // One byte more than the largest vault shows that a file is too long without reading all of it.
    let limit = MAX_FILE_LEN + 1;
    let mut bytes = Vec::with_capacity(limit);
    file.take(limit as u64).read_to_end(&mut bytes).map_err(fail)?;
    Ok(Some(bytes))
}

/// Replaces the vault file with `bytes`, after `verify` has opened what was read back from disk.
///
/// The outer error means that the old file is as it was; the inner one, that the new file is in place, but
/// something after that failed.
pub(crate) fn replace(
    dir: &VaultDir,
    predecessor: Predecessor,
    backup: Backup,
    bytes: &[u8],
    verify: impl FnOnce(&[u8]) -> Result<(), VaultError>,
) -> Result<Result<(), VaultError>, VaultError> {
    let (new, vault) = (dir.new_path(), dir.vault_path());
    let prepared = write_synced(&new, bytes)
        .and_then(|()| read_back(&new, bytes, verify))
        .and_then(|()| keep_predecessor(dir, predecessor, backup, bytes))
        .and_then(|()| fs::rename(&new, &vault).map_err(|source| VaultError::io("replace", &vault, source)));
    if let Err(error) = prepared {
        // The error matters more than the leftover, which the next save removes.
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    Ok(sync_folder(dir.path()))
}

/// Puts `bytes` at `to` by way of `aside`.
fn overwrite(aside: &Path, to: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let done = write_synced(aside, bytes)
        .and_then(|()| fs::rename(aside, to).map_err(|source| VaultError::io("replace", to, source)));
    if done.is_err() {
        let _ = fs::remove_file(aside);
    }
    done
}

/// Writes the backup copy, and sets aside what stands in the vault's place and is not the file that was opened.
fn keep_predecessor(
    dir: &VaultDir,
    predecessor: Predecessor,
    backup: Backup,
    bytes: &[u8],
) -> Result<(), VaultError> {
    let opened = find_opened(dir, predecessor)?;
    if backup == Backup::Renewed {
        remove_if_there(&dir.set_aside_path())?;
    }
    let overwrite_backup = |copied: &[u8]| overwrite(&dir.new_backup_path(), &dir.backup_path(), copied);
    match backup {
        Backup::Previous => opened.map_or(Ok(()), |opened| overwrite_backup(&opened)),
        // Durable before the vault is replaced, so that not even a loss of power leaves the two the other way round.
        Backup::Same | Backup::Renewed => overwrite_backup(bytes).and_then(|()| sync_folder(dir.path())),
    }
}

/// The file that was opened, if it still stands in the vault's place.
fn find_opened(dir: &VaultDir, predecessor: Predecessor) -> Result<Option<Vec<u8>>, VaultError> {
    let Some(found) = read_bounded(&dir.vault_path())? else { return Ok(None) };
    match (predecessor, SealedVault::parse(&found)) {
        (Predecessor::Anything, _) => set_aside(dir).map(|()| None),
        (Predecessor::File(expected), Ok(sealed)) if sealed.checksum() == expected => Ok(Some(found)),
        (_, Ok(_) | Err(VaultError::NewerVersion { .. })) => {
            Err(VaultError::ChangedOnDisk { path: dir.vault_path() })
        }
        // The state in memory is whole; a damaged file must push neither it nor the backup copy out.
        (_, Err(_)) => set_aside(dir).map(|()| None),
    }
}

/// Copies what stands in the vault's place: a copy, so that the place is never empty.
fn set_aside(dir: &VaultDir) -> Result<(), VaultError> {
    let (from, to) = (dir.vault_path(), dir.set_aside_path());
    remove_if_there(&to)?;
    fs::copy(&from, &to).map(|_| ()).map_err(|source| VaultError::io("set aside", &from, source))
}

fn remove_if_there(path: &Path) -> Result<(), VaultError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(VaultError::io("remove", path, e)),
        _ => Ok(()),
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    remove_if_there(path)?;
    let fail = |source| VaultError::io("write", path, source);
    // `create_new` follows no link that somebody put in the way.
    let mut file = private_file().create_new(true).open(path).map_err(fail)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fail)
}

fn read_back(
    path: &Path,
    bytes: &[u8],
    verify: impl FnOnce(&[u8]) -> Result<(), VaultError>,
) -> Result<(), VaultError> {
    match read_bounded(path)? {
        Some(found) if found == bytes => {
            verify(&found).map_err(|_| VaultError::NotReadBack { path: path.to_path_buf() })
        }
        _ => Err(VaultError::NotReadBack { path: path.to_path_buf() }),
    }
}

/// Makes renames in a folder durable. Windows has no such call and needs none on NTFS.
pub(crate) fn sync_folder(path: &Path) -> Result<(), VaultError> {
    if cfg!(unix) {
        File::open(path)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| VaultError::io("make durable", path, source))?;
    }
    Ok(())
}
