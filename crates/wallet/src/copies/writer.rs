//! Encrypts and writes a copy on a thread of its own, while the next bytes are received and hashed.

use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    thread::JoinHandle,
};

use tokio::sync::{mpsc, oneshot};

use super::{
    CopyError,
    sealing::{Chunk, ChunkKey, Place, offset_of},
};

/// Chunks that wait to be written at most: what a copy needs of memory, whatever its size.
const WAITING: usize = 16;

/// The end of a file that grows.
pub(super) struct Writer {
    /// Not yet a full chunk.
    tail: Chunk,
    chunks: Option<mpsc::Sender<(Place, Chunk)>>,
    outcome: Option<oneshot::Receiver<Result<(), CopyError>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Goes on behind so many chunks.
    pub(super) fn start(key: ChunkKey, file: File, chunks: u64) -> Result<Self, CopyError> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let (told, outcome) = oneshot::channel();
        let work = move || {
            // Nobody listens any more when the copy was given up.
            let _ = told.send(write(&key, file, chunks, receiver));
        };
        let thread = std::thread::Builder::new().name("copy".to_owned()).spawn(work)?;
        let (chunks, outcome, thread) = (Some(sender), Some(outcome), Some(thread));
        Ok(Self { tail: Chunk::default(), chunks, outcome, thread })
    }

    /// Adds bytes; waits while too many are on the way. An error may concern bytes that were added before.
    pub(super) async fn add(&mut self, mut bytes: &[u8]) -> Result<(), CopyError> {
        while !bytes.is_empty() {
            bytes = self.tail.fill(bytes);
            if self.tail.is_full() {
                self.hand_on(Place::Inner).await?;
            }
        }
        Ok(())
    }

    /// Writes the last chunk; everything is durable when this returns.
    pub(super) async fn finish(mut self) -> Result<(), CopyError> {
        self.hand_on(Place::Last).await?;
        self.chunks = None;
        self.outcome().await
    }

    async fn hand_on(&mut self, place: Place) -> Result<(), CopyError> {
        let chunk = std::mem::take(&mut self.tail);
        let Some(chunks) = &self.chunks else { return Err(CopyError::Missing) };
        if chunks.send((place, chunk)).await.is_err() {
            self.outcome().await?;
            // It ends early with an error only; whatever it says, this chunk was not written.
            return Err(CopyError::Missing);
        }
        Ok(())
    }

    /// What the thread says at its end.
    async fn outcome(&mut self) -> Result<(), CopyError> {
        let told = self.outcome.take().ok_or(CopyError::Missing)?.await;
        told.unwrap_or_else(|_| Err(std::io::Error::other("the thread that writes it ended").into()))
    }
}

impl Drop for Writer {
    /// Nothing is written to the file after this: somebody else may take it up.
    fn drop(&mut self) {
        self.chunks = None;
        if let Some(thread) = self.thread.take() {
            // A panic there was told as an error.
            let _ = thread.join();
        }
    }
}

fn write(
    key: &ChunkKey,
    mut file: File,
    first: u64,
    mut chunks: mpsc::Receiver<(Place, Chunk)>,
) -> Result<(), CopyError> {
    file.seek(SeekFrom::Start(offset_of(first)))?;
    let mut index = first;
    while let Some((place, chunk)) = chunks.blocking_recv() {
        file.write_all(&key.seal_chunk(index, place, chunk)?)?;
        index += 1;
        if place == Place::Last {
            file.sync_all()?;
        }
    }
    Ok(())
}
