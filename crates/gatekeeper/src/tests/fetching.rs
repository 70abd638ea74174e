use medrec_exchange::{
    ExchangeError,
    api::{EnrolmentState, ErrorCode},
    client::{CopyOrder, FetchControl, MemorySink},
};
use medrec_protocol::{
    codec::{List, Text},
    decide::Operation,
    payload::{AnswerPayload, DisclosurePayload, FutureRecords, Purpose, RequestPayload, V1},
    record::RecordKinds,
    share::ShareCode,
};

use crate::{
    GatekeeperError,
    grantee::Ask,
    testing::{person, terms},
    tests::town::Town,
};

#[tokio::test]
async fn a_clinic_asks_is_answered_fetches_and_proves_every_copy() {
    let town = Town::new().await;
    let ask = Ask {
        patient: "c-1".parse().unwrap(),
        kinds: RecordKinds::default(),
        future: FutureRecords::Excluded,
        days: 30,
        purpose: Purpose::Treatment,
        reason: Text::new("We treat her asthma").unwrap(),
        asked_by: Text::new("Dr. Sato").unwrap(),
    };
    let request = town.clinic.gatekeeper.ask(&ask).await.unwrap();
    assert_eq!(town.at_clinic.read::<RequestPayload>()[0].reason.as_str(), "We treat her asthma");
    let handle = town.at_hospital.grant(terms(town.clinic.gatekeeper.address()), 3600).await;
    let answer = AnswerPayload::Allowed(List::new(vec![handle]).unwrap());
    town.at_clinic.answer(request, answer).await;

    let inbox = town.clinic.gatekeeper.inbox().await.unwrap();
    assert_eq!(inbox.requests[0].state, "allowed");
    assert_eq!(inbox.grants[0].publisher_name.as_deref(), Some("Clinic 0"));
    assert_eq!(inbox.grants[0].patient.as_deref(), Some("c-1"));

    let out = tempfile::tempdir().unwrap();
    let report = town.fetch(Some(out.path())).await;
    assert!(report.error.is_none(), "{:?}", report.error);
    assert_eq!(report.fetched.len(), 3);
    for record in &report.fetched {
        let received = town.clinic.gatekeeper.home.received().join(record.commitment.to_string());
        let published = town.hospital.gatekeeper.files.path(record.commitment);
        assert_eq!(std::fs::read(received).unwrap(), std::fs::read(published).unwrap());
    }
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 3);
    town.hospital.work().await;
    let told: usize =
        town.at_hospital.read::<DisclosurePayload>().iter().map(|d| d.records.as_slice().len()).sum();
    assert_eq!(told, 3);
    let again = town.fetch(None).await;
    assert_eq!((again.fetched.len(), again.kept_before.len()), (0, 3));
    assert_eq!(town.clinic.gatekeeper.inbox().await.unwrap().grants[0].fetched, 3);
}

#[tokio::test]
async fn a_declined_request_is_shown_with_the_patients_words() {
    let town = Town::new().await;
    let ask = Ask {
        patient: "c-1".parse().unwrap(),
        kinds: RecordKinds::default(),
        future: FutureRecords::Excluded,
        days: 30,
        purpose: Purpose::Research,
        reason: Text::new("A study").unwrap(),
        asked_by: Text::new("Dr. Sato").unwrap(),
    };
    let request = town.clinic.gatekeeper.ask(&ask).await.unwrap();
    town.at_clinic.answer(request, AnswerPayload::Declined(Text::new("Not now").unwrap())).await;
    let inbox = town.clinic.gatekeeper.inbox().await.unwrap();
    assert_eq!(
        (inbox.requests[0].state.as_str(), inbox.requests[0].note.as_deref()),
        ("declined", Some("Not now"))
    );
    let unknown = Ask { patient: "nobody".parse().unwrap(), ..ask };
    assert!(matches!(town.clinic.gatekeeper.ask(&unknown).await, Err(GatekeeperError::NoPatient(_))));
}

#[tokio::test]
async fn a_byte_flipped_at_the_publisher_is_noticed_and_the_copy_not_kept() {
    let town = Town::new().await;
    town.granted().await;
    let mut read = town.hospital.gatekeeper.store.read().await.unwrap();
    let pointers =
        crate::store::logs::pointers_from(&mut read, town.at_hospital.address(), 0, 10).await.unwrap();
    drop(read);
    let path = town.hospital.gatekeeper.files.path(pointers[0].commitment);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[3] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let report = town.fetch(None).await;
    assert!(matches!(report.error, Some(GatekeeperError::Mismatch { .. })), "{:?}", report.error);
    assert_eq!(report.error.as_ref().map(GatekeeperError::exit_code), Some(8));
    assert_eq!((report.fetched.len(), report.failed.len()), (2, 1));
    assert_eq!(std::fs::read_dir(town.clinic.gatekeeper.home.received()).unwrap().count(), 2);
}

