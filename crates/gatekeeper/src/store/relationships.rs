//! Relationships that this provider publishes into, with their viewing keys and the edge of their logs.

use medrec_protocol::{
    Epoch, Hash32, PublicKey, RelationshipAddress, Signature, Timestamp, ViewingKey,
    actions::OpenRelationship, log::Frontier,
};
use sqlx::Row as _;

use super::{
    Connection,
    column::{fixed, int, seconds, time, uint},
};
use crate::{
    error::{GatekeeperError, Result},
    patient::LocalId,
};

/// How far a relationship has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Sent to the ledger, not yet seen there.
    Opening,
    /// Seen on the ledger.
    Open,
}

impl State {
    fn parse(text: &str) -> Result<Self> {
        match text {
            "opening" => Ok(Self::Opening),
            "open" => Ok(Self::Open),
            _ => Err(GatekeeperError::Damaged("the state of a relationship")),
        }
    }
}

/// A relationship.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relationship {
    /// Its address.
    pub address: RelationshipAddress,
    /// The patient in the provider's own system.
    pub local_id: LocalId,
    /// The patient's signing key, as enrolled.
    pub owner: PublicKey,
    /// The patient's consent.
    pub possession: Signature,
    /// How far it has come.
    pub state: State,
    /// Edge of its log as far as it is stored.
    pub log: Frontier,
    /// The viewing key in force at that edge.
    pub epoch: Epoch,
    /// When the patient closed it.
    pub closed: Option<Timestamp>,
}

impl Relationship {
    /// Open, and not closed by the patient.
    pub fn is_in_use(&self) -> bool {
        self.state == State::Open && self.closed.is_none()
    }

    /// The action that opens it.
    pub fn opening(&self) -> OpenRelationship {
        OpenRelationship { owner: self.owner, possession: self.possession }
    }
}

/// Keeps a new relationship with its first viewing key.
pub async fn insert(
    db: &mut Connection,
    local_id: &LocalId,
    opening: &OpenRelationship,
    key: &ViewingKey,
    now: Timestamp,
) -> Result<()> {
    let address = RelationshipAddress::of(&opening.owner);
    let statement = "insert into relationship (address, local_id, owner, possession, state, created)
        values (?, ?, ?, ?, 'opening', ?)";
    sqlx::query(statement)
        .bind(address.as_bytes().as_slice())
        .bind(local_id.as_str())
        .bind(opening.owner.as_bytes().as_slice())
        .bind(opening.possession.as_bytes().as_slice())
        .bind(seconds(now)?)
        .execute(&mut *db)
        .await?;
    sqlx::query("insert into viewing_key (relationship, epoch, key) values (?, ?, ?)")
        .bind(address.as_bytes().as_slice())
        .bind(i64::from(Epoch::FIRST.count()))
        .bind(key.expose().as_slice())
        .execute(db)
        .await?;
    Ok(())
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select address, local_id, owner, possession, state, log_size, log_peaks, epoch, closed from relationship ",
            $rest
        )
    };
}

/// One relationship.
pub async fn get(db: &mut Connection, address: RelationshipAddress) -> Result<Option<Relationship>> {
    let row = sqlx::query(select!("where address = ?"))
        .bind(address.as_bytes().as_slice())
        .fetch_optional(db)
        .await?;
    row.map(|row| from_row(&row)).transpose()
}

/// All relationships, oldest first.
pub async fn all(db: &mut Connection) -> Result<Vec<Relationship>> {
    let rows = sqlx::query(select!("order by created, address")).fetch_all(db).await?;
    rows.iter().map(from_row).collect()
}

