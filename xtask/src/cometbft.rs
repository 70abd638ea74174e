//! CometBFT, the consensus engine of a ledger of several hospitals: built once with Go.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::shell;
use crate::workspace::Workspace;

const COMETBFT: &str = "github.com/cometbft/cometbft/cmd/cometbft";
const COMETBFT_VERSION: &str = "v0.38.25";

/// Builds CometBFT from the Go module proxy into the build folder, once for each version.
pub fn install(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target().join("tools").join(format!("cometbft-{COMETBFT_VERSION}"));
    let program = folder.join("cometbft");
    if !program.is_file() {
        ensure!(
            shell::find("go").is_some(),
            "CometBFT is built with Go 1.22 or newer: https://go.dev/doc/install"
        );
        let mut command = Command::new("go");
        command.args(["install", &format!("{COMETBFT}@{COMETBFT_VERSION}")]);
        command.env("CGO_ENABLED", "0").env("GOBIN", &folder).current_dir(workspace.root());
        shell::run(&mut command)?;
    }
    let output =
        Command::new(&program).arg("version").output().context("the installed cometbft does not start")?;
    let version = String::from_utf8_lossy(&output.stdout);
    println!("cometbft {}", version.trim());
    Ok(program)
}
