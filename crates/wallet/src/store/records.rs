//! Record pointers: writing them, and what decisions need of them.

use medrec_protocol::{
    Commitment, ProviderAddress, RecordKind, RelationshipAddress, Timestamp, decide::RecordFacts,
};
use medrec_records::{Description, fold, search_terms};
use sqlx::Row as _;

use super::{Connection, StoreError, column};
use crate::view::RecordId;

/// A pointer to be kept.
pub(crate) struct NewRecord<'a> {
    /// In whose log.
    pub relationship: RelationshipAddress,
    /// Where in it.
    pub position: u64,
    /// Commitment to the bytes.
    pub commitment: Commitment,
    /// Place of the version that it replaces, as the publisher says.
    pub supersedes: Option<u64>,
    /// Who published it.
    pub provider: ProviderAddress,
    /// Name and place of the publisher, for search.
    pub provider_words: &'a str,
    /// What it is; none when the description cannot be read.
    pub description: Option<Description>,
    /// Block that holds it.
    pub height: u64,
    /// When that was.
    pub at: Timestamp,
}

/// Whether a record is new or a version of a known one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// A record not seen before.
    New,
    /// A version of a known record.
    Version,
}

/// Keeps a pointer, and marks the version that it replaces.
pub(crate) async fn insert(db: &mut Connection, new: &NewRecord<'_>) -> Result<Arrival, StoreError> {
    let relationship = new.relationship.to_string();
    let position = column::int(new.position)?;
    let first = match new.supersedes.filter(|_| new.description.is_some()) {
        Some(old) => replace(db, &relationship, old, position).await?,
        None => None,
    };
    let arrival = if first.is_some() { Arrival::Version } else { Arrival::New };
    let id = insert_row(db, new, &relationship, position, first.unwrap_or(position)).await?;
    if let Some(description) = &new.description {
        let terms = format!("{} {}", search_terms(description), fold(new.provider_words));
        sqlx::query("insert into record_text (rowid, terms) values (?, ?)")
            .bind(id)
            .bind(terms)
            .execute(db)
            .await?;
    }
    Ok(arrival)
}

/// Writes down that a pointer was taken back.
pub(crate) async fn withdraw(
    db: &mut Connection,
    relationship: &str,
    position: u64,
    why: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "update record set withdrawn_at = ?, withdrawn_because = ? \
         where relationship = ? and position = ? and withdrawn_at is null",
    )
    .bind(column::seconds(at))
    .bind(why)
    .bind(relationship)
    .bind(column::int(position)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Marks a version as replaced; gives the place of the first version.
async fn replace(
    db: &mut Connection,
    relationship: &str,
    old: u64,
    by: i64,
) -> Result<Option<i64>, StoreError> {
    let Ok(old) = i64::try_from(old) else { return Ok(None) };
    let first = sqlx::query_scalar(
        "update record set superseded_by = ? where relationship = ? and position = ? and readable = 1 \
         returning first_version",
    )
    .bind(by)
    .bind(relationship)
    .bind(old)
    .fetch_optional(db)
    .await?;
    Ok(first)
}

async fn insert_row(
    db: &mut Connection,
    new: &NewRecord<'_>,
    relationship: &str,
    position: i64,
    first: i64,
) -> Result<i64, StoreError> {
    let unreadable;
    let description = if let Some(description) = &new.description {
        description
    } else {
        unreadable = nothing_known();
        &unreadable
    };
    let codes: Vec<_> = description.codes.iter().map(|coding| (&coding.system, &coding.code)).collect();
    let codes = serde_json::to_string(&codes).map_err(|_| StoreError::Damaged("codes"))?;
    let done = sqlx::query(
        "insert into record (key, relationship, position, commitment, first_version, supersedes, readable, provider, \
         kind, title, fhir_type, codes, status, date, sort_date, author, place, media_type, size, published_at, height) \
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(RecordId::of(new.relationship, new.position).to_string())
    .bind(relationship)
    .bind(position)
    .bind(new.commitment.to_string())
    .bind(first)
    .bind(new.supersedes.and_then(|old| i64::try_from(old).ok()))
    .bind(i64::from(new.description.is_some()))
    .bind(new.provider.to_string())
    .bind(description.kind.as_str())
    .bind(&description.title)
    .bind(&description.fhir_type)
    .bind(codes)
    .bind(&description.status)
    .bind(description.date.map(|date| date.to_string()))
    .bind(sort_date(description, new.at))
    .bind(&description.author)
    .bind(&description.place)
    .bind(&description.media_type)
    .bind(i64::try_from(description.size).unwrap_or(i64::MAX))
    .bind(column::seconds(new.at))
    .bind(column::int(new.height)?)
    .execute(db)
    .await?;
    Ok(done.last_insert_rowid())
}

fn nothing_known() -> Description {
    Description {
        title: String::new(),
        kind: RecordKind::Other,
        fhir_type: None,
        codes: Vec::new(),
        status: None,
        date: None,
        author: None,
        place: None,
        media_type: "application/octet-stream".to_owned(),
        size: 0,
    }
}

/// The record's date as stated, else the moment of publishing, without its zone: sorts as text.
fn sort_date(description: &Description, published: Timestamp) -> String {
    let stated = description.date.map(|date| date.to_string());
    let date = stated.unwrap_or_else(|| iso(published));
    date.chars().take("2026-05-04T12:00:00".len()).collect()
}

fn iso(time: Timestamp) -> String {
    jiff::Timestamp::from_second(column::seconds(time))
        .map_or_else(|_| String::new(), |time| time.to_string())
}

/// Where a record version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Row.
    pub row: i64,
    /// In whose log.
    pub relationship: RelationshipAddress,
    /// Commitment to the bytes.
    pub commitment: Commitment,
    /// What decisions need.
    pub facts: RecordFacts,
    /// True when its description can be read.
    pub readable: bool,
    /// Size according to the description.
    pub size: u64,
}

/// Where a record version stands.
pub(crate) async fn place(db: &mut Connection, id: RecordId) -> Result<Option<Place>, StoreError> {
    let row = sqlx::query(
        "select id, relationship, commitment, position, first_version, kind, readable, size, withdrawn_at from record where key = ?",
    )
    .bind(id.to_string())
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (relationship, commitment): (String, String) = (row.try_get(1)?, row.try_get(2)?);
    Ok(Some(Place {
        row: row.try_get(0)?,
        relationship: column::text(&relationship)?,
        commitment: column::text(&commitment)?,
        facts: facts(&row, 3)?,
        readable: row.try_get::<i64, _>(6)? != 0,
        size: column::uint(row.try_get(7)?)?,
    }))
}

/// A readable record version for previews and checks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// Row.
    pub row: i64,
    /// What decisions need.
    pub facts: RecordFacts,
    /// No other version replaces it.
    pub current: bool,
}

