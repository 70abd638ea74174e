//! Which vault the database belongs to, and how far both are.

use sqlx::Row as _;

use super::{
    Connection, StoreError,
    column::{int, uint},
};

/// What the database knows of its vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// Name of the vault.
    pub file_id: String,
    /// How often the vault had been saved when this was written.
    pub generation: u64,
    /// The ledger is to be looked through for relationships once a network is joined.
    pub look_back: bool,
}

/// The link; none in a new database.
pub(crate) async fn read(db: &mut Connection) -> Result<Option<Link>, StoreError> {
    let row = sqlx::query("select file_id, generation, look_back from vault_link").fetch_optional(db).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Link {
        file_id: row.try_get(0)?,
        generation: uint(row.try_get(1)?)?,
        look_back: row.try_get::<i64, _>(2)? != 0,
    }))
}

/// Writes the link.
pub(crate) async fn write(db: &mut Connection, link: &Link) -> Result<(), StoreError> {
    sqlx::query(
        "insert into vault_link (one, file_id, generation, look_back) values (1, ?, ?, ?) \
         on conflict (one) do update set file_id = excluded.file_id, generation = excluded.generation, \
         look_back = excluded.look_back",
    )
    .bind(&link.file_id)
    .bind(int(link.generation)?)
    .bind(i64::from(link.look_back))
    .execute(db)
    .await?;
    Ok(())
}

/// Writes how far the vault is.
pub(crate) async fn set_generation(db: &mut Connection, generation: u64) -> Result<(), StoreError> {
    sqlx::query("update vault_link set generation = ?").bind(int(generation)?).execute(db).await?;
    Ok(())
}
