//! What became of copies.

use medrec_protocol::{Commitment, Timestamp};

use super::{Connection, StoreError, column};

/// Writes that a verified copy is here.
pub(crate) async fn verified(
    db: &mut Connection,
    record: i64,
    size: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    put(db, record, "verified", size, None, now).await
}

/// Writes that what came was not what the ledger says.
pub(crate) async fn mismatch(
    db: &mut Connection,
    record: i64,
    found: Option<Commitment>,
    now: Timestamp,
) -> Result<(), StoreError> {
    put(db, record, "mismatch", 0, found.map(|found| found.to_string()), now).await
}

async fn put(
    db: &mut Connection,
    record: i64,
    state: &str,
    size: u64,
    found: Option<String>,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into copy (record, state, size, found, checked_at) values (?, ?, ?, ?, ?) \
         on conflict (record) do update set state = excluded.state, size = excluded.size, found = excluded.found, \
         checked_at = excluded.checked_at",
    )
    .bind(record)
    .bind(state)
    .bind(column::int(size)?)
    .bind(found)
    .bind(column::seconds(now))
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets that a copy is here: its file is damaged or gone.
pub(crate) async fn forget(db: &mut Connection, record: i64) -> Result<(), StoreError> {
    sqlx::query("delete from copy where record = ?").bind(record).execute(db).await?;
    Ok(())
}
