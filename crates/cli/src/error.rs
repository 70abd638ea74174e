//! Everything that can end a command badly, and the one table from codes to exit codes.

use std::path::PathBuf;

use medrec_wallet::{Code, WalletError};
use serde_json::{Value, json};

use crate::exit::Exit;

/// Errors of the command.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A use case failed.
    #[error(transparent)]
    Wallet(#[from] WalletError),
    /// Neither option nor environment says where the wallet is.
    #[error("This computer does not say where your data belongs. Give the wallet's folder with --home.")]
    NoHome,
    /// The passphrase is to come from two places.
    #[error("Give the passphrase in one way only: --passphrase-file or --passphrase-stdin.")]
    TwoPassphrases,
    /// With `--for`, something that only a person's own wallet does.
    #[error("This is for your own wallet only; leave out --for.")]
    OnlyOwn,
    /// Without `--for`, something that is done for somebody else.
    #[error("Say for whom, with --for NAME; \"medrec helping\" lists the people whom you help.")]
    ForWhom,
    /// A question cannot be asked, because nobody is at a terminal.
    #[error("{question} cannot be asked here: standard input is not a terminal. {instead}")]
    NoTerminal {
        /// What would have been asked.
        question: &'static str,
        /// What to give instead.
        instead: &'static str,
    },
    /// The terminal or standard input fails.
    #[error("Your answer cannot be read: {0}. Try again.")]
    Input(#[source] std::io::Error),
    /// Standard input ended before the secret.
    #[error("{what} was expected on standard input, but nothing came.")]
    NothingOnInput {
        /// What was expected.
        what: &'static str,
    },
    /// A file with a passphrase or words cannot be read.
    #[error("{what} cannot be read from {}: {source}.", path.display())]
    SecretFile {
        /// What is in it.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is longer than any that can be right, or no text.
    #[error("{what} is not text of at most {limit} bytes. Check which file or program you took it from.")]
    NotASecret {
        /// What it should be.
        what: &'static str,
        /// The ceiling in bytes.
        limit: usize,
    },
    /// The second time something else was typed.
    #[error("The two passphrases are not the same. Nothing was changed; try again.")]
    PassphrasesDiffer,
    /// The recovery words cannot be right.
    #[error("{0}")]
    WrongWords(#[source] WalletError),
    /// The person looked at it and said no.
    #[error("Nothing was signed and nothing was changed.")]
    NotAgreed,
    /// The operating system gives no threads.
    #[error("The program cannot start: {0}. Close other programs and try again.")]
    Start(#[source] std::io::Error),
    /// Standard output is closed or full.
    #[error("The answer cannot be written to standard output: {0}.")]
    Output(#[source] std::io::Error),
}

impl CliError {
    /// Stable name of the problem: the façade's, or one of the command's own.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Wallet(error) => error.code().as_str(),
            Self::NoHome
            | Self::TwoPassphrases
            | Self::OnlyOwn
            | Self::ForWhom
            | Self::NotASecret { .. }
            | Self::PassphrasesDiffer => Code::InvalidInput.as_str(),
            Self::WrongWords(_) => "wrong_words",
            Self::NoTerminal { .. } | Self::Input(_) | Self::NothingOnInput { .. } => "no_answer",
            Self::SecretFile { .. } => "secret_file",
            Self::NotAgreed => Code::Cancelled.as_str(),
            Self::Start(_) => Code::Internal.as_str(),
            Self::Output(_) => "output",
        }
    }

    /// How the command ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Wallet(error) => of_code(error.code()),
            Self::WrongWords(_) => Exit::WrongSecret,
            Self::NotAgreed | Self::Start(_) | Self::Output(_) => Exit::Other,
            Self::NoHome
            | Self::TwoPassphrases
            | Self::OnlyOwn
            | Self::ForWhom
            | Self::NoTerminal { .. }
            | Self::Input(_)
            | Self::NothingOnInput { .. }
            | Self::SecretFile { .. }
            | Self::NotASecret { .. }
            | Self::PassphrasesDiffer => Exit::Usage,
        }
    }

    /// True when whoever read the answer has gone: there is nobody to tell.
    pub fn reader_gone(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// The error as a document.
    pub fn json(&self) -> Value {
        let mut document = json!({ "code": self.code(), "message": self.to_string() });
        if let Self::Wallet(WalletError::DoesNotMatch { expected, found }) = self {
            document["details"] = json!({ "expected": expected.to_string(), "found": found.to_string() });
        }
        document
    }
}

/// The table: every code of the façade has an exit code.
pub fn of_code(code: Code) -> Exit {
    match code {
        Code::InvalidInput | Code::AlreadyExists | Code::NotJoined => Exit::Usage,
        Code::WrongPassphrase => Exit::WrongSecret,
        Code::NodeAway | Code::ProviderAway | Code::NotConfirmed => Exit::Away,
        Code::VerificationFailed | Code::LedgerForked | Code::TrustExpired | Code::WrongNetwork => {
            Exit::FalseAnswer
        }
        Code::RefusedByLedger | Code::RefusedByProvider | Code::Expired => Exit::Refused,
        Code::NotFound => Exit::NotFound,
        Code::CopyDoesNotMatch => Exit::CopyDoesNotMatch,
        Code::VaultInUse
        | Code::VaultUnusable
        | Code::DataUnusable
        | Code::NewerProgramNeeded
        | Code::Disk => Exit::LocalData,
        // Each command opens the wallet itself: finding it locked would be this program's own fault.
        Code::Cancelled | Code::Locked | Code::Internal => Exit::Other,
    }
}

#[cfg(test)]
mod tests {
    use medrec_wallet::{Commitment, VaultError};

    use super::*;

    #[test]
    fn each_code_ends_with_its_own_number() {
        let table: Vec<(&str, u8)> =
            Code::ALL.iter().map(|code| (code.as_str(), of_code(*code).number())).collect();
        let expected = [
            ("invalid_input", 2),
            ("wrong_passphrase", 3),
            ("vault_in_use", 9),
            ("vault_unusable", 9),
            ("data_unusable", 9),
            ("newer_program_needed", 9),
            ("already_exists", 2),
            ("locked", 1),
            ("not_joined", 2),
            ("wrong_network", 5),
            ("node_away", 4),
            ("provider_away", 4),
            ("verification_failed", 5),
            ("ledger_forked", 5),
            ("trust_expired", 5),
            ("refused_by_ledger", 6),
            ("refused_by_provider", 6),
            ("not_found", 7),
            ("copy_does_not_match", 8),
            ("not_confirmed", 4),
            ("expired", 6),
            ("cancelled", 1),
            ("disk", 9),
            ("internal", 1),
        ];
        assert_eq!(table, expected);
    }

    #[test]
    fn no_failure_ends_like_a_success() {
        for code in Code::ALL {
            assert_ne!(of_code(*code), Exit::Done, "{code}");
        }
    }

    #[test]
    fn an_error_is_one_document_with_code_and_message() {
        let error = CliError::Wallet(WalletError::NotJoined);
        assert_eq!(
            error.json(),
            json!({
                "code": "not_joined",
                "message": "This wallet has not joined a network yet. Join one with the file from a provider.",
            })
        );
        let words = CliError::WrongWords(VaultError::WordsChecksum.into());
        assert_eq!((words.code(), words.exit()), ("wrong_words", Exit::WrongSecret));
    }

    #[test]
    fn a_copy_that_does_not_match_says_what_was_expected_and_found() {
        let [expected, found] = [1, 2].map(|byte| Commitment::from_bytes([byte; 32]));
        let error = CliError::Wallet(WalletError::DoesNotMatch { expected, found });
        assert_eq!(error.exit(), Exit::CopyDoesNotMatch);
        assert_eq!(error.json()["details"], json!({ "expected": "01".repeat(32), "found": "02".repeat(32) }));
    }
}
