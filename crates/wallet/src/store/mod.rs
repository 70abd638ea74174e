//! The encrypted database beside the vault: everything that was learnt and verified, so that reading works
//! without a node. SQLCipher with a raw key from the vault; a build without SQLCipher refuses to open it.

pub(crate) mod column;
pub(crate) mod copy_states;
pub(crate) mod delegates;
pub(crate) mod disclosures;
pub(crate) mod entries;
pub(crate) mod grants;
pub(crate) mod link;
pub(crate) mod listing;
pub(crate) mod logs;
#[cfg(test)]
mod many_records;
pub(crate) mod network;
pub(crate) mod offers;
pub(crate) mod outbox;
pub(crate) mod preferences;
pub(crate) mod providers;
pub(crate) mod records;
pub(crate) mod relationships;
pub(crate) mod requests;
pub(crate) mod take_overs;
#[cfg(test)]
mod tally;
#[cfg(test)]
mod tests;
pub(crate) mod viewing_keys;

use std::{path::Path, time::Duration};

use sqlx::{
    ConnectOptions as _, Sqlite, SqlitePool, Transaction,
    migrate::Migrator,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use zeroize::Zeroizing;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/wallet");
/// Memory for pages of the database, for each connection.
const CACHE_KIB: u32 = 64 * 1024;
/// SQLITE_NOTADB: what SQLCipher answers to a wrong key.
const NOT_A_DATABASE: &str = "26";

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The key of the vault does not open this file.
    #[error(
        "The wallet's data does not open with this vault: it belongs to another vault or is damaged. \
         Restore from your words into a new wallet."
    )]
    WrongKey,
    /// This build would write it in clear.
    #[error(
        "This build of the program cannot encrypt its data and will not open it. Install the program again."
    )]
    NotEncrypted,
    /// Made by a newer program.
    #[error("The wallet's data was written by a newer program. Install the newest version.")]
    Newer,
    /// The disk, or the file, fails.
    #[error("The wallet's data cannot be read or written: {0}")]
    Database(#[source] sqlx::Error),
    /// What is stored is not what this program stores.
    #[error("The wallet's data is damaged ({0}). Restore from your words into a new wallet.")]
    Damaged(&'static str),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
        if code.as_deref() == Some(NOT_A_DATABASE) { Self::WrongKey } else { Self::Database(error) }
    }
}

/// The connection of a transaction, as the functions of this module take it: they never open one themselves.
pub(crate) type Connection = sqlx::SqliteConnection;

/// The open database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: SqlitePool,
}

impl Store {
    /// Opens or creates the database, and brings it to the newest layout.
    pub async fn open(path: &Path, key: &[u8; 32]) -> Result<Self, StoreError> {
        Self::open_with(path, key, &MIGRATIONS).await
    }

    async fn open_with(path: &Path, key: &[u8; 32], layout: &Migrator) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .pragma("key", raw_key(key).to_string())
            .pragma("temp_store", "MEMORY")
            // Each page that does not stay in memory is decrypted again when it is needed again.
            .pragma("cache_size", format!("-{CACHE_KIB}"))
            .pragma("secure_delete", "ON")
            .pragma("trusted_schema", "OFF")
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
        let store = Self { pool };
        if let Err(error) = store.prepare(layout).await {
            store.close().await;
            return Err(error);
        }
        Ok(store)
    }

    /// Refuses a file that would not be encrypted, and brings it to the newest layout.
    async fn prepare(&self, layout: &Migrator) -> Result<(), StoreError> {
        let cipher: Option<String> =
            sqlx::query_scalar("pragma cipher_version").fetch_optional(&self.pool).await?;
        if cipher.is_none() {
            return Err(StoreError::NotEncrypted);
        }
        layout.run(&self.pool).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::VersionMissing(_) => StoreError::Newer,
            sqlx::migrate::MigrateError::Execute(error) => error.into(),
            _ => StoreError::Damaged("its layout"),
        })
    }

    /// A connection for reading.
    pub(crate) async fn read(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// A connection that sees the database as it is at its first reading, whatever is written meanwhile.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.pool.begin().await?)
    }

    /// Begins a change of several rows; dropped without commit, it never happened.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.pool.begin_with("begin immediate").await?)
    }

    /// True after [`Store::close`].
    pub(crate) fn is_closed(&self) -> bool {
        self.pool.is_closed()
    }

    /// Writes everything out and closes the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// SQLCipher's form of a key that needs no stretching: the vault has done that.
fn raw_key(key: &[u8; 32]) -> Zeroizing<String> {
    let hex = Zeroizing::new(hex::encode(key));
    Zeroizing::new(format!("\"x'{}'\"", hex.as_str()))
}
