//! One strict profile of HTTP Message Signatures (RFC 9421) with Content-Digest (RFC 9530).
//!
//! ```text
//! request  = sig1: "@method" "@target-uri" "@authority" "content-digest" "medrec-person"
//!            created, expires (≤ 60 s later), nonce (16 bytes), alg, keyid (an address), tag "medrec/v1"
//! answer   = sig1: "@status" "content-digest"                                       + the request
//! record   = sig1: "@status" "medrec-record" "medrec-salt" "medrec-size"            + the request
//! part     = sig1: "@status" "medrec-record" "medrec-salt" "medrec-size" "content-range" + the request
//!            created, alg, keyid, tag "medrec-answer/v1"
//! + the request = "@method";req "@target-uri";req "signature";req;key="sig1"
//! signature = Ed25519(key, signature base of RFC 9421, section 2.5)
//! ```
//!
//! RFC 9421 leaves much to choose; every choice is a way for two sides to read one message differently.
//! Here nothing is left: a field that is not, byte for byte, what this profile would write is refused.
//! Pure: time, nonces and bytes are arguments. (docs/spec/http-signatures.md)

mod answer;
mod base;
mod digest;
mod error;
mod fields;
mod nonce_store;
mod params;
mod request;
mod signer;

pub use answer::{AnswerShape, sign_answer, verify_answer};
pub use base::SignatureBase;
pub use digest::ContentDigest;
pub use error::SignatureError;
pub use nonce_store::{MemoryNonces, NonceStore, NonceStoreError, Nonconformance, Seen, check_conformance};
pub use params::RequestNonce;
pub use request::{
    RequestBinding, RequestTarget, SignedRequest, UnverifiedRequest, VerifiedRequest, sign_request,
};
pub use signer::Signer;

use http::HeaderName;

/// Longest time in seconds that a request may be valid.
pub const MAX_VALIDITY_SECONDS: u64 = 60;
/// Seconds by which the clocks of two sides may differ.
pub const MAX_SKEW_SECONDS: u64 = 30;
/// Longest path and query in bytes.
pub const MAX_TARGET_BYTES: usize = 1024;

/// The one label of a signature.
pub(crate) const LABEL: &str = "sig1";
pub(crate) const ALGORITHM: &str = "ed25519";
pub(crate) const REQUEST_TAG: &str = "medrec/v1";
pub(crate) const ANSWER_TAG: &str = "medrec-answer/v1";

/// `Signature-Input` (RFC 9421, section 4.1).
pub const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
/// `Signature` (RFC 9421, section 4.2).
pub const SIGNATURE: HeaderName = HeaderName::from_static("signature");
/// `Content-Digest` (RFC 9530, section 2).
pub const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
/// Who looks, at the recipient: see [`crate::Person`].
pub const PERSON: HeaderName = HeaderName::from_static("medrec-person");
/// Commitment to the record that an answer carries, 64 hexadecimal digits.
pub const RECORD: HeaderName = HeaderName::from_static("medrec-record");
/// Salt of that commitment, 64 hexadecimal digits.
pub const SALT: HeaderName = HeaderName::from_static("medrec-salt");
/// Size of the whole record in bytes, decimal.
pub const SIZE: HeaderName = HeaderName::from_static("medrec-size");
