//! From the provider's folder to pointers on the ledger.
//!
//! A record version is kept (file and row, durable) before its pointer travels. Changed content is a new
//! version that supersedes the old pointer; a file under another name is the same record; a file that is gone
//! stays published, because a pointer is never taken back silently.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use medrec_protocol::{
    Commitment, RecordSalt, RelationshipAddress,
    actions::{Action, PublishRecord},
    codec,
    payload::Payload as _,
    seal::PayloadKind,
    tx::MAX_TX_BYTES,
};
use tokio::task::spawn_blocking;

use crate::{
    config::Source,
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    patient::LocalId,
    random::os_random,
    snapshot_files::SnapshotFiles,
    source::{Content, FileRead, Found, PartRead, ReadProblem, Scan, read, scan},
    store::{
        Connection,
        outbox::{self, Purpose},
        problems, relationships,
        relationships::Relationship,
        snapshots::{self, NewSnapshot},
        source_files::{self, KnownFile},
    },
};

/// A file whose last change is more recent may still be being written.
const SETTLED_AFTER: Duration = Duration::from_secs(1);
/// Pointers in one transaction.
const MAX_POINTERS: u32 = 120;
/// Bytes left for a transaction's signer, nonce, dates and signature.
const TX_OVERHEAD_BYTES: usize = 512;
/// Publishing transactions of one relationship that are on their way at the same time.
const MAX_ON_THE_WAY: u64 = 8;

/// What one look at the folder brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// New record versions that were kept.
    pub versions: usize,
    /// Files that could not be read.
    pub problems: usize,
}

/// What is known of a patient's folder before a file is looked at.
struct Folder<'a> {
    relationship: &'a Relationship,
    source: &'a Source,
    known: std::collections::BTreeMap<String, KnownFile>,
    /// Paths that are there now.
    present: BTreeSet<String>,
}

impl Gatekeeper {
    /// Looks at the folders of all open relationships and keeps what is new.
    pub async fn take_in_folders(&self) -> Result<Taken> {
        let Some(source) = self.config.source.clone() else { return Ok(Taken::default()) };
        let mut read = self.store.read().await?;
        let all = relationships::all(&mut read).await?;
        drop(read);
        let mut taken = Taken::default();
        for relationship in all.iter().filter(|relationship| relationship.is_in_use()) {
            let one = self.take_in_folder(relationship, &source).await?;
            taken.versions += one.versions;
            taken.problems += one.problems;
        }
        Ok(taken)
    }

    async fn take_in_folder(&self, relationship: &Relationship, source: &Source) -> Result<Taken> {
        let (folder, patient, limit) =
            (source.folder.clone(), relationship.local_id.clone(), source.max_record_bytes);
        let Scan { files, mut problems } = blocking(move || Ok(scan::scan(&folder, &patient, limit))).await?;
        let mut read = self.store.read().await?;
        let known = source_files::all(&mut read, relationship.address).await?;
        drop(read);
        let present = files.iter().map(|found| found.path.clone()).collect();
        let folder = Folder { relationship, source, known, present };
        let mut taken = Taken::default();
        for found in files.iter().filter(|found| self.is_new(&folder, found)) {
            match self.take_in_file(&folder, found).await? {
                Ok(versions) => taken.versions += versions,
                Err(ReadProblem::Changing) => {}
                Err(problem) => problems.push((found.path.clone(), problem.to_string())),
            }
        }
        self.note_rest(&folder, &problems).await?;
        taken.problems = problems.len();
        if taken.versions > 0 {
            tracing::info!(relationship = %relationship.address, versions = taken.versions, "new record versions were kept");
            self.outbox_bell.notify_one();
        }
        Ok(taken)
    }

    /// True when a file is not what was read last, and is not being written at this moment.
    fn is_new(&self, folder: &Folder<'_>, found: &Found) -> bool {
        let same = folder.known.get(&found.path).is_some_and(|known| {
            known.vanished.is_none() && (known.size, known.modified_ns) == (found.size, found.modified_ns)
        });
        let now = i128::from(self.clock.now().seconds()) * 1_000_000_000;
        let age = now - i128::from(found.modified_ns);
        !same && age.unsigned_abs() >= SETTLED_AFTER.as_nanos()
    }

