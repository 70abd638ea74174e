//! Uses of emergency access that providers declared here, each with its reason. What was first written stays.

use medrec_protocol::{Address, RelationshipAddress, Timestamp, codec, state::EpisodeId};
use sqlx::Row as _;

use super::{
    Connection,
    column::{seconds, time},
};
use crate::error::Result;

/// A use of emergency access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Why.
    pub reason: String,
    /// Who said so.
    pub person: String,
    /// When the reason first came.
    pub began: Timestamp,
}

/// Writes a use down, unless it is known: then it stays as it was. Returns what stands.
pub async fn declare(
    db: &mut Connection,
    of: RelationshipAddress,
    requester: Address,
    episode: EpisodeId,
    new: &Declared,
) -> Result<Option<Declared>> {
    let statement = "insert into episode (relationship, requester, episode, reason, person, began)
        values (?, ?, ?, ?, ?, ?) on conflict do nothing";
    sqlx::query(statement)
        .bind(of.as_bytes().as_slice())
        .bind(codec::encode(&requester))
        .bind(episode.as_bytes().as_slice())
        .bind(&new.reason)
        .bind(&new.person)
        .bind(seconds(new.began)?)
        .execute(&mut *db)
        .await?;
    get(db, of, requester, episode).await
}

/// A use that this provider declared for this relationship.
pub async fn get(
    db: &mut Connection,
    of: RelationshipAddress,
    requester: Address,
    episode: EpisodeId,
) -> Result<Option<Declared>> {
    let statement = "select reason, person, began from episode
        where relationship = ? and requester = ? and episode = ?";
    let row = sqlx::query(statement)
        .bind(of.as_bytes().as_slice())
        .bind(codec::encode(&requester))
        .bind(episode.as_bytes().as_slice())
        .fetch_optional(db)
        .await?;
    let declared = |row: sqlx::sqlite::SqliteRow| {
        let (reason, person) = (row.try_get("reason")?, row.try_get("person")?);
        Ok(Declared { reason, person, began: time(row.try_get("began")?)? })
    };
    row.map(declared).transpose()
}
