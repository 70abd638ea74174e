//! Reads a copy back, checking it against its commitment once more on the way.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use medrec_protocol::{Commitment, commitment::CommitmentHasher};

use super::{
    CopyError,
    sealing::{CHUNK_BYTES, ChunkKey, MAGIC, OVERHEAD, Place, SEALED_HEADER_BYTES, full_chunks},
};

/// The chunks of a stored copy, in order. The end comes only if everything is what the commitment says.
pub struct CopyReader {
    key: ChunkKey,
    file: BufReader<File>,
    commitment: Commitment,
    hasher: Option<CommitmentHasher>,
    size: u64,
    next: u64,
}

impl CopyReader {
    pub(super) fn open(key: ChunkKey, path: &Path, commitment: Commitment) -> Result<Self, CopyError> {
        let file = File::open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => CopyError::Missing,
            _ => CopyError::Disk(error),
        })?;
        let mut file = BufReader::with_capacity(CHUNK_BYTES, file);
        let mut start = [0; MAGIC.len() + SEALED_HEADER_BYTES];
        read_exactly(&mut file, &mut start)?;
        if !start.starts_with(MAGIC) {
            return Err(CopyError::Damaged);
        }
        let header = key.open_header(&start[MAGIC.len()..])?;
        let hasher = Some(CommitmentHasher::new(&header.salt));
        Ok(Self { key, file, commitment, hasher, size: header.size, next: 0 })
    }

    /// Bytes of the record.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The next bytes; none at the end.
    pub fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, CopyError> {
        let Some(hasher) = self.hasher.as_mut() else { return Ok(None) };
        let last = self.next == full_chunks(self.size);
        let place = if last { Place::Last } else { Place::Inner };
        let length = if last { self.size % CHUNK_BYTES as u64 } else { CHUNK_BYTES as u64 };
        let length = usize::try_from(length).map_err(|_| CopyError::Damaged)?;
        let mut sealed = vec![0; length + OVERHEAD];
        read_exactly(&mut self.file, &mut sealed)?;
        let chunk = self.key.open_chunk(self.next, place, &sealed)?;
        hasher.update(&chunk);
        self.next += 1;
        if last {
            self.end()?;
        }
        Ok(Some(chunk))
    }

    fn end(&mut self) -> Result<(), CopyError> {
        let found = self.hasher.take().map(CommitmentHasher::finish);
        let more = self.file.read(&mut [0])?;
        if found == Some(self.commitment) && more == 0 { Ok(()) } else { Err(CopyError::Damaged) }
    }

    /// All bytes, at most `limit`.
    pub fn read_all(mut self, limit: u64) -> Result<Vec<u8>, CopyError> {
        if self.size > limit {
            return Err(CopyError::Disk(std::io::Error::other(
                "the record is too large to be shown at once",
            )));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = self.next_chunk()? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

fn read_exactly(file: &mut impl Read, buffer: &mut [u8]) -> Result<(), CopyError> {
    file.read_exact(buffer).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => CopyError::Damaged,
        _ => CopyError::Disk(error),
    })
}
