//! Rules that a patient sets beside single permissions, on real processes: emergency access, guardians; and what the
//! consortium decides about a provider.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios may panic")]

mod ledger;

use std::time::Duration;

use medrec_protocol::state::{Motion, Standing};
use medrec_tests::{CLINIC, DOCTOR, EMERGENCY, EMERGENCY_DOCTOR, HOSPITAL, Person, TestTown, eventually};
use serde_json::Value;

/// Gatekeepers follow the ledger and write copies down in their own time.
const PATIENCE: Duration = Duration::from_mins(2);

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("no list '{name}' in {value}"))
}

fn emergencies(person: &Person) -> Vec<Value> {
    person.json(&["sync"]).unwrap();
    let log = person.json(&["access-log"]).unwrap();
    list(&log, "entries").iter().filter(|entry| entry["basis"] == "emergency").cloned().collect()
}

#[test]
fn an_emergency_department_sees_what_was_allowed_with_a_reason_and_the_patient_is_told_and_disputes_it() {
    let town = TestTown::open();
    let amelia = town.amelia();
    // Before she allows it there is no card.
    amelia.medrec(&["emergency", "card", "--json"]).unwrap().refusal().unwrap();
    amelia.json(&["emergency", "allow", "--kinds", "allergy", "--yes"]).unwrap();
    amelia.json(&["sync"]).unwrap();

    let looked = town.look_in_emergency(&amelia).unwrap();
    let fetched = list(&looked, "fetched");
    assert!(!fetched.is_empty() && fetched.iter().all(|copy| copy["kind"] == "allergy"), "{looked}");
    // A provider without the role gets nothing with the same card.
    let card = amelia.json(&["emergency", "card"]).unwrap()["card"].as_str().unwrap().to_owned();
    let words = ["--card", &card, "--reason", "Curious", "--person", DOCTOR, "--json"];
    town.ask_gatekeeper(CLINIC, "emergency", &words).unwrap().refusal().unwrap();

    let mut told = Vec::new();
    eventually(PATIENCE, || {
        told = emergencies(&amelia);
        !told.is_empty()
    });
    assert!(told.iter().all(|look| {
        look["reason"] == EMERGENCY && look["person"] == EMERGENCY_DOCTOR && look["suspicion"].is_null()
    }));

    let (publisher, entry) =
        (told[0]["publisher"]["name"].as_str().unwrap(), told[0]["position"].to_string());
    let about =
        ["dispute", "--provider", publisher, "--entry", &entry, "--statement", "I was at home that day."];
    let letter = amelia.json(&[&about[..], &["--letter"]].concat()).unwrap()["letter"].to_string();
    for part in ["I was at home that day.", EMERGENCY, EMERGENCY_DOCTOR, publisher] {
        assert!(letter.contains(part), "{part} is not in {letter}");
    }
    amelia.json(&["sync"]).unwrap();
    assert!(
        list(&amelia.json(&["disputes"]).unwrap(), "disputes").is_empty(),
        "a letter alone signs nothing"
    );
    amelia.json(&[&about[..], &["--yes"]].concat()).unwrap();
    amelia.json(&["sync"]).unwrap();
    let disputes = amelia.json(&["disputes"]).unwrap();
    assert_eq!(list(&disputes, "disputes")[0]["statement"][0], "I was at home that day.", "{disputes}");

    // And when she forbids it, it is over.
    amelia.json(&["emergency", "forbid", "--yes"]).unwrap();
    let words = ["--card", &card, "--reason", EMERGENCY, "--person", EMERGENCY_DOCTOR, "--json"];
    eventually(PATIENCE, || {
        let outcome = town.ask_gatekeeper(HOSPITAL, "emergency", &words).unwrap();
        let printed = outcome.printed().unwrap_or_default();
        printed["fetched"].as_array().is_none_or(Vec::is_empty)
    });
}

#[test]
fn a_provider_that_the_consortium_suspends_gets_nothing_under_a_grant_that_still_holds() {
    let town = TestTown::open();
    let amelia = town.amelia();
    let shared = amelia.share_with("Abbey Gardens", &["--kinds", "allergy"]).unwrap();
    town.hand_over(CLINIC, &shared).unwrap();
    let providers = amelia.json(&["providers"]).unwrap();
    let clinic =
        list(&providers, "providers").iter().find(|it| it["name"].as_str().unwrap().starts_with("Abbey"));
    let provider = clinic.unwrap()["address"].as_str().unwrap().parse().unwrap();

    ledger::govern(&town, Motion::SetStanding { provider, standing: Standing::Suspended });
    let nothing = town.fetch_as(CLINIC, DOCTOR).unwrap();
    assert!(nothing.fetched.is_empty(), "{nothing:?}");
    amelia.json(&["sync"]).unwrap();
    let providers = amelia.json(&["providers"]).unwrap();
    assert!(list(&providers, "providers").iter().any(|it| it["standing"] == "suspended"), "{providers}");

    ledger::govern(&town, Motion::SetStanding { provider, standing: Standing::Admitted });
    eventually(PATIENCE, || !town.fetch_as(CLINIC, DOCTOR).unwrap().fetched.is_empty());
}

#[test]
fn guardians_agree_to_a_recovery_and_the_owner_says_no() {
    let town = TestTown::open();
    let (amelia, (sofia, _)) = (town.amelia(), town.sofia());
    let eleni = town.person("eleni").unwrap();
    eleni.settle(&town, &[]).unwrap();
    let offers = [sofia.offer_help("Mother").unwrap(), eleni.offer_help("Amélia").unwrap()];
    amelia
        .json(&["guardians", "set", &offers[0], &offers[1], "--agree", "2", "--delay", "7", "--yes"])
        .unwrap();
    amelia.json(&["sync"]).unwrap();
    let guardians = amelia.json(&["guardians"]).unwrap();
    assert_eq!(list(&guardians, "guardians").len(), 3, "{guardians}");

    // Somebody has made an empty wallet and says that it is hers.
    let elsewhere = amelia.on_another_computer(town.folder.join("wallets/new")).unwrap();
    elsewhere.create_wallet().unwrap();
    elsewhere.join(&town.network_file()).unwrap();
    let asked = elsewhere.json(&["hands", "ask-recovery"]).unwrap();
    let code = asked["code"].as_str().unwrap();
    for (guardian, label) in [(&sofia, "Mother"), (&eleni, "Amélia")] {
        guardian.for_them(label, &["helping", "approve-recovery", code, "--yes"]).unwrap();
    }
    amelia.json(&["sync"]).unwrap();
    let guardians = amelia.json(&["guardians"]).unwrap();
    for view in list(&guardians, "guardians") {
        assert!(view["recovery"] == true && view["recovery_due"].is_number(), "{view}");
        assert!(list(view, "guardians").iter().all(|guardian| guardian["approved"] == true), "{view}");
    }
    amelia.json(&["guardians", "veto", "--yes"]).unwrap();
    amelia.json(&["sync"]).unwrap();
    let guardians = amelia.json(&["guardians"]).unwrap();
    assert!(list(&guardians, "guardians").iter().all(|view| view["recovery"] == false), "{guardians}");
}
