//! `medrec dispute` and `medrec disputes`: saying that something is wrong.

use clap::Args;
use medrec_wallet::{RelationshipAddress, Thing, Wallet, WalletError, view::Act};

use super::decide;
use crate::{error::CliError, exit::Exit, render::disputes, session::Session};

/// Arguments of `dispute`.
#[derive(Args, Debug)]
pub struct Dispute {
    /// A record, by the beginning of its id
    #[arg(value_name = "ID", required_unless_present = "entry", conflicts_with = "entry")]
    record: Option<String>,
    /// Or an entry of a provider's log, by its number, as `medrec access-log` shows it
    #[arg(long, value_name = "N", requires = "provider")]
    entry: Option<u64>,
    /// Whose log
    #[arg(long, value_name = "NAME|mrp1…", requires = "entry")]
    provider: Option<String>,
    /// What is wrong, in your words; the provider reads it
    #[arg(long, value_name = "TEXT")]
    statement: String,
    /// Print a letter to the provider instead; nothing is signed or sent
    #[arg(long)]
    letter: bool,
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

impl Dispute {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        if self.letter {
            let letter = session
                .with_wallet(async |wallet| {
                    let (relationship, position) = self.place(wallet).await?;
                    Ok(wallet.dispute_letter(relationship, position, &self.statement).await?)
                })
                .await?;
            session.output.answer(|| disputes::letter_json(&letter), || disputes::letter(&letter))?;
            return Ok(Exit::Done);
        }
        decide::run(session, self.yes, async |wallet| {
            let (relationship, position) = self.place(wallet).await?;
            Ok(Act::Dispute { relationship, position, statement: self.statement.clone() })
        })
        .await
    }

    /// Which entry of which log is meant.
    async fn place(&self, wallet: &Wallet) -> Result<(RelationshipAddress, u64), CliError> {
        match (&self.record, &self.provider, self.entry) {
            (Some(record), ..) => {
                let record = wallet.record(wallet.find_record(record).await?).await?;
                Ok((record.relationship, record.position))
            }
            (None, Some(text), Some(entry)) => {
                let address = wallet.find_provider(text).await?;
                let providers = wallet.providers(None).await?;
                let own = providers.into_iter().find(|view| view.name.address == address);
                let own = own.and_then(|view| view.relationship);
                let absent = || WalletError::NotFound { what: Thing::Entry, text: entry.to_string() };
                Ok((own.ok_or_else(absent)?.address, entry))
            }
            _ => Err(WalletError::NotFound { what: Thing::Entry, text: String::new() }.into()),
        }
    }
}

/// Arguments of `disputes`: none.
#[derive(Args, Debug)]
pub struct Disputes {}

impl Disputes {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let found = session.with_wallet(async |wallet| Ok(wallet.disputes().await?)).await?;
        session.output.answer(|| disputes::json(&found), || disputes::words(&found, &session.here))?;
        Ok(Exit::Done)
    }
}
