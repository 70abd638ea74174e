//! The gatekeeper's side: who is admitted, and what a refused asker is told.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{
    Counting, Keys, NOW, grantee, key, patient, provider, publisher, relationship, sealing_secret, stranger,
};
use http::{Method, Request, StatusCode, header::RANGE, request::Parts};
use medrec_exchange::{
    Endpoint, Person, SignatureError, Signer,
    api::{
        DeliveryNotice, EmergencyRequest, EnrolmentCode, EnrolmentError, EnrolmentRequest, EnrolmentSecret,
        ErrorAnswer, ErrorCode, MAX_REQUEST_BYTES, RecordHeader, RecordRange, Route, ViewingKeyRequest,
    },
    server::{
        Admission, Admitted, AnswerDesk, AnswerError, Asked, Cause, NotAdmitted, RecordPart, RecordRequest,
    },
    signature::{
        AnswerShape, MemoryNonces, NonceStore, NonceStoreError, RequestNonce, RequestTarget, Seen,
        check_conformance, sign_request, verify_answer,
    },
};
use medrec_protocol::{
    Address, ChainIdentity, Commitment, Hash32, ProviderAddress, RecordSalt, RelationshipAddress, Timestamp,
    ViewingKey,
    actions::OpenRelationship,
    codec::Text,
    decide::Operation,
    state::{EpisodeId, GrantId},
};

fn endpoint() -> Endpoint {
    "https://gatekeeper.example".parse().unwrap()
}

struct World {
    endpoint: Endpoint,
    keys: Keys,
    nonces: MemoryNonces,
}

impl World {
    fn new() -> Self {
        Self { endpoint: endpoint(), keys: Keys::default(), nonces: MemoryNonces::default() }
    }

    async fn admit(&self, parts: &Parts, content: &[u8], now: Timestamp) -> Result<Admitted, NotAdmitted> {
        let admission = Admission { endpoint: &self.endpoint, keys: &self.keys, nonces: &self.nonces };
        admission.admit(parts, content, now).await
    }
}

/// A request as a web server hands it over: the URI has no host.
fn asks(signer: &Signer, method: Method, path: &str, content: &[u8], nonce: u8) -> Parts {
    let target = RequestTarget::new(method.clone(), endpoint(), path).unwrap();
    let person = Person::new("Front desk").unwrap();
    let nonce = RequestNonce::from_bytes([nonce; 16]);
    let signed = sign_request(signer, &target, content, &person, nonce, NOW).unwrap();
    let (mut parts, ()) = Request::builder().method(method).uri(path).body(()).unwrap().into_parts();
    parts.headers = signed.headers;
    parts
}

fn records() -> String {
    Route::Records { relationship: relationship(), after: None, emergency: None }.to_string()
}

fn record() -> Route {
    let commitment = Commitment::from_bytes([3; 32]);
    Route::Record { relationship: relationship(), commitment, operation: Operation::Copy, emergency: None }
}

fn code_of(result: Result<Admitted, NotAdmitted>) -> ErrorCode {
    result.unwrap_err().cause.code()
}

#[tokio::test]
async fn a_signed_request_is_admitted_with_account_person_and_what_is_asked() {
    let admitted =
        World::new().admit(&asks(&grantee(), Method::GET, &records(), b"", 1), b"", NOW).await.unwrap();
    assert_eq!(admitted.asker, grantee().address());
    assert_eq!(admitted.person.as_str(), "Front desk");
    assert_eq!(admitted.asked, Asked::Records { relationship: relationship(), after: None, emergency: None });
}

#[tokio::test]
async fn a_request_is_taken_once() {
    let world = World::new();
    let parts = asks(&grantee(), Method::GET, &records(), b"", 1);
    world.admit(&parts, b"", NOW).await.unwrap();
    assert_eq!(code_of(world.admit(&parts, b"", NOW).await), ErrorCode::Replayed);
    assert_eq!(code_of(world.admit(&parts, b"", NOW.plus(90)).await), ErrorCode::Replayed);
    assert_eq!(code_of(world.admit(&parts, b"", NOW.plus(91)).await), ErrorCode::ExpiredRequest);
    world.admit(&asks(&patient(), Method::GET, &records(), b"", 1), b"", NOW).await.unwrap();
}

#[tokio::test]
async fn a_request_whose_signature_does_not_hold_is_not_remembered() {
    let world = World::new();
    let parts = asks(&grantee(), Method::GET, &records(), b"", 1);
    let mut forged = asks(&Signer::new(grantee().address(), key(9)), Method::GET, &records(), b"", 1);
    assert_eq!(code_of(world.admit(&forged, b"", NOW).await), ErrorCode::BadSignature);
    forged.headers.remove("signature");
    assert_eq!(code_of(world.admit(&forged, b"", NOW).await), ErrorCode::BadSignature);
    world.admit(&parts, b"", NOW).await.unwrap();
}

