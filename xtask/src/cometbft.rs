//! CometBFT, the consensus engine of a ledger of several hospitals: built once with Go.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::shell;
use crate::workspace::Workspace;
use xtask::town::copy_folder;

const MODULE: &str = "github.com/cometbft/cometbft";
const COMETBFT_VERSION: &str = "v0.38.25";

/// Where CometBFT's ABCI client says how long it waits for more before it sends, and what it says.
const CLIENT: (&str, &str) =
    ("abci/client/socket_client.go", "NewThrottleTimer(\"socketClient\", flushThrottleMS)");
const MILLISECOND: &str = "NewThrottleTimer(\"socketClient\", time.Millisecond)";

/// Builds CometBFT from the Go module proxy into the build folder, once for each version.
pub fn install(workspace: &Workspace) -> Result<PathBuf> {
    let program = install_command(workspace, "cmd/cometbft")?;
    let output =
        Command::new(&program).arg("version").output().context("the installed cometbft does not start")?;
    let version = String::from_utf8_lossy(&output.stdout);
    println!("cometbft {}", version.trim());
    Ok(program)
}

/// Builds CometBFT's example applications, which can run in a process of their own. Only to measure beside them.
pub fn install_examples(workspace: &Workspace) -> Result<PathBuf> {
    install_command(workspace, "abci/cmd/abci-cli")
}

/// Builds the command in a folder of CometBFT's module, unless that was done before.
fn install_command(workspace: &Workspace, path: &str) -> Result<PathBuf> {
    let folder = workspace.target().join("tools").join(format!("cometbft-{COMETBFT_VERSION}"));
    let program = folder.join(Path::new(path).file_name().context("a command has a name")?);
    if !program.is_file() {
        let mut command = go()?;
        command.args(["install", &format!("{MODULE}/{path}@{COMETBFT_VERSION}")]);
        command.env("GOBIN", &folder).current_dir(workspace.root());
        shell::run(&mut command)?;
    }
    Ok(program)
}

/// CometBFT as [`install`] builds it, but its ABCI client waits a millisecond for more before it sends, where it says milliseconds and means
/// nanoseconds. Only to measure what that costs: nothing else runs it.
pub fn install_mended(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target().join("tools").join(format!("cometbft-{COMETBFT_VERSION}-mended"));
    std::fs::create_dir_all(&folder)?;
    let program = folder.join("cometbft");
    if program.is_file() {
        return Ok(program);
    }
    let output =
        go()?.args(["mod", "download", "-json", &format!("{MODULE}@{COMETBFT_VERSION}")]).output()?;
    ensure!(output.status.success(), "the source of CometBFT cannot be had");
    let found: Value = serde_json::from_slice(&output.stdout)?;
    let found = found["Dir"].as_str().context("go does not say where the source is")?;
    let source = folder.join("source");
    copy_folder(Path::new(found), &source)?;
    let client = source.join(CLIENT.0);
    let text = std::fs::read_to_string(&client)?;
    ensure!(text.matches(CLIENT.1).count() == 1, "CometBFT's client is not as it was");
    std::fs::write(&client, text.replace(CLIENT.1, MILLISECOND))?;
    shell::run(go()?.args(["build", "-o"]).arg(&program).arg("./cmd/cometbft").current_dir(&source))?;
    std::fs::remove_dir_all(&source)?;
    Ok(program)
}

fn go() -> Result<Command> {
    ensure!(
        shell::find("go").is_some(),
        "CometBFT is built with Go 1.22 or newer: https://go.dev/doc/install"
    );
    let mut command = Command::new("go");
    command.env("CGO_ENABLED", "0");
    Ok(command)
}
