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
    writer::Writer,
};

/// A copy that is being received. Whole chunks survive a crash; the rest of a chunk is fetched again.
pub struct FileSink {
    key: ChunkKey,
    part: PathBuf,
    whole: PathBuf,
    state: State,
}

enum State {
    /// Nothing is open.
    Closed,
    /// What is there may be read back.
    Begun(Begun),
    /// More is being written.
    Writing(Writer),
}

struct Begun {
    file: File,
    /// Full chunks in the file.
    chunks: u64,
}

impl FileSink {
    pub(super) fn new(key: ChunkKey, part: PathBuf, whole: PathBuf) -> Self {
        Self { key, part, whole, state: State::Closed }
    }

    fn take_up(&mut self, commitment: medrec_protocol::Commitment) -> Result<Option<Beginning>, CopyError> {
        self.state = State::Closed;
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
        let length = chunks * CHUNK_BYTES as u64;
        let beginning = Beginning { header: RecordHeader { commitment, salt, size }, length };
        self.state = State::Begun(Begun { file, chunks });
        Ok(Some(beginning))
    }

    fn start(&mut self, header: &RecordHeader) -> Result<(), CopyError> {
        self.state = State::Closed;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.part)?;
        let sealed = self.key.seal_header(&Header { salt: header.salt, size: header.size })?;
        file.write_all(&[MAGIC.as_slice(), &sealed].concat())?;
        self.state = State::Begun(Begun { file, chunks: 0 });
        Ok(())
    }

    /// The writer, begun behind what is there.
    fn writer(&mut self) -> Result<&mut Writer, CopyError> {
        if let State::Begun(_) = self.state
            && let State::Begun(begun) = std::mem::replace(&mut self.state, State::Closed)
        {
            self.state = State::Writing(Writer::start(self.key.clone(), begun.file, begun.chunks)?);
        }
        match &mut self.state {
            State::Writing(writer) => Ok(writer),
            State::Closed | State::Begun(_) => Err(CopyError::Missing),
        }
    }

    async fn add(&mut self, bytes: &[u8]) -> Result<(), CopyError> {
        let added = self.writer()?.add(bytes).await;
        if added.is_err() {
            self.state = State::Closed;
        }
        added
    }

    async fn complete(&mut self) -> Result<(), CopyError> {
        self.writer()?;
        let State::Writing(writer) = std::mem::replace(&mut self.state, State::Closed) else {
            return Err(CopyError::Missing);
        };
        writer.finish().await?;
        fs::rename(&self.part, &self.whole)?;
        Ok(sync_folder_of(&self.whole)?)
    }

    fn back(&mut self, offset: u64, buffer: &mut [u8]) -> Result<usize, CopyError> {
        let State::Begun(begun) = &mut self.state else { return Err(CopyError::Missing) };
        let chunk = offset / CHUNK_BYTES as u64;
        if chunk >= begun.chunks {
            return Ok(0);
        }
        let mut sealed = vec![0; SEALED_CHUNK_BYTES];
        begun.file.seek(SeekFrom::Start(offset_of(chunk)))?;
        begun.file.read_exact(&mut sealed)?;
        let opened = self.key.open_chunk(chunk, Place::Inner, &sealed)?;
        // Below 64 KiB, so it fits into every usize.
        let within = usize::try_from(offset % CHUNK_BYTES as u64).map_err(|_| CopyError::Damaged)?;
        let rest = opened.get(within..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
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
        self.add(bytes).await.map_err(sink_error)
    }

    async fn finish(&mut self, _: &RecordHeader) -> Result<(), SinkError> {
        self.complete().await.map_err(sink_error)
    }

    async fn abort(&mut self) -> Result<(), SinkError> {
        self.state = State::Closed;
        ignore_missing(fs::remove_file(&self.part)).map_err(SinkError::from)
    }
}
