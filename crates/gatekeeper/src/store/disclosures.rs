//! Releases of copies. A row is committed before the first byte leaves; it is done when its entry was seen
//! in the verified log.

use medrec_protocol::{Address, Commitment, RelationshipAddress, Timestamp, codec, payload::Basis};
use sqlx::Row as _;

use super::{
    Connection,
    column::{decoded, fixed, int, seconds, time, uint},
};
use crate::error::Result;

/// A release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// In whose log it is written down.
    pub relationship: RelationshipAddress,
    /// Which record version.
    pub commitment: Commitment,
    /// To whom.
    pub requester: Address,
    /// Under what.
    pub basis: Basis,
    /// Person or role at the recipient, as it stated.
    pub person: String,
    /// When it was decided, by the gatekeeper's clock.
    pub at: Timestamp,
}

impl Disclosure {
    /// Releases to the patient are kept here only.
    pub fn is_for_ledger(&self) -> bool {
        self.basis != Basis::Owner
    }
}

/// A release that is in no transaction yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Row.
    pub id: i64,
    /// The release.
    pub disclosure: Disclosure,
}

/// Writes a release down.
pub async fn insert(db: &mut Connection, new: &Disclosure) -> Result<()> {
    let statement =
        "insert into disclosure (relationship, commitment, requester, basis, person, at, for_ledger)
        values (?, ?, ?, ?, ?, ?, ?)";
    sqlx::query(statement)
        .bind(new.relationship.as_bytes().as_slice())
        .bind(new.commitment.as_bytes().as_slice())
        .bind(codec::encode(&new.requester))
        .bind(codec::encode(&new.basis))
        .bind(&new.person)
        .bind(seconds(new.at)?)
        .bind(new.is_for_ledger())
        .execute(db)
        .await?;
    Ok(())
}

/// True when the same release (record, requester, basis, person) was written down at `since` or later.
pub async fn is_written(db: &mut Connection, same: &Disclosure, since: Timestamp) -> Result<bool> {
    let statement = "select exists (select 1 from disclosure where relationship = ? and requester = ?
        and commitment = ? and basis = ? and person = ? and at >= ?)";
    let found = sqlx::query_scalar(statement)
        .bind(same.relationship.as_bytes().as_slice())
        .bind(codec::encode(&same.requester))
        .bind(same.commitment.as_bytes().as_slice())
        .bind(codec::encode(&same.basis))
        .bind(&same.person)
        .bind(seconds(since)?);
    Ok(found.fetch_one(db).await?)
}

/// True when another release of the same visit (relationship, requester, basis, person), decided at `since` or
/// later, is in a transaction.
pub async fn is_travelling(db: &mut Connection, same: &Disclosure, since: Timestamp) -> Result<bool> {
    let statement = "select exists (select 1 from disclosure where relationship = ? and requester = ?
        and basis = ? and person = ? and at >= ? and outbox is not null)";
    let found = sqlx::query_scalar(statement)
        .bind(same.relationship.as_bytes().as_slice())
        .bind(codec::encode(&same.requester))
        .bind(codec::encode(&same.basis))
        .bind(&same.person)
        .bind(seconds(since)?);
    Ok(found.fetch_one(db).await?)
}

/// Releases that are in no transaction yet, oldest first.
pub async fn queued(db: &mut Connection, limit: u32) -> Result<Vec<Queued>> {
    let statement = "select id, relationship, commitment, requester, basis, person, at from disclosure
        where for_ledger = 1 and idx is null and outbox is null order by id limit ?";
    let rows = sqlx::query(statement).bind(i64::from(limit)).fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            let disclosure = Disclosure {
                relationship: RelationshipAddress::from_bytes(fixed(row.try_get("relationship")?)?),
                commitment: Commitment::from_bytes(fixed(row.try_get("commitment")?)?),
                requester: decoded(row.try_get("requester")?)?,
                basis: decoded(row.try_get("basis")?)?,
                person: row.try_get("person")?,
                at: time(row.try_get("at")?)?,
            };
            Ok(Queued { id: row.try_get("id")?, disclosure })
        })
        .collect()
}

/// Says in which transaction it travels.
pub async fn set_outbox(db: &mut Connection, id: i64, outbox: i64) -> Result<()> {
    sqlx::query("update disclosure set outbox = ? where id = ?").bind(outbox).bind(id).execute(db).await?;
    Ok(())
}

/// The transaction was seen in the log at this place.
pub async fn set_index(db: &mut Connection, outbox: i64, index: u64) -> Result<()> {
    sqlx::query("update disclosure set idx = ? where outbox = ? and idx is null")
        .bind(int(index)?)
        .bind(outbox)
        .execute(db)
        .await?;
    Ok(())
}

/// Time of the oldest release that the ledger does not have yet and could have: the viewing key in force is here.
pub async fn oldest_waiting(db: &mut Connection) -> Result<Option<Timestamp>> {
    let statement = "select min(at) from disclosure where for_ledger = 1 and idx is null
        and exists (select 1 from relationship join viewing_key on viewing_key.relationship = relationship.address
            and viewing_key.epoch = relationship.epoch where relationship.address = disclosure.relationship)";
    let at: Option<i64> = sqlx::query_scalar(statement).fetch_one(db).await?;
    at.map(time).transpose()
}

/// Releases of one relationship to others than the patient, and how many of them stand on the ledger.
pub async fn counts(db: &mut Connection, of: RelationshipAddress) -> Result<(u64, u64)> {
    let (all, written): (i64, i64) = sqlx::query_as(
        "select count(*), count(idx) from disclosure where for_ledger = 1 and relationship = ?",
    )
    .bind(of.as_bytes().as_slice())
    .fetch_one(db)
    .await?;
    Ok((uint(all)?, uint(written)?))
}
