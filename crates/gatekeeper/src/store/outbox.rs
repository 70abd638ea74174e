//! Signed transactions on their way to the ledger. A row stays until its effect is seen in the verified log.

use medrec_protocol::{Hash32, RelationshipAddress, Timestamp};
use sqlx::Row as _;

use super::{
    Connection, acceptances,
    column::{fixed, seconds, time, uint},
};
use crate::error::{GatekeeperError, Result};

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Opens a relationship.
    Open,
    /// Publishes record pointers.
    Publish,
    /// Writes down disclosures.
    Disclose,
    /// Asks a patient for access.
    Ask,
    /// Takes record pointers back.
    Withdraw,
}

impl Purpose {
    /// Its name, also in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Publish => "publish",
            Self::Disclose => "disclose",
            Self::Ask => "ask",
            Self::Withdraw => "withdraw",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        [Self::Open, Self::Publish, Self::Disclose, Self::Ask, Self::Withdraw]
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
            .ok_or(GatekeeperError::Damaged("the purpose of a transaction"))
    }
}

/// A transaction that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Row.
    pub id: i64,
    /// What it is for.
    pub purpose: Purpose,
    /// In whose log its effect will stand.
    pub relationship: RelationshipAddress,
    /// The signed bytes.
    pub tx: Vec<u8>,
    /// Last second in which it may be included.
    pub valid_until: Timestamp,
    /// How often it was sent.
    pub attempts: u32,
    /// What the last attempt met, if it failed.
    pub problem: Option<String>,
    /// Since when it waits.
    pub created: Timestamp,
}

/// How a transaction ended, or that it has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Not seen in the log yet.
    Waiting {
        /// What the last attempt met, if it failed.
        problem: Option<String>,
    },
    /// Seen in the verified log.
    Done,
    /// Refused for good.
    Refused {
        /// Why.
        problem: String,
    },
}

/// A transaction that is about to wait.
#[derive(Clone, Debug)]
pub struct NewRow<'a> {
    /// What it is for.
    pub purpose: Purpose,
    /// In whose log its effect will stand.
    pub relationship: RelationshipAddress,
    /// Hash of its first action.
    pub marker: Hash32,
    /// The signed bytes.
    pub tx: &'a [u8],
    /// Last second in which it may be included.
    pub valid_until: Timestamp,
}

/// Queues a transaction; returns its row.
pub async fn insert(db: &mut Connection, new: &NewRow<'_>, now: Timestamp) -> Result<i64> {
    let statement = "insert into outbox (purpose, relationship, marker, tx, valid_until, state, created)
        values (?, ?, ?, ?, ?, 'waiting', ?)";
    let inserted = sqlx::query(statement)
        .bind(new.purpose.as_str())
        .bind(new.relationship.as_bytes().as_slice())
        .bind(new.marker.as_bytes().as_slice())
        .bind(new.tx)
        .bind(seconds(new.valid_until)?)
        .bind(seconds(now)?)
        .execute(db)
        .await?;
    Ok(inserted.last_insert_rowid())
}

/// Everything that waits, oldest first.
pub async fn waiting(db: &mut Connection) -> Result<Vec<Waiting>> {
    let statement =
        "select id, purpose, relationship, tx, valid_until, attempts, problem, created from outbox
        where state = 'waiting' order by id";
    rows(sqlx::query(statement).fetch_all(db).await?)
}

/// What is to be sent now, oldest first.
pub async fn due(db: &mut Connection, now: Timestamp, limit: u32) -> Result<Vec<Waiting>> {
    let statement =
        "select id, purpose, relationship, tx, valid_until, attempts, problem, created from outbox
        where state = 'waiting' and next_attempt <= ? order by id limit ?";
    rows(sqlx::query(statement).bind(seconds(now)?).bind(i64::from(limit)).fetch_all(db).await?)
}

/// Relationships in whose logs something is awaited.
pub async fn awaited(db: &mut Connection) -> Result<Vec<RelationshipAddress>> {
    let found: Vec<Vec<u8>> = sqlx::query_scalar(
        "select distinct relationship from outbox where state = 'waiting' order by relationship",
    )
    .fetch_all(db)
    .await?;
    found.into_iter().map(|address| Ok(RelationshipAddress::from_bytes(fixed(address)?))).collect()
}

