//! `medrec access-log`: who looked.

use clap::Args;
use medrec_wallet::{
    Wallet,
    view::{AccessFilter, AccessRow, MAX_PAGE, PageRequest},
};

use crate::{error::CliError, exit::Exit, render::access, session::Session};

/// Arguments of `access-log`.
#[derive(Args, Debug)]
pub struct AccessLog {
    /// Only look-ups by this provider: its address, or a part of name or place that fits no other
    #[arg(long, value_name = "NAME|mrp1…")]
    provider: Option<String>,
    /// Only look-ups that no permission explains
    #[arg(long)]
    suspicious: bool,
}

impl AccessLog {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let rows = session.with_wallet(async |wallet| self.rows(wallet).await).await?;
        session.output.answer(|| access::json(&rows), || access::words(&rows, &session.here))?;
        Ok(Exit::Done)
    }

    async fn rows(&self, wallet: &Wallet) -> Result<Vec<AccessRow>, CliError> {
        let recipient = match &self.provider {
            Some(text) => Some(wallet.find_provider(text).await?),
            None => None,
        };
        let filter = AccessFilter { recipient, suspicious_only: self.suspicious, ..AccessFilter::default() };
        let (mut rows, mut after) = (Vec::new(), None);
        loop {
            let page = wallet.access_log(&filter, &PageRequest { after, limit: Some(MAX_PAGE) }).await?;
            rows.extend(page.rows);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(rows),
            }
        }
    }
}
