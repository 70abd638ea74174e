//! Counts of all suites; and reading what `cargo test` prints: which suites ran, how many tests of each, which were ignored and why.
//!
//! Counts come only from the harness's own `test result:` lines. A suite that was started and printed none
//! (it crashed or was killed) counts as broken, never as empty.

use std::collections::BTreeMap;

/// One test program, or the documentation tests of one crate.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Suite {
    /// Name as shown in the summary.
    pub name: String,
    /// The test program's path, or the name for documentation tests: the same in a later pass, and no other suite's.
    key: String,
    /// Tests that ran and passed.
    pub passed: u64,
    /// Tests that ran and failed.
    pub failed: u64,
    /// Tests marked `#[ignore]` that did not run, with the reason each gives, by name.
    pub ignored: BTreeMap<String, Option<String>>,
    /// Names of the tests that passed.
    pub passing: Vec<String>,
    /// Names of the tests that failed.
    pub failing: Vec<String>,
    /// How many the harness said it ignored.
    ignored_count: u64,
    /// How many `running N tests` lines are still without their `test result:` line.
    unfinished: u64,
    /// Whether any `running N tests` line was seen at all.
    started: bool,
}

impl Suite {
    /// A suite of another test runner, which counted itself.
    pub fn counted(name: &str, passed: u64, failed: u64) -> Self {
        Self { name: name.to_owned(), key: name.to_owned(), passed, failed, started: true, ..Self::default() }
    }

    /// Whether the suite ended without saying how its tests went.
    pub fn broken(&self) -> bool {
        self.unfinished > 0 || !self.started
    }

    /// Tests ignored; the harness's own count where it lists fewer names.
    pub fn ignored_count(&self) -> u64 {
        self.ignored_count.max(self.ignored.len() as u64)
    }

    /// Takes over the outcome of tests that were ignored here and ran in a later pass.
    pub fn settle(&mut self, later: &Suite) {
        let ran = |name: &String| later.passing.contains(name) || later.failing.contains(name);
        let before = self.ignored.len();
        self.ignored.retain(|name, _| !ran(name));
        self.ignored_count -= (before - self.ignored.len()) as u64;
        self.passed += later.passed;
        self.failed += later.failed;
        self.passing.extend(later.passing.iter().cloned());
        self.failing.extend(later.failing.iter().cloned());
        self.unfinished += later.unfinished;
        self.started &= later.started;
    }
}

/// Suites in the order in which they ran.
#[derive(Debug, Default)]
pub struct Tally {
    suites: Vec<Suite>,
    /// The crate whose unit tests came last: cargo runs them before the crate's other tests.
    current: String,
}

impl Tally {
    /// The suites read so far.
    pub fn suites(&self) -> &[Suite] {
        &self.suites
    }

    /// Reads one line of output (standard output and standard error of cargo in one stream).
    pub fn read(&mut self, line: &str) {
        let line = line.trim_end();
        if let Some(suite) = self.suite(line) {
            self.suites.push(suite);
            return;
        }
        let Some(suite) = self.suites.last_mut() else { return };
        if is_start(line) {
            suite.started = true;
            suite.unfinished += 1;
        } else if let Some(counts) = line.strip_prefix("test result: ") {
            suite.unfinished = suite.unfinished.saturating_sub(1);
            suite.passed += count(counts, "passed");
            suite.failed += count(counts, "failed");
            suite.ignored_count += count(counts, "ignored");
        } else if let Some((name, outcome)) =
            line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... "))
        {
            read_outcome(suite, name, outcome);
        }
    }

    /// `     Running unittests src/lib.rs (target/debug/deps/name-0123456789abcdef)`, or `tests/file.rs` in place of the
    /// source, or `   Doc-tests name`.
    fn suite(&mut self, line: &str) -> Option<Suite> {
        let words = line.trim_start();
        if words.len() == line.len() {
            return None;
        }
        if let Some(of) = words.strip_prefix("Doc-tests ") {
            let name = format!("{of}: documentation");
            return Some(Suite { key: name.clone(), name, ..Suite::default() });
        }
        let (source, program) = words.strip_prefix("Running ")?.strip_suffix(')')?.split_once(" (")?;
        let source = if let Some(unit) = source.strip_prefix("unittests ") {
            let file = program.rsplit(['/', '\\']).next()?;
            file.rsplit_once('-').map_or(file, |(name, _)| name).clone_into(&mut self.current);
            unit
        } else {
            source
        };
        Some(Suite {
            name: format!("{}: {source}", self.current),
            key: program.to_owned(),
            ..Suite::default()
        })
    }

