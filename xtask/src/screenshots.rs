//! `cargo xtask screenshots`: pictures of every screen of the real window, with the sample town behind it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::arguments::Arguments;
use crate::workspace::Workspace;
use crate::{node, packages, pages, shell};

/// Drives the window and takes the pictures.
const PROGRAM: &str = "medrec-screenshots";

/// Runs the command with the words that followed it.
pub fn run(mut arguments: Arguments) -> Result<()> {
    let folder = arguments.value("--out")?;
    let look = arguments.value("--look")?;
    arguments.finish()?;
    let workspace = Workspace::find()?;
    packages::ensure_present(&[packages::PROGRAMS, packages::WINDOW, packages::WINDOW_TESTS])?;
    node::ensure_present()?;
    pages::make(&workspace)?;
    shell::run(&mut workspace.cargo(["build", "--workspace", "--bins"]))?;
    let folder = folder.map_or_else(
        || Ok(workspace.target().join("screenshots")),
        |given| std::path::absolute(Path::new(&given)).with_context(|| format!("'{given}' is not a path")),
    )?;
    let mut command = Command::new(workspace.binaries().join(PROGRAM));
    command.arg(&folder).args(look).env("MEDREC_BIN_DIR", workspace.binaries());
    shell::run(&mut command)
}
