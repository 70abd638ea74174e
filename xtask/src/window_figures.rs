//! `cargo xtask window-figures`: time, memory and size of the window's program in a release build.

use anyhow::Result;

use crate::arguments::Arguments;
use crate::workspace::Workspace;
use crate::{node, packages, pages, shell};

/// Measures.
const PROGRAM: &str = "medrec-window-figures";
/// Is measured: the program that people get, but for letting itself be driven.
const MEASURED: &str = "medrec-wallet-driven";

/// Runs the command with the words that followed it.
pub fn run(arguments: Arguments) -> Result<()> {
    arguments.finish()?;
    let workspace = Workspace::find()?;
    packages::ensure_present(&[packages::PROGRAMS, packages::WINDOW, packages::WINDOW_TESTS])?;
    node::ensure_present()?;
    pages::make(&workspace)?;
    shell::run(&mut workspace.cargo(["build", "--workspace", "--bins"]))?;
    shell::run(&mut workspace.cargo(["build", "--release", "--package", "medrec-desktop"]))?;
    let mut command = std::process::Command::new(workspace.binaries().join(PROGRAM));
    command.arg(workspace.target().join("release").join(MEASURED));
    shell::run(command.env("MEDREC_BIN_DIR", workspace.binaries()))
}