    /// Adds a suite of another test runner.
    pub fn add(&mut self, suite: Suite) {
        self.suites.push(suite);
    }

    /// Adds what a later pass over the same suites found.
    pub fn settle(&mut self, later: &Tally) {
        for suite in &mut self.suites {
            if let Some(other) = later.suites.iter().find(|other| other.key == suite.key) {
                suite.settle(other);
            }
        }
    }
}

fn read_outcome(suite: &mut Suite, name: &str, outcome: &str) {
    let name = name.strip_suffix(" - should panic").unwrap_or(name).to_owned();
    match outcome.split_once(", ").unwrap_or((outcome, "")) {
        ("ok", _) => suite.passing.push(name),
        ("FAILED", _) => suite.failing.push(name),
        ("ignored", "") => {
            suite.ignored.insert(name, None);
        }
        ("ignored", reason) => {
            suite.ignored.insert(name, Some(reason.to_owned()));
        }
        _ => {}
    }
}

fn is_start(line: &str) -> bool {
    line.strip_prefix("running ")
        .and_then(|rest| rest.strip_suffix(" tests").or_else(|| rest.strip_suffix(" test")))
        .is_some_and(|number| number.parse::<u64>().is_ok())
}

/// `3` from `ok. 3 passed; 0 failed; …` for the word `passed`.
fn count(counts: &str, word: &str) -> u64 {
    counts
        .split(['.', ';'])
        .filter_map(|part| part.trim().split_once(' '))
        .find(|(_, what)| *what == word)
        .and_then(|(number, _)| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Tally;

    const OUTPUT: &str = "\
   Compiling medrec-client v0.1.0
     Running unittests src/lib.rs (target/debug/deps/medrec_client-0a1b2c3d4e5f6071)

running 3 tests
test header::a_stale_header_is_refused ... ok
test header::it_panics - should panic ... ok
test slow ... ignored, takes an hour, at least

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s

     Running tests/scenario_share.rs (/elsewhere/debug/deps/scenario_share-0a1b2c3d4e5f6071)

running 2 tests
test the_same_state ... ignored, needs cometbft
test a_clinic_fetches_a_copy ... FAILED

failures:
    a_clinic_fetches_a_copy

test result: FAILED. 0 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.50s

   Doc-tests medrec_client

running 1 test
test crates/client/src/lib.rs - head (line 3) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    fn tally(output: &str) -> Tally {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read(line));
        tally
    }

    #[test]
    fn each_suite_has_its_own_counts() {
        let tally = tally(OUTPUT);
        let counts: Vec<_> = tally
            .suites()
            .iter()
            .map(|suite| {
                (suite.name.as_str(), suite.passed, suite.failed, suite.ignored_count(), suite.broken())
            })
            .collect();
        assert_eq!(
            counts,
            [
                ("medrec_client: src/lib.rs", 2, 0, 1, false),
                ("medrec_client: tests/scenario_share.rs", 0, 1, 1, false),
                ("medrec_client: documentation", 1, 0, 0, false),
            ]
        );
    }

    #[test]
    fn the_reason_of_an_ignored_test_is_kept_whole() {
        let tally = tally(OUTPUT);
        assert_eq!(tally.suites()[0].ignored["slow"].as_deref(), Some("takes an hour, at least"));
    }

    #[test]
    fn a_suite_that_dies_is_broken_and_not_empty() {
        let died = "     Running unittests src/lib.rs (target/debug/deps/x-0a1b)\n\nrunning 2 tests\ntest a ... ok\n";
        assert!(tally(died).suites()[0].broken());
        let never_started = "     Running unittests src/lib.rs (target/debug/deps/x-0a1b)\n";
        assert!(tally(never_started).suites()[0].broken());
    }

    #[test]
    fn a_test_that_ran_in_a_later_pass_is_no_longer_ignored() {
        let mut first = tally(OUTPUT);
        let later = "     Running tests/scenario_share.rs (/elsewhere/debug/deps/scenario_share-0a1b2c3d4e5f6071)\n\n\
            running 1 test\ntest the_same_state ... ok\n\n\
            test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out; finished in 0.50s\n";
        first.settle(&tally(later));
        let suite = &first.suites()[1];
        assert_eq!((suite.passed, suite.failed, suite.ignored_count()), (1, 1, 0));
    }
}
