//! What is printed at the end of `cargo xtask test`, and whether the run succeeded.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::tally::Tally;

#[derive(Debug)]
struct Step {
    title: String,
    took: Duration,
    error: Option<String>,
}

/// Steps, notes and counts of one run.
#[derive(Debug, Default)]
pub struct Summary {
    steps: Vec<Step>,
    notes: Vec<String>,
    tally: Tally,
}

impl Summary {
    /// Runs one step and remembers how it went; says whether it succeeded.
    pub fn step(&mut self, title: &str, act: impl FnOnce() -> Result<()>) -> bool {
        println!("\n== {title}");
        let started = Instant::now();
        let error = act().err().map(|error| format!("{error:#}"));
        if let Some(error) = &error {
            println!("{title}: {error}");
        }
        self.steps.push(Step { title: title.to_owned(), took: started.elapsed(), error });
        self.steps.last().is_some_and(|step| step.error.is_none())
    }

    /// Remembers something that the reader of the summary should know.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Takes the counts of the tests.
    pub fn set_tally(&mut self, tally: Tally) {
        self.tally = tally;
    }

    /// Whether every step succeeded, every suite reported, nothing failed and something ran.
    pub fn succeeded(&self) -> bool {
        let (passed, failed, _) = self.totals();
        let broken = self.tally.suites().iter().any(super::tally::Suite::broken);
        passed > 0 && failed == 0 && !broken && self.steps.iter().all(|step| step.error.is_none())
    }

    /// Prints everything; the totals come last, each on a line of its own.
    pub fn print(&self) {
        println!("\n== summary");
        self.print_suites();
        self.print_ignored();
        for note in &self.notes {
            println!("note: {note}");
        }
        for Step { title, took, error } in &self.steps {
            let verdict = if error.is_none() { "ok" } else { "FAILED" };
            println!("{verdict:>7}  {:6.1} s  {title}", took.as_secs_f64());
        }
        let (passed, failed, ignored) = self.totals();
        let verdict = if self.succeeded() { "ok" } else { "FAILED" };
        println!("\ntest result: {verdict}. {passed} passed; {failed} failed; {ignored} ignored");
        println!("{passed} passed, {failed} failed, {ignored} skipped");
    }

    fn totals(&self) -> (u64, u64, u64) {
        self.tally.suites().iter().fold((0, 0, 0), |(passed, failed, ignored), suite| {
            (passed + suite.passed, failed + suite.failed, ignored + suite.ignored_count())
        })
    }

    fn print_suites(&self) {
        println!("    run  failed  ignored");
        for suite in self.tally.suites() {
            let (run, ignored) = (suite.passed + suite.failed, suite.ignored_count());
            if suite.broken() {
                println!("{run:7} {:7} {ignored:8}  {}: ENDED WITHOUT A RESULT", suite.failed, suite.name);
            } else if run + ignored > 0 {
                println!("{run:7} {:7} {ignored:8}  {}", suite.failed, suite.name);
            }
            for name in &suite.failing {
                println!("{:26}failed: {name}", "");
            }
        }
    }

    fn print_ignored(&self) {
        for suite in self.tally.suites() {
            for (name, reason) in &suite.ignored {
                println!(
                    "ignored: {name} in {}: {}",
                    suite.name,
                    reason.as_deref().unwrap_or("NO REASON GIVEN")
                );
            }
        }
    }
}
