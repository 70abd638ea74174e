//! The gatekeeper's folder: where everything is, who may read it, and that only one process serves from it.
//!
//! | file | what |
//! | --- | --- |
//! | `gatekeeper.toml` | configuration, edited by people |
//! | `keys.toml` | secrets, mode 0600 |
//! | `provider.json` | the public directory entry, for the ledger's operators |
//! | `network.json` | the network that was joined |
//! | `gatekeeper.db` | encrypted database |
//! | `snapshots/` | immutable record versions, each named by its commitment |
//! | `received/` | copies fetched from other providers |
//! | `evidence/` | headers of nodes that contradict each other, for the consortium |
//! | `lock` | held while the server runs |
//! | `receiving.lock` | held while a copy is written into `received/` |

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use crate::error::{GatekeeperError, Result};

/// Mode of files that only the gatekeeper's own user may read.
const PRIVATE_FILE: u32 = 0o600;
/// Mode of folders that only the gatekeeper's own user may enter.
const PRIVATE_FOLDER: u32 = 0o700;

/// How often it is looked whether another process has ended its write.
const RECEIVING_POLL: std::time::Duration = std::time::Duration::from_millis(50);

/// A gatekeeper's folder.
#[derive(Clone, Debug)]
pub struct Home {
    root: PathBuf,
}

/// Held while a process serves from a home; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct HomeLock {
    _file: File,
}

impl Home {
    /// Makes a new home. Refuses a folder that is one already.
    pub fn create(root: &Path) -> Result<Self> {
        let home = Self { root: root.to_owned() };
        if home.config().exists() || home.keys().exists() {
            return Err(GatekeeperError::HomeExists(root.to_owned()));
        }
        for folder in [home.root.clone(), home.snapshots(), home.received()] {
            private_folder(&folder)?;
        }
        Ok(home)
    }

    /// Opens a home that was made before.
    pub fn open(root: &Path) -> Result<Self> {
        let home = Self { root: root.to_owned() };
        if !home.config().is_file() {
            return Err(GatekeeperError::NoHome(root.to_owned()));
        }
        Ok(home)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Configuration.
    pub fn config(&self) -> PathBuf {
        self.root.join("gatekeeper.toml")
    }

    /// Secrets.
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys.toml")
    }

    /// Public directory entry.
    pub fn provider(&self) -> PathBuf {
        self.root.join("provider.json")
    }

    /// The network that was joined.
    pub fn network(&self) -> PathBuf {
        self.root.join("network.json")
    }

    /// Database.
    pub fn database(&self) -> PathBuf {
        self.root.join("gatekeeper.db")
    }

    /// Record versions as they were published.
    pub fn snapshots(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    /// Evidence that nodes contradict each other or what was verified.
    pub fn evidence(&self) -> PathBuf {
        self.root.join("evidence")
    }

    /// Copies fetched from others.
    pub fn received(&self) -> PathBuf {
        self.root.join("received")
    }

    /// Waits until no other process or task writes into `received/`, and keeps others waiting until it is dropped.
    pub async fn receiving(&self) -> Result<HomeLock> {
        let path = self.root.join("receiving.lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(PRIVATE_FILE);
        let file = options.open(&path).map_err(GatekeeperError::file("cannot open", &path))?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(HomeLock { _file: file }),
                Err(fs::TryLockError::WouldBlock) => tokio::time::sleep(RECEIVING_POLL).await,
                Err(fs::TryLockError::Error(source)) => {
                    return Err(GatekeeperError::file("cannot lock", &path)(source));
                }
            }
        }
    }

    /// Takes the lock that one serving process holds.
    pub fn lock(&self) -> Result<HomeLock> {
        let path = self.root.join("lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(PRIVATE_FILE);
        let file = options.open(&path).map_err(GatekeeperError::file("cannot open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(HomeLock { _file: file }),
            Err(fs::TryLockError::WouldBlock) => Err(GatekeeperError::Running(self.root.clone())),
            Err(fs::TryLockError::Error(source)) => Err(GatekeeperError::file("cannot lock", &path)(source)),
        }
    }
}

/// Makes a folder that only its owner may enter, with its parents.
pub fn private_folder(path: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(PRIVATE_FOLDER)
        .create(path)
        .map_err(GatekeeperError::file("cannot make the folder", path))
}

/// Writes a file whole or not at all: aside, synced, renamed, folder synced. Mode 0600.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let aside = aside(path);
    let failed = |source| GatekeeperError::file("cannot write", path)(source);
    let mut file = create_private(&aside).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&aside, path).map_err(failed)?;
    sync_folder_of(path)
}

/// Opens a new file, mode 0600, emptying a left-over of the same name.
pub fn create_private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(PRIVATE_FILE).open(path)
}

/// Where a file is written before it takes its name.
pub fn aside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Makes renames in a file's folder durable.
pub fn sync_folder_of(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(GatekeeperError::file("cannot sync the folder", folder))
}

/// Reads a small text file; more than `limit` bytes are refused before they are read.
pub fn read_text(path: &Path, limit: u64) -> Result<String> {
    let reading = || GatekeeperError::file("cannot read", path);
    let size = fs::metadata(path).map_err(reading())?.len();
    if size > limit {
        let what = format!("it has {size} bytes, at most {limit} are expected");
        return Err(GatekeeperError::Content { path: path.to_owned(), what });
    }
    fs::read_to_string(path).map_err(reading())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_home_is_made_once_and_only_its_owner_may_enter() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("clinic");
        let home = Home::create(&root).unwrap();
        assert_eq!(fs::metadata(&root).unwrap().permissions().mode() & 0o777, PRIVATE_FOLDER);
        assert!(matches!(Home::open(&root), Err(GatekeeperError::NoHome(_))));
        write_private(&home.config(), b"x").unwrap();
        assert_eq!(fs::metadata(home.config()).unwrap().permissions().mode() & 0o777, PRIVATE_FILE);
        assert!(Home::open(&root).is_ok());
        assert!(matches!(Home::create(&root), Err(GatekeeperError::HomeExists(_))));
    }

    #[test]
    fn two_servers_never_share_a_home() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::create(folder.path()).unwrap();
        let first = home.lock().unwrap();
        assert!(matches!(home.lock(), Err(GatekeeperError::Running(_))));
        drop(first);
        assert!(home.lock().is_ok());
    }

    #[test]
    fn a_file_that_is_too_long_is_refused_before_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long");
        fs::write(&path, vec![b'x'; 11]).unwrap();
        assert!(matches!(read_text(&path, 10), Err(GatekeeperError::Content { .. })));
        assert_eq!(read_text(&path, 11).unwrap().len(), 11);
    }
}
