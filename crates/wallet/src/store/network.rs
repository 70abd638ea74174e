//! The network that was joined, and how far its ledger is verified.

use medrec_client::{NetworkFile, TrustedHead};
use medrec_protocol::{ChainIdentity, Timestamp};
use sqlx::Row as _;

use super::{
    Connection, StoreError,
    column::{int, seconds, time, uint},
};

/// The network that was joined.
#[derive(Clone, Debug)]
pub(crate) struct Joined {
    /// Its file.
    pub file: NetworkFile,
    /// Newest verified header, as it is stored.
    pub head: Option<Vec<u8>>,
    /// Its height.
    pub head_height: Option<u64>,
    /// Its time.
    pub head_time: Option<Timestamp>,
    /// When a sync last ended well.
    pub checked_at: Option<Timestamp>,
    /// Key index from which relationships are still to be looked for.
    pub scan_from: Option<u32>,
}

impl Joined {
    /// The ledger.
    pub fn chain(&self) -> ChainIdentity {
        self.file.identity()
    }
}

/// The network; none before one is joined.
pub(crate) async fn read(db: &mut Connection) -> Result<Option<Joined>, StoreError> {
    let row = sqlx::query("select file, head, head_height, head_time, checked_at, scan_from from network")
        .fetch_optional(db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let file: String = row.try_get(0)?;
    let file = NetworkFile::parse(file.as_bytes()).map_err(|_| StoreError::Damaged("the network file"))?;
    let scan_from: Option<i64> = row.try_get(5)?;
    let scan_from = scan_from.map(u32::try_from).transpose();
    Ok(Some(Joined {
        file,
        head: row.try_get(1)?,
        head_height: row.try_get::<Option<i64>, _>(2)?.map(uint).transpose()?,
        head_time: row.try_get::<Option<i64>, _>(3)?.map(time).transpose()?,
        checked_at: row.try_get::<Option<i64>, _>(4)?.map(time).transpose()?,
        scan_from: scan_from.map_err(|_| StoreError::Damaged("a key index"))?,
    }))
}

/// Writes the network, or new addresses of nodes for it.
pub(crate) async fn join(
    db: &mut Connection,
    file: &NetworkFile,
    scan_from: Option<u32>,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into network (one, chain_id, genesis_hash, file, scan_from) values (1, ?, ?, ?, ?) \
         on conflict (one) do update set file = excluded.file",
    )
    .bind(file.chain_id.as_str())
    .bind(file.genesis_hash.to_string())
    .bind(file.to_json())
    .bind(scan_from.map(i64::from))
    .execute(db)
    .await?;
    Ok(())
}

/// Writes the newest verified header.
pub(crate) async fn set_head(db: &mut Connection, head: &TrustedHead) -> Result<(), StoreError> {
    sqlx::query("update network set head = ?, head_height = ?, head_time = ?")
        .bind(head.to_json())
        .bind(int(head.height().get())?)
        .bind(seconds(head.head().time))
        .execute(db)
        .await?;
    Ok(())
}

/// Writes that everything is up to date.
pub(crate) async fn set_checked(db: &mut Connection, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("update network set checked_at = ?").bind(seconds(now)).execute(db).await?;
    Ok(())
}

/// Writes from where relationships are still to be looked for.
pub(crate) async fn set_scan(db: &mut Connection, from: Option<u32>) -> Result<(), StoreError> {
    sqlx::query("update network set scan_from = ?").bind(from.map(i64::from)).execute(db).await?;
    Ok(())
}
