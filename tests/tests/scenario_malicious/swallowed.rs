//! What a gatekeeper publishes and writes down, handed to a node that says yes and brings nothing into a block.

use std::time::Duration;

use medrec_tests::{CLINIC, PHARMACY, Person, eventually};
use serde_json::{Value, json};

use crate::desk::{Desk, url};

const HONEST: &str = "Lantern Pharmacy";
const LIAR: &str = "Mallory Clinic";
const MINUTES: Duration = Duration::from_mins(2);

/// Accepts transactions and drops them.
fn swallow(desk: &Desk) {
    desk.liar.keep_back(&["broadcast_tx_sync"]);
    desk.liar.lie(|method, _, answer| {
        if method == "broadcast_tx_sync" {
            answer["result"] =
                json!({"code": 0, "data": "", "log": "", "codespace": "", "hash": "00".repeat(32)});
        }
    });
}

/// Lets the pharmacy's gatekeeper reach the ledger through these nodes.
pub fn reach_by(desk: &Desk, nodes: &[(&str, String)]) {
    let file = desk.town.folder.join("other-network.json");
    std::fs::write(&file, desk.network(nodes).to_json()).unwrap();
    desk.town.kill_gatekeeper(PHARMACY).unwrap();
    desk.town.join(PHARMACY, &file).unwrap();
    desk.town.start_gatekeeper(PHARMACY).unwrap();
}

fn health(desk: &Desk) -> Value {
    let outcome = desk.town.ask_gatekeeper(PHARMACY, "health", &["--json"]).unwrap();
    let health = outcome.printed().unwrap();
    let code = outcome.accepted().err().and_then(|refused| refused.code);
    let expected = if health["well"] == true { None } else { Some(9) };
    assert_eq!(code, expected, "{health}");
    health
}

pub fn log(desk: &Desk) -> String {
    std::fs::read_to_string(desk.town.processes.log(PHARMACY)).unwrap()
}

/// A letter in the pharmacy's folder.
fn write_letter(desk: &Desk, eleni: &Person, title: &str) {
    let site = desk.town.site(PHARMACY).unwrap();
    let folder = site.source.join(&eleni.local_ids()[PHARMACY]).join("letters");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("2026-03-01 {title}.pdf")), b"%PDF-1.4\n").unwrap();
}

fn has(eleni: &Person, title: &str) -> bool {
    eleni.records().unwrap().iter().any(|record| record.to_string().contains(title))
}

fn disclosures(eleni: &Person) -> usize {
    eleni.json(&["sync"]).unwrap();
    eleni.json(&["access-log"]).unwrap()["entries"].as_array().map_or(0, Vec::len)
}

#[test]
fn what_a_node_accepts_of_a_gatekeeper_and_keeps_to_itself_goes_by_another_node_and_the_node_is_named() {
    let desk = Desk::open();
    let eleni = desk.town.person("eleni").unwrap();
    let liar = (LIAR, url(desk.liar.address()));
    reach_by(&desk, &[liar, (HONEST, url(desk.town.node))]);
    let share = eleni.share_with("Abbey Gardens", &["--kinds", "medication", "--days", "30"]).unwrap();
    desk.town.hand_over(CLINIC, &share).unwrap();
    let written_down = disclosures(&eleni);
    assert_eq!(health(&desk)["well"], true);
    swallow(&desk);

    write_letter(&desk, &eleni, "Swallowed letter");
    eventually(MINUTES, || has(&eleni, "Swallowed letter"));
    // Copies that the clinic has are not fetched again; whoever looks at one is written down each time.
    let inbox = desk.town.ask_gatekeeper(CLINIC, "inbox", &["--json"]).unwrap().json().unwrap();
    let live = inbox["grants"].as_array().unwrap().iter().find(|grant| grant["stopped"] == false).unwrap();
    let grant = live["grant"].as_str().unwrap();
    let words = ["--grant", grant, "--by", "Dr. Rhys Mostyn", "--json"];
    let seen = desk.town.ask_gatekeeper(CLINIC, "view", &words).unwrap().json().unwrap();
    assert!(!seen.as_array().unwrap().is_empty(), "{inbox}");
    eventually(MINUTES, || disclosures(&eleni) > written_down);

    eventually(MINUTES, || log(&desk).contains("accepted a transaction and did not pass it on"));
    eventually(MINUTES, || health(&desk)["waiting"] == json!([]));
    let health = health(&desk);
    let named = health["swallowing_nodes"].as_array().unwrap();
    assert_eq!(named.len(), 1, "{health}");
    assert!(named[0]["node"].as_str().unwrap().starts_with(LIAR), "{health}");
    assert!(named[0]["times"].as_u64().unwrap() >= 2, "{health}");
}

#[test]
fn the_only_node_of_a_gatekeeper_that_keeps_all_to_itself_is_named_and_nothing_is_lost() {
    let desk = Desk::open();
    let eleni = desk.town.person("eleni").unwrap();
    reach_by(&desk, &[(LIAR, url(desk.liar.address()))]);
    swallow(&desk);
    write_letter(&desk, &eleni, "Letter that waits");
    eventually(MINUTES, || log(&desk).contains("accepted a transaction that is in no block"));
    let seen = health(&desk);
    assert!(seen["swallowing_nodes"][0]["node"].as_str().unwrap().starts_with(LIAR), "{seen}");
    // What was released a moment before may wait beside it.
    let waiting = seen["waiting"].as_array().unwrap();
    assert!(waiting.iter().any(|one| one["purpose"] == "publish"), "{seen}");
    assert!(!has(&eleni, "Letter that waits"));
    desk.liar.repent();
    eventually(MINUTES, || has(&eleni, "Letter that waits"));
    eventually(MINUTES, || health(&desk)["waiting"] == json!([]));
}
