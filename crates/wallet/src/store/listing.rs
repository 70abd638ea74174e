//! Lists of records: filters, search, pages.

use medrec_protocol::{Commitment, RelationshipAddress, Timestamp};
use medrec_records::{PartialDate, fold};
use sqlx::{QueryBuilder, Row as _, Sqlite, sqlite::SqliteRow};

use super::{Connection, StoreError, column, providers::Names};
use crate::view::{Badge, CodeView, CopyView, MismatchView, RecordFilter, RecordId, RecordRow, VersionView};

/// Most words of one search.
const MAX_WORDS: usize = 16;

/// Rows of every list; the order of columns is that of [`read`].
const ROWS: &str = "select r.id, r.key, r.provider, r.kind, r.title, r.fhir_type, r.status, r.date, r.author, r.place, \
     r.media_type, r.size, r.published_at, r.readable, r.superseded_by, c.state, r.sort_date, \
     (select count(*) from record v where v.relationship = r.relationship and v.first_version = r.first_version) \
     from record r left join copy c on c.record = r.id where 1 = 1";
/// The same without what counting does not need.
const COUNT: &str = "select count(*) from record r where 1 = 1";
const COUNT_WITH_COPIES: &str =
    "select count(*) from record r left join copy c on c.record = r.id where 1 = 1";

/// A row and where it stands in the order.
pub(crate) struct Placed {
    /// The row.
    pub row: RecordRow,
    /// Its date for ordering.
    pub sort_date: String,
}

/// Why a filter cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadDate;

/// A filter whose texts were read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    filter: RecordFilter,
    query: Option<String>,
    until: Option<String>,
}

impl Wanted {
    /// Reads a filter.
    pub fn new(filter: &RecordFilter) -> Result<Self, BadDate> {
        let day = |text: &Option<String>| -> Result<Option<String>, BadDate> {
            let Some(text) = text else { return Ok(None) };
            let date: PartialDate = text.parse().map_err(|_| BadDate)?;
            Ok(Some(date.to_day_or_coarser().to_string()))
        };
        let filter =
            RecordFilter { since: day(&filter.since)?, until: day(&filter.until)?, ..filter.clone() };
        // '~' sorts behind everything that a date can go on with.
        let until = filter.until.as_ref().map(|until| format!("{until}~"));
        let query = filter.search.as_deref().and_then(match_expression);
        Ok(Self { filter, query, until })
    }

    fn apply(&self, sql: &mut QueryBuilder<Sqlite>, search: Search) {
        let filter = &self.filter;
        if !filter.all_versions && filter.badge != Some(Badge::Superseded) {
            sql.push(" and r.superseded_by is null");
        }
        if let Some(provider) = filter.provider {
            sql.push(" and r.provider = ").push_bind(provider.to_string());
        }
        if let Some(kind) = filter.kind {
            sql.push(" and r.kind = ").push_bind(kind.as_str());
        }
        if let Some(since) = &filter.since {
            sql.push(" and r.sort_date >= ").push_bind(since.clone());
        }
        if let Some(until) = &self.until {
            sql.push(" and r.sort_date <= ").push_bind(until.clone());
        }
        if let Some(query) = &self.query {
            sql.push(match search {
                Search::FromText => " and r.id in (select rowid from record_text where record_text match ",
                // The plus keeps SQLite from going by row number instead of down the list.
                Search::FromList => " and +r.id in (select rowid from record_text where record_text match ",
            })
            .push_bind(query.clone())
            .push(")");
        }
        sql.push(match filter.badge {
            None => "",
            Some(Badge::CannotBeRead) => " and r.readable = 0",
            Some(Badge::DoesNotMatch) => " and c.state = 'mismatch'",
            Some(Badge::Superseded) => {
                " and r.superseded_by is not null and r.readable = 1 and c.state is not 'mismatch'"
            }
            Some(Badge::Verified) => " and c.state = 'verified' and r.superseded_by is null",
            Some(Badge::NotFetched) => " and c.state is null and r.readable = 1 and r.superseded_by is null",
        });
    }
}

