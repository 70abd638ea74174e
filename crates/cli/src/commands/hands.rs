//! `medrec hands`: accounts that change hands.

use clap::{Args, Subcommand};
use medrec_wallet::{Wallet, WalletError, view::Act};

use super::{decide, history};
use crate::{
    error::CliError,
    exit::Exit,
    render::{helping, people},
    session::Session,
};

/// What is done.
#[derive(Debug, Subcommand)]
pub enum HandsCommand {
    /// After a loss: make new recovery words and move every account to their keys; the old ones open nothing then
    NewWords(Agreed),
    /// After losing everything: print a code for your guardians, from your new wallet
    AskRecovery(Named),
    /// As a parent: print a code that asks your child's wallet for keys
    Request,
    /// As the child: answer it with a code
    Answer(Answer),
    /// As a parent: promise your child's accounts from a day on
    Promise(Promise),
}

/// Arguments of `new-words`.
#[derive(Args, Debug)]
pub struct Agreed {
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

/// Arguments of `ask-recovery`.
#[derive(Args, Debug)]
pub struct Named {
    /// Your name, as the others know it
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    name: String,
}

/// Arguments of `answer`.
#[derive(Args, Debug)]
pub struct Answer {
    /// The parent's code
    code: String,
    #[command(flatten)]
    named: Named,
}

/// Arguments of `promise`.
#[derive(Args, Debug)]
pub struct Promise {
    /// The child's answer
    code: String,
    /// First day on which the accounts belong to the child (UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    on: String,
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

impl HandsCommand {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        match self {
            Self::NewWords(agreed) => new_words(session, agreed.yes).await,
            Self::AskRecovery(named) => {
                print(session, async |wallet| wallet.ask_for_recovery(&named.name).await).await
            }
            Self::Request => print(session, async |wallet| wallet.handover_request().await).await,
            Self::Answer(answer) => {
                let name = &answer.named.name;
                print(session, async |wallet| wallet.answer_handover(&answer.code, name).await).await
            }
            Self::Promise(promise) => {
                let due = history::day(&promise.on)?;
                decide::run(session, promise.yes, async |_| {
                    Ok(Act::PromiseHandover { offer: promise.code.clone(), due })
                })
                .await
            }
        }
    }
}

async fn print(
    session: &Session,
    code: impl AsyncFnOnce(&Wallet) -> Result<String, WalletError>,
) -> Result<Exit, CliError> {
    let code = session
        .with_own_wallet(async |wallet| {
            decide::catch_up(session, wallet).await?;
            Ok(code(wallet).await?)
        })
        .await?;
    session.output.answer(|| helping::code_json(&code), || helping::code(&code))?;
    Ok(Exit::Done)
}

/// The words are told before anything is signed: whoever stops in the middle has them, and goes on with the same ones.
async fn new_words(session: &Session, yes: bool) -> Result<Exit, CliError> {
    let (wallet, passphrase) = session.open().await?;
    let words = wallet.begin_new_words(&passphrase).await;
    drop(passphrase);
    let words = match words {
        Ok(words) => words,
        Err(error) => {
            wallet.lock().await?;
            return Err(error.into());
        }
    };
    session.output.aside(&people::words(&words));
    drop(words);
    let done = async {
        decide::catch_up(session, &wallet).await?;
        let decided = decide::decide(session, &wallet, &Act::NewKeys, yes).await?;
        // The next check of the ledger sees that every account has moved, and forgets the old words.
        decide::catch_up(session, &wallet).await?;
        decide::finish(session, &decided)
    }
    .await;
    wallet.lock().await?;
    done
}
