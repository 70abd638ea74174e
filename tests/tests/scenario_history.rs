//! The consent history on real processes: it goes out by the command line, and is checked where nothing of the patient is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios may panic")]

use std::path::{Path, PathBuf};

use medrec_tests::{Person, TestTown};
use serde_json::Value;

/// Exit status for "verification failed".
const FALSE_ANSWER: Option<i32> = Some(5);
/// Exit status for "a node is away".
const AWAY: Option<i32> = Some(4);

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("no list '{name}' in {value}"))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn export(person: &Person, path: &Path, words: &[&str]) -> Value {
    person.json(&[&["history", "export", "--out", text(path)], words].concat()).unwrap()
}

/// An account with a share that was used, and an end.
fn lived(town: &TestTown) -> Person {
    let amelia = town.amelia();
    town.pharmacy_looks(&amelia).unwrap();
    amelia.json(&["stop", "--all", "--note", "That was enough", "--yes"]).unwrap();
    amelia
}

/// A computer that has the anchor, and nothing else of this ledger.
fn elsewhere(town: &TestTown, person: &Person) -> (Person, PathBuf) {
    let stranger = person.on_another_computer(town.folder.join("elsewhere")).unwrap();
    let anchor = stranger.home().join("anchor.json");
    std::fs::copy(town.network_file(), &anchor).unwrap();
    (stranger, anchor)
}

#[test]
fn a_history_is_exported_and_proved_on_a_computer_with_only_the_anchor_and_no_ledger() {
    let town = TestTown::open();
    let amelia = lived(&town);
    let folder = town.folder.join("exports");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("amelia.medrec-history");
    let exported = export(&amelia, &file, &["--form", "verifiable"]);
    assert_eq!(exported["size"].as_u64().unwrap(), std::fs::metadata(&file).unwrap().len());
    for (form, begins) in [("pdf", "%PDF-"), ("csv", ""), ("fhir", "{")] {
        let path = folder.join(form);
        let other = export(&amelia, &path, &["--form", form]);
        assert_eq!((&other["entries"], &other["opened"]), (&exported["entries"], &exported["opened"]));
        assert!(std::fs::read(&path).unwrap().starts_with(begins.as_bytes()), "{form}");
    }
    let shown = amelia.json(&["history", "show"]).unwrap();
    let closed = folder.join("closed.medrec-history");
    export(&amelia, &closed, &["--form", "verifiable", "--closed"]);
    let (stranger, anchor) = elsewhere(&town, &amelia);
    town.kill_node().unwrap();

    let verify = |path: &Path| {
        stranger.medrec(&["history", "verify", text(path), "--anchor", text(&anchor), "--json"]).unwrap()
    };
    let checked = verify(&file).json().unwrap();
    assert_eq!((&checked["anchored"], &checked["digest"]), (&true.into(), &exported["digest"]));
    assert_eq!(checked["parts"], shown["parts"], "what she reads is what is proved");
    let parts = list(&checked, "parts");
    assert_eq!(parts.len(), 3);
    assert!(parts.iter().all(|part| part["from"] == 0 && part["to"] == part["of"]), "complete: {checked}");
    for words in ["Lantern Pharmacy", "That was enough", "stopped all access"] {
        assert!(checked.to_string().contains(words), "nothing says {words}");
    }
    let said = stranger.medrec(&["history", "verify", text(&file), "--anchor", text(&anchor)]).unwrap();
    assert!(said.success().unwrap().contains("complete to the end"));
    // Closed, it is as complete, and tells neither reasons nor records.
    let closed = verify(&closed).json().unwrap();
    assert!(list(&closed, "parts").iter().all(|part| part["from"] == 0 && part["to"] == part["of"]));
    assert!(!closed.to_string().contains("That was enough"));
    // Without the anchor it says what that is worth.
    let alone = stranger.json(&["history", "verify", text(&file)]).unwrap();
    assert_eq!(alone["anchored"], false);

    // Altered, cut, and under another anchor it is refused, with the status for what is proved false.
    let honest = std::fs::read(&file).unwrap();
    let altered = folder.join("altered.medrec-history");
    let mut flipped = honest.clone();
    flipped[honest.len() / 2] ^= 1;
    for bytes in [flipped.as_slice(), &honest[..honest.len() - 1], &honest[1..]] {
        std::fs::write(&altered, bytes).unwrap();
        let refused = verify(&altered).refusal().unwrap();
        assert_eq!(refused.code, FALSE_ANSWER, "{refused}");
    }
    let mut network: Value = serde_json::from_slice(&std::fs::read(&anchor).unwrap()).unwrap();
    network["genesis_hash"] = "ab".repeat(32).into();
    std::fs::write(&anchor, network.to_string()).unwrap();
    let refused = verify(&file).refusal().unwrap();
    assert_eq!(refused.code, FALSE_ANSWER, "{refused}");

    // And without a ledger nothing new is exported; what was exported stays.
    let words = ["history", "export", "--form", "verifiable", "--out", text(&file), "--json"];
    let refused = amelia.medrec(&words).unwrap().refusal().unwrap();
    assert_eq!(refused.code, AWAY, "{refused}");
    assert_eq!(std::fs::read(&file).unwrap(), honest);
}
