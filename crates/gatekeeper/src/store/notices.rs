//! Records that grantees with a grant in mode push are told of, until they have fetched them.

use medrec_protocol::{
    Address, ProviderAddress, RelationshipAddress, Timestamp, codec, payload::Basis, state::GrantId,
};
use sqlx::Row as _;

use super::{
    Connection,
    column::{fixed, int, seconds, uint},
};
use crate::error::Result;

/// A grant in mode push. An id can be given again, so its entry belongs to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PushGrant {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// The grant.
    pub grant: GrantId,
    /// Place of its entry in the log.
    pub entry: u64,
}

/// A grantee that is to be told of something now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The grant.
    pub push: PushGrant,
    /// Whom to tell.
    pub grantee: ProviderAddress,
    /// Times that it was told of, or was to be told of, the oldest of them.
    pub attempts: u32,
    /// Places of the records.
    pub records: Vec<u64>,
}

/// Up to where the log was looked through for this grant; none when it is new.
pub async fn told_to(db: &mut Connection, push: &PushGrant) -> Result<Option<u64>> {
    let statement = "select told_to from push where relationship = ? and grant_id = ? and entry = ?";
    let found: Option<i64> = sqlx::query_scalar(statement)
        .bind(push.relationship.as_bytes().as_slice())
        .bind(push.grant.as_bytes().as_slice())
        .bind(int(push.entry)?)
        .fetch_optional(db)
        .await?;
    found.map(uint).transpose()
}

/// Says up to where the log was looked through.
pub async fn set_told_to(db: &mut Connection, push: &PushGrant, index: u64) -> Result<()> {
    let statement = "insert into push (relationship, grant_id, entry, told_to) values (?, ?, ?, ?)
        on conflict (relationship, grant_id, entry) do update set told_to = excluded.told_to";
    sqlx::query(statement)
        .bind(push.relationship.as_bytes().as_slice())
        .bind(push.grant.as_bytes().as_slice())
        .bind(int(push.entry)?)
        .bind(int(index)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Queues a record.
pub async fn insert(
    db: &mut Connection,
    push: &PushGrant,
    index: u64,
    grantee: ProviderAddress,
) -> Result<()> {
    let statement = "insert into notice (relationship, grant_id, entry, idx, grantee) values (?, ?, ?, ?, ?)
        on conflict do nothing";
    sqlx::query(statement)
        .bind(push.relationship.as_bytes().as_slice())
        .bind(push.grant.as_bytes().as_slice())
        .bind(int(push.entry)?)
        .bind(int(index)?)
        .bind(grantee.as_bytes().as_slice())
        .execute(db)
        .await?;
    Ok(())
}

/// Grants of a relationship of which something is queued.
pub async fn queued_grants(db: &mut Connection, of: RelationshipAddress) -> Result<Vec<PushGrant>> {
    let rows: Vec<(Vec<u8>, i64)> =
        sqlx::query_as("select distinct grant_id, entry from notice where relationship = ?")
            .bind(of.as_bytes().as_slice())
            .fetch_all(db)
            .await?;
    let push = |(grant, entry)| {
        Ok(PushGrant { relationship: of, grant: GrantId::from_bytes(fixed(grant)?), entry: uint(entry)? })
    };
    rows.into_iter().map(push).collect()
}

/// Forgets what is queued for a grant that holds no more.
pub async fn forget(db: &mut Connection, push: &PushGrant) -> Result<()> {
    sqlx::query("delete from notice where relationship = ? and grant_id = ? and entry = ?")
        .bind(push.relationship.as_bytes().as_slice())
        .bind(push.grant.as_bytes().as_slice())
        .bind(int(push.entry)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Up to `limit` grants of which something is due, each with at most `records` records.
pub async fn due(db: &mut Connection, now: Timestamp, limit: u32, records: u32) -> Result<Vec<Due>> {
    let statement = "select relationship, grant_id, entry, grantee, max(attempts) as attempts from notice
        where next_attempt <= ? group by relationship, grant_id, entry, grantee
        order by min(next_attempt) limit ?";
    let rows = sqlx::query(statement).bind(seconds(now)?).bind(i64::from(limit)).fetch_all(&mut *db).await?;
    let mut all = Vec::new();
    for row in rows {
        let push = PushGrant {
            relationship: RelationshipAddress::from_bytes(fixed(row.try_get("relationship")?)?),
            grant: GrantId::from_bytes(fixed(row.try_get("grant_id")?)?),
            entry: uint(row.try_get("entry")?)?,
        };
        let grantee = ProviderAddress::from_bytes(fixed(row.try_get("grantee")?)?);
        let records = due_of(db, &push, now, records).await?;
        all.push(Due { push, grantee, attempts: row.try_get("attempts")?, records });
    }
    Ok(all)
}

async fn due_of(db: &mut Connection, push: &PushGrant, now: Timestamp, limit: u32) -> Result<Vec<u64>> {
    let statement = "select idx from notice where relationship = ? and grant_id = ? and entry = ?
        and next_attempt <= ? order by idx limit ?";
    let places: Vec<i64> = sqlx::query_scalar(statement)
        .bind(push.relationship.as_bytes().as_slice())
        .bind(push.grant.as_bytes().as_slice())
        .bind(int(push.entry)?)
        .bind(seconds(now)?)
        .bind(i64::from(limit))
        .fetch_all(db)
        .await?;
    places.into_iter().map(uint).collect()
}

/// Forgets what the grantee has fetched under the grant.
pub async fn forget_fetched(db: &mut Connection, push: &PushGrant, grantee: ProviderAddress) -> Result<()> {
    let statement = "delete from notice where relationship = ?1 and grant_id = ?2 and entry = ?3
        and exists (select 1 from pointer join disclosure using (relationship, commitment)
            where pointer.relationship = ?1 and pointer.idx = notice.idx
              and disclosure.requester = ?4 and disclosure.basis = ?5)";
    sqlx::query(statement)
        .bind(push.relationship.as_bytes().as_slice())
        .bind(push.grant.as_bytes().as_slice())
        .bind(int(push.entry)?)
        .bind(codec::encode(&Address::Provider(grantee)))
        .bind(codec::encode(&Basis::Grant(push.grant)))
        .execute(db)
        .await?;
    Ok(())
}

/// Notes an attempt; beyond `most` attempts a record is told of no more.
pub async fn note_attempt(
    db: &mut Connection,
    due: &Due,
    index: u64,
    next: Timestamp,
    most: u32,
) -> Result<()> {
    let statement = "update notice set attempts = attempts + 1, next_attempt = ?
        where relationship = ? and grant_id = ? and entry = ? and idx = ?";
    sqlx::query(statement)
        .bind(seconds(next)?)
        .bind(due.push.relationship.as_bytes().as_slice())
        .bind(due.push.grant.as_bytes().as_slice())
        .bind(int(due.push.entry)?)
        .bind(int(index)?)
        .execute(&mut *db)
        .await?;
    sqlx::query("delete from notice where attempts >= ?").bind(most).execute(db).await?;
    Ok(())
}

/// Records that wait to be fetched, over all grants.
pub async fn count(db: &mut Connection) -> Result<u64> {
    uint(sqlx::query_scalar("select count(*) from notice").fetch_one(db).await?)
}