impl Wanted {
    /// The column of the tally that says how many there are; none where they have to be counted.
    fn tallied(&self) -> Option<&'static str> {
        let filter = &self.filter;
        if self.query.is_some() || filter.since.is_some() || self.until.is_some() || filter.all_versions {
            return None;
        }
        match filter.badge {
            None => Some("current"),
            Some(Badge::NotFetched) => Some("bare"),
            Some(Badge::Verified) => Some("verified"),
            Some(Badge::CannotBeRead | Badge::DoesNotMatch | Badge::Superseded) => None,
        }
    }
}

/// From which side a search is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Search {
    /// All that match, then into order: quick when they are few.
    FromText,
    /// Down the list, looking at each whether it matches: quick when they are many.
    FromList,
}

/// Matches up to which a search is done from the text.
const FEW_MATCHES: i64 = 10_000;

impl Wanted {
    async fn search(&self, db: &mut Connection) -> Result<Search, StoreError> {
        let Some(query) = &self.query else { return Ok(Search::FromText) };
        let matches: i64 = sqlx::query_scalar(
            "select count(*) from (select 1 from record_text where record_text match ? limit ?)",
        )
        .bind(query)
        .bind(FEW_MATCHES + 1)
        .fetch_one(db)
        .await?;
        Ok(if matches > FEW_MATCHES { Search::FromList } else { Search::FromText })
    }
}

/// What full-text search is asked for: every word, or its beginning. Quoted, so nothing of it is an operator.
fn match_expression(text: &str) -> Option<String> {
    let folded = fold(text);
    let words = folded.split(' ').filter(|word| word.chars().any(char::is_alphanumeric)).take(MAX_WORDS);
    let terms: Vec<_> = words.map(|word| format!("\"{}\"*", word.replace('"', ""))).collect();
    (!terms.is_empty()).then(|| terms.join(" "))
}

/// A page after a place in the order.
pub(crate) async fn page(
    db: &mut Connection,
    wanted: &Wanted,
    after: Option<(&str, RecordId)>,
    limit: u32,
    names: &Names,
) -> Result<Vec<Placed>, StoreError> {
    let search = wanted.search(&mut *db).await?;
    let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(ROWS);
    wanted.apply(&mut sql, search);
    if let Some((date, id)) = after {
        sql.push(" and (r.sort_date, r.key) < (")
            .push_bind(date.to_owned())
            .push(", ")
            .push_bind(id.to_string())
            .push(")");
    }
    sql.push(" order by r.sort_date desc, r.key desc limit ").push_bind(i64::from(limit));
    sql.build().fetch_all(db).await?.iter().map(|row| read(row, names)).collect()
}

/// How SQLite reads a first page.
#[cfg(test)]
pub(crate) async fn plan(db: &mut Connection, wanted: &Wanted) -> String {
    let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(format!("explain query plan {ROWS}"));
    wanted.apply(&mut sql, Search::FromText);
    sql.push(" order by r.sort_date desc, r.key desc limit 101");
    let rows = sql.build().fetch_all(db).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>(3)).collect::<Vec<_>>().join("; ")
}

/// How many.
pub(crate) async fn count(db: &mut Connection, wanted: &Wanted) -> Result<u64, StoreError> {
    let Some(column) = wanted.tallied() else { return count_each(db, wanted).await };
    let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new("select coalesce(sum(");
    sql.push(column).push("), 0) from tally where 1 = 1");
    if let Some(provider) = wanted.filter.provider {
        sql.push(" and provider = ").push_bind(provider.to_string());
    }
    if let Some(kind) = wanted.filter.kind {
        sql.push(" and kind = ").push_bind(kind.as_str());
    }
    column::uint(sql.build_query_scalar().fetch_one(db).await?)
}

/// How many, by reading all of them.
pub(super) async fn count_each(db: &mut Connection, wanted: &Wanted) -> Result<u64, StoreError> {
    let of_all = if wanted.filter.badge.is_none() { COUNT } else { COUNT_WITH_COPIES };
    let search = wanted.search(&mut *db).await?;
    let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(of_all);
    wanted.apply(&mut sql, search);
    column::uint(sql.build_query_scalar().fetch_one(db).await?)
}

