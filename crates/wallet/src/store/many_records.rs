//! Lists and search stay quick with a hundred thousand records.

use std::time::{Duration, Instant};

use medrec_protocol::{Commitment, Hash32, ProviderAddress, RecordKind, RelationshipAddress, Timestamp};
use medrec_records::Description;
use medrec_vault::RelationshipIndex;

use super::{
    Store,
    listing::{self, Wanted},
    providers::Names,
    records::{self, NewRecord},
    relationships::{self, Relationship},
};
use crate::view::{RecordFilter, RelationshipState};

const PROVIDERS: u8 = 4;

pub(super) async fn filled(store: &Store, count: u64) {
    let mut tx = store.begin().await.unwrap();
    for index in 0..PROVIDERS {
        let row = Relationship {
            address: RelationshipAddress::from_bytes([index; 20]),
            provider: ProviderAddress::from_bytes([index; 20]),
            index: RelationshipIndex::new(index.into()).unwrap(),
            state: RelationshipState::Open,
            code: None,
            leaf: None,
            opened_at: None,
        };
        relationships::insert(&mut tx, &row).await.unwrap();
    }
    let words = ["metformin", "ramipril", "creatinine", "letter", "vaccination"];
    for number in 0..count {
        let provider = u8::try_from(number % u64::from(PROVIDERS)).unwrap();
        let hash = Hash32::plain(&number.to_le_bytes());
        let word = words[usize::try_from(number % 5).unwrap()];
        let description = Description {
            title: format!("{word} {number}"),
            kind: RecordKind::ALL[usize::try_from(number % 10).unwrap()],
            fhir_type: Some("Observation".to_owned()),
            codes: Vec::new(),
            status: Some("final".to_owned()),
            date: format!("20{:02}-{:02}-{:02}", number % 26, number % 12 + 1, number % 28 + 1).parse().ok(),
            author: Some("Dr. Ana López".to_owned()),
            place: None,
            media_type: "application/fhir+json".to_owned(),
            size: 1000,
        };
        let record = NewRecord {
            relationship: RelationshipAddress::from_bytes([provider; 20]),
            position: number + 1,
            commitment: Commitment::from_bytes(*hash.as_bytes()),
            supersedes: None,
            provider: ProviderAddress::from_bytes([provider; 20]),
            provider_words: "Santa Maria Lisbon",
            description: Some(description),
            height: 1,
            at: Timestamp::from_seconds(1_795_000_000),
        };
        records::insert(&mut tx, &record).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn timed(store: &Store, filter: RecordFilter, count: bool) -> (u64, Duration) {
    let wanted = Wanted::new(&filter).unwrap();
    let mut read = store.read().await.unwrap();
    let began = Instant::now();
    let found = if count {
        listing::count(&mut read, &wanted).await.unwrap()
    } else {
        listing::page(&mut read, &wanted, None, 101, &Names::default()).await.unwrap().len() as u64
    };
    (found, began.elapsed())
}

fn filters() -> Vec<(&'static str, RecordFilter)> {
    let search = |text: &str| RecordFilter { search: Some(text.to_owned()), ..RecordFilter::default() };
    vec![
        ("first page", RecordFilter::default()),
        ("one kind", RecordFilter { kind: Some(RecordKind::Medication), ..RecordFilter::default() }),
        (
            "one provider",
            RecordFilter { provider: Some(ProviderAddress::from_bytes([1; 20])), ..RecordFilter::default() },
        ),
        ("all versions", RecordFilter { all_versions: true, ..RecordFilter::default() }),
        ("a rare word", search("99999")),
        ("a common word", search("metformin")),
        ("two letters that all have", search("lo")),
    ]
}

#[tokio::test]
#[ignore = "measures for half a minute; run it with --ignored --nocapture"]
async fn a_hundred_thousand_records_are_listed_and_searched_in_a_moment() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("wallet.db"), &[7; 32]).await.unwrap();
    let began = Instant::now();
    filled(&store, 100_000).await;
    println!("inserted in {:?}", began.elapsed());
    for (name, filter) in filters() {
        let (found, took) = timed(&store, filter.clone(), false).await;
        let (all, counted) = timed(&store, filter, true).await;
        println!("{name}: {found} rows in {took:?}; {all} counted in {counted:?}");
        assert!(found > 0 && took < Duration::from_millis(300), "{name} took {took:?}");
    }
    store.close().await;
}

#[tokio::test]
async fn no_list_without_search_is_sorted_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("wallet.db"), &[7; 32]).await.unwrap();
    filled(&store, 500).await;
    for (name, filter) in filters().into_iter().filter(|(_, filter)| filter.search.is_none()) {
        let plan = listing::plan(&mut store.read().await.unwrap(), &Wanted::new(&filter).unwrap()).await;
        assert!(!plan.contains("TEMP B-TREE"), "{name}: {plan}");
    }
    store.close().await;
}
