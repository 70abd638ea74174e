//! Damaged, cut and foreign files on a real disk: each has its own error, and no file is ever harmed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it fails")]

mod common;

use std::fs;

use common::{Home, PASSPHRASE, error_name, join, passphrase, snapshot};
use getrandom::SysRng;
use medrec_vault::{KdfParams, RecoveryNotice, Vault, VaultDir, VaultError};
use proptest::prelude::*;

/// A sound vault file.
fn good_file() -> Vec<u8> {
    fs::read(Home::new().locked().vault_path()).unwrap()
}

/// Opens planted bytes, which must fail and must not change.
fn refusal(dir: &VaultDir, bytes: &[u8]) -> String {
    fs::write(dir.vault_path(), bytes).unwrap();
    let error = Vault::open(dir.clone()).expect_err("a damaged file opened");
    assert_eq!(fs::read(dir.vault_path()).unwrap(), bytes);
    error_name(&error)
}

#[test]
fn a_file_cut_after_any_byte_is_refused_as_truncated() {
    let (home, good) = (Home::new(), good_file());
    let dir = home.plant(b"");
    for len in 0..good.len() {
        assert_eq!(refusal(&dir, &good[..len]), "truncated", "{len} bytes");
    }
}

#[test]
fn a_file_with_any_byte_changed_is_refused_before_a_passphrase_is_asked() {
    let (home, good) = (Home::new(), good_file());
    let dir = home.plant(b"");
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] = bytes[at].wrapping_add(1);
        let name = refusal(&dir, &bytes);
        let expected = if at < 8 { "not_a_vault" } else { "damaged:" };
        assert!(name.starts_with(expected), "byte {at}: {name}");
    }
}

#[test]
fn a_huge_file_is_refused_without_being_read() {
    let (home, good) = (Home::new(), good_file());
    let dir = home.plant(&good);
    // A sparse file of 64 GiB.
    fs::OpenOptions::new().write(true).open(dir.vault_path()).unwrap().set_len(64 << 30).unwrap();
    let error = Vault::open(dir.clone()).unwrap_err();
    assert_eq!(error_name(&error), "damaged:length");
    assert_eq!(fs::metadata(dir.vault_path()).unwrap().len(), 64 << 30);
}

#[test]
fn a_folder_in_the_place_of_the_file_is_a_clear_error() {
    let home = Home::new();
    let dir = VaultDir::at(home.folder.path().join("planted"));
    fs::create_dir_all(dir.vault_path()).unwrap();
    assert!(matches!(Vault::open(dir), Err(VaultError::Io { doing: "read", .. })));
}

#[test]
fn a_damaged_vault_is_rescued_from_its_backup_and_kept_aside() {
    let home = Home::new();
    let dir = home.locked();
    let mut damaged = fs::read(dir.vault_path()).unwrap();
    damaged[200] ^= 4;
    fs::write(dir.vault_path(), &damaged).unwrap();
    let backup = fs::read(dir.backup_path()).unwrap();
    assert!(matches!(Vault::open(dir.clone()), Err(VaultError::Damaged { .. })));

    let locked = Vault::open_backup(dir.clone()).unwrap();
    assert_eq!(locked.notice(), Some(RecoveryNotice::BackupOpened));
    let mut vault = locked.unlock(&passphrase(PASSPHRASE)).unwrap();
    assert_eq!((vault.generation(), vault.notice()), (1, Some(RecoveryNotice::BackupOpened)));
    assert_eq!(fs::read(dir.vault_path()).unwrap(), damaged, "unlocking writes nothing");

    join(&mut vault);
    assert_eq!(vault.notice(), None);
    drop(vault);
    let kept = snapshot(dir.path());
    assert_eq!(kept[&dir.path().join("vault.mrv.set-aside")], damaged);
    assert_eq!(kept[&dir.backup_path()], backup, "the only good copy was not pushed out by a damaged one");
    let vault = Vault::open(dir).unwrap().unlock(&passphrase(PASSPHRASE)).unwrap();
    assert_eq!((vault.generation(), vault.notice()), (2, None));
}

