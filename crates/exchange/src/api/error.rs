//! What a refused asker is told: a closed list, and nothing that helps to guess. (API-12 …)

use http::StatusCode;
use medrec_protocol::codec::Text;
use serde::{Deserialize, Serialize};

use super::{MAX_ANSWER_BYTES, wire};
use crate::{SignatureError, api::MessageError};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident, $text:literal, $status:ident, $message:literal;)*) => {
        /// Why a gatekeeper refuses.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum ErrorCode { $($(#[$doc])* #[serde(rename = $text)] $name,)* }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code in messages.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The HTTP status (RFC 9110, section 15) of an answer with this code.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// What happened and what to do next, for a person.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }
        }
    };
}

codes! {
    /// Nothing there for this asker: not there at all, or not allowed. The two are never told apart.
    NotFound, "not_found", NOT_FOUND, "There is nothing here for you; ask the patient for access.";
    /// The signature does not hold, or the signer is not known.
    BadSignature, "bad_signature", UNAUTHORIZED, "The request's signature does not hold.";
    /// The request was made before.
    Replayed, "replayed", CONFLICT, "This request was made before; make a new one.";
    /// The request is too old, or one of the clocks is wrong.
    ExpiredRequest, "expired_request", UNAUTHORIZED, "The request came too late or too early; check the clock and ask again.";
    /// The enrolment code is not one of this gatekeeper.
    BadCode, "bad_code", FORBIDDEN, "This enrolment code is not known here; ask for a new one.";
    /// The enrolment code was used with another key.
    UsedCode, "used_code", CONFLICT, "This enrolment code was used already; ask for a new one.";
    /// The enrolment code is too old.
    ExpiredCode, "expired_code", GONE, "This enrolment code has expired; ask for a new one.";
    /// Too many requests.
    TooMany, "too_many", TOO_MANY_REQUESTS, "Too many requests; wait and try again.";
    /// The gatekeeper cannot answer at present.
    Unavailable, "unavailable", SERVICE_UNAVAILABLE, "The gatekeeper cannot answer at present; try again later.";
    /// The gatekeeper's view of the ledger is too old to decide on.
    NotFresh, "not_fresh", SERVICE_UNAVAILABLE, "The gatekeeper has not heard from the ledger lately and releases nothing; try again later.";
    /// The request is not one of this API.
    Malformed, "malformed", BAD_REQUEST, "The request is not one of this gatekeeper's; a newer program may be needed.";
    /// The asked part begins behind the end of the record.
    BadRange, "bad_range", RANGE_NOT_SATISFIABLE, "The record ends before the part that was asked for; fetch it from the beginning.";
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<&SignatureError> for ErrorCode {
    /// What the asker is told of a refused signature.
    fn from(error: &SignatureError) -> Self {
        match error {
            SignatureError::NotYetValid { .. } | SignatureError::Expired { .. } => Self::ExpiredRequest,
            SignatureError::Replayed => Self::Replayed,
            _ => Self::BadSignature,
        }
    }
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorAnswer {
    /// Why.
    pub code: ErrorCode,
    /// The same for a person, in English.
    pub message: Text<200>,
    /// Seconds after which to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

impl ErrorAnswer {
    /// A refusal in the words of its code.
    pub fn new(code: ErrorCode) -> Self {
        Self { code, message: Text::clipped(code.message()), retry_after: None }
    }

    /// A refusal that holds for some seconds only.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Reads a refusal.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        wire::decode(bytes, MAX_ANSWER_BYTES)
    }
}

impl From<ErrorCode> for ErrorAnswer {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_name_in_messages_and_words_for_a_person() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{code}\""));
            assert_eq!(ErrorAnswer::new(*code).message.as_str(), code.message());
            assert!(code.status().is_client_error() || code.status().is_server_error());
        }
    }

    #[test]
    fn unknown_codes_and_fields_are_refused() {
        assert!(ErrorAnswer::decode(br#"{"code":"not_found","message":"x"}"#).is_ok());
        assert!(ErrorAnswer::decode(br#"{"code":"denied","message":"x"}"#).is_err());
        assert!(ErrorAnswer::decode(br#"{"code":"not_found","message":"x","reason":"no grant"}"#).is_err());
    }
}