/// How many newest versions arrived after row `seen`.
pub(crate) async fn count_current(db: &mut Connection, seen: i64) -> Result<u64, StoreError> {
    let sql = "select count(*) from record indexed by record_current where superseded_by is null and id > ?";
    column::uint(sqlx::query_scalar(sql).bind(seen).fetch_one(db).await?)
}

/// Most arrivals that are put into order; a wallet that was just restored has all its records new.
const MAX_ARRIVALS: i64 = 200;

/// Newest versions that arrived after row `seen`, the newest published first.
pub(crate) async fn arrived(
    db: &mut Connection,
    seen: i64,
    limit: u32,
    names: &Names,
) -> Result<Vec<RecordRow>, StoreError> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "select id from (select id, published_at from record where superseded_by is null and id > ? \
         order by id desc limit ?) order by published_at desc, id desc limit ?",
    )
    .bind(seen)
    .bind(MAX_ARRIVALS)
    .bind(i64::from(limit))
    .fetch_all(&mut *db)
    .await?;
    let mut arrived = rows(db, &ids, names).await?;
    arrived.sort_by_key(|row| (std::cmp::Reverse(row.published_at), row.id));
    Ok(arrived)
}

/// Rows of the table by their numbers, in this order; at most 1,000.
pub(crate) async fn rows(
    db: &mut Connection,
    ids: &[i64],
    names: &Names,
) -> Result<Vec<RecordRow>, StoreError> {
    let ids =
        serde_json::to_string(&ids[..ids.len().min(1000)]).map_err(|_| StoreError::Damaged("a list"))?;
    let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(ROWS);
    sql.push(" and r.id in (select value from json_each(").push_bind(ids);
    sql.push(")) order by r.sort_date desc, r.key desc");
    sql.build().fetch_all(db).await?.iter().map(|row| read(row, names).map(|placed| placed.row)).collect()
}

fn read(row: &SqliteRow, names: &Names) -> Result<Placed, StoreError> {
    let (key, provider, kind): (String, String, String) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    let state: Option<String> = row.try_get(15)?;
    let readable = row.try_get::<i64, _>(13)? != 0;
    let superseded = row.try_get::<Option<i64>, _>(14)?.is_some();
    let row = Placed {
        sort_date: row.try_get(16)?,
        row: RecordRow {
            id: column::text(&key)?,
            provider: names.of(column::text(&provider)?),
            kind: column::text(&kind)?,
            title: row.try_get(4)?,
            fhir_type: row.try_get(5)?,
            status: row.try_get(6)?,
            date: row.try_get(7)?,
            author: row.try_get(8)?,
            place: row.try_get(9)?,
            media_type: row.try_get(10)?,
            size: column::uint(row.try_get(11)?)?,
            published_at: column::time(row.try_get(12)?)?,
            versions: column::uint(row.try_get(17)?)?,
            badge: badge(state.as_deref(), readable, superseded)?,
            has_copy: state.as_deref() == Some("verified"),
        },
    };
    Ok(row)
}

fn badge(state: Option<&str>, readable: bool, superseded: bool) -> Result<Badge, StoreError> {
    Ok(match state {
        _ if !readable => Badge::CannotBeRead,
        Some("mismatch") => Badge::DoesNotMatch,
        _ if superseded => Badge::Superseded,
        Some("verified") => Badge::Verified,
        None => Badge::NotFetched,
        Some(_) => return Err(StoreError::Damaged("the state of a copy")),
    })
}

/// What a record's page shows beyond its row.
pub(crate) struct More {
    /// Codes as stated.
    pub codes: Vec<CodeView>,
    /// The verified copy.
    pub copy: Option<CopyView>,
    /// What went wrong with a copy.
    pub mismatch: Option<MismatchView>,
    /// Commitment to the bytes.
    pub commitment: Commitment,
    /// In whose log.
    pub relationship: RelationshipAddress,
    /// Where in it.
    pub position: u64,
    /// Place of the first version.
    first_version: i64,
    /// Block that holds it.
    pub height: u64,
}

