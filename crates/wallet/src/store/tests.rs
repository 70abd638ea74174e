use super::{Store, StoreError};

const KEY: [u8; 32] = [7; 32];

async fn schema(store: &Store) -> String {
    let mut read = store.read().await.unwrap();
    let parts: Vec<(String, String)> = sqlx::query_as(
        "select name, sql from sqlite_schema where sql is not null and name not like '_sqlx%' \
         and name not like 'record_text_%' order by type desc, name",
    )
    .fetch_all(&mut *read)
    .await
    .unwrap();
    let lines = parts.iter().map(|(_, sql)| {
        let code = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
        code.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[tokio::test]
async fn the_migrated_schema_is_the_pinned_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("wallet.db"), &KEY).await.unwrap();
    let found = schema(&store).await;
    let pinned = include_str!("schema.sql.txt");
    store.close().await;
    assert!(found == pinned, "the schema is now:\n{found}");
}

#[tokio::test]
async fn another_key_is_refused_and_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wallet.db");
    Store::open(&path, &KEY).await.unwrap().close().await;
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(Store::open(&path, &[8; 32]).await, Err(StoreError::WrongKey)));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    Store::open(&path, &KEY).await.unwrap().close().await;
}

#[tokio::test]
async fn nothing_of_the_file_is_in_clear() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wallet.db");
    Store::open(&path, &KEY).await.unwrap().close().await;
    let bytes = std::fs::read(&path).unwrap();
    for clear in [b"SQLite format 3".as_slice(), b"relationship", b"create table"] {
        assert!(!bytes.windows(clear.len()).any(|window| window == clear));
    }
}

#[tokio::test]
async fn a_damaged_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wallet.db");
    Store::open(&path, &KEY).await.unwrap().close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(Store::open(&path, &KEY).await, Err(StoreError::WrongKey)));
    std::fs::write(&path, b"not a database at all, but long enough to be looked at as one").unwrap();
    assert!(Store::open(&path, &KEY).await.is_err());
}
