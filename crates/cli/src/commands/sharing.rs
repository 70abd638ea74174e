//! `medrec sharing`: who can see what.

use clap::Args;

use crate::{error::CliError, exit::Exit, render::sharing, session::Session};

/// Arguments of `sharing`.
#[derive(Args, Debug)]
pub struct Sharing {
    /// Show what ended or was stopped, too
    #[arg(long)]
    ended: bool,
}

impl Sharing {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let found = session.with_wallet(async |wallet| Ok(wallet.sharing(self.ended).await?)).await?;
        session.output.answer(|| sharing::json(&found), || sharing::words(&found, &session.here))?;
        Ok(Exit::Done)
    }
}
