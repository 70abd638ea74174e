//! Files of the provider's folder as they were last read.

use std::collections::BTreeMap;

use medrec_protocol::{RelationshipAddress, Timestamp};
use sqlx::Row as _;

use super::{
    Connection,
    column::{fixed, int, seconds, time, uint},
};
use crate::error::Result;

/// A file as it was last read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFile {
    /// Size in bytes.
    pub size: u64,
    /// Time of its last change, in nanoseconds since 1970.
    pub modified_ns: i64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Since when it is not in the folder any more.
    pub vanished: Option<Timestamp>,
}

/// All files of a relationship, by their paths in the patient's folder.
pub async fn all(db: &mut Connection, of: RelationshipAddress) -> Result<BTreeMap<String, KnownFile>> {
    let rows = sqlx::query(
        "select path, size, modified_ns, sha256, vanished from source_file where relationship = ?",
    )
    .bind(of.as_bytes().as_slice())
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let vanished: Option<i64> = row.try_get("vanished")?;
            let file = KnownFile {
                size: uint(row.try_get("size")?)?,
                modified_ns: row.try_get("modified_ns")?,
                sha256: fixed(row.try_get("sha256")?)?,
                vanished: vanished.map(time).transpose()?,
            };
            Ok((row.try_get("path")?, file))
        })
        .collect()
}

/// Remembers a file as it is now.
pub async fn put(db: &mut Connection, of: RelationshipAddress, path: &str, file: &KnownFile) -> Result<()> {
    let statement = "insert into source_file (relationship, path, size, modified_ns, sha256, vanished)
        values (?, ?, ?, ?, ?, ?) on conflict (relationship, path) do update set
        size = excluded.size, modified_ns = excluded.modified_ns, sha256 = excluded.sha256, vanished = excluded.vanished";
    sqlx::query(statement)
        .bind(of.as_bytes().as_slice())
        .bind(path)
        .bind(int(file.size)?)
        .bind(file.modified_ns)
        .bind(file.sha256.as_slice())
        .bind(file.vanished.map(seconds).transpose()?)
        .execute(db)
        .await?;
    Ok(())
}

/// A file has another name now: its records go with it.
pub async fn rename(db: &mut Connection, of: RelationshipAddress, from: &str, to: &str) -> Result<()> {
    for statement in [
        "update source_file set path = ?3 where relationship = ?1 and path = ?2",
        "update snapshot set path = ?3 where relationship = ?1 and path = ?2",
    ] {
        sqlx::query(statement).bind(of.as_bytes().as_slice()).bind(from).bind(to).execute(&mut *db).await?;
    }
    Ok(())
}
