//! Requests for access that this provider made of its patients.

use medrec_protocol::{RelationshipAddress, Timestamp, codec, payload::RequestPayload, state::RequestId};
use sqlx::Row as _;

use super::{
    Connection,
    column::{decoded, fixed, seconds, time},
};
use crate::error::Result;

/// A request as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// The relationship in which was asked.
    pub relationship: RelationshipAddress,
    /// What was asked.
    pub payload: RequestPayload,
    /// Last second in which it can be answered.
    pub not_after: Timestamp,
    /// `waiting`, `allowed` or `declined`.
    pub state: String,
    /// The patient's words when it was declined.
    pub note: Option<String>,
}

/// Keeps a new request.
pub async fn insert(
    db: &mut Connection,
    id: RequestId,
    relationship: RelationshipAddress,
    outbox: i64,
    payload: &RequestPayload,
    not_after: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let statement =
        "insert into access_request (id, relationship, outbox, request, not_after, created, state)
        values (?, ?, ?, ?, ?, ?, 'waiting')";
    sqlx::query(statement)
        .bind(id.as_bytes().as_slice())
        .bind(relationship.as_bytes().as_slice())
        .bind(outbox)
        .bind(codec::encode(payload))
        .bind(seconds(not_after)?)
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Keeps the answer: none is "allowed", otherwise the patient's words.
pub async fn set_answer(
    db: &mut Connection,
    relationship: RelationshipAddress,
    id: RequestId,
    declined: Option<&str>,
) -> Result<()> {
    let state = if declined.is_some() { "declined" } else { "allowed" };
    sqlx::query("update access_request set state = ?, note = ? where id = ? and relationship = ?")
        .bind(state)
        .bind(declined)
        .bind(id.as_bytes().as_slice())
        .bind(relationship.as_bytes().as_slice())
        .execute(db)
        .await?;
    Ok(())
}

/// All requests, newest first.
pub async fn all(db: &mut Connection) -> Result<Vec<Request>> {
    let statement = "select id, relationship, request, not_after, state, note from access_request
        order by created desc, id";
    let rows = sqlx::query(statement).fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            Ok(Request {
                id: RequestId::from_bytes(fixed(row.try_get("id")?)?),
                relationship: RelationshipAddress::from_bytes(fixed(row.try_get("relationship")?)?),
                payload: decoded(row.try_get("request")?)?,
                not_after: time(row.try_get("not_after")?)?,
                state: row.try_get("state")?,
                note: row.try_get("note")?,
            })
        })
        .collect()
}
