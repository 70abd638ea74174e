//! Where words go: the answer to standard output, everything else to standard error.
//!
//! Invariants: with `--json` standard output carries exactly one document and standard error nothing but an error;
//! no text from the network reaches the terminal with characters that move the cursor or reorder what is read.

use std::{
    io::{IsTerminal as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::Value;

use crate::error::CliError;

/// What the person wants to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Plain words.
    Words,
    /// One JSON document.
    Json,
}

/// The two ways out.
#[derive(Clone, Debug)]
pub struct Output {
    form: Form,
    /// A line of progress stands on the terminal and waits to be replaced.
    unfinished: Arc<AtomicBool>,
}

impl Output {
    /// An output in this form.
    pub fn new(form: Form) -> Self {
        Self { form, unfinished: Arc::default() }
    }

    /// The form.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Gives the answer: once in each command.
    pub fn answer(
        &self,
        json: impl FnOnce() -> Value,
        words: impl FnOnce() -> Words,
    ) -> Result<(), CliError> {
        self.end_progress();
        let text = match self.form {
            Form::Words => words().0,
            Form::Json => format!("{}\n", json()),
        };
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(CliError::Output)
    }

    /// Tells something beside the answer. Silent with `--json`.
    pub fn notice(&self, words: &Words) {
        if self.form == Form::Words {
            self.aside(words);
        }
    }

    /// Tells something that must be read now, whatever the form: what is about to be signed.
    pub fn aside(&self, words: &Words) {
        self.end_progress();
        // If standard error is closed there is nobody to tell.
        let _ = std::io::stderr().write_all(words.0.as_bytes());
    }

    /// Asks on the same line, without a line end.
    pub fn ask(&self, question: &str) {
        self.end_progress();
        let mut err = std::io::stderr().lock();
        let _ = write!(err, "{} ", one_line(question)).and_then(|()| err.flush());
    }

    /// Shows how far long work is. Only where somebody watches.
    pub fn progress(&self, text: &str) {
        if self.form == Form::Words && std::io::stderr().is_terminal() {
            self.unfinished.store(true, Ordering::Relaxed);
            let mut err = std::io::stderr().lock();
            let _ = write!(err, "\r\x1b[2K{}", one_line(text)).and_then(|()| err.flush());
        }
    }

    fn end_progress(&self) {
        if self.unfinished.swap(false, Ordering::Relaxed) {
            let _ = std::io::stderr().write_all(b"\r\x1b[2K");
        }
    }
}

/// Lines of text for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(String);

impl Words {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one line. A line end inside becomes a space: what others wrote cannot begin a line of its own.
    pub fn line(&mut self, text: impl AsRef<str>) -> &mut Self {
        self.0.push_str(one_line(text.as_ref()).trim_end());
        self.0.push('\n');
        self
    }

    /// Adds one line that belongs to the line above it.
    pub fn sub(&mut self, text: impl AsRef<str>) -> &mut Self {
        self.line(format!("    {}", text.as_ref()))
    }

    /// Adds an empty line.
    pub fn gap(&mut self) -> &mut Self {
        self.0.push('\n');
        self
    }

    /// The text.
    #[cfg(test)]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text without the characters by which it could pretend to be something else on a terminal: control
/// characters (cursor, colours, titles) and Unicode's bidirectional controls (UAX #9).
pub fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
            c if c.is_control() || is_bidi_control(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}

fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_cannot_move_the_cursor_or_reorder_a_line() {
        let mut words = Words::new();
        words.line("Aspirin\x1b[2J\x1b]0;owned\x07\nYour passphrase:\u{202e}");
        assert_eq!(words.as_str(), "Aspirin\u{fffd}[2J\u{fffd}]0;owned\u{fffd} Your passphrase:\u{fffd}\n");
    }

    #[test]
    fn accents_and_other_scripts_stay() {
        let mut words = Words::new();
        words.line("Žaneta Müller · 佐藤 花子 · مريم");
        assert_eq!(words.as_str(), "Žaneta Müller · 佐藤 花子 · مريم\n");
    }
}
