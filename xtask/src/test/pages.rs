//! The window's pages: their lints, types and tests, counted with the others.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::summary::Summary;
use super::tally::{Suite, Tally};
use crate::workspace::Workspace;
use crate::{node, packages, pages, shell};

/// Installs and builds the pages, without which the workspace does not build, and tries them.
pub fn run(workspace: &Workspace, quick: bool, summary: &mut Summary, tally: &mut Tally) {
    let folder = pages::folder(workspace);
    if !summary.step("pages: install", || pages::install(workspace)) {
        summary.note("the packages of the pages could not be installed, so the pages were not tried");
        return;
    }
    summary.step("pages: build", || pages::build(workspace));
    for (title, script) in [("pages: lints", "lint"), ("pages: types", "check")] {
        summary.step(title, || shell::run(&mut node::script(&folder, script)));
    }
    summary.step("pages: tests", || unit_tests(workspace, &folder, tally));
    if quick {
        summary.note("--quick left out the accessibility of each screen");
    } else {
        summary.step("pages: accessibility of each screen", || accessibility(&folder, tally));
    }
}

fn unit_tests(workspace: &Workspace, folder: &Path, tally: &mut Tally) -> Result<()> {
    let report = workspace.target().join("pages-tests.json");
    // A report of an earlier run must not be taken for this one's.
    if report.exists() {
        std::fs::remove_file(&report)?;
    }
    let mut command = node::script(folder, "test");
    command.args(["--", "--reporter=default", "--reporter=json"]);
    command.arg(format!("--outputFile.json={}", report.display()));
    let ran = shell::run(&mut command);
    let text = std::fs::read_to_string(&report);
    let text = text.with_context(|| format!("the tests left no {}", report.display()));
    let Ok(text) = text else { return ran.and(text.map(|_| ())) };
    tally.add(from_vitest(&serde_json::from_str(&text)?)?);
    ran
}

/// Counts and names from the report of vitest's reporter `json`.
fn from_vitest(report: &Value) -> Result<Suite> {
    let count = |key: &str| report[key].as_u64().with_context(|| format!("the report has no number {key}"));
    let (passed, failed) = (count("numPassedTests")?, count("numFailedTests")?);
    let mut suite = Suite::counted("pages: tests", passed, failed);
    let tests = report["testResults"].as_array().into_iter().flatten();
    for test in tests.flat_map(|file| file["assertionResults"].as_array().into_iter().flatten()) {
        let name = test["fullName"].as_str().unwrap_or("a test without a name").to_owned();
        match test["status"].as_str() {
            Some("failed") => suite.failing.push(name),
            Some("passed") => suite.passing.push(name),
            _ => {
                suite.ignored.insert(name, None);
            }
        }
    }
    Ok(suite)
}

/// `npm run a11y` tries every screen in Chromium and ends with a line `N passed, N failed`.
fn accessibility(folder: &Path, tally: &mut Tally) -> Result<()> {
    let mut command = node::script(folder, "a11y");
    command.envs(packages::chromium().map(|program| ("CHROMIUM", program)));
    let mut counts = None;
    let ran = shell::follow(&mut command, |line| counts = passed_and_failed(line).or(counts));
    let Some((passed, failed)) = counts else {
        return ran.and_then(|()| anyhow::bail!("it ended without a line 'N passed, N failed'"));
    };
    tally.add(Suite::counted("pages: accessibility", passed, failed));
    ensure!(ran.is_err() || failed == 0, "it ended well although {failed} failed");
    ran
}

fn passed_and_failed(line: &str) -> Option<(u64, u64)> {
    let (passed, failed) = line.trim().split_once(", ")?;
    let number = |text: &str, word: &str| text.strip_suffix(word)?.trim_end().parse().ok();
    Some((number(passed, "passed")?, number(failed, "failed")?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{from_vitest, passed_and_failed};

    #[test]
    fn a_report_gives_counts_and_the_names_of_what_failed_or_was_left_out() {
        let test = |name: &str, status: &str| json!({ "fullName": name, "status": status });
        let report = json!({ "numPassedTests": 1, "numFailedTests": 1, "testResults": [
            { "assertionResults": [test("a date is read aloud", "passed"), test("a list is long", "failed")] },
            { "assertionResults": [test("later", "skipped")] },
        ]});
        let suite = from_vitest(&report).unwrap();
        assert_eq!((suite.passed, suite.failed, suite.ignored_count()), (1, 1, 1));
        assert_eq!(suite.failing, ["a list is long"]);
        assert!(!suite.broken());
        assert!(from_vitest(&json!({})).is_err());
    }

    #[test]
    fn only_a_line_of_both_counts_is_taken() {
        assert_eq!(passed_and_failed("24 passed, 0 failed"), Some((24, 0)));
        assert_eq!(passed_and_failed(" 3 passed, 12 failed\r"), Some((3, 12)));
        for line in ["home: 30 passed", "x passed, y failed", "3 failed, 3 passed", ""] {
            assert_eq!(passed_and_failed(line), None, "{line}");
        }
    }
}
