//! Requests for access, and their answers.

use medrec_protocol::{
    ProviderAddress, RelationshipAddress, Timestamp, codec, payload::RequestPayload, state::RequestId,
};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{Connection, StoreError, column};

/// A request that stands in a verified log.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The request.
    pub id: RequestId,
    /// In which relationship.
    pub relationship: RelationshipAddress,
    /// Who asks.
    pub provider: ProviderAddress,
    /// What for, opened.
    pub payload: RequestPayload,
    /// When.
    pub at: Timestamp,
    /// Until when it can be answered.
    pub not_after: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// Whether it was allowed; none while it waits, or when the answer cannot be read.
    pub allowed: Option<bool>,
}

/// Keeps a request.
pub(crate) async fn insert(db: &mut Connection, position: u64, asked: &Asked) -> Result<(), StoreError> {
    sqlx::query(
        "insert into request (relationship, id, position, provider, payload, asked_at, not_after) \
         values (?, ?, ?, ?, ?, ?, ?) on conflict (relationship, id) do update set position = excluded.position, \
         payload = excluded.payload, asked_at = excluded.asked_at, not_after = excluded.not_after, \
         answered_at = null, answer = null",
    )
    .bind(asked.relationship.to_string())
    .bind(asked.id.to_string())
    .bind(column::int(position)?)
    .bind(asked.provider.to_string())
    .bind(codec::encode(&asked.payload))
    .bind(column::seconds(asked.at))
    .bind(column::seconds(asked.not_after))
    .execute(db)
    .await?;
    Ok(())
}

/// Keeps an answer.
pub(crate) async fn answer(
    db: &mut Connection,
    relationship: &str,
    id: RequestId,
    allowed: Option<bool>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let word = allowed.map(|allowed| if allowed { "allowed" } else { "declined" });
    sqlx::query("update request set answered_at = ?, answer = ? where relationship = ? and id = ?")
        .bind(column::seconds(at))
        .bind(word)
        .bind(relationship)
        .bind(id.to_string())
        .execute(db)
        .await?;
    Ok(())
}

/// All requests, newest first.
pub(crate) async fn all(db: &mut Connection) -> Result<Vec<Asked>, StoreError> {
    let rows = sqlx::query(
        "select id, relationship, provider, payload, asked_at, not_after, answered_at, answer from request \
         order by asked_at desc, relationship, id",
    )
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

/// Requests without an answer that can still get one, newest first.
pub(crate) async fn waiting(db: &mut Connection, now: Timestamp) -> Result<Vec<Asked>, StoreError> {
    let rows = sqlx::query(
        "select id, relationship, provider, payload, asked_at, not_after, answered_at, answer from request \
         where answered_at is null and not_after >= ? order by asked_at desc, relationship, id",
    )
    .bind(column::seconds(now))
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &SqliteRow) -> Result<Asked, StoreError> {
    let (id, relationship, provider): (String, String, String) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let payload: Vec<u8> = row.try_get(3)?;
    let answer: Option<String> = row.try_get(7)?;
    Ok(Asked {
        id: column::text(&id)?,
        relationship: column::text(&relationship)?,
        provider: column::text(&provider)?,
        payload: column::decoded(&payload)?,
        at: column::time(row.try_get(4)?)?,
        not_after: column::time(row.try_get(5)?)?,
        answered_at: row.try_get::<Option<i64>, _>(6)?.map(column::time).transpose()?,
        allowed: answer.map(|word| word == "allowed"),
    })
}
