//! Where a copy goes while it is received.

use async_trait::async_trait;

use crate::api::RecordHeader;

/// The copy cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

impl From<std::io::Error> for SinkError {
    fn from(error: std::io::Error) -> Self {
        Self(Box::new(error))
    }
}

/// The beginning of a copy that is there from an earlier attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// What [`CopySink::begin`] was given.
    pub header: RecordHeader,
    /// Bytes that can be read back.
    pub length: u64,
}

/// Takes one copy, encrypting it at rest as the caller wishes. Nothing that it holds is verified before
/// [`CopySink::finish`]; until then nobody else may see it.
#[async_trait]
pub trait CopySink: Send + Sync {
    /// The beginning that is there, if any.
    async fn beginning(&mut self) -> Result<Option<Beginning>, SinkError>;

    /// Reads bytes of the beginning back, from `offset` on; returns how many, 0 only at the end.
    async fn read_back(&mut self, offset: u64, buffer: &mut [u8]) -> Result<usize, SinkError>;

    /// Starts a new copy, empty; remembers the header for [`CopySink::beginning`].
    async fn begin(&mut self, header: &RecordHeader) -> Result<(), SinkError>;

    /// Adds the next bytes. After an error the sink still knows how many bytes it holds.
    async fn append(&mut self, bytes: &[u8]) -> Result<(), SinkError>;

    /// The copy is whole and is what the commitment says: keep it.
    async fn finish(&mut self, header: &RecordHeader) -> Result<(), SinkError>;

    /// What was received is worth nothing: forget it, so that [`CopySink::beginning`] gives none.
    async fn abort(&mut self) -> Result<(), SinkError>;
}

/// Keeps a copy in memory.
#[derive(Clone, Debug, Default)]
pub struct MemorySink {
    header: Option<RecordHeader>,
    bytes: Vec<u8>,
    finished: bool,
}

impl MemorySink {
    /// The copy, once it is whole and verified.
    pub fn copy(&self) -> Option<&[u8]> {
        self.finished.then_some(self.bytes.as_slice())
    }
}

#[async_trait]
impl CopySink for MemorySink {
    async fn beginning(&mut self) -> Result<Option<Beginning>, SinkError> {
        Ok(self.header.map(|header| Beginning { header, length: self.bytes.len() as u64 }))
    }

    async fn read_back(&mut self, offset: u64, buffer: &mut [u8]) -> Result<usize, SinkError> {
        let rest =
            usize::try_from(offset).ok().and_then(|offset| self.bytes.get(offset..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    async fn begin(&mut self, header: &RecordHeader) -> Result<(), SinkError> {
        *self = Self { header: Some(*header), ..Self::default() };
        Ok(())
    }

    async fn append(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    async fn finish(&mut self, _: &RecordHeader) -> Result<(), SinkError> {
        self.finished = true;
        Ok(())
    }

    async fn abort(&mut self) -> Result<(), SinkError> {
        *self = Self::default();
        Ok(())
    }
}
