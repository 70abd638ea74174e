//! The real windows of two people: one lets the other help, both see what was done. And what one says is wrong, and what
//! one hands out to be checked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios may panic")]

use std::path::Path;

use medrec_tests::{
    CLINIC, DOCTOR, HOSPITAL, PHARMACY, PRACTICE, Page, Person, REASON, TestTown, Window, wait_for_records,
};
use serde_json::Value;

const CLINIC_NAME: &str = "Abbey Gardens Specialist Clinic";
const HOSPITAL_NAME: &str = "Saltmere General Hospital";
/// What the daughter calls her mother.
const MOTHER: &str = "Mother";
const DAUGHTER: &str = "Sofia Ferreira";
const WRONG: &str = "I never smoked. This belongs to somebody else.";

/// Amélia, enrolled with these providers, who have published so many records to her.
fn enrolled(town: &TestTown, slugs: &[&str], records: usize) -> Person {
    let amelia = town.person("amelia").unwrap();
    amelia.settle(town, slugs).unwrap();
    wait_for_records(&amelia, records);
    amelia
}

/// The daughter makes her code, saves it as a file, and the file's text is what she sends.
fn offer(daughter: &Window, file: &Path) -> String {
    daughter.go_to("Whom I help");
    daughter.see("You help nobody yet");
    daughter.press("Offer to help somebody");
    daughter.fill("Whom do you want to help?", MOTHER);
    daughter.press("Make the code");
    daughter.see("Give this code to Mother, and to nobody else.");
    daughter.press_for_files("Save as a file", &[file]);
    daughter.see("Saved: ");
    daughter.press("Close");
    daughter.see("They have not let you help yet.");
    std::fs::read_to_string(file).unwrap()
}

/// The mother pastes the code, says what it is for and for how long, reads, and signs.
fn appoint(mother: &Window, code: &str) {
    mother.go_to("Who helps me");
    mother.see("Nobody helps you yet");
    mother.press("Let somebody help you");
    mother.paste("Their code", code);
    mother.fill("What they are to you", "daughter");
    mother.choose("See and share");
    mother.fill("It ends after so many days", "90");
    mother.press("Check and sign");
    mother.see(DAUGHTER);
    mother.press("Let them help");
    mother.see("Done. Now they have to accept in their own wallet.");
    mother.press("To the people who help me");
    mother.see("Has not accepted yet.");
}

/// The colours of the frame, which tell whose wallet is in front.
fn frame(window: &Window) -> Value {
    window.ask(
        "const style = (part) => getComputedStyle(document.querySelector(part)); \
         return [style('.frame').boxShadow, style('.side').backgroundColor];",
    )
}

/// The daughter finds that her mother asks, and accepts; then her mother's records are there.
fn accept(daughter: &Window) {
    daughter.see_after("Waits for you", |window| {
        window.go_to("Home");
        window.go_to("Whom I help");
    });
    let own = frame(daughter);
    daughter.press("Look and accept: Mother");
    daughter.see("You act for Mother");
    daughter.see("It stands in their history under your name.");
    assert_ne!(frame(daughter), own, "the frame says by its colour that this is somebody else's wallet");
    daughter.see("You may see their records, give and stop access, and answer requests.");
    daughter.press("Accept");
    daughter.see("You sign this for Mother, with your own key.");
    daughter.press("Accept");
    daughter.see("Accepted. Below is what you may do.");
    daughter.see("50 records");
}

#[test]
fn a_daughter_is_appointed_acts_for_her_mother_in_her_own_window_and_the_mother_sees_it_and_ends_it() {
    let town = TestTown::open();
    let amelia = enrolled(&town, &[HOSPITAL, PRACTICE, PHARMACY, CLINIC], 50);
    let (sofia, _) = town.sofia();
    town.ask_as_clinic(&amelia).unwrap();
    let (mother, daughter) = (Window::unlocked(&amelia), Window::unlocked(&sofia));
    appoint(&mother, &offer(&daughter, &town.folder.join("offer.txt")));
    accept(&daughter);

    // She reads a letter and answers the clinic, for her mother.
    daughter.go_to("Records");
    daughter.fill("Search your records", "discharge");
    daughter.see("found");
    daughter.press("Discharge letter");
    daughter.press("Get a copy");
    daughter.see("Verified copy");
    daughter.see_after(REASON, |window| window.go_to("Requests"));
    daughter.press("Look and allow");
    daughter.see(CLINIC_NAME);
    daughter.see("You act for Mother");
    daughter.press("Give access");
    daughter.see("has access now");
    medrec_tests::eventually(std::time::Duration::from_mins(1), || {
        !town.fetch_as(CLINIC, DOCTOR).unwrap().fetched.is_empty()
    });

    // The mother sees who helps, who looked, and who decided.
    mother.see_after("Helps you until", |window| {
        window.check_now();
        window.go_to("Who helps me");
    });
    mother.see(&format!("{DAUGHTER}, daughter"));
    mother.go_to("Requests");
    mother.see("Nobody is asking");
    mother.go_to("Who can see");
    mother.see(CLINIC_NAME);
    mother.see_after(&format!("{DAUGHTER}, who helps you"), |window| {
        window.check_now();
        window.go_to("Who looked");
    });
    mother.go_to("Consent history");
    mother.see("Checked with the ledger: no entry is missing.");
    mother.see(&format!("{DAUGHTER}, for the patient, let {CLINIC_NAME}"));

    // She ends it, and the daughter's window says so.
    mother.go_to("Who helps me");
    mother.press(&format!("End this help: {DAUGHTER}"));
    mother.see(&format!("End what {DAUGHTER} may do?"));
    mother.press("End this help");
    mother.see(&format!("{DAUGHTER} cannot act for you any more, and sees nothing new."));
    daughter.press("Back to my own wallet");
    daughter.gone("You act for Mother");
    daughter.see_after("You may no longer act here.", |window| {
        window.go_to("Home");
        window.go_to("Whom I help");
    });
}