#[tokio::test]
async fn a_request_signed_for_another_host_is_refused() {
    let parts = asks(&grantee(), Method::GET, &records(), b"", 1);
    let elsewhere = World { endpoint: "https://other.example".parse().unwrap(), ..World::new() };
    let refused = elsewhere.admit(&parts, b"", NOW).await.unwrap_err();
    assert!(matches!(refused.cause, Cause::Signature(SignatureError::Mismatch)), "{refused}");
}

#[tokio::test]
async fn an_unknown_account_learns_no_more_than_a_wrong_signature_would_tell() {
    let world = World::new();
    let unknown =
        world.admit(&asks(&stranger(), Method::GET, &records(), b"", 1), b"", NOW).await.unwrap_err();
    assert!(matches!(unknown.cause, Cause::Signature(SignatureError::UnknownSigner)));
    let forged = Signer::new(grantee().address(), key(9));
    let forged = world.admit(&asks(&forged, Method::GET, &records(), b"", 1), b"", NOW).await.unwrap_err();
    assert_eq!(unknown.cause.code(), forged.cause.code());
}

#[tokio::test]
async fn other_routes_methods_contents_and_ranges_are_refused() {
    let world = World::new();
    for (method, path, content) in [
        (Method::GET, "/v1/unknown".to_owned(), b"".as_slice()),
        (Method::POST, records(), b""),
        (Method::DELETE, record().to_string(), b""),
        (Method::HEAD, records(), b""),
        (Method::GET, Route::Enrol.to_string(), b""),
        (Method::POST, Route::Enrol.to_string(), b"{}"),
        (Method::GET, records(), b"{}"),
        (Method::GET, format!("{}/", records()), b""),
    ] {
        let parts = asks(&grantee(), method.clone(), &path, content, 1);
        assert_eq!(code_of(world.admit(&parts, content, NOW).await), ErrorCode::Malformed, "{method} {path}");
    }
    for range in [
        "bytes=0-4",
        "bytes=-5",
        "bytes=0-,5-",
        "bytes=05-",
        "bytes= 5-",
        "lines=1-",
        "bytes=99999999999999999999-",
    ] {
        let mut parts = asks(&grantee(), Method::GET, &record().to_string(), b"", 1);
        parts.headers.insert(RANGE, range.parse().unwrap());
        assert_eq!(code_of(world.admit(&parts, b"", NOW).await), ErrorCode::Malformed, "{range}");
    }
    let long = vec![b' '; MAX_REQUEST_BYTES + 1];
    let parts = asks(&patient(), Method::POST, &Route::Enrol.to_string(), &long, 1);
    assert_eq!(code_of(world.admit(&parts, &long, NOW).await), ErrorCode::Malformed);
}

#[tokio::test]
async fn a_record_is_asked_for_whole_in_part_or_without_its_bytes() {
    let world = World::new();
    let whole = RecordRequest {
        relationship: relationship(),
        commitment: Commitment::from_bytes([3; 32]),
        operation: Operation::Copy,
        emergency: None,
        range: None,
        part: RecordPart::Bytes,
    };
    let get = asks(&grantee(), Method::GET, &record().to_string(), b"", 1);
    assert_eq!(world.admit(&get, b"", NOW).await.unwrap().asked, Asked::Record(whole));
    let mut part = asks(&grantee(), Method::GET, &record().to_string(), b"", 2);
    part.headers.insert(RANGE, "bytes=500-".parse().unwrap());
    let range = Some(RecordRange { from: 500 });
    assert_eq!(
        world.admit(&part, b"", NOW).await.unwrap().asked,
        Asked::Record(RecordRequest { range, ..whole })
    );
    let head = asks(&grantee(), Method::HEAD, &record().to_string(), b"", 3);
    let part = RecordPart::HeaderOnly;
    assert_eq!(
        world.admit(&head, b"", NOW).await.unwrap().asked,
        Asked::Record(RecordRequest { part, ..whole })
    );
}

#[tokio::test]
async fn an_enrolment_is_told_only_to_the_one_who_enrols() {
    let world = World::new();
    let path = Route::Enrolment(relationship()).to_string();
    let own = world.admit(&asks(&patient(), Method::GET, &path, b"", 1), b"", NOW).await.unwrap();
    assert_eq!(own.asked, Asked::Enrolment(relationship()));
    let foreign = world.admit(&asks(&grantee(), Method::GET, &path, b"", 1), b"", NOW).await;
    assert_eq!(code_of(foreign), ErrorCode::NotFound);
}

struct BrokenStore;

