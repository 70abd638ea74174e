//! Nonces of HTTP requests, kept until the request has expired, also across restarts.

use medrec_protocol::Timestamp;

use super::{Connection, column::seconds};
use crate::error::Result;

/// Remembers a nonce. Says false when it was seen before.
pub async fn remember(db: &mut Connection, key_id: &str, nonce: &[u8], expires: Timestamp) -> Result<bool> {
    let statement = "insert into seen_nonce (key_id, nonce, expires) values (?, ?, ?) on conflict do nothing";
    let inserted =
        sqlx::query(statement).bind(key_id).bind(nonce).bind(seconds(expires)?).execute(db).await?;
    Ok(inserted.rows_affected() == 1)
}

/// Forgets nonces of requests that expired before this time.
pub async fn forget_before(db: &mut Connection, time: Timestamp) -> Result<()> {
    sqlx::query("delete from seen_nonce where expires < ?").bind(seconds(time)?).execute(db).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::TestStore;

    #[tokio::test]
    async fn a_nonce_is_taken_once_also_after_a_restart() {
        let store = TestStore::new().await;
        let mut tx = store.store.begin().await.unwrap();
        let until = Timestamp::from_seconds(100);
        assert!(remember(&mut tx, "a", b"n", until).await.unwrap());
        assert!(remember(&mut tx, "b", b"n", until).await.unwrap());
        tx.commit().await.unwrap();
        let store = store.reopened().await;
        let mut tx = store.store.begin().await.unwrap();
        assert!(!remember(&mut tx, "a", b"n", until).await.unwrap());
        forget_before(&mut tx, until).await.unwrap();
        assert!(!remember(&mut tx, "a", b"n", until).await.unwrap());
        forget_before(&mut tx, until.plus(1)).await.unwrap();
        assert!(remember(&mut tx, "a", b"n", until).await.unwrap());
    }
}
