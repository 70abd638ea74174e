//! The wallet's window on the real town, used as a person uses it: from nothing to somebody who may see her records, and
//! back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios may panic")]

use std::time::Duration;

use medrec_tests::{CLINIC, DOCTOR, HOSPITAL, PHARMACY, Page, Person, REASON, TestTown, Window, eventually};
use serde_json::json;

const CLINIC_NAME: &str = "Abbey Gardens Specialist Clinic";
const HOSPITAL_NAME: &str = "Saltmere General Hospital";

/// Gives the clinic medicines, allergies and problems for a month.
fn give_access_to_clinic(window: &Window) {
    window.go_to("Who can see");
    window.press("Give access");
    window.fill("Search by name or place", "abbey");
    window.press("Choose");
    window.choose("Medicines, allergies and problems");
    window.press("Next");
    window.choose("30 days");
    window.press("Check and sign");
    window.see(&format!("Give {CLINIC_NAME} (3 Abbey Gardens, Market Aldwick) access?"));
    window.see("They cannot see anything else.");
    window.press("Give access");
    window.see("has access now");
}

#[test]
fn a_new_person_comes_from_nothing_to_a_clinic_that_sees_what_she_allows_until_she_stops_it() {
    let town = TestTown::open();
    let amelia = town.person("amelia").unwrap();
    let window = Window::on_a_new_computer(&amelia);
    window.make_wallet(amelia.name());
    let words = window.recovery_words();
    window.check_paper(&words);
    window.join(&town);
    window.enrol(&town, &amelia, HOSPITAL);
    // The page is laid anew when they come; a press in that moment would be lost.
    window.see("15 records");
    window.press("Add another");
    window.enrol(&town, &amelia, PHARMACY);

    window.go_to("My records");
    window.see("23 records from 2 providers. Nothing is missing.");
    window.open_record("discharge", "Discharge letter");
    window.press("Get a copy");
    window.see("Verified copy");

    give_access_to_clinic(&window);
    window.press("Copy the code");
    window.see("The code is copied.");
    window.go_to("Providers");
    let code = window.paste_clipboard("Enrolment code");
    town.hand_over(CLINIC, &json!({ "code": code })).unwrap();
    let fetched = town.fetch_as(CLINIC, DOCTOR).unwrap();
    assert!(fetched.refused.is_none() && fetched.failed.is_empty(), "{fetched:?}");
    assert_eq!(fetched.fetched.len(), 10, "medicines, allergies and problems of hospital and pharmacy");
    window.see_after(DOCTOR, |window| {
        window.check_now();
        window.go_to("Who looked");
    });
    window.see(CLINIC_NAME);
    window.see("You allowed this on");

    // Each copy is written to the ledger a little after it was taken.
    window.see_after("Copies that they took stay with them: 10", |window| {
        if window.offers("Go back") {
            window.press("Go back");
        }
        window.check_now();
        window.go_to("Who can see");
        window.press("Stop access for Abbey Gardens");
        window.see("They cannot fetch more from then on.");
    });
    window.press("Stop access");
    window.see("Nobody can see your records");
    eventually(Duration::from_mins(1), || !town.fetch_as(CLINIC, DOCTOR).unwrap().stopped.is_empty());
}

#[test]
fn a_request_is_read_answered_with_less_and_served_with_no_more() {
    let town = TestTown::open();
    let amelia = town.person("amelia").unwrap();
    amelia.settle(&town, &[HOSPITAL, CLINIC]).unwrap();
    medrec_tests::wait_for_records(&amelia, 17);
    town.ask_as_clinic(&amelia).unwrap();

    let window = Window::unlocked(&amelia);
    window.see_after(REASON, |window| {
        window.check_now();
        window.go_to("Requests");
    });
    window.see(CLINIC_NAME);
    window.press("Allow less");
    for kind in ["Medicines", "Problems", "Test results"] {
        window.choose(kind);
    }
    window.press("Check and sign");
    window.see("They can see your allergies.");
    window.press("Give access");
    window.see("has access now");

    window.lock();
    let allergies = amelia.listed(&["--kind", "allergy", "--provider", HOSPITAL_NAME]).unwrap().len();
    let mut fetched = 0;
    eventually(Duration::from_mins(1), || {
        fetched += town.fetch_as(CLINIC, DOCTOR).unwrap().fetched.len();
        fetched > 0
    });
    assert_eq!(fetched, allergies, "allergies only");
}

#[test]
fn the_words_bring_the_same_list_back_on_an_empty_computer() {
    let town = TestTown::open();
    let amelia = town.person("amelia").unwrap();
    let words = amelia.settle(&town, &[HOSPITAL, CLINIC]).unwrap();
    medrec_tests::wait_for_records(&amelia, 17);

    let elsewhere = amelia.on_another_computer(town.folder.join("wallets/elsewhere")).unwrap();
    let window = Window::on_a_new_computer(&elsewhere);
    window.press("I have my 24 words");
    window.fill("Your name", amelia.name());
    window.press("Continue");
    window.paste("Your 24 words", &words);
    window.press("Continue");
    window.choose_passphrase();
    window.press("Bring my wallet back");
    window.at(Page::Wallet);
    window.join(&town);
    window.go_to("My records");
    window.see("17 records from 2 providers. Nothing is missing.");
    window.lock();

    let listed = |person: &Person| -> Vec<String> {
        person.listed(&[]).unwrap().iter().map(|record| record["commitment"].to_string()).collect()
    };
    assert_eq!(listed(&elsewhere), listed(&amelia));
}
