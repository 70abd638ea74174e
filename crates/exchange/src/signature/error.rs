//! Why a signed message is refused.

use medrec_protocol::Timestamp;

/// Why a signed message is refused. For the side that refuses: the other side is told no more than
/// [`crate::api::ErrorCode`] says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header field is not there.
    #[error("the header field {field} is missing")]
    MissingField {
        /// Its name.
        field: &'static str,
    },
    /// A header field stands more than once.
    #[error("the header field {field} stands more than once")]
    RepeatedField {
        /// Its name.
        field: &'static str,
    },
    /// A header field is not in the one form that this profile writes.
    #[error("the header field {field} is not in canonical form")]
    MalformedField {
        /// Its name.
        field: &'static str,
    },
    /// Not exactly one signature with the label `sig1`.
    #[error("expected exactly one signature labelled sig1")]
    Label,
    /// Other components are covered, or in another order.
    #[error("the signature must cover exactly ({expected}), it covers ({found})")]
    Components {
        /// What the profile asks for.
        expected: String,
        /// What came.
        found: String,
    },
    /// A parameter is missing, or its value is not one of this profile.
    #[error("the signature parameter {name} is missing or not of this profile")]
    Parameter {
        /// Its name.
        name: &'static str,
    },
    /// There are parameters that this profile does not know.
    #[error("the signature has parameters that are not of this profile")]
    SurplusParameter,
    /// The path and query are too long or not a path.
    #[error("the request target must be a path of at most {limit} visible characters", limit = super::MAX_TARGET_BYTES)]
    Target,
    /// Valid for longer than allowed, or for no time at all.
    #[error("a request may be valid for 1 to {limit} seconds, this one claims {seconds}", limit = super::MAX_VALIDITY_SECONDS)]
    Validity {
        /// Seconds from `created` to `expires`; 0 when it ends before it begins.
        seconds: u64,
    },
    /// Made in the future. One of the two clocks is wrong.
    #[error("the signature was made at {}, but here it is {}: compare the clocks", created.seconds(), now.seconds())]
    NotYetValid {
        /// When it says it was made.
        created: Timestamp,
        /// The time here.
        now: Timestamp,
    },
    /// Over. Either it was held back, or one of the two clocks is wrong.
    #[error("the signature expired at {}, and here it is {}: ask again, and compare the clocks", expires.seconds(), now.seconds())]
    Expired {
        /// Last second in which it was valid.
        expires: Timestamp,
        /// The time here.
        now: Timestamp,
    },
    /// The content is not what the digest says: altered on the way.
    #[error("the content does not match its digest: it was altered on the way")]
    Digest,
    /// The key is not one that this side knows.
    #[error("no account with this key is known")]
    UnknownSigner,
    /// An answer signed by another than the provider that was asked.
    #[error("the answer names another signer than the provider that was asked")]
    OtherSigner,
    /// Not made with this key for this message: altered, for another host, or bound to another request.
    #[error("the signature does not match the message, its target or the signer's key")]
    Mismatch,
    /// Seen before.
    #[error("this request was made before; each request is taken once")]
    Replayed,
}
