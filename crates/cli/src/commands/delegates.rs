//! `medrec delegates`: who may act for this person.

use clap::{Args, Subcommand};
use medrec_wallet::{
    ProviderAddress, Thing, Wallet, WalletError,
    view::{Act, AppointmentId, Begins, DelegateView, Right},
};

use super::decide;
use crate::{
    error::CliError,
    exit::Exit,
    render::delegates,
    session::{Session, text_or_file},
};

/// Days of an appointment when nothing else is said.
const DEFAULT_DAYS: u32 = 365;

/// Arguments of `delegates`.
#[derive(Args, Debug)]
pub struct Delegates {
    #[command(subcommand)]
    action: Option<Action>,
}

/// What is decided about them.
#[derive(Debug, Subcommand)]
enum Action {
    /// Appoint somebody who offered help
    Appoint(Box<Appoint>),
    /// End an appointment; the keys to your records change with it
    End(Which),
    /// Say no to somebody who asked to begin
    Refuse(Which),
}

#[derive(Args, Debug)]
struct Appoint {
    /// The code of the offer (mrhelp1…), or a file with it
    code: String,
    /// Name in your words [default: the one in the offer]
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
    /// What they are to you: daughter, neighbour, lawyer
    #[arg(long, default_value = "", hide_default_value = true)]
    relation: String,
    /// How much they may do: see; share (also give and stop access, answer requests, dispute); manage (also emergency
    /// access and other delegates)
    #[arg(long, value_name = "see|share|manage")]
    right: Right,
    /// For how many days from now
    #[arg(long, value_name = "N", default_value_t = DEFAULT_DAYS)]
    days: u32,
    /// Begins so many days after they ask, unless you say no [default: as soon as they accept]
    #[arg(long, value_name = "DAYS", conflicts_with = "after_silence")]
    after_wait: Option<u32>,
    /// Begins when you have shown no sign of life for so many days
    #[arg(long, value_name = "DAYS")]
    after_silence: Option<u32>,
    /// Only with these providers, with commas between them [default: all]
    #[arg(long, value_delimiter = ',', value_name = "NAME|mrp1…")]
    providers: Vec<String>,
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

#[derive(Args, Debug)]
struct Which {
    /// The name, or the beginning of the appointment's id
    delegate: String,
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

impl Delegates {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        match self.action {
            None => {
                let found = session.with_wallet(async |wallet| Ok(wallet.delegates().await?)).await?;
                session
                    .output
                    .answer(|| delegates::json(&found), || delegates::words(&found, &session.here))?;
                Ok(Exit::Done)
            }
            Some(Action::Appoint(appoint)) => {
                let yes = appoint.yes;
                decide::run(session, yes, async |wallet| appoint.act(wallet).await).await
            }
            Some(Action::End(Which { delegate, yes })) => {
                decide::run(session, yes, async |wallet| {
                    Ok(Act::EndDelegation { appointment: find_delegate(wallet, &delegate).await? })
                })
                .await
            }
            Some(Action::Refuse(Which { delegate, yes })) => {
                decide::run(session, yes, async |wallet| {
                    Ok(Act::RefuseStart { appointment: find_delegate(wallet, &delegate).await? })
                })
                .await
            }
        }
    }
}

impl Appoint {
    async fn act(self, wallet: &Wallet) -> Result<Act, CliError> {
        let mut providers: Vec<ProviderAddress> = Vec::with_capacity(self.providers.len());
        for text in &self.providers {
            providers.push(wallet.find_provider(text).await?);
        }
        Ok(Act::Appoint {
            offer: text_or_file(&self.code)?,
            name: self.name,
            relation: self.relation,
            right: self.right,
            begins: begins(self.after_wait, self.after_silence),
            days: self.days,
            providers,
        })
    }
}

fn begins(wait: Option<u32>, silence: Option<u32>) -> Begins {
    match (wait, silence) {
        (Some(days), _) => Begins::AfterWait { days },
        (None, Some(days)) => Begins::AfterSilence { days },
        (None, None) => Begins::AtOnce,
    }
}

/// A delegate by name or by the beginning of the appointment's id.
async fn find_delegate(wallet: &Wallet, text: &str) -> Result<AppointmentId, CliError> {
    let found = wallet.delegates().await?;
    let wanted = text.trim().to_lowercase();
    let named = |view: &&DelegateView| view.name.to_lowercase() == wanted;
    let fits = |view: &&DelegateView| {
        let id = wanted.len() >= 4 && view.appointment.to_string().starts_with(&wanted);
        id || view.name.to_lowercase().contains(&wanted)
    };
    let mut fitting: Vec<&DelegateView> = found.iter().filter(named).collect();
    if fitting.is_empty() && !wanted.is_empty() {
        fitting = found.iter().filter(fits).collect();
    }
    match fitting.as_slice() {
        [only] => Ok(only.appointment),
        [] => Err(WalletError::NotFound { what: Thing::Delegate, text: text.to_owned() }.into()),
        _ => Err(WalletError::Ambiguous { what: Thing::Delegate, text: text.to_owned() }.into()),
    }
}
