//! `cargo xtask test`: format, lints and every test, with what ran, failed and was left out counted at the end.
//!
//! A step that fails does not hide the ones after it, unless they cannot work without it. The command succeeds
//! only if every step did, every suite reported, and at least one test ran.

mod engines;
mod pages;
mod plan;
mod summary;
mod tally;

use std::process::Command;

use anyhow::{Result, bail, ensure};

use crate::arguments::Arguments;
use crate::workspace::Workspace;
use crate::{node, packages, shell};
use engines::Engines;
use plan::Plan;
use summary::Summary;
use tally::Tally;

/// Runs the command with the words that followed it.
pub fn run(mut arguments: Arguments) -> Result<()> {
    let quick = arguments.flag("--quick");
    let advisories = arguments.flag("--advisories");
    arguments.finish()?;

    let workspace = Workspace::find()?;
    let (mut summary, mut tally) = (Summary::default(), Tally::default());
    // Build scripts, the linker and the pages need these: nothing after them can work without.
    let needs = [packages::PROGRAMS, packages::WINDOW, packages::WINDOW_TESTS];
    packages::ensure_present(if quick { &needs[..2] } else { &needs })?;
    node::ensure_present()?;
    // The window's program has the pages inside it, so they come first.
    pages::run(&workspace, quick, &mut summary, &mut tally);
    summary.step("format", || shell::run(&mut workspace.cargo(["fmt", "--all", "--check"])));
    summary.step("lints", || {
        let words = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
        shell::run(&mut workspace.cargo(words))
    });
    deny(&workspace, &mut summary, advisories);

    let plan = Plan::new(&workspace, quick)?;
    let engines = if quick { Engines::none() } else { Engines::prepare(&workspace, &mut summary) };
    // One build for programs and tests together: cargo then unifies features once, and nothing is built twice.
    if summary
        .step("build", || shell::run(&mut workspace.cargo(["build", "--workspace", "--bins", "--tests"])))
    {
        run_suites(&workspace, &plan, &engines, &mut summary, &mut tally);
    } else {
        summary.note("the build failed, so no test of it ran");
    }
    summary.set_tally(tally);
    summary.print();
    ensure!(summary.succeeded(), "not everything passed");
    Ok(())
}

fn deny(workspace: &Workspace, summary: &mut Summary, advisories: bool) {
    if !shell::succeeds("cargo", &["deny", "--version"]) {
        summary.note(
            "cargo-deny is not installed; licences, sources and duplicates are checked by tests/tests/supply_chain.rs",
        );
        if advisories {
            summary.step("advisories", || bail!("needs cargo-deny: cargo install cargo-deny --locked"));
        }
        return;
    }
    summary.step("cargo-deny", || {
        let mut words = vec!["deny", "--workspace", "check", "bans", "licenses", "sources"];
        words.extend(advisories.then_some("advisories"));
        shell::run(&mut workspace.cargo(words))
    });
}

fn run_suites(
    workspace: &Workspace,
    plan: &Plan,
    engines: &Engines,
    summary: &mut Summary,
    tally: &mut Tally,
) {
    for selection in plan.selections() {
        let mut command = workspace.cargo(["test", "--no-fail-fast"]);
        command.args(selection);
        pass(workspace, engines, summary, "tests", &mut command, tally);
    }
    let names = engines.tests_to_run(tally);
    if !names.is_empty() {
        let mut later = Tally::default();
        let mut command =
            workspace.cargo(["test", "--workspace", "--no-fail-fast", "--bins", "--lib", "--tests"]);
        command.args(["--", "--ignored", "--exact"]).args(&names);
        pass(workspace, engines, summary, "tests with external engines", &mut command, &mut later);
        tally.settle(&later);
    }
    plan.notes().iter().chain(engines.notes()).for_each(|note| summary.note(note));
}

fn pass(
    workspace: &Workspace,
    engines: &Engines,
    summary: &mut Summary,
    title: &str,
    command: &mut Command,
    tally: &mut Tally,
) {
    command.env("MEDREC_BIN_DIR", workspace.binaries()).env("CARGO_TERM_COLOR", "never");
    command.envs(engines.variables());
    summary.step(title, || shell::follow(command, |line| tally.read(line)));
}
