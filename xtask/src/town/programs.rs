//! Running our own programs to their end.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

/// Where the programs are, and where they run.
#[derive(Clone, Debug)]
pub struct Programs {
    binaries: PathBuf,
    folder: PathBuf,
}

/// What a program printed, and how it ended.
#[derive(Debug)]
pub struct Outcome {
    line: String,
    output: Output,
}

/// A program said no.
#[derive(Debug)]
pub struct Refused {
    /// What was run.
    pub line: String,
    /// Its exit status; none when a signal ended it.
    pub code: Option<i32>,
    /// What it complained about.
    pub complaint: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.code.map_or_else(|| "a signal".to_owned(), |code| format!("status {code}"));
        write!(f, "'{}' ended with {code}\n{}", self.line, self.complaint)
    }
}

impl std::error::Error for Refused {}

impl Programs {
    /// Programs in one folder, run in another.
    pub fn new(binaries: PathBuf, folder: PathBuf) -> Self {
        Self { binaries, folder }
    }

    /// Where they are.
    pub fn folder_of_programs(&self) -> &std::path::Path {
        &self.binaries
    }

    /// A command for one of them.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.binaries.join(name));
        command.current_dir(&self.folder);
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, mut command: Command) -> Result<Outcome> {
        let line = line(&command);
        let output = command
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("'{line}' could not be started"))?;
        Ok(Outcome { line, output })
    }
}

impl Outcome {
    /// What it printed, if it ended well.
    pub fn success(self) -> Result<String> {
        Ok(self.accepted()?)
    }

    /// The JSON that it printed, if it ended well.
    pub fn json(self) -> Result<Value> {
        let line = self.line.clone();
        let text = self.accepted()?;
        serde_json::from_str(&text).with_context(|| format!("'{line}' printed no JSON: {text}"))
    }

    /// The JSON that it printed, however it ended; none when it printed something else.
    pub fn printed(&self) -> Option<Value> {
        serde_json::from_slice(&self.output.stdout).ok()
    }

    /// What it printed, or how it refused.
    pub fn accepted(self) -> Result<String, Refused> {
        if self.output.status.success() {
            return Ok(String::from_utf8_lossy(&self.output.stdout).into_owned());
        }
        Err(Refused {
            line: self.line,
            code: self.output.status.code(),
            complaint: String::from_utf8_lossy(&self.output.stderr).trim().to_owned(),
        })
    }

    /// How it refused; an error when it did not.
    pub fn refusal(self) -> Result<Refused> {
        let line = self.line.clone();
        match self.accepted() {
            Err(refused) => Ok(refused),
            Ok(printed) => anyhow::bail!("'{line}' was not refused, it printed:\n{printed}"),
        }
    }
}

/// The command as a person would type it, without the folders.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let short = |word: &std::ffi::OsStr| {
        let word = word.to_string_lossy();
        let path = std::path::Path::new(word.as_ref());
        if path.is_absolute() {
            path.file_name().unwrap_or_default().to_string_lossy().into_owned()
        } else {
            word.into_owned()
        }
    };
    words.map(short).collect::<Vec<_>>().join(" ")
}
