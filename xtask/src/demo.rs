//! `cargo xtask demo`: the whole story on this computer, on real processes, inside one folder.

mod steps;
mod story;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::arguments::Arguments;
use crate::workspace::Workspace;
use crate::{packages, shell};
use steps::Steps;
use xtask::processes::{self, Processes};

/// What the story needs: programs to start, a folder to be in, a voice.
#[derive(Debug)]
struct Stage {
    binaries: PathBuf,
    folder: PathBuf,
    processes: Processes,
    steps: Steps,
}

impl Stage {
    /// A command for one of our programs, run in the demo's folder.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.binaries.join(name));
        command.current_dir(&self.folder);
        command
    }

    /// Runs a command to its end; what it printed, or an error with what it complained about.
    fn run(&self, command: Command) -> Result<String> {
        let line = shell::line(&command);
        let output = self.processes.run(&line, command)?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "'{line}' ended with {}\n{}", output.status, complaint.trim());
        String::from_utf8(output.stdout)
            .with_context(|| format!("'{line}' printed something that is not text"))
    }

    /// A place inside the demo's folder.
    fn inside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

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

    let processes = Processes::new(folder.join("logs"))?;
    let stage = Stage { binaries: workspace.binaries(), folder, processes, steps: Steps::new() };
    let commands = story::tell(&stage)?;
    stage.steps.finish();
    if keep {
        println!("\neverything is still running; Ctrl-C stops it. In another terminal, try:");
        for command in commands {
            println!("  {command}");
        }
        return stage.processes.stay();
    }
    Ok(())
}

fn absolute(path: &str) -> Result<PathBuf> {
    std::path::absolute(Path::new(path)).with_context(|| format!("'{path}' is not a path"))
}
