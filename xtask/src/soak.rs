//! `cargo xtask soak`: a network of four hospitals, disturbed at random many times, and cut in two for minutes. `cargo xtask same-state`: the same
//! blocks at several levels of optimisation.

use anyhow::{Context, Result};

use crate::arguments::Arguments;
use crate::workspace::Workspace;
use crate::{cometbft, shell};

/// Times that the long run disturbs the network, unless another number is given.
const PERTURBATIONS: u64 = 200;
/// Levels of optimisation besides the development profile's and the release's.
const OTHER_LEVELS: [&str; 2] = ["1", "s"];

/// The long runs, by the name of their tests.
const RUNS: [&str; 2] = ["soak_of_many_perturbations", "soak_of_a_long_cut"];

/// Disturbs a network, `--perturbations N` times, with the choices of `--seed N`; then cuts one in two.
pub fn run(mut arguments: Arguments) -> Result<()> {
    let perturbations =
        arguments.value("--perturbations")?.map_or(Ok(PERTURBATIONS), |number| number.parse());
    let perturbations: u64 = perturbations.context("--perturbations needs a number")?;
    let seed = arguments.value("--seed")?;
    arguments.finish()?;
    let workspace = Workspace::find()?;
    let engine = cometbft::install(&workspace)?;
    shell::run(&mut workspace.cargo(["build", "--workspace", "--bins"]))?;
    // With the whole workspace, so that it shares what the tests have built.
    let mut command = workspace.cargo(["test", "--workspace", "--test", "external_perturbations"]);
    command.args(["--", "--ignored", "--exact", "--nocapture"]).args(RUNS);
    command.env("MEDREC_BIN_DIR", workspace.binaries()).env("MEDREC_COMETBFT", engine);
    command.env("MEDREC_PERTURBATIONS", perturbations.to_string());
    if let Some(seed) = seed {
        command.env("MEDREC_SEED", seed);
    }
    shell::run(&mut command)
}

/// Executes the pinned blocks in programs that were optimised differently.
pub fn same_state(arguments: Arguments) -> Result<()> {
    arguments.finish()?;
    let workspace = Workspace::find()?;
    let pinned = ["test", "--package", "medrec-ledger", "--test", "pinned"];
    shell::run(&mut workspace.cargo(pinned))?;
    shell::run(workspace.cargo(pinned).arg("--release"))?;
    for level in OTHER_LEVELS {
        let mut command = workspace.cargo(pinned);
        // A folder of its own: another level would replace everything that is built.
        command.env("CARGO_TARGET_DIR", workspace.target().join(format!("level-{level}")));
        command.env("CARGO_PROFILE_DEV_OPT_LEVEL", level);
        shell::run(&mut command)?;
    }
    Ok(())
}
