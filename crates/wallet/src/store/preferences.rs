//! What a person has done and looked at in this wallet: one row, made with the table.

use medrec_protocol::Timestamp;
use sqlx::Row as _;

use super::{Connection, StoreError, column};

/// What a person has done and looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Preferences {
    /// When the recovery words were checked.
    pub words_checked: Option<Timestamp>,
    /// Row of the newest record that was there when the list was looked at; 0 before the first look. Rows are numbered in the
    /// order of arrival, so a record that arrives late is new, however old it is.
    pub records_seen: i64,
}

/// The preferences.
pub(crate) async fn read(db: &mut Connection) -> Result<Preferences, StoreError> {
    let row = sqlx::query("select words_checked_at, records_seen from preference").fetch_one(db).await?;
    Ok(Preferences {
        words_checked: row.try_get::<Option<i64>, _>(0)?.map(column::time).transpose()?,
        records_seen: row.try_get::<Option<i64>, _>(1)?.unwrap_or(0),
    })
}

/// Writes that the recovery words were checked.
pub(crate) async fn set_words_checked(db: &mut Connection, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("update preference set words_checked_at = ?").bind(column::seconds(now)).execute(db).await?;
    Ok(())
}

/// Writes that every record that is here was seen.
pub(crate) async fn set_records_seen(db: &mut Connection) -> Result<(), StoreError> {
    sqlx::query("update preference set records_seen = (select max(id) from record)").execute(db).await?;
    Ok(())
}
