//! The wallet's window on the real town, used as a person uses it: from nothing to somebody who may see her records, and
//! back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios may panic")]

use std::time::Duration;

use medrec_tests::{
    CLINIC, DOCTOR, HOSPITAL, PASSPHRASE, PHARMACY, Page, Person, REASON, TestTown, Window, eventually,
};
use serde_json::json;

const CLINIC_NAME: &str = "Abbey Gardens Specialist Clinic";
const HOSPITAL_NAME: &str = "Saltmere General Hospital";

/// A window for somebody whose computer has no wallet yet, at the question how to start.
fn on_a_new_computer(person: &Person) -> Window {
    let window = Window::open(person.home());
    window.see("Welcome");
    window.press("Continue");
    window
}

fn unlock(person: &Person) -> Window {
    let window = Window::open(person.home());
    window.fill("Passphrase", PASSPHRASE);
    window.press("Unlock");
    window.at(Page::Wallet);
    window
}

/// Locks the wallet, so that the command can open it.
fn lock(window: &Window) {
    window.go_to("Lock");
    window.at(Page::Door);
}

/// Through the pages up to the recovery words, with a passphrase of one's own.
fn make_wallet(window: &Window, name: &str) {
    window.press("I am new");
    window.fill("Your name", name);
    window.press("Continue");
    window.press("I want to make up my own");
    window.fill("Your own passphrase", PASSPHRASE);
    window.fill("The same once more", PASSPHRASE);
    window.press("Continue");
    window.press("Make my wallet");
    window.at(Page::Words);
}

/// The words as they stand on the page, each after its number.
fn words_on(window: &Window) -> Vec<String> {
    window.see("Write these 24 words on paper");
    let text = window.text();
    let mut shown = text.split(' ').skip_while(|word| *word != "1");
    let words = (1..=24).map(|number| {
        assert_eq!(shown.next(), Some(number.to_string().as_str()), "{text}");
        shown.next().unwrap().to_owned()
    });
    words.collect()
}

/// Answers the questions about the words from the paper.
fn check_paper(window: &Window, words: &[String]) {
    window.see("Check your paper");
    for (number, word) in (1..).zip(words) {
        let question = format!("Which word is number {number}?");
        if window.shows(&question) {
            window.choose_in(&question, word);
        }
    }
    window.press("Check my answers");
    window.see("Your paper is right");
    window.press("Go to my wallet");
    window.at(Page::Wallet);
}

fn join(window: &Window, town: &TestTown) {
    window.go_to("Providers");
    window.paste("Or paste its text", &std::fs::read_to_string(town.network_file()).unwrap());
    window.press("Use this text");
    window.see("This is the network medrec-saltmere.");
    window.press("Join");
}

fn enrol(window: &Window, town: &TestTown, person: &Person, slug: &str) {
    let code = town.enrolment_code(slug, &person.local_ids()[slug]).unwrap();
    let name = &town.site(slug).unwrap().name;
    window.paste("Enrolment code", &code);
    window.press("Look whose code this is");
    window.see("Is this the provider?");
    window.see(name);
    window.press("Yes, enrol");
    window.see(&format!("You are enrolled with {name}"));
}

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

fn check_now(window: &Window) {
    window.go_to("Settings");
    window.press("Check now");
    window.see("Checked with the ledger now");
}

#[test]
fn a_new_person_comes_from_nothing_to_a_clinic_that_sees_what_she_allows_until_she_stops_it() {
    let town = TestTown::open();
    let amelia = town.person("amelia").unwrap();
    let window = on_a_new_computer(&amelia);
    make_wallet(&window, amelia.name());
    let words = words_on(&window);
    window.press("I have written them down");
    check_paper(&window, &words);
    join(&window, &town);
    enrol(&window, &town, &amelia, HOSPITAL);
    window.press("Add another");
    enrol(&window, &town, &amelia, PHARMACY);

    window.go_to("My records");
    window.see("23 records from 2 providers. Nothing is missing.");
    window.fill("Search your records", "discharge");
    window.press("Discharge letter");
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
        check_now(window);
        window.go_to("Who looked");
    });
    window.see(CLINIC_NAME);
    window.see("You allowed this on");

    // Each copy is written to the ledger a little after it was taken.
    window.see_after("Copies that they took stay with them: 10", |window| {
        if window.offers("Go back") {
            window.press("Go back");
        }
        check_now(window);
        window.go_to("Who can see");
        window.press("Stop access for Abbey Gardens");
        window.see("They cannot fetch more from then on.");
    });
    window.press("Stop access");
    window.see("Nobody can see your records");
    eventually(Duration::from_mins(1), || town.fetch_as(CLINIC, DOCTOR).unwrap().refused.is_some());
}

#[test]
fn a_request_is_read_answered_with_less_and_served_with_no_more() {
    let town = TestTown::open();
    let amelia = town.person("amelia").unwrap();
    amelia.settle(&town, &[HOSPITAL, CLINIC]).unwrap();
    medrec_tests::wait_for_records(&amelia, 17);
    town.ask_as_clinic(&amelia).unwrap();

    let window = unlock(&amelia);
    window.see_after(REASON, |window| {
        check_now(window);
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

    lock(&window);
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
    let window = on_a_new_computer(&elsewhere);
    window.press("I have my 24 words");
    window.fill("Your name", amelia.name());
    window.press("Continue");
    window.fill("Your 24 words", &words);
    window.press("Continue");
    window.press("I want to make up my own");
    window.fill("Your own passphrase", PASSPHRASE);
    window.fill("The same once more", PASSPHRASE);
    window.press("Bring my wallet back");
    window.at(Page::Wallet);
    join(&window, &town);
    window.go_to("My records");
    window.see("17 records from 2 providers. Nothing is missing.");
    lock(&window);

    let listed = |person: &Person| -> Vec<String> {
        person.listed(&[]).unwrap().iter().map(|record| record["commitment"].to_string()).collect()
    };
    assert_eq!(listed(&elsewhere), listed(&amelia));
}
