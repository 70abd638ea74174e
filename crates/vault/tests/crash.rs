//! What the disk, the system and other processes do to a vault at the worst moment.
//!
//! A test that needs a second process starts its own program again: the variable [`ROLE`] tells the copy what
//! to do in place of the test.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it fails")]

mod common;

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use common::{GENESIS, Home, PASSPHRASE, join, passphrase, snapshot};
use getrandom::SysRng;
use medrec_vault::{RecoveryNotice, RecoveryWords, Unlocked, Vault, VaultDir, VaultError};

/// Set in a second process: the folder of the vault.
const ROLE: &str = "MEDREC_VAULT_TEST_FOLDER";

/// The folder to work on, in a second process only.
fn second_process() -> Option<VaultDir> {
    env::var_os(ROLE).map(VaultDir::at)
}

/// Unlocks it. Other tests here start processes: between fork and exec such a child holds a lock that was just given back.
fn unlock(dir: &VaultDir) -> Vault<Unlocked> {
    for _ in 0..50 {
        match Vault::open(dir.clone()).unwrap().unlock(&passphrase(PASSPHRASE)) {
            Err(VaultError::InUse { .. }) => thread::sleep(Duration::from_millis(100)),
            unlocked => return unlocked.unwrap(),
        }
    }
    panic!("the vault stays locked");
}

/// The command that runs `test` of this program as a second process.
fn again(test: &str, dir: &VaultDir) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(ROLE, dir.path());
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// Reads the lines that the second process says, without those of the test harness.
fn said(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.map_while(Result::ok).filter_map(|line| line.split_once("said: ").map(|(_, text)| text.to_owned()))
}

fn say(text: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "said: {text}").and_then(|()| out.flush()).expect("the first process listens");
}

#[test]
fn two_processes_never_have_one_vault_open() {
    if let Some(dir) = second_process() {
        let _vault = unlock(&dir);
        say("open");
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return;
    }
    let home = Home::new();
    let dir = home.locked();
    let before = snapshot(dir.path());
    let mut other = again("two_processes_never_have_one_vault_open", &dir).spawn().unwrap();
    let mut lines = said(&mut other);
    assert_eq!(lines.next().as_deref(), Some("open"));

    let locked = Vault::open(dir.clone()).unwrap();
    assert_eq!(locked.label().as_str(), "Ana", "the label can be shown all the same");
    let refused = locked.unlock(&passphrase(PASSPHRASE));
    assert!(
        matches!(refused, Err(VaultError::InUse { ref path }) if *path == dir.vault_path()),
        "{refused:?}"
    );
    assert_eq!(snapshot(dir.path()), before);

    drop(other.stdin.take());
    assert_eq!(lines.next(), None);
    assert!(other.wait().unwrap().success());
    assert!(locked.unlock(&passphrase(PASSPHRASE)).is_ok(), "free once the other process is gone");
}

#[test]
fn one_process_does_not_open_a_vault_twice() {
    let home = Home::new();
    let vault = home.create("Ana");
    let locked = Vault::open(vault.dir().clone()).unwrap();
    assert!(matches!(locked.unlock(&passphrase(PASSPHRASE)), Err(VaultError::InUse { .. })));
    let locked = vault.lock();
    assert!(locked.unlock(&passphrase(PASSPHRASE)).is_ok());
}

/// Kills a process that saves without pause, at twelve different moments.
#[test]
fn a_process_killed_at_any_moment_loses_nothing_it_acknowledged() {
    if let Some(dir) = second_process() {
        let mut vault = unlock(&dir);
        loop {
            let index = vault.take_relationship_index(GENESIS, &mut SysRng).unwrap();
            say(index.get());
        }
    }
    let home = Home::new();
    let dir = home.locked();
    let mut acknowledged = 0;
    for round in 0..12u64 {
        let mut other =
            again("a_process_killed_at_any_moment_loses_nothing_it_acknowledged", &dir).spawn().unwrap();
        let mut lines = said(&mut other);
        acknowledged = lines.next().expect("one save").parse::<u32>().unwrap() + 1;
        thread::sleep(Duration::from_micros(731 * round));
        other.kill().unwrap();
        other.wait().unwrap();
        if let Some(last) = lines.last() {
            acknowledged = last.parse::<u32>().unwrap() + 1;
        }
        let vault = unlock(&dir);
        assert_eq!(vault.notice(), None, "the vault file was never missing");
        let used = vault.networks().get(GENESIS).unwrap().relationships_used();
        assert!(
            used == acknowledged || used == acknowledged + 1,
            "{used} on disk, {acknowledged} acknowledged"
        );
        if dir.backup_path().exists() {
            assert!(Vault::open_backup(dir.clone()).is_ok(), "the backup copy is whole too");
        }
    }
    assert!(acknowledged >= 12);
}

