//! One-time enrolment codes. Only a hash of each secret is kept.

use medrec_protocol::{Hash32, RelationshipAddress, Timestamp};

use super::{
    Connection,
    column::{fixed, seconds, time},
};
use crate::{error::Result, patient::LocalId};

/// A code as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The patient it was made for.
    pub local_id: LocalId,
    /// Last second in which it can be used first.
    pub expires: Timestamp,
    /// The relationship it was used for.
    pub used_by: Option<RelationshipAddress>,
}

/// Keeps a new code.
pub async fn insert(
    db: &mut Connection,
    secret: Hash32,
    local_id: &LocalId,
    now: Timestamp,
    expires: Timestamp,
) -> Result<()> {
    sqlx::query("insert into enrolment_code (secret_hash, local_id, created, expires) values (?, ?, ?, ?)")
        .bind(secret.as_bytes().as_slice())
        .bind(local_id.as_str())
        .bind(seconds(now)?)
        .bind(seconds(expires)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Finds a code by the hash of its secret.
pub async fn find(db: &mut Connection, secret: Hash32) -> Result<Option<Code>> {
    let row: Option<(String, i64, Option<Vec<u8>>)> =
        sqlx::query_as("select local_id, expires, used_by from enrolment_code where secret_hash = ?")
            .bind(secret.as_bytes().as_slice())
            .fetch_optional(db)
            .await?;
    let Some((local_id, expires, used_by)) = row else { return Ok(None) };
    let used_by = used_by.map(fixed).transpose()?.map(RelationshipAddress::from_bytes);
    Ok(Some(Code { local_id: LocalId::stored(local_id)?, expires: time(expires)?, used_by }))
}

/// Uses a code up.
pub async fn mark_used(db: &mut Connection, secret: Hash32, by: RelationshipAddress) -> Result<()> {
    sqlx::query("update enrolment_code set used_by = ? where secret_hash = ?")
        .bind(by.as_bytes().as_slice())
        .bind(secret.as_bytes().as_slice())
        .execute(db)
        .await?;
    Ok(())
}
