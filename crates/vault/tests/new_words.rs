//! New recovery words: begun, kept beside the present ones, finished; and what a crash in between leaves.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it fails")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::{ENTROPY, GENESIS, Home, PASSPHRASE, join, passphrase, snapshot};
use getrandom::SysRng;
use medrec_vault::{
    KeyEpoch, KeyTree, RecoveryWords, RelationshipIndex, Unlocked, Vault, VaultDir, VaultError,
};

/// Entropy of the new words.
const NEXT: [u8; 32] = [0xa5; 32];

const MAIN: &str = "vault.mrv";
const BACKUP: &str = "vault.mrv.bak";
const NEW: &str = "vault.mrv.new";
const NEW_BACKUP: &str = "vault.mrv.bak.new";
const SET_ASIDE: &str = "vault.mrv.set-aside";

/// Files of a folder by name.
type Files = BTreeMap<PathBuf, Vec<u8>>;

fn next() -> RecoveryWords {
    RecoveryWords::from_entropy(NEXT)
}

fn spoken(entropy: [u8; 32]) -> String {
    RecoveryWords::from_entropy(entropy).words().join(" ")
}

fn begin(vault: &mut Vault<Unlocked>) {
    vault.begin_new_words(&passphrase(PASSPHRASE), &next(), &mut SysRng).unwrap();
}

fn unlock(dir: &VaultDir) -> Vault<Unlocked> {
    Vault::open(dir.clone()).unwrap().unlock(&passphrase(PASSPHRASE)).unwrap()
}

/// A key that tells trees apart.
fn mark(keys: &KeyTree) -> [u8; 32] {
    *keys.derive_viewing_key(GENESIS.network_index(), RelationshipIndex::FIRST, KeyEpoch::FIRST)
}

fn mark_of(entropy: [u8; 32]) -> [u8; 32] {
    mark(&KeyTree::from_words(&RecoveryWords::from_entropy(entropy)))
}

/// The three states of a change of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Before,
    Begun,
    Finished,
}

/// Which state a vault's keys are of.
fn state_of_keys(vault: &Vault<Unlocked>) -> Change {
    match (mark(vault.keys()), vault.next_keys().map(mark)) {
        (keys, None) if keys == mark_of(ENTROPY) => Change::Before,
        (keys, Some(next)) if (keys, next) == (mark_of(ENTROPY), mark_of(NEXT)) => Change::Begun,
        (keys, None) if keys == mark_of(NEXT) => Change::Finished,
        _ => panic!("keys of no state"),
    }
}

/// Which state a vault is in: words and keys must be those of the same one.
fn state(vault: &Vault<Unlocked>) -> Change {
    let change = state_of_keys(vault);
    let (words, following) = match change {
        Change::Before => (ENTROPY, None),
        Change::Begun => (ENTROPY, Some(NEXT)),
        Change::Finished => (NEXT, None),
    };
    let typed = passphrase(PASSPHRASE);
    assert_eq!(vault.recovery_words(&typed).unwrap().words().join(" "), spoken(words));
    let found = vault.next_words(&typed).unwrap().map(|next| next.words().join(" "));
    assert_eq!(found, following.map(spoken));
    change
}

#[test]
fn beginning_needs_the_passphrase_and_words_that_are_new() {
    let home = Home::new();
    let mut vault = home.create("Ana");
    let before = snapshot(vault.dir().path());
    let refused = vault.begin_new_words(&passphrase("another four plain words"), &next(), &mut SysRng);
    assert!(matches!(refused, Err(VaultError::WrongPassphrase)), "{refused:?}");
    let same = RecoveryWords::from_entropy(ENTROPY);
    let refused = vault.begin_new_words(&passphrase(PASSPHRASE), &same, &mut SysRng);
    assert!(matches!(refused, Err(VaultError::SameWords)), "{refused:?}");
    assert_eq!((snapshot(vault.dir().path()), state(&vault)), (before, Change::Before));
}

#[test]
fn new_words_survive_a_restart_also_in_the_backup_and_the_old_ones_stay() {
    let home = Home::new();
    let mut vault = home.create("Ana");
    join(&mut vault);
    begin(&mut vault);
    assert_eq!(state(&vault), Change::Begun);
    let locked = vault.lock();
    assert_eq!(state(&locked.unlock(&passphrase(PASSPHRASE)).unwrap()), Change::Begun);
    // Nobody may have written the new words down when the first account moves to their keys.
    fs::remove_file(locked.dir().vault_path()).unwrap();
    let vault = unlock(locked.dir());
    assert_eq!(state(&vault), Change::Begun);
    assert!(vault.networks().get(GENESIS).is_ok());
}

