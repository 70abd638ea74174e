//! Secrets and answers from the person: from a file, from standard input or from the terminal; never from
//! arguments or the environment, where other programs can read them.

use std::{
    io::{BufRead, IsTerminal as _, Read as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::{error::CliError, output::Output};

/// Longest passphrase that is read, in bytes: the vault takes 1,024 after normalising, which can shorten.
const MAX_PASSPHRASE_BYTES: usize = 4096;
/// Longest list of recovery words that is read, in bytes: 24 words of 8 letters, with much room for spaces.
const MAX_WORDS_BYTES: usize = 4096;
/// Longest answer to a question, in bytes.
const MAX_ANSWER_BYTES: usize = 256;
const WORDS: usize = 24;

const PASSPHRASE: &str = "The passphrase";
const NEW_PASSPHRASE: &str = "The new passphrase";
const RECOVERY_WORDS: &str = "The list of recovery words";

/// Where a passphrase comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PassphraseFrom {
    /// The first line of a file.
    File(PathBuf),
    /// The next line of standard input.
    Stdin,
    /// The terminal.
    Prompt,
}

impl PassphraseFrom {
    /// From the two options.
    pub fn options(file: Option<PathBuf>, stdin: bool) -> Result<Self, CliError> {
        match (file, stdin) {
            (Some(_), true) => Err(CliError::TwoPassphrases),
            (Some(file), false) => Ok(Self::File(file)),
            (None, true) => Ok(Self::Stdin),
            (None, false) => Ok(Self::Prompt),
        }
    }

    /// The passphrase of a vault that exists.
    pub fn existing(&self) -> Result<Zeroizing<String>, CliError> {
        const INSTEAD: &str = "Use --passphrase-file or --passphrase-stdin.";
        match self {
            Self::File(path) => first_line(PASSPHRASE, path),
            Self::Stdin => line_of_stdin(PASSPHRASE, MAX_PASSPHRASE_BYTES),
            Self::Prompt => hidden(PASSPHRASE, "Passphrase:", INSTEAD),
        }
    }

    /// A passphrase to be set; typed twice on a terminal.
    pub fn new_one(&self, instead: &'static str) -> Result<Zeroizing<String>, CliError> {
        match self {
            Self::File(path) => first_line(NEW_PASSPHRASE, path),
            Self::Stdin => line_of_stdin(NEW_PASSPHRASE, MAX_PASSPHRASE_BYTES),
            Self::Prompt => {
                let first = hidden(NEW_PASSPHRASE, "New passphrase (several words are best):", instead)?;
                let second = hidden(NEW_PASSPHRASE, "The same once more:", instead)?;
                if *first == *second { Ok(first) } else { Err(CliError::PassphrasesDiffer) }
            }
        }
    }
}

/// Where recovery words come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WordsFrom {
    /// A file.
    File(PathBuf),
    /// What is left of standard input.
    Stdin,
    /// The terminal, word by word.
    Prompt,
}

impl WordsFrom {
    /// Reads the words.
    pub fn read(&self) -> Result<Zeroizing<String>, CliError> {
        match self {
            Self::File(path) => file(RECOVERY_WORDS, path, MAX_WORDS_BYTES),
            Self::Stdin => text(RECOVERY_WORDS, MAX_WORDS_BYTES, &mut std::io::stdin().lock())
                .map_err(CliError::Input)?,
            Self::Prompt => words_of_terminal(),
        }
    }
}

/// Several words at one prompt are taken, too: people paste.
fn words_of_terminal() -> Result<Zeroizing<String>, CliError> {
    let mut words = Zeroizing::new(String::with_capacity(MAX_WORDS_BYTES));
    let mut count = 0;
    while count < WORDS {
        let prompt = format!("Word {} of {WORDS} (not shown while you type):", count + 1);
        let typed = hidden(RECOVERY_WORDS, &prompt, "Use --words-file or --words-stdin.")?;
        if words.len() + typed.len() + 1 > MAX_WORDS_BYTES {
            return Err(CliError::NotASecret { what: RECOVERY_WORDS, limit: MAX_WORDS_BYTES });
        }
        count += typed.split_whitespace().count();
        words.push_str(&typed);
        words.push(' ');
    }
    Ok(words)
}

