//! Grants under which a publisher said that there is something new, until it is fetched. At most one row for each
//! grant that this provider holds.

use medrec_protocol::{
    ProviderAddress, RelationshipAddress, Timestamp, payload::GrantHandle, state::GrantId,
};
use sqlx::Row as _;

use super::{
    Connection,
    column::{fixed, seconds, time},
};
use crate::error::Result;

/// Something to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Under which grant.
    pub handle: GrantHandle,
    /// Notices that came so far.
    pub notices: u32,
    /// Fetches that failed.
    pub attempts: u32,
}

/// Notes that there is something under a grant; it is due at once.
pub async fn note(db: &mut Connection, handle: &GrantHandle) -> Result<()> {
    let statement = "insert into delivery (relationship, grant_id, publisher) values (?, ?, ?)
        on conflict do update set notices = notices + 1, attempts = 0, next_attempt = 0";
    sqlx::query(statement)
        .bind(handle.relationship.as_bytes().as_slice())
        .bind(handle.grant.as_bytes().as_slice())
        .bind(handle.publisher.as_bytes().as_slice())
        .execute(db)
        .await?;
    Ok(())
}

/// What is due, longest waiting first.
pub async fn due(db: &mut Connection, now: Timestamp, limit: u32) -> Result<Vec<Delivery>> {
    let statement = "select relationship, grant_id, publisher, handle.not_after, notices, attempts
        from delivery join handle using (relationship, grant_id, publisher)
        where next_attempt <= ? order by next_attempt, relationship limit ?";
    let rows = sqlx::query(statement).bind(seconds(now)?).bind(i64::from(limit)).fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            let handle = GrantHandle {
                relationship: RelationshipAddress::from_bytes(fixed(row.try_get("relationship")?)?),
                publisher: ProviderAddress::from_bytes(fixed(row.try_get("publisher")?)?),
                grant: GrantId::from_bytes(fixed(row.try_get("grant_id")?)?),
                not_after: time(row.try_get("not_after")?)?,
            };
            Ok(Delivery { handle, notices: row.try_get("notices")?, attempts: row.try_get("attempts")? })
        })
        .collect()
}

/// All was fetched: forgets it, unless another notice came meanwhile.
pub async fn done(db: &mut Connection, delivery: &Delivery) -> Result<()> {
    let statement =
        "delete from delivery where relationship = ? and grant_id = ? and publisher = ? and notices = ?";
    sqlx::query(statement)
        .bind(delivery.handle.relationship.as_bytes().as_slice())
        .bind(delivery.handle.grant.as_bytes().as_slice())
        .bind(delivery.handle.publisher.as_bytes().as_slice())
        .bind(delivery.notices)
        .execute(db)
        .await?;
    Ok(())
}

/// It failed; says when it is tried again.
pub async fn put_off(db: &mut Connection, delivery: &Delivery, next: Timestamp) -> Result<()> {
    let statement = "update delivery set attempts = attempts + 1, next_attempt = ?
        where relationship = ? and grant_id = ? and publisher = ?";
    sqlx::query(statement)
        .bind(seconds(next)?)
        .bind(delivery.handle.relationship.as_bytes().as_slice())
        .bind(delivery.handle.grant.as_bytes().as_slice())
        .bind(delivery.handle.publisher.as_bytes().as_slice())
        .execute(db)
        .await?;
    Ok(())
}
