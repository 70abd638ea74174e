//! The asking side against a publisher on loopback that misbehaves in every way it can.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use common::{Fault, Publisher, clinic, patient, provider, publisher, relationship};
use medrec_exchange::{
    EndpointError, ExchangeError, GatekeeperClient, SignatureError,
    api::{DescriptionError, ErrorCode, ListedRecord, MessageError, RecordHeader, RecordPage},
    client::{Asker, Beginning, CopySink, FetchControl, MemorySink, Progress, SinkError, Timeouts},
};
use medrec_protocol::{
    Address, ChainIdentity, Commitment, Epoch, Hash32, ProviderAddress, RecordKind, RecordSalt, ViewingKey,
    actions::PublishRecord,
    codec::{List, Text},
    decide::Operation,
    payload::{MediaType, Payload, RecordPayload, V1},
    seal::{PayloadKind, SealContext},
};

fn record() -> Vec<u8> {
    (0..100_000u32).flat_map(u32::to_le_bytes).collect()
}

async fn fetch(publisher: &Publisher, sink: &mut dyn CopySink) -> Result<RecordHeader, ExchangeError> {
    let control = FetchControl::default();
    publisher.client().fetch_record(&clinic(), &publisher.order(), sink, &control).await
}

/// Fetches from a publisher with these faults into an empty sink.
async fn try_fetch(faults: &[Fault]) -> (Result<RecordHeader, ExchangeError>, MemorySink, Arc<Publisher>) {
    let publisher = Publisher::start(record(), faults).await;
    let mut sink = MemorySink::default();
    (fetch(&publisher, &mut sink).await, sink, publisher)
}

#[tokio::test]
async fn a_copy_is_fetched_verified_and_handed_over() {
    let (result, sink, publisher) = try_fetch(&[]).await;
    let header = result.unwrap();
    assert_eq!((header.commitment, header.size), (publisher.commitment(), 400_000));
    assert_eq!(sink.copy(), Some(record().as_slice()));
    assert_eq!(publisher.ranges(), [None]);
}

#[tokio::test]
async fn an_empty_record_is_a_record() {
    let publisher = Publisher::start(Vec::new(), &[]).await;
    let mut sink = MemorySink::default();
    fetch(&publisher, &mut sink).await.unwrap();
    assert_eq!(sink.copy(), Some([].as_slice()));
}

#[tokio::test]
async fn a_gatekeeper_that_stops_mid_stream_is_asked_for_the_rest() {
    let (result, sink, publisher) = try_fetch(&[Fault::BreakAfter(100_000), Fault::EndAfter(50_000)]).await;
    result.unwrap();
    assert_eq!(sink.copy(), Some(record().as_slice()));
    // How much of a broken connection's last pieces arrives is up to the network.
    let ranges = publisher.ranges();
    assert_eq!((ranges.len(), &ranges[0]), (3, &None));
    let from = |range: &Option<String>| -> u64 {
        range.as_deref().unwrap().strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap()
    };
    assert!((1..=100_000).contains(&from(&ranges[1])), "{ranges:?}");
    assert_eq!(from(&ranges[2]), from(&ranges[1]) + 50_000);
}

#[tokio::test]
async fn a_fetch_goes_on_where_an_earlier_one_stopped_without_asking_again_for_what_is_there() {
    let publisher =
        Publisher::start(record(), &[Fault::EndAfter(300_000), Fault::Refuse(ErrorCode::NotFound)]).await;
    let mut sink = MemorySink::default();
    let broken = fetch(&publisher, &mut sink).await;
    assert!(
        matches!(broken, Err(ExchangeError::Refused(ref refusal)) if refusal.code == ErrorCode::NotFound)
    );
    assert_eq!(sink.beginning().await.unwrap().unwrap().length, 300_000);
    fetch(&publisher, &mut sink).await.unwrap();
    assert_eq!(sink.copy(), Some(record().as_slice()));
    assert_eq!(publisher.ranges().last(), Some(&Some("bytes=300000-".to_owned())));
}

