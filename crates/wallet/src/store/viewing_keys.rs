//! Viewing keys: those that were proved or handed over, and those that were made here and are not proved yet.

use std::collections::BTreeMap;

use medrec_protocol::{Epoch, RelationshipAddress, ViewingKey, seal::VIEWING_KEY_BYTES};
use sqlx::Row as _;
use zeroize::Zeroizing;

use super::{Connection, StoreError, column};

/// All viewing keys of a relationship.
pub(crate) async fn all(
    db: &mut Connection,
    relationship: RelationshipAddress,
) -> Result<BTreeMap<Epoch, ViewingKey>, StoreError> {
    let rows = sqlx::query("select epoch, key from viewing_key where relationship = ?")
        .bind(relationship.to_string())
        .fetch_all(db)
        .await?;
    rows.iter()
        .map(|row| {
            let epoch = u32::try_from(row.try_get::<i64, _>(0)?);
            let epoch = epoch.map_err(|_| StoreError::Damaged("a viewing key"))?;
            Ok((Epoch::new(epoch), read(row.try_get(1)?)?))
        })
        .collect()
}

fn read(bytes: Vec<u8>) -> Result<ViewingKey, StoreError> {
    let bytes = Zeroizing::new(bytes);
    let key: [u8; VIEWING_KEY_BYTES] =
        bytes.as_slice().try_into().map_err(|_| StoreError::Damaged("a viewing key"))?;
    Ok(ViewingKey::from_bytes(key))
}

/// Keeps a viewing key that was proved or handed over. Keys that were made here for its epoch, or one before it, go.
pub(crate) async fn put(
    db: &mut Connection,
    relationship: RelationshipAddress,
    epoch: Epoch,
    key: &ViewingKey,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into viewing_key (relationship, epoch, key) values (?, ?, ?) \
         on conflict (relationship, epoch) do update set key = excluded.key",
    )
    .bind(relationship.to_string())
    .bind(column::int(u64::from(epoch.count()))?)
    .bind(key.expose().as_slice())
    .execute(&mut *db)
    .await?;
    sqlx::query("delete from made_key where relationship = ? and epoch <= ?")
        .bind(relationship.to_string())
        .bind(column::int(u64::from(epoch.count()))?)
        .execute(db)
        .await?;
    Ok(())
}

/// Keeps a viewing key that is about to be sent, until a key of its epoch is proved.
pub(crate) async fn put_made(
    db: &mut Connection,
    relationship: RelationshipAddress,
    epoch: Epoch,
    key: &ViewingKey,
) -> Result<(), StoreError> {
    sqlx::query("insert into made_key (relationship, epoch, key) values (?, ?, ?) on conflict do nothing")
        .bind(relationship.to_string())
        .bind(column::int(u64::from(epoch.count()))?)
        .bind(key.expose().as_slice())
        .execute(db)
        .await?;
    Ok(())
}

/// Keys that were made here for an epoch.
pub(crate) async fn made(
    db: &mut Connection,
    relationship: RelationshipAddress,
    epoch: Epoch,
) -> Result<Vec<ViewingKey>, StoreError> {
    let rows: Vec<Vec<u8>> =
        sqlx::query_scalar("select key from made_key where relationship = ? and epoch = ?")
            .bind(relationship.to_string())
            .bind(column::int(u64::from(epoch.count()))?)
            .fetch_all(db)
            .await?;
    rows.into_iter().map(read).collect()
}
