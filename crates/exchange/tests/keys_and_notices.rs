//! Viewing keys, uses of emergency access and notices, over HTTP.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Fault, NOW, Publisher, chain, clinic, patient, relationship};
use medrec_exchange::{
    ExchangeError,
    api::{DeliveryNotice, EmergencyRequest, ErrorCode},
    client::{Asker, FetchControl, MemorySink},
};
use medrec_protocol::{
    Epoch,
    codec::Text,
    state::{EpisodeId, GrantId},
};

#[tokio::test]
async fn the_newest_viewing_key_comes_sealed_to_the_one_who_asked() {
    let publisher = Publisher::start(Vec::new(), &[]).await;
    let asker = Asker::patient(patient());
    let (epoch, key) = publisher.client().viewing_key(&asker, &chain(), relationship()).await.unwrap();
    assert_eq!((epoch, key.expose()), (Epoch::new(3), &[8; 32]));
}

#[tokio::test]
async fn a_viewing_key_for_another_account_or_by_another_signer_is_not_taken() {
    let publisher = Publisher::start(Vec::new(), &[Fault::OtherRecipient, Fault::OtherKey]).await;
    let (client, asker) = (publisher.client(), Asker::patient(patient()));
    let sealed_wrongly = client.viewing_key(&asker, &chain(), relationship()).await;
    assert!(matches!(sealed_wrongly, Err(ExchangeError::Message(_))), "{sealed_wrongly:?}");
    let signed_wrongly = client.viewing_key(&asker, &chain(), relationship()).await;
    assert!(matches!(signed_wrongly, Err(ExchangeError::Untrusted(_))), "{signed_wrongly:?}");
}

#[tokio::test]
async fn after_the_reason_was_given_every_request_names_the_use() {
    let publisher = Publisher::start(vec![1; 10], &[]).await;
    let episode = EpisodeId::from_bytes([0xab; 16]);
    let request = EmergencyRequest { episode, reason: Text::new("Unconscious").unwrap() };
    let client = publisher.client();
    let (client, began) = client.in_emergency(&clinic(), relationship(), &request).await.unwrap();
    assert_eq!((began.episode, began.began), (episode, NOW));
    client.list_records(&clinic(), relationship(), None).await.unwrap();
    client.list_records(&clinic(), relationship(), Some(4)).await.unwrap();
    let mut sink = MemorySink::default();
    client.fetch_record(&clinic(), &publisher.order(), &mut sink, &FetchControl::default()).await.unwrap();
    let queries: Vec<_> = publisher.calls.lock().unwrap().iter().map(|call| call.query.clone()).collect();
    let named = format!("emergency={}", "ab".repeat(16));
    let expected = [None, Some(named.clone()), Some(format!("after=4&{named}")), Some(named)];
    assert_eq!(queries, expected);
}

#[tokio::test]
async fn a_notice_is_acknowledged_or_refused_under_signature() {
    let faults = [Fault::None, Fault::OtherKey, Fault::Refuse(ErrorCode::TooMany)];
    let publisher = Publisher::start(Vec::new(), &faults).await;
    let notice = DeliveryNotice {
        relationship: relationship(),
        grant: GrantId::from_bytes([1; 16]),
        records: vec![2],
    };
    let client = publisher.client();
    client.tell(&clinic(), &notice).await.unwrap();
    assert!(matches!(client.tell(&clinic(), &notice).await, Err(ExchangeError::Untrusted(_))));
    assert!(client.tell(&clinic(), &notice).await.unwrap_err().is_transient());
}
