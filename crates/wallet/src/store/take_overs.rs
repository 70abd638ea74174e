//! Keys that are to own accounts which this wallet did not open.

use medrec_protocol::Timestamp;

use super::{Connection, StoreError, column};

/// Key indexes that wait for an account.
pub(crate) async fn waiting(db: &mut Connection) -> Result<Vec<u32>, StoreError> {
    let sql = "select key_index from take_over where key_index not in (select key_index from relationship)";
    let found: Vec<i64> = sqlx::query_scalar(sql).fetch_all(db).await?;
    let index = |index: i64| u32::try_from(index).map_err(|_| StoreError::Damaged("a key index"));
    found.into_iter().map(index).collect()
}

/// Keeps a key index that waits for an account.
pub(crate) async fn insert(db: &mut Connection, index: u32, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "insert into take_over (key_index, created_at) values (?, ?) on conflict (key_index) do nothing",
    )
    .bind(i64::from(index))
    .bind(column::seconds(at))
    .execute(db)
    .await?;
    Ok(())
}
