//! Create, unlock, lock, change, list: what a person does with a vault on a healthy disk.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it fails")]

mod common;

use std::fs;

use common::{ENTROPY, GENESIS, Home, PASSPHRASE, join, passphrase, snapshot};
use getrandom::SysRng;
use medrec_vault::{
    KdfParams, KeyEpoch, NewVault, RecoveryWords, TrustedHeader, Vault, VaultError, VaultHome, VaultLabel,
};

const NEW_PASSPHRASE: &str = "another four plain words";

#[test]
fn what_was_saved_is_there_after_locking_and_unlocking() {
    let home = Home::new();
    let mut vault = home.create("Zoë");
    join(&mut vault);
    let header = TrustedHeader { height: 8, hash: [1; 32], time: 1_800_000_000 };
    vault.update(&mut SysRng, |n| n.trust(GENESIS, header)).unwrap();
    let index = vault.take_relationship_index(GENESIS, &mut SysRng).unwrap();
    let network = GENESIS.network_index();
    let key = vault.keys().derive_signing_key(network, index, KeyEpoch::FIRST).verifying_key();
    let database_key = *vault.database_key().expose();
    let generation = vault.generation();

    let locked = vault.lock();
    assert_eq!((locked.label().as_str(), locked.notice()), ("Zoë", None));
    let vault = locked.unlock(&passphrase(PASSPHRASE)).unwrap();
    assert_eq!(vault.generation(), generation);
    assert_eq!(*vault.database_key().expose(), database_key);
    let record = vault.networks().get(GENESIS).unwrap();
    assert_eq!((record.relationships_used(), record.trusted_header()), (1, Some(header)));
    assert_eq!(vault.keys().derive_signing_key(network, index, KeyEpoch::FIRST).verifying_key(), key);
}

#[test]
fn every_save_is_one_generation_further_and_no_change_is_no_save() {
    let home = Home::new();
    let mut vault = home.create("Ana");
    assert_eq!(vault.generation(), 1);
    join(&mut vault);
    assert_eq!(vault.generation(), 2);
    let before = snapshot(vault.dir().path());
    join(&mut vault);
    assert_eq!(vault.generation(), 2);
    assert_eq!(snapshot(vault.dir().path()), before);
    vault.save(&mut SysRng).unwrap();
    assert_eq!(vault.generation(), 3);
}

