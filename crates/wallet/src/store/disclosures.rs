//! Look-ups, as the publishers wrote them down.

use medrec_protocol::{
    Address, Commitment, ProviderAddress, RelationshipAddress, Timestamp,
    payload::{Basis, DisclosurePayload, Recipient},
    state::GrantId,
};
use sqlx::{QueryBuilder, Row as _, Sqlite, sqlite::SqliteRow};

use super::{Connection, StoreError, column};
use crate::view::AccessFilter;

crate::text_enum! {
    /// Under what a copy was released, in one word.
    Ground {
        /// To the patient.
        Owner = "owner",
        /// Under a grant.
        Grant = "grant",
        /// To a delegate.
        Delegate = "delegate",
        /// In an emergency.
        Emergency = "emergency",
    }
}

/// A look-up that stands in a verified log.
#[derive(Clone, Debug)]
pub(crate) struct Disclosed {
    /// Row.
    pub row: i64,
    /// In whose log.
    pub relationship: RelationshipAddress,
    /// Its place there.
    pub position: u64,
    /// Who released.
    pub publisher: ProviderAddress,
    /// Who received; none for the patient.
    pub recipient: Option<Address>,
    /// Under what, in one word.
    pub basis: Ground,
    /// Why, of an emergency.
    pub reason: String,
    /// Under which grant; none for the patient.
    pub grant: Option<GrantId>,
    /// Person or role at the recipient.
    pub person: String,
    /// When it was decided.
    pub at: Timestamp,
    /// When it was written down.
    pub written_at: Timestamp,
    /// Which versions.
    pub records: Vec<Commitment>,
}

/// Keeps a look-up.
pub(crate) async fn insert(
    db: &mut Connection,
    relationship: &str,
    position: u64,
    disclosure: &DisclosurePayload,
    written_at: Timestamp,
) -> Result<(), StoreError> {
    let (ground, grant) = match disclosure.basis {
        Basis::Owner => (Ground::Owner, None),
        Basis::Grant(grant) => (Ground::Grant, Some(grant.to_string())),
        Basis::Delegate(_) => (Ground::Delegate, None),
        Basis::Emergency(_) => (Ground::Emergency, None),
    };
    let recipient = match disclosure.recipient {
        Recipient::Patient => None,
        Recipient::Provider(provider) => Some(provider.to_string()),
        Recipient::Delegate(agent) => Some(agent.to_string()),
    };
    let records = serde_json::to_string(disclosure.records.as_slice());
    sqlx::query(
        "insert into disclosure (relationship, position, recipient, grant_id, person, at, written_at, records, basis, reason) \
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(relationship)
    .bind(column::int(position)?)
    .bind(recipient)
    .bind(grant)
    .bind(disclosure.person.as_str())
    .bind(column::seconds(disclosure.at))
    .bind(column::seconds(written_at))
    .bind(records.map_err(|_| StoreError::Damaged("a look-up"))?)
    .bind(ground.as_str())
    .bind(disclosure.reason.as_str())
    .execute(db)
    .await?;
    Ok(())
}

const ROWS: &str = "select d.id, d.relationship, r.provider, d.recipient, d.grant_id, d.person, d.at, d.written_at, d.records, d.basis, d.reason, d.position \
     from disclosure d join relationship r on r.address = d.relationship where 1 = 1";

/// The newest look-ups that are not the person's own; with `since`, only those at or after it.
pub(crate) async fn by_others(
    db: &mut Connection,
    since: Option<Timestamp>,
    limit: u32,
) -> Result<Vec<Disclosed>, StoreError> {
    let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(ROWS);
    sql.push(" and (d.recipient is not null or d.grant_id is not null)");
    if let Some(since) = since {
        sql.push(" and d.at >= ").push_bind(column::seconds(since));
    }
    sql.push(" order by d.at desc, d.id desc limit ").push_bind(i64::from(limit));
    sql.build().fetch_all(db).await?.iter().map(read).collect()
}

/// A page of look-ups, newest first, after the one at `after` (time and row).
pub(crate) async fn page(
    db: &mut Connection,
    filter: &AccessFilter,
    after: Option<(i64, i64)>,
    limit: u32,
) -> Result<Vec<Disclosed>, StoreError> {
    let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(ROWS);
    if let Some(recipient) = filter.recipient {
        sql.push(" and d.recipient = ").push_bind(recipient.to_string());
    }
    if let Some(publisher) = filter.publisher {
        sql.push(" and r.provider = ").push_bind(publisher.to_string());
    }
    if let Some(since) = filter.since {
        sql.push(" and d.at >= ").push_bind(column::seconds(since));
    }
    if let Some(until) = filter.until {
        sql.push(" and d.at <= ").push_bind(column::seconds(until));
    }
    if let Some((at, row)) = after {
        sql.push(" and (d.at, d.id) < (").push_bind(at).push(", ").push_bind(row).push(")");
    }
    sql.push(" order by d.at desc, d.id desc limit ").push_bind(i64::from(limit));
    sql.build().fetch_all(db).await?.iter().map(read).collect()
}

/// The look-up that stands at a place of a log.
pub(crate) async fn at_position(
    db: &mut Connection,
    relationship: RelationshipAddress,
    position: u64,
) -> Result<Option<Disclosed>, StoreError> {
    let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(ROWS);
    sql.push(" and d.relationship = ").push_bind(relationship.to_string());
    sql.push(" and d.position = ").push_bind(column::int(position)?);
    sql.build().fetch_optional(db).await?.as_ref().map(read).transpose()
}

fn read(row: &SqliteRow) -> Result<Disclosed, StoreError> {
    let (relationship, publisher): (String, String) = (row.try_get(1)?, row.try_get(2)?);
    let (recipient, grant): (Option<String>, Option<String>) = (row.try_get(3)?, row.try_get(4)?);
    let records: String = row.try_get(8)?;
    Ok(Disclosed {
        row: row.try_get(0)?,
        relationship: column::text(&relationship)?,
        position: column::uint(row.try_get(11)?)?,
        publisher: column::text(&publisher)?,
        recipient: recipient.as_deref().map(column::text).transpose()?,
        grant: grant.as_deref().map(column::text).transpose()?,
        basis: column::text(&row.try_get::<String, _>(9)?)?,
        reason: row.try_get(10)?,
        person: row.try_get(5)?,
        at: column::time(row.try_get(6)?)?,
        written_at: column::time(row.try_get(7)?)?,
        records: serde_json::from_str(&records).map_err(|_| StoreError::Damaged("a look-up"))?,
    })
}
