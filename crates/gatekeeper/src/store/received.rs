//! Copies fetched as grantee, each with what proved it.

use medrec_protocol::{
    Commitment, Hash32, ProviderAddress, RecordSalt, RelationshipAddress, Timestamp,
    state::{EpisodeId, GrantId},
};

use super::{
    Connection,
    column::{int, seconds},
};
use crate::error::Result;

/// Under what a copy came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// A grant.
    Grant(GrantId),
    /// A use of emergency access.
    Emergency(EpisodeId),
}

/// A copy and its proof.
#[derive(Clone, Debug)]
pub struct Received {
    /// Relationship at the publisher.
    pub relationship: RelationshipAddress,
    /// Commitment to the bytes.
    pub commitment: Commitment,
    /// Who published it.
    pub publisher: ProviderAddress,
    /// Under what it came.
    pub ground: Ground,
    /// Salt of the commitment.
    pub salt: RecordSalt,
    /// Size in bytes.
    pub size: u64,
    /// Opened description with the salt that proves it against the entry, as JSON.
    pub opening: String,
    /// Place of the pointer in the publisher's log.
    pub index: u64,
    /// The log entry.
    pub entry: Vec<u8>,
    /// Size of the log that the entry was proved in.
    pub log_size: u64,
    /// Root of that log.
    pub log_root: Hash32,
    /// Height of the verified header.
    pub header_height: u64,
    /// Who fetched it.
    pub person: String,
    /// When.
    pub fetched: Timestamp,
}

/// Keeps a copy's row.
pub async fn insert(db: &mut Connection, new: &Received) -> Result<()> {
    let (id, emergency) = match &new.ground {
        Ground::Grant(grant) => (grant.as_bytes(), false),
        Ground::Emergency(episode) => (episode.as_bytes(), true),
    };
    let statement = "insert into received (relationship, commitment, publisher, grant_id, salt, size, opening, idx, entry, log_size, log_root, header_height, person, fetched, emergency)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (relationship, commitment) do nothing";
    sqlx::query(statement)
        .bind(new.relationship.as_bytes().as_slice())
        .bind(new.commitment.as_bytes().as_slice())
        .bind(new.publisher.as_bytes().as_slice())
        .bind(id.as_slice())
        .bind(new.salt.as_bytes().as_slice())
        .bind(int(new.size)?)
        .bind(&new.opening)
        .bind(int(new.index)?)
        .bind(&new.entry)
        .bind(int(new.log_size)?)
        .bind(new.log_root.as_bytes().as_slice())
        .bind(int(new.header_height)?)
        .bind(&new.person)
        .bind(seconds(new.fetched)?)
        .bind(emergency)
        .execute(db)
        .await?;
    Ok(())
}

/// True when the copy is here.
pub async fn is_here(db: &mut Connection, of: RelationshipAddress, commitment: Commitment) -> Result<bool> {
    let statement = "select exists (select 1 from received where relationship = ? and commitment = ?)";
    let found =
        sqlx::query_scalar(statement).bind(of.as_bytes().as_slice()).bind(commitment.as_bytes().as_slice());
    Ok(found.fetch_one(db).await?)
}
