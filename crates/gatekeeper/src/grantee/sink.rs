//! Where a fetched copy is written: aside until it is whole and verified, then under its commitment.

use std::{
    io::SeekFrom,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use medrec_exchange::{
    api::RecordHeader,
    client::{Beginning, CopySink, SinkError},
};
use medrec_protocol::{Commitment, RecordSalt};
use serde::{Deserialize, Serialize};
use tokio::{
    fs::{self, File, OpenOptions},
    io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _},
};

/// A copy on its way into the folder of received copies.
pub(super) struct FileSink {
    path: PathBuf,
    file: Option<File>,
}

/// What came with the bytes, kept beside them so that a fetch can go on after a restart.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    commitment: Commitment,
    salt: RecordSalt,
    size: u64,
}

impl FileSink {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    fn aside(&self) -> PathBuf {
        crate::home::aside(&self.path)
    }

    fn header_file(&self) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".head");
        PathBuf::from(name)
    }

    async fn open(&self, new: bool) -> std::io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).mode(0o600);
        if new {
            options.create(true).truncate(true);
        }
        options.open(self.aside()).await
    }

    async fn found(&self) -> Option<RecordHeader> {
        let text = fs::read(self.header_file()).await.ok()?;
        let kept: Kept = serde_json::from_slice(&text).ok()?;
        Some(RecordHeader { commitment: kept.commitment, salt: kept.salt, size: kept.size })
    }
}

#[async_trait]
impl CopySink for FileSink {
    async fn beginning(&mut self) -> Result<Option<Beginning>, SinkError> {
        let Some(header) = self.found().await else { return Ok(None) };
        let Ok(file) = self.open(false).await else { return Ok(None) };
        let length = file.metadata().await?.len();
        self.file = Some(file);
        Ok(Some(Beginning { header, length }))
    }

    async fn read_back(&mut self, offset: u64, buffer: &mut [u8]) -> Result<usize, SinkError> {
        let Some(file) = &mut self.file else { return Ok(0) };
        file.seek(SeekFrom::Start(offset)).await?;
        Ok(file.read(buffer).await?)
    }

    async fn begin(&mut self, header: &RecordHeader) -> Result<(), SinkError> {
        let kept = Kept { commitment: header.commitment, salt: header.salt, size: header.size };
        let text = serde_json::to_vec(&kept).map_err(std::io::Error::other)?;
        let path = self.header_file();
        crate::home::write_private(&path, &text).map_err(|error| SinkError(Box::new(error)))?;
        self.file = Some(self.open(true).await?);
        Ok(())
    }

    async fn append(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        let file = self.file.as_mut().ok_or_else(|| SinkError("nothing was begun".into()))?;
        file.seek(SeekFrom::End(0)).await?;
        file.write_all(bytes).await?;
        Ok(file.flush().await?)
    }

    async fn finish(&mut self, _: &RecordHeader) -> Result<(), SinkError> {
        // A record of no bytes was begun all the same.
        if let Some(file) = &mut self.file {
            file.flush().await?;
            file.sync_all().await?;
        }
        fs::rename(self.aside(), &self.path).await?;
        crate::home::sync_folder_of(&self.path).map_err(|error| SinkError(Box::new(error)))?;
        remove_if_there(&self.header_file()).await?;
        self.file = None;
        Ok(())
    }

    async fn abort(&mut self) -> Result<(), SinkError> {
        self.file = None;
        remove_if_there(&self.header_file()).await?;
        Ok(remove_if_there(&self.aside()).await?)
    }
}

async fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_copy_goes_on_after_a_restart_and_is_there_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy");
        let (commitment, salt) = (Commitment::from_bytes([1; 32]), RecordSalt::from_bytes([2; 32]));
        let header = RecordHeader { commitment, salt, size: 6 };
        let mut sink = FileSink::new(path.clone());
        assert!(sink.beginning().await.unwrap().is_none());
        sink.begin(&header).await.unwrap();
        sink.append(b"abc").await.unwrap();
        drop(sink);
        assert!(!path.exists());

        let mut sink = FileSink::new(path.clone());
        assert_eq!(sink.beginning().await.unwrap(), Some(Beginning { header, length: 3 }));
        let mut buffer = [0; 8];
        assert_eq!(sink.read_back(1, &mut buffer).await.unwrap(), 2);
        assert_eq!(&buffer[..2], b"bc");
        sink.append(b"def").await.unwrap();
        sink.finish(&header).await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"abcdef");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn what_is_worth_nothing_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (commitment, salt) = (Commitment::from_bytes([1; 32]), RecordSalt::from_bytes([2; 32]));
        let mut sink = FileSink::new(folder.path().join("copy"));
        sink.begin(&RecordHeader { commitment, salt, size: 6 }).await.unwrap();
        sink.append(b"abc").await.unwrap();
        sink.abort().await.unwrap();
        assert!(sink.beginning().await.unwrap().is_none());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
