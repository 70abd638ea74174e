use medrec_protocol::RecordKind;

use crate::{
    Code,
    testing::World,
    view::{Badge, PageRequest, RecordFilter, UnreadableReason},
};

async fn titles(world: &World, filter: RecordFilter) -> Vec<String> {
    let page = world.wallet.records(&filter, &PageRequest::default()).await.unwrap();
    page.rows.into_iter().map(|row| row.title).collect()
}

fn search(text: &str) -> RecordFilter {
    RecordFilter { search: Some(text.to_owned()), ..RecordFilter::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_of_all_providers_stand_in_one_list_newest_date_first() {
    let world = World::with_records().await;
    let rows = world.wallet.records(&RecordFilter::default(), &PageRequest::default()).await.unwrap().rows;
    let titles: Vec<_> = rows.iter().map(|row| row.title.as_str()).collect();
    // The one without a date stands at the day of its publishing.
    assert_eq!(
        titles,
        ["Crème brûlée allergy suspected", "Metformin 850 mg", "Ramipril 5 mg", "Letter from Dr. Novák"]
    );
    assert_eq!(rows[1].provider.to_string(), "Santa Maria (Lisbon)");
    assert!(rows.iter().all(|row| row.badge == Badge::NotFetched && row.versions == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn search_ignores_case_and_accents_and_finds_beginnings_of_words_and_providers() {
    let world = World::with_records().await;
    assert_eq!(titles(&world, search("BRULEE creme")).await, ["Crème brûlée allergy suspected"]);
    assert_eq!(titles(&world, search("novak")).await, ["Letter from Dr. Novák"]);
    assert_eq!(titles(&world, search("metf")).await, ["Metformin 850 mg"]);
    assert_eq!(titles(&world, search("lopez sintra")).await.len(), 2);
    assert_eq!(titles(&world, search("\"metformin* OR NOT (")).await.len(), 0);
    assert_eq!(titles(&world, search(" .,; ")).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_narrow_by_provider_kind_and_date() {
    let world = World::with_records().await;
    let kind = Some(RecordKind::Medication);
    let of = |filter: RecordFilter| titles(&world, filter);
    assert_eq!(of(RecordFilter { kind, ..Default::default() }).await.len(), 2);
    let provider = Some(world.provider(1));
    assert_eq!(of(RecordFilter { provider, kind, ..Default::default() }).await, ["Ramipril 5 mg"]);
    let in_2026 = RecordFilter {
        since: Some("2026-01".to_owned()),
        until: Some("2026-05".to_owned()),
        ..Default::default()
    };
    assert_eq!(of(in_2026.clone()).await, ["Metformin 850 mg", "Ramipril 5 mg"]);
    assert_eq!(world.wallet.count_records(&in_2026).await.unwrap(), 2);
    let nonsense = RecordFilter { since: Some("May".to_owned()), ..Default::default() };
    assert_eq!(world.wallet.count_records(&nonsense).await.unwrap_err().code(), Code::InvalidInput);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_neither_repeat_nor_lose_rows_when_records_arrive_in_between() {
    let world = World::with_records().await;
    let first = PageRequest { after: None, limit: Some(2) };
    let one = world.wallet.records(&RecordFilter::default(), &first).await.unwrap();
    world.publish(0, &[(RecordKind::Visit, "Visit", None)]).await;
    world.sync().await;
    let next = PageRequest { after: one.next.clone(), limit: Some(10) };
    let two = world.wallet.records(&RecordFilter::default(), &next).await.unwrap();
    let titles: Vec<_> = one.rows.iter().chain(&two.rows).map(|row| row.title.as_str()).collect();
    assert_eq!(
        titles,
        ["Crème brûlée allergy suspected", "Metformin 850 mg", "Ramipril 5 mg", "Letter from Dr. Novák"]
    );
    assert!(two.next.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corrected_record_replaces_the_old_version_and_keeps_its_history() {
    let world = World::with_records().await;
    world.ledger.providers[0].correct(1, RecordKind::Medication, "Metformin 1000 mg").await;
    let report = world.sync().await;
    assert_eq!((report.new_records, report.new_versions), (0, 1));
    assert_eq!(titles(&world, search("metformin")).await, ["Metformin 1000 mg"]);
    let all = RecordFilter { all_versions: true, ..search("metformin") };
    let rows = world.wallet.records(&all, &PageRequest::default()).await.unwrap().rows;
    let badges: Vec<_> = rows.iter().map(|row| (row.title.as_str(), row.badge, row.versions)).collect();
    assert_eq!(
        badges,
        [("Metformin 1000 mg", Badge::NotFetched, 2), ("Metformin 850 mg", Badge::Superseded, 2)]
    );
    let prefix = rows[0].id.to_string()[..8].to_owned();
    let record = world.wallet.record(world.wallet.find_record(&prefix).await.unwrap()).await.unwrap();
    let history: Vec<_> =
        record.history.iter().map(|version| (version.title.as_str(), version.current)).collect();
    assert_eq!(history, [("Metformin 850 mg", false), ("Metformin 1000 mg", true)]);
    assert_eq!((record.position, record.log_size), (3, 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_does_not_open_is_kept_and_shown_as_such() {
    let world = World::with_records().await;
    world.ledger.providers[1].publish_closed("Hidden").await;
    let report = world.sync().await;
    assert_eq!((report.unreadable, report.new_records), (1, 1));
    let unreadable = world.wallet.unreadable().await.unwrap();
    assert_eq!(unreadable.len(), 1);
    assert_eq!(unreadable[0].reason, UnreadableReason::Closed);
    assert_eq!(unreadable[0].action.as_deref(), Some("publish_record"));
    let filter = RecordFilter { badge: Some(Badge::CannotBeRead), ..Default::default() };
    let rows = world.wallet.records(&filter, &PageRequest::default()).await.unwrap().rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].title, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_works_without_a_node_and_says_how_old_it_is() {
    let world = World::with_records().await;
    world.ledger.stop();
    world.clock.advance(3 * 3600);
    assert_eq!(titles(&world, RecordFilter::default()).await.len(), 4);
    let freshness = world.wallet.freshness().await.unwrap();
    assert!(!freshness.fresh);
    assert!(freshness.age_seconds.unwrap() >= 3 * 3600);
    let error = world.wallet.sync(crate::Control::default()).await.unwrap_err();
    assert_eq!(error.code(), Code::NodeAway);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_of_a_newer_kind_is_kept_with_its_bytes() {
    let world = World::with_records().await;
    let row = world.wallet.relationships().await.unwrap().remove(0);
    let chain = world.ledger.network.identity();
    let keys = world.wallet.first_keys(&chain, row.index).await;
    let book = crate::use_case::book::Book {
        chain: &chain,
        relationship: row.address,
        provider: row.provider,
        provider_words: "",
        keys: &keys,
    };
    let entry = medrec_client::VerifiedEntry { index: 3, bytes: b"of a newer program".to_vec() };
    let mut report = crate::view::SyncReport::default();
    let mut tx = world.wallet.store.begin().await.unwrap();
    book.keep(&mut tx, &entry, &mut report).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((report.entries, report.unreadable, report.new_records), (1, 1, 0));
    let unreadable = world.wallet.unreadable().await.unwrap();
    assert_eq!((unreadable[0].reason, unreadable[0].position), (UnreadableReason::Malformed, 3));
    assert_eq!((unreadable[0].action.as_ref(), unreadable[0].at), (None, None));
}