#[test]
fn a_refused_change_leaves_memory_and_disk_as_they_were() {
    let home = Home::new();
    let mut vault = home.create("Ana");
    join(&mut vault);
    let before = (vault.networks().clone(), vault.generation(), snapshot(vault.dir().path()));
    let refused = vault.update(&mut SysRng, |networks| {
        networks.take_relationship_index(GENESIS)?;
        Err::<(), _>(VaultError::UnknownNetwork)
    });
    assert!(matches!(refused, Err(VaultError::UnknownNetwork)));
    assert_eq!((vault.networks().clone(), vault.generation(), snapshot(vault.dir().path())), before);
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_harms_nothing() {
    let home = Home::new();
    let dir = home.locked();
    let before = snapshot(dir.path());
    let locked = Vault::open(dir.clone()).unwrap();
    let refused = locked.unlock(&passphrase("gravel lantern oyster tubb"));
    assert!(matches!(refused, Err(VaultError::WrongPassphrase)));
    assert_eq!(snapshot(dir.path()), before);
    assert!(locked.unlock(&passphrase(PASSPHRASE)).is_ok(), "the same locked vault can be tried again");
}

#[test]
fn the_words_restore_the_same_keys_in_a_new_vault() {
    let (home, elsewhere) = (Home::new(), Home::new());
    let vault = home.create("Ana");
    let words = vault.recovery_words(&passphrase(PASSPHRASE)).unwrap();
    let written = words.words().join(" ");

    let restored = Vault::create(
        &elsewhere.vaults,
        NewVault {
            label: VaultLabel::new("Ana, new laptop").unwrap(),
            passphrase: &passphrase(NEW_PASSPHRASE),
            words: &RecoveryWords::parse(&written).unwrap(),
            params: KdfParams::FLOOR,
        },
        &mut SysRng,
    )
    .unwrap();
    let viewing = |vault: &Vault<_>| {
        let index = medrec_vault::RelationshipIndex::FIRST;
        vault.keys().derive_viewing_key(GENESIS.network_index(), index, KeyEpoch::FIRST)
    };
    assert_eq!(*viewing(&vault), *viewing(&restored));
    assert_ne!(vault.database_key().expose(), restored.database_key().expose());
    assert_ne!(vault.file_id(), restored.file_id());
    assert_eq!(restored.generation(), 1);
}

#[test]
fn the_words_are_shown_only_for_the_passphrase() {
    let home = Home::new();
    let vault = home.create("Ana");
    assert!(matches!(vault.recovery_words(&passphrase(NEW_PASSPHRASE)), Err(VaultError::WrongPassphrase)));
    let shown = vault.recovery_words(&passphrase(PASSPHRASE)).unwrap();
    assert_eq!(shown.words(), RecoveryWords::from_entropy(ENTROPY).words());
}

#[test]
fn after_a_change_of_passphrase_the_old_one_opens_neither_vault_nor_backup() {
    let home = Home::new();
    let mut vault = home.create("Ana");
    join(&mut vault);
    let stronger = KdfParams::new(80 * 1024, 3, 4).unwrap();
    let (old, new) = (passphrase(PASSPHRASE), passphrase(NEW_PASSPHRASE));

    let before = snapshot(vault.dir().path());
    let refused = vault.change_passphrase(&new, &new, stronger, &mut SysRng);
    assert!(matches!(refused, Err(VaultError::WrongPassphrase)), "the old passphrase must be given");
    assert_eq!(snapshot(vault.dir().path()), before);

    vault.change_passphrase(&old, &new, stronger, &mut SysRng).unwrap();
    assert_eq!(vault.params(), stronger);
    let dir = vault.lock().dir().clone();
    for locked in [Vault::open(dir.clone()).unwrap(), Vault::open_backup(dir).unwrap()] {
        assert!(matches!(locked.unlock(&old), Err(VaultError::WrongPassphrase)));
        let vault = locked.unlock(&new).unwrap();
        assert!(vault.networks().get(GENESIS).is_ok(), "the contents are the same");
    }
}

#[test]
fn a_new_label_shows_before_unlocking() {
    let home = Home::new();
    let mut vault = home.create("Ana");
    vault.rename(VaultLabel::new("Ana-María").unwrap(), &mut SysRng).unwrap();
    let locked = Vault::open(vault.lock().dir().clone()).unwrap();
    assert_eq!(locked.label().as_str(), "Ana-María");
    assert!(locked.unlock(&passphrase(PASSPHRASE)).is_ok());
}

#[test]
fn several_people_find_their_vaults_and_a_damaged_one_hides_no_other() {
    let home = Home::new();
    assert!(home.vaults.list().unwrap().is_empty(), "no folder yet");
    let (ana, bela) = (home.create("Ana").lock(), home.create("Béla").lock());
    let broken = home.create("Cyril").lock();
    fs::write(broken.dir().vault_path(), b"MRVAULT\0 and then nothing").unwrap();
    fs::create_dir_all(home.folder.path().join("home/vaults/empty")).unwrap();

    let listed = home.vaults.list().unwrap();
    assert_eq!(listed.len(), 3);
    for vault in [&ana, &bela] {
        let found = listed.iter().find(|l| l.dir == *vault.dir()).unwrap();
        let (file_id, label) = found.summary.as_ref().unwrap();
        assert_eq!((*file_id, label), (vault.file_id(), vault.label()));
        assert_eq!(home.vaults.dir_of(*file_id), found.dir);
    }
    let found = listed.iter().find(|l| l.dir == *broken.dir()).unwrap();
    assert!(matches!(found.summary, Err(VaultError::Damaged { .. })));
}

#[test]
fn a_vault_that_is_not_there_is_called_missing() {
    let home = Home::new();
    let dir = medrec_vault::VaultDir::at(home.folder.path().join("nowhere"));
    assert!(
        matches!(Vault::open(dir.clone()), Err(VaultError::Missing { path }) if path == dir.vault_path())
    );
    assert!(
        matches!(Vault::open_backup(dir.clone()), Err(VaultError::Missing { path }) if path == dir.backup_path())
    );
}

#[test]
fn a_home_that_cannot_be_made_is_a_clear_error_and_leaves_nothing() {
    let home = Home::new();
    fs::write(home.folder.path().join("home"), b"a file in the way").unwrap();
    let new = NewVault {
        label: VaultLabel::new("Ana").unwrap(),
        passphrase: &passphrase(PASSPHRASE),
        words: &RecoveryWords::from_entropy(ENTROPY),
        params: KdfParams::FLOOR,
    };
    let vaults = VaultHome::new(home.folder.path().join("home"));
    let refused = Vault::create(&vaults, new, &mut SysRng);
    assert!(matches!(refused, Err(VaultError::Io { .. })), "{refused:?}");
    assert_eq!(fs::read(home.folder.path().join("home")).unwrap(), b"a file in the way");
}

#[cfg(unix)]
#[test]
fn folders_and_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let mut vault = home.create("Ana");
    join(&mut vault);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = vault.dir().path().to_path_buf();
    for above in [folder.as_path(), folder.parent().unwrap(), folder.parent().unwrap().parent().unwrap()] {
        assert_eq!(mode(above), 0o700, "{}", above.display());
    }
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "vault, backup copy, lock: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn nothing_secret_is_printed_or_stands_in_clear_on_disk() {
    let home = Home::new();
    let mut vault = home.create("Ana");
    join(&mut vault);
    vault.take_relationship_index(GENESIS, &mut SysRng).unwrap();
    let words = vault.recovery_words(&passphrase(PASSPHRASE)).unwrap();
    let key = *vault.database_key().expose();
    let open = format!("{vault:?} {:?} {:?} {words:?}", vault.keys(), vault.database_key());
    let locked = vault.lock();
    let error = locked.unlock(&passphrase("wrong passphrase 1")).unwrap_err();
    let printed = format!("{open} {locked:?} {error} {error:?}");
    for word in words.words().iter().filter(|w| w.len() > 4).chain(["lantern", "wrong passphrase 1"].iter()) {
        assert!(!printed.contains(word), "{word} in {printed}");
    }
    let listing = |bytes: &[u8]| bytes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    for secret in [key, ENTROPY] {
        assert!(!printed.contains(&hex::encode(secret)) && !printed.contains(&listing(&secret)));
    }
    for (path, bytes) in snapshot(locked.dir().path()) {
        let found = |secret: &[u8]| bytes.windows(secret.len()).any(|w| w == secret);
        for secret in [&key[..8], &ENTROPY[..8], PASSPHRASE.as_bytes(), b"medrec-test-1"] {
            assert!(!found(secret), "{}", path.display());
        }
    }
}
