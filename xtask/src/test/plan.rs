//! Which test targets run: all of them, or, for `--quick`, all but those that start processes or need engines.
//!
//! A test target says by its name what it needs: `scenario…` starts real processes of this workspace,
//! `external…` needs a program that nobody here wrote.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::workspace::Workspace;

const LEFT_OUT_WHEN_QUICK: [&str; 2] = ["scenario", "external"];

/// The selections of `cargo test` that make up one run.
#[derive(Debug, Default)]
pub struct Plan {
    selections: Vec<Vec<String>>,
    notes: Vec<String>,
}

impl Plan {
    /// Decides what runs.
    pub fn new(workspace: &Workspace, quick: bool) -> Result<Self> {
        if !quick {
            return Ok(Self { selections: vec![vec!["--workspace".to_owned()]], notes: Vec::new() });
        }
        let output = workspace.cargo(["metadata", "--no-deps", "--format-version", "1"]).output()?;
        Self::quick(&serde_json::from_slice(&output.stdout).context("cargo metadata printed no JSON")?)
    }

    /// Arguments after `cargo test`, one list for each run of it.
    pub fn selections(&self) -> &[Vec<String>] {
        &self.selections
    }

    /// What was left out, in words.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Names the test targets instead of leaving packages out: with another set of packages cargo would choose other
    /// features and build everything again.
    fn quick(metadata: &Value) -> Result<Self> {
        let mut plan = Self::default();
        let mut words = ["--workspace", "--lib", "--bins"].map(str::to_owned).to_vec();
        for package in metadata["packages"].as_array().context("cargo metadata names no packages")? {
            for test in tests(package) {
                if LEFT_OUT_WHEN_QUICK.iter().any(|start| test.starts_with(start)) {
                    plan.notes.push(format!("--quick left out {test}"));
                } else {
                    words.extend(["--test".to_owned(), test.to_owned()]);
                }
            }
        }
        plan.selections = vec![words, vec!["--workspace".to_owned(), "--doc".to_owned()]];
        Ok(plan)
    }
}

/// Names of a package's test targets.
fn tests(package: &Value) -> impl Iterator<Item = &str> {
    let is_test = |target: &&Value| {
        target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "test"))
    };
    package["targets"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(is_test)
        .filter_map(|target| target["name"].as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Plan;

    #[test]
    fn quick_leaves_out_scenarios_and_externals_and_keeps_the_rest() {
        let target = |kind: &str, name: &str| json!({ "kind": [kind], "name": name });
        let metadata = json!({ "packages": [
            { "name": "plain", "targets": [target("lib", "plain"), target("test", "vectors")] },
            { "name": "all", "targets": [
                target("lib", "all"),
                target("test", "architecture"),
                target("test", "scenario_share"),
                target("test", "external_cometbft"),
            ] },
        ]});
        let plan = Plan::quick(&metadata).unwrap();
        assert_eq!(
            plan.selections(),
            [
                vec!["--workspace", "--lib", "--bins", "--test", "vectors", "--test", "architecture"],
                vec!["--workspace", "--doc"],
            ]
        );
        assert_eq!(plan.notes(), ["--quick left out scenario_share", "--quick left out external_cometbft"]);
    }
}
