//! What the tally says is what counting says, whatever comes and goes.

use medrec_protocol::{Commitment, Hash32, ProviderAddress, RecordKind, RelationshipAddress, Timestamp};
use medrec_records::Description;
use proptest::prelude::*;

use super::{
    Connection, Store, copy_states,
    listing::{self, Wanted},
    many_records,
    records::{self, NewRecord},
};
use crate::view::{Badge, RecordFilter};

#[derive(Clone, Debug)]
enum Event {
    /// A pointer comes, perhaps one whose description cannot be read, perhaps in place of an older one.
    Published {
        provider: u8,
        kind: usize,
        readable: bool,
        replaces: Option<u64>,
    },
    Verified(i64),
    Mismatch(i64),
    Forgotten(i64),
    TakenBack(u64),
}

fn event() -> impl Strategy<Value = Event> {
    let place = 0..30_i64;
    prop_oneof![
        4 => (0..3_u8, 0..3_usize, any::<bool>(), proptest::option::of(0..30_u64)).prop_map(
            |(provider, kind, readable, replaces)| Event::Published { provider, kind, readable, replaces }
        ),
        2 => place.clone().prop_map(Event::Verified),
        1 => place.clone().prop_map(Event::Mismatch),
        1 => place.prop_map(Event::Forgotten),
        1 => (0..30_u64).prop_map(Event::TakenBack),
    ]
}

fn described(kind: RecordKind) -> Description {
    Description {
        title: "Ramipril 5 mg".to_owned(),
        kind,
        fhir_type: None,
        codes: Vec::new(),
        status: None,
        date: None,
        author: None,
        place: None,
        media_type: "application/fhir+json".to_owned(),
        size: 10,
    }
}

async fn publish(db: &mut Connection, position: u64, event: &Event) {
    let Event::Published { provider, kind, readable, replaces } = event else { return };
    let record = NewRecord {
        relationship: RelationshipAddress::from_bytes([*provider; 20]),
        position,
        commitment: Commitment::from_bytes(*Hash32::plain(&position.to_le_bytes()).as_bytes()),
        supersedes: *replaces,
        provider: ProviderAddress::from_bytes([*provider; 20]),
        provider_words: "Santa Maria Lisbon",
        description: readable.then(|| described(RecordKind::ALL[*kind])),
        height: 1,
        at: Timestamp::from_seconds(1_795_000_000),
    };
    records::insert(db, &record).await.unwrap();
}

async fn happen(db: &mut Connection, position: u64, event: &Event) {
    let now = Timestamp::from_seconds(1_795_000_001);
    let exists =
        |row: i64| sqlx::query_scalar::<_, i64>("select count(*) from record where id = ?").bind(row);
    match *event {
        Event::Published { .. } => publish(db, position, event).await,
        Event::Verified(row) | Event::Mismatch(row)
            if exists(row).fetch_one(&mut *db).await.unwrap() == 0 => {}
        Event::Verified(row) => copy_states::verified(db, row, 10, now).await.unwrap(),
        Event::Mismatch(row) => copy_states::mismatch(db, row, None, now).await.unwrap(),
        Event::Forgotten(row) => copy_states::forget(db, row).await.unwrap(),
        Event::TakenBack(at) => {
            let relationship = RelationshipAddress::from_bytes([0; 20]).to_string();
            records::withdraw(db, &relationship, at, "", now).await.unwrap();
        }
    }
}

fn filters() -> Vec<RecordFilter> {
    let mut all = Vec::new();
    for badge in [None, Some(Badge::NotFetched), Some(Badge::Verified)] {
        for provider in [None, Some(ProviderAddress::from_bytes([1; 20]))] {
            for kind in [None, Some(RecordKind::ALL[1]), Some(RecordKind::Other)] {
                all.push(RecordFilter { provider, kind, badge, ..RecordFilter::default() });
            }
        }
    }
    all
}

async fn tally_is_what_counting_says(db: &mut Connection) {
    for filter in filters() {
        let wanted = Wanted::new(&filter).unwrap();
        let (said, counted) =
            (listing::count(db, &wanted).await.unwrap(), listing::count_each(db, &wanted).await.unwrap());
        assert_eq!(said, counted, "{filter:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_tally_is_what_counting_says(events in proptest::collection::vec(event(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(&folder.path().join("wallet.db"), &[7; 32]).await.unwrap();
            many_records::filled(&store, 0).await;
            let mut tx = store.begin().await.unwrap();
            for (position, event) in (1..).zip(&events) {
                happen(&mut tx, position, event).await;
                tally_is_what_counting_says(&mut tx).await;
            }
            tx.commit().await.unwrap();
            store.close().await;
        });
    }
}
