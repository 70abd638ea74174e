//! Exit codes: what a script learns without reading a word.

use std::process::ExitCode;

/// How the command ended. The numbers are part of the command's interface (README, "The medrec command").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Anything without a number of its own.
    Other = 1,
    /// The command line asks for something that cannot be done as it stands.
    Usage = 2,
    /// Wrong passphrase or recovery words.
    WrongSecret = 3,
    /// A ledger node or a gatekeeper is away, or the ledger has not confirmed yet.
    Away = 4,
    /// A ledger node or a gatekeeper gave an answer that is proved false.
    FalseAnswer = 5,
    /// The ledger or a provider refused.
    Refused = 6,
    /// There is no such thing.
    NotFound = 7,
    /// A copy is not the record that the ledger holds the commitment of.
    CopyDoesNotMatch = 8,
    /// Data on this computer is damaged, open in another program, or cannot be read or written.
    LocalData = 9,
}

impl Exit {
    /// Every code, in the order of the numbers.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Other,
        Self::Usage,
        Self::WrongSecret,
        Self::Away,
        Self::FalseAnswer,
        Self::Refused,
        Self::NotFound,
        Self::CopyDoesNotMatch,
        Self::LocalData,
    ];

    /// The number.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The meaning in one line, as help and README give it.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Other => "anything without a number of its own",
            Self::Usage => "the command line cannot be used as it stands",
            Self::WrongSecret => "wrong passphrase or recovery words",
            Self::Away => "a ledger node or gatekeeper is away, or the ledger has not confirmed yet",
            Self::FalseAnswer => "a ledger node or gatekeeper gave a false answer: verification failed",
            Self::Refused => "the ledger or a provider refused",
            Self::NotFound => "not found",
            Self::CopyDoesNotMatch => "a copy does not match its commitment on the ledger",
            Self::LocalData => {
                "data on this computer is damaged, in use by another program, or cannot be read or written"
            }
        }
    }

    /// The table that ends `medrec --help`.
    pub fn help() -> String {
        let rows = Self::ALL.map(|exit| format!("  {}  {}", exit.number(), exit.meaning()));
        format!("Exit codes:\n{}", rows.join("\n"))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_from_0_to_9_has_one_meaning() {
        let numbers: Vec<u8> = Exit::ALL.iter().map(|exit| exit.number()).collect();
        assert_eq!(numbers, (0..=9).collect::<Vec<u8>>());
        let mut meanings: Vec<_> = Exit::ALL.iter().map(|exit| exit.meaning()).collect();
        meanings.sort_unstable();
        meanings.dedup();
        assert_eq!(meanings.len(), Exit::ALL.len());
    }

    #[test]
    fn help_and_readme_give_the_same_table() {
        let readme = include_str!("../../../README.md");
        for exit in Exit::ALL {
            let row = format!("| {} | {} |", exit.number(), exit.meaning());
            assert!(readme.contains(&row), "README lacks the row: {row}");
            assert!(Exit::help().contains(exit.meaning()));
        }
    }
}
