//! A node that lies to a wallet: every lie is noticed, told apart from a node that is away, and forgotten by nobody; an
//! honest node is believed again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios may panic")]

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use medrec_protocol::{codec, log::LogEntry, query::LogEntries};
use medrec_tests::{HOSPITAL, LyingNode, PHARMACY, Person, TestTown, eventually};
use serde_json::{Value, json};
use std::time::Duration;

/// Exit status for "a node or gatekeeper lied".
const LIED: Option<i32> = Some(5);
/// Exit status for "away, or not yet confirmed".
const AWAY: Option<i32> = Some(4);

/// Eleni's wallet behind a lying node, enrolled with the pharmacy; the hospital's records are still to come.
fn eleni_behind_a_liar() -> (TestTown, LyingNode, Person) {
    let town = TestTown::open();
    let liar = LyingNode::before(town.node);
    let eleni = town.person("eleni").unwrap();
    eleni.create_wallet().unwrap();
    eleni.join(&town.network_file_by(&[liar.address()]).unwrap()).unwrap();
    eleni.enrol(&town, PHARMACY).unwrap();
    eventually(Duration::from_mins(1), || !eleni.records().unwrap().is_empty());
    eleni.enrol(&town, HOSPITAL).unwrap();
    std::thread::sleep(Duration::from_secs(5));
    (town, liar, eleni)
}

/// The wallet refuses to believe, keeps what it had, and believes the same node when it is honest again.
fn is_noticed(lie: impl Fn(&str, &Value, &mut Value) + Send + Sync + 'static, status: Option<i32>) {
    let (_town, liar, eleni) = eleni_behind_a_liar();
    let before = eleni.listed(&[]).unwrap().len();
    liar.lie(lie);
    let refused = eleni.medrec(&["sync", "--json"]).unwrap().refusal().unwrap();
    assert_eq!(refused.code, status, "{refused}");
    assert_eq!(eleni.listed(&[]).unwrap().len(), before, "nothing is lost and nothing false is kept");
    liar.repent();
    assert!(eleni.records().unwrap().len() > before, "the honest answer is believed");
}

fn is_query(params: &Value, method: &str, path: &str) -> bool {
    method == "abci_query" && params["path"] == path
}

/// Rewrites the log entries of an answer that has more than one.
fn entries(answer: &mut Value, change: impl Fn(&mut Vec<Vec<u8>>)) {
    let value = &mut answer["result"]["response"]["value"];
    let Some(bytes) = value.as_str().and_then(|text| BASE64.decode(text).ok()) else { return };
    let Ok(LogEntries(mut entries)) = LogEntries::decode(&bytes) else { return };
    if entries.len() > 1 {
        change(&mut entries);
        *value = json!(BASE64.encode(codec::encode(&LogEntries(entries))));
    }
}

fn log_lie(change: impl Fn(&mut Vec<Vec<u8>>) + Send + Sync + 'static) {
    is_noticed(
        move |method, params, answer| {
            if is_query(params, method, "/log") {
                entries(answer, &change);
            }
        },
        LIED,
    );
}

#[test]
fn a_dropped_pointer_is_noticed() {
    log_lie(|entries| drop(entries.remove(1)));
}

#[test]
fn reordered_pointers_are_noticed() {
    log_lie(|entries| entries.swap(0, 1));
}

#[test]
fn an_altered_pointer_is_noticed() {
    log_lie(|entries| {
        let mut entry = LogEntry::decode(&entries[1]).unwrap();
        entry.height += 1;
        entries[1] = entry.encode();
    });
}

#[test]
fn an_added_pointer_is_noticed() {
    log_lie(|entries| entries.push(entries[1].clone()));
}

#[test]
fn an_account_that_is_not_what_the_header_says_is_noticed() {
    is_noticed(
        |method, params, answer| {
            if is_query(params, method, "/state") {
                let value = &mut answer["result"]["response"]["value"];
                let mut bytes = BASE64.decode(value.as_str().unwrap()).unwrap();
                if let Some(last) = bytes.last_mut() {
                    *last ^= 1;
                    *value = json!(BASE64.encode(bytes));
                }
            }
        },
        LIED,
    );
}

#[test]
fn a_proof_cut_short_is_noticed() {
    is_noticed(
        |method, params, answer| {
            if is_query(params, method, "/state") {
                let data = &mut answer["result"]["response"]["proofOps"]["ops"][0]["data"];
                let bytes = BASE64.decode(data.as_str().unwrap()).unwrap();
                *data = json!(BASE64.encode(&bytes[..bytes.len() / 2]));
            }
        },
        LIED,
    );
}

#[test]
fn a_header_that_the_validators_did_not_sign_is_noticed() {
    is_noticed(
        |method, _, answer| {
            if method == "commit" {
                let header = &mut answer["result"]["signed_header"]["header"];
                header["app_hash"] = json!("00".repeat(32));
            }
        },
        LIED,
    );
}

#[test]
fn a_vote_by_somebody_else_is_noticed() {
    is_noticed(
        |method, _, answer| {
            if method == "commit" {
                let votes = &mut answer["result"]["signed_header"]["commit"]["signatures"];
                votes[0]["signature"] = json!(BASE64.encode([7; 64]));
            }
        },
        LIED,
    );
}

#[test]
fn a_node_that_answers_nonsense_is_not_believed_and_breaks_nothing() {
    let (_town, liar, eleni) = eleni_behind_a_liar();
    let before = eleni.listed(&[]).unwrap().len();
    liar.lie(|_, _, answer| *answer = json!({"jsonrpc": "2.0", "id": -1, "result": {"surprise": [1, 2, 3]}}));
    let refused = eleni.medrec(&["sync", "--json"]).unwrap().refusal().unwrap();
    assert!(refused.code == LIED || refused.code == AWAY, "{refused}");
    assert_eq!(eleni.listed(&[]).unwrap().len(), before);
    liar.repent();
    assert!(eleni.records().unwrap().len() > before);
}

#[test]
fn a_ledger_that_stands_still_is_told_as_old_and_reading_goes_on() {
    let (town, _liar, eleni) = eleni_behind_a_liar();
    let before = eleni.records().unwrap().len();
    town.kill_node().unwrap();
    let refused = eleni.medrec(&["sync", "--json"]).unwrap().refusal().unwrap();
    assert_eq!(refused.code, AWAY, "{refused}");
    assert_eq!(eleni.listed(&[]).unwrap().len(), before, "reading needs no node");
    town.start_node().unwrap();
    assert_eq!(eleni.records().unwrap().len(), before);
}
