//! `medrec guardians`: who can together bring an account back when computer and words are lost.

use clap::{Args, Subcommand};
use medrec_wallet::view::{Act, GuardianChoice};

use super::decide;
use crate::{
    error::CliError,
    exit::Exit,
    render::delegates,
    session::{Session, text_or_file},
};

/// Days in which the owner can say no, when nothing else is said.
const DEFAULT_DELAY: u32 = 14;

/// Arguments of `guardians`.
#[derive(Args, Debug)]
pub struct Guardians {
    #[command(subcommand)]
    action: Option<Action>,
}

/// What is decided about them.
#[derive(Debug, Subcommand)]
enum Action {
    /// Choose guardians among those who offered help; replaces those before
    Set(Set),
    /// Do without guardians
    None(Agreed),
    /// Say no to a recovery that is under way
    Veto(Agreed),
}

#[derive(Args, Debug)]
struct Set {
    /// The codes of their offers (mrhelp1…), or files with one each
    #[arg(required = true, value_name = "CODE")]
    codes: Vec<String>,
    /// How many of them must agree
    #[arg(long, value_name = "N", default_value_t = 2)]
    agree: u8,
    /// Days in which you can say no
    #[arg(long, value_name = "N", default_value_t = DEFAULT_DELAY)]
    delay: u32,
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

#[derive(Args, Debug)]
struct Agreed {
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

impl Guardians {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        match self.action {
            None => {
                let found = session.with_wallet(async |wallet| Ok(wallet.guardians().await?)).await?;
                session.output.answer(
                    || delegates::guardians_json(&found),
                    || delegates::guardians(&found, &session.here),
                )?;
                Ok(Exit::Done)
            }
            Some(Action::Set(Set { codes, agree, delay, yes })) => {
                let mut guardians = Vec::with_capacity(codes.len());
                for code in &codes {
                    guardians.push(GuardianChoice { offer: text_or_file(code)?, name: String::new() });
                }
                let act = Act::SetGuardians { guardians, threshold: agree, delay_days: delay };
                decide::run(session, yes, async |_| Ok(act)).await
            }
            Some(Action::None(Agreed { yes })) => {
                let act = Act::SetGuardians { guardians: Vec::new(), threshold: 0, delay_days: 0 };
                decide::run(session, yes, async |_| Ok(act)).await
            }
            Some(Action::Veto(Agreed { yes })) => {
                decide::run(session, yes, async |_| Ok(Act::VetoRecovery)).await
            }
        }
    }
}
