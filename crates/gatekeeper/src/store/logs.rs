//! The verified log of each relationship, and what was read from it: record pointers and terms of grants.

use std::collections::BTreeMap;

use medrec_protocol::{
    Commitment, RecordKind, RelationshipAddress, codec,
    decide::RecordFacts,
    payload::{EmergencyTerms, GrantTerms},
    state::{GrantId, LiveGrant},
};
use sqlx::Row as _;

use super::{
    Connection,
    column::{decoded, fixed, int, uint},
};
use crate::error::{GatekeeperError, Result};

/// A record pointer with its opened description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// Commitment to the bytes.
    pub commitment: Commitment,
    /// Place, first version and kind.
    pub facts: RecordFacts,
    /// The payload's bytes.
    pub description: Vec<u8>,
    /// Salt that proves the payload against the ledger's entry.
    pub opening_salt: [u8; 32],
}

/// Keeps an entry.
pub async fn append(db: &mut Connection, log: RelationshipAddress, index: u64, entry: &[u8]) -> Result<()> {
    sqlx::query("insert into log_entry (relationship, idx, entry) values (?, ?, ?)")
        .bind(log.as_bytes().as_slice())
        .bind(int(index)?)
        .bind(entry)
        .execute(db)
        .await?;
    Ok(())
}

/// Entries kept.
pub async fn count(db: &mut Connection, log: RelationshipAddress) -> Result<u64> {
    let count = sqlx::query_scalar("select count(*) from log_entry where relationship = ?");
    uint(count.bind(log.as_bytes().as_slice()).fetch_one(db).await?)
}

/// Keeps a pointer.
pub async fn insert_pointer(db: &mut Connection, log: RelationshipAddress, pointer: &Pointer) -> Result<()> {
    let statement = "insert into pointer
        (relationship, idx, commitment, first_version, kind, description, opening_salt)
        values (?, ?, ?, ?, ?, ?, ?)";
    sqlx::query(statement)
        .bind(log.as_bytes().as_slice())
        .bind(int(pointer.facts.index)?)
        .bind(pointer.commitment.as_bytes().as_slice())
        .bind(int(pointer.facts.first_version)?)
        .bind(pointer.facts.kind as i64)
        .bind(&pointer.description)
        .bind(pointer.opening_salt.as_slice())
        .execute(db)
        .await?;
    Ok(())
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select idx, commitment, first_version, kind, description, opening_salt, withdrawn from pointer where relationship = ? ",
            $rest
        )
    };
}

/// The pointer with this commitment; if it was published more than once, the first. (DECIDE-13)
pub async fn pointer(
    db: &mut Connection,
    log: RelationshipAddress,
    commitment: Commitment,
) -> Result<Option<Pointer>> {
    let row = sqlx::query(select!("and commitment = ? order by idx limit 1"))
        .bind(log.as_bytes().as_slice())
        .bind(commitment.as_bytes().as_slice())
        .fetch_optional(db)
        .await?;
    row.map(|row| from_row(&row)).transpose()
}

/// Up to `limit` records from place `from` on: a commitment that was published before is none. (DECIDE-13)
pub async fn pointers_from(
    db: &mut Connection,
    log: RelationshipAddress,
    from: u64,
    limit: u32,
) -> Result<Vec<Pointer>> {
    let rows = sqlx::query(select!(
        "and idx >= ? and not exists (select 1 from pointer earlier where earlier.relationship = pointer.relationship
         and earlier.commitment = pointer.commitment and earlier.idx < pointer.idx) order by idx limit ?"
    ))
        .bind(log.as_bytes().as_slice())
        .bind(int(from)?)
        .bind(i64::from(limit))
        .fetch_all(db)
        .await?;
    rows.iter().map(from_row).collect()
}

/// First version of the record whose pointer stands at `index`. (DECIDE-12)
pub async fn first_version(db: &mut Connection, log: RelationshipAddress, index: u64) -> Result<Option<u64>> {
    let found: Option<i64> =
        sqlx::query_scalar("select first_version from pointer where relationship = ? and idx = ?")
            .bind(log.as_bytes().as_slice())
            .bind(int(index)?)
            .fetch_optional(db)
            .await?;
    found.map(uint).transpose()
}