#[tokio::test]
async fn a_copy_that_is_whole_already_is_verified_without_asking() {
    let publisher = Publisher::start(record(), &[]).await;
    let header = RecordHeader { commitment: publisher.commitment(), salt: publisher.salt, size: 400_000 };
    let mut sink = MemorySink::default();
    sink.begin(&header).await.unwrap();
    sink.append(&record()).await.unwrap();
    fetch(&publisher, &mut sink).await.unwrap();
    assert!(sink.copy().is_some());
    assert!(publisher.ranges().is_empty());
}

#[tokio::test]
async fn a_beginning_that_was_altered_on_disk_is_noticed_and_thrown_away() {
    let publisher = Publisher::start(record(), &[]).await;
    let header = RecordHeader { commitment: publisher.commitment(), salt: publisher.salt, size: 400_000 };
    let mut sink = MemorySink::default();
    sink.begin(&header).await.unwrap();
    sink.append(&[1; 1000]).await.unwrap();
    assert!(matches!(fetch(&publisher, &mut sink).await, Err(ExchangeError::Mismatch { .. })));
    assert_eq!(sink.beginning().await.unwrap(), None);
    fetch(&publisher, &mut sink).await.unwrap();
    assert_eq!(sink.copy(), Some(record().as_slice()));
}

#[tokio::test]
async fn a_beginning_of_another_record_is_not_continued() {
    let publisher = Publisher::start(record(), &[]).await;
    let header =
        RecordHeader { commitment: Commitment::from_bytes([1; 32]), salt: publisher.salt, size: 400_000 };
    let mut sink = MemorySink::default();
    sink.begin(&header).await.unwrap();
    sink.append(&record()[..1000]).await.unwrap();
    fetch(&publisher, &mut sink).await.unwrap();
    assert_eq!(publisher.ranges(), [None]);
}

#[tokio::test]
async fn a_flipped_byte_is_refused_and_the_copy_thrown_away() {
    for at in [0, 200_000, 399_999] {
        let (result, mut sink, publisher) = try_fetch(&[Fault::Flip(at)]).await;
        let Err(ExchangeError::Mismatch { expected, found }) = result else { panic!("{result:?}") };
        assert_eq!(expected, publisher.commitment());
        assert_ne!(found, expected);
        assert_eq!(sink.copy(), None);
        assert_eq!(sink.beginning().await.unwrap(), None);
    }
}

#[tokio::test]
async fn more_bytes_than_announced_are_refused() {
    let (result, mut sink, _) = try_fetch(&[Fault::OneMore]).await;
    assert!(matches!(result, Err(ExchangeError::TooManyBytes { announced: 400_000 })), "{result:?}");
    assert_eq!(sink.beginning().await.unwrap(), None);
}

#[tokio::test]
async fn another_record_than_the_one_asked_for_is_refused_before_its_bytes_are_read() {
    let (result, mut sink, _) = try_fetch(&[Fault::OtherRecord]).await;
    let found = Commitment::from_bytes([1; 32]);
    assert!(matches!(result, Err(ExchangeError::Mismatch { found: other, .. }) if other == found));
    assert_eq!(sink.beginning().await.unwrap(), None);
}

#[tokio::test]
async fn another_salt_than_the_one_committed_to_is_refused() {
    let (result, _, _) = try_fetch(&[Fault::OtherSalt]).await;
    assert!(matches!(result, Err(ExchangeError::Mismatch { .. })));
    let (result, mut sink, _) = try_fetch(&[Fault::EndAfter(1000), Fault::OtherSalt]).await;
    assert!(matches!(result, Err(ExchangeError::OtherBeginning)), "{result:?}");
    assert_eq!(sink.beginning().await.unwrap(), None);
}

