//! `medrec pending`: what was signed and is not yet on the ledger.

use clap::{Args, Subcommand};
use medrec_wallet::{CancellationToken, TxId};

use super::share::{agree, can_agree, settled};
use crate::{error::CliError, exit::Exit, render::pending, session::Session};

/// Arguments of `pending`.
#[derive(Args, Debug)]
pub struct Pending {
    #[command(subcommand)]
    action: Option<Action>,
}

/// What is done about one of them.
#[derive(Debug, Subcommand)]
enum Action {
    /// Sign one again whose time is over
    Again(Again),
    /// Strike one from the list that was refused or whose time is over
    Forget(Which),
}

#[derive(Args, Debug)]
struct Again {
    #[command(flatten)]
    which: Which,
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

#[derive(Args, Debug)]
struct Which {
    /// Its whole id, as `medrec pending` shows it
    id: TxId,
}

impl Pending {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        match self.action {
            None => {
                let found = session.with_wallet(async |wallet| Ok(wallet.pending().await?)).await?;
                session.output.answer(|| pending::json(&found), || pending::words(&found, &session.here))?;
                Ok(Exit::Done)
            }
            Some(Action::Again(Again { which: Which { id }, yes })) => {
                can_agree(yes)?;
                let progress = session
                    .with_wallet(async |wallet| {
                        let proposal = wallet.propose_again(id).await?;
                        agree(session, &wallet.review_again(&proposal).await?, yes)?;
                        session.output.progress("Waiting for the ledger …");
                        let cancel = CancellationToken::new();
                        session.stoppable(cancel.clone(), wallet.sign_again(proposal, cancel)).await
                    })
                    .await?;
                session.output.answer(|| pending::again_json(id, progress), || pending::again(progress))?;
                Ok(settled(std::iter::once(progress)))
            }
            Some(Action::Forget(Which { id })) => {
                session.with_wallet(async |wallet| Ok(wallet.forget_pending(id).await?)).await?;
                session.output.answer(|| pending::forgotten_json(id), pending::forgotten)?;
                Ok(Exit::Done)
            }
        }
    }
}
