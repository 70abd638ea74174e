//! `cargo xtask …`: everything a newcomer types.
//!
//! Each command says what it is about to do before it does it, and ends with a non-zero exit status when
//! anything it was asked for did not happen.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this program is for")]

mod arguments;
mod bench;
mod cometbft;
mod demo;
mod node;
mod packages;
mod pages;
mod screenshots;
mod shell;
mod soak;
mod test;
mod window_figures;
mod workspace;

use std::process::ExitCode;

use arguments::Arguments;

const USAGE: &str = "\
cargo xtask <command>

  demo               a sample town on real processes, inside one folder, and a patient's wallet in a window
                     --headless tells the whole story in the terminal instead and ends
                     --network puts the ledger on four validators under CometBFT instead of one process
                     --keep leaves everything running and names commands to try; Ctrl-C stops it
                     --dir FOLDER is where (demo/ when left out)
  test               format, lints and every test, with the counts at the end
                     --quick leaves out the scenarios on real processes, the window and the external engines
                     --advisories also asks cargo-deny for known vulnerabilities (needs the network)
  ui                 builds the pages of the window, which its program has inside it
  screenshots        pictures of every screen of the window, in every look
                     --out FOLDER is where (target/screenshots when left out)
                     --look NAME takes those of one look only: light, dark, large, narrow, spanish
  window-figures     how soon the window is there, its memory and its size (a release build: takes minutes)
  bench              the figures of docs/benchmarks.md, measured anew (an optimised build)
                     --only NAME measures one section and leaves the others as they are
                     --large also measures what takes very long: a ledger of a million accounts
  soak               four hospitals' nodes, disturbed at random 200 times while transactions come (a quarter of an hour)
                     --perturbations N and --seed N choose otherwise
  same-state         the same blocks at several levels of optimisation must give the same app hash (builds several times)
  help               this text";

fn main() -> ExitCode {
    match dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let command = words.next();
    let arguments = Arguments::new(words.collect());
    match command.as_deref() {
        Some("demo") => demo::run(arguments),
        Some("test") => test::run(arguments),
        Some("ui") => pages::run(arguments),
        Some("screenshots") => screenshots::run(arguments),
        Some("window-figures") => window_figures::run(arguments),
        Some("bench") => bench::run(arguments),
        Some("soak") => soak::run(arguments),
        Some("same-state") => soak::same_state(arguments),
        Some("help" | "--help" | "-h") => {
            println!("{USAGE}");
            Ok(())
        }
        Some(other) => anyhow::bail!("there is no command '{other}'\n\n{USAGE}"),
        None => anyhow::bail!("a command is needed\n\n{USAGE}"),
    }
}
