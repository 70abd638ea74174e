//! Routes and messages between wallets, grantees and gatekeepers. (docs/spec/exchange-api.md)
//!
//! JSON (RFC 8259) with closed field lists; sizes are checked before anything is parsed.

mod code;
mod enrolment;
mod error;
mod record;
mod route;
mod wire;

pub use code::{CODE_PREFIX, EnrolmentCode, EnrolmentCodeError, EnrolmentSecret};
pub use enrolment::{Enrolment, EnrolmentError, EnrolmentRequest, EnrolmentState};
pub use error::{ErrorAnswer, ErrorCode};
pub use record::{
    DescriptionError, ListedRecord, MAX_PAGE_RECORDS, Opening, RecordHeader, RecordPage, RecordRange,
};
pub use route::Route;
pub use wire::MessageError;

/// Longest content of a request in bytes.
pub const MAX_REQUEST_BYTES: usize = 8 * 1024;
/// Longest content of an answer in bytes, records apart.
pub const MAX_ANSWER_BYTES: usize = 1024 * 1024;
