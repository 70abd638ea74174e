//! Whose word a transaction waits on, and which nodes did not keep theirs.

use medrec_protocol::Timestamp;
use sqlx::Row as _;

use super::{
    Connection,
    column::{int, seconds, time, uint},
};
use crate::{error::Result, ledger_view::Head};

/// A node that took a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Operator and address.
    pub node: String,
    /// When, by this computer's clock.
    pub at: Timestamp,
    /// The newest verified header at that time.
    pub head: Head,
    /// The verified log was looked through since, long enough after, and does not have it.
    pub missed: bool,
}

/// A node that accepted transactions and brought them into no block.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Swallowing {
    /// Operator and address.
    pub node: String,
    /// How often.
    pub times: u64,
    /// When this was seen first.
    pub first: Timestamp,
    /// When this was seen last.
    pub last: Timestamp,
}

/// Whose word the transaction waits on.
pub async fn of(db: &mut Connection, outbox: i64) -> Result<Option<Acceptance>> {
    let statement = "select node, at, height, time, missed from acceptance where outbox = ?";
    let row = sqlx::query(statement).bind(outbox).fetch_optional(db).await?;
    row.map(|row| {
        let head = Head { height: uint(row.try_get("height")?)?, time: time(row.try_get("time")?)? };
        let (node, at, missed) = (row.try_get("node")?, time(row.try_get("at")?)?, row.try_get("missed")?);
        Ok(Acceptance { node, at, head, missed })
    })
    .transpose()
}

/// Waits on the word of this node from now on. Says false, and changes nothing, when these bytes do not wait any more.
pub async fn set(db: &mut Connection, outbox: i64, tx: &[u8], acceptance: &Acceptance) -> Result<bool> {
    let statement = "insert into acceptance (outbox, node, at, height, time, missed)
        select id, ?, ?, ?, ?, ? from outbox where id = ? and state = 'waiting' and tx = ?
        on conflict (outbox) do update set node = excluded.node, at = excluded.at, height = excluded.height,
            time = excluded.time, missed = excluded.missed";
    let set = sqlx::query(statement)
        .bind(&acceptance.node)
        .bind(seconds(acceptance.at)?)
        .bind(int(acceptance.head.height)?)
        .bind(seconds(acceptance.head.time)?)
        .bind(acceptance.missed)
        .bind(outbox)
        .bind(tx)
        .execute(db)
        .await?;
    Ok(set.rows_affected() == 1)
}

/// The verified log does not have it, although there was time.
pub async fn set_missed(db: &mut Connection, outbox: i64) -> Result<()> {
    sqlx::query("update acceptance set missed = 1 where outbox = ?").bind(outbox).execute(db).await?;
    Ok(())
}

/// Waits on nobody's word.
pub async fn forget(db: &mut Connection, outbox: i64) -> Result<()> {
    sqlx::query("delete from acceptance where outbox = ?").bind(outbox).execute(db).await?;
    Ok(())
}

/// A node did not keep its word.
pub async fn note_swallowed(db: &mut Connection, node: &str, now: Timestamp) -> Result<()> {
    let statement = "insert into swallowed (node, times, first, last) values (?1, 1, ?2, ?2)
        on conflict (node) do update set times = times + 1, last = excluded.last";
    sqlx::query(statement).bind(node).bind(seconds(now)?).execute(db).await?;
    Ok(())
}

/// Nodes that did not keep their word since then, the worst first.
pub async fn swallowing(db: &mut Connection, since: Timestamp) -> Result<Vec<Swallowing>> {
    let statement =
        "select node, times, first, last from swallowed where last >= ? order by times desc, node";
    let rows = sqlx::query(statement).bind(seconds(since)?).fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            Ok(Swallowing {
                node: row.try_get("node")?,
                times: uint(row.try_get("times")?)?,
                first: time(row.try_get("first")?)?,
                last: time(row.try_get("last")?)?,
            })
        })
        .collect()
}
