//! Receives a copy into its encrypted file, and takes up where an earlier attempt stopped.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

use async_trait::async_trait;
use medrec_exchange::{
    api::RecordHeader,
    client::{Beginning, CopySink, SinkError},
};

use super::{
    CopyError, ignore_missing,
    sealing::{
        CHUNK_BYTES, ChunkKey, Header, MAGIC, Place, SEALED_CHUNK_BYTES, SEALED_HEADER_BYTES, full_chunks,
        offset_of,
    },
    sync_folder_of,
};

/// A copy that is being received. Whole chunks survive a crash; the rest of a chunk is fetched again.
pub struct FileSink {
    key: ChunkKey,
    part: PathBuf,
    whole: PathBuf,
    open: Option<Open>,
}

struct Open {
    file: File,
    /// Full chunks in the file.
    chunks: u64,
    /// Bytes after them, not yet a full chunk.
    tail: Vec<u8>,
}

impl Open {
    fn length(&self) -> u64 {
        self.chunks * CHUNK_BYTES as u64 + self.tail.len() as u64
    }
}

impl FileSink {
    pub(super) fn new(key: ChunkKey, part: PathBuf, whole: PathBuf) -> Self {
        Self { key, part, whole, open: None }
    }

    fn take_up(&mut self, commitment: medrec_protocol::Commitment) -> Result<Option<Beginning>, CopyError> {
        let mut file = match OpenOptions::new().read(true).write(true).open(&self.part) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut start = [0; MAGIC.len() + SEALED_HEADER_BYTES];
        if file.read_exact(&mut start).is_err() || !start.starts_with(MAGIC) {
            return Ok(None);
        }
        let Ok(Header { salt, size }) = self.key.open_header(&start[MAGIC.len()..]) else { return Ok(None) };
        let body = file.metadata()?.len().saturating_sub(offset_of(0));
        let chunks = (body / SEALED_CHUNK_BYTES as u64).min(full_chunks(size));
        file.set_len(offset_of(chunks))?;
        let open = Open { file, chunks, tail: Vec::new() };
        let beginning = Beginning { header: RecordHeader { commitment, salt, size }, length: open.length() };
        self.open = Some(open);
        Ok(Some(beginning))
    }

    fn start(&mut self, header: &RecordHeader) -> Result<(), CopyError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.part)?;
        let sealed = self.key.seal_header(&Header { salt: header.salt, size: header.size })?;
        file.write_all(&[MAGIC.as_slice(), &sealed].concat())?;
        self.open = Some(Open { file, chunks: 0, tail: Vec::with_capacity(CHUNK_BYTES) });
        Ok(())
    }

    fn add(&mut self, mut bytes: &[u8]) -> Result<(), CopyError> {
        let open = self.open.as_mut().ok_or(CopyError::Missing)?;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK_BYTES - open.tail.len()));
            open.tail.extend_from_slice(now);
            bytes = later;
            if open.tail.len() == CHUNK_BYTES {
                write_chunk(&self.key, open, Place::Inner)?;
            }
        }
        Ok(())
    }

    fn complete(&mut self) -> Result<(), CopyError> {
        let mut open = self.open.take().ok_or(CopyError::Missing)?;
        write_chunk(&self.key, &mut open, Place::Last)?;
        open.file.sync_all()?;
        drop(open);
        fs::rename(&self.part, &self.whole)?;
        Ok(sync_folder_of(&self.whole)?)
    }

    fn back(&mut self, offset: u64, buffer: &mut [u8]) -> Result<usize, CopyError> {
        let open = self.open.as_mut().ok_or(CopyError::Missing)?;
        let chunk = offset / CHUNK_BYTES as u64;
        let opened;
        let bytes = if chunk < open.chunks {
            let mut sealed = vec![0; SEALED_CHUNK_BYTES];
            open.file.seek(SeekFrom::Start(offset_of(chunk)))?;
            open.file.read_exact(&mut sealed)?;
            opened = self.key.open_chunk(chunk, Place::Inner, &sealed)?;
            opened.as_slice()
        } else {
            open.tail.as_slice()
        };
        // Below 64 KiB, so it fits into every usize.
        let within = usize::try_from(offset % CHUNK_BYTES as u64).map_err(|_| CopyError::Damaged)?;
        let rest = bytes.get(within..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

/// Writes the tail as the next chunk. If the disk fails, the tail is kept and the place is written again.
fn write_chunk(key: &ChunkKey, open: &mut Open, place: Place) -> Result<(), CopyError> {
    let sealed = key.seal_chunk(open.chunks, place, &open.tail)?;
    open.file.seek(SeekFrom::Start(offset_of(open.chunks)))?;
    open.file.write_all(&sealed)?;
    open.tail.clear();
    open.chunks += 1;
    Ok(())
}

fn sink_error(error: CopyError) -> SinkError {
    SinkError(Box::new(error))
}

#[async_trait]
impl CopySink for FileSink {
    async fn beginning(&mut self) -> Result<Option<Beginning>, SinkError> {
        let name = self.part.file_stem().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
        let Some(commitment) = name else { return Ok(None) };
        self.take_up(commitment).map_err(sink_error)
    }

    async fn read_back(&mut self, offset: u64, buffer: &mut [u8]) -> Result<usize, SinkError> {
        // A chunk that does not open ends the beginning: the rest is fetched anew.
        match self.back(offset, buffer) {
            Err(CopyError::Damaged) => Ok(0),
            other => other.map_err(sink_error),
        }
    }

    async fn begin(&mut self, header: &RecordHeader) -> Result<(), SinkError> {
        self.start(header).map_err(sink_error)
    }

    async fn append(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.add(bytes).map_err(sink_error)
    }

    async fn finish(&mut self, _: &RecordHeader) -> Result<(), SinkError> {
        self.complete().map_err(sink_error)
    }

    async fn abort(&mut self) -> Result<(), SinkError> {
        self.open = None;
        ignore_missing(fs::remove_file(&self.part)).map_err(SinkError::from)
    }
}
