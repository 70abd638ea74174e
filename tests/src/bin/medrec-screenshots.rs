//! Pictures of every screen of the real window, in every look, with the sample town behind it. Run by
//! `cargo xtask screenshots`, which names the folder, and a look where those of one are wanted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a tool of the project"
)]

use std::path::Path;

use medrec_tests::{Family, Look, PASSPHRASE, Page, Person, TestTown, Tour, Window};

fn main() {
    let folder = std::env::args_os().nth(1).expect("the folder for the pictures");
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).unwrap();
    let only = std::env::args().nth(2);
    let looks: Vec<Look> =
        Look::ALL.into_iter().filter(|look| only.as_deref().is_none_or(|name| name == look.name())).collect();
    assert!(!looks.is_empty(), "there is no look {only:?}");
    if only.is_none() {
        first_day(folder);
    }
    let town = TestTown::open();
    let family = Family::of(&town);
    for look in looks {
        let mut number = 0;
        let mut visit = |window: &Window, screen: &str| {
            number += 1;
            take(window, folder, look.name(), number, screen);
        };
        let window = Window::open(family.mother.home());
        let mut tour = Tour::begin(&window, look, &mut visit);
        tour.door(&family);
        tour.sample();
        tour.wallet(&family);
        let window = Window::open(family.daughter.home());
        Tour::begin(&window, look, &mut visit).acting(&family);
    }
    if only.is_none() {
        bad_day(&town, &family.mother, folder);
    }
}

fn take(window: &Window, folder: &Path, group: &str, number: u32, screen: &str) {
    // What moves on the page has come to rest by then.
    std::thread::sleep(std::time::Duration::from_millis(400));
    let file = folder.join(format!("{group}-{number:02}-{screen}.png"));
    window.picture(&file);
    println!("{}", file.display());
}

/// What somebody sees who has no wallet yet.
fn first_day(folder: &Path) {
    let town = TestTown::open();
    let ana = town.person("amelia").unwrap();
    let window = Window::open(ana.home());
    window.see("Welcome");
    take(&window, folder, "first", 1, "welcome");
    window.press("Continue");
    window.make_wallet("Ana Prado");
    let words = window.recovery_words();
    take(&window, folder, "first", 2, "words");
    window.check_paper(&words);
    window.see("Two steps to your records");
    take(&window, folder, "first", 3, "home");
    window.go_to("Providers");
    window.see("Join a network");
    take(&window, folder, "first", 4, "join");
    window.join(&town);
    window.see("Enrolment code");
    take(&window, folder, "first", 5, "enrol");
}

/// What the window says when something is wrong.
fn bad_day(town: &TestTown, amelia: &Person, folder: &Path) {
    // The last look was in Spanish: this is a computer of its own.
    std::fs::remove_file(amelia.home().join("window-settings.json")).unwrap();
    let window = Window::open(amelia.home());
    window.fill("Passphrase", "not the right passphrase");
    window.press("Unlock");
    window.see("does not open the wallet");
    take(&window, folder, "wrong", 1, "passphrase");
    window.fill("Passphrase", PASSPHRASE);
    window.press("Unlock");
    window.at(Page::Wallet);
    window.see("Nothing is missing.");
    town.kill_node().unwrap();
    window.go_to("Settings");
    window.press("Check now");
    window.go_to("Home");
    window.see("The ledger cannot be reached");
    take(&window, folder, "wrong", 2, "ledger-away");
    town.kill_gatekeeper(medrec_tests::PRACTICE).unwrap();
    window.open_record("referral", "Referral");
    window.press("Get a copy");
    window.see("does not answer");
    take(&window, folder, "wrong", 3, "provider-away");
}
