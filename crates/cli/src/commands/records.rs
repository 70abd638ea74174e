//! `medrec records`: the list over all providers.

use clap::Args;
use medrec_wallet::{
    RecordKind, Wallet,
    view::{MAX_PAGE, PageRequest, RecordFilter, RecordRow, RecordView},
};

use crate::{error::CliError, exit::Exit, render::records, session::Session};

/// Arguments of `records`.
#[derive(Args, Debug)]
pub struct Records {
    /// Only those with all of these words; case and accents do not matter
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only those of this kind
    #[arg(long)]
    kind: Option<RecordKind>,
    /// Only those of this provider: its address, or a part of name or place that fits no other
    #[arg(long, value_name = "NAME|mrp1…")]
    provider: Option<String>,
    /// Only those dated on or after this day: 2026, 2026-05 or 2026-05-04
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Only those dated on or before this day
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// Show versions that were replaced, too
    #[arg(long)]
    all_versions: bool,
    /// At most so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Leave out so many from the beginning
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: u64,
    /// Show commitment, history and place in the log of each
    #[arg(long)]
    details: bool,
}

/// A row of the list, and more where it was asked for or says something: other versions.
pub struct Listed {
    pub row: RecordRow,
    pub more: Option<RecordView>,
}

impl Records {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let (listed, total, freshness) = session
            .with_wallet(async |wallet| {
                let filter = self.filter(wallet).await?;
                let rows = page(wallet, &filter, self.offset, self.limit).await?;
                let listed = self.describe(wallet, rows).await?;
                Ok((listed, wallet.count_records(&filter).await?, wallet.freshness().await?))
            })
            .await?;
        session.output.answer(
            || records::list_json(&listed, total),
            || records::list(&listed, total, &freshness, self.details, &session.here),
        )?;
        Ok(Exit::Done)
    }

    async fn filter(&self, wallet: &Wallet) -> Result<RecordFilter, CliError> {
        let provider = match &self.provider {
            Some(text) => Some(wallet.find_provider(text).await?),
            None => None,
        };
        Ok(RecordFilter {
            search: self.search.clone(),
            provider,
            kind: self.kind,
            since: self.since.clone(),
            until: self.until.clone(),
            badge: None,
            all_versions: self.all_versions,
        })
    }

    async fn describe(&self, wallet: &Wallet, rows: Vec<RecordRow>) -> Result<Vec<Listed>, CliError> {
        let mut listed = Vec::with_capacity(rows.len());
        for row in rows {
            let wanted = self.details || row.versions > 1;
            let more = if wanted { Some(wallet.record(row.id).await?) } else { None };
            listed.push(Listed { row, more });
        }
        Ok(listed)
    }
}

/// The rows from `offset`, at most `limit` of them, newest clinical date first.
pub async fn page(
    wallet: &Wallet,
    filter: &RecordFilter,
    offset: u64,
    limit: Option<u64>,
) -> Result<Vec<RecordRow>, CliError> {
    let end = limit.map_or(u64::MAX, |limit| offset.saturating_add(limit));
    let (mut seen, mut rows, mut after) = (0_u64, Vec::new(), None);
    while seen < end {
        let wanted = u32::try_from(end - seen).map_or(MAX_PAGE, |left| left.min(MAX_PAGE));
        let page = wallet.records(filter, &PageRequest { after, limit: Some(wanted) }).await?;
        for row in page.rows {
            if seen >= offset {
                rows.push(row);
            }
            seen += 1;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    Ok(rows)
}
