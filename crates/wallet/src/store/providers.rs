//! The ledger's directory of providers.

use std::collections::BTreeMap;

use medrec_protocol::{
    ProviderAddress, codec,
    state::{Provider, Standing},
};
use medrec_records::fold;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{Connection, StoreError, column};
use crate::view::{ProviderName, ProviderStanding};

/// Names of providers by address. A provider whose directory entry is not there is named by its address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(BTreeMap<ProviderAddress, ProviderName>);

impl Names {
    /// The name of a provider.
    pub fn of(&self, address: ProviderAddress) -> ProviderName {
        self.0.get(&address).cloned().unwrap_or_else(|| ProviderName {
            address,
            name: address.to_string(),
            place: String::new(),
        })
    }
}

/// Writes a provider's entry; true when it was not there before.
pub(crate) async fn put(
    db: &mut Connection,
    address: ProviderAddress,
    provider: &Provider,
) -> Result<bool, StoreError> {
    let address = address.to_string();
    let known: Option<i64> = sqlx::query_scalar("select 1 from provider where address = ?")
        .bind(&address)
        .fetch_optional(&mut *db)
        .await?;
    sqlx::query(
        "insert into provider (address, name, place, endpoint, folded, entry) values (?, ?, ?, ?, ?, ?) \
         on conflict (address) do update set name = excluded.name, place = excluded.place, \
         endpoint = excluded.endpoint, folded = excluded.folded, entry = excluded.entry",
    )
    .bind(&address)
    .bind(provider.name.as_str())
    .bind(provider.place.as_str())
    .bind(provider.endpoint.as_str())
    .bind(fold(&format!("{} {}", provider.name, provider.place)))
    .bind(codec::encode(provider))
    .execute(db)
    .await?;
    Ok(known.is_none())
}

/// Writes what a provider may still do.
pub(crate) async fn set_standing(
    db: &mut Connection,
    address: ProviderAddress,
    standing: Standing,
) -> Result<(), StoreError> {
    let standing: ProviderStanding = standing.into();
    sqlx::query("update provider set standing = ? where address = ?")
        .bind(standing.as_str())
        .bind(address.to_string())
        .execute(db)
        .await?;
    Ok(())
}

/// Writes whether a provider gives emergency care.
pub(crate) async fn set_emergency(
    db: &mut Connection,
    address: ProviderAddress,
    emergency: bool,
) -> Result<(), StoreError> {
    sqlx::query("update provider set emergency = ? where address = ?")
        .bind(i64::from(emergency))
        .bind(address.to_string())
        .execute(db)
        .await?;
    Ok(())
}

/// What a provider may still do; none when it is not in the directory.
pub(crate) async fn standing(
    db: &mut Connection,
    address: ProviderAddress,
) -> Result<Option<ProviderStanding>, StoreError> {
    let standing: Option<String> = sqlx::query_scalar("select standing from provider where address = ?")
        .bind(address.to_string())
        .fetch_optional(db)
        .await?;
    standing.map(|standing| column::text(&standing)).transpose()
}

/// A provider's entry.
pub(crate) async fn get(
    db: &mut Connection,
    address: ProviderAddress,
) -> Result<Option<Provider>, StoreError> {
    let bytes: Option<Vec<u8>> = sqlx::query_scalar("select entry from provider where address = ?")
        .bind(address.to_string())
        .fetch_optional(db)
        .await?;
    bytes.map(|bytes| column::decoded(&bytes)).transpose()
}

/// A provider in the list.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    /// How it is named.
    pub name: ProviderName,
    /// Web address of its gatekeeper.
    pub endpoint: String,
    /// Name and place, folded.
    pub folded: String,
    /// What it may still do.
    pub standing: ProviderStanding,
    /// Does it give emergency care?
    pub emergency: bool,
}

/// All providers by name.
pub(crate) async fn all(db: &mut Connection) -> Result<Vec<Listed>, StoreError> {
    let rows =
        sqlx::query("select address, name, place, endpoint, folded, standing, emergency from provider order by folded, address")
            .fetch_all(db)
            .await?;
    rows.iter()
        .map(|row| {
            Ok(Listed {
                name: name(row)?,
                endpoint: row.try_get(3)?,
                folded: row.try_get(4)?,
                standing: column::text(&row.try_get::<String, _>(5)?)?,
                emergency: row.try_get::<i64, _>(6)? != 0,
            })
        })
        .collect()
}

/// Names of all providers.
pub(crate) async fn names(db: &mut Connection) -> Result<Names, StoreError> {
    let rows = sqlx::query("select address, name, place from provider").fetch_all(db).await?;
    let names = rows.iter().map(|row| name(row).map(|name| (name.address, name)));
    Ok(Names(names.collect::<Result<_, StoreError>>()?))
}

fn name(row: &SqliteRow) -> Result<ProviderName, StoreError> {
    let address: String = row.try_get(0)?;
    Ok(ProviderName { address: column::text(&address)?, name: row.try_get(1)?, place: row.try_get(2)? })
}
