//! Immutable record versions on disk: one file for each, named by its commitment.
//!
//! A version is written aside, synced and renamed before anything says that it exists, and never changed
//! afterwards.

use std::{
    fs::{self, File},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use medrec_protocol::{Commitment, RecordSalt, commitment::CommitmentHasher};
use sha2::{Digest, Sha256};

use crate::{
    error::{GatekeeperError, Result},
    home,
};

/// Bytes copied at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// The folder of record versions.
#[derive(Clone, Debug)]
pub struct SnapshotFiles {
    folder: PathBuf,
}

/// A large file that was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Commitment to its bytes.
    pub commitment: Commitment,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
    /// How many they are.
    pub size: u64,
}

impl SnapshotFiles {
    /// In this folder.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where a version is.
    pub fn path(&self, commitment: Commitment) -> PathBuf {
        self.folder.join(commitment.to_string())
    }

    /// Keeps bytes. They are durable after [`Self::sync`].
    pub fn keep(&self, salt: &RecordSalt, bytes: &[u8]) -> Result<Commitment> {
        let commitment = Commitment::to(salt, bytes);
        let path = self.path(commitment);
        let failed = |source| GatekeeperError::file("cannot keep the record version", &path)(source);
        let aside = home::aside(&path);
        let mut file = home::create_private(&aside).map_err(failed)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&aside, &path).map_err(failed)?;
        Ok(commitment)
    }

    /// Keeps a copy of an open file, whatever its size. It is durable after [`Self::sync`].
    pub fn keep_file(&self, salt: &RecordSalt, from: &mut File) -> Result<Copied> {
        // The name is known only at the end; until then a hash of the salt, which is random, serves as one.
        let name: [u8; 32] = Sha256::digest(salt.as_bytes()).into();
        let aside = self.folder.join(format!("{}.part", hex::encode(name)));
        let failed = |source| GatekeeperError::file("cannot keep the record version", &aside)(source);
        let mut file = home::create_private(&aside).map_err(failed)?;
        let mut copied = copy(salt, from, &mut file).map_err(failed);
        copied = copied.and_then(|copied| file.sync_all().map(|()| copied).map_err(failed));
        let copied = copied.inspect_err(|_| drop(fs::remove_file(&aside)))?;
        fs::rename(&aside, self.path(copied.commitment)).map_err(failed)?;
        Ok(copied)
    }

    /// Makes the names of all versions kept so far durable.
    pub fn sync(&self) -> Result<()> {
        home::sync_folder_of(&self.folder.join("x"))
    }

    /// Takes back a version that no row names.
    pub fn discard(&self, commitment: Commitment) -> Result<()> {
        let path = self.path(commitment);
        fs::remove_file(&path).map_err(GatekeeperError::file("cannot remove", &path))
    }

    /// Versions on disk, and left-overs of writing that was cut short.
    pub fn list(&self) -> Result<(Vec<Commitment>, Vec<PathBuf>)> {
        let reading = || GatekeeperError::file("cannot read the folder", &self.folder);
        let (mut kept, mut cut_short) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(&self.folder).map_err(reading())? {
            let path = entry.map_err(reading())?.path();
            match path.file_name().and_then(|name| name.to_str()) {
                Some(name) if Path::new(name).extension().is_some_and(|end| end == "part") => {
                    cut_short.push(path);
                }
                Some(name) => kept.extend(name.parse::<Commitment>().ok()),
                None => {}
            }
        }
        Ok((kept, cut_short))
    }
}

fn copy(salt: &RecordSalt, from: &mut File, to: &mut File) -> std::io::Result<Copied> {
    let mut commitment = CommitmentHasher::new(salt);
    let mut sha256 = Sha256::new();
    let mut size = 0;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = from.read(&mut chunk)?;
        if read == 0 {
            return Ok(Copied { commitment: commitment.finish(), sha256: sha256.finalize().into(), size });
        }
        commitment.update(&chunk[..read]);
        sha256.update(&chunk[..read]);
        to.write_all(&chunk[..read])?;
        size += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::os_random;

    #[test]
    fn a_version_is_named_by_its_commitment_whichever_way_it_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let files = SnapshotFiles::new(folder.path().join("snapshots"));
        home::private_folder(&folder.path().join("snapshots")).unwrap();
        let salt = RecordSalt::generate(&mut os_random());
        let bytes = vec![5; 3 * CHUNK_BYTES + 7];
        let kept = files.keep(&salt, &bytes).unwrap();
        assert_eq!(kept, Commitment::to(&salt, &bytes));
        assert_eq!(fs::read(files.path(kept)).unwrap(), bytes);
        files.discard(kept).unwrap();

        let source = folder.path().join("large");
        fs::write(&source, &bytes).unwrap();
        let copied = files.keep_file(&salt, &mut File::open(source).unwrap()).unwrap();
        assert_eq!((copied.commitment, copied.size), (kept, bytes.len() as u64));
        assert_eq!(copied.sha256, crate::source::read::sha256(&bytes));
        files.sync().unwrap();
        assert_eq!(files.list().unwrap(), (vec![kept], vec![]));
    }

    #[test]
    fn what_was_cut_short_is_told_from_what_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let files = SnapshotFiles::new(folder.path().to_owned());
        fs::write(folder.path().join("aa.part"), "x").unwrap();
        let (kept, cut_short) = files.list().unwrap();
        assert_eq!((kept.len(), cut_short.len()), (0, 1));
    }
}
