//! Copies of records at rest: one encrypted file for each, in the folder `copies` beside the vault.
//!
//! ```text
//! key   = HKDF-SHA-256(database key, info = "medrec/copy/v1" ‖ commitment)
//! file  = "MRCOPY\0\1" ‖ sealed(header) ‖ sealed(chunk 0) ‖ sealed(chunk 1) ‖ …
//! sealed(x) = nonce (24 random bytes) ‖ XChaCha20-Poly1305(key, nonce, aad = index u64 LE ‖ last u8, x)
//! ```
//!
//! The header (index 2⁶⁴ − 1) holds salt and size; each chunk 64 KiB of the record, the last one less, perhaps
//! nothing. The `last` flag ends the file: one that was cut short does not open. A copy that is being
//! received lies in `<commitment>.part`; it gets its name only when it is whole and verified. (RFC 5869; RFC 8439
//! with the extended nonce of draft-irtf-cfrg-xchacha)

mod reader;
mod sealing;
mod sink;
mod writer;

use std::path::{Path, PathBuf};

use medrec_protocol::Commitment;
use zeroize::Zeroizing;

pub use reader::CopyReader;
use sealing::ChunkKey;
pub use sink::FileSink;

/// Why a stored copy cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// There is no copy of this record here.
    #[error("There is no copy of this record on this computer. Fetch it first.")]
    Missing,
    /// The file was altered, cut short, or belongs to another vault.
    #[error("The copy on this computer is damaged. Fetch it again.")]
    Damaged,
    /// The disk fails or is full.
    #[error("The copy cannot be written to or read from this disk: {0}")]
    Disk(#[from] std::io::Error),
}

/// The folder of one person's copies.
#[derive(Clone)]
pub struct Copies {
    folder: PathBuf,
    database_key: Zeroizing<[u8; 32]>,
}

impl Copies {
    /// Opens the folder, making it when it is not there.
    pub fn open(folder: PathBuf, database_key: &[u8; 32]) -> Result<Self, CopyError> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder)?;
        Ok(Self { folder, database_key: Zeroizing::new(*database_key) })
    }

    /// Takes a copy that is being fetched.
    pub fn sink(&self, commitment: Commitment) -> FileSink {
        FileSink::new(self.key(commitment), self.part(commitment), self.file(commitment))
    }

    /// Reads a copy that was verified when it was fetched.
    pub fn read(&self, commitment: Commitment) -> Result<CopyReader, CopyError> {
        CopyReader::open(self.key(commitment), &self.file(commitment), commitment)
    }

    /// True when a whole copy is here.
    pub fn has(&self, commitment: Commitment) -> bool {
        self.file(commitment).is_file()
    }

    /// Removes a copy and what was begun of it.
    pub fn remove(&self, commitment: Commitment) -> Result<(), CopyError> {
        for path in [self.file(commitment), self.part(commitment)] {
            ignore_missing(std::fs::remove_file(path))?;
        }
        Ok(())
    }

    fn key(&self, commitment: Commitment) -> ChunkKey {
        ChunkKey::derive(&self.database_key, commitment)
    }

    fn file(&self, commitment: Commitment) -> PathBuf {
        self.folder.join(format!("{commitment}.copy"))
    }

    fn part(&self, commitment: Commitment) -> PathBuf {
        self.folder.join(format!("{commitment}.part"))
    }
}

impl std::fmt::Debug for Copies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copies").field("folder", &self.folder).finish_non_exhaustive()
    }
}

fn ignore_missing(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Makes a rename durable (POSIX: the folder's entry is data of the folder).
fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests;
