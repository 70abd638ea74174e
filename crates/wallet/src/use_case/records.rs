//! Records over all providers: lists, search, one record with its history.

use medrec_protocol::{codec::TextError, log::LogId};

use crate::{
    Result, Thing, Wallet, WalletError,
    store::{
        StoreError, entries,
        listing::{self, IdColumn, Wanted},
        logs, providers,
    },
    view::{Cursor, MAX_PAGE, PageRequest, RecordFilter, RecordId, RecordPage, RecordView, UnreadableEntry},
};

/// Rows of a page unless said otherwise.
pub(super) const DEFAULT_PAGE: u32 = 100;

impl Wallet {
    /// A page of records, newest clinical date first.
    pub async fn records(&self, filter: &RecordFilter, page: &PageRequest) -> Result<RecordPage> {
        let wanted = wanted(filter)?;
        let limit = limit(page);
        let after = page.after.as_ref().map(read_cursor).transpose()?;
        let after = after.as_ref().map(|(date, id)| (date.as_str(), *id));
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        let mut placed = listing::page(&mut read, &wanted, after, limit + 1, &names).await?;
        let more = placed.len() > limit as usize;
        placed.truncate(limit as usize);
        let last = placed.last().filter(|_| more);
        let next = last.map(|last| Cursor(format!("{} {}", last.sort_date, last.row.id)));
        Ok(RecordPage { rows: placed.into_iter().map(|placed| placed.row).collect(), next })
    }

    /// How many records a filter finds.
    pub async fn count_records(&self, filter: &RecordFilter) -> Result<u64> {
        let mut read = self.store.read().await?;
        Ok(listing::count(&mut read, &wanted(filter)?).await?)
    }

    /// One record version with its history and its place on the ledger.
    pub async fn record(&self, id: RecordId) -> Result<RecordView> {
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        let row = listing::row(&mut read, id, &names).await?.ok_or_else(|| absent(id))?;
        let more = listing::more(&mut read, id).await?.ok_or_else(|| absent(id))?;
        let history = listing::history(&mut read, &more).await?;
        let log = logs::frontier(&mut read, LogId::Relationship(more.relationship)).await?;
        let entry = entries::get(&mut read, more.relationship, more.position).await?;
        let entry = entry.ok_or(StoreError::Damaged("a record without its entry"))?;
        Ok(RecordView {
            row,
            codes: more.codes,
            history,
            copy: more.copy,
            mismatch: more.mismatch,
            commitment: more.commitment,
            relationship: more.relationship,
            position: more.position,
            log_size: log.size(),
            log_root: log.root(),
            signer: entry.signer,
            height: more.height,
        })
    }

    /// The record version whose id begins with `text`, at least four digits of it.
    pub async fn find_record(&self, text: &str) -> Result<RecordId> {
        self.id_with_prefix(IdColumn::Record, Thing::Record, text).await
    }

    /// Verified entries of logs that cannot be read, at most 1,000.
    pub async fn unreadable(&self) -> Result<Vec<UnreadableEntry>> {
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        Ok(entries::unreadable(&mut read, &names).await?)
    }
}

pub(super) fn absent(id: RecordId) -> WalletError {
    WalletError::NotFound { what: Thing::Record, text: id.to_string() }
}

pub(super) fn limit(page: &PageRequest) -> u32 {
    page.limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE)
}

fn wanted(filter: &RecordFilter) -> Result<Wanted> {
    Wanted::new(filter).map_err(|_| WalletError::Date)
}

fn read_cursor(cursor: &Cursor) -> Result<(String, RecordId)> {
    let (date, id) = cursor.0.rsplit_once(' ').ok_or(WalletError::Text(TextError::Text { limit: 64 }))?;
    let id = id.parse().map_err(|_| WalletError::Text(TextError::Text { limit: 64 }))?;
    Ok((date.to_owned(), id))
}