#[test]
fn a_second_change_is_refused_while_one_is_under_way() {
    let home = Home::new();
    let mut vault = home.create("Ana");
    begin(&mut vault);
    let before = snapshot(vault.dir().path());
    for words in [next(), RecoveryWords::from_entropy([1; 32])] {
        let refused = vault.begin_new_words(&passphrase(PASSPHRASE), &words, &mut SysRng);
        assert!(matches!(refused, Err(VaultError::NewWordsUnderWay)), "{refused:?}");
    }
    assert_eq!((snapshot(vault.dir().path()), state(&vault)), (before, Change::Begun));
}

#[test]
fn words_of_a_change_under_way_are_shown_only_for_the_passphrase() {
    let home = Home::new();
    let mut vault = home.create("Ana");
    begin(&mut vault);
    let refused = vault.next_words(&passphrase("another four plain words"));
    assert!(matches!(refused, Err(VaultError::WrongPassphrase)), "{refused:?}");
    let printed = format!("{vault:?} {:?} {:?}", vault.next_keys(), next());
    for word in next().words().iter().filter(|word| word.len() > 4) {
        assert!(!printed.contains(word), "{word} in {printed}");
    }
    for (path, bytes) in snapshot(vault.dir().path()) {
        assert!(!bytes.windows(8).any(|found| found == &NEXT[..8]), "{}", path.display());
    }
}

#[test]
fn other_changes_keep_the_words_of_a_change_under_way() {
    let home = Home::new();
    let mut vault = home.create("Ana");
    begin(&mut vault);
    join(&mut vault);
    vault.take_relationship_index(GENESIS, &mut SysRng).unwrap();
    vault.rename(medrec_vault::VaultLabel::new("Ana-María").unwrap(), &mut SysRng).unwrap();
    let (typed, params) = (passphrase(PASSPHRASE), vault.params());
    vault.change_passphrase(&typed, &typed, params, &mut SysRng).unwrap();
    assert_eq!(state(&vault), Change::Begun);
    assert_eq!(state(&unlock(vault.lock().dir())), Change::Begun);
}

#[test]
fn finishing_leaves_the_old_words_nowhere_in_the_folder() {
    let home = Home::new();
    let dir = home.locked();
    // Going back to the backup copy sets a sound file with the old words aside.
    let mut vault = Vault::open_backup(dir.clone()).unwrap().unlock(&passphrase(PASSPHRASE)).unwrap();
    begin(&mut vault);
    assert!(dir.path().join(SET_ASIDE).exists());
    join(&mut vault);
    vault.finish_new_words(&mut SysRng).unwrap();
    assert_eq!(state(&vault), Change::Finished);
    assert!(vault.networks().get(GENESIS).is_ok(), "networks and counters stay");
    drop(vault);
    let files = snapshot(dir.path());
    assert_eq!(files.len(), 2, "vault and backup copy: {:?}", files.keys());
    for bytes in files.values() {
        assert_eq!(state(&unlock(&home.plant(bytes))), Change::Finished);
    }
}

#[test]
fn finishing_without_a_change_under_way_writes_nothing() {
    let home = Home::new();
    let mut vault = home.create("Ana");
    let before = snapshot(vault.dir().path());
    vault.finish_new_words(&mut SysRng).unwrap();
    assert_eq!((snapshot(vault.dir().path()), state(&vault)), (before, Change::Before));
}

#[test]
fn after_finishing_the_words_can_be_changed_once_more() {
    let home = Home::new();
    let mut vault = home.create("Ana");
    begin(&mut vault);
    vault.finish_new_words(&mut SysRng).unwrap();
    let third = RecoveryWords::from_entropy([1; 32]);
    vault.begin_new_words(&passphrase(PASSPHRASE), &third, &mut SysRng).unwrap();
    vault.finish_new_words(&mut SysRng).unwrap();
    assert_eq!(mark(vault.keys()), mark_of([1; 32]));
}

