//! What could not be read or published, for the provider's people to look at.

use sqlx::Row as _;

use super::Connection;
use crate::error::Result;

/// A problem with one file.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The patient.
    pub patient: String,
    /// The file, relative to the patient's folder.
    pub path: String,
    /// What is wrong and what to do.
    pub what: String,
}

/// Notes a problem; the same one keeps its first time.
pub async fn note(db: &mut Connection, local_id: &str, path: &str, what: &str, now: i64) -> Result<()> {
    let statement = "insert into problem (local_id, path, what, since) values (?, ?, ?, ?)
        on conflict (local_id, path) do update set what = excluded.what";
    sqlx::query(statement).bind(local_id).bind(path).bind(what).bind(now).execute(db).await?;
    Ok(())
}

/// A patient's files have exactly these problems now.
pub async fn replace(
    db: &mut Connection,
    local_id: &str,
    problems: &[(String, String)],
    now: i64,
) -> Result<()> {
    let known: Vec<String> = sqlx::query_scalar("select path from problem where local_id = ?")
        .bind(local_id)
        .fetch_all(&mut *db)
        .await?;
    for path in known.iter().filter(|path| problems.iter().all(|(other, _)| other != *path)) {
        sqlx::query("delete from problem where local_id = ? and path = ?")
            .bind(local_id)
            .bind(path)
            .execute(&mut *db)
            .await?;
    }
    for (path, what) in problems {
        note(db, local_id, path, what, now).await?;
    }
    Ok(())
}

/// All problems.
pub async fn all(db: &mut Connection) -> Result<Vec<Problem>> {
    let rows =
        sqlx::query("select local_id, path, what from problem order by local_id, path").fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            Ok(Problem {
                patient: row.try_get("local_id")?,
                path: row.try_get("path")?,
                what: row.try_get("what")?,
            })
        })
        .collect()
}
