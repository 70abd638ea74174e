//! For everybody, and for nobody else: no barriers, the keyboard alone, and walls around each window.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios may panic")]

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use medrec_tests::{
    CLINIC, Family, HOSPITAL, Key, Look, PASSPHRASE, Page, Role, Spoken, TestTown, Tour, Window,
    wait_for_records, workspace,
};

#[test]
fn no_screen_has_barriers_in_the_programs_own_web_view() {
    let town = TestTown::open();
    let family = Family::of(&town);
    let mut found = Vec::new();
    let mut screens = 0;
    for look in [Look::Light, Look::Dark, Look::Narrow, Look::Large] {
        let mut visit = |window: &Window, screen: &str| {
            screens += 1;
            let barriers = window.barriers().into_iter();
            found.extend(barriers.map(|barrier| format!("{} {screen}: {barrier}", look.name())));
        };
        let window = Window::open(family.mother.home());
        let mut tour = Tour::begin(&window, look, &mut visit);
        tour.door(&family);
        tour.sample();
        tour.wallet(&family);
        let window = Window::open(family.daughter.home());
        Tour::begin(&window, look, &mut visit).acting(&family);
    }
    assert!(screens > 150, "only {screens} screens");
    // What is looked for is found where it is.
    let window = Window::open(family.mother.home());
    window.see("Open your wallet");
    window.ask("document.querySelectorAll('label').forEach((label) => label.remove())");
    assert!(!window.barriers().is_empty(), "fields without labels were not noticed");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn access_is_given_with_the_keyboard_alone_and_never_by_a_key_too_many() {
    let town = TestTown::open();
    let amelia = town.person("amelia").unwrap();
    amelia.settle(&town, &[HOSPITAL, CLINIC]).unwrap();
    wait_for_records(&amelia, 17);
    let window = Window::open(amelia.home());
    window.see("Open your wallet");
    window.tab_to("Passphrase");
    window.type_here(PASSPHRASE);
    window.key(Key::Enter);
    window.at(Page::Wallet);
    window.see("Nothing is missing.");
    window.tab_to("Who can see");
    window.key(Key::Enter);
    window.see("Nobody can see your records");
    assert_eq!(window.focus(), "Who can see", "the focus is at the heading of the new page");
    window.tab_to("Give access");
    window.key(Key::Enter);
    window.see("Who may see your records?");
    window.tab_to("Choose");
    window.key(Key::Enter);
    window.see("What may they see?");
    window.tab_to("Next");
    window.key(Key::Enter);
    window.see("For how long?");
    window.tab_to("Check and sign");
    window.key(Key::Enter);
    window.see("They cannot see anything else.");
    // One who goes on pressing Enter signs nothing: the focus is at the question.
    assert!(window.focus().starts_with("Give "), "{}", window.focus());
    window.key(Key::Enter);
    window.key(Key::Enter);
    window.see("They cannot see anything else.");
    window.tab_to("Give access");
    window.key(Key::Enter);
    window.see("has access now");
}

/// What a person uses without a name: it is heard as nothing but "button".
fn unnamed(heard: &[Spoken]) -> Vec<Role> {
    let nameless = heard.iter().filter(|one| one.role.is_used() && one.name.trim().is_empty());
    nameless.map(|one| one.role).collect()
}

#[track_caller]
fn hears(heard: &[Spoken], role: Role, begins: &str) -> Spoken {
    let found = heard.iter().find(|one| one.role == role && one.name.starts_with(begins));
    let same = || heard.iter().filter(|one| one.role == role).map(|one| &one.name).collect::<Vec<_>>();
    found.unwrap_or_else(|| panic!("no {role:?} '{begins}' is heard, but: {:?}", same())).clone()
}

#[test]
fn a_screen_reader_is_told_what_everything_is_and_never_the_passphrase() {
    let town = TestTown::open();
    let amelia = town.amelia_with_visits();
    let window = Window::open_for_screen_reader(amelia.home());
    let heard = window.hear(Role::Heading, "Open your wallet");
    hears(&heard, Role::Button, "Unlock");
    let passphrase = hears(&heard, Role::Password, "Passphrase");
    assert!(unnamed(&heard).is_empty(), "unlock: {:?}", unnamed(&heard));
    window.fill("Passphrase", PASSPHRASE);
    let said = window.read_out(&passphrase);
    assert_eq!(said.chars().count(), PASSPHRASE.chars().count(), "'{said}': as many signs as were typed");
    assert!(!said.chars().any(char::is_alphanumeric), "a passphrase is read out: {said}");
    window.press("Unlock");
    window.at(Page::Wallet);

    let heard = window.hear(Role::Heading, "To do");
    for card in ["My records", "Who can see", "Who looked"] {
        hears(&heard, Role::Heading, card);
    }
    hears(&heard, Role::Heading, "Good ");
    for landmark in ["Parts of the wallet", "To do"] {
        hears(&heard, Role::Landmark, landmark);
    }
    hears(&heard, Role::Button, "Answer Abbey Gardens Specialist Clinic");
    hears(&heard, Role::Button, "Stop Lantern Pharmacy");
    assert!(unnamed(&heard).is_empty(), "home: {:?}", unnamed(&heard));
}

/// Commands that the program has and that the window of this name must not use.
fn forbidden(window: &str) -> Vec<String> {
    let shell = workspace().join("src-tauri");
    let all = std::fs::read_to_string(shell.join("commands.txt")).unwrap();
    let capability = std::fs::read_to_string(shell.join(format!("capabilities/{window}.json"))).unwrap();
    let capability: serde_json::Value = serde_json::from_str(&capability).unwrap();
    let allowed = capability["permissions"].as_array().unwrap().iter().filter_map(|name| name.as_str());
    let allowed: BTreeSet<String> =
        allowed.filter_map(|name| Some(name.strip_prefix("allow-")?.replace('-', "_"))).collect();
    all.lines().filter(|command| !allowed.contains(*command)).map(str::to_owned).collect()
}

fn refuses_what_is_not_its_own(window: &Window, name: &str) {
    let forbidden = forbidden(name);
    assert!(forbidden.len() > 5, "{forbidden:?}");
    for command in &forbidden {
        let call = format!("window.__TAURI_INTERNALS__.invoke('{command}').then(() => 'IT WAS DONE')");
        let answer = window.ask_and_wait(&call);
        assert!(answer.as_str().unwrap_or_default().contains("not allowed"), "{name}: {command}: {answer}");
    }
}

#[test]
fn no_window_can_use_the_commands_of_another() {
    let town = TestTown::laid_out();
    let amelia = town.person("amelia").unwrap();
    let window = Window::on_a_new_computer(&amelia);
    refuses_what_is_not_its_own(&window, "door");
    window.press("Look around first");
    window.at(Page::Wallet);
    refuses_what_is_not_its_own(&window, "sample");
    window.press("Leave the sample");
    window.at(Page::Door);
    window.see("Welcome");
    window.press("Continue");
    window.make_wallet(amelia.name());
    refuses_what_is_not_its_own(&window, "words");
    let words = window.recovery_words();
    window.check_paper(&words);
    refuses_what_is_not_its_own(&window, "main");
}

/// Somebody who listens, so that silence is not mistaken for a wall.
fn listener() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let heard = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&heard);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            count.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: *\r\n\r\n");
        }
    });
    (address, heard)
}

#[test]
fn no_page_reaches_the_network_or_leaves_the_program() {
    let town = TestTown::laid_out();
    let window = Window::on_a_new_computer(&town.person("amelia").unwrap());
    let (address, heard) = listener();
    let call = format!("fetch('{address}/fetch').then(() => 'IT WAS REACHED')");
    assert_ne!(window.ask_and_wait(&call), "IT WAS REACHED");
    for reach in [
        "new Image().src",
        "location.href",
        "document.body.appendChild(document.createElement('iframe')).src",
    ] {
        window.ask(&format!("{reach} = '{address}/away'"));
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    window.ask(&format!("navigator.sendBeacon('{address}/beacon', 'x'); window.open('{address}/window')"));
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(heard.load(Ordering::SeqCst), 0, "somebody outside heard of it");
    std::net::TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(heard.load(Ordering::SeqCst), 1, "nobody listened");
    window.at(Page::Door);
    window.see("How do you want to start?");
}
