//! Every entry of every relationship's log, as the ledger hashes it.

use medrec_protocol::{RelationshipAddress, log::LogEntry};
use sqlx::Row as _;

use super::{Connection, StoreError, column, providers::Names};
use crate::view::{UnreadableEntry, UnreadableReason};

/// Keeps an entry. `entry` is none when even its outer form cannot be read.
pub(crate) async fn insert(
    db: &mut Connection,
    relationship: &str,
    position: u64,
    bytes: &[u8],
    entry: Option<&LogEntry>,
    unreadable: Option<UnreadableReason>,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into entry (relationship, position, height, at, signer, action, bytes, reading) \
         values (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(relationship)
    .bind(column::int(position)?)
    .bind(entry.map(|entry| column::int(entry.height)).transpose()?)
    .bind(entry.map(|entry| column::seconds(entry.time)))
    .bind(entry.map(|entry| entry.signer.to_string()))
    .bind(entry.map(|entry| entry.action.name()))
    .bind(bytes)
    .bind(unreadable.map_or("read", UnreadableReason::as_str))
    .execute(db)
    .await?;
    Ok(())
}

/// An entry, verified when it was kept.
pub(crate) async fn get(
    db: &mut Connection,
    relationship: RelationshipAddress,
    position: u64,
) -> Result<Option<LogEntry>, StoreError> {
    let bytes: Option<Vec<u8>> =
        sqlx::query_scalar("select bytes from entry where relationship = ? and position = ?")
            .bind(relationship.to_string())
            .bind(column::int(position)?)
            .fetch_optional(db)
            .await?;
    let entry = bytes.map(|bytes| LogEntry::decode(&bytes)).transpose();
    entry.map_err(|_| StoreError::Damaged("an entry of a log"))
}

/// How many entries cannot be read.
pub(crate) async fn count_unreadable(db: &mut Connection) -> Result<u64, StoreError> {
    let sql = "select count(*) from entry where reading <> 'read'";
    column::uint(sqlx::query_scalar(sql).fetch_one(db).await?)
}

/// Entries that cannot be read, at most 1,000.
pub(crate) async fn unreadable(
    db: &mut Connection,
    names: &Names,
) -> Result<Vec<UnreadableEntry>, StoreError> {
    let rows = sqlx::query(
        "select r.provider, e.relationship, e.position, e.action, e.at, e.reading from entry e \
         join relationship r on r.address = e.relationship where e.reading <> 'read' \
         order by e.relationship, e.position limit 1000",
    )
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let (provider, relationship): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let reason: String = row.try_get(5)?;
            Ok(UnreadableEntry {
                provider: names.of(column::text(&provider)?),
                relationship: column::text(&relationship)?,
                position: column::uint(row.try_get(2)?)?,
                action: row.try_get(3)?,
                at: row.try_get::<Option<i64>, _>(4)?.map(column::time).transpose()?,
                reason: column::text(&reason)?,
            })
        })
        .collect()
}

/// The newest entries of one action in a relationship, newest first, with their places.
pub(crate) async fn by_action(
    db: &mut Connection,
    relationship: RelationshipAddress,
    action: &str,
    limit: u32,
) -> Result<Vec<(u64, LogEntry)>, StoreError> {
    let rows = sqlx::query(
        "select position, bytes from entry where action = ? and relationship = ? order by position desc limit ?",
    )
    .bind(action)
    .bind(relationship.to_string())
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let entry = LogEntry::decode(&row.try_get::<Vec<u8>, _>(1)?);
            let entry = entry.map_err(|_| StoreError::Damaged("an entry of a log"))?;
            Ok((column::uint(row.try_get(0)?)?, entry))
        })
        .collect()
}

/// All entries of a relationship in order, as the ledger hashes them.
pub(crate) async fn all_bytes(
    db: &mut Connection,
    relationship: RelationshipAddress,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let sql = "select bytes from entry where relationship = ? order by position";
    Ok(sqlx::query_scalar(sql).bind(relationship.to_string()).fetch_all(db).await?)
}