    /// Keeps what is new in one file. Says how many versions, or why it cannot be read now.
    async fn take_in_file(&self, folder: &Folder<'_>, found: &Found) -> Result<Result<usize, ReadProblem>> {
        let (root, patient, file) =
            (folder.source.folder.clone(), folder.relationship.local_id.clone(), found.clone());
        let done = match blocking(move || Ok(read::read(&root, &patient, &file))).await? {
            Ok(done) => done,
            Err(problem) => return Ok(Err(problem)),
        };
        let moved_from = folder.moved_from(found, &done);
        let address = folder.relationship.address;
        let mut made = Vec::new();
        let unchanged = folder.known.get(&found.path).is_some_and(|known| known.sha256 == done.sha256);
        if !unchanged && moved_from.is_none() {
            made = match self.make_snapshots(folder, found, &done).await? {
                Ok(made) => made,
                Err(problem) => return Ok(Err(problem)),
            };
        }
        let mut tx = self.store.begin().await?;
        if let Some(from) = moved_from {
            source_files::rename(&mut tx, address, &from, &found.path).await?;
        }
        for new in &made {
            snapshots::insert(&mut tx, address, new, self.clock.now()).await?;
        }
        let file = KnownFile {
            size: found.size,
            modified_ns: found.modified_ns,
            sha256: done.sha256,
            vanished: None,
        };
        source_files::put(&mut tx, address, &found.path, &file).await?;
        tx.commit().await?;
        Ok(Ok(made.len()))
    }

    /// Writes the files of what is new; rows follow when all are durable.
    async fn make_snapshots(
        &self,
        folder: &Folder<'_>,
        found: &Found,
        done: &FileRead,
    ) -> Result<Result<Vec<NewSnapshot>, ReadProblem>> {
        let made = match &done.content {
            Content::Parts(parts) => self.make_small(folder, found, parts).await?,
            Content::Large(description) => {
                let Some(supersedes) = self.newer_than(folder, found, "", done.sha256).await? else {
                    return Ok(Ok(Vec::new()));
                };
                let (files, root) = (self.files.clone(), folder.source.folder.clone());
                let (patient, file) = (folder.relationship.local_id.clone(), found.clone());
                let (sha256, description) = (done.sha256, description.clone());
                let made = blocking(move || copy_large(&files, root, &patient, &file, sha256)).await?;
                match made {
                    Ok((salt, commitment)) => vec![NewSnapshot {
                        commitment,
                        salt,
                        path: found.path.clone(),
                        part: String::new(),
                        sha256,
                        size: found.size,
                        description,
                        supersedes: supersedes.0,
                    }],
                    Err(problem) => return Ok(Err(problem)),
                }
            }
        };
        if !made.is_empty() {
            let files = self.files.clone();
            blocking(move || files.sync()).await?;
        }
        Ok(Ok(made))
    }

    async fn make_small(
        &self,
        folder: &Folder<'_>,
        found: &Found,
        parts: &[PartRead],
    ) -> Result<Vec<NewSnapshot>> {
        let mut made = Vec::new();
        for part in parts {
            let Some(supersedes) = self.newer_than(folder, found, &part.part, part.sha256).await? else {
                continue;
            };
            let salt = RecordSalt::generate(&mut os_random());
            let (files, bytes) = (self.files.clone(), part.bytes.clone());
            let commitment = blocking(move || files.keep(&salt, &bytes)).await?;
            made.push(NewSnapshot {
                commitment,
                salt,
                path: found.path.clone(),
                part: part.part.clone(),
                sha256: part.sha256,
                size: part.bytes.len() as u64,
                description: part.description.clone(),
                supersedes: supersedes.0,
            });
        }
        Ok(made)
    }

    /// What a part's new bytes replace; none when they are not new.
    async fn newer_than(
        &self,
        folder: &Folder<'_>,
        found: &Found,
        part: &str,
        sha256: [u8; 32],
    ) -> Result<Option<Supersedes>> {
        let mut read = self.store.read().await?;
        let latest = snapshots::latest(&mut read, folder.relationship.address, &found.path, part).await?;
        Ok(match latest {
            Some(latest) if latest.sha256 == sha256 => None,
            latest => Some(Supersedes(latest.map(|latest| latest.id))),
        })
    }

    /// Notes files that are gone and what could not be read.
    async fn note_rest(&self, folder: &Folder<'_>, problems: &[(String, String)]) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let address = folder.relationship.address;
        // A file that was renamed has its row under the new name already.
        for (path, known) in source_files::all(&mut tx, address).await? {
            // A file that cannot be read, or whose folder cannot, is not gone.
            let unread = problems.iter().any(|(other, _)| path.starts_with(other.as_str()));
            if known.vanished.is_none() && !folder.present.contains(&path) && !unread {
                let gone = KnownFile { vanished: Some(self.clock.now()), ..known };
                source_files::put(&mut tx, address, &path, &gone).await?;
            }
        }
        let now = i64::try_from(self.clock.now().seconds()).unwrap_or(i64::MAX);
        problems::replace(&mut tx, folder.relationship.local_id.as_str(), problems, now).await?;
        Ok(tx.commit().await?)
    }

