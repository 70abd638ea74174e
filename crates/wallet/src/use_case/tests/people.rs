use std::{fs, sync::Arc};

use medrec_vault::Passphrase;

use crate::{
    Code, Control,
    testing::{TestClock, World, home, passphrase},
    view::{Notice, PageRequest, RecordFilter},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_listed_and_each_opens_only_with_the_own_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let home = home(folder.path(), &Arc::new(TestClock::default()));
    let (zoe, _) = home.create("Zoë", &passphrase()).await.unwrap();
    let (amelia, _) = home.create("Amélia", &passphrase()).await.unwrap();
    let labels: Vec<_> = home.people().unwrap().into_iter().map(|person| person.label).collect();
    assert_eq!(labels, ["Amélia", "Zoë"]);
    assert_eq!(home.find_person(Some("zoe")).unwrap(), zoe.person().id);
    assert_eq!(home.find_person(None).unwrap_err().code(), Code::InvalidInput);
    let busy = home.open(&zoe.person().id, &passphrase()).await.unwrap_err();
    assert_eq!(busy.code(), Code::VaultInUse);
    let id = zoe.person().id;
    zoe.lock().await.unwrap();
    let wrong = Passphrase::new("something else").unwrap();
    assert_eq!(home.open(&id, &wrong).await.unwrap_err().code(), Code::WrongPassphrase);
    assert!(home.open(&id, &passphrase()).await.unwrap().notices().is_empty());
    drop(amelia);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_passphrase_is_the_only_one_and_the_words_stay() {
    let folder = tempfile::tempdir().unwrap();
    let home = home(folder.path(), &Arc::new(TestClock::default()));
    let (wallet, words) = home.create("Amélia", &passphrase()).await.unwrap();
    let new = Passphrase::new("another long passphrase").unwrap();
    assert_eq!(wallet.change_passphrase(&new, &new).await.unwrap_err().code(), Code::WrongPassphrase);
    wallet.change_passphrase(&passphrase(), &new).await.unwrap();
    let id = wallet.person().id;
    wallet.lock().await.unwrap();
    assert_eq!(home.open(&id, &passphrase()).await.unwrap_err().code(), Code::WrongPassphrase);
    let wallet = home.open(&id, &new).await.unwrap();
    assert!(wallet.notices().is_empty(), "{:?}", wallet.notices());
    assert_eq!(wallet.recovery_words(&new).await.unwrap().words(), words.words());
    assert_eq!(wallet.recovery_words(&passphrase()).await.unwrap_err().code(), Code::WrongPassphrase);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_copy_of_the_vault_is_noticed_and_no_key_is_used_twice() {
    let mut world = World::start().await;
    let id = world.wallet.person().id;
    let vault = world.folder.path().join("home/vaults").join(id.as_str()).join("vault.mrv");
    let old = fs::read(&vault).unwrap();
    world.open_relationship(0).await;
    let World { home, wallet, ledger, .. } = &mut world;
    let wallet = std::mem::replace(wallet, home.create("Other", &passphrase()).await.unwrap().0);
    wallet.lock().await.unwrap();
    fs::write(&vault, old).unwrap();
    let wallet = home.open(&id, &passphrase()).await.unwrap();
    assert_eq!(wallet.notices(), [Notice::VaultOlder]);
    let genesis = crate::wallet::genesis_of(&ledger.network.identity());
    let next = wallet.change_vault(|networks| networks.take_relationship_index(genesis)).await.unwrap();
    assert_eq!(next.get(), 1, "index 0 belongs to the first relationship");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_database_is_noticed_and_everything_is_found_again() {
    let world = World::with_records().await;
    let id = world.wallet.person().id;
    let before = world.wallet.records(&RecordFilter::default(), &PageRequest::default()).await.unwrap().rows;
    let World { home, wallet, ledger, folder, .. } = world;
    wallet.lock().await.unwrap();
    for name in ["wallet.db", "wallet.db-wal", "wallet.db-shm"] {
        let _ = fs::remove_file(folder.path().join("home/vaults").join(id.as_str()).join(name));
    }
    let wallet = home.open(&id, &passphrase()).await.unwrap();
    assert_eq!(wallet.notices(), [Notice::DataGone]);
    assert_eq!(wallet.sync(Control::default()).await.unwrap_err().code(), Code::NotJoined);
    wallet.join_network(&ledger.network).await.unwrap();
    let report = wallet.sync(Control::default()).await.unwrap();
    assert_eq!(report.restored, 3);
    let after = wallet.records(&RecordFilter::default(), &PageRequest::default()).await.unwrap().rows;
    assert_eq!(after, before);
}
