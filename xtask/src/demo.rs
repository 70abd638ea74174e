//! `cargo xtask demo`: the whole story on this computer, on real processes, inside one folder.

mod steps;
mod story;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::arguments::Arguments;
use crate::workspace::Workspace;
use crate::{packages, shell};
use steps::Steps;
use xtask::processes;
use xtask::town::Town;

/// Runs the command with the words that followed it.
pub fn run(mut arguments: Arguments) -> Result<()> {
    // There is no window yet: the demo runs in the terminal with or without it.
    let _headless = arguments.flag("--headless");
    let keep = arguments.flag("--keep");
    let folder = arguments.value("--dir")?;
    arguments.finish()?;

    let workspace = Workspace::find()?;
    packages::ensure_present()?;
    shell::run(&mut workspace.cargo(["build", "--workspace", "--bins"]))?;
    let folder = folder.map_or_else(|| Ok(workspace.root().join("demo")), |given| absolute(&given))?;
    processes::fresh_folder(&folder)?;
    println!("everything that the demo makes is in {}", folder.display());

    let town = Town::lay_out(folder, workspace.binaries(), workspace.root().join("samples"))?;
    town.processes.end_on_interrupt()?;
    let steps = Steps::new();
    let commands = story::tell(&town, &steps)?;
    steps.finish();
    if keep {
        println!("\neverything is still running; Ctrl-C stops it. In another terminal, try:");
        for command in commands {
            println!("  {command}");
        }
        return town.processes.stay();
    }
    Ok(())
}

fn absolute(path: &str) -> Result<PathBuf> {
    std::path::absolute(Path::new(path)).with_context(|| format!("'{path}' is not a path"))
}