    /// Puts kept versions into transactions. Returns how many transactions were made.
    pub async fn queue_pointers(&self) -> Result<usize> {
        let mut tx = self.store.begin().await?;
        let mut made = 0;
        for relationship in relationships::all(&mut tx).await? {
            if !relationship.is_in_use() {
                continue;
            }
            while outbox::count_waiting(&mut tx, relationship.address, Purpose::Publish).await?
                < MAX_ON_THE_WAY
                && self.queue_some(&mut tx, relationship.address).await?
            {
                made += 1;
            }
        }
        tx.commit().await?;
        Ok(made)
    }

    /// One transaction of pointers; false when there is nothing to publish now.
    async fn queue_some(&self, db: &mut Connection, relationship: RelationshipAddress) -> Result<bool> {
        let waiting = snapshots::unpublished(db, relationship, MAX_POINTERS).await?;
        if waiting.is_empty() {
            return Ok(false);
        }
        let (epoch, key) = relationships::key_in_force(db, relationship).await?;
        // What cannot be sealed now waits for the patient's next key.
        let Some(key) = key else { return Ok(false) };
        let (mut actions, mut taken, mut bytes) = (Vec::new(), Vec::new(), TX_OVERHEAD_BYTES);
        for version in &waiting {
            let context = self.context(relationship, self.address.into(), PayloadKind::Record);
            let description = version
                .description
                .seal(&key, epoch, context, &mut os_random())
                .map_err(|_| GatekeeperError::Damaged("a description that is too long"))?;
            let (commitment, supersedes) = (version.commitment, version.supersedes);
            let action: Action = PublishRecord { relationship, commitment, supersedes, description }.into();
            bytes += codec::encode(&action).len();
            if bytes > MAX_TX_BYTES {
                break;
            }
            actions.push(action);
            taken.push(version.id);
        }
        let row = self.queue(db, Purpose::Publish, relationship, actions).await?;
        for id in taken {
            snapshots::set_outbox(db, id, row).await?;
        }
        Ok(true)
    }

    /// Removes files of record versions that were written when the program was stopped before their rows.
    pub async fn sweep_snapshots(&self) -> Result<usize> {
        let files = self.files.clone();
        let (kept, cut_short) = blocking(move || files.list()).await?;
        let mut removed = cut_short.len();
        for path in cut_short {
            std::fs::remove_file(&path).map_err(GatekeeperError::file("cannot remove", &path))?;
        }
        let mut read = self.store.read().await?;
        for commitment in kept {
            if !snapshots::is_kept(&mut read, commitment).await? {
                self.files.discard(commitment)?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// The version that a new one replaces, if there is one.
struct Supersedes(Option<i64>);

impl Folder<'_> {
    /// The name under which these very bytes were read before, if no file of that name is there any more.
    fn moved_from(&self, found: &Found, done: &FileRead) -> Option<String> {
        if self.known.contains_key(&found.path) {
            return None;
        }
        let gone = |path: &str| !self.present.contains(path);
        let same = self.known.iter().find(|(path, known)| known.sha256 == done.sha256 && gone(path));
        same.map(|(path, _)| path.clone())
    }
}

fn copy_large(
    files: &SnapshotFiles,
    root: PathBuf,
    patient: &LocalId,
    found: &Found,
    sha256: [u8; 32],
) -> Result<Result<(RecordSalt, Commitment), ReadProblem>> {
    let mut file = match read::open(&root, patient, found) {
        Ok(file) => file,
        Err(problem) => return Ok(Err(problem)),
    };
    let salt = RecordSalt::generate(&mut os_random());
    let copied = files.keep_file(&salt, &mut file)?;
    if copied.sha256 != sha256 || copied.size != found.size {
        files.discard(copied.commitment)?;
        return Ok(Err(ReadProblem::Changing));
    }
    Ok(Ok((salt, copied.commitment)))
}

/// Runs work on files where it holds up nobody.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(GatekeeperError::Damaged("work on files that was cut short")),
    }
}

/// Keeps publishing until `stop`.
pub async fn work(gatekeeper: Arc<Gatekeeper>, stop: tokio_util::sync::CancellationToken) {
    let pause = gatekeeper.config.source.as_ref().map_or(60, |source| source.scan_seconds);
    loop {
        if let Err(error) = gatekeeper.take_in_folders().await {
            tracing::error!(%error, "the folder could not be taken in; it is tried again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = gatekeeper.publish_bell.notified() => {}
            () = tokio::time::sleep(Duration::from_secs(pause)) => {}
        }
    }
}
