//! `cargo xtask demo`: the sample town on this computer, on real processes, inside one folder; with the wallet's window
//! open, or with the whole story told in the terminal.

mod helpers;
mod hospitals;
mod opening;
mod steps;
mod story;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::arguments::Arguments;
use crate::workspace::Workspace;
use crate::{cometbft, node, packages, pages, shell};
use steps::Steps;
use xtask::processes;
use xtask::town::{PASSPHRASE, Town};

const WINDOW: &str = "medrec-wallet";
/// What the town runs on.
const PROGRAMS: [&str; 3] = ["medrec", "medrec-gatekeeper", "medrec-node"];

/// Hospitals of the network, where the ledger is one.
const HOSPITALS: usize = 4;

/// What was asked for.
struct Wish {
    folder: PathBuf,
    keep: bool,
    network: bool,
}

/// Runs the command with the words that followed it.
pub fn run(mut arguments: Arguments) -> Result<()> {
    let asked_for_terminal = arguments.flag("--headless");
    let keep = arguments.flag("--keep");
    let network = arguments.flag("--network");
    let folder = arguments.value("--dir")?;
    arguments.finish()?;

    let workspace = Workspace::find()?;
    let folder = folder.map_or_else(|| Ok(workspace.root().join("demo")), |given| absolute(&given))?;
    let wish = Wish { folder, keep, network };
    if asked_for_terminal {
        return in_terminal(&workspace, wish);
    }
    if !has_display() {
        println!("no display here: telling the story in the terminal instead (same as --headless)");
        return in_terminal(&workspace, wish);
    }
    in_window(&workspace, wish)
}

/// The whole story, told step by step.
fn in_terminal(workspace: &Workspace, wish: Wish) -> Result<()> {
    packages::ensure_present(&[packages::PROGRAMS])?;
    build(workspace, &PROGRAMS)?;
    let keep = wish.keep;
    let town = lay_out(workspace, wish)?;
    let steps = Steps::new();
    let commands = story::tell(&town, &steps)?;
    steps.finish();
    if keep {
        return stay(&town, &commands);
    }
    Ok(())
}

/// The town up to a request that waits for an answer; the rest is for whoever sits at the window.
fn in_window(workspace: &Workspace, wish: Wish) -> Result<()> {
    packages::ensure_present(&[packages::PROGRAMS, packages::WINDOW])?;
    node::ensure_present()?;
    pages::make(workspace)?;
    build(workspace, &[PROGRAMS.as_slice(), &[WINDOW]].concat())?;
    let keep = wish.keep;
    let town = lay_out(workspace, wish)?;
    let steps = Steps::new();
    let amelia = opening::prepare(&town, &steps)?;
    steps.finish();

    let mut window = town.programs.command(WINDOW);
    window.arg("--home").arg(amelia.home());
    town.processes.start(WINDOW, window)?;
    println!("\n{}'s wallet opens in a window now. Her passphrase is:", amelia.name());
    println!("\n    {PASSPHRASE}\n");
    println!("close the window, or press Ctrl-C here, to stop everything.");
    town.processes.stay_until_end_of(WINDOW)?;
    if keep {
        return stay(&town, &story::try_next(&town, &amelia));
    }
    Ok(())
}

/// Builds programs. All features of the workspace count, so that nothing is built once more for the tests.
fn build(workspace: &Workspace, programs: &[&str]) -> Result<()> {
    let mut command = workspace.cargo(["build", "--workspace"]);
    for program in programs {
        command.args(["--bin", program]);
    }
    shell::run(&mut command)
}

fn lay_out(workspace: &Workspace, wish: Wish) -> Result<Town> {
    let folder = wish.folder;
    processes::fresh_folder(&folder)?;
    println!("everything that the demo makes is in {}", folder.display());
    let mut town = Town::lay_out(folder, workspace.binaries(), workspace.root().join("samples"))?;
    if wish.network {
        town.on_a_network(cometbft::install(workspace)?, HOSPITALS)?;
    }
    town.processes.end_on_interrupt()?;
    Ok(town)
}

fn stay(town: &Town, commands: &[String]) -> Result<()> {
    println!("\neverything is still running; Ctrl-C stops it. In another terminal, try:");
    for command in commands {
        println!("  {command}");
    }
    town.processes.stay()
}

/// Whether a window could be shown to anybody.
fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

fn absolute(path: &str) -> Result<PathBuf> {
    std::path::absolute(Path::new(path)).with_context(|| format!("'{path}' is not a path"))
}
