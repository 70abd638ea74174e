//! One redb file holds everything: state, tree, logs, blocks. Each block is one durable write transaction:
//! after a crash at any moment the file is as it was after some block, whole.

mod prune;
mod snapshot;
mod tables;
mod write;

use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt, path::Path};

use medrec_ledger::{Changes, TreeHead};
use medrec_protocol::Timestamp;
use redb::{Database, ReadableDatabase, ReadableTable};

pub use snapshot::Snapshot;
pub use write::Step;

use crate::{NodeError, error::database};

/// Tree versions that stay provable behind the newest one. A block that changes the state makes one or two, so this is at
/// least half as many heights.
pub const PROVABLE_VERSIONS: u64 = 2000;
/// Layout of the file; another layout is refused.
const LAYOUT: u64 = 1;

/// Where the committed state stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Height of the last block; 0 after genesis.
    pub height: u64,
    /// Time of that block, or of genesis.
    pub time: Timestamp,
}

/// The database of a node.
pub struct Store {
    database: Database,
    provable_versions: u64,
}

impl Store {
    /// Opens the file, or makes it. A file that was open when the process or machine died is repaired first.
    pub fn open(path: &Path) -> Result<Self, NodeError> {
        Self::open_keeping(path, PROVABLE_VERSIONS)
    }

    /// As [`Store::open`], with another number of provable versions.
    pub fn open_keeping(path: &Path, provable_versions: u64) -> Result<Self, NodeError> {
        // Made first, so that nobody but its owner can read it.
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
        file.map_err(|source| NodeError::File { path: path.into(), source })?;
        let database = Database::create(path).map_err(database)?;
        let store = Self { database, provable_versions };
        store.prepare()?;
        Ok(store)
    }

    /// A consistent view of the committed state. Blocks that are committed later do not show in it.
    pub fn snapshot(&self) -> Result<Snapshot, NodeError> {
        Snapshot::open(self.database.begin_read().map_err(database)?, self.provable_versions)
    }

    /// Writes one block, whole or not at all. It is on disk when this returns.
    pub fn commit(&self, step: &Step<'_>) -> Result<(), NodeError> {
        let mut transaction = self.database.begin_write().map_err(database)?;
        transaction.set_quick_repair(true);
        write::write(&transaction, step)?;
        let newest = step.changes.head.version;
        prune::prune(&transaction, prune::oldest_provable(newest, self.provable_versions))?;
        transaction.commit().map_err(database)
    }

    /// Forgets what only versions of the tree before `oldest` need. Happens with every block as well.
    pub fn prune(&self, oldest: u64) -> Result<(), NodeError> {
        let mut transaction = self.database.begin_write().map_err(database)?;
        transaction.set_quick_repair(true);
        prune::prune(&transaction, oldest)?;
        transaction.commit().map_err(database)
    }

    /// Empties a storage in which no state stands: what a restore left behind that did not come to its end.
    pub fn clear_unfinished(&self) -> Result<(), NodeError> {
        if self.snapshot()?.position()?.is_some() {
            return Err(NodeError::Damaged("a state was to be cleared that stands"));
        }
        let transaction = self.database.begin_write().map_err(database)?;
        tables::clear_all(&transaction)?;
        transaction.commit().map_err(database)
    }

    /// Writes a piece of a snapshot. No state stands until [`Self::finish_restore`].
    pub fn write_piece(&self, changes: &Changes) -> Result<(), NodeError> {
        let mut transaction = self.database.begin_write().map_err(database)?;
        transaction.set_quick_repair(true);
        write::write_piece(&transaction, changes)?;
        prune::prune(&transaction, changes.head.version)?;
        transaction.commit().map_err(database)
    }

    /// The pieces that were written are the state at this height.
    pub fn finish_restore(&self, position: Position, head: TreeHead) -> Result<(), NodeError> {
        let mut transaction = self.database.begin_write().map_err(database)?;
        transaction.set_quick_repair(true);
        write::write_restored(&transaction, position, head)?;
        transaction.commit().map_err(database)
    }

    fn prepare(&self) -> Result<(), NodeError> {
        let mut transaction = self.database.begin_write().map_err(database)?;
        transaction.set_quick_repair(true);
        tables::create_all(&transaction)?;
        {
            let mut meta = transaction.open_table(tables::META).map_err(database)?;
            let found = meta.get(tables::META_LAYOUT).map_err(database)?.map(|value| value.value().to_vec());
            match found {
                None => {
                    meta.insert(tables::META_LAYOUT, LAYOUT.to_be_bytes().as_slice()).map_err(database)?;
                }
                Some(bytes) => {
                    let found = tables::number(&bytes)?;
                    if found != LAYOUT {
                        return Err(NodeError::Layout { found, expected: LAYOUT });
                    }
                }
            }
        }
        transaction.commit().map_err(database)
    }
}
