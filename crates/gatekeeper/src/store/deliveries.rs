//! Grants under which a publisher said that there is something new, until it is fetched. At most one row for each
//! grant that this provider holds.

use medrec_protocol::{Timestamp, payload::GrantHandle};

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
    let rows: Vec<(Vec<u8>, Vec<u8>, Vec<u8>, i64, u32, u32)> =
        sqlx::query_as(statement).bind(seconds(now)?).bind(i64::from(limit)).fetch_all(db).await?;
    rows.into_iter()
        .map(|(relationship, grant, publisher, not_after, notices, attempts)| {
            let handle = GrantHandle {
                relationship: medrec_protocol::RelationshipAddress::from_bytes(fixed(relationship)?),
                publisher: medrec_protocol::ProviderAddress::from_bytes(fixed(publisher)?),
                grant: medrec_protocol::state::GrantId::from_bytes(fixed(grant)?),
                not_after: time(not_after)?,
            };
            Ok(Delivery { handle, notices, attempts })
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
