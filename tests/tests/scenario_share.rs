//! The main job on real processes: a patient lists what her providers wrote, lets one clinic see something, and the
//! clinic fetches copies that it verifies; then everything that must be refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios may panic")]

use std::time::Duration;

use medrec_tests::{CLINIC, HOSPITAL, PHARMACY, PRACTICE, Person, TestTown, eventually, wait_for_records};
use serde_json::Value;

const DOCTOR: &str = "Dr. Rhys Mostyn";
/// A gatekeeper looks into its folder every few seconds, takes a file when it has settled, and writes copies down in its own
/// time; on a busy computer all of it takes many times as long as on an idle one.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the clinic receives and verifies.
fn clinic_fetches(town: &TestTown) -> Vec<Value> {
    let fetched = town.fetch_as(CLINIC, DOCTOR).unwrap();
    assert!(fetched.refused.is_none() && fetched.failed.is_empty(), "{fetched:?}");
    fetched.fetched
}

/// Commitments, in order.
fn ids(records: &[Value], name: &str) -> Vec<String> {
    let mut ids: Vec<_> = records.iter().map(|record| record[name].as_str().unwrap().to_owned()).collect();
    ids.sort_unstable();
    ids
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("no list '{name}' in {value}"))
}

fn share(person: &Person, what: &[&str]) -> Value {
    person.json(&[&["share", "--with", "Abbey Gardens", "--days", "30", "--yes"], what].concat()).unwrap()
}

fn hand_code_to_clinic(town: &TestTown, share: &Value) {
    let code = share["code"].as_str().expect("a share code");
    town.ask_gatekeeper(CLINIC, "inbox", &["add", code]).unwrap().success().unwrap();
}

/// Copies that the wallet was told about.
fn copies_written_down(person: &Person) -> usize {
    person.json(&["sync"]).unwrap();
    let log = person.json(&["access-log"]).unwrap();
    list(&log, "entries").iter().map(|entry| list(entry, "records").len()).sum()
}

#[test]
fn a_clinic_fetches_the_medicines_it_was_allowed_verified_byte_for_byte_and_nothing_else() {
    let town = TestTown::open();
    let amelia = town.amelia();
    let medicines = amelia.listed(&["--kind", "medication"]).unwrap();
    assert!(medicines.len() > 10, "{} medicines", medicines.len());

    hand_code_to_clinic(&town, &share(&amelia, &["--kinds", "medication"]));
    let fetched = clinic_fetches(&town);

    let expected = ids(&medicines, "commitment");
    assert_eq!(ids(&fetched, "commitment"), expected, "exactly the medicines, of all three providers");
    eventually(PATIENCE, || copies_written_down(&amelia) >= expected.len());
    assert_eq!(
        copies_written_down(&amelia),
        expected.len(),
        "every copy that was taken is written down once"
    );
}

#[test]
fn after_stop_the_clinic_gets_nothing_more_and_the_patient_is_told_what_was_taken() {
    let town = TestTown::open();
    let amelia = town.amelia();
    hand_code_to_clinic(&town, &share(&amelia, &["--kinds", "allergy", "--future"]));
    let taken = clinic_fetches(&town).len();
    assert!(taken > 0);
    eventually(PATIENCE, || copies_written_down(&amelia) == taken);

    let stopped = amelia.json(&["stop", "--provider", "Abbey Gardens", "--yes"]).unwrap();
    assert_eq!(stopped["copies_taken"], taken, "{stopped}");
    amelia.json(&["sync"]).unwrap();
    assert!(list(&amelia.json(&["sharing"]).unwrap(), "sharing").is_empty());

    let folder = town.site(HOSPITAL).unwrap().source.join(&amelia.local_ids()[HOSPITAL]);
    let latex = r#"{"resourceType":"AllergyIntolerance","id":"latex","code":{"text":"Latex"},"patient":{"reference":"Patient/x"}}"#;
    std::fs::write(folder.join("allergies/latex.json"), latex).unwrap();
    eventually(PATIENCE, || {
        amelia.json(&["sync"]).unwrap();
        !amelia.listed(&["--search", "latex"]).unwrap().is_empty()
    });
    let after = town.fetch_as(CLINIC, DOCTOR).unwrap();
    assert!(after.fetched.is_empty(), "{after:?}");
    assert_eq!(copies_written_down(&amelia), taken, "nothing was taken after the stop");
}