/// Kills a process that finishes new words, at eight different moments.
#[test]
fn a_process_killed_while_it_finishes_new_words_leaves_both_words_or_the_new_ones() {
    let next = RecoveryWords::from_entropy([0xa5; 32]);
    if let Some(dir) = second_process() {
        let mut vault = unlock(&dir);
        say("finishing");
        vault.finish_new_words(&mut SysRng).unwrap();
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return;
    }
    let home = Home::new();
    let dir = home.locked();
    unlock(&dir).begin_new_words(&passphrase(PASSPHRASE), &next, &mut SysRng).unwrap();
    let begun = snapshot(dir.path());
    for round in 0..8u64 {
        for (path, bytes) in &begun {
            fs::write(path, bytes).unwrap();
        }
        let test = "a_process_killed_while_it_finishes_new_words_leaves_both_words_or_the_new_ones";
        let mut other = again(test, &dir).spawn().unwrap();
        assert_eq!(said(&mut other).next().as_deref(), Some("finishing"));
        thread::sleep(Duration::from_micros(347 * round));
        other.kill().unwrap();
        other.wait().unwrap();
        let backup = Vault::open_backup(dir.clone()).unwrap().unlock(&passphrase(PASSPHRASE)).unwrap();
        let backup_finished = backup.next_keys().is_none();
        drop(backup);
        let mut vault = unlock(&dir);
        assert_eq!(vault.notice(), None, "the vault file was never missing");
        let finished = vault.next_keys().is_none();
        assert!(backup_finished || !finished, "no new vault beside an old backup copy");
        vault.finish_new_words(&mut SysRng).unwrap();
        let words = vault.recovery_words(&passphrase(PASSPHRASE)).unwrap();
        assert_eq!(words.words(), next.words());
    }
}

#[test]
fn a_leftover_of_a_crashed_save_is_ignored_and_then_removed() {
    let home = Home::new();
    let dir = home.locked();
    let main = fs::read(dir.vault_path()).unwrap();
    for leftover in [&main[..100], b"", &main[..]] {
        fs::write(dir.path().join("vault.mrv.new"), leftover).unwrap();
        fs::write(dir.path().join("vault.mrv.bak.new"), leftover).unwrap();
        let mut vault = unlock(&dir);
        assert_eq!(vault.notice(), None);
        vault.save(&mut SysRng).unwrap();
        assert!(!dir.path().join("vault.mrv.new").exists());
        assert!(!dir.path().join("vault.mrv.bak.new").exists());
    }
}

#[test]
fn a_vault_whose_file_is_gone_opens_from_its_backup_and_says_so() {
    let home = Home::new();
    let dir = home.locked();
    fs::remove_file(dir.vault_path()).unwrap();
    assert_eq!(home.vaults.list().unwrap().len(), 1, "it is still listed");
    let locked = Vault::open(dir.clone()).unwrap();
    assert_eq!(locked.notice(), Some(RecoveryNotice::MainFileMissing));
    let mut vault = locked.unlock(&passphrase(PASSPHRASE)).unwrap();
    assert_eq!(vault.notice(), Some(RecoveryNotice::MainFileMissing));
    assert_eq!(vault.generation(), 1, "the state before the last save");
    assert!(!dir.vault_path().exists(), "unlocking writes nothing");
    vault.save(&mut SysRng).unwrap();
    assert_eq!(vault.notice(), None);
    drop(vault);
    assert_eq!((unlock(&dir).generation(), Vault::open(dir).unwrap().notice()), (2, None));
}

/// Runs a save in a process that may not write a single byte to any file: the kernel refuses the write as it
/// does on a full disk.
#[cfg(unix)]
#[test]
fn a_save_without_room_leaves_the_vault_as_it_was() {
    if let Some(dir) = second_process() {
        let mut vault = unlock(&dir);
        let before = snapshot(dir.path());
        let generation = vault.generation();
        let refused = vault.save(&mut SysRng).unwrap_err();
        assert!(matches!(refused, VaultError::DiskFull { .. }), "{refused:?}");
        assert_eq!(snapshot(dir.path()), before);
        assert_eq!(vault.generation(), generation);
        say("refused");
        return;
    }
    let home = Home::new();
    let dir = home.locked();
    let before = snapshot(dir.path());
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""]).arg(env::current_exe().unwrap());
    shell.args(["--exact", "a_save_without_room_leaves_the_vault_as_it_was", "--nocapture"]);
    shell.env(ROLE, dir.path()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut other = shell.spawn().unwrap();
    assert_eq!(said(&mut other).collect::<Vec<_>>(), ["refused"]);
    assert!(other.wait().unwrap().success());
    assert_eq!(snapshot(dir.path()), before);
    unlock(&dir).save(&mut SysRng).unwrap();
}

