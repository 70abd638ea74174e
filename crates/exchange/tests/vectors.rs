//! `tests/vectors/http-signatures.json` and `enrolment-codes.json`, which were written by another implementation.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use medrec_exchange::{
    Endpoint,
    api::EnrolmentCode,
    signature::{
        AnswerShape, RequestBinding, RequestTarget, SignatureBase, SignatureError, UnverifiedRequest,
        verify_answer,
    },
};
use medrec_protocol::{Address, ChainId, Hash32, ProviderAddress, PublicKey, Signature, Timestamp};
use serde::{Deserialize, de::DeserializeOwned};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    #[serde(rename = "about")]
    _about: Vec<String>,
    rfc9421: Example,
    requests: Vec<RequestCase>,
    answers: Vec<AnswerCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    lines: Vec<(String, String)>,
    params: String,
    base: String,
    public_key: PublicKey,
    signature: Signature,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestCase {
    name: String,
    expect: String,
    method: String,
    endpoint: String,
    path: String,
    content: String,
    now: u64,
    key: PublicKey,
    #[serde(rename = "base")]
    _base: String,
    headers: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerCase {
    name: String,
    expect: String,
    shape: String,
    status: u16,
    now: u64,
    provider: Address,
    key: PublicKey,
    #[serde(rename = "base")]
    _base: String,
    request: AskedCase,
    headers: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedCase {
    method: String,
    endpoint: String,
    path: String,
    created: u64,
    signature: Signature,
}

fn read<T: DeserializeOwned>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn vectors() -> Vectors {
    read("http-signatures.json")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Codes {
    #[serde(rename = "about")]
    _about: Vec<String>,
    chain_id: ChainId,
    provider: ProviderAddress,
    endpoint: Endpoint,
    expires: Timestamp,
    secret_fingerprint: Hash32,
    #[serde(rename = "codes")]
    cases: Vec<CodeCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeCase {
    name: String,
    text: String,
    accepted: bool,
}

#[test]
fn enrolment_codes_of_the_other_implementation_are_read_and_broken_ones_refused() {
    let codes: Codes = read("enrolment-codes.json");
    for case in &codes.cases {
        let found = case.text.parse::<EnrolmentCode>();
        assert_eq!(found.is_ok(), case.accepted, "{}", case.name);
        if let Ok(code) = found {
            assert_eq!(code.secret.fingerprint(), codes.secret_fingerprint);
            assert_eq!((&code.chain_id, code.provider), (&codes.chain_id, codes.provider));
            assert_eq!((&code.endpoint, code.expires), (&codes.endpoint, codes.expires));
            assert_eq!(code.to_string(), codes.cases[0].text);
        }
    }
}

fn headers(fields: &[(String, String)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn name_of(result: Result<(), SignatureError>) -> String {
    let Err(error) = result else { return "accepted".into() };
    match &error {
        SignatureError::MissingField { field } => format!("MissingField({field})"),
        SignatureError::RepeatedField { field } => format!("RepeatedField({field})"),
        SignatureError::MalformedField { field } => format!("MalformedField({field})"),
        SignatureError::Parameter { name } => format!("Parameter({name})"),
        SignatureError::Validity { seconds } => format!("Validity({seconds})"),
        other => {
            let debug = format!("{other:?}");
            debug.split([' ', '{']).next().unwrap().to_owned()
        }
    }
}

fn verify_request(case: &RequestCase) -> Result<(), SignatureError> {
    let method: Method = case.method.parse().unwrap();
    let target = RequestTarget::new(method, case.endpoint.parse().unwrap(), case.path.as_str())?;
    let request = UnverifiedRequest::parse(target, &headers(&case.headers))?;
    request.verify(&case.key, case.content.as_bytes(), Timestamp::from_seconds(case.now)).map(|_| ())
}

#[test]
fn every_request_is_taken_or_refused_for_the_reason_that_the_other_implementation_names() {
    let requests = vectors().requests;
    let wrong: Vec<String> = requests
        .iter()
        .map(|case| (case, name_of(verify_request(case))))
        .filter(|(case, found)| *found != case.expect)
        .map(|(case, found)| format!("{}: expected {}, found {found}", case.name, case.expect))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(requests.iter().filter(|case| case.expect != "accepted").count() > 60);
}

fn verify(case: &AnswerCase) -> Result<(), SignatureError> {
    let shape = match case.shape.as_str() {
        "Content" => AnswerShape::Content,
        "Record" => AnswerShape::Record,
        "PartOfRecord" => AnswerShape::PartOfRecord,
        other => panic!("unknown shape {other}"),
    };
    let asked = &case.request;
    let method: Method = asked.method.parse().unwrap();
    let target = RequestTarget::new(method, asked.endpoint.parse().unwrap(), asked.path.as_str()).unwrap();
    let binding = RequestBinding::new(&target, asked.signature, Timestamp::from_seconds(asked.created));
    let Address::Provider(provider) = case.provider else { panic!("not a provider") };
    let status = StatusCode::from_u16(case.status).unwrap();
    let now = Timestamp::from_seconds(case.now);
    verify_answer((provider, &case.key), status, &headers(&case.headers), shape, &binding, now)
}

#[test]
fn every_answer_is_taken_or_refused_for_the_reason_that_the_other_implementation_names() {
    let answers = vectors().answers;
    let wrong: Vec<String> = answers
        .iter()
        .map(|case| (case, name_of(verify(case))))
        .filter(|(case, found)| *found != case.expect)
        .map(|(case, found)| format!("{}: expected {}, found {found}", case.name, case.expect))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(answers.iter().filter(|case| case.expect != "accepted").count() > 20);
}

#[test]
fn the_rfcs_own_ed25519_example_has_the_base_and_the_signature_of_the_rfc() {
    let example = vectors().rfc9421;
    let base =
        example.lines.iter().fold(SignatureBase::default(), |base, (name, value)| base.line(name, value));
    let base = base.finish(&example.params);
    assert_eq!(String::from_utf8(base.clone()).unwrap(), example.base);
    example.public_key.verify_raw(&base, &example.signature).unwrap();
}
