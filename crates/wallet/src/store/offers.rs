//! Offers to help somebody.

use medrec_protocol::Timestamp;
use sqlx::Row as _;

use super::{Connection, StoreError, column};

/// An offer.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    /// Its number: which agents' keys are its own.
    pub number: u32,
    /// For whom, in the words of whoever made it.
    pub label: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// All offers, oldest first.
pub(crate) async fn all(db: &mut Connection) -> Result<Vec<Offer>, StoreError> {
    let rows =
        sqlx::query("select number, label, created_at from offer order by number").fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            let number = u32::try_from(row.try_get::<i64, _>(0)?);
            Ok(Offer {
                number: number.map_err(|_| StoreError::Damaged("an offer"))?,
                label: row.try_get(1)?,
                created_at: column::time(row.try_get(2)?)?,
            })
        })
        .collect()
}

/// Keeps an offer, or gives it another name.
pub(crate) async fn put(db: &mut Connection, offer: &Offer) -> Result<(), StoreError> {
    sqlx::query(
        "insert into offer (number, label, created_at) values (?, ?, ?) \
         on conflict (number) do update set label = excluded.label",
    )
    .bind(i64::from(offer.number))
    .bind(&offer.label)
    .bind(column::seconds(offer.created_at))
    .execute(db)
    .await?;
    Ok(())
}