/// Puts a folder where a step of the save must write, so that the system refuses that step.
fn refused_with_a_folder_at(name: &str) {
    let home = Home::new();
    let dir = home.locked();
    let mut vault = unlock(&dir);
    let obstacle = dir.path().join(name);
    if obstacle.exists() {
        fs::remove_file(&obstacle).unwrap();
    }
    fs::create_dir_all(obstacle.join("not empty")).unwrap();
    let before = snapshot(dir.path());
    let generation = vault.generation();
    let refused = vault.save(&mut SysRng);
    assert!(matches!(refused, Err(VaultError::Io { .. })), "{name}: {refused:?}");
    assert_eq!(snapshot(dir.path()), before, "{name}");
    assert_eq!(vault.generation(), generation, "{name}");
    fs::remove_dir_all(&obstacle).unwrap();
    vault.save(&mut SysRng).unwrap();
}

#[test]
fn a_save_that_fails_at_any_step_leaves_the_vault_as_it_was() {
    for step in ["vault.mrv.new", "vault.mrv.bak.new", "vault.mrv.bak"] {
        refused_with_a_folder_at(step);
    }
}

#[test]
fn a_passphrase_is_not_changed_while_a_copy_would_still_open_with_the_old_one() {
    for step in ["vault.mrv.bak.new", "vault.mrv.bak", "vault.mrv.set-aside"] {
        let home = Home::new();
        let dir = home.locked();
        let mut vault = unlock(&dir);
        let obstacle = dir.path().join(step);
        let _ = fs::remove_file(&obstacle);
        fs::create_dir_all(obstacle.join("not empty")).unwrap();
        let before = snapshot(dir.path());
        let (old, new) = (passphrase(PASSPHRASE), passphrase("another four plain words"));
        let params = vault.params();
        let refused = vault.change_passphrase(&old, &new, params, &mut SysRng);
        assert!(matches!(refused, Err(VaultError::Io { .. })), "{step}: {refused:?}");
        assert_eq!(snapshot(dir.path()), before, "{step}");
        drop(vault);
        unlock(&dir);
    }
}

#[cfg(unix)]
#[test]
fn a_link_put_in_the_way_is_not_written_through() {
    let home = Home::new();
    let dir = home.locked();
    let victim = home.folder.path().join("victim");
    fs::write(&victim, b"precious").unwrap();
    for name in ["vault.mrv.new", "vault.mrv.bak.new"] {
        std::os::unix::fs::symlink(&victim, dir.path().join(name)).unwrap();
    }
    unlock(&dir).save(&mut SysRng).unwrap();
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
    assert!(!is_link(&dir.vault_path()) && !is_link(&dir.backup_path()));
}

#[cfg(unix)]
fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).unwrap().file_type().is_symlink()
}

#[test]
fn creating_without_success_leaves_no_vault_to_be_listed() {
    if let Some(dir) = second_process() {
        let vaults = medrec_vault::VaultHome::new(dir.path());
        let new = medrec_vault::NewVault {
            label: medrec_vault::VaultLabel::new("Ana").unwrap(),
            passphrase: &passphrase(PASSPHRASE),
            words: &medrec_vault::RecoveryWords::from_entropy(common::ENTROPY),
            params: medrec_vault::KdfParams::FLOOR,
        };
        let refused = Vault::create(&vaults, new, &mut SysRng).unwrap_err();
        assert!(matches!(refused, VaultError::DiskFull { .. }), "{refused:?}");
        say("refused");
        return;
    }
    let home = Home::new();
    let folder = VaultDir::at(home.folder.path().join("home"));
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""]).arg(env::current_exe().unwrap());
    shell.args(["--exact", "creating_without_success_leaves_no_vault_to_be_listed", "--nocapture"]);
    shell.env(ROLE, folder.path()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut other = shell.spawn().unwrap();
    assert_eq!(said(&mut other).collect::<Vec<_>>(), ["refused"]);
    assert!(other.wait().unwrap().success());
    assert!(home.vaults.list().unwrap().is_empty());
    let left: Vec<_> = fs::read_dir(folder.path().join("vaults")).unwrap().collect();
    assert!(left.is_empty(), "no folder is left over: {left:?}");
}

#[test]
fn joining_survives_the_loss_of_the_backup() {
    let home = Home::new();
    let mut vault = home.create("Ana");
    join(&mut vault);
    fs::remove_file(vault.dir().backup_path()).unwrap();
    vault.save(&mut SysRng).unwrap();
    assert!(vault.dir().backup_path().exists());
}