/// All readable record versions of a relationship, newest first.
pub(crate) async fn known(
    db: &mut Connection,
    relationship: RelationshipAddress,
) -> Result<Vec<Known>, StoreError> {
    let rows = sqlx::query(
        "select id, superseded_by, position, first_version, kind, withdrawn_at from record \
         where relationship = ? and readable = 1 and withdrawn_at is null order by sort_date desc, key desc",
    )
    .bind(relationship.to_string())
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let current = row.try_get::<Option<i64>, _>(1)?.is_none();
            Ok(Known { row: row.try_get(0)?, facts: facts(row, 2)?, current })
        })
        .collect()
}

/// Readable versions of a relationship with a commitment: the oldest of them.
pub(crate) async fn by_commitment(
    db: &mut Connection,
    relationship: &str,
    commitment: &str,
) -> Result<Option<(RecordId, String, RecordFacts)>, StoreError> {
    let row = sqlx::query(
        "select key, title, position, first_version, kind, withdrawn_at from record where commitment = ? and relationship = ? \
         order by position limit 1",
    )
    .bind(commitment)
    .bind(relationship)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let key: String = row.try_get(0)?;
    Ok(Some((column::text(&key)?, row.try_get(1)?, facts(&row, 2)?)))
}

fn facts(row: &sqlx::sqlite::SqliteRow, from: usize) -> Result<RecordFacts, StoreError> {
    let kind: String = row.try_get(from + 2)?;
    Ok(RecordFacts {
        index: column::uint(row.try_get(from)?)?,
        first_version: column::uint(row.try_get(from + 1)?)?,
        kind: column::text(&kind)?,
        withdrawn: row.try_get::<Option<i64>, _>("withdrawn_at")?.is_some(),
    })
}

/// The record whose pointer stands at a place of a log.
pub(crate) async fn at_position(
    db: &mut Connection,
    relationship: RelationshipAddress,
    position: u64,
) -> Result<Option<RecordId>, StoreError> {
    let key: Option<String> =
        sqlx::query_scalar("select key from record where relationship = ? and position = ?")
            .bind(relationship.to_string())
            .bind(column::int(position)?)
            .fetch_optional(db)
            .await?;
    key.map(|key| column::text(&key)).transpose()
}
