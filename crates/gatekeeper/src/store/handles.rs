//! Grants given to this provider, as it needs them to fetch.

use medrec_protocol::{
    ProviderAddress, RelationshipAddress, Timestamp, payload::GrantHandle, state::GrantId,
};
use sqlx::Row as _;

use super::{
    Connection,
    column::{fixed, seconds, time, uint},
};
use crate::error::{GatekeeperError, Result};

/// How a grant became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// In the answer to a request.
    Answer,
    /// By a share code.
    ShareCode,
}

impl Origin {
    fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::ShareCode => "share code",
        }
    }
}

/// A grant that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle {
    /// Relationship, publisher, id and date.
    pub grant: GrantHandle,
    /// How it became known.
    pub origin: Origin,
    /// The patient, when the answer came on an own relationship.
    pub local_id: Option<String>,
    /// Copies fetched from the relationship so far.
    pub fetched: u64,
}

/// Keeps a grant; says false when it was known. An id that was given again has its newest date.
pub async fn insert(
    db: &mut Connection,
    grant: &GrantHandle,
    origin: Origin,
    local_id: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let statement =
        "insert into handle (grant_id, relationship, publisher, not_after, origin, local_id, received)
        values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing";
    let inserted = sqlx::query(statement)
        .bind(grant.grant.as_bytes().as_slice())
        .bind(grant.relationship.as_bytes().as_slice())
        .bind(grant.publisher.as_bytes().as_slice())
        .bind(seconds(grant.not_after)?)
        .bind(origin.as_str())
        .bind(local_id)
        .bind(seconds(now)?)
        .execute(&mut *db)
        .await?;
    if inserted.rows_affected() == 1 {
        return Ok(true);
    }
    sqlx::query("update handle set not_after = ? where relationship = ? and grant_id = ? and publisher = ?")
        .bind(seconds(grant.not_after)?)
        .bind(grant.relationship.as_bytes().as_slice())
        .bind(grant.grant.as_bytes().as_slice())
        .bind(grant.publisher.as_bytes().as_slice())
        .execute(db)
        .await?;
    Ok(false)
}

/// A grant that is held from this publisher.
pub async fn find(
    db: &mut Connection,
    relationship: RelationshipAddress,
    grant: GrantId,
    publisher: ProviderAddress,
) -> Result<Option<GrantHandle>> {
    let statement = "select not_after from handle where relationship = ? and grant_id = ? and publisher = ?";
    let not_after: Option<i64> = sqlx::query_scalar(statement)
        .bind(relationship.as_bytes().as_slice())
        .bind(grant.as_bytes().as_slice())
        .bind(publisher.as_bytes().as_slice())
        .fetch_optional(db)
        .await?;
    let handle = |not_after| Ok(GrantHandle { relationship, publisher, grant, not_after: time(not_after)? });
    not_after.map(handle).transpose()
}

/// All grants, newest first.
pub async fn all(db: &mut Connection) -> Result<Vec<Handle>> {
    let statement = "select grant_id, relationship, publisher, not_after, origin, local_id,
        (select count(*) from received where received.relationship = handle.relationship) as fetched
        from handle order by received desc, grant_id";
    let rows = sqlx::query(statement).fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            let origin = match row.try_get("origin")? {
                "answer" => Origin::Answer,
                "share code" => Origin::ShareCode,
                _ => return Err(GatekeeperError::Damaged("the origin of a grant")),
            };
            let grant = GrantHandle {
                relationship: RelationshipAddress::from_bytes(fixed(row.try_get("relationship")?)?),
                publisher: ProviderAddress::from_bytes(fixed(row.try_get("publisher")?)?),
                grant: GrantId::from_bytes(fixed(row.try_get("grant_id")?)?),
                not_after: time(row.try_get("not_after")?)?,
            };
            let local_id = row.try_get("local_id")?;
            Ok(Handle { grant, origin, local_id, fetched: uint(row.try_get("fetched")?)? })
        })
        .collect()
}