/// Asks a question that only "y" or "yes" answers with yes.
pub fn agrees(output: &Output, question: &str) -> Result<bool, CliError> {
    must_be_terminal("This question", "Look at the review, then give --yes.")?;
    output.ask(&format!("{question} [y/N]"));
    let answer = line_of_stdin("An answer", MAX_ANSWER_BYTES)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Fails when nobody can be asked.
pub fn must_be_terminal(question: &'static str, instead: &'static str) -> Result<(), CliError> {
    if std::io::stdin().is_terminal() { Ok(()) } else { Err(CliError::NoTerminal { question, instead }) }
}

fn hidden(what: &'static str, prompt: &str, instead: &'static str) -> Result<Zeroizing<String>, CliError> {
    must_be_terminal(what, instead)?;
    rpassword::prompt_password(format!("{prompt} ")).map(Zeroizing::new).map_err(CliError::Input)
}

fn first_line(what: &'static str, path: &Path) -> Result<Zeroizing<String>, CliError> {
    let text = file(what, path, MAX_PASSPHRASE_BYTES)?;
    let line = text.split('\n').next().unwrap_or_default();
    Ok(Zeroizing::new(line.strip_suffix('\r').unwrap_or(line).to_owned()))
}

fn file(what: &'static str, path: &Path, limit: usize) -> Result<Zeroizing<String>, CliError> {
    let failed = |source| CliError::SecretFile { what, path: path.to_path_buf(), source };
    let mut file = std::fs::File::open(path).map_err(failed)?;
    text(what, limit, &mut file).map_err(failed)?
}

/// Reads to the end, at most `limit` bytes. The buffer never grows: one that does leaves pieces of the secret behind.
fn text(
    what: &'static str,
    limit: usize,
    source: &mut dyn std::io::Read,
) -> std::io::Result<Result<Zeroizing<String>, CliError>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit + 1));
    let mut chunk = Zeroizing::new([0_u8; 512]);
    loop {
        let read = source.read(&mut chunk[..])?;
        if bytes.len() + read > limit {
            return Ok(Err(CliError::NotASecret { what, limit }));
        }
        if read == 0 {
            return Ok(utf8(what, limit, &bytes));
        }
        bytes.extend_from_slice(&chunk[..read]);
    }
}

/// The next line without its end. Byte by byte from the locked, buffered input, so that the rest stays for the next.
fn line_of_stdin(what: &'static str, limit: usize) -> Result<Zeroizing<String>, CliError> {
    line(what, limit, &mut std::io::stdin().lock())
}

fn line(what: &'static str, limit: usize, source: &mut dyn BufRead) -> Result<Zeroizing<String>, CliError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit));
    let mut ended = false;
    for byte in source.bytes() {
        match byte.map_err(CliError::Input)? {
            b'\n' => {
                ended = true;
                break;
            }
            _ if bytes.len() == limit => return Err(CliError::NotASecret { what, limit }),
            byte => bytes.push(byte),
        }
    }
    if bytes.is_empty() && !ended {
        return Err(CliError::NothingOnInput { what });
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    utf8(what, limit, &bytes)
}

fn utf8(what: &'static str, limit: usize, bytes: &[u8]) -> Result<Zeroizing<String>, CliError> {
    let text = std::str::from_utf8(bytes).map_err(|_| CliError::NotASecret { what, limit })?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_one_after_the_other_without_their_ends() {
        let mut input = &b"first passphrase \r\nsecond\nthird"[..];
        assert_eq!(*line(PASSPHRASE, 64, &mut input).unwrap(), "first passphrase ");
        assert_eq!(*line(PASSPHRASE, 64, &mut input).unwrap(), "second");
        assert_eq!(*line(PASSPHRASE, 64, &mut input).unwrap(), "third");
        assert!(matches!(line(PASSPHRASE, 64, &mut input), Err(CliError::NothingOnInput { .. })));
    }

    #[test]
    fn an_endless_line_or_file_is_refused_at_the_limit() {
        let endless = || std::io::BufReader::new(std::io::repeat(b'x'));
        assert!(matches!(line(PASSPHRASE, 64, &mut endless()), Err(CliError::NotASecret { limit: 64, .. })));
        assert!(matches!(text(PASSPHRASE, 64, &mut endless()).unwrap(), Err(CliError::NotASecret { .. })));
        assert_eq!(*text(PASSPHRASE, 64, &mut &[b'x'; 64][..]).unwrap().unwrap(), "x".repeat(64));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_without_showing_them() {
        let error = line(PASSPHRASE, 64, &mut &b"\xff\xfesecret\n"[..]).unwrap_err();
        assert!(!error.to_string().contains("secret"));
    }

    #[test]
    fn a_passphrase_file_is_its_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        std::fs::write(&path, "crème brûlée \r\nnotes\n").unwrap();
        let from = PassphraseFrom::File(path);
        assert_eq!(*from.existing().unwrap(), "crème brûlée ");
        let missing = PassphraseFrom::File(folder.path().join("missing"));
        assert!(matches!(missing.existing(), Err(CliError::SecretFile { .. })));
    }

    #[test]
    fn two_sources_of_a_passphrase_are_refused() {
        assert!(matches!(PassphraseFrom::options(Some("f".into()), true), Err(CliError::TwoPassphrases)));
        assert_eq!(PassphraseFrom::options(None, true).unwrap(), PassphraseFrom::Stdin);
        assert_eq!(PassphraseFrom::options(None, false).unwrap(), PassphraseFrom::Prompt);
    }
}
