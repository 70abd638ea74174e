//! `medrec emergency`: what emergency care may see without asking.

use clap::{Args, Subcommand};
use medrec_wallet::{RecordKind, view::Act};

use super::decide;
use crate::{error::CliError, exit::Exit, render::delegates, session::Session};

/// Arguments of `emergency`.
#[derive(Args, Debug)]
pub struct Emergency {
    #[command(subcommand)]
    action: Option<Action>,
}

/// What is decided.
#[derive(Debug, Subcommand)]
enum Action {
    /// Allow it
    Allow(Allow),
    /// Allow it no longer
    Forbid(Agreed),
    /// Print the card that tells emergency care where your records are; it is no key
    Card,
}

#[derive(Args, Debug)]
struct Allow {
    #[command(flatten)]
    what: What,
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

/// What may be seen: exactly one of these.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct What {
    /// These kinds, with commas between them
    #[arg(long, value_delimiter = ',')]
    kinds: Vec<RecordKind>,
    /// Everything
    #[arg(long)]
    everything: bool,
}

#[derive(Args, Debug)]
struct Agreed {
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

impl Emergency {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        match self.action {
            None => {
                let found = session.with_wallet(async |wallet| Ok(wallet.emergency().await?)).await?;
                session
                    .output
                    .answer(|| delegates::emergency_json(&found), || delegates::emergency(&found))?;
                Ok(Exit::Done)
            }
            Some(Action::Allow(Allow { what, yes })) => {
                let act = Act::SetEmergency { allowed: true, kinds: what.kinds };
                decide::run(session, yes, async |_| Ok(act)).await
            }
            Some(Action::Forbid(Agreed { yes })) => {
                let act = Act::SetEmergency { allowed: false, kinds: Vec::new() };
                decide::run(session, yes, async |_| Ok(act)).await
            }
            Some(Action::Card) => {
                let card = session.with_wallet(async |wallet| Ok(wallet.emergency_card().await?)).await?;
                session.output.answer(|| delegates::card_json(&card), || delegates::card(&card))?;
                Ok(Exit::Done)
            }
        }
    }
}
