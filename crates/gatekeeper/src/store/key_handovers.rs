//! To whom viewing keys were handed, and when. A row is durable before the key leaves.

use medrec_protocol::{Address, Epoch, RelationshipAddress, Timestamp, codec};

use super::{
    Connection,
    column::{seconds, uint},
};
use crate::error::Result;

/// A key that is about to be handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHandover {
    /// The relationship that the key opens.
    pub relationship: RelationshipAddress,
    /// Who asked for it.
    pub recipient: Address,
    /// The key.
    pub epoch: Epoch,
    /// Who looked, as the recipient stated.
    pub person: String,
    /// When, by the gatekeeper's clock.
    pub at: Timestamp,
}

/// Writes it down.
pub async fn insert(db: &mut Connection, new: &KeyHandover) -> Result<()> {
    let statement =
        "insert into key_handover (relationship, recipient, epoch, person, at) values (?, ?, ?, ?, ?)";
    sqlx::query(statement)
        .bind(new.relationship.as_bytes().as_slice())
        .bind(codec::encode(&new.recipient))
        .bind(i64::from(new.epoch.count()))
        .bind(&new.person)
        .bind(seconds(new.at)?)
        .execute(db)
        .await?;
    Ok(())
}

/// How often the key of a relationship was handed over.
pub async fn count(db: &mut Connection, of: RelationshipAddress) -> Result<u64> {
    let count = sqlx::query_scalar("select count(*) from key_handover where relationship = ?");
    uint(count.bind(of.as_bytes().as_slice()).fetch_one(db).await?)
}
