//! Enrolment by a one-time code: who may, who may not, and what a crash leaves behind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios may panic")]

use medrec_tests::{CLINIC, HOSPITAL, PRACTICE, Person, TestTown, wait_for_records};

/// Exit status for "refused by the ledger or the provider".
const REFUSED: Option<i32> = Some(6);
/// Exit status for a usage error: what was typed is no code.
const USAGE: Option<i32> = Some(2);

fn with_wallet(town: &TestTown, id: &str) -> Person {
    let person = town.person(id).unwrap();
    person.create_wallet().unwrap();
    person.join(&town.network_file()).unwrap();
    person
}

#[test]
fn a_code_works_once_and_only_for_one_wallet() {
    let town = TestTown::open();
    let (amelia, eleni) = (with_wallet(&town, "amelia"), with_wallet(&town, "eleni"));
    let code = town.enrolment_code(CLINIC, "AG-7712").unwrap();
    amelia.json(&["enrol", &code]).unwrap();
    let refused = eleni.medrec(&["enrol", &code, "--json"]).unwrap().refusal().unwrap();
    assert_eq!(refused.code, REFUSED, "{refused}");
    wait_for_records(&amelia, 2);
    assert!(eleni.records().unwrap().is_empty(), "nobody else sees them");
}

#[test]
fn a_mistyped_code_is_noticed_before_anything_is_sent() {
    let town = TestTown::open();
    let amelia = with_wallet(&town, "amelia");
    let code = town.enrolment_code(CLINIC, "AG-7712").unwrap();
    let typed = format!("{}{}", &code[..code.len() - 1], if code.ends_with('q') { 'p' } else { 'q' });
    let refused = amelia.medrec(&["enrol", &typed, "--json"]).unwrap().refusal().unwrap();
    assert_eq!(refused.code, USAGE, "{refused}");
    amelia.json(&["enrol", &code]).unwrap();
}

#[test]
fn a_gatekeeper_that_is_killed_after_enrolment_still_publishes_everything_once() {
    let town = TestTown::open();
    let amelia = with_wallet(&town, "amelia");
    amelia.enrol(&town, PRACTICE).unwrap();
    town.kill_gatekeeper(PRACTICE).unwrap();
    town.start_gatekeeper(PRACTICE).unwrap();
    wait_for_records(&amelia, 25);
}

#[test]
fn somebody_without_a_wallet_folder_is_told_what_to_do() {
    let town = TestTown::laid_out();
    let nobody = town.person("eleni").unwrap();
    let refused = nobody.medrec(&["records", "--json"]).unwrap().refusal().unwrap();
    assert_eq!(refused.code, Some(7), "{refused}");
    assert!(refused.complaint.contains("create") || refused.complaint.contains("restore"), "{refused}");
}

#[test]
fn a_network_file_of_another_ledger_is_refused() {
    let (town, other) = (TestTown::open(), TestTown::open());
    let amelia = town.person("amelia").unwrap();
    amelia.create_wallet().unwrap();
    // The name of one ledger, the node of the other.
    let mut file: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(town.network_file()).unwrap()).unwrap();
    file["nodes"] = serde_json::json!([format!("http://{}", other.node)]);
    let path = town.folder.join("mixed.json");
    std::fs::write(&path, file.to_string()).unwrap();
    let refused =
        amelia.medrec(&["network", "join", path.to_str().unwrap(), "--json"]).unwrap().refusal().unwrap();
    assert_eq!(refused.code, Some(5), "{refused}");
    amelia.join(&town.network_file()).unwrap();
    amelia.enrol(&town, HOSPITAL).unwrap();
}