/// What a record's page shows beyond its row.
pub(crate) async fn more(db: &mut Connection, id: RecordId) -> Result<Option<More>, StoreError> {
    let row = sqlx::query(
        "select r.codes, r.commitment, r.relationship, r.position, r.first_version, r.height, c.state, c.size, c.found, \
         c.checked_at from record r left join copy c on c.record = r.id where r.key = ?",
    )
    .bind(id.to_string())
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (codes, commitment, relationship): (String, String, String) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let codes: Vec<(String, String)> =
        serde_json::from_str(&codes).map_err(|_| StoreError::Damaged("codes of a record"))?;
    let commitment = column::text(&commitment)?;
    let (copy, mismatch) = copy_state(&row, commitment)?;
    Ok(Some(More {
        codes: codes.into_iter().map(|(system, code)| CodeView { system, code }).collect(),
        copy,
        mismatch,
        commitment,
        relationship: column::text(&relationship)?,
        position: column::uint(row.try_get(3)?)?,
        first_version: row.try_get(4)?,
        height: column::uint(row.try_get(5)?)?,
    }))
}

fn copy_state(
    row: &SqliteRow,
    expected: Commitment,
) -> Result<(Option<CopyView>, Option<MismatchView>), StoreError> {
    let (state, at): (Option<String>, Option<i64>) = (row.try_get(6)?, row.try_get(9)?);
    let at: Timestamp = at.map_or_else(|| Ok(Timestamp::from_seconds(0)), column::time)?;
    Ok(match state.as_deref() {
        Some("verified") => (Some(CopyView { size: column::uint(row.try_get(7)?)?, verified_at: at }), None),
        Some(_) => {
            let found: Option<String> = row.try_get(8)?;
            let found = found.as_deref().map(column::text).transpose()?;
            (None, Some(MismatchView { expected, found, at }))
        }
        None => (None, None),
    })
}

/// One record's row.
pub(crate) async fn row(
    db: &mut Connection,
    id: RecordId,
    names: &Names,
) -> Result<Option<RecordRow>, StoreError> {
    let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(ROWS);
    sql.push(" and r.key = ").push_bind(id.to_string());
    let row = sql.build().fetch_optional(db).await?;
    row.map(|row| read(&row, names).map(|placed| placed.row)).transpose()
}

/// All versions of a record, oldest first; at most 1,000.
pub(crate) async fn history(db: &mut Connection, more: &More) -> Result<Vec<VersionView>, StoreError> {
    let rows = sqlx::query(
        "select r.key, r.title, r.published_at, r.height, r.readable, r.superseded_by, c.state from record r \
         left join copy c on c.record = r.id where r.relationship = ? and r.first_version = ? \
         order by r.position limit 1000",
    )
    .bind(more.relationship.to_string())
    .bind(more.first_version)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let (key, state): (String, Option<String>) = (row.try_get(0)?, row.try_get(6)?);
            let superseded = row.try_get::<Option<i64>, _>(5)?.is_some();
            Ok(VersionView {
                id: column::text(&key)?,
                title: row.try_get(1)?,
                published_at: column::time(row.try_get(2)?)?,
                height: column::uint(row.try_get(3)?)?,
                current: !superseded,
                badge: badge(state.as_deref(), row.try_get::<i64, _>(4)? != 0, superseded)?,
            })
        })
        .collect()
}

/// Up to two full forms of an id that begins with `prefix`, from a column of ids.
pub(crate) async fn ids_with_prefix(
    db: &mut Connection,
    table: IdColumn,
    prefix: &str,
) -> Result<Vec<String>, StoreError> {
    let sql = match table {
        IdColumn::Record => "select distinct key from record where key >= ?1 and key < ?1 || 'g' limit 2",
        IdColumn::Grant => "select distinct id from grant_given where id >= ?1 and id < ?1 || 'g' limit 2",
        IdColumn::Share => {
            "select distinct share from grant_given where share >= ?1 and share < ?1 || 'g' limit 2"
        }
        IdColumn::Request => "select distinct id from request where id >= ?1 and id < ?1 || 'g' limit 2",
    };
    Ok(sqlx::query_scalar(sql).bind(prefix).fetch_all(db).await?)
}

/// Where ids are looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum IdColumn {
    /// Records.
    Record,
    /// Grants.
    Grant,
    /// Shares.
    Share,
    /// Requests.
    Request,
}