/// The publisher took the pointer at `index` back by the entry at `by`. Says whether there is such a pointer.
pub async fn withdraw(db: &mut Connection, log: RelationshipAddress, index: u64, by: u64) -> Result<bool> {
    let statement =
        "update pointer set withdrawn = coalesce(withdrawn, ?) where relationship = ? and idx = ?";
    let changed = sqlx::query(statement)
        .bind(int(by)?)
        .bind(log.as_bytes().as_slice())
        .bind(int(index)?)
        .execute(db)
        .await?;
    Ok(changed.rows_affected() == 1)
}

/// Keeps the terms of emergency access that stand in the entry at `index`.
pub async fn insert_emergency_terms(
    db: &mut Connection,
    log: RelationshipAddress,
    index: u64,
    terms: &EmergencyTerms,
) -> Result<()> {
    let statement =
        "insert into emergency_terms (relationship, idx, terms) values (?, ?, ?) on conflict do nothing";
    sqlx::query(statement)
        .bind(log.as_bytes().as_slice())
        .bind(int(index)?)
        .bind(codec::encode(terms))
        .execute(db)
        .await?;
    Ok(())
}

/// The terms of emergency access that the leaf names, if they could be opened.
pub async fn emergency_terms(
    db: &mut Connection,
    log: RelationshipAddress,
    entry: Option<u64>,
) -> Result<Option<EmergencyTerms>> {
    let Some(entry) = entry else { return Ok(None) };
    let found: Option<Vec<u8>> =
        sqlx::query_scalar("select terms from emergency_terms where relationship = ? and idx = ?")
            .bind(log.as_bytes().as_slice())
            .bind(int(entry)?)
            .fetch_optional(db)
            .await?;
    found.map(|terms| decoded(&terms)).transpose()
}

/// Keeps the terms of a grant. An id that is given again after its grant expired has the terms of its newest
/// entry. (DECIDE-11)
pub async fn insert_terms(
    db: &mut Connection,
    log: RelationshipAddress,
    grant: GrantId,
    index: u64,
    terms: &GrantTerms,
) -> Result<()> {
    let statement = "insert into grant_terms (relationship, grant_id, idx, terms) values (?, ?, ?, ?)
        on conflict (relationship, grant_id) do update set idx = excluded.idx, terms = excluded.terms";
    sqlx::query(statement)
        .bind(log.as_bytes().as_slice())
        .bind(grant.as_bytes().as_slice())
        .bind(int(index)?)
        .bind(codec::encode(terms))
        .execute(db)
        .await?;
    Ok(())
}

/// Terms of every grant that stands in the leaf: those of the very entry that the leaf names. (DECIDE-11)
pub async fn terms(
    db: &mut Connection,
    log: RelationshipAddress,
    grants: &BTreeMap<GrantId, LiveGrant>,
) -> Result<BTreeMap<GrantId, GrantTerms>> {
    let rows: Vec<(Vec<u8>, i64, Vec<u8>)> =
        sqlx::query_as("select grant_id, idx, terms from grant_terms where relationship = ?")
            .bind(log.as_bytes().as_slice())
            .fetch_all(db)
            .await?;
    let mut standing = BTreeMap::new();
    for (id, index, terms) in rows {
        let (id, index) = (GrantId::from_bytes(fixed(id)?), uint(index)?);
        if grants.get(&id).is_some_and(|grant| grant.entry == index) {
            standing.insert(id, decoded(&terms)?);
        }
    }
    Ok(standing)
}

fn from_row(row: &sqlx::sqlite::SqliteRow) -> Result<Pointer> {
    let kind: i64 = row.try_get("kind")?;
    let kind = RecordKind::ALL.iter().copied().find(|known| *known as i64 == kind);
    Ok(Pointer {
        commitment: Commitment::from_bytes(fixed(row.try_get("commitment")?)?),
        facts: RecordFacts {
            index: uint(row.try_get("idx")?)?,
            first_version: uint(row.try_get("first_version")?)?,
            kind: kind.ok_or(GatekeeperError::Damaged("the kind of a record"))?,
            withdrawn: row.try_get::<Option<i64>, _>("withdrawn")?.is_some(),
        },
        description: row.try_get("description")?,
        opening_salt: fixed(row.try_get("opening_salt")?)?,
    })
}
