//! Copies of records: fetched from the provider, verified against the ledger, kept encrypted.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    time::Instant,
};

use medrec_exchange::{
    Signer,
    client::{Asker, CopyOrder, FetchControl},
};
use medrec_protocol::decide::Operation;
use medrec_records::summary_lines;

use super::records::absent;
use crate::{
    Code, Control, Result, Wallet, WalletError,
    copies::{CopyError, CopyReader},
    store::{
        StoreError, copy_states, listing, providers,
        records::{self, Place},
        relationships,
    },
    view::{FetchProgress, FetchedCopy, RecordId, SummaryLine},
};

/// Largest record that is fetched: 16 GiB.
const MAX_RECORD_BYTES: u64 = 16 << 30;
/// Largest copy that is read into memory at once: 256 MiB.
const MAX_READ_BYTES: u64 = 256 << 20;

impl Wallet {
    /// Fetches a copy, verifies it against its commitment while it streams, and keeps it encrypted. Goes on where an
    /// earlier attempt stopped. A copy that does not match is thrown away, and the record says so from then on.
    pub async fn fetch(&self, id: RecordId, control: Control<FetchProgress>) -> Result<FetchedCopy> {
        let began = Instant::now();
        let (place, title) = self.place(id).await?;
        let here = self.copies.has(place.commitment);
        let outcome = if here {
            self.copies.read(place.commitment).map(|copy| copy.size()).map_err(WalletError::from)
        } else {
            self.receive(&place, control).await
        };
        self.note_outcome(&place, &outcome).await?;
        Ok(FetchedCopy {
            id,
            title,
            size: outcome?,
            commitment: place.commitment,
            fetched_now: !here,
            took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        })
    }

    async fn place(&self, id: RecordId) -> Result<(Place, String)> {
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        let place = records::place(&mut read, id).await?.ok_or_else(|| absent(id))?;
        let row = listing::row(&mut read, id, &names).await?.ok_or_else(|| absent(id))?;
        Ok((place, row.title))
    }

    async fn receive(&self, place: &Place, control: Control<FetchProgress>) -> Result<u64> {
        let chain = self.joined().await?.chain();
        let mut read = self.store.read().await?;
        let row = relationships::get(&mut read, place.relationship).await?;
        let row = row.ok_or(StoreError::Damaged("a record without its relationship"))?;
        let provider = providers::get(&mut read, row.provider).await?;
        let provider = provider.ok_or(WalletError::UnknownProvider(row.provider))?;
        drop(read);
        let keys = self.keys(&chain, &row).await?;
        let asker = Asker::patient(Signer::new(keys.signer(), keys.signing().clone()));
        let order = CopyOrder {
            relationship: place.relationship,
            commitment: place.commitment,
            operation: Operation::Copy,
            size: place.readable.then_some(place.size),
            limit: MAX_RECORD_BYTES,
        };
        let client = self.gatekeepers.client(&provider)?;
        let mut sink = self.copies.sink(place.commitment);
        let header = client.fetch_record(&asker, &order, &mut sink, &watched(control)).await?;
        Ok(header.size)
    }

    /// Writes down what the badge rests on. A fetch that only broke changes nothing.
    async fn note_outcome(&self, place: &Place, outcome: &Result<u64>) -> Result<()> {
        let now = self.now();
        let mut tx = self.store.begin().await?;
        match outcome {
            Ok(size) => copy_states::verified(&mut tx, place.row, *size, now).await?,
            Err(error) if error.code() == Code::CopyDoesNotMatch => {
                let found = match error {
                    WalletError::DoesNotMatch { found, .. } => Some(*found),
                    _ => None,
                };
                copy_states::mismatch(&mut tx, place.row, found, now).await?;
            }
            Err(_) => {}
        }
        Ok(tx.commit().await?)
    }

    /// A verified copy, at most 256 MiB. It is checked against its commitment once more.
    pub async fn read_copy(&self, id: RecordId) -> Result<Vec<u8>> {
        self.with_copy(id, |copy| copy.read_all(MAX_READ_BYTES)).await
    }

    /// Writes a verified copy in clear to a file of the person's choice, in place of what is there; gives its size.
    /// The file appears only when it is whole.
    pub async fn export_copy(&self, id: RecordId, path: &Path) -> Result<u64> {
        let path = path.to_owned();
        self.with_copy(id, move |copy| export(copy, &path)).await?
    }

    /// A verified copy made readable, as far as this program understands it.
    pub async fn summary(&self, id: RecordId) -> Result<Vec<SummaryLine>> {
        let bytes = self.read_copy(id).await?;
        let lines = summary_lines(&bytes).into_iter();
        Ok(lines.map(|line| SummaryLine { label: line.label, value: line.value }).collect())
    }

    async fn with_copy<T: Send + 'static>(
        &self,
        id: RecordId,
        work: impl FnOnce(CopyReader) -> Result<T, CopyError> + Send + 'static,
    ) -> Result<T> {
        let (place, _) = self.place(id).await?;
        let copy = self.copies.read(place.commitment);
        let done = match copy {
            Ok(copy) => tokio::task::spawn_blocking(move || work(copy)).await,
            Err(error) => Ok(Err(error)),
        };
        let done = done.map_err(|_| WalletError::Internal("a copy"))?;
        if matches!(done, Err(CopyError::Damaged | CopyError::Missing)) {
            // What is damaged is fetched again.
            self.copies.remove(place.commitment)?;
            let mut tx = self.store.begin().await?;
            copy_states::forget(&mut tx, place.row).await?;
            tx.commit().await?;
        }
        Ok(done?)
    }
}

fn watched(control: Control<FetchProgress>) -> FetchControl {
    let cancel = control.cancel.clone();
    let told = move |progress: medrec_exchange::client::Progress| {
        control.tell(FetchProgress { received: progress.received, size: progress.size });
    };
    FetchControl { cancel, progress: Some(std::sync::Arc::new(told)) }
}

/// The disk of the person's choice may fail in other ways than the wallet's own, so its errors name the path.
fn export(mut copy: CopyReader, path: &Path) -> Result<Result<u64>, CopyError> {
    let fail = |source| WalletError::File { doing: "write", path: path.to_owned(), source };
    let aside = beside(path);
    let mut file = match create(&aside) {
        Ok(file) => file,
        Err(error) => return Ok(Err(fail(error))),
    };
    let mut size = 0;
    let written = loop {
        match copy.next_chunk() {
            Ok(Some(chunk)) => {
                size += chunk.len() as u64;
                if let Err(error) = file.write_all(&chunk) {
                    break Ok(Err(fail(error)));
                }
            }
            Ok(None) => break Ok(file.sync_all().and_then(|()| fs::rename(&aside, path)).map_err(fail)),
            Err(error) => break Err(error),
        }
    };
    if !matches!(written, Ok(Ok(()))) {
        // Nothing in clear stays behind that the person did not ask for.
        let _ = fs::remove_file(&aside);
    }
    written.map(|written| written.map(|()| size))
}

/// Where a file of the person's choice is written before it is whole.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

/// A file that only this user reads, in place of what is there.
pub(super) fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
