//! The gatekeeper's memory: one SQLite file, encrypted whole by SQLCipher.
//!
//! One file for each aggregate. Their functions take the connection of a transaction that the caller
//! opened, so that what must be written together is written together or not at all. Commits are durable
//! (`synchronous = full`) when they return.

pub mod acceptances;
pub mod codes;
mod column;
pub mod deliveries;
pub mod disclosures;
pub mod episodes;
pub mod handles;
pub mod key_handovers;
pub mod logs;
pub mod network;
pub mod nonces;
pub mod notices;
pub mod outbox;
pub mod problems;
pub mod received;
pub mod relationships;
pub mod requests;
pub mod snapshots;
pub mod source_files;

use std::{fmt::Write as _, path::Path, time::Duration};

use sqlx::{
    ConnectOptions, Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use zeroize::Zeroizing;

use crate::error::{GatekeeperError, Result};

/// Connections to the file at the same time.
const CONNECTIONS: u32 = 8;
/// How long a writer waits for another.
const BUSY: Duration = Duration::from_secs(10);

/// A transaction that writes.
pub type Tx = Transaction<'static, Sqlite>;
/// The connection of a transaction, as functions of this module take it.
pub type Connection = sqlx::SqliteConnection;

/// The open database.
#[derive(Clone, Debug)]
pub struct Store {
    pool: SqlitePool,
}

impl Store {
    /// Makes a new database. The file must not exist.
    pub async fn create(path: &Path, key: &[u8; 32]) -> Result<Self> {
        if path.exists() {
            return Err(GatekeeperError::HomeExists(path.to_owned()));
        }
        Self::connect(path, key, true).await
    }

    /// Opens a database and brings it to this program's version.
    pub async fn open(path: &Path, key: &[u8; 32]) -> Result<Self> {
        Self::connect(path, key, false).await
    }

    async fn connect(path: &Path, key: &[u8; 32], create: bool) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(create)
            .pragma("key", raw_key(key).as_str().to_owned())
            .pragma("temp_store", "MEMORY")
            .pragma("secure_delete", "ON")
            .pragma("trusted_schema", "OFF")
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY)
            // Statements are code, but their place in a log is not here.
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?;
        match prepare(&pool).await {
            Ok(()) => Ok(Self { pool }),
            Err(error) => {
                pool.close().await;
                Err(error)
            }
        }
    }

    /// Begins a transaction that may write; it waits for other writers now, not at its first write.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(self.pool.begin_with("begin immediate").await?)
    }

    /// Begins a transaction that only reads: one consistent view, and nobody waits for it.
    pub async fn read(&self) -> Result<Tx> {
        Ok(self.pool.begin().await?)
    }

    /// Closes the file and ends its threads. To be called before the process ends: SQLCipher's library is torn
    /// down at exit, under the hands of threads that still run.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Makes sure that the file is encrypted, and of this program's version.
async fn prepare(pool: &SqlitePool) -> Result<()> {
    // A SQLite without encryption ignores the key in silence; it also has no such pragma.
    let cipher: Option<String> = sqlx::query_scalar("pragma cipher_version").fetch_optional(pool).await?;
    if cipher.is_none() {
        return Err(GatekeeperError::NotEncrypted);
    }
    Ok(sqlx::migrate!("../../migrations/gatekeeper").run(pool).await?)
}

