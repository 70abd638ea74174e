//! `medrec-gatekeeper`: see [`medrec_gatekeeper::commands`].

use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;
use medrec_gatekeeper::commands::{Cli, execute};

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.start_log();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("the program cannot start: {error}"), 10),
    };
    match runtime.block_on(execute(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error.to_string(), error.exit_code()),
    }
}

fn failed(what: &str, code: u8) -> ExitCode {
    // If standard error is closed there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "error: {what}");
    ExitCode::from(code)
}