#[tokio::test]
async fn a_publisher_that_tells_another_story_than_the_ledger_is_caught() {
    let town = Town::new().await;
    town.granted().await;
    let statement = "update pointer set description = cast(replace(cast(description as text), 'Asthma', 'Gout__') as blob)";
    let mut tx = town.hospital.gatekeeper.store.begin().await.unwrap();
    sqlx::query(statement).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let report = town.fetch(None).await;
    assert!(matches!(report.error, Some(GatekeeperError::Unproved { .. })), "{:?}", report.error);
    assert_eq!(report.error.as_ref().map(GatekeeperError::exit_code), Some(5));
}

#[tokio::test]
async fn a_grant_that_was_stopped_gives_nothing_and_says_so() {
    let town = Town::new().await;
    let handle = town.granted().await;
    town.at_hospital.revoke(handle.grant).await;
    let report = town.fetch(None).await;
    assert!(report.error.is_none(), "{:?}", report.error);
    assert_eq!((report.fetched.len(), report.failed.len()), (0, 0));
    assert_eq!(report.stopped[0].grant, handle.grant);
    assert_eq!(report.stopped[0].publisher, "Clinic 0");
    assert_eq!(town.clinic.gatekeeper.inbox().await.unwrap().grants[0].stopped, Some(true));
    // One that is named is asked for; what the publisher says is told.
    let asked = town.clinic.gatekeeper.fetch(Some(handle.grant), &person("Dr. Sato"), None).await.unwrap();
    let error = asked.error.unwrap();
    assert!(error.to_string().contains("stopped"), "{error}");
    assert_eq!(error.exit_code(), 7);
}

#[tokio::test]
async fn a_share_code_of_another_ledger_or_with_a_typing_error_is_refused() {
    let town = Town::new().await;
    let handle = town.at_hospital.grant(terms(town.clinic.gatekeeper.address()), 3600).await;
    let code = ShareCode {
        version: V1,
        chain_id: "elsewhere-1".parse().unwrap(),
        grants: List::new(vec![handle]).unwrap(),
    };
    let error = town.clinic.gatekeeper.take_share_code(&code.to_string()).await.unwrap_err();
    assert!(error.to_string().contains("elsewhere-1"), "{error}");
    let broken = code.to_string().replace('q', "p");
    assert!(matches!(town.clinic.gatekeeper.take_share_code(&broken).await, Err(GatekeeperError::Input(_))));
    let unknown = medrec_protocol::state::GrantId::from_bytes([3; 16]);
    let fetched = town.clinic.gatekeeper.fetch(Some(unknown), &person("x"), None).await;
    assert!(matches!(fetched, Err(GatekeeperError::NoGrant(_))));
}

#[tokio::test]
async fn a_patient_enrols_and_fetches_her_own_copy_over_http() {
    let town = Town::new().await;
    let (client, patient) = (town.client(), town.world.patient(&town.hospital));
    let code = town.hospital.gatekeeper.make_code(&"h-8".parse().unwrap(), 1).await.unwrap();
    town.hospital.write("h-8", "a.txt", b"Hers alone.");
    let asker = patient.asker();
    let enrolled = client.enrol(&asker.signer, &patient.request(&code)).await.unwrap();
    assert_eq!(enrolled.state, EnrolmentState::Opening);
    town.world.clock.advance(3);
    town.hospital.work().await;
    town.hospital.work().await;
    let state = client.enrolment(&asker.signer, patient.address()).await.unwrap().state;
    assert_eq!(state, EnrolmentState::Open);
    let page = client.list_records(&asker, patient.address(), None).await.unwrap();
    assert_eq!(page.records.len(), 1);
    let order = CopyOrder {
        relationship: patient.address(),
        commitment: page.records[0].commitment,
        operation: Operation::Copy,
        size: None,
        limit: 1 << 20,
    };
    let mut sink = MemorySink::default();
    client.fetch_record(&asker, &order, &mut sink, &FetchControl::default()).await.unwrap();
    assert_eq!(sink.copy(), Some(b"Hers alone.".as_slice()));
}

#[tokio::test]
async fn strangers_wrong_codes_and_foreign_relationships_are_refused_over_http() {
    let town = Town::new().await;
    let (client, stranger) = (town.client(), town.world.patient(&town.hospital));
    let asker = stranger.asker();
    let refused = client.list_records(&asker, town.at_hospital.address(), None).await;
    assert_refused(refused.map(|_| ()), ErrorCode::BadSignature);
    let other = town.at_hospital.asker();
    let refused = client.list_records(&other, town.at_clinic.address(), None).await;
    assert_refused(refused.map(|_| ()), ErrorCode::NotFound);
    let foreign = town.clinic.gatekeeper.make_code(&"c-9".parse().unwrap(), 1).await.unwrap();
    let code =
        medrec_exchange::api::EnrolmentCode { provider: town.hospital.gatekeeper.address(), ..foreign };
    let refused = client.enrol(&asker.signer, &stranger.request(&code)).await;
    assert_refused(refused.map(|_| ()), ErrorCode::BadCode);
}

fn assert_refused(result: Result<(), ExchangeError>, expected: ErrorCode) {
    match result {
        Err(ExchangeError::Refused(refusal)) => assert_eq!(refusal.code, expected),
        other => panic!("expected {expected}, found {other:?}"),
    }
}