/// SQLCipher's raw form: the key itself, no derivation from a passphrase.
fn raw_key(key: &[u8; 32]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2 * key.len() + 5));
    text.push_str("\"x'");
    for byte in key {
        let written = write!(text, "{byte:02x}");
        debug_assert!(written.is_ok(), "writing to a String does not fail");
    }
    text.push_str("'\"");
    text
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A store in a folder that goes away with it.
    pub(crate) struct TestStore {
        pub(crate) store: Store,
        pub(crate) folder: tempfile::TempDir,
    }

    pub(crate) const KEY: [u8; 32] = [7; 32];

    impl TestStore {
        pub(crate) async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::create(&folder.path().join("gatekeeper.db"), &KEY).await.unwrap();
            Self { store, folder }
        }

        /// What a start after a crash finds.
        pub(crate) async fn reopened(self) -> Self {
            self.store.close().await;
            let store = Store::open(&self.folder.path().join("gatekeeper.db"), &KEY).await.unwrap();
            Self { store, folder: self.folder }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::*, *};

    #[tokio::test]
    async fn the_schema_is_the_one_that_is_pinned() {
        let store = TestStore::new().await;
        let mut read = store.store.read().await.unwrap();
        let query =
            "select sql from sqlite_schema where sql is not null and name not like '_sqlx%' order by name";
        let found: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut *read).await.unwrap();
        let found = format!("{};\n", found.join(";\n\n"));
        let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/schema.sql");
        let expected = std::fs::read_to_string(&pinned).unwrap_or_default();
        if found != expected {
            let at = std::env::temp_dir().join("medrec-gatekeeper-schema.sql");
            std::fs::write(&at, &found).unwrap();
            panic!("the schema changed; compare {} with {}", at.display(), pinned.display());
        }
    }

    /// The first version of the schema, with data in every table that the second one changes.
    #[tokio::test]
    async fn data_of_the_first_version_is_kept_by_the_second() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gatekeeper.db");
        let store = Store::create(&path, &KEY).await.unwrap();
        store.close().await;
        std::fs::remove_file(&path).unwrap();
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .pragma("key", raw_key(&KEY).as_str().to_owned())
            .foreign_keys(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        let mut first = sqlx::migrate!("../../migrations/gatekeeper");
        first.migrations = first.migrations.iter().filter(|one| one.version == 1).cloned().collect();
        first.run(&pool).await.unwrap();
        let data = "
            insert into relationship (address, local_id, owner, possession, state, created)
                values (zeroblob(20), 'amelia', zeroblob(32), zeroblob(64), 'open', 1);
            insert into viewing_key values (zeroblob(20), 0, zeroblob(32));
            insert into outbox values (7, 'disclose', zeroblob(20), zeroblob(32), x'01', 9, 'waiting', 2, 3, 'p', 4);
            insert into disclosure (relationship, commitment, requester, basis, person, at, for_ledger, outbox)
                values (zeroblob(20), zeroblob(32), x'00', x'00', 'Dr. Sato', 5, 1, 7);
            insert into access_request values (zeroblob(16), zeroblob(20), 7, x'00', 6, 5, 'waiting', null);
            insert into pointer values (zeroblob(20), 3, zeroblob(32), 3, 0, x'00', zeroblob(32));
            insert into received values (zeroblob(20), zeroblob(32), zeroblob(20), zeroblob(16), zeroblob(32), 1, '{}', 3,
                x'00', 4, zeroblob(32), 5, 'Dr. Sato', 6);";
        sqlx::raw_sql(data).execute(&pool).await.unwrap();
        pool.close().await;
        let store = Store::open(&path, &KEY).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let waiting = outbox::waiting(&mut tx).await.unwrap();
        assert_eq!((waiting.len(), waiting[0].id, waiting[0].attempts), (1, 7, 2));
        let relationship = relationships::all(&mut tx).await.unwrap().remove(0);
        let (epoch, key) = relationships::key_in_force(&mut tx, relationship.address).await.unwrap();
        assert_eq!((epoch.count(), key.is_some(), relationship.closed), (0, true, None));
        let broken: Vec<String> = sqlx::query_scalar("select \"table\" from pragma_foreign_key_check")
            .fetch_all(&mut *tx)
            .await
            .unwrap();
        assert_eq!(broken, Vec::<String>::new());
        let (emergency, withdrawn): (i64, Option<i64>) =
            sqlx::query_as("select emergency, withdrawn from received, pointer")
                .fetch_one(&mut *tx)
                .await
                .unwrap();
        assert_eq!((emergency, withdrawn), (0, None));
        // The references hold as before.
        assert!(sqlx::query("delete from outbox").execute(&mut *tx).await.is_err());
        assert!(sqlx::query("update disclosure set outbox = 8").execute(&mut *tx).await.is_err());
    }

    #[tokio::test]
    async fn nothing_in_the_file_can_be_read_without_the_key() {
        let store = TestStore::new().await;
        let mut tx = store.store.begin().await.unwrap();
        problems::note(&mut tx, "amelia", "letter.pdf", "a text that stands out", 1).await.unwrap();
        tx.commit().await.unwrap();
        store.store.close().await;
        for name in ["gatekeeper.db", "gatekeeper.db-wal"] {
            let bytes = std::fs::read(store.folder.path().join(name)).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains("stands out") && !text.contains("SQLite format"), "{name}");
        }
    }

    #[tokio::test]
    async fn another_key_does_not_open_the_database_and_harms_nothing() {
        let store = TestStore::new().await;
        store.store.close().await;
        let path = store.folder.path().join("gatekeeper.db");
        let error = Store::open(&path, &[8; 32]).await.unwrap_err();
        assert!(matches!(error, GatekeeperError::DatabaseKey), "{error}");
        assert!(Store::open(&path, &KEY).await.is_ok());
    }

    #[tokio::test]
    async fn what_a_transaction_wrote_is_gone_when_it_is_not_committed() {
        let store = TestStore::new().await;
        let mut tx = store.store.begin().await.unwrap();
        problems::note(&mut tx, "amelia", "a", "b", 1).await.unwrap();
        drop(tx);
        let mut read = store.store.read().await.unwrap();
        assert_eq!(problems::all(&mut read).await.unwrap(), []);
    }
}
