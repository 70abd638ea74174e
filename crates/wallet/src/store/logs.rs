//! How far each log is known.

use medrec_protocol::{
    codec,
    log::{Frontier, LogId},
};

use super::{Connection, StoreError, column::decoded};

fn name(log: LogId) -> String {
    match log {
        LogId::Directory => "directory".to_owned(),
        LogId::Relationship(address) => address.to_string(),
    }
}

/// The right edge of what is kept of a log.
pub(crate) async fn frontier(db: &mut Connection, log: LogId) -> Result<Frontier, StoreError> {
    let bytes: Option<Vec<u8>> = sqlx::query_scalar("select frontier from log where log = ?")
        .bind(name(log))
        .fetch_optional(db)
        .await?;
    bytes.map_or_else(|| Ok(Frontier::default()), |bytes| decoded(&bytes))
}

/// Writes the right edge, in the same transaction as the entries before it.
pub(crate) async fn set_frontier(
    db: &mut Connection,
    log: LogId,
    frontier: &Frontier,
) -> Result<(), StoreError> {
    sqlx::query("insert into log (log, frontier) values (?, ?) on conflict (log) do update set frontier = excluded.frontier")
        .bind(name(log))
        .bind(codec::encode(frontier))
        .execute(db)
        .await?;
    Ok(())
}