#[test]
fn a_request_reaches_the_wallet_through_the_ledger_alone_and_the_answer_goes_back_the_same_way() {
    let town = TestTown::open();
    let amelia = town.person("amelia").unwrap();
    amelia.settle(&town, &[HOSPITAL, PRACTICE, PHARMACY, CLINIC]).unwrap();
    wait_for_records(&amelia, 50);

    let words = ["--patient", "AG-7712", "--kinds", "medication,allergy", "--days", "30", "--by", DOCTOR];
    let ask = [words.as_slice(), &["--reason", "First visit on 3 December"]].concat();
    town.ask_gatekeeper(CLINIC, "ask", &ask).unwrap().success().unwrap();
    let mut waiting = Vec::new();
    eventually(PATIENCE, || {
        amelia.json(&["sync"]).unwrap();
        waiting = list(&amelia.json(&["requests"]).unwrap(), "requests").to_vec();
        !waiting.is_empty()
    });
    assert_eq!(waiting[0]["reason"], "First visit on 3 December");
    let id = waiting[0]["id"].as_str().unwrap().to_owned();

    // She allows less than was asked: allergies only.
    amelia.json(&["requests", "allow", &id, "--kinds", "allergy", "--yes"]).unwrap();
    let mut fetched = Vec::new();
    eventually(PATIENCE, || {
        fetched = town.fetch_as(CLINIC, DOCTOR).unwrap().fetched;
        !fetched.is_empty()
    });
    let allergies = amelia.listed(&["--kind", "allergy"]).unwrap();
    assert_eq!(
        ids(&fetched, "commitment"),
        ids(&allergies, "commitment"),
        "all of them stand with the others"
    );
}

#[test]
fn the_words_alone_bring_the_same_list_back_on_an_empty_computer() {
    let town = TestTown::open();
    let amelia = town.person("amelia").unwrap();
    let words = amelia.settle(&town, &[HOSPITAL, PRACTICE, PHARMACY]).unwrap();
    wait_for_records(&amelia, 48);
    share(&amelia, &["--kinds", "medication"]);
    amelia.json(&["sync"]).unwrap();

    let elsewhere = amelia.on_another_computer(town.folder.join("wallets/elsewhere")).unwrap();
    let words_file = town.folder.join("words.txt");
    std::fs::write(&words_file, words).unwrap();
    let restore = ["wallet", "restore", "--label", "Amélia", "--words-file", words_file.to_str().unwrap()];
    elsewhere.json(&restore).unwrap();
    elsewhere.join(&town.network_file()).unwrap();
    elsewhere.json(&["sync"]).unwrap();

    let listed = |person: &Person| -> Vec<String> {
        person.listed(&[]).unwrap().iter().map(|record| record["commitment"].to_string()).collect()
    };
    assert_eq!(listed(&elsewhere), listed(&amelia));
    let sharing = |person: &Person| list(&person.json(&["sharing"]).unwrap(), "sharing").len();
    assert_eq!(sharing(&elsewhere), sharing(&amelia));
    assert_eq!(sharing(&elsewhere), 1);
}

#[test]
fn a_correction_replaces_the_record_and_the_old_version_stays_in_its_history() {
    let town = TestTown::open();
    let amelia = town.amelia();
    let before = amelia.listed(&["--search", "potassium"]).unwrap();
    town.correct(HOSPITAL).unwrap();
    eventually(PATIENCE, || {
        amelia.json(&["sync"]).unwrap();
        amelia.listed(&["--search", "potassium", "--all-versions"]).unwrap().len() == before.len() + 1
    });
    let after = amelia.listed(&["--search", "potassium"]).unwrap();
    assert_eq!(after.len(), before.len(), "one record, in its newest version");
    assert_ne!(ids(&after, "commitment"), ids(&before, "commitment"));
}

#[test]
fn a_provider_without_a_grant_and_one_with_a_grant_for_something_else_get_nothing() {
    let town = TestTown::open();
    let amelia = town.amelia();
    let shared = share(&amelia, &["--kinds", "allergy"]);
    let code = shared["code"].as_str().unwrap();
    // The code is no key: the pharmacy is not named in the grant.
    town.ask_gatekeeper(PHARMACY, "inbox", &["add", code]).unwrap();
    assert!(town.fetch_as(PHARMACY, "The pharmacist").unwrap().fetched.is_empty());
    // The clinic gets allergies and no medicine.
    hand_code_to_clinic(&town, &shared);
    let allergies = amelia.listed(&["--kind", "allergy"]).unwrap();
    assert_eq!(ids(&clinic_fetches(&town), "commitment"), ids(&allergies, "commitment"));
}

#[test]
fn the_wrong_passphrase_opens_nothing_and_harms_nothing() {
    let town = TestTown::laid_out();
    let amelia = town.person("amelia").unwrap();
    amelia.create_wallet().unwrap();
    let right = std::fs::read_to_string(amelia.home().join("passphrase.txt")).unwrap();
    std::fs::write(amelia.home().join("passphrase.txt"), "not the right passphrase").unwrap();
    let refused = amelia.medrec(&["wallet", "unlock-test"]).unwrap().refusal().unwrap();
    assert_eq!(refused.code, Some(3), "{refused}");
    assert!(!refused.complaint.contains("not the right passphrase"), "no secret in an error");
    std::fs::write(amelia.home().join("passphrase.txt"), right).unwrap();
    amelia.medrec(&["wallet", "unlock-test"]).unwrap().success().unwrap();
}
