//! The real binary: what it prints where, and how it ends, when nothing but a folder is there.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

const PASSPHRASE: &str = "lantern gravel tuba oyster mild";

/// A folder for wallets, and files with secrets beside it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.write("passphrase", &format!("{PASSPHRASE}\n"));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Runs the command with this folder as home and nothing on standard input.
    fn medrec(&self, arguments: &[&str]) -> Ended {
        self.medrec_told("", arguments)
    }

    fn medrec_told(&self, input: &str, arguments: &[&str]) -> Ended {
        let mut child = Command::new(env!("CARGO_BIN_EXE_medrec"))
            .env_clear()
            .env("MEDREC_HOME", self.path("home"))
            .current_dir(self.folder.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The command may end before it reads: a broken pipe is no failure of the test.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ended(child.wait_with_output().unwrap())
    }

    /// Runs it with the right passphrase and `--json`.
    fn with_passphrase(&self, arguments: &[&str]) -> Ended {
        self.medrec(&[arguments, &["--json", "--passphrase-file", "passphrase"]].concat())
    }

    fn create(&self, label: &str) -> Value {
        self.with_passphrase(&["wallet", "create", "--label", label]).document(0)
    }

    fn bytes_of_home(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.path("home"), &mut files);
        files.sort();
        files
    }
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
}

/// How a command ended.
struct Ended(Output);

impl Ended {
    fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    fn out(&self) -> &str {
        std::str::from_utf8(&self.0.stdout).unwrap()
    }

    fn err(&self) -> &str {
        std::str::from_utf8(&self.0.stderr).unwrap()
    }

    /// The one document on standard output, with nothing beside it.
    #[track_caller]
    fn document(&self, code: i32) -> Value {
        assert_eq!(self.code(), code, "stderr: {}", self.err());
        assert_eq!(self.err(), "");
        serde_json::from_str(self.out()).unwrap()
    }

    /// The one error on standard error, with nothing beside it.
    #[track_caller]
    fn error(&self, code: i32) -> Value {
        assert_eq!(self.code(), code, "stdout: {} stderr: {}", self.out(), self.err());
        assert_eq!(self.out(), "");
        serde_json::from_str(self.err()).unwrap()
    }
}

#[test]
fn help_tells_every_exit_code_and_is_no_error() {
    let ended = Place::new().medrec(&["--help"]);
    assert_eq!(ended.code(), 0);
    for line in ["Exit codes:", "  3  wrong passphrase or recovery words", "  8  a copy does not match"] {
        assert!(ended.out().contains(line), "{line}");
    }
    assert_eq!(ended.err(), "");
}

#[test]
fn an_unknown_word_is_a_usage_error_in_words_and_in_json() {
    let place = Place::new();
    let words = place.medrec(&["share-everything-with-everybody"]);
    assert_eq!((words.code(), words.out()), (2, ""));
    assert!(words.err().contains("share-everything-with-everybody"));
    let error = place.medrec(&["--json", "share", "--with", "Clinic"]).error(2);
    assert_eq!(error["code"], "usage");
    assert!(error["message"].as_str().unwrap().contains("--everything"));
}

#[test]
fn an_empty_computer_lists_nobody_and_makes_nothing() {
    let place = Place::new();
    let document = place.medrec(&["wallet", "list", "--json"]).document(0);
    assert_eq!(document["people"], Value::Array(Vec::new()));
    assert!(!place.path("home").exists());
}

#[test]
fn a_missing_wallet_is_not_found_before_a_passphrase_is_asked_for() {
    let error = Place::new().medrec(&["sync", "--json"]).error(7);
    assert_eq!(error["code"], "not_found");
}

#[test]
fn a_new_wallet_opens_with_its_passphrase_and_with_no_other() {
    let place = Place::new();
    let created = place.create("Ana Müller");
    assert_eq!(created["label"], "Ana Müller");
    assert_eq!(created["words"].as_array().unwrap().len(), 24);

    let opened = place.with_passphrase(&["wallet", "unlock-test"]).document(0);
    assert_eq!((&opened["opened"], &opened["person"]), (&Value::Bool(true), &created["person"]));

    let before = place.bytes_of_home();
    place.write("wrong", "lantern gravel tuba oyster wild");
    let wrong = place.medrec(&["wallet", "unlock-test", "--json", "--passphrase-file", "wrong"]).error(3);
    assert_eq!(wrong["code"], "wrong_passphrase");
    assert!(!wrong.to_string().contains("oyster"));
    assert_eq!(place.bytes_of_home(), before, "a wrong passphrase changes nothing");

    let short = place.medrec_told("short\n", &["wallet", "unlock-test", "--passphrase-stdin"]);
    assert_eq!((short.code(), short.out()), (3, ""));
    assert!(short.err().starts_with("medrec: "));
}

