use medrec_protocol::Timestamp;
use sqlx::Row as _;

use super::{Store, StoreError, listing, many_records, preferences, providers::Names};

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

/// A database as the first release made it.
async fn first_release(path: &std::path::Path) -> Store {
    let folder = tempfile::tempdir().unwrap();
    let first = include_str!("../../../../migrations/wallet/0001_init.sql");
    std::fs::write(folder.path().join("0001_init.sql"), first).unwrap();
    let layout = sqlx::migrate::Migrator::new(folder.path()).await.unwrap();
    Store::open_with(path, &KEY, &layout).await.unwrap()
}

#[tokio::test]
async fn a_database_of_the_first_release_keeps_its_data_and_its_records_are_not_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wallet.db");
    let old = first_release(&path).await;
    many_records::filled(&old, 7).await;
    assert!(preferences::read(&mut old.read().await.unwrap()).await.is_err());
    old.close().await;
    let store = Store::open(&path, &KEY).await.unwrap();
    assert!(schema(&store).await == include_str!("schema.sql.txt"));
    let mut read = store.read().await.unwrap();
    let found = preferences::read(&mut read).await.unwrap();
    assert_eq!((found.words_checked, found.records_seen), (None, 7));
    assert_eq!(listing::count_current(&mut read, 0).await.unwrap(), 7);
    assert_eq!(listing::count(&mut read, &listing::Wanted::default()).await.unwrap(), 7);
    assert_eq!(listing::count_current(&mut read, found.records_seen).await.unwrap(), 0);
    assert!(listing::arrived(&mut read, 7, 3, &Names::default()).await.unwrap().is_empty());
    drop(read);
    store.close().await;
    Store::open(&path, &KEY).await.unwrap().close().await;
}

#[tokio::test]
async fn what_a_person_did_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("wallet.db"), &KEY).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let found = preferences::read(&mut tx).await.unwrap();
    assert_eq!((found.words_checked, found.records_seen), (None, 0));
    preferences::set_records_seen(&mut tx).await.unwrap();
    assert_eq!(preferences::read(&mut tx).await.unwrap(), found);
    preferences::set_words_checked(&mut tx, Timestamp::from_seconds(5)).await.unwrap();
    tx.commit().await.unwrap();
    let found = preferences::read(&mut store.read().await.unwrap()).await.unwrap();
    assert_eq!(found.words_checked, Some(Timestamp::from_seconds(5)));
    store.close().await;
}

/// What the first screen reads, and the index that each reading goes by.
const READINGS: [(&str, &str); 7] = [
    (
        "select count(*) from record indexed by record_current where superseded_by is null and id > 1",
        "record_current",
    ),
    (
        "select count(*) from record r left join copy c on c.record = r.id where r.superseded_by is null \
         and c.state = 'mismatch'",
        "copy_by_state",
    ),
    (
        "select * from request where answered_at is null and not_after >= 1 order by asked_at desc",
        "request_waiting",
    ),
    ("select * from grant_given g where g.revoked_at is null and g.not_after >= 1", "grant_standing"),
    (
        "select d.id from disclosure d join relationship r on r.address = d.relationship where 1 = 1 and \
         (d.recipient is not null or d.grant_id is not null) order by d.at desc, d.id desc limit 3",
        "disclosure_by_others",
    ),
    (
        "select d.id from disclosure d join relationship r on r.address = d.relationship where 1 = 1 and \
         (d.recipient is not null or d.grant_id is not null) and d.at >= 1 order by d.at desc, d.id desc limit 3",
        "disclosure_by_others",
    ),
    ("select count(*) from entry where reading <> 'read'", "entry_unreadable"),
];

#[tokio::test]
async fn what_the_first_screen_reads_is_found_by_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("wallet.db"), &KEY).await.unwrap();
    for (sql, index) in READINGS {
        let explained = sqlx::query(sqlx::AssertSqlSafe(format!("explain query plan {sql}")));
        let rows = explained.fetch_all(&mut *store.read().await.unwrap()).await.unwrap();
        let plan = rows.iter().map(|row| row.get::<String, _>(3)).collect::<Vec<_>>().join("; ");
        assert!(plan.contains(index), "{sql}: {plan}");
    }
    store.close().await;
}
