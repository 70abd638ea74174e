//! Looking after relationships: `medrec change-viewing-keys`, `medrec close`, `medrec show-life`.

use clap::Args;
use medrec_wallet::view::Act;

use super::decide;
use crate::{error::CliError, exit::Exit, session::Session};

/// Arguments of `change-viewing-keys` and `show-life`.
#[derive(Args, Debug)]
pub struct Agreed {
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

impl Agreed {
    /// Does what was decided.
    pub async fn run(self, session: &Session, act: Act) -> Result<Exit, CliError> {
        decide::run(session, self.yes, async |_| Ok(act)).await
    }
}

/// Arguments of `close`.
#[derive(Args, Debug)]
pub struct Close {
    /// Which provider: its address, or a part of name or place that fits no other
    #[arg(value_name = "NAME|mrp1…")]
    provider: String,
    /// Why, for the provider
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

impl Close {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        decide::run(session, self.yes, async |wallet| {
            Ok(Act::Close { provider: wallet.find_provider(&self.provider).await?, note: self.note.clone() })
        })
        .await
    }
}
