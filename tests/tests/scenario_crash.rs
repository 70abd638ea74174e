//! Processes that are killed at any moment: nothing that was acknowledged is lost, nothing happens twice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios may panic")]

use std::time::Duration;

use medrec_tests::{CLINIC, HOSPITAL, PHARMACY, PRACTICE, TestTown, eventually, wait_for_records};
use serde_json::{Value, json};

fn rpc(town: &TestTown, method: &str, params: Value) -> Value {
    let url = format!("http://{}/", town.node);
    let question = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let answer = reqwest::Client::new().post(url).json(&question).send().await.unwrap();
        answer.json().await.unwrap()
    })
}

#[test]
fn the_ledger_killed_while_records_are_published_loses_none_and_doubles_none() {
    let town = TestTown::open();
    let amelia = town.person("amelia").unwrap();
    amelia.settle(&town, &[HOSPITAL, PRACTICE, PHARMACY]).unwrap();
    for pause in [50, 400, 150] {
        town.kill_node().unwrap();
        town.start_node().unwrap();
        std::thread::sleep(Duration::from_millis(pause));
    }
    eventually(Duration::from_mins(2), || amelia.records().is_ok_and(|records| records.len() >= 48));
    wait_for_records(&amelia, 48);
}

#[test]
fn gatekeepers_killed_while_they_publish_lose_nothing_and_double_nothing() {
    let town = TestTown::open();
    let amelia = town.person("amelia").unwrap();
    amelia.settle(&town, &[HOSPITAL, PRACTICE, PHARMACY]).unwrap();
    for pause in [0, 300, 900] {
        for slug in [HOSPITAL, PRACTICE, PHARMACY] {
            town.kill_gatekeeper(slug).unwrap();
            town.start_gatekeeper(slug).unwrap();
        }
        std::thread::sleep(Duration::from_millis(pause));
    }
    wait_for_records(&amelia, 48);
}

#[test]
fn a_copy_that_left_is_written_down_even_if_the_gatekeeper_dies_at_once() {
    let town = TestTown::open();
    let amelia = town.amelia();
    let shared = amelia
        .json(&["share", "--with", "Abbey Gardens", "--kinds", "allergy", "--days", "5", "--yes"])
        .unwrap();
    town.ask_gatekeeper(CLINIC, "inbox", &["add", shared["code"].as_str().unwrap()])
        .unwrap()
        .success()
        .unwrap();
    let fetched =
        town.ask_gatekeeper(CLINIC, "fetch", &["--all", "--by", "Dr. Rhys Mostyn", "--json"]).unwrap();
    let fetched = fetched.json().unwrap()["fetched"].as_array().unwrap().len();
    for slug in [HOSPITAL, PRACTICE, PHARMACY] {
        town.kill_gatekeeper(slug).unwrap();
    }
    for slug in [HOSPITAL, PRACTICE, PHARMACY] {
        town.start_gatekeeper(slug).unwrap();
    }
    let written = || {
        amelia.json(&["sync"]).unwrap();
        let log = amelia.json(&["access-log"]).unwrap();
        let entries = log["entries"].as_array().unwrap().clone();
        entries.iter().map(|entry| entry["records"].as_array().unwrap().len()).sum::<usize>()
    };
    eventually(Duration::from_mins(1), || written() >= fetched);
    assert_eq!(written(), fetched, "each copy once");
}

#[test]
fn a_transaction_sent_again_is_refused() {
    let town = TestTown::open();
    let amelia = town.person("amelia").unwrap();
    amelia.settle(&town, &[PHARMACY]).unwrap();
    wait_for_records(&amelia, 8);
    let status = rpc(&town, "status", json!({}));
    let top: u64 = status["result"]["sync_info"]["latest_block_height"].as_str().unwrap().parse().unwrap();
    let tx = (1..=top).rev().find_map(|height| {
        let block = rpc(&town, "block", json!({"height": height.to_string()}));
        block["result"]["block"]["data"]["txs"].as_array().and_then(|txs| txs.first().cloned())
    });
    let tx = tx.expect("a block with a transaction");
    // A node that was started anew has no memory of its queue, only of its state.
    town.kill_node().unwrap();
    town.start_node().unwrap();
    let answer = rpc(&town, "broadcast_tx_sync", json!({"tx": tx}));
    assert_eq!(answer["result"]["code"], 5, "replayed: {answer}");
    wait_for_records(&amelia, 8);
}