#[test]
fn a_person_can_go_back_to_the_backup_although_the_vault_is_sound() {
    let home = Home::new();
    let dir = home.locked();
    let newer = fs::read(dir.vault_path()).unwrap();
    let mut vault = Vault::open_backup(dir.clone()).unwrap().unlock(&passphrase(PASSPHRASE)).unwrap();
    assert!(vault.networks().is_empty(), "the state before the last save");
    vault.save(&mut SysRng).unwrap();
    assert_eq!(fs::read(dir.path().join("vault.mrv.set-aside")).unwrap(), newer);
    drop(vault);
    let vault = Vault::open(dir).unwrap().unlock(&passphrase(PASSPHRASE)).unwrap();
    assert!(vault.networks().is_empty());
}

#[test]
fn after_a_change_of_passphrase_the_old_one_opens_nothing_in_the_folder_not_even_what_was_set_aside() {
    let home = Home::new();
    let dir = home.locked();
    let (old, new) = (passphrase(PASSPHRASE), passphrase("another passphrase"));
    let mut vault = Vault::open_backup(dir.clone()).unwrap().unlock(&old).unwrap();
    vault.save(&mut SysRng).unwrap();
    let aside = dir.path().join("vault.mrv.set-aside");
    assert!(aside.exists(), "a sound file that the old passphrase opens");
    vault.change_passphrase(&old, &new, KdfParams::FLOOR, &mut SysRng).unwrap();
    drop(vault);
    for (path, bytes) in snapshot(dir.path()).iter().filter(|(_, bytes)| !bytes.is_empty()) {
        let copy = VaultDir::at(home.folder.path().join("copy"));
        fs::create_dir_all(copy.path()).unwrap();
        fs::write(copy.vault_path(), bytes).unwrap();
        let opened = Vault::open(copy).unwrap().unlock(&old);
        assert!(matches!(opened, Err(VaultError::WrongPassphrase)), "{}", path.display());
    }
}

#[test]
fn a_vault_damaged_while_it_is_open_is_written_whole_again() {
    let home = Home::new();
    let mut vault = home.create("Ana");
    join(&mut vault);
    let (path, backup) = (vault.dir().vault_path(), fs::read(vault.dir().backup_path()).unwrap());
    fs::write(&path, b"MRVAULT\0 scribbled over").unwrap();
    vault.save(&mut SysRng).unwrap();
    assert_eq!(fs::read(vault.dir().backup_path()).unwrap(), backup);
    let locked = vault.lock();
    assert_eq!(
        Vault::open(locked.dir().clone()).unwrap().unlock(&passphrase(PASSPHRASE)).unwrap().generation(),
        3
    );
}

#[test]
fn a_vault_replaced_while_it_is_open_is_not_overwritten() {
    let home = Home::new();
    let dir = home.locked();
    let mut vault = Vault::open(dir.clone()).unwrap().unlock(&passphrase(PASSPHRASE)).unwrap();
    // A synchronisation program puts an older, sound file back.
    fs::copy(dir.backup_path(), dir.vault_path()).unwrap();
    let before = snapshot(dir.path());
    let generation = vault.generation();
    let refused = vault.save(&mut SysRng);
    assert!(matches!(refused, Err(VaultError::ChangedOnDisk { .. })), "{refused:?}");
    assert_eq!(snapshot(dir.path()), before);
    assert_eq!(vault.generation(), generation);
}

#[test]
fn a_vault_upgraded_by_a_newer_program_while_it_is_open_is_not_overwritten() {
    #[derive(serde::Deserialize)]
    struct File {
        refused: Vec<Case>,
    }
    #[derive(serde::Deserialize)]
    struct Case {
        about: String,
        file: String,
    }
    let file: File = serde_json::from_str(include_str!("../../../tests/vectors/vault_file.json")).unwrap();
    let newer = file.refused.iter().find(|case| case.about == "Version 2.").unwrap();
    let home = Home::new();
    let mut vault = home.create("Ana");
    fs::write(vault.dir().vault_path(), hex::decode(&newer.file).unwrap()).unwrap();
    let before = snapshot(vault.dir().path());
    assert!(matches!(vault.save(&mut SysRng), Err(VaultError::ChangedOnDisk { .. })));
    assert_eq!(snapshot(vault.dir().path()), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn arbitrary_bytes_on_disk_never_panic_and_never_change(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
        let home = Home::new();
        let dir = home.plant(&bytes);
        prop_assert!(Vault::open(dir.clone()).is_err());
        prop_assert_eq!(fs::read(dir.vault_path()).unwrap(), bytes);
    }
}
