//! The person's relationships with providers.

use medrec_protocol::{
    ProviderAddress, RelationshipAddress, Timestamp,
    state::{RelationshipLeaf, decode_leaf, encode_leaf},
};
use medrec_vault::RelationshipIndex;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{Connection, StoreError, column};
use crate::view::RelationshipState;

/// A relationship.
#[derive(Clone, Debug)]
pub(crate) struct Relationship {
    /// Its address.
    pub address: RelationshipAddress,
    /// Its provider: the only publisher.
    pub provider: ProviderAddress,
    /// Which keys of the key tree are its own.
    pub index: RelationshipIndex,
    /// How far it is.
    pub state: RelationshipState,
    /// The enrolment code, while enrolling.
    pub code: Option<String>,
    /// Newest proved leaf.
    pub leaf: Option<RelationshipLeaf>,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
}

impl Relationship {
    /// On the ledger, and not closed by the patient.
    pub fn is_open(&self) -> bool {
        self.state == RelationshipState::Open && self.closed_at().is_none()
    }

    /// When the patient closed it for good.
    pub fn closed_at(&self) -> Option<Timestamp> {
        self.leaf.as_ref().and_then(|leaf| leaf.closed)
    }
}

const COLUMNS: &str = "select address, provider, key_index, state, code, leaf, opened_at from relationship";

fn read(row: &SqliteRow) -> Result<Relationship, StoreError> {
    let (address, provider): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    let (index, state): (i64, String) = (row.try_get(2)?, row.try_get(3)?);
    let index = u32::try_from(index).ok().and_then(|index| RelationshipIndex::new(index).ok());
    let leaf: Option<Vec<u8>> = row.try_get(5)?;
    let leaf = leaf.map(|bytes| decode_leaf(&bytes)).transpose();
    Ok(Relationship {
        address: column::text(&address)?,
        provider: column::text(&provider)?,
        index: index.ok_or(StoreError::Damaged("a key index"))?,
        state: column::text(&state)?,
        code: row.try_get(4)?,
        leaf: leaf.map_err(|_| StoreError::Damaged("a relationship"))?,
        opened_at: row.try_get::<Option<i64>, _>(6)?.map(column::time).transpose()?,
    })
}

/// All relationships, in the order of their keys.
pub(crate) async fn all(db: &mut Connection) -> Result<Vec<Relationship>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} order by key_index"));
    sqlx::query(sql).fetch_all(db).await?.iter().map(read).collect()
}

/// One relationship.
pub(crate) async fn get(
    db: &mut Connection,
    address: RelationshipAddress,
) -> Result<Option<Relationship>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} where address = ?"));
    let row = sqlx::query(sql).bind(address.to_string()).fetch_optional(db).await?;
    row.as_ref().map(read).transpose()
}

/// Keeps a relationship before anything about it leaves this computer.
pub(crate) async fn insert(db: &mut Connection, relationship: &Relationship) -> Result<(), StoreError> {
    sqlx::query(
        "insert into relationship (address, provider, key_index, state, code) values (?, ?, ?, ?, ?) \
         on conflict (address) do nothing",
    )
    .bind(relationship.address.to_string())
    .bind(relationship.provider.to_string())
    .bind(i64::from(relationship.index.get()))
    .bind(relationship.state.as_str())
    .bind(&relationship.code)
    .execute(db)
    .await?;
    Ok(())
}

/// Writes the newest proved leaf: the relationship is open.
pub(crate) async fn set_leaf(
    db: &mut Connection,
    address: RelationshipAddress,
    leaf: &RelationshipLeaf,
) -> Result<(), StoreError> {
    sqlx::query(
        "update relationship set leaf = ?, opened_at = ?, state = 'open', code = null where address = ?",
    )
    .bind(encode_leaf(leaf))
    .bind(column::seconds(leaf.opened))
    .bind(address.to_string())
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets an enrolment that the provider refused. Its keys are never used again.
pub(crate) async fn forget_enrolling(
    db: &mut Connection,
    address: RelationshipAddress,
) -> Result<(), StoreError> {
    sqlx::query("delete from relationship where address = ? and state = 'enrolling'")
        .bind(address.to_string())
        .execute(db)
        .await?;
    Ok(())
}