#[tokio::test]
async fn another_size_than_described_or_more_than_the_caller_takes_is_refused() {
    let (result, _, publisher) = try_fetch(&[Fault::OtherSize]).await;
    assert!(matches!(result, Err(ExchangeError::OtherSize { expected: 400_000, announced: 399_999 })));
    let order = medrec_exchange::client::CopyOrder { limit: 399_999, size: None, ..publisher.order() };
    let mut sink = MemorySink::default();
    let result =
        publisher.client().fetch_record(&clinic(), &order, &mut sink, &FetchControl::default()).await;
    assert!(matches!(result, Err(ExchangeError::TooLarge { announced: 400_000, limit: 399_999 })));
    assert_eq!(sink.beginning().await.unwrap(), None);
}

#[tokio::test]
async fn a_redirect_is_refused_and_not_followed() {
    let (result, _, publisher) = try_fetch(&[Fault::Redirect]).await;
    assert!(matches!(result, Err(ExchangeError::Redirected(status)) if status == 307));
    assert_eq!(publisher.calls.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_by_another_key_or_altered_or_without_signature_is_not_believed() {
    let (result, ..) = try_fetch(&[Fault::OtherKey]).await;
    assert!(matches!(result, Err(ExchangeError::Untrusted(SignatureError::Mismatch))), "{result:?}");
    let (result, ..) = try_fetch(&[Fault::AlterSize]).await;
    assert!(matches!(result, Err(ExchangeError::Untrusted(SignatureError::Mismatch))), "{result:?}");
    for status in [200, 404, 500] {
        let (result, ..) = try_fetch(&[Fault::Unsigned(status)]).await;
        assert!(
            matches!(result, Err(ExchangeError::Untrusted(SignatureError::MissingField { .. }))),
            "{status}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_was_bound_to_another_request_is_not_believed() {
    let publisher = Publisher::start(record(), &[Fault::None, Fault::FirstAnswerAgain]).await;
    fetch(&publisher, &mut MemorySink::default()).await.unwrap();
    let again = fetch(&publisher, &mut MemorySink::default()).await;
    assert!(matches!(again, Err(ExchangeError::Untrusted(SignatureError::Mismatch))), "{again:?}");
}

#[tokio::test]
async fn the_whole_record_where_a_part_was_asked_for_is_refused() {
    let (result, ..) = try_fetch(&[Fault::EndAfter(1000), Fault::IgnoreRange]).await;
    assert!(matches!(result, Err(ExchangeError::Untrusted(_))), "{result:?}");
}

#[tokio::test]
async fn an_overloaded_gatekeeper_is_asked_again() {
    let (result, sink, publisher) = try_fetch(&[
        Fault::Unsigned(503),
        Fault::Refuse(ErrorCode::Unavailable),
        Fault::Refuse(ErrorCode::NotFresh),
    ])
    .await;
    result.unwrap();
    assert!(sink.copy().is_some());
    assert_eq!(publisher.calls.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn a_gatekeeper_that_never_sends_a_byte_is_given_up_after_a_few_attempts() {
    let (result, _, publisher) = try_fetch(&[Fault::Nothing; 9]).await;
    assert!(matches!(result, Err(ExchangeError::Interrupted { received: 0, size: 400_000 })), "{result:?}");
    assert_eq!(publisher.calls.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn who_may_not_see_a_record_reads_the_gatekeepers_signed_words() {
    let (result, ..) = try_fetch(&[Fault::Refuse(ErrorCode::NotFound)]).await;
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), ErrorCode::NotFound.message());
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_missing_gatekeeper_is_said_clearly_and_without_naming_the_relationship() {
    let publisher = Publisher::start(record(), &[]).await;
    let client = GatekeeperClient::new(&provider("http://127.0.0.1:1"), Timeouts::default()).unwrap();
    let error = client.list_records(&clinic(), relationship(), None).await.unwrap_err();
    assert!(matches!(error, ExchangeError::Unreachable(_)));
    assert!(!format!("{error} {error:?}").contains(&relationship().to_string()), "{error:?}");
    assert!(publisher.calls.lock().unwrap().is_empty());
}

#[test]
fn plain_http_to_another_computer_is_not_even_tried() {
    let refused = GatekeeperClient::new(&provider("http://hospital.example"), Timeouts::default());
    assert!(matches!(refused, Err(ExchangeError::Endpoint(EndpointError::PlainHttp { .. }))));
}

#[tokio::test]
async fn the_name_localhost_is_this_computer() {
    let publisher = Publisher::start(record(), &[]).await;
    let port = publisher.endpoint.authority().split_once(':').unwrap().1.to_owned();
    let client =
        GatekeeperClient::new(&provider(&format!("http://localhost:{port}")), Timeouts::default()).unwrap();
    let error = client.list_records(&clinic(), relationship(), None).await.unwrap_err();
    // It is reached, and refuses, because the request was signed for another name than its own.
    assert!(matches!(error, ExchangeError::Untrusted(_)), "{error:?}");
    assert_eq!(publisher.calls.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_fetch_can_be_watched_and_stopped_and_continued() {
    let publisher = Publisher::start(record(), &[]).await;
    let control = FetchControl::default();
    let (cancel, seen) = (control.cancel.clone(), Arc::new(Mutex::new(Vec::new())));
    let watched = seen.clone();
    let progress = move |progress: Progress| {
        watched.lock().unwrap().push(progress);
        if progress.received > 50_000 {
            cancel.cancel();
        }
    };
    let control = FetchControl { progress: Some(Arc::new(progress)), ..control };
    let mut sink = MemorySink::default();
    let result = publisher.client().fetch_record(&clinic(), &publisher.order(), &mut sink, &control).await;
    assert!(matches!(result, Err(ExchangeError::Cancelled)), "{result:?}");
    let kept = sink.beginning().await.unwrap().unwrap().length;
    assert!((50_001..400_000).contains(&kept), "{kept}");
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.last(), Some(&Progress { received: kept, size: 400_000 }));
    assert!(seen.windows(2).all(|pair| pair[0].received < pair[1].received));
    fetch(&publisher, &mut sink).await.unwrap();
    assert_eq!(sink.copy(), Some(record().as_slice()));
    assert_eq!(publisher.ranges(), [None, Some(format!("bytes={kept}-"))]);
}

/// A sink on a disk that is full after some bytes.
struct FullDisk(MemorySink, u64);

#[async_trait]
impl CopySink for FullDisk {
    async fn beginning(&mut self) -> Result<Option<Beginning>, SinkError> {
        self.0.beginning().await
    }
    async fn read_back(&mut self, offset: u64, buffer: &mut [u8]) -> Result<usize, SinkError> {
        self.0.read_back(offset, buffer).await
    }
    async fn begin(&mut self, header: &RecordHeader) -> Result<(), SinkError> {
        self.0.begin(header).await
    }
    async fn append(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        if self.0.beginning().await?.is_some_and(|kept| kept.length + bytes.len() as u64 > self.1) {
            return Err(std::io::Error::from(std::io::ErrorKind::StorageFull).into());
        }
        self.0.append(bytes).await
    }
    async fn finish(&mut self, header: &RecordHeader) -> Result<(), SinkError> {
        self.0.finish(header).await
    }
    async fn abort(&mut self) -> Result<(), SinkError> {
        self.0.abort().await
    }
}

#[tokio::test]
async fn a_full_disk_is_said_clearly_and_the_fetch_goes_on_when_there_is_room() {
    let publisher = Publisher::start(record(), &[]).await;
    let mut sink = FullDisk(MemorySink::default(), 100_000);
    let error = fetch(&publisher, &mut sink).await.unwrap_err();
    assert!(matches!(error, ExchangeError::Sink(_)));
    assert!(error.to_string().contains("no storage space"), "{error}");
    sink.1 = u64::MAX;
    fetch(&publisher, &mut sink).await.unwrap();
    assert_eq!(sink.0.copy(), Some(record().as_slice()));
}

/// Gives more bytes back than it said that it has: somebody else is writing to the same place.
struct Growing(MemorySink);

#[async_trait]
impl CopySink for Growing {
    async fn beginning(&mut self) -> Result<Option<Beginning>, SinkError> {
        Ok(self.0.beginning().await?.map(|kept| Beginning { length: 100, ..kept }))
    }
    async fn read_back(&mut self, offset: u64, buffer: &mut [u8]) -> Result<usize, SinkError> {
        self.0.read_back(offset, buffer).await
    }
    async fn begin(&mut self, header: &RecordHeader) -> Result<(), SinkError> {
        self.0.begin(header).await
    }
    async fn append(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.0.append(bytes).await
    }
    async fn finish(&mut self, header: &RecordHeader) -> Result<(), SinkError> {
        self.0.finish(header).await
    }
    async fn abort(&mut self) -> Result<(), SinkError> {
        self.0.abort().await
    }
}

#[tokio::test]
async fn of_a_kept_beginning_no_more_is_taken_than_the_sink_said_that_it_has() {
    let publisher = Publisher::start(vec![7; 120], &[Fault::None]).await;
    let mut kept = MemorySink::default();
    fetch(&publisher, &mut kept).await.unwrap();
    kept.append(&[7; 80]).await.unwrap();
    fetch(&publisher, &mut Growing(kept)).await.unwrap();
    assert_eq!(publisher.ranges(), [None, Some("bytes=100-".into())]);
}

#[tokio::test]
async fn a_silent_gatekeeper_is_not_waited_for_for_ever() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = provider(&format!("http://{}", listener.local_addr().unwrap()));
    let (brief, long) = (Duration::from_millis(200), Duration::from_mins(10));
    let mut sink = MemorySink::default();
    for (idle, message) in [(brief, long), (long, brief)] {
        let client = GatekeeperClient::new(&silent, Timeouts { connect: long, idle, message }).unwrap();
        let error = client.list_records(&clinic(), relationship(), None).await.unwrap_err();
        assert!(error.is_transient(), "{error:?}");
    }
    let order = Publisher::start(record(), &[]).await.order();
    let client =
        GatekeeperClient::new(&silent, Timeouts { connect: long, idle: brief, message: long }).unwrap();
    let error =
        client.fetch_record(&clinic(), &order, &mut sink, &FetchControl::default()).await.unwrap_err();
    assert!(matches!(error, ExchangeError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn the_header_of_a_record_is_had_without_its_bytes() {
    let publisher = Publisher::start(record(), &[Fault::None, Fault::Refuse(ErrorCode::NotFound)]).await;
    let ask = || async {
        let client = publisher.client();
        client.record_header(&clinic(), relationship(), publisher.commitment(), Operation::Copy).await
    };
    let header = ask().await.unwrap();
    assert_eq!(
        (header.commitment, header.salt, header.size),
        (publisher.commitment(), publisher.salt, 400_000)
    );
    let refused = ask().await;
    assert!(
        matches!(refused, Err(ExchangeError::Refused(ref refusal)) if refusal.code == ErrorCode::NotFound)
    );
}

// --- lists

fn chain() -> ChainIdentity {
    ChainIdentity { chain_id: "demo-1".parse().unwrap(), genesis_hash: Hash32::plain(b"genesis") }
}

fn description(title: &str) -> RecordPayload {
    RecordPayload {
        version: V1,
        kind: RecordKind::Document,
        title: Text::new(title).unwrap(),
        fhir_type: None,
        codes: List::new(Vec::new()).unwrap(),
        status: None,
        date: None,
        author: None,
        place: None,
        media_type: MediaType::new("application/pdf"),
        size: 400_000,
    }
}

/// A record as the ledger has it and as the publisher lists it.
fn published(index: u64, title: &str) -> (PublishRecord, ListedRecord) {
    let key = ViewingKey::from_bytes([6; 32]);
    let chain = chain();
    let signer = Address::from(ProviderAddress::of(&publisher().public_key()));
    let context =
        SealContext { chain: &chain, relationship: relationship(), signer, kind: PayloadKind::Record };
    let mut rng = common::Counting(u8::try_from(index).unwrap());
    let sealed = description(title).seal(&key, Epoch::FIRST, context, &mut rng).unwrap();
    let (_, opened) = RecordPayload::open(&sealed, &key, context).unwrap();
    let commitment = Commitment::to(&RecordSalt::from_bytes([9; 32]), title.as_bytes());
    let entry =
        PublishRecord { relationship: relationship(), commitment, supersedes: None, description: sealed };
    let listed = ListedRecord { index, commitment, operation: Operation::View, description: opened.into() };
    (entry, listed)
}

#[tokio::test]
async fn a_list_shows_descriptions_that_the_ledger_proves() {
    let publisher = Publisher::start(record(), &[]).await;
    let (entry, listed) = published(4, "Letter");
    let (_, other) = published(7, "Image");
    let page = RecordPage { records: vec![listed, other], next: Some(7) };
    *publisher.page.lock().unwrap() = page.clone();
    let found = publisher.client().list_records(&clinic(), relationship(), Some(3)).await.unwrap();
    assert_eq!(found, page);
    assert_eq!(found.records[0].claimed().unwrap(), description("Letter"));
    assert_eq!(found.records[0].verify(&entry).unwrap(), description("Letter"));
    assert_eq!(
        publisher.calls.lock().unwrap()[0].path,
        format!("/v1/relationships/{}/records", relationship())
    );
}

#[test]
fn a_listed_record_with_another_commitment_or_description_than_the_ledgers_is_noticed() {
    let (entry, listed) = published(4, "Letter");
    let (other_entry, other) = published(5, "Image");
    assert_eq!(listed.verify(&entry).unwrap(), description("Letter"));
    assert_eq!(listed.verify(&other_entry), Err(DescriptionError::OtherRecord));
    let swapped = ListedRecord { description: other.description, ..listed };
    assert_eq!(swapped.verify(&entry), Err(DescriptionError::OtherDescription));
}

#[test]
fn a_page_out_of_order_or_with_another_end_is_refused() {
    let (_, four) = published(4, "Letter");
    let (_, seven) = published(7, "Image");
    let decode = |records: &[&ListedRecord], next, after| {
        let page = RecordPage { records: records.iter().map(|record| (*record).clone()).collect(), next };
        RecordPage::decode(&serde_json::to_vec(&page).unwrap(), after).map(|_| ())
    };
    assert_eq!(decode(&[&four, &seven], Some(7), None), Ok(()));
    assert_eq!(decode(&[&four, &seven], None, Some(3)), Ok(()));
    assert_eq!(decode(&[], None, None), Ok(()));
    for (records, next, after) in [
        ([&four, &seven].as_slice(), Some(8), None),
        (&[&four, &seven], Some(4), None),
        (&[&seven, &four], None, None),
        (&[&four, &four], None, None),
        (&[&four], None, Some(4)),
        (&[], Some(1), None),
        (&[], Some(1), Some(1)),
    ] {
        assert!(matches!(decode(records, next, after), Err(MessageError::Rule(_))), "{next:?} {after:?}");
    }
    let many = vec![&four; 101];
    assert!(matches!(decode(&many, None, None), Err(MessageError::Malformed { .. })));
}

#[tokio::test]
async fn a_message_that_was_altered_is_not_believed_and_an_endless_one_not_read() {
    for (fault, expected) in [(Fault::AlterMessage, "digest"), (Fault::EndlessMessage, "too long")] {
        let publisher = Publisher::start(record(), &[fault]).await;
        let error = publisher.client().list_records(&clinic(), relationship(), None).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_patient_asks_in_her_own_name() {
    let publisher = Publisher::start(record(), &[]).await;
    let page =
        publisher.client().list_records(&Asker::patient(patient()), relationship(), None).await.unwrap();
    assert_eq!(page, RecordPage::default());
}
