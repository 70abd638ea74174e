//! Routes and messages between wallets, grantees and gatekeepers. (docs/spec/exchange-api.md)
//!
//! JSON (RFC 8259) with closed field lists; sizes are checked before anything is parsed.

mod code;
mod delivery;
mod emergency;
mod enrolment;
mod error;
mod record;
mod route;
mod viewing_key;
mod wire;

pub use code::{CODE_PREFIX, EnrolmentCode, EnrolmentCodeError, EnrolmentSecret};
pub use delivery::{DeliveryNoted, DeliveryNotice, MAX_NOTICE_RECORDS};
pub use emergency::{
    CARD_PREFIX, CardEntry, EmergencyCard, EmergencyCardError, EmergencyEpisode, EmergencyRequest,
};
pub use enrolment::{Enrolment, EnrolmentError, EnrolmentRequest, EnrolmentState};
pub use error::{ErrorAnswer, ErrorCode};
pub use record::{
    DescriptionError, ListedRecord, MAX_PAGE_RECORDS, Opening, RecordHeader, RecordPage, RecordRange,
};
pub use route::Route;
pub use viewing_key::{SealedViewingKey, ViewingKeyError, ViewingKeyFor, ViewingKeyRequest};
pub use wire::MessageError;

/// Longest content of a request in bytes.
pub const MAX_REQUEST_BYTES: usize = 8 * 1024;
/// Longest content of an answer in bytes, records apart.
pub const MAX_ANSWER_BYTES: usize = 1024 * 1024;
