//! `medrec`: the wallet's jobs from a terminal. Words in, words out; everything else is the façade's.

mod arguments;
mod commands;
mod error;
mod exit;
mod home;
mod input;
mod moment;
mod output;
mod prefix;
mod render;
mod session;

use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;
use serde_json::json;

use crate::{arguments::Cli, error::CliError, exit::Exit, session::Session};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return unusable(&error).into(),
    };
    let json = cli.global.json;
    let ended = run(cli);
    ended.unwrap_or_else(|error| told(&error, json)).into()
}

fn run(cli: Cli) -> Result<Exit, CliError> {
    let session = Session::new(cli.global)?;
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::Start)?;
    let ended = runtime.block_on(commands::run(cli.command, &session));
    // Work that was stopped at once must not hold the program back.
    runtime.shutdown_background();
    ended
}

fn told(error: &CliError, json: bool) -> Exit {
    if !error.reader_gone() {
        let text = if json {
            error.json().to_string()
        } else {
            format!("medrec: {}", output::one_line(&error.to_string()))
        };
        tell(&text);
    }
    error.exit()
}

/// Help and version are answers; everything else that clap says is an error.
fn unusable(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        return match error.print() {
            Ok(()) => Exit::Done,
            Err(_) => Exit::Other,
        };
    }
    // The arguments were not understood, so they are searched for the one that says how to answer.
    if std::env::args_os().any(|argument| argument == "--json") {
        let message = error.render().to_string();
        tell(&json!({ "code": "usage", "message": message.trim() }).to_string());
    } else {
        tell(error.render().to_string().trim_end());
    }
    Exit::Usage
}

fn tell(text: &str) {
    // If standard error is closed there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{text}");
}
