//! Viewing keys that were proved or handed over.

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
            let key = Zeroizing::new(row.try_get::<Vec<u8>, _>(1)?);
            let key: [u8; VIEWING_KEY_BYTES] =
                key.as_slice().try_into().map_err(|_| StoreError::Damaged("a viewing key"))?;
            let epoch = u32::try_from(row.try_get::<i64, _>(0)?);
            let epoch = epoch.map_err(|_| StoreError::Damaged("a viewing key"))?;
            Ok((Epoch::new(epoch), ViewingKey::from_bytes(key)))
        })
        .collect()
}

/// Keeps a viewing key.
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
    .execute(db)
    .await?;
    Ok(())
}
