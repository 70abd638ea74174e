//! `cargo xtask bench`: figures measured anew in an optimised build, printed and written to docs/benchmarks.md.
//!
//! A bench target whose name starts with `figures` (with `harness = false`) prints one JSON object a line: for each
//! section `{"section": "…", "method": "…", "load": "…"}`, then for each of its figures
//! `{"what": "…", "value": 1.5, "unit": "…", "beside": "…"}`. `beside` says what the value is compared with in the same
//! run: a ratio or a count says more than a time on one computer. Programs that a bench needs are in `MEDREC_BIN_DIR`;
//! CometBFT is `MEDREC_COMETBFT`, its examples `MEDREC_ABCI_CLI`, and CometBFT with the unit put right in which its
//! ABCI client waits `MEDREC_COMETBFT_MENDED`.

mod page;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use self::page::{Page, Section, read};
use crate::arguments::Arguments;
use crate::workspace::Workspace;
use crate::{cometbft, packages, shell};

const PATTERN: &str = "figures*";
/// Built with the same profile, run by benches as processes of their own.
const PROGRAMS: [&str; 1] = ["medrec-node"];

/// The part that needs CometBFT, as the bench calls it.
const NEEDS_COMETBFT: &str = "throughput";

/// What cargo built.
#[derive(Debug, Default, PartialEq)]
struct Built {
    /// Name and program of each bench.
    benches: Vec<(String, PathBuf)>,
    /// Programs that benches run.
    programs: Vec<PathBuf>,
}

/// Runs the command with the words that followed it.
pub fn run(mut arguments: Arguments) -> Result<()> {
    let only = arguments.value("--only")?;
    let needs_cometbft = only.as_deref().is_none_or(|only| only == NEEDS_COMETBFT);
    let mut words: Vec<String> = only.into_iter().flat_map(|only| ["--only".to_owned(), only]).collect();
    words.extend(arguments.flag("--large").then(|| "--large".to_owned()));
    arguments.finish()?;
    let workspace = Workspace::find()?;
    packages::ensure_present(&[packages::PROGRAMS])?;
    let built = build(&workspace)?;
    let folder =
        built.programs.first().and_then(|program| program.parent()).context("no program was built")?;
    let mut sections = Vec::new();
    for (name, program) in &built.benches {
        println!("\n== {name}");
        let mut command = Command::new(program);
        command.arg("--bench").args(&words).current_dir(workspace.root()).env("MEDREC_BIN_DIR", folder);
        if needs_cometbft {
            command.env("MEDREC_COMETBFT", cometbft::install(&workspace)?);
            command.env("MEDREC_ABCI_CLI", cometbft::install_examples(&workspace)?);
            command.env("MEDREC_COMETBFT_MENDED", cometbft::install_mended(&workspace)?);
        }
        sections.extend(measure(name, command)?);
    }
    let file = workspace.root().join("docs").join("benchmarks.md");
    let mut page = Page::parse(&std::fs::read_to_string(&file).unwrap_or_default());
    for section in &sections {
        println!("\n{}", section.to_markdown());
        page.put(section);
    }
    std::fs::write(&file, page.to_string()).with_context(|| format!("{} cannot be written", file.display()))
}

/// What one bench printed.
fn measure(name: &str, mut command: Command) -> Result<Vec<Section>> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("{name} could not be started"))?;
    ensure!(output.status.success(), "{name} ended with {}", output.status);
    let found =
        read(&String::from_utf8(output.stdout)?).with_context(|| format!("in the output of {name}"))?;
    ensure!(found.iter().any(Section::has_figures), "{name} printed no figure");
    Ok(found)
}

/// Builds benches and programs at once, so that they share what they are made of.
fn build(workspace: &Workspace) -> Result<Built> {
    let mut command = workspace.cargo(["build", "--workspace", "--profile", "bench", "--bench", PATTERN]);
    for program in PROGRAMS {
        command.args(["--bin", program]);
    }
    command.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
    println!("$ {}", shell::line(&command));
    let output = command.output().context("cargo could not be started")?;
    ensure!(output.status.success(), "the benches could not be built");
    let mut built = Built::default();
    String::from_utf8(output.stdout)?.lines().for_each(|message| built.add(message));
    ensure!(!built.benches.is_empty(), "no bench target is named {PATTERN}");
    ensure!(built.programs.len() == PROGRAMS.len(), "not all of {PROGRAMS:?} were built");
    Ok(built)
}

impl Built {
    /// Takes what one of cargo's messages says.
    fn add(&mut self, message: &str) {
        let Ok(message) = serde_json::from_str::<Value>(message) else { return };
        let Some(program) = message["executable"].as_str().map(PathBuf::from) else { return };
        let Some(name) = message["target"]["name"].as_str().map(str::to_owned) else { return };
        let kinds = message["target"]["kind"].as_array().cloned().unwrap_or_default();
        if kinds.iter().any(|kind| kind == "bench") {
            self.benches.push((name, program));
        } else if kinds.iter().any(|kind| kind == "bin") && PROGRAMS.contains(&name.as_str()) {
            self.programs.push(program);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::Built;

    #[test]
    fn only_benches_and_the_programs_they_need_are_taken() {
        let message = |kind: &str, name: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"kind":["{kind}"],"name":"{name}"}},"executable":"/x"}}"#
            )
        };
        let mut built = Built::default();
        built.add(&message("bench", "figures"));
        built.add(&message("bin", "medrec-node"));
        built.add(&message("bin", "medrec"));
        built.add(&message("test", "figures"));
        built.add(r#"{"reason":"build-finished","success":true}"#);
        let (bench, program) = (("figures".to_owned(), PathBuf::from("/x")), PathBuf::from("/x"));
        assert_eq!(built, Built { benches: vec![bench], programs: vec![program] });
    }
}