/// Relationships of one patient, oldest first.
pub async fn of_patient(db: &mut Connection, local_id: &LocalId) -> Result<Vec<Relationship>> {
    let rows = sqlx::query(select!("where local_id = ? order by created, address"))
        .bind(local_id.as_str())
        .fetch_all(db)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Says that it was seen on the ledger.
pub async fn set_open(db: &mut Connection, address: RelationshipAddress) -> Result<()> {
    sqlx::query("update relationship set state = 'open' where address = ?")
        .bind(address.as_bytes().as_slice())
        .execute(db)
        .await?;
    Ok(())
}

/// Moves the edge of the stored log.
pub async fn set_log(db: &mut Connection, address: RelationshipAddress, log: &Frontier) -> Result<()> {
    let peaks: Vec<u8> = log.peaks().iter().flat_map(|peak| *peak.as_bytes()).collect();
    sqlx::query("update relationship set log_size = ?, log_peaks = ? where address = ?")
        .bind(int(log.size())?)
        .bind(peaks)
        .bind(address.as_bytes().as_slice())
        .execute(db)
        .await?;
    Ok(())
}

/// The viewing key of an epoch.
pub async fn viewing_key(
    db: &mut Connection,
    address: RelationshipAddress,
    epoch: Epoch,
) -> Result<Option<ViewingKey>> {
    let key: Option<Vec<u8>> =
        sqlx::query_scalar("select key from viewing_key where relationship = ? and epoch = ?")
            .bind(address.as_bytes().as_slice())
            .bind(i64::from(epoch.count()))
            .fetch_optional(db)
            .await?;
    Ok(key.map(fixed).transpose()?.map(ViewingKey::from_bytes))
}

/// The viewing key in force at the edge of the stored log; no key when it could not be opened.
pub async fn key_in_force(
    db: &mut Connection,
    address: RelationshipAddress,
) -> Result<(Epoch, Option<ViewingKey>)> {
    let epoch: u32 = sqlx::query_scalar("select epoch from relationship where address = ?")
        .bind(address.as_bytes().as_slice())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(GatekeeperError::Damaged("an unknown relationship"))?;
    let epoch = Epoch::new(epoch);
    Ok((epoch, viewing_key(db, address, epoch).await?))
}

/// The newest viewing key that is here.
pub async fn newest_key(
    db: &mut Connection,
    address: RelationshipAddress,
) -> Result<Option<(Epoch, ViewingKey)>> {
    let statement = "select epoch, key from viewing_key where relationship = ? order by epoch desc limit 1";
    let row: Option<(u32, Vec<u8>)> =
        sqlx::query_as(statement).bind(address.as_bytes().as_slice()).fetch_optional(db).await?;
    row.map(|(epoch, key)| Ok((Epoch::new(epoch), ViewingKey::from_bytes(fixed(key)?)))).transpose()
}

/// A new epoch begins; the key is kept if it could be opened.
pub async fn begin_epoch(
    db: &mut Connection,
    address: RelationshipAddress,
    epoch: Epoch,
    key: Option<&ViewingKey>,
) -> Result<()> {
    sqlx::query("update relationship set epoch = ? where address = ?")
        .bind(i64::from(epoch.count()))
        .bind(address.as_bytes().as_slice())
        .execute(&mut *db)
        .await?;
    let Some(key) = key else { return Ok(()) };
    sqlx::query("insert into viewing_key (relationship, epoch, key) values (?, ?, ?) on conflict do nothing")
        .bind(address.as_bytes().as_slice())
        .bind(i64::from(epoch.count()))
        .bind(key.expose().as_slice())
        .execute(db)
        .await?;
    Ok(())
}

/// The patient closed it.
pub async fn set_closed(db: &mut Connection, address: RelationshipAddress, at: Timestamp) -> Result<()> {
    sqlx::query("update relationship set closed = ? where address = ?")
        .bind(seconds(at)?)
        .bind(address.as_bytes().as_slice())
        .execute(db)
        .await?;
    Ok(())
}

fn from_row(row: &sqlx::sqlite::SqliteRow) -> Result<Relationship> {
    let peaks: Vec<u8> = row.try_get("log_peaks")?;
    if !peaks.len().is_multiple_of(32) {
        return Err(GatekeeperError::Damaged("the edge of a log"));
    }
    let peaks = peaks.chunks_exact(32).map(|peak| fixed(peak.to_vec()).map(Hash32::new));
    let log = Frontier::from_parts(uint(row.try_get("log_size")?)?, peaks.collect::<Result<_>>()?)
        .map_err(|_| GatekeeperError::Damaged("the edge of a log"))?;
    Ok(Relationship {
        address: RelationshipAddress::from_bytes(fixed(row.try_get("address")?)?),
        local_id: LocalId::stored(row.try_get("local_id")?)?,
        owner: PublicKey::from_bytes(fixed(row.try_get("owner")?)?),
        possession: Signature::from_bytes(fixed(row.try_get("possession")?)?),
        state: State::parse(row.try_get("state")?)?,
        log,
        epoch: Epoch::new(row.try_get("epoch")?),
        closed: row.try_get::<Option<i64>, _>("closed")?.map(time).transpose()?,
    })
}
