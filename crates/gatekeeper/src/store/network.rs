//! The network that was joined, and the last header that was verified.

use super::{
    Connection,
    column::{int, uint},
};
use crate::error::Result;

/// The network file, as it was joined.
pub async fn file(db: &mut Connection) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("select file from network").fetch_optional(db).await?)
}

/// Joins a network. There is at most one.
pub async fn join(db: &mut Connection, file: &str) -> Result<()> {
    let statement =
        "insert into network (one, file) values (1, ?) on conflict (one) do update set file = excluded.file";
    sqlx::query(statement).bind(file).execute(db).await?;
    Ok(())
}

/// The last verified header: its height, and the light client's own encoding of it.
pub async fn head(db: &mut Connection) -> Result<Option<(u64, Vec<u8>)>> {
    let row: Option<(i64, Option<Vec<u8>>)> =
        sqlx::query_as("select head_height, head from network").fetch_optional(db).await?;
    match row {
        Some((height, Some(head))) => Ok(Some((uint(height)?, head))),
        _ => Ok(None),
    }
}

/// Keeps a verified header. A lower one never replaces a higher one: commands run beside the server.
pub async fn save_head(db: &mut Connection, height: u64, head: &[u8]) -> Result<()> {
    let statement = "update network set head = ?2, head_height = ?1 where head_height < ?1";
    sqlx::query(statement).bind(int(height)?).bind(head).execute(db).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::TestStore;

    #[tokio::test]
    async fn a_lower_header_never_replaces_a_higher_one() {
        let store = TestStore::new().await;
        let mut tx = store.store.begin().await.unwrap();
        join(&mut tx, "{}").await.unwrap();
        assert_eq!(head(&mut tx).await.unwrap(), None);
        save_head(&mut tx, 7, b"seven").await.unwrap();
        save_head(&mut tx, 5, b"five").await.unwrap();
        assert_eq!(head(&mut tx).await.unwrap(), Some((7, b"seven".to_vec())));
        join(&mut tx, "{\"again\":1}").await.unwrap();
        assert_eq!(head(&mut tx).await.unwrap(), Some((7, b"seven".to_vec())));
    }
}
