//! The same programs on a ledger that the real CometBFT v0.38 drives: wallets and gatekeepers notice no difference.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios may panic")]

use std::path::PathBuf;
use std::time::Duration;

use medrec_tests::{CLINIC, HOSPITAL, PHARMACY, PRACTICE, TestTown, eventually, wait_for_records};

#[test]
#[ignore = "needs cometbft: cargo xtask test installs it where Go is present"]
fn external_cometbft_carries_the_main_job_and_survives_being_killed() {
    let cometbft =
        PathBuf::from(std::env::var_os("MEDREC_COMETBFT").expect("MEDREC_COMETBFT names the program"));
    let town = TestTown::on_a_network(cometbft, 1);
    let amelia = town.person("amelia").unwrap();
    amelia.settle(&town, &[HOSPITAL, PRACTICE, PHARMACY]).unwrap();
    wait_for_records(&amelia, 48);

    let share = ["share", "--with", "Abbey Gardens", "--kinds", "allergy", "--days", "5", "--yes"];
    let shared = amelia.json(&share).unwrap();
    let code = shared["code"].as_str().unwrap();
    town.ask_gatekeeper(CLINIC, "inbox", &["add", code]).unwrap().success().unwrap();
    let fetched = town.fetch_as(CLINIC, "Dr. Rhys Mostyn").unwrap();
    assert!(!fetched.fetched.is_empty() && fetched.failed.is_empty(), "{fetched:?}");

    town.kill_node().unwrap();
    town.start_node().unwrap();
    eventually(Duration::from_mins(1), || amelia.json(&["sync"]).is_ok());
    wait_for_records(&amelia, 48);
    // What was released before the kill is written down after it.
    eventually(Duration::from_mins(1), || {
        amelia.json(&["sync"]).unwrap();
        let log = amelia.json(&["access-log"]).unwrap();
        let entries = log["entries"].as_array().unwrap();
        let copies = entries.iter().map(|entry| entry["records"].as_array().unwrap().len()).sum::<usize>();
        copies == fetched.fetched.len()
    });
    let stopped = amelia.json(&["stop", "--provider", "Abbey Gardens", "--yes"]).unwrap();
    assert_eq!(stopped["copies_taken"], fetched.fetched.len(), "{stopped}");
}
