//! `medrec sync`: what is new on the ledger.

use clap::Args;
use medrec_wallet::Control;

use crate::{error::CliError, exit::Exit, render::sync, session::Session};

/// Arguments of `sync`: none.
#[derive(Args, Debug)]
pub struct Sync {}

impl Sync {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let output = session.output.clone();
        let control = Control::watched(move |progress| output.progress(&sync::progress(&progress)));
        let (report, freshness) = session
            .with_wallet(async |wallet| {
                let report = session.stoppable(control.cancel.clone(), wallet.sync(control.clone())).await?;
                Ok((report, wallet.freshness().await?))
            })
            .await?;
        session
            .output
            .answer(|| sync::report_json(&report, &freshness), || sync::report(&report, &session.here))?;
        Ok(Exit::Done)
    }
}
