//! `medrec requests`: who asks, and the answers.

use clap::{Args, Subcommand};
use medrec_wallet::{CancellationToken, RecordKind, view::AllowLess};

use super::share::{can_agree, days, finish, settled, sign_and_send};
use crate::{error::CliError, exit::Exit, input, render::requests, session::Session};

/// Arguments of `requests`.
#[derive(Args, Debug)]
pub struct Requests {
    #[command(subcommand)]
    answer: Option<Answer>,
    /// Show those that were answered or are over, too
    #[arg(long)]
    answered: bool,
}

/// An answer.
#[derive(Debug, Subcommand)]
enum Answer {
    /// Allow a request, or less than it asks for
    Allow(Allow),
    /// Decline a request
    Decline(Decline),
}

#[derive(Args, Debug)]
struct Allow {
    /// The request, by the beginning of its id
    id: String,
    /// Only these kinds, with commas between them
    #[arg(long, value_delimiter = ',')]
    kinds: Vec<RecordKind>,
    /// Only for so many days
    #[arg(long, value_name = "N", value_parser = days())]
    days: Option<u32>,
    /// Not what is published later
    #[arg(long)]
    without_future: bool,
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

#[derive(Args, Debug)]
struct Decline {
    /// The request, by the beginning of its id
    id: String,
    /// Why, for the provider that asks
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

impl Requests {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        match self.answer {
            Some(Answer::Allow(allow)) => allow.run(session).await,
            Some(Answer::Decline(decline)) => decline.run(session).await,
            None => {
                let found =
                    session.with_wallet(async |wallet| Ok(wallet.requests(self.answered).await?)).await?;
                session
                    .output
                    .answer(|| requests::json(&found), || requests::words(&found, &session.here))?;
                Ok(Exit::Done)
            }
        }
    }
}

impl Allow {
    async fn run(self, session: &Session) -> Result<Exit, CliError> {
        can_agree(self.yes)?;
        let less = AllowLess {
            kinds: (!self.kinds.is_empty()).then_some(self.kinds),
            days: self.days,
            without_future: self.without_future,
        };
        let shared = session
            .with_wallet(async |wallet| {
                let request = wallet.find_request(&self.id).await?;
                let proposal = wallet.propose_answer(request, &less).await?;
                sign_and_send(session, wallet, proposal, self.yes).await
            })
            .await?;
        finish(session, &shared)
    }
}

impl Decline {
    async fn run(self, session: &Session) -> Result<Exit, CliError> {
        // Declining gives nothing away: a script may do it without --yes, a person is asked.
        let ask = !self.yes && can_agree(false).is_ok();
        let (request, progress) = session
            .with_wallet(async |wallet| {
                let request = wallet.find_request(&self.id).await?;
                if ask && !input::agrees(&session.output, "Decline this request?")? {
                    return Err(CliError::NotAgreed);
                }
                let cancel = CancellationToken::new();
                let declining = wallet.decline(request, &self.note, cancel.clone());
                Ok((request, session.stoppable(cancel, declining).await?))
            })
            .await?;
        session
            .output
            .answer(|| requests::declined_json(request, progress), || requests::declined(progress))?;
        Ok(settled(std::iter::once(progress)))
    }
}
