//! `medrec providers`: the directory of the network.

use clap::Args;

use crate::{error::CliError, exit::Exit, render::network, session::Session};

/// Arguments of `providers`.
#[derive(Args, Debug)]
pub struct Providers {
    /// Only those with this in their name or place
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
}

impl Providers {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let found =
            session.with_wallet(async |wallet| Ok(wallet.providers(self.search.as_deref()).await?)).await?;
        session.output.answer(|| network::providers_json(&found), || network::providers(&found))?;
        Ok(Exit::Done)
    }
}
