//! What the window says when something is wrong: calmly, and what to do next. And what it must never show.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios may panic")]

use std::path::PathBuf;

use medrec_tests::{HOSPITAL, PASSPHRASE, Page, Person, Site, TestTown, Window, wait_for_records};

/// Amélia with the hospital's 15 records.
fn at_the_hospital(town: &TestTown) -> Person {
    let amelia = town.person("amelia").unwrap();
    amelia.settle(town, &[HOSPITAL]).unwrap();
    wait_for_records(&amelia, 15);
    amelia
}

/// The file from which the hospital hands out a record.
fn snapshot(hospital: &Site, commitment: &str) -> PathBuf {
    let files = std::fs::read_dir(hospital.home.join("snapshots")).unwrap();
    let mut files = files.map(|entry| entry.unwrap().path());
    files.find(|path| path.to_string_lossy().contains(commitment)).expect("a snapshot of the record")
}

/// A snapshot is read-only: it is replaced, not written.
fn replace(file: &PathBuf, bytes: &[u8]) {
    std::fs::remove_file(file).unwrap();
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_says_what_to_do() {
    let town = TestTown::laid_out();
    let amelia = town.person("amelia").unwrap();
    amelia.create_wallet().unwrap();
    let window = Window::open(amelia.home());
    window.fill("Passphrase", "not the right passphrase");
    window.press("Unlock");
    window.see("This passphrase does not open the wallet.");
    window.see("Capital letters and spaces count.");
    window.fill("Passphrase", PASSPHRASE);
    window.press("Unlock");
    window.at(Page::Wallet);
    window.see("Two steps to your records");
}

#[test]
fn without_the_ledger_the_list_stays_and_says_how_old_it_is() {
    let town = TestTown::open();
    let amelia = at_the_hospital(&town);
    let window = Window::unlocked(&amelia);
    window.see("Nothing is missing.");
    town.kill_node().unwrap();
    window.go_to("Settings");
    window.press("Check now");
    window.go_to("Home");
    window.see("The ledger cannot be reached. What you see is from");
    window.gone("Nothing is missing.");
    window.go_to("My records");
    window.see("15 records");
    window.see("Discharge letter");

    town.start_node().unwrap();
    window.go_to("Home");
    window.press("Check now");
    window.see("Nothing is missing.");
}

#[test]
fn an_altered_copy_is_told_thrown_away_and_the_true_one_taken_later() {
    let town = TestTown::open();
    let amelia = at_the_hospital(&town);
    let letter = amelia.listed(&["--search", "discharge", "--kind", "document"]).unwrap();
    let file = snapshot(town.site(HOSPITAL).unwrap(), letter[0]["commitment"].as_str().unwrap());
    let honest = std::fs::read(&file).unwrap();
    let mut altered = honest.clone();
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    replace(&file, &altered);

    let window = Window::unlocked(&amelia);
    window.open_record("discharge", "Discharge letter");
    window.press("Get a copy");
    window.see("This is not the record that was signed!");
    window.see("It was thrown away. Nothing of it is shown.");
    assert!(!window.shows("Verified copy"));
    window.go_to("Home");
    window.press("Look 1 copy does not match");
    window.see("1 record found");
    window.see("Does not match!");

    replace(&file, &honest);
    window.open_record("discharge", "Discharge letter");
    window.press("Try again");
    window.see("Verified copy");
}

#[test]
fn after_locking_nothing_of_the_wallet_is_left_in_the_window() {
    let town = TestTown::open();
    let amelia = at_the_hospital(&town);
    let window = Window::unlocked(&amelia);
    window.go_to("My records");
    window.see("Discharge letter");
    window.lock();
    window.see("Open your wallet");
    assert!(!window.shows("Discharge letter"));
    assert_eq!(window.count(), 1, "the page that showed records is gone");
    // The command can open it: the window holds it no more.
    assert_eq!(amelia.listed(&[]).unwrap().len(), 15);
}