#[async_trait::async_trait]
impl NonceStore for BrokenStore {
    async fn remember(
        &self,
        _: Address,
        _: RequestNonce,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<Seen, NonceStoreError> {
        Err(NonceStoreError("disk full".into()))
    }
}

#[tokio::test]
async fn when_requests_cannot_be_remembered_none_is_admitted() {
    let world = World::new();
    let admission = Admission { endpoint: &world.endpoint, keys: &world.keys, nonces: &BrokenStore };
    let parts = asks(&grantee(), Method::GET, &records(), b"", 1);
    assert_eq!(code_of(admission.admit(&parts, b"", NOW).await), ErrorCode::Unavailable);
}

/// Takes every request as new.
struct Forgetful;

#[async_trait::async_trait]
impl NonceStore for Forgetful {
    async fn remember(
        &self,
        _: Address,
        _: RequestNonce,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<Seen, NonceStoreError> {
        Ok(Seen::FirstTime)
    }
}

#[tokio::test]
async fn a_store_that_forgets_is_noticed_and_the_one_in_memory_conforms() {
    let signers = [patient().address(), grantee().address()];
    check_conformance(&MemoryNonces::default(), signers, NOW).await.unwrap();
    assert!(check_conformance(&Forgetful, signers, NOW).await.is_err());
    assert!(check_conformance(&BrokenStore, signers, NOW).await.is_err());
}

fn chain(name: &str) -> ChainIdentity {
    ChainIdentity { chain_id: name.parse().unwrap(), genesis_hash: Hash32::plain(b"genesis") }
}

fn publisher_address() -> ProviderAddress {
    ProviderAddress::of(&publisher().public_key())
}

fn code() -> EnrolmentCode {
    EnrolmentCode {
        chain_id: chain("demo-1").chain_id,
        provider: publisher_address(),
        endpoint: endpoint(),
        secret: EnrolmentSecret::generate(&mut Counting(0)),
        expires: NOW,
    }
}

fn enrolment() -> EnrolmentRequest {
    let provider = provider("https://gatekeeper.example");
    let viewing_key = ViewingKey::from_bytes([6; 32]);
    let mut rng = Counting(40);
    EnrolmentRequest::new(&chain("demo-1"), &code(), &provider, &key(8), &viewing_key, NOW, &mut rng).unwrap()
}

#[tokio::test]
async fn a_patient_enrols_with_a_key_that_nobody_has_seen_before() {
    let content = enrolment().encode().unwrap();
    let newcomer = Signer::new(enrolment().relationship(), key(8));
    let parts = asks(&newcomer, Method::POST, &Route::Enrol.to_string(), &content, 1);
    let admitted = World::new().admit(&parts, &content, NOW).await.unwrap();
    let Asked::Enrol(request) = admitted.asked else { panic!("not an enrolment") };
    assert_eq!(request.secret.fingerprint(), code().secret.fingerprint());
    let (open, viewing_key) =
        request.verify(&chain("demo-1"), publisher_address(), &sealing_secret()).unwrap();
    assert_eq!(open, OpenRelationship::prove_possession(&key(8), &chain("demo-1"), publisher_address()));
    assert_eq!(viewing_key.expose(), &[6; 32]);
}

#[tokio::test]
async fn an_enrolment_signed_by_another_than_its_owner_is_refused() {
    let content = enrolment().encode().unwrap();
    for signer in [grantee(), Signer::new(enrolment().relationship(), key(9))] {
        let parts = asks(&signer, Method::POST, &Route::Enrol.to_string(), &content, 1);
        assert_eq!(code_of(World::new().admit(&parts, &content, NOW).await), ErrorCode::BadSignature);
    }
}

#[test]
fn an_enrolment_for_another_ledger_provider_or_relationship_does_not_open() {
    let request = enrolment();
    let verify = |request: &EnrolmentRequest, name, provider| {
        request.verify(&chain(name), provider, &sealing_secret()).map(|_| ())
    };
    assert_eq!(verify(&request, "demo-1", publisher_address()), Ok(()));
    let other_ledger = verify(&request, "demo-2", publisher_address());
    assert!(matches!(other_ledger, Err(EnrolmentError::OtherLedger { .. })));
    let other_provider = ProviderAddress::of(&stranger().public_key());
    assert_eq!(verify(&request, "demo-1", other_provider), Err(EnrolmentError::Possession));
    let mut moved = request.clone();
    let open = OpenRelationship::prove_possession(&key(7), &chain("demo-1"), publisher_address());
    (moved.owner, moved.possession) = (open.owner, open.possession);
    assert!(matches!(verify(&moved, "demo-1", publisher_address()), Err(EnrolmentError::Handover(_))));
    assert_ne!(RelationshipAddress::of(&moved.owner), request.relationship());
}

#[test]
fn a_code_for_another_ledger_or_provider_or_out_of_date_is_not_used() {
    let make = |chain: &ChainIdentity, code: &EnrolmentCode, now| {
        let provider = provider("https://gatekeeper.example");
        let viewing_key = ViewingKey::from_bytes([6; 32]);
        EnrolmentRequest::new(chain, code, &provider, &key(8), &viewing_key, now, &mut Counting(0))
            .map(|_| ())
    };
    assert_eq!(make(&chain("demo-1"), &code(), NOW), Ok(()));
    assert!(matches!(make(&chain("demo-2"), &code(), NOW), Err(EnrolmentError::OtherLedger { .. })));
    let other = EnrolmentCode { provider: ProviderAddress::of(&stranger().public_key()), ..code() };
    assert!(matches!(make(&chain("demo-1"), &other, NOW), Err(EnrolmentError::OtherProvider { .. })));
    assert_eq!(make(&chain("demo-1"), &code(), NOW.plus(1)), Err(EnrolmentError::Expired));
}

#[test]
fn neither_code_secret_nor_viewing_key_is_shown_in_debug_output() {
    let shown = format!("{:?} {:?}", code(), enrolment().secret);
    assert!(!shown.contains("000102"), "{shown}");
    assert!(!format!("{:?}", Signer::new(relationship(), key(0x77))).contains("119, 119"));
}

#[test]
fn a_range_behind_the_end_is_not_answered() {
    let desk = AnswerDesk::new(publisher());
    let target = RequestTarget::new(Method::GET, endpoint(), record().to_string()).unwrap();
    let nonce = RequestNonce::from_bytes([1; 16]);
    let binding = sign_request(&grantee(), &target, b"", &Person::default(), nonce, NOW).unwrap().binding;
    let salt = RecordSalt::from_bytes([1; 32]);
    let header = RecordHeader { commitment: Commitment::from_bytes([3; 32]), salt, size: 100 };
    let answer = |from| desk.record(&header, Some(RecordRange { from }), &binding, NOW);
    assert_eq!(answer(100).unwrap_err(), AnswerError::Range);
    assert_eq!(answer(u64::MAX).unwrap_err(), AnswerError::Range);
    let last = answer(99).unwrap();
    assert_eq!(last.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(last.headers()["content-range"], "bytes 99-99/100");
    assert_eq!(last.headers()["content-length"], "1");
    let verify = |headers| {
        let provider = (publisher_address(), &publisher().public_key());
        verify_answer(
            provider,
            StatusCode::PARTIAL_CONTENT,
            headers,
            AnswerShape::PartOfRecord,
            &binding,
            NOW,
        )
    };
    assert_eq!(verify(last.headers()), Ok(()));
}

#[test]
fn a_refusal_without_a_request_to_bind_it_to_is_not_signed() {
    let desk = AnswerDesk::new(publisher());
    let refusal = ErrorAnswer::new(ErrorCode::TooMany).retry_after(7);
    let answer = desk.refusal(&refusal, None, NOW).unwrap();
    assert!(!answer.headers().contains_key("signature"));
    assert_eq!(answer.headers()["retry-after"], "7");
    assert_eq!(ErrorAnswer::decode(answer.body()).unwrap(), refusal);
}

#[tokio::test]
async fn keys_emergencies_and_notices_are_asked_with_content_that_is_signed() {
    let world = World::new();
    let episode = EpisodeId::from_bytes([6; 16]);
    let key = ViewingKeyRequest { sealing_key: sealing_secret().public().unwrap() };
    let why = EmergencyRequest { episode, reason: Text::new("Unconscious").unwrap() };
    let notice = DeliveryNotice {
        relationship: relationship(),
        grant: GrantId::from_bytes([7; 16]),
        records: vec![3],
    };
    for (nonce, route, content, asked) in [
        (1, Route::ViewingKey(relationship()), key.encode().unwrap(), Asked::ViewingKey(relationship(), key)),
        (
            2,
            Route::Emergency(relationship()),
            why.encode().unwrap(),
            Asked::Emergency(relationship(), why.clone()),
        ),
        (3, Route::Deliver, notice.encode().unwrap(), Asked::Deliver(notice.clone())),
    ] {
        let path = route.to_string();
        let parts = asks(&grantee(), Method::POST, &path, &content, nonce);
        assert_eq!(world.admit(&parts, &content, NOW).await.unwrap().asked, asked);
        let empty = asks(&grantee(), Method::POST, &path, b"", nonce + 10);
        assert_eq!(code_of(world.admit(&empty, b"", NOW).await), ErrorCode::Malformed);
        let read = asks(&grantee(), Method::GET, &path, b"", nonce + 20);
        assert_eq!(code_of(world.admit(&read, b"", NOW).await), ErrorCode::Malformed);
        let parts = asks(&grantee(), Method::POST, &path, &content, nonce + 30);
        let other = [&content[..content.len() - 1], b" }"].concat();
        assert_eq!(code_of(world.admit(&parts, &other, NOW).await), ErrorCode::BadSignature);
    }
}