#[test]
fn words_bring_a_wallet_back_and_wrong_words_do_not() {
    let place = Place::new();
    let created = place.create("Ana");
    let mut words: Vec<&str> =
        created["words"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();

    let elsewhere = Place::new();
    elsewhere.write("words", &words.join("\n"));
    let restore = ["wallet", "restore", "--label", "Ana"];
    let restored =
        elsewhere.with_passphrase(&[&restore[..], &["--words-file", "words"]].concat()).document(0);
    assert_eq!(restored["label"], "Ana");
    let shown = elsewhere.with_passphrase(&["wallet", "words"]).document(0);
    assert_eq!(shown["words"], created["words"]);

    // Both secrets on standard input: the first line is the passphrase.
    let third = Place::new();
    let input = format!("{PASSPHRASE}\n{}\n", words.join(" "));
    let both = [&restore[..], &["--json", "--passphrase-stdin", "--words-stdin"]].concat();
    third.medrec_told(&input, &both).document(0);

    words.pop();
    let fourth = Place::new();
    fourth.write("words", &words.join(" "));
    let wrong = fourth.with_passphrase(&[&restore[..], &["--words-file", "words"]].concat()).error(3);
    assert_eq!(wrong["code"], "wrong_words");
    assert!(!fourth.path("home").exists(), "wrong words make no wallet");
}

#[test]
fn after_a_change_only_the_new_passphrase_opens() {
    let place = Place::new();
    place.create("Ana");
    place.write("new", "seven quiet otters under ice\n");
    place.with_passphrase(&["wallet", "change-passphrase", "--new-passphrase-file", "new"]).document(0);
    place.with_passphrase(&["wallet", "unlock-test"]).error(3);
    place.medrec(&["wallet", "unlock-test", "--json", "--passphrase-file", "new"]).document(0);
}

#[test]
fn of_several_people_one_must_be_named() {
    let place = Place::new();
    let ana = place.create("Ana");
    place.create("Zoë");
    let people = place.medrec(&["wallet", "list", "--json"]).document(0);
    assert_eq!(people["people"].as_array().unwrap().len(), 2);
    place.with_passphrase(&["wallet", "unlock-test"]).error(2);
    let by_name = place.with_passphrase(&["--person", "Ana", "wallet", "unlock-test"]).document(0);
    assert_eq!(by_name["person"], ana["person"]);
    let prefix = &ana["person"].as_str().unwrap()[..8];
    let by_id = place.with_passphrase(&["wallet", "unlock-test", "--person", prefix]).document(0);
    assert_eq!(by_id["person"], ana["person"]);
    place.with_passphrase(&["wallet", "unlock-test", "--person", "Bert"]).error(7);
}

#[test]
fn a_damaged_vault_ends_with_its_own_number_and_is_left_as_it_is() {
    let place = Place::new();
    place.create("Ana");
    for (path, mut bytes) in place.bytes_of_home() {
        if path.extension().is_some_and(|extension| extension == "mrv" || extension == "bak") {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(path, bytes).unwrap();
        }
    }
    let before = place.bytes_of_home();
    place.with_passphrase(&["wallet", "unlock-test"]).error(9);
    assert_eq!(place.bytes_of_home(), before);
}

#[test]
fn without_a_network_commands_say_what_to_do_first() {
    let place = Place::new();
    place.create("Ana");
    for arguments in [&["sync"][..], &["enrol", "mrenrol1qqqq"], &["network", "status"]] {
        let error = place.with_passphrase(arguments).error(2);
        assert!(!error["message"].as_str().unwrap().is_empty());
    }
    place.write("network.json", "{}");
    place.with_passphrase(&["network", "join", "network.json"]).error(2);
    place.with_passphrase(&["network", "join", "missing.json"]).error(7);
}

#[test]
fn nothing_is_signed_where_nobody_can_say_yes() {
    let place = Place::new();
    for arguments in [&["share", "--with", "Clinic", "--everything"][..], &["stop", "--all"]] {
        let error = place.medrec(&[arguments, &["--json"]].concat()).error(2);
        assert_eq!(error["code"], "no_answer");
        assert!(error["message"].as_str().unwrap().contains("--yes"));
    }
}

#[test]
fn secrets_have_one_source_and_no_terminal_means_no_prompt() {
    let place = Place::new();
    place.create("Ana");
    let two = ["wallet", "unlock-test", "--json", "--passphrase-stdin", "--passphrase-file", "passphrase"];
    assert_eq!(place.medrec(&two).error(2)["code"], "invalid_input");
    let none = place.medrec(&["wallet", "unlock-test", "--json"]).error(2);
    assert!(none["message"].as_str().unwrap().contains("--passphrase-file"));
    let missing = place.medrec(&["wallet", "unlock-test", "--json", "--passphrase-file", "nowhere"]).error(2);
    assert_eq!(missing["code"], "secret_file");
}

#[test]
fn words_for_people_show_the_recovery_words_once_and_in_order() {
    let place = Place::new();
    let created = place.medrec(&["wallet", "create", "--label", "Ana", "--passphrase-file", "passphrase"]);
    assert_eq!(created.code(), 0, "{}", created.err());
    assert!(created.out().contains("Write them on paper now"));
    assert!(created.out().contains("24 "));
    let listed = place.medrec(&["wallet", "list"]);
    assert!(listed.out().starts_with("Ana  (id "), "{}", listed.out());
}