/// Puts a folder where a step must write or remove, so that the system refuses that step.
#[test]
fn beginning_or_finishing_that_fails_at_a_step_leaves_words_keys_and_files_as_they_were() {
    for (from, step) in [
        (Change::Before, NEW),
        (Change::Before, NEW_BACKUP),
        (Change::Before, BACKUP),
        (Change::Begun, NEW),
        (Change::Begun, NEW_BACKUP),
        (Change::Begun, BACKUP),
        (Change::Begun, SET_ASIDE),
    ] {
        let home = Home::new();
        let mut vault = home.create("Ana");
        if from == Change::Begun {
            begin(&mut vault);
        }
        let obstacle = vault.dir().path().join(step);
        let _ = fs::remove_file(&obstacle);
        fs::create_dir_all(obstacle.join("not empty")).unwrap();
        let before = (snapshot(vault.dir().path()), vault.generation());
        let change = |vault: &mut Vault<Unlocked>| match from {
            Change::Before => vault.begin_new_words(&passphrase(PASSPHRASE), &next(), &mut SysRng),
            _ => vault.finish_new_words(&mut SysRng),
        };
        let refused = change(&mut vault);
        assert!(matches!(refused, Err(VaultError::Io { .. })), "{from:?} {step}: {refused:?}");
        assert_eq!((snapshot(vault.dir().path()), vault.generation()), before, "{from:?} {step}");
        assert_eq!(state(&vault), from, "{step}");
        fs::remove_dir_all(&obstacle).unwrap();
        change(&mut vault).unwrap();
        assert_ne!(state(&vault), from, "{step}");
    }
}

/// What a folder holds after a crash at each point of VAULT-19, from its files before and after the save.
fn crashes(before: &Files, after: &Files) -> Vec<(String, Files)> {
    let named = |name: &str| PathBuf::from(name);
    let whole = &after[&named(MAIN)];
    let mut folders = Vec::new();
    let mut files = before.clone();
    let mut point = |about: String, files: &Files| folders.push((about, files.clone()));
    let mut written = |at: &str, files: &mut Files| {
        for len in [0, whole.len() - 1, whole.len()] {
            files.insert(named(at), whole[..len].to_vec());
            point(format!("{len} bytes of {at}"), files);
        }
    };
    written(NEW, &mut files);
    written(NEW_BACKUP, &mut files);
    let copy = files.remove(&named(NEW_BACKUP)).unwrap();
    files.insert(named(BACKUP), copy);
    point("backup copy replaced".to_owned(), &files);
    let new = files.remove(&named(NEW)).unwrap();
    files.insert(named(MAIN), new);
    assert_eq!(files, *after, "the points lead from the state before to the one after");
    point("vault replaced".to_owned(), &files);
    folders
}

fn by_name(dir: &Path) -> Files {
    let files = snapshot(dir).into_iter();
    files.map(|(path, bytes)| (PathBuf::from(path.file_name().unwrap()), bytes)).collect()
}

/// Lays files out as a crash left them; opening and going on must work from each.
fn assert_either_state_is_whole(before: &Files, after: &Files, from: Change, to: Change) {
    for (about, files) in crashes(before, after) {
        let home = Home::new();
        let dir = home.plant(b"");
        for (name, bytes) in &files {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        let expected = if files[&PathBuf::from(MAIN)] == after[&PathBuf::from(MAIN)] { to } else { from };
        let backup = Vault::open_backup(dir.clone()).unwrap().unlock(&passphrase(PASSPHRASE)).unwrap();
        let copied = state_of_keys(&backup);
        assert!(copied == from || copied == to, "{about}: {copied:?}");
        drop(backup);
        let mut vault = unlock(&dir);
        assert_eq!((state_of_keys(&vault), vault.notice()), (expected, None), "{about}");
        if expected == Change::Before {
            begin(&mut vault);
        }
        vault.finish_new_words(&mut SysRng).unwrap();
        assert_eq!(state_of_keys(&vault), Change::Finished, "{about}");
    }
}

#[test]
fn a_crash_at_any_point_of_beginning_leaves_the_state_before_or_the_new_words_whole() {
    let home = Home::new();
    let dir = home.locked();
    let before = by_name(dir.path());
    let mut vault = unlock(&dir);
    begin(&mut vault);
    drop(vault);
    assert_either_state_is_whole(&before, &by_name(dir.path()), Change::Before, Change::Begun);
}

#[test]
fn a_crash_at_any_point_of_finishing_leaves_both_words_or_the_new_ones_whole() {
    let home = Home::new();
    let dir = home.locked();
    let mut vault = unlock(&dir);
    begin(&mut vault);
    let before = by_name(dir.path());
    vault.finish_new_words(&mut SysRng).unwrap();
    drop(vault);
    assert_either_state_is_whole(&before, &by_name(dir.path()), Change::Begun, Change::Finished);
}
