//! Everybody who was ever appointed to act for this person, former delegates too.

use std::collections::BTreeMap;

use medrec_protocol::{AgentAddress, RelationshipAddress, Timestamp};
use sqlx::Row as _;

use super::{Connection, StoreError, column};

/// Names of delegates.
#[derive(Clone, Debug, Default)]
pub(crate) struct AgentNames(BTreeMap<(RelationshipAddress, AgentAddress), String>);

impl AgentNames {
    /// The name of a delegate; the address where none is known.
    pub fn name_of(&self, relationship: RelationshipAddress, agent: AgentAddress) -> String {
        self.0.get(&(relationship, agent)).cloned().unwrap_or_else(|| agent.to_string())
    }
}

/// When a delegate could act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Appointed {
    /// When it was signed.
    pub at: Timestamp,
    /// Last second.
    pub not_after: Timestamp,
    /// When it was ended before that.
    pub ended_at: Option<Timestamp>,
}

/// Keeps an appointment.
pub(crate) async fn appoint(
    db: &mut Connection,
    relationship: &str,
    agent: AgentAddress,
    name: Option<&str>,
    at: Timestamp,
    not_after: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into delegate (relationship, agent, name, appointed_at, not_after) values (?, ?, ?, ?, ?) \
         on conflict (relationship, agent) do update set name = excluded.name, \
         appointed_at = excluded.appointed_at, not_after = excluded.not_after, ended_at = null",
    )
    .bind(relationship)
    .bind(agent.to_string())
    .bind(name)
    .bind(column::seconds(at))
    .bind(column::seconds(not_after))
    .execute(db)
    .await?;
    Ok(())
}

/// Keeps the end of an appointment.
pub(crate) async fn end(
    db: &mut Connection,
    relationship: &str,
    agent: AgentAddress,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("update delegate set ended_at = ? where relationship = ? and agent = ?")
        .bind(column::seconds(at))
        .bind(relationship)
        .bind(agent.to_string())
        .execute(db)
        .await?;
    Ok(())
}

/// One appointment.
pub(crate) async fn get(
    db: &mut Connection,
    relationship: RelationshipAddress,
    agent: AgentAddress,
) -> Result<Option<Appointed>, StoreError> {
    let sql = "select appointed_at, not_after, ended_at from delegate where relationship = ? and agent = ?";
    let row =
        sqlx::query(sql).bind(relationship.to_string()).bind(agent.to_string()).fetch_optional(db).await?;
    row.map(|row| {
        Ok(Appointed {
            at: column::time(row.try_get(0)?)?,
            not_after: column::time(row.try_get(1)?)?,
            ended_at: row.try_get::<Option<i64>, _>(2)?.map(column::time).transpose()?,
        })
    })
    .transpose()
}

/// The names of all.
pub(crate) async fn names(db: &mut Connection) -> Result<AgentNames, StoreError> {
    let rows = sqlx::query("select relationship, agent, name from delegate where name is not null")
        .fetch_all(db)
        .await?;
    let names = rows.iter().map(|row| {
        let (relationship, agent): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        Ok(((column::text(&relationship)?, column::text(&agent)?), row.try_get(2)?))
    });
    Ok(AgentNames(names.collect::<Result<_, StoreError>>()?))
}
