//! Whatever arrives, nothing panics, and nothing that was altered is taken.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{NOW, patient, publisher};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use medrec_exchange::{
    Person,
    api::{EnrolmentRequest, ErrorAnswer, RecordHeader, RecordPage, RecordRange},
    signature::{
        AnswerShape, CONTENT_DIGEST, ContentDigest, PERSON, RequestNonce, RequestTarget, SIGNATURE,
        SIGNATURE_INPUT, UnverifiedRequest, sign_answer, sign_request, verify_answer,
    },
};
use medrec_protocol::{Address, ProviderAddress};
use proptest::prelude::*;

const CONTENT: &[u8] = b"content";

fn target() -> RequestTarget {
    RequestTarget::new(Method::POST, "https://gatekeeper.example".parse().unwrap(), "/v1/enrolments").unwrap()
}

fn signed() -> HeaderMap {
    let nonce = RequestNonce::from_bytes([7; 16]);
    sign_request(&patient(), &target(), CONTENT, &Person::default(), nonce, NOW).unwrap().headers
}

fn accepted(headers: &HeaderMap) -> bool {
    UnverifiedRequest::parse(target(), headers)
        .and_then(|request| request.verify(&patient().public_key(), CONTENT, NOW))
        .is_ok()
}

fn fields() -> [HeaderName; 4] {
    [SIGNATURE_INPUT, SIGNATURE, CONTENT_DIGEST, PERSON]
}

proptest! {
    #[test]
    fn no_header_field_makes_the_parser_panic(at in 0..4usize, value in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut headers = signed();
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            prop_assume!(headers[&fields()[at]] != value);
            headers.insert(fields()[at].clone(), value);
            prop_assert!(!accepted(&headers));
        }
    }

    #[test]
    fn no_structured_field_makes_the_parser_panic(
        input in "sig1=(\\(|\"@method\"|;| |created=[0-9-]{1,20}|nonce=\"[a-z]*\"|keyid=|\\)|:[a-zA-Z=]*:|\\?1|%\"|@[0-9]{1,9}){0,12}",
        signature in "sig[12]=:?[A-Za-z0-9+/=]{0,100}:?(;a=1)?",
    ) {
        let mut headers = signed();
        headers.insert(SIGNATURE_INPUT, HeaderValue::from_str(&input).unwrap());
        prop_assert!(!accepted(&headers));
        headers = signed();
        headers.insert(SIGNATURE, HeaderValue::from_str(&signature).unwrap());
        prop_assert!(!accepted(&headers));
    }

    #[test]
    fn no_byte_of_a_signed_request_can_be_changed(field in 0..4usize, at in any::<prop::sample::Index>(), to in 0x20..0x7fu8) {
        let mut headers = signed();
        prop_assert!(accepted(&headers));
        let name = fields()[field].clone();
        let mut value = headers[&name].as_bytes().to_vec();
        let at = at.index(value.len());
        prop_assume!(value[at] != to);
        value[at] = to;
        headers.insert(name, HeaderValue::from_bytes(&value).unwrap());
        prop_assert!(!accepted(&headers));
    }

    #[test]
    fn no_byte_of_a_signed_answer_can_be_changed(field in 0..3usize, at in any::<prop::sample::Index>(), to in 0x20..0x7fu8) {
        let nonce = RequestNonce::from_bytes([7; 16]);
        let asked = sign_request(&patient(), &target(), CONTENT, &Person::default(), nonce, NOW).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_DIGEST, HeaderValue::from_str(&ContentDigest::of(CONTENT).header()).unwrap());
        let shape = AnswerShape::Content;
        sign_answer(&publisher(), StatusCode::OK, &mut headers, shape, &asked.binding, NOW).unwrap();
        let Address::Provider(provider) = publisher().address() else { unreachable!() };
        let key = publisher().public_key();
        let accepted = |headers: &HeaderMap| {
            verify_answer((provider, &key), StatusCode::OK, headers, shape, &asked.binding, NOW).is_ok()
        };
        prop_assert!(accepted(&headers));
        let name = fields()[field].clone();
        let mut value = headers[&name].as_bytes().to_vec();
        let at = at.index(value.len());
        prop_assume!(value[at] != to);
        value[at] = to;
        headers.insert(name, HeaderValue::from_bytes(&value).unwrap());
        prop_assert!(!accepted(&headers));
    }

    #[test]
    fn no_bytes_make_the_message_parsers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,80}") {
        let _ = EnrolmentRequest::decode(&bytes);
        let _ = RecordPage::decode(&bytes, None);
        let _ = ErrorAnswer::decode(&bytes);
        let _ = RecordRange::parse(&text);
        let mut headers = HeaderMap::new();
        for name in ["medrec-record", "medrec-salt", "medrec-size"] {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                headers.insert(name, value);
            }
        }
        let _ = RecordHeader::read(&headers);
    }
}

#[test]
fn a_provider_signs_answers_and_a_patient_cannot() {
    let nonce = RequestNonce::from_bytes([7; 16]);
    let asked = sign_request(&patient(), &target(), CONTENT, &Person::default(), nonce, NOW).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_DIGEST, HeaderValue::from_str(&ContentDigest::of(CONTENT).header()).unwrap());
    let shape = AnswerShape::Content;
    assert!(sign_answer(&patient(), StatusCode::OK, &mut headers, shape, &asked.binding, NOW).is_err());
    sign_answer(&publisher(), StatusCode::OK, &mut headers, shape, &asked.binding, NOW).unwrap();
    assert_eq!(Address::from(ProviderAddress::of(&publisher().public_key())), publisher().address());
}