/// How many transactions with this purpose wait in a relationship.
pub async fn count_waiting(db: &mut Connection, of: RelationshipAddress, purpose: Purpose) -> Result<u64> {
    let statement =
        "select count(*) from outbox where state = 'waiting' and relationship = ? and purpose = ?";
    uint(
        sqlx::query_scalar(statement)
            .bind(of.as_bytes().as_slice())
            .bind(purpose.as_str())
            .fetch_one(db)
            .await?,
    )
}

/// Notes an attempt and when the next one is due.
pub async fn note_attempt(
    db: &mut Connection,
    id: i64,
    next: Timestamp,
    problem: Option<&str>,
) -> Result<()> {
    let statement = "update outbox set attempts = attempts + 1, next_attempt = ?, problem = ? where id = ?";
    sqlx::query(statement).bind(seconds(next)?).bind(problem).bind(id).execute(db).await?;
    Ok(())
}

/// Puts freshly signed bytes in the place of ones that can no longer be included. Says false, and changes
/// nothing, when somebody else did so first.
pub async fn replace(
    db: &mut Connection,
    old: &Waiting,
    (marker, tx): (Hash32, &[u8]),
    valid_until: Timestamp,
) -> Result<bool> {
    let statement = "update outbox set marker = ?, tx = ?, valid_until = ?, next_attempt = 0, problem = null
        where id = ? and state = 'waiting' and tx = ?";
    let changed = sqlx::query(statement)
        .bind(marker.as_bytes().as_slice())
        .bind(tx)
        .bind(seconds(valid_until)?)
        .bind(old.id)
        .bind(&old.tx)
        .execute(&mut *db)
        .await?;
    let replaced = changed.rows_affected() == 1;
    if replaced {
        acceptances::forget(db, old.id).await?;
    }
    Ok(replaced)
}

/// The row whose first action has this hash was seen in the log. Returns the row, if there is one.
pub async fn mark_done(db: &mut Connection, marker: Hash32) -> Result<Option<(i64, Purpose)>> {
    let statement = "update outbox set state = 'done', problem = null where marker = ? returning id, purpose";
    let row: Option<(i64, String)> =
        sqlx::query_as(statement).bind(marker.as_bytes().as_slice()).fetch_optional(&mut *db).await?;
    let Some((id, purpose)) = row else { return Ok(None) };
    acceptances::forget(db, id).await?;
    Ok(Some((id, Purpose::parse(&purpose)?)))
}

/// The ledger will never take it.
pub async fn mark_refused(db: &mut Connection, id: i64, problem: &str) -> Result<()> {
    let statement = "update outbox set state = 'refused', problem = ? where id = ? and state = 'waiting'";
    sqlx::query(statement).bind(problem).bind(id).execute(db).await?;
    Ok(())
}

/// How a transaction ended, or that it has not.
pub async fn fate(db: &mut Connection, id: i64) -> Result<Fate> {
    let row: Option<(String, Option<String>)> =
        sqlx::query_as("select state, problem from outbox where id = ?").bind(id).fetch_optional(db).await?;
    let (state, problem) = row.ok_or(GatekeeperError::Damaged("a transaction that is gone"))?;
    match state.as_str() {
        "waiting" => Ok(Fate::Waiting { problem }),
        "done" => Ok(Fate::Done),
        "refused" => Ok(Fate::Refused { problem: problem.unwrap_or_default() }),
        _ => Err(GatekeeperError::Damaged("the state of a transaction")),
    }
}

fn rows(rows: Vec<sqlx::sqlite::SqliteRow>) -> Result<Vec<Waiting>> {
    rows.iter()
        .map(|row| {
            Ok(Waiting {
                id: row.try_get("id")?,
                purpose: Purpose::parse(row.try_get("purpose")?)?,
                relationship: RelationshipAddress::from_bytes(fixed(row.try_get("relationship")?)?),
                tx: row.try_get("tx")?,
                valid_until: time(row.try_get("valid_until")?)?,
                attempts: row.try_get("attempts")?,
                problem: row.try_get("problem")?,
                created: time(row.try_get("created")?)?,
            })
        })
        .collect()
}
