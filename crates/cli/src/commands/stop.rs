//! `medrec stop`: no more copies.

use clap::Args;
use medrec_wallet::{
    CancellationToken, Wallet,
    view::{SharingView, StopTarget},
};

use super::share::{can_agree, settled};
use crate::{error::CliError, exit::Exit, input, output::Form, render::stop, session::Session};

/// Arguments of `stop`.
#[derive(Args, Debug)]
pub struct Stop {
    #[command(flatten)]
    what: What,
    /// Why, for the provider whose records they are
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

/// What is stopped: exactly one of these.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct What {
    /// One permission, by the beginning of its id
    #[arg(long, value_name = "ID")]
    grant: Option<String>,
    /// All permissions of one share
    #[arg(long, value_name = "ID")]
    share: Option<String>,
    /// Everything that one provider may see
    #[arg(long, value_name = "NAME|mrp1…")]
    provider: Option<String>,
    /// Everything that anybody may see
    #[arg(long)]
    all: bool,
}

impl What {
    async fn target(&self, wallet: &Wallet) -> Result<StopTarget, CliError> {
        Ok(match (&self.grant, &self.share, &self.provider) {
            (Some(id), _, _) => StopTarget::Grant(wallet.find_grant(id).await?),
            (_, Some(id), _) => StopTarget::Share(wallet.find_share(id).await?),
            (_, _, Some(text)) => StopTarget::Provider(wallet.find_provider(text).await?),
            (None, None, None) => StopTarget::Everything,
        })
    }
}

impl Stop {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        can_agree(self.yes)?;
        let outcome = session
            .with_wallet(async |wallet| {
                let target = self.what.target(wallet).await?;
                let sharing = concerned(wallet.sharing(false).await?, target);
                if !self.yes || session.output.form() == Form::Words {
                    session.output.aside(&stop::review(&sharing, &session.here));
                }
                if !self.yes && !input::agrees(&session.output, "Stop this?")? {
                    return Err(CliError::NotAgreed);
                }
                session.output.progress("Waiting for the ledger …");
                let cancel = CancellationToken::new();
                session.stoppable(cancel.clone(), wallet.stop(target, &self.note, cancel)).await
            })
            .await?;
        session.output.answer(|| stop::json(&outcome), || stop::words(&outcome, &session.here))?;
        Ok(settled(outcome.grants.iter().map(|grant| grant.progress)))
    }
}

/// The permissions that would be stopped.
fn concerned(mut sharing: Vec<SharingView>, target: StopTarget) -> Vec<SharingView> {
    for view in &mut sharing {
        view.grants.retain(|grant| match target {
            StopTarget::Grant(id) => grant.id == id,
            StopTarget::Share(id) => grant.share == id,
            StopTarget::Provider(address) => view.grantee.address == address,
            StopTarget::Everything => true,
        });
    }
    sharing.retain(|view| !view.grants.is_empty());
    sharing
}
