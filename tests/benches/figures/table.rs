//! A table like those in which wallet and gatekeeper keep the entries of logs: SQLite, encrypted whole by SQLCipher,
//! durable when a commit returns.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use medrec_protocol::{RelationshipAddress, codec, log::Frontier};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tempfile::TempDir;

const SCHEMA: [&str; 2] = [
    "create table entry (
        relationship text not null, position integer not null, bytes blob not null,
        primary key (relationship, position)
    ) strict, without rowid",
    "create table log (relationship text primary key, frontier blob not null) strict, without rowid",
];

/// An empty database in a folder that goes away with it.
pub struct Table {
    pool: SqlitePool,
    _folder: TempDir,
}

impl Table {
    pub async fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let pool = open(&folder.path().join("figures.db")).await?;
        for statement in SCHEMA {
            sqlx::query(statement).execute(&pool).await?;
        }
        Ok(Self { pool, _folder: folder })
    }

    /// Keeps the entries from `first` on, and with them the right edge of the log where it was verified, in one
    /// transaction.
    pub async fn keep(
        &self,
        relationship: RelationshipAddress,
        first: u64,
        entries: &[&[u8]],
        verified: Option<&Frontier>,
    ) -> Result<()> {
        let name = relationship.to_string();
        let mut transaction = self.pool.begin().await?;
        for (position, bytes) in (i64::try_from(first)?..).zip(entries) {
            sqlx::query("insert into entry (relationship, position, bytes) values (?, ?, ?)")
                .bind(&name)
                .bind(position)
                .bind(*bytes)
                .execute(&mut *transaction)
                .await?;
        }
        if let Some(frontier) = verified {
            sqlx::query(
                "insert into log (relationship, frontier) values (?, ?)
                 on conflict (relationship) do update set frontier = excluded.frontier",
            )
            .bind(&name)
            .bind(codec::encode(frontier))
            .execute(&mut *transaction)
            .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Closes it; it must hold so many entries.
    pub async fn close(self, expected: u64) -> Result<()> {
        let found: i64 = sqlx::query_scalar("select count(*) from entry").fetch_one(&self.pool).await?;
        self.pool.close().await;
        ensure!(u64::try_from(found)? == expected, "{found} entries were kept, not {expected}");
        Ok(())
    }
}

async fn open(path: &Path) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .pragma("key", format!("\"x'{}'\"", hex::encode([7; 32])))
        .pragma("cipher_memory_security", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("secure_delete", "ON")
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    let cipher: Option<String> = sqlx::query_scalar("pragma cipher_version").fetch_optional(&pool).await?;
    cipher.context("this SQLite does not encrypt")?;
    Ok(pool)
}
