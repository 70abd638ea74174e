//! Signed transactions until their effect is proved. The bytes are kept before they are sent for the first time.

use medrec_protocol::{RelationshipAddress, SignedTx, Timestamp, tx::TxId};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{Connection, StoreError, column};
use crate::view::{PendingPurpose, PendingState};

/// A signed transaction.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// Its id.
    pub id: TxId,
    /// In whose log its effect will stand.
    pub relationship: RelationshipAddress,
    /// What it is for.
    pub purpose: PendingPurpose,
    /// The transaction.
    pub tx: SignedTx,
    /// How far it is.
    pub state: PendingState,
    /// Why it was refused, or what was last in the way.
    pub reason: Option<String>,
    /// When it was signed.
    pub created_at: Timestamp,
}

/// Keeps a transaction.
pub(crate) async fn insert(
    db: &mut Connection,
    tx: &SignedTx,
    relationship: RelationshipAddress,
    purpose: PendingPurpose,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into outbox (tx_id, relationship, purpose, bytes, valid_until, state, created_at) \
         values (?, ?, ?, ?, ?, 'waiting', ?)",
    )
    .bind(tx.id().to_string())
    .bind(relationship.to_string())
    .bind(purpose.as_str())
    .bind(tx.encode())
    .bind(column::seconds(tx.body.valid_until))
    .bind(column::seconds(now))
    .execute(db)
    .await?;
    Ok(())
}

const COLUMNS: &str = "select tx_id, relationship, purpose, bytes, state, reason, created_at from outbox";

/// All transactions, in the order in which they are sent.
pub(crate) async fn all(db: &mut Connection) -> Result<Vec<Waiting>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} order by id"));
    sqlx::query(sql).fetch_all(db).await?.iter().map(read).collect()
}

/// One transaction.
pub(crate) async fn get(db: &mut Connection, id: TxId) -> Result<Option<Waiting>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} where tx_id = ?"));
    let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(db).await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &SqliteRow) -> Result<Waiting, StoreError> {
    let (id, relationship, purpose): (String, String, String) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let (bytes, state): (Vec<u8>, String) = (row.try_get(3)?, row.try_get(4)?);
    Ok(Waiting {
        id: column::text(&id)?,
        relationship: column::text(&relationship)?,
        purpose: column::text(&purpose)?,
        tx: SignedTx::decode(&bytes).map_err(|_| StoreError::Damaged("a signed transaction"))?,
        state: column::text(&state)?,
        reason: row.try_get(5)?,
        created_at: column::time(row.try_get(6)?)?,
    })
}

/// Writes how far a transaction is.
pub(crate) async fn set_state(
    db: &mut Connection,
    id: TxId,
    state: PendingState,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    sqlx::query("update outbox set state = ?, reason = ? where tx_id = ?")
        .bind(state.as_str())
        .bind(reason)
        .bind(id.to_string())
        .execute(db)
        .await?;
    Ok(())
}

/// Its effect is proved, or the person has let it go.
pub(crate) async fn remove(db: &mut Connection, id: TxId) -> Result<(), StoreError> {
    sqlx::query("delete from outbox where tx_id = ?").bind(id.to_string()).execute(db).await?;
    Ok(())
}
