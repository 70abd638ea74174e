//! `medrec wallet`: making, restoring and looking after wallets.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use medrec_wallet::{Passphrase, RecoveryWords, WalletError};

use crate::{
    error::CliError,
    exit::Exit,
    input::{PassphraseFrom, WordsFrom},
    output::Words,
    render::people,
    session::Session,
};

/// What is done with wallets.
#[derive(Debug, Subcommand)]
pub enum WalletCommand {
    /// Make a wallet for a new person; shows the recovery words once
    Create(Create),
    /// Make a wallet again from its recovery words
    Restore(Restore),
    /// Show whose wallets are here
    List,
    /// Try the passphrase: opens the wallet and closes it again
    UnlockTest,
    /// Show the recovery words again
    Words,
    /// Replace the passphrase
    ChangePassphrase(ChangePassphrase),
}

/// Arguments of `create`.
#[derive(Args, Debug)]
pub struct Create {
    /// Name shown on this computer
    #[arg(long, value_name = "NAME")]
    label: String,
}

/// Arguments of `restore`.
#[derive(Args, Debug)]
pub struct Restore {
    /// Name shown on this computer
    #[arg(long, value_name = "NAME")]
    label: String,
    /// Read the 24 words from this file
    #[arg(long, value_name = "FILE", conflicts_with = "words_stdin")]
    words_file: Option<PathBuf>,
    /// Read the 24 words from standard input (after the passphrase, with --passphrase-stdin)
    #[arg(long)]
    words_stdin: bool,
}

/// Arguments of `change-passphrase`.
#[derive(Args, Debug)]
pub struct ChangePassphrase {
    /// Read the new passphrase from the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "new_passphrase_stdin")]
    new_passphrase_file: Option<PathBuf>,
    /// Read the new passphrase from the next line of standard input
    #[arg(long)]
    new_passphrase_stdin: bool,
}

impl WalletCommand {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        session.must_be_own()?;
        match self {
            Self::Create(create) => create.run(session).await,
            Self::Restore(restore) => restore.run(session).await,
            Self::List => list(session),
            Self::UnlockTest => unlock_test(session).await,
            Self::Words => words(session).await,
            Self::ChangePassphrase(change) => change.run(session).await,
        }
    }
}

/// Makes a passphrase of what was chosen for a new vault, and says when it is easy to guess.
fn new_passphrase(session: &Session, from: &PassphraseFrom, label: &str) -> Result<Passphrase, CliError> {
    const INSTEAD: &str = "Use --passphrase-file or --passphrase-stdin (with change-passphrase: \
                           --new-passphrase-file or --new-passphrase-stdin).";
    let passphrase = Passphrase::new(&from.new_one(INSTEAD)?).map_err(WalletError::from)?;
    let mut words = Words::new();
    if let Some(warning) = people::strength(passphrase.strength(&[label])) {
        words.line(warning);
    }
    session.output.notice(&words);
    Ok(passphrase)
}

impl Create {
    async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let passphrase = new_passphrase(session, &session.passphrase, &self.label)?;
        let (wallet, words) = session.home.create(&self.label, &passphrase).await?;
        let person = wallet.person();
        // The words are told before anything else can fail.
        let told = session.output.answer(
            || people::created_json(&person, &words),
            || people::created(&person, &words, session.home.path()),
        );
        let locked = wallet.lock().await;
        told?;
        locked?;
        Ok(Exit::Done)
    }
}

impl Restore {
    async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let passphrase = new_passphrase(session, &session.passphrase, &self.label)?;
        let from = match (self.words_file, self.words_stdin) {
            (Some(file), _) => WordsFrom::File(file),
            (None, true) => WordsFrom::Stdin,
            (None, false) => WordsFrom::Prompt,
        };
        let words =
            RecoveryWords::parse(&from.read()?).map_err(|error| CliError::WrongWords(error.into()))?;
        let wallet = session.home.restore(&self.label, &passphrase, &words).await?;
        let person = wallet.person();
        wallet.lock().await?;
        session
            .output
            .answer(|| people::person_json(&person), || people::restored(&person, session.home.path()))?;
        Ok(Exit::Done)
    }
}

fn list(session: &Session) -> Result<Exit, CliError> {
    let found = session.home.people()?;
    session.output.answer(|| people::list_json(&found), || people::list(&found, session.home.path()))?;
    Ok(Exit::Done)
}

async fn unlock_test(session: &Session) -> Result<Exit, CliError> {
    let (person, notices) =
        session.with_wallet(async |wallet| Ok((wallet.person(), wallet.notices()))).await?;
    session.output.answer(|| people::opened_json(&person, &notices), || people::opened(&person))?;
    Ok(Exit::Done)
}

async fn words(session: &Session) -> Result<Exit, CliError> {
    let (wallet, passphrase) = session.open().await?;
    let words = wallet.recovery_words(&passphrase).await;
    let locked = wallet.lock().await;
    let words = words?;
    session.output.answer(|| people::words_json(&words), || people::words(&words))?;
    locked?;
    Ok(Exit::Done)
}

impl ChangePassphrase {
    async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let from = PassphraseFrom::options(self.new_passphrase_file, self.new_passphrase_stdin)?;
        let (wallet, old) = session.open().await?;
        let person = wallet.person();
        let changed = async {
            let new = new_passphrase(session, &from, &person.label)?;
            wallet.change_passphrase(&old, &new).await?;
            Ok::<_, CliError>(())
        }
        .await;
        let locked = wallet.lock().await;
        changed?;
        locked?;
        session.output.answer(|| people::person_json(&person), || people::passphrase_changed(&person))?;
        Ok(Exit::Done)
    }
}