#[test]
fn what_is_wrong_is_said_for_all_time_and_the_letter_about_it_can_be_saved() {
    let town = TestTown::open();
    let amelia = enrolled(&town, &[HOSPITAL], 15);
    let window = Window::unlocked(&amelia);
    window.open_record("discharge", "Discharge letter");
    window.press("Something is wrong here");
    window.see("The record itself does not change, and nothing is erased.");
    window.fill("Say it in your words", WRONG);
    window.press("Check and sign");
    window.see(WRONG);
    window.press("Say that it is wrong");
    window.see("Your words are written down now. The provider can read them.");

    window.see_in("The letter", WRONG);
    let file = town.folder.join("letter.txt");
    window.press_for_files("Save the letter", &[&file]);
    window.see("Saved: ");
    let letter = std::fs::read_to_string(&file).unwrap();
    assert!(letter.contains(WRONG) && letter.contains(HOSPITAL_NAME), "{letter}");
    window.press("Done");
    window.see("You said that this is wrong");

    window.go_to("Who looked");
    window.press("What you said is wrong");
    window.see("Nothing of it was erased.");
    window.see("Discharge letter");
    window.see(WRONG);
    window.press("Write the letter");
    window.see(&format!("A letter to {HOSPITAL_NAME}"));
    window.see_in("The letter", WRONG);
    window.press("Done");
    window.lock();

    // And so it stands on the ledger, for whoever has only the words.
    amelia.json(&["sync"]).unwrap();
    let disputes = amelia.json(&["disputes"]).unwrap();
    let disputes = disputes["disputes"].as_array().unwrap();
    assert_eq!(disputes.len(), 1, "{disputes:?}");
    assert!(disputes[0].to_string().contains(WRONG), "{disputes:?}");
}

/// A history with one share that was used, saved by its owner's window as a file that anybody can check.
fn saved_history(town: &TestTown, file: &Path) {
    let amelia = enrolled(town, &[HOSPITAL, PHARMACY], 23);
    town.pharmacy_looks(&amelia).unwrap();
    let window = Window::unlocked(&amelia);
    window.go_to("Consent history");
    window.see("Checked with the ledger: no entry is missing.");
    window.press("Save a copy");
    window.choose("A file that anybody can check");
    window.press_for_files("Save the file", &[file]);
    window.see("The copy is saved.");
    window.lock();
}

#[test]
fn a_history_that_was_handed_over_is_proved_at_the_door_of_another_computer_and_an_altered_one_refused() {
    let town = TestTown::open();
    let file = town.folder.join("amelia.medrec-history");
    saved_history(&town, &file);
    town.kill_node().unwrap();
    let stranger = town.person("sofia").unwrap();
    let window = Window::open(stranger.home());
    window.press("Check a history that somebody gave me");
    window.press_for_files("Choose the file", &[&file]);
    // Alone it proves nothing, and says so.
    window.see("Not proved: anybody can make up such a file.");
    window.see("So the file says.");
    assert!(!window.shows("This file is true."));

    window.press_for_files("Check with a network file", &[&town.network_file(), &file]);
    window.see("This file is true.");
    window.see("It is what “medrec-saltmere” holds: the network of the file that you chose.");
    window.see("Between them none is missing.");
    window.see("Lantern Pharmacy");

    let altered = town.folder.join("altered.medrec-history");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&altered, bytes).unwrap();
    window.press_for_files("Check another file", &[&altered]);
    window.see("This file was changed or is not what it says");
    window.see("Nothing in it can be trusted.");
    assert!(!window.shows("This file is true.") && !window.shows("Lantern Pharmacy"), "{}", window.text());

    // The true one is still true, and no wallet was made for any of it.
    window.press_for_files("Check another file", &[&file]);
    window.see("This file is true.");
    window.press("Go back");
    window.at(Page::Door);
    window.see("Welcome");
}
