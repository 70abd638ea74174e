//! `httpsig`, an implementation of RFC 9421 by others: what one side signs, the other verifies.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{NOW, clock, key, patient, publisher};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use httpsig::prelude::{
    AlgorithmName, HttpSignatureBase, HttpSignatureHeaders, HttpSignatureParams, PublicKey, SecretKey,
    message_component::HttpMessageComponent,
};
use medrec_exchange::{
    Endpoint, Person,
    signature::{
        AnswerShape, CONTENT_DIGEST, ContentDigest, RECORD, RequestBinding, RequestNonce, RequestTarget,
        SALT, SIGNATURE, SIGNATURE_INPUT, SIZE, SignatureError, UnverifiedRequest, sign_answer, sign_request,
        verify_answer,
    },
};
use medrec_protocol::{ProviderAddress, Timestamp};

const CONTENT: &[u8] = br#"{"hello":"world"}"#;

fn endpoint() -> Endpoint {
    "https://gatekeeper.example".parse().unwrap()
}

fn target() -> RequestTarget {
    RequestTarget::new(Method::POST, endpoint(), "/v1/enrolments").unwrap()
}

fn person() -> Person {
    Person::new("Dr. Ana López").unwrap()
}

fn field(headers: &HeaderMap, name: HeaderName) -> String {
    headers.get(name).unwrap().to_str().unwrap().to_owned()
}

/// Covered components, written out by hand.
fn request_lines() -> Vec<String> {
    vec![
        "\"@method\": POST".into(),
        "\"@target-uri\": https://gatekeeper.example/v1/enrolments".into(),
        "\"@authority\": gatekeeper.example".into(),
        format!("\"content-digest\": {}", ContentDigest::of(CONTENT).header()),
        "\"medrec-person\": %\"Dr. Ana L%c3%b3pez\"".into(),
    ]
}

fn answer_lines(binding_signature: &str) -> Vec<String> {
    vec![
        "\"@status\": 200".into(),
        format!("\"medrec-record\": {}", "1a".repeat(32)),
        format!("\"medrec-salt\": {}", "2b".repeat(32)),
        "\"medrec-size\": 1000".into(),
        "\"@method\";req: POST".into(),
        "\"@target-uri\";req: https://gatekeeper.example/v1/enrolments".into(),
        format!("\"signature\";req;key=\"sig1\": {binding_signature}"),
    ]
}

fn base(lines: &[String], params: &HttpSignatureParams) -> HttpSignatureBase {
    let lines: Vec<_> =
        lines.iter().map(|line| HttpMessageComponent::try_from(line.as_str()).unwrap()).collect();
    HttpSignatureBase::try_new(&lines, params).unwrap()
}

fn oracle_verifies(lines: &[String], headers: &HeaderMap, seed: u8) -> bool {
    let (input, signature) = (field(headers, SIGNATURE_INPUT), field(headers, SIGNATURE));
    let parsed = HttpSignatureHeaders::try_parse(&signature, &input).unwrap();
    let parsed = &parsed["sig1"];
    let key = PublicKey::from_bytes(&AlgorithmName::Ed25519, common::public(seed).as_bytes()).unwrap();
    base(lines, parsed.signature_params()).verify_signature_headers(&key, parsed).is_ok()
}

fn oracle_signs(lines: &[String], params: &str, seed: u8) -> (HeaderValue, HeaderValue) {
    let key = SecretKey::from_bytes(&AlgorithmName::Ed25519, &key(seed).to_bytes()).unwrap();
    let params = HttpSignatureParams::try_from(params).unwrap();
    let signed = base(lines, &params).build_signature_headers(&key, Some("sig1")).unwrap();
    let value = |text: String| HeaderValue::from_str(&text).unwrap();
    (value(signed.signature_input_header_value()), value(signed.signature_header_value()))
}

#[test]
fn the_oracle_verifies_our_request_and_notices_an_altered_one() {
    let nonce = RequestNonce::from_bytes([7; 16]);
    let signed = sign_request(&patient(), &target(), CONTENT, &person(), nonce, clock()).unwrap();
    assert!(oracle_verifies(&request_lines(), &signed.headers, 1));
    for at in 0..5 {
        let mut lines = request_lines();
        lines[at].push('x');
        assert!(!oracle_verifies(&lines, &signed.headers, 1), "{}", lines[at]);
    }
}

