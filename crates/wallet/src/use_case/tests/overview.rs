use medrec_protocol::{RecordKind, Timestamp, state::GrantId};

use super::share::{give, wish};
use crate::{
    Language,
    testing::{World, passphrase},
    view::{Mode, Preset, RecordFilter, ShareRequest, ShareScope},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_screen_is_there_before_a_network_is_joined() {
    let world = World::start().await;
    let (fresh, _) = world.home.create("Zoë", &passphrase()).await.unwrap();
    let overview = fresh.overview().await.unwrap();
    assert_eq!(overview.person.label, "Zoë");
    assert_eq!((overview.freshness, overview.relationships, overview.records), (None, 0, 0));
    assert_eq!(overview.words_checked, None);
    fresh.mark_words_checked().await.unwrap();
    let checked = fresh.overview().await.unwrap().words_checked;
    assert!(checked.is_some());
    assert_eq!(fresh.words_checked().await.unwrap(), checked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_that_were_just_typed_count_as_checked() {
    let world = World::start().await;
    let words = world.wallet.recovery_words(&passphrase()).await.unwrap();
    let other = crate::testing::home(&world.folder.path().join("other"), &world.clock);
    let restored = other.restore("Amélia", &passphrase(), &words).await.unwrap();
    assert!(restored.words_checked().await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_new_until_the_list_was_looked_at() {
    let world = World::with_records().await;
    let new = world.wallet.new_records().await.unwrap();
    assert_eq!((new.count, new.newest.len()), (4, 3));
    assert!(new.newest.is_sorted_by_key(|row| std::cmp::Reverse(row.published_at)));
    world.wallet.mark_records_seen().await.unwrap();
    assert_eq!(world.wallet.new_records().await.unwrap(), crate::view::NewRecordsView::default());
    world.publish(1, &[(RecordKind::Visit, "Visit", Some("1999"))]).await;
    world.ledger.providers[0].correct(1, RecordKind::Medication, "Metformin 500 mg").await;
    world.ledger.providers[0].correct(3, RecordKind::Medication, "Metformin 250 mg").await;
    world.sync().await;
    let new = world.wallet.new_records().await.unwrap();
    let mut titles: Vec<_> = new.newest.iter().map(|row| row.title.as_str()).collect();
    titles.sort_unstable();
    // The version between is there and was never seen, but another stands in its place.
    assert_eq!((new.count, titles), (2, vec!["Metformin 250 mg", "Visit"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_screen_says_what_the_other_screens_say() {
    let world = World::with_records().await;
    let soon = ShareRequest { days: 10, ..wish(&world, ShareScope::Preset(Preset::Essentials)) };
    let outcome = give(&world, &soon).await;
    give(&world, &ShareRequest { days: 90, mode: Mode::View, ..wish(&world, ShareScope::Everything) }).await;
    let grant = outcome.grants.iter().find(|grant| grant.provider.name == "Santa Maria").unwrap().grant;
    let (hospital, clinic) = (&world.ledger.providers[0], &world.ledger.providers[2]);
    hospital.disclose(world.provider(2), grant, &["Metformin 850 mg"]).await;
    hospital.disclose(world.provider(2), GrantId::from_bytes([5; 16]), &["Metformin 850 mg"]).await;
    let request = clinic.ask(&[RecordKind::Imaging, RecordKind::Visit], 30).await;
    hospital.publish_closed("closed").await;
    world.sync().await;
    world.wallet.speak(Language::Spanish);
    let overview = world.wallet.overview().await.unwrap();
    let wallet = &world.wallet;
    assert_eq!(overview.freshness.unwrap().height, wallet.freshness().await.unwrap().height);
    assert_eq!(overview.relationships, 3);
    assert_eq!(overview.records, wallet.count_records(&RecordFilter::default()).await.unwrap());
    assert_eq!((overview.verified_copies, overview.mismatched_copies), (0, 0));
    assert_eq!(overview.requests, wallet.requests(false).await.unwrap());
    assert_eq!((overview.requests_waiting, overview.requests[0].id), (1, request));
    assert_eq!(
        overview.requests[0].sentence.text,
        "City Clinic (Porto) pide ver sus imágenes y visitas durante 30 días, también lo que se añada."
    );
    assert_eq!(overview.new_records, wallet.new_records().await.unwrap());
    assert_eq!(overview.sharing, wallet.sharing(false).await.unwrap());
    assert_eq!(overview.sharing_live, 1);
    assert_eq!((overview.look_ups.len(), overview.suspicious), (2, 1));
    assert!(overview.failed.is_empty());
    assert_eq!((overview.ending_soon, overview.ending[0].share), (1, outcome.share));
    assert_eq!(overview.unreadable, 1);
    world.clock.advance(11 * 86_400);
    let later = wallet.overview().await.unwrap();
    assert_eq!((later.sharing_live, later.ending_soon), (1, 0));
    world.clock.advance(90 * 86_400);
    let later = wallet.overview().await.unwrap();
    assert_eq!((later.sharing_live, later.requests_waiting), (0, 0));
    assert_eq!((later.look_ups.len(), later.suspicious), (2, 0));
    assert!(
        later.sharing.is_empty() && overview.words_checked.is_none_or(|at| at > Timestamp::from_seconds(0))
    );
}
