use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use medrec_protocol::RecordKind;

use crate::{
    Code, Control,
    testing::{World, passphrase},
    view::{PageRequest, RecordFilter, SyncProgress},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_with_nothing_new_reads_no_entry() {
    let world = World::with_records().await;
    let report = world.sync().await;
    assert_eq!((report.relationships, report.entries, report.new_records), (3, 0, 0));
    assert!(report.pending.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_sync_keeps_what_was_verified_and_goes_on_later() {
    let world = World::with_records().await;
    world.publish(0, &[(RecordKind::Visit, "Visit", None)]).await;
    world.publish(1, &[(RecordKind::Visit, "Another visit", None)]).await;
    let control: Control<SyncProgress> = Control::default();
    let (cancel, seen) = (control.cancel.clone(), Arc::new(AtomicU64::new(0)));
    let counted = Arc::clone(&seen);
    let told = move |progress: SyncProgress| {
        if matches!(progress, SyncProgress::Relationship { .. }) {
            counted.fetch_add(1, Ordering::SeqCst);
            cancel.cancel();
        }
    };
    let control = Control { cancel: control.cancel, progress: Some(Arc::new(told)) };
    assert_eq!(world.wallet.sync(control).await.unwrap_err().code(), Code::Cancelled);
    assert_eq!(seen.load(Ordering::SeqCst), 1);
    assert_eq!(world.wallet.count_records(&RecordFilter::default()).await.unwrap(), 5);
    let report = world.sync().await;
    assert_eq!(report.new_records, 1);
    assert_eq!(world.wallet.count_records(&RecordFilter::default()).await.unwrap(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_words_alone_give_the_same_list_again_on_another_computer() {
    let world = World::with_records().await;
    // Arrived in another order than a restored wallet reads them.
    world.publish(0, &[(RecordKind::Visit, "Visit", Some("2026-05-04"))]).await;
    world.sync().await;
    let (restored, report) = world.restored(&world.wallet, "other").await;
    assert_eq!((report.restored, report.new_records), (3, 5));
    let (filter, page) = (RecordFilter::default(), PageRequest::default());
    let (before, after) = (
        world.wallet.records(&filter, &page).await.unwrap(),
        restored.records(&filter, &page).await.unwrap(),
    );
    assert_eq!(before.rows, after.rows);
    let genesis = crate::wallet::genesis_of(&world.ledger.network.identity());
    let next = restored.change_vault(|networks| networks.take_relationship_index(genesis)).await.unwrap();
    assert_eq!(next.get(), 3);
    assert_eq!(restored.sync(Control::default()).await.unwrap().restored, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_another_network_is_refused() {
    let world = World::start().await;
    let mut file = world.ledger.network.clone();
    file.chain_id = "elsewhere".parse().unwrap();
    assert_eq!(world.wallet.join_network(&file).await.unwrap_err().code(), Code::WrongNetwork);
    let other = crate::testing::home(&world.folder.path().join("other"), &world.clock);
    let (fresh, _) = other.create("Zoë", &passphrase()).await.unwrap();
    let mut file = world.ledger.network.clone();
    file.genesis_hash = medrec_protocol::Hash32::plain(b"another ledger");
    assert_eq!(fresh.join_network(&file).await.unwrap_err().code(), Code::WrongNetwork);
    assert_eq!(fresh.network().await.unwrap_err().code(), Code::NotJoined);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joining_the_same_ledger_again_replaces_its_nodes_and_keeps_everything() {
    let world = World::with_records().await;
    let mut file = world.ledger.network.clone();
    file.nodes.push("http://127.0.0.1:9".parse().unwrap());
    let before = world.wallet.network().await.unwrap();
    let after = world.wallet.join_network(&file).await.unwrap();
    assert_eq!(before.nodes.len() + 1, after.nodes.len());
    assert_eq!(after.genesis_hash, before.genesis_hash);
    world.publish(0, &[(RecordKind::Visit, "Visit", None)]).await;
    let report = world.sync().await;
    assert_eq!((report.restored, report.new_records, report.witnesses.len()), (0, 1, 1));
    assert_eq!(world.wallet.count_records(&RecordFilter::default()).await.unwrap(), 5);
    assert_eq!(world.wallet.join_network(&world.ledger.network).await.unwrap().nodes, before.nodes);
}
