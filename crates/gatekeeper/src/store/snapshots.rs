//! Record versions as they were when they were published: the rows beside the files in `snapshots/`.

use medrec_protocol::{
    Commitment, RecordSalt, RelationshipAddress, Timestamp, codec, payload::RecordPayload,
};
use sqlx::Row as _;

use super::{
    Connection,
    column::{decoded, fixed, int, seconds, uint},
};
use crate::error::Result;

/// A record version that is about to be kept.
#[derive(Clone, Debug)]
pub struct NewSnapshot {
    /// Commitment to its bytes.
    pub commitment: Commitment,
    /// Salt of the commitment.
    pub salt: RecordSalt,
    /// File in the patient's folder.
    pub path: String,
    /// Which resource of the file; empty for the whole.
    pub part: String,
    /// SHA-256 of its bytes: tells whether a file read again has changed.
    pub sha256: [u8; 32],
    /// Size in bytes.
    pub size: u64,
    /// What will be sealed in its pointer.
    pub description: RecordPayload,
    /// The version that it replaces.
    pub supersedes: Option<i64>,
}

/// The newest version that is known of one part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latest {
    /// Row.
    pub id: i64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

/// A version whose pointer can be put on the ledger now.
#[derive(Clone, Debug)]
pub struct Unpublished {
    /// Row.
    pub id: i64,
    /// Commitment to its bytes.
    pub commitment: Commitment,
    /// What will be sealed in its pointer.
    pub description: RecordPayload,
    /// Log index of the pointer that it replaces.
    pub supersedes: Option<u64>,
}

/// What is needed to release a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Salt of the commitment.
    pub salt: RecordSalt,
    /// Size in bytes.
    pub size: u64,
}

/// How many versions a relationship has, and how many of them stand on the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Versions kept.
    pub kept: u64,
    /// Versions whose pointer was seen in the verified log.
    pub published: u64,
}

/// The newest version of one part of a file.
pub async fn latest(
    db: &mut Connection,
    of: RelationshipAddress,
    path: &str,
    part: &str,
) -> Result<Option<Latest>> {
    let statement = "select id, sha256 from snapshot
        where relationship = ? and path = ? and part = ? order by id desc limit 1";
    let row: Option<(i64, Vec<u8>)> = sqlx::query_as(statement)
        .bind(of.as_bytes().as_slice())
        .bind(path)
        .bind(part)
        .fetch_optional(db)
        .await?;
    row.map(|(id, sha256)| Ok(Latest { id, sha256: fixed(sha256)? })).transpose()
}

/// Keeps a version.
pub async fn insert(
    db: &mut Connection,
    of: RelationshipAddress,
    new: &NewSnapshot,
    now: Timestamp,
) -> Result<()> {
    let statement = "insert into snapshot
        (relationship, commitment, salt, path, part, sha256, size, description, supersedes, created)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    sqlx::query(statement)
        .bind(of.as_bytes().as_slice())
        .bind(new.commitment.as_bytes().as_slice())
        .bind(new.salt.as_bytes().as_slice())
        .bind(&new.path)
        .bind(&new.part)
        .bind(new.sha256.as_slice())
        .bind(int(new.size)?)
        .bind(codec::encode(&new.description))
        .bind(new.supersedes)
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Up to `limit` versions that are in no transaction yet, in the order in which they were kept. One that
/// replaces another waits until that one's place in the log is known.
pub async fn unpublished(
    db: &mut Connection,
    of: RelationshipAddress,
    limit: u32,
) -> Result<Vec<Unpublished>> {
    let statement = "select new.id, new.commitment, new.description, old.idx as old_idx
        from snapshot new left join snapshot old on old.id = new.supersedes
        where new.relationship = ? and new.idx is null and new.outbox is null
          and (new.supersedes is null or old.idx is not null)
        order by new.id limit ?";
    let rows =
        sqlx::query(statement).bind(of.as_bytes().as_slice()).bind(i64::from(limit)).fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            let old: Option<i64> = row.try_get("old_idx")?;
            Ok(Unpublished {
                id: row.try_get("id")?,
                commitment: Commitment::from_bytes(fixed(row.try_get("commitment")?)?),
                description: decoded(row.try_get("description")?)?,
                supersedes: old.map(uint).transpose()?,
            })
        })
        .collect()
}

/// Says in which transaction its pointer travels.
pub async fn set_outbox(db: &mut Connection, id: i64, outbox: i64) -> Result<()> {
    sqlx::query("update snapshot set outbox = ? where id = ?").bind(outbox).bind(id).execute(db).await?;
    Ok(())
}

/// The ledger refused the transaction for good: its versions wait for the next one.
pub async fn release_outbox(db: &mut Connection, outbox: i64) -> Result<()> {
    sqlx::query("update snapshot set outbox = null where outbox = ? and idx is null")
        .bind(outbox)
        .execute(db)
        .await?;
    Ok(())
}

/// Says where its pointer stands in the verified log.
pub async fn set_index(
    db: &mut Connection,
    of: RelationshipAddress,
    commitment: Commitment,
    index: u64,
) -> Result<()> {
    sqlx::query("update snapshot set idx = ? where relationship = ? and commitment = ? and idx is null")
        .bind(int(index)?)
        .bind(of.as_bytes().as_slice())
        .bind(commitment.as_bytes().as_slice())
        .execute(db)
        .await?;
    Ok(())
}

/// What is needed to release the version with this commitment.
pub async fn kept(
    db: &mut Connection,
    of: RelationshipAddress,
    commitment: Commitment,
) -> Result<Option<Kept>> {
    let row: Option<(Vec<u8>, i64)> =
        sqlx::query_as("select salt, size from snapshot where relationship = ? and commitment = ?")
            .bind(of.as_bytes().as_slice())
            .bind(commitment.as_bytes().as_slice())
            .fetch_optional(db)
            .await?;
    row.map(|(salt, size)| Ok(Kept { salt: RecordSalt::from_bytes(fixed(salt)?), size: uint(size)? }))
        .transpose()
}

/// Counts the versions of a relationship.
pub async fn counts(db: &mut Connection, of: RelationshipAddress) -> Result<Counts> {
    let (kept, published): (i64, i64) =
        sqlx::query_as("select count(*), count(idx) from snapshot where relationship = ?")
            .bind(of.as_bytes().as_slice())
            .fetch_one(db)
            .await?;
    Ok(Counts { kept: uint(kept)?, published: uint(published)? })
}

/// True when some relationship keeps a version with this commitment.
pub async fn is_kept(db: &mut Connection, commitment: Commitment) -> Result<bool> {
    let statement = "select exists (select 1 from snapshot where commitment = ?)";
    Ok(sqlx::query_scalar(statement).bind(commitment.as_bytes().as_slice()).fetch_one(db).await?)
}
