//! Why an exchange with a gatekeeper failed.

use http::StatusCode;
use medrec_protocol::Commitment;

use crate::{
    EndpointError, SignatureError,
    api::{EnrolmentError, ErrorAnswer, ErrorCode, MessageError},
    client::sink::SinkError,
};

/// Why an exchange with a gatekeeper failed.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The address of the gatekeeper in the directory is not usable.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The web client could not be set up on this computer.
    #[error("secure connections cannot be set up on this computer: {0}")]
    Setup(#[source] reqwest::Error),
    /// The operating system gives no random numbers.
    #[error("the operating system gives no random numbers: {0}")]
    Randomness(getrandom::Error),
    /// The gatekeeper cannot be reached, or the connection broke.
    #[error("the gatekeeper cannot be reached or the connection broke; try again later: {0}")]
    Unreachable(#[source] reqwest::Error),
    /// The connection ended before all was there.
    #[error("the connection ended after {received} of {size} bytes; try again to continue from there")]
    Interrupted {
        /// Bytes of the record that are there.
        received: u64,
        /// Bytes of the whole record.
        size: u64,
    },
    /// It took longer than the caller waits.
    #[error("the gatekeeper takes too long to answer; try again later")]
    TimedOut,
    /// Something on the way is overloaded and says so without a signature.
    #[error("the gatekeeper or something before it is overloaded (status {0}); try again later")]
    Busy(StatusCode),
    /// It sends elsewhere. Requests are signed for one host and never follow.
    #[error(
        "the gatekeeper sends this request elsewhere (status {0}); its address in the directory must be corrected"
    )]
    Redirected(StatusCode),
    /// The answer is not from the provider that was asked, not to this request, or altered.
    #[error("the answer cannot be trusted: {0}")]
    Untrusted(#[from] SignatureError),
    /// A signed refusal.
    #[error("{}", .0.message)]
    Refused(ErrorAnswer),
    /// The answer is signed but not one of this API.
    #[error("the gatekeeper's answer is not understood: {0}")]
    Message(#[from] MessageError),
    /// The enrolment does not fit this code, provider or ledger.
    #[error(transparent)]
    Enrolment(#[from] EnrolmentError),
    /// The bytes are not those that the ledger's commitment is for. What was received is thrown away.
    #[error(
        "this copy is not the record that the ledger knows: its commitment is {found}, expected was {expected}; it was thrown away"
    )]
    Mismatch {
        /// The commitment on the ledger.
        expected: Commitment,
        /// What the bytes, or the answer, commit to.
        found: Commitment,
    },
    /// More bytes than were announced. What was received is thrown away.
    #[error("the gatekeeper sent more than the {announced} bytes it announced; the copy was thrown away")]
    TooManyBytes {
        /// Bytes announced.
        announced: u64,
    },
    /// Another size than the ledger's description says.
    #[error("the gatekeeper announces {announced} bytes, the record has {expected}")]
    OtherSize {
        /// Bytes according to the description.
        expected: u64,
        /// Bytes announced.
        announced: u64,
    },
    /// More than the caller takes.
    #[error("the record has {announced} bytes, at most {limit} are taken")]
    TooLarge {
        /// Bytes announced.
        announced: u64,
        /// Bytes that the caller takes.
        limit: u64,
    },
    /// The beginning of the copy, kept from before, belongs to other header fields. It is thrown away.
    #[error("the part that was kept from before does not fit this answer and was thrown away; try again")]
    OtherBeginning,
    /// The copy cannot be written or read here: a full disk, most often.
    #[error("the copy cannot be kept on this computer: {0}")]
    Sink(#[from] SinkError),
    /// Stopped on request. What was received is kept for the next time.
    #[error("stopped; what was received is kept for the next time")]
    Cancelled,
}

impl ExchangeError {
    /// True when the same request may work a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Interrupted { .. } | Self::TimedOut | Self::Busy(_) => true,
            Self::Refused(refusal) => {
                matches!(refusal.code, ErrorCode::Unavailable | ErrorCode::NotFresh | ErrorCode::TooMany)
            }
            _ => false,
        }
    }

    /// True when what was received of a copy is worth nothing.
    pub(crate) fn spoils_copy(&self) -> bool {
        matches!(self, Self::Mismatch { .. } | Self::TooManyBytes { .. } | Self::OtherBeginning)
    }
}
