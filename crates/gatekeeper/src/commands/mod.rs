//! The command line: words in, words out. Every command takes `--home`; those that print data take `--json`.

mod ask;
mod emergency;
mod enrol;
mod fetch;
mod health;
mod inbox;
mod init;
mod join;
mod patients;
mod run;
mod update_entry;
mod view;
mod withdraw;

use std::{
    io::{IsTerminal as _, Write as _},
    path::PathBuf,
    sync::Arc,
};

use clap::{Args, Parser, Subcommand};
use medrec_exchange::Person;
use medrec_protocol::Timestamp;
use serde::Serialize;
use tracing_subscriber::EnvFilter;

use crate::{
    clock::SystemClock,
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
};

/// Exit codes, shown by `--help`.
const EXIT_CODES: &str = "Exit codes: 0 done; 2 wrong command line; 3 home, settings, keys or network file cannot be \
used; 4 the ledger or another gatekeeper is away; 5 an answer failed verification; 6 the ledger refused; 7 no such \
patient, grant or record; 8 a copy is not the record on the ledger; 9 something needs the operator (health); 10 anything else.";

/// Gatekeeper of one provider.
#[derive(Debug, Parser)]
#[command(name = "medrec-gatekeeper", version, about = "Stands before a provider's records: publishes pointers, \
releases copies under a live grant, asks others.", after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// What to log, for example info, debug or warn.
    #[arg(long, global = true, env = "RUST_LOG", default_value = "info")]
    log: String,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a gatekeeper's folder: keys, settings, and the entry for the ledger's directory.
    Init(init::Init),
    /// Join a network.
    Join(join::Join),
    /// Publish records and answer requests until stopped.
    Run(run::Run),
    /// Make a one-time code with which a patient opens a relationship.
    Enrol(enrol::Enrol),
    /// Show patients, their records and problems with files.
    Patients(patients::Patients),
    /// Ask an own patient for access to records elsewhere.
    Ask(ask::AskCommand),
    /// Show answers and grants that were received, or take a share code.
    Inbox(inbox::InboxCommand),
    /// Fetch copies under grants that were received, and verify each.
    Fetch(fetch::Fetch),
    /// Show records of a grant on the terminal, and keep nothing.
    View(view::View),
    /// In an emergency: fetch what the patient lets emergency care see.
    Emergency(emergency::Emergency),
    /// Take a published record back.
    Withdraw(withdraw::Withdraw),
    /// Ask the ledger, and show what waits for it and which nodes do not keep their word.
    Health(health::HealthCommand),
    /// Change name, place or address in the ledger's directory.
    UpdateEntry(update_entry::UpdateEntry),
}

/// The gatekeeper's folder.
#[derive(Debug, Args)]
struct AtHome {
    /// The gatekeeper's folder.
    #[arg(long, value_name = "DIR", env = "MEDREC_GATEKEEPER_HOME")]
    home: PathBuf,
}

/// The gatekeeper's folder, and how to print.
#[derive(Debug, Args)]
struct Printing {
    #[command(flatten)]
    at: AtHome,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Cli {
    /// Sends the log to standard error.
    pub fn start_log(&self) {
        let filter = EnvFilter::try_new(&self.log).unwrap_or_else(|_| EnvFilter::new("info"));
        let colours = std::io::stderr().is_terminal();
        let log =
            tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
        // A second start in one process keeps the first log.
        let _ = log.try_init();
    }
}

/// Does what the command line says.
pub async fn execute(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Init(init) => init.execute().await,
        Command::Join(join) => join.execute().await,
        Command::Run(run) => run.execute().await,
        Command::Enrol(enrol) => enrol.execute().await,
        Command::Patients(patients) => patients.execute().await,
        Command::Ask(ask) => ask.execute().await,
        Command::Inbox(inbox) => inbox.execute().await,
        Command::Fetch(fetch) => fetch.execute().await,
        Command::View(view) => view.execute().await,
        Command::Emergency(emergency) => emergency.execute().await,
        Command::Withdraw(withdraw) => withdraw.execute().await,
        Command::Health(health) => health.execute().await,
        Command::UpdateEntry(update) => update.execute().await,
    }
}

impl AtHome {
    /// Opens the gatekeeper for some work, and closes its database whatever comes of it: SQLite's threads must
    /// have ended before the process does.
    async fn with<T>(&self, work: impl AsyncFnOnce(&Arc<Gatekeeper>) -> Result<T>) -> Result<T> {
        let gatekeeper = Arc::new(Gatekeeper::open(&self.home, Arc::new(SystemClock)).await?);
        let done = work(&gatekeeper).await;
        gatekeeper.store.close().await;
        done
    }
}

impl Printing {
    /// Prints JSON if it was asked for, otherwise the words.
    fn show(&self, value: &impl Serialize, words: impl FnOnce() -> String) -> Result<()> {
        if self.json {
            let text =
                serde_json::to_string_pretty(value).map_err(|_| GatekeeperError::Damaged("an answer"))?;
            say(&text)
        } else {
            say(&words())
        }
    }
}

/// Who looks, from an argument.
fn person(text: &str, argument: &str) -> Result<Person> {
    let person = Person::new(text.trim()).ok().filter(|person| !person.as_str().is_empty());
    person.ok_or_else(|| {
        GatekeeperError::Input(format!("--{argument} takes 1 to 80 bytes of printable text: who looks"))
    })
}

/// Prints to standard output.
fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", text.trim_end())
        .and_then(|()| out.flush())
        .map_err(GatekeeperError::file("cannot write to", "standard output"))
}

/// A time for people: RFC 3339, whole seconds.
fn when(time: Timestamp) -> String {
    let seconds = i64::try_from(time.seconds()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| "the end of time".to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_are_shown_as_people_know_them() {
        assert_eq!(when(Timestamp::from_seconds(1_763_843_000)), "2025-11-22T20:23:20Z");
        assert_eq!(when(Timestamp::from_seconds(u64::MAX)), "the end of time");
    }
}