#[test]
fn we_verify_a_request_that_the_oracle_signed_and_notice_an_altered_one() {
    let params = format!(
        "(\"@method\" \"@target-uri\" \"@authority\" \"content-digest\" \"medrec-person\");created={};expires={};\
         nonce=\"AAECAwQFBgcICQoLDA0ODw\";alg=\"ed25519\";keyid=\"{}\";tag=\"medrec/v1\"",
        NOW.seconds(),
        NOW.plus(60).seconds(),
        patient().address(),
    );
    let (input, signature) = oracle_signs(&request_lines(), &params, 1);
    let mut headers = HeaderMap::new();
    headers.insert(SIGNATURE_INPUT, input);
    headers.insert(SIGNATURE, signature);
    headers.insert(CONTENT_DIGEST, HeaderValue::from_str(&ContentDigest::of(CONTENT).header()).unwrap());
    headers.insert("medrec-person", HeaderValue::from_static("%\"Dr. Ana L%c3%b3pez\""));
    let request = UnverifiedRequest::parse(target(), &headers).unwrap();
    let verified = request.verify(&patient().public_key(), CONTENT, NOW).unwrap();
    assert_eq!((verified.signer, verified.person), (patient().address(), person()));

    headers.insert("medrec-person", HeaderValue::from_static("%\"\""));
    let request = UnverifiedRequest::parse(target(), &headers).unwrap();
    assert_eq!(request.verify(&patient().public_key(), CONTENT, NOW), Err(SignatureError::Mismatch));
}

fn record_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(RECORD, HeaderValue::from_str(&"1a".repeat(32)).unwrap());
    headers.insert(SALT, HeaderValue::from_str(&"2b".repeat(32)).unwrap());
    headers.insert(SIZE, HeaderValue::from_static("1000"));
    headers
}

fn asked() -> (RequestBinding, String) {
    asked_at(clock())
}

fn asked_at(now: Timestamp) -> (RequestBinding, String) {
    let nonce = RequestNonce::from_bytes([7; 16]);
    let signed = sign_request(&patient(), &target(), CONTENT, &person(), nonce, now).unwrap();
    let signature = field(&signed.headers, SIGNATURE).strip_prefix("sig1=").unwrap().to_owned();
    (signed.binding, signature)
}

#[test]
fn the_oracle_verifies_our_answer_with_the_request_it_is_bound_to_and_no_other() {
    let (binding, signature) = asked();
    let mut headers = record_headers();
    let shape = AnswerShape::Record;
    sign_answer(&publisher(), StatusCode::OK, &mut headers, shape, &binding, clock()).unwrap();
    assert!(oracle_verifies(&answer_lines(&signature), &headers, 2));
    let (_, other) = asked_at(clock().plus(1));
    assert!(!oracle_verifies(&answer_lines(&other), &headers, 2));
    let mut lines = answer_lines(&signature);
    lines[3] = "\"medrec-size\": 999".into();
    assert!(!oracle_verifies(&lines, &headers, 2));
}

#[test]
fn we_verify_an_answer_that_the_oracle_signed() {
    let (binding, signature) = asked();
    let now = clock();
    let provider = ProviderAddress::of(&publisher().public_key());
    let params = format!(
        "(\"@status\" \"medrec-record\" \"medrec-salt\" \"medrec-size\" \"@method\";req \"@target-uri\";req \
         \"signature\";req;key=\"sig1\");created={};alg=\"ed25519\";keyid=\"{provider}\";tag=\"medrec-answer/v1\"",
        now.seconds(),
    );
    let (input, signed) = oracle_signs(&answer_lines(&signature), &params, 2);
    let mut headers = record_headers();
    headers.insert(SIGNATURE_INPUT, input);
    headers.insert(SIGNATURE, signed);
    let key = publisher().public_key();
    let verify = |headers: &HeaderMap| {
        verify_answer((provider, &key), StatusCode::OK, headers, AnswerShape::Record, &binding, now)
    };
    verify(&headers).unwrap();
    headers.insert(SIZE, HeaderValue::from_static("999"));
    assert_eq!(verify(&headers), Err(SignatureError::Mismatch));
}
