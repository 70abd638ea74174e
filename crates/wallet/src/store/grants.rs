//! Grants that were given, and their ends.

use medrec_protocol::{
    ProviderAddress, RelationshipAddress, Timestamp, codec,
    payload::GrantTerms,
    state::{GrantId, LiveGrant},
};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{Connection, StoreError, column};
use crate::view::ShareId;

/// A grant that stands in a verified log.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// The relationship whose records it opens.
    pub relationship: RelationshipAddress,
    /// Its publisher.
    pub publisher: ProviderAddress,
    /// The grant.
    pub id: GrantId,
    /// Its terms, opened.
    pub terms: GrantTerms,
    /// Place of its entry and end.
    pub live: LiveGrant,
    /// When it was given.
    pub at: Timestamp,
    /// When it was stopped.
    pub revoked_at: Option<Timestamp>,
    /// How often it was used.
    pub uses: u64,
    /// Copies released under it.
    pub copies: u64,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
}

impl Given {
    /// The share that it belongs to.
    pub fn share(&self) -> ShareId {
        ShareId(self.terms.share)
    }
}

/// Keeps a grant. A revocation that came before it stays in force.
pub(crate) async fn insert(
    db: &mut Connection,
    relationship: &str,
    id: GrantId,
    live: LiveGrant,
    terms: &GrantTerms,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into grant_given (relationship, id, position, grantee, terms, share, request, not_before, not_after, \
         given_at, revoked_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, \
         (select at from tombstone where relationship = ?1 and id = ?2)) \
         on conflict (relationship, id) do update set position = excluded.position, grantee = excluded.grantee, \
         terms = excluded.terms, share = excluded.share, request = excluded.request, \
         not_before = excluded.not_before, not_after = excluded.not_after, given_at = excluded.given_at",
    )
    .bind(relationship)
    .bind(id.to_string())
    .bind(column::int(live.entry)?)
    .bind(terms.grantee.to_string())
    .bind(codec::encode(terms))
    .bind(ShareId(terms.share).to_string())
    .bind(terms.request.map(|request| request.to_string()))
    .bind(column::seconds(terms.not_before))
    .bind(column::seconds(live.not_after))
    .bind(column::seconds(at))
    .execute(db)
    .await?;
    Ok(())
}

/// Keeps a revocation.
pub(crate) async fn revoke(
    db: &mut Connection,
    relationship: &str,
    id: GrantId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let id = id.to_string();
    sqlx::query("insert into tombstone (relationship, id, at) values (?, ?, ?) on conflict (relationship, id) do nothing")
        .bind(relationship)
        .bind(&id)
        .bind(column::seconds(at))
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "update grant_given set revoked_at = ? where relationship = ? and id = ? and revoked_at is null",
    )
    .bind(column::seconds(at))
    .bind(relationship)
    .bind(&id)
    .execute(db)
    .await?;
    Ok(())
}

/// Keeps that all grants of a relationship were stopped.
pub(crate) async fn revoke_all(
    db: &mut Connection,
    relationship: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into tombstone (relationship, id, at) select relationship, id, ? from grant_given \
         where relationship = ? and revoked_at is null on conflict (relationship, id) do nothing",
    )
    .bind(column::seconds(at))
    .bind(relationship)
    .execute(&mut *db)
    .await?;
    sqlx::query("update grant_given set revoked_at = ? where relationship = ? and revoked_at is null")
        .bind(column::seconds(at))
        .bind(relationship)
        .execute(db)
        .await?;
    Ok(())
}

/// Grants and how often they were used.
const GIVEN: &str = "select g.relationship, r.provider, g.id, g.terms, g.position, g.not_after, g.given_at, g.revoked_at, \
     count(d.id), coalesce(sum(json_array_length(d.records)), 0), max(d.at) from grant_given g \
     join relationship r on r.address = g.relationship \
     left join disclosure d on d.relationship = g.relationship and d.grant_id = g.id";
const IN_ORDER: &str = "group by g.relationship, g.id order by g.given_at desc, g.relationship, g.id";

/// All grants, newest first.
pub(crate) async fn all(db: &mut Connection) -> Result<Vec<Given>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{GIVEN} {IN_ORDER}"));
    sqlx::query(sql).fetch_all(db).await?.iter().map(read).collect()
}

/// Grants that were not stopped and have not ended, newest first.
pub(crate) async fn standing(db: &mut Connection, now: Timestamp) -> Result<Vec<Given>, StoreError> {
    let sql = format!("{GIVEN} where g.revoked_at is null and g.not_after >= ? {IN_ORDER}");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(column::seconds(now)).fetch_all(db).await?;
    rows.iter().map(read).collect()
}

/// One grant.
pub(crate) async fn get(
    db: &mut Connection,
    relationship: RelationshipAddress,
    id: GrantId,
) -> Result<Option<Given>, StoreError> {
    let sql = format!("{GIVEN} where g.relationship = ? and g.id = ? {IN_ORDER}");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(relationship.to_string())
        .bind(id.to_string())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &SqliteRow) -> Result<Given, StoreError> {
    let (relationship, publisher, id): (String, String, String) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let terms: Vec<u8> = row.try_get(3)?;
    let optional = |index: usize| -> Result<Option<Timestamp>, StoreError> {
        row.try_get::<Option<i64>, _>(index)?.map(column::time).transpose()
    };
    Ok(Given {
        relationship: column::text(&relationship)?,
        publisher: column::text(&publisher)?,
        id: column::text(&id)?,
        terms: column::decoded(&terms)?,
        live: LiveGrant { entry: column::uint(row.try_get(4)?)?, not_after: column::time(row.try_get(5)?)? },
        at: column::time(row.try_get(6)?)?,
        revoked_at: optional(7)?,
        uses: column::uint(row.try_get(8)?)?,
        copies: column::uint(row.try_get(9)?)?,
        last_used: optional(10)?,
    })
}
