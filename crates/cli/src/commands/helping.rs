//! `medrec helping`: acting for somebody else, as a delegate or a guardian.

use clap::{Args, Subcommand};
use medrec_wallet::{Code, Thing, Wallet, WalletError, view::Act, view::HelpedView};

use super::decide::{self, catch_up};
use crate::{
    error::CliError,
    exit::Exit,
    output::Words,
    render::helping,
    session::{Session, text_or_file},
};

/// Arguments of `helping`.
#[derive(Args, Debug)]
pub struct Helping {
    #[command(subcommand)]
    action: Option<Action>,
    /// Show what is known here, without asking the ledger
    #[arg(long)]
    offline: bool,
}

/// What is done about it.
#[derive(Debug, Subcommand)]
enum Action {
    /// Offer help: prints a code for the person who may then appoint you
    Offer(Offer),
    /// Print the code of an offer again
    Code(Code_),
    /// Give somebody whom you help another name
    Rename(Rename),
    /// Accept what the person named with --for has appointed you to
    Accept(Agreed),
    /// Give up acting for the person named with --for
    GiveUp(Agreed),
    /// Ask to begin, where the appointment begins after a wait; with --for
    AskStart(Agreed),
    /// Agree, as a guardian, that the accounts of the person named with --for move to new keys
    ApproveRecovery(ApproveRecovery),
}

#[derive(Args, Debug)]
struct Offer {
    /// Whom you want to help, in your words; `--for` takes the same name later
    label: String,
    /// Your name, as the other one will see it [default: the name of your wallet]
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
}

#[derive(Args, Debug)]
struct Code_ {
    /// Whom you offered to help: the name, or the number of the offer
    #[arg(value_name = "PERSON")]
    whom: String,
    /// Your name, as the other one will see it [default: the name of your wallet]
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
}

#[derive(Args, Debug)]
struct Rename {
    /// Whom you help: the name, or the number of the offer
    #[arg(value_name = "PERSON")]
    whom: String,
    /// The new name
    label: String,
}

#[derive(Args, Debug)]
struct Agreed {
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

#[derive(Args, Debug)]
struct ApproveRecovery {
    /// The code that the person gave you (mrtakeover1…), or a file with it
    code: String,
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

impl Helping {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        match self.action {
            None => list(session, self.offline).await,
            Some(Action::Offer(Offer { label, name })) => {
                let (helped, code) = session
                    .with_own_wallet(async |wallet| Ok(wallet.offer_help(&label, &name).await?))
                    .await?;
                session
                    .output
                    .answer(|| helping::offered_json(&helped, &code), || helping::offered(&helped, &code))?;
                Ok(Exit::Done)
            }
            Some(Action::Code(Code_ { whom, name })) => {
                let (helped, code) = session
                    .with_own_wallet(async |wallet| {
                        let helped = find_helped(wallet, &whom).await?;
                        let code = wallet.offer_code(helped.number, &name).await?;
                        Ok((helped, code))
                    })
                    .await?;
                session
                    .output
                    .answer(|| helping::offered_json(&helped, &code), || helping::offered(&helped, &code))?;
                Ok(Exit::Done)
            }
            Some(Action::Rename(Rename { whom, label })) => {
                let found = session
                    .with_own_wallet(async |wallet| {
                        let helped = find_helped(wallet, &whom).await?;
                        wallet.rename_helped(helped.number, &label).await?;
                        Ok(wallet.people_i_help().await?)
                    })
                    .await?;
                session.output.answer(|| helping::json(&found), || helping::words(&found, &session.here))?;
                Ok(Exit::Done)
            }
            Some(Action::Accept(Agreed { yes })) => for_them(session, yes, Act::AcceptAppointments).await,
            Some(Action::GiveUp(Agreed { yes })) => for_them(session, yes, Act::GiveUp).await,
            Some(Action::AskStart(Agreed { yes })) => for_them(session, yes, Act::AskStart).await,
            Some(Action::ApproveRecovery(ApproveRecovery { code, yes })) => {
                let offer = text_or_file(&code)?;
                for_them(session, yes, Act::ApproveRecovery { offer }).await
            }
        }
    }
}

/// A decision of somebody who helps, which makes no sense without saying whom.
async fn for_them(session: &Session, yes: bool, act: Act) -> Result<Exit, CliError> {
    session.must_help()?;
    decide::run(session, yes, async |_| Ok(act)).await
}

async fn list(session: &Session, offline: bool) -> Result<Exit, CliError> {
    let found = session
        .with_own_wallet(async |wallet| {
            let found = wallet.people_i_help().await?;
            if offline || !refresh(session, wallet, &found).await? {
                return Ok(found);
            }
            Ok(wallet.people_i_help().await?)
        })
        .await?;
    session.output.answer(|| helping::json(&found), || helping::words(&found, &session.here))?;
    Ok(Exit::Done)
}

/// Looks for appointments of each. False when no node answers: what is known here is shown then.
async fn refresh(session: &Session, wallet: &Wallet, found: &[HelpedView]) -> Result<bool, CliError> {
    for helped in found {
        let theirs = wallet.help(helped.number).await?;
        let checked = catch_up(session, &theirs).await;
        theirs.lock().await?;
        match checked {
            Err(CliError::Wallet(error)) if matches!(error.code(), Code::NodeAway | Code::NotJoined) => {
                let mut words = Words::new();
                words.line(format!("Note: not checked with the ledger. {error}"));
                session.output.notice(&words);
                return Ok(false);
            }
            other => other?,
        }
    }
    Ok(true)
}

/// Somebody who is helped, by number or name; a part of a name is enough when it fits no other.
pub async fn find_helped(wallet: &Wallet, text: &str) -> Result<HelpedView, CliError> {
    let people = wallet.people_i_help().await?;
    let wanted = text.trim().to_lowercase();
    // After a restore people are called by small numbers, too: a name goes before the number of an offer.
    let named = |helped: &&HelpedView| helped.label.to_lowercase() == wanted;
    let numbered = |helped: &&HelpedView| helped.number.to_string() == wanted;
    let part = |helped: &&HelpedView| !wanted.is_empty() && helped.label.to_lowercase().contains(&wanted);
    let mut fitting: Vec<&HelpedView> = people.iter().filter(named).collect();
    if fitting.is_empty() {
        fitting = people.iter().filter(numbered).collect();
    }
    if fitting.is_empty() {
        fitting = people.iter().filter(part).collect();
    }
    match fitting.as_slice() {
        [only] => Ok((*only).clone()),
        [] => Err(WalletError::NotFound { what: Thing::Helped, text: text.to_owned() }.into()),
        _ => Err(WalletError::Ambiguous { what: Thing::Helped, text: text.to_owned() }.into()),
    }
}
