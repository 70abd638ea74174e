//! What every command works with: the folder, the person, the secrets, the way out.

use std::{future::Future, io::Read as _};

use medrec_wallet::{CancellationToken, Code, Home, Passphrase, Wallet, WalletError};
use zeroize::Zeroizing;

use crate::{
    arguments::Global,
    commands::{decide::catch_up, helping::find_helped},
    error::CliError,
    home::default_home,
    input::PassphraseFrom,
    moment::Here,
    output::{Form, Output, Words},
    render,
};

/// The surroundings of one command.
pub struct Session {
    /// The wallets of this computer account.
    pub home: Home,
    /// Where the passphrase comes from.
    pub passphrase: PassphraseFrom,
    /// The way out.
    pub output: Output,
    /// Where and when the reader is.
    pub here: Here,
    person: Option<String>,
    /// Somebody who is helped, for whom the command is run.
    helped: Option<String>,
}

impl Session {
    /// From the general options.
    pub fn new(global: Global) -> Result<Self, CliError> {
        let form = if global.json { Form::Json } else { Form::Words };
        Ok(Self {
            home: Home::at(global.home.or_else(default_home).ok_or(CliError::NoHome)?),
            passphrase: PassphraseFrom::options(global.passphrase_file, global.passphrase_stdin)?,
            output: Output::new(form),
            here: Here::and_now(),
            person: global.person,
            helped: global.helped,
        })
    }

    /// Opens the person's wallet.
    pub async fn open(&self) -> Result<(Wallet, Passphrase), CliError> {
        // Before the passphrase is asked for: it would be typed for nothing.
        let person = self.home.find_person(self.person.as_deref())?;
        let passphrase = existing(&self.passphrase.existing()?)?;
        self.output.progress("Opening your wallet …");
        let wallet = self.home.open(&person, &passphrase).await?;
        self.tell_notices(&wallet);
        Ok((wallet, passphrase))
    }

    /// Opens the wallet of whom the command is for: the person's own, or with `--for` the view of somebody who is helped.
    /// Does the work and locks the wallet again, however the work ended.
    pub async fn with_wallet<T>(
        &self,
        work: impl AsyncFnOnce(&Wallet) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let Some(text) = &self.helped else { return self.with_own_wallet(work).await };
        self.with_opened(async |wallet| {
            let number = find_helped(wallet, text).await?.number;
            let theirs = wallet.help(number).await?;
            let done = Box::pin(async {
                if theirs.freshness().await?.checked_at.is_none() {
                    catch_up(self, &theirs).await?;
                }
                work(&theirs).await
            })
            .await;
            let locked = theirs.lock().await;
            let value = done?;
            locked?;
            Ok(value)
        })
        .await
    }

    /// The same for what only a person's own wallet does: `--for` is refused.
    pub async fn with_own_wallet<T>(
        &self,
        work: impl AsyncFnOnce(&Wallet) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        self.must_be_own()?;
        self.with_opened(work).await
    }

    /// Fails with `--for`.
    pub fn must_be_own(&self) -> Result<(), CliError> {
        if self.helped.is_some() { Err(CliError::OnlyOwn) } else { Ok(()) }
    }

    /// Fails without `--for`.
    pub fn must_help(&self) -> Result<(), CliError> {
        if self.helped.is_none() { Err(CliError::ForWhom) } else { Ok(()) }
    }

    async fn with_opened<T>(
        &self,
        work: impl AsyncFnOnce(&Wallet) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let (wallet, passphrase) = self.open().await?;
        drop(passphrase);
        let done = Box::pin(work(&wallet)).await;
        let locked = wallet.lock().await;
        let value = done?;
        locked?;
        Ok(value)
    }

    /// Says what was noticed about vault and database.
    pub fn tell_notices(&self, wallet: &Wallet) {
        let mut words = Words::new();
        for notice in wallet.notices() {
            words.line(render::notice(notice));
        }
        self.output.notice(&words);
    }

    /// Does work that Ctrl-C stops: the first time at the next safe place, the second time at once.
    pub fn stoppable<'a, T: 'a>(
        &'a self,
        cancel: CancellationToken,
        work: impl Future<Output = Result<T, WalletError>> + 'a,
    ) -> impl Future<Output = Result<T, CliError>> + 'a {
        // On the heap before anything waits for it: use cases are large.
        let mut work = Box::pin(work);
        async move {
            tokio::select! {
                done = &mut work => return Ok(done?),
                pressed = tokio::signal::ctrl_c() => pressed.map_err(CliError::Input)?,
            }
            cancel.cancel();
            self.output.progress("Stopping; once more to stop at once …");
            tokio::select! {
                done = &mut work => Ok(done?),
                pressed = tokio::signal::ctrl_c() => {
                    pressed.map_err(CliError::Input)?;
                    Err(WalletError::Cancelled.into())
                }
            }
        }
    }
}

/// A passphrase that was typed for an existing vault. What cannot be a passphrase is a wrong one.
fn existing(typed: &Zeroizing<String>) -> Result<Passphrase, CliError> {
    Passphrase::new(typed).map_err(|error| match WalletError::from(error) {
        error if error.code() == Code::InvalidInput => {
            WalletError::from(medrec_wallet::VaultError::WrongPassphrase).into()
        }
        error => error.into(),
    })
}

/// Longest file with a code, in bytes.
const MAX_CODE_BYTES: u64 = 64 * 1024;

/// A code as it was typed, or from the file whose name was typed in its place.
pub fn text_or_file(typed: &str) -> Result<String, CliError> {
    let path = std::path::Path::new(typed);
    if !path.is_file() {
        return Ok(typed.trim().to_owned());
    }
    let failed = |source| WalletError::File { doing: "read", path: path.to_owned(), source };
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_CODE_BYTES).read_to_string(&mut text))
        .map_err(failed)?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn what_is_too_short_to_be_a_passphrase_is_a_wrong_passphrase() {
        for typed in ["", "short", &"x".repeat(2000)] {
            let error = existing(&Zeroizing::new(typed.to_owned())).unwrap_err();
            assert_eq!(error.exit(), Exit::WrongSecret);
        }
        assert!(existing(&Zeroizing::new("long enough".to_owned())).is_ok());
    }

    #[test]
    fn a_code_may_be_typed_or_lie_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("offer.txt");
        std::fs::write(&path, "mrhelp1abc\n").unwrap();
        assert_eq!(text_or_file(path.to_str().unwrap()).unwrap(), "mrhelp1abc");
        assert_eq!(text_or_file(" mrhelp1abc ").unwrap(), "mrhelp1abc");
    }
}
