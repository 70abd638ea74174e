//! Why a transaction is refused.

/// Why a transaction was refused. The numbers are ABCI result codes and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[repr(u32)]
pub enum Refusal {
    /// Not a transaction, too long, or not in canonical form.
    #[error("not a well-formed transaction")]
    Malformed = 1,
    /// The signature does not belong to the signer, this ledger and this content.
    #[error("the signature does not match the signer on this ledger")]
    Signature = 2,
    /// Block time is past the transaction's valid-until.
    #[error("the transaction came too late: it was valid for a limited time only")]
    Expired = 3,
    /// Valid-until lies too far ahead.
    #[error("the transaction claims to stay valid for more than ten minutes")]
    ValidTooLong = 4,
    /// The same nonce of the same signer was seen before.
    #[error("the transaction was sent before")]
    Replayed = 5,
    /// The signer has no account.
    #[error("the signer has no account on this ledger")]
    UnknownSigner = 6,
    /// The account that the action names does not exist.
    #[error("there is no such relationship on this ledger")]
    UnknownRelationship = 7,
    /// The signer may not do this here.
    #[error("the signer is not allowed to do this")]
    NotAllowed = 8,
    /// The relationship exists already.
    #[error("this relationship exists already")]
    AlreadyOpen = 9,
    /// The patient's proof of possession does not match.
    #[error("the patient's consent to this relationship does not match")]
    PossessionProof = 10,
    /// A grant with this id still stands in the leaf, or was stopped before. An id whose grant expired without
    /// being stopped is free again once another grant of the relationship has swept it out.
    #[error("a grant with this id stands already or was stopped; give the grant a fresh id")]
    GrantIdUsed = 11,
    /// The grant ends before it begins.
    #[error("the grant is over before it begins")]
    GrantOver = 12,
    /// Too many grants hold at the same time.
    #[error("too many grants hold at the same time; stop one first")]
    TooManyGrants = 13,
    /// The superseded entry does not exist.
    #[error("the record version to be replaced does not exist")]
    UnknownRecord = 14,
    /// Sealed under a viewing key that is not in force.
    #[error("sealed with a key of another time")]
    WrongEpoch = 15,
    /// A request with this id still stands in the leaf. Once it was answered, or expired and was swept out by
    /// another request, its id is free again.
    #[error("a request with this id waits already; give the request a fresh id")]
    RequestIdUsed = 16,
    /// No such request waits.
    #[error("no such request is waiting for an answer")]
    UnknownRequest = 17,
    /// Too many requests wait.
    #[error("too many requests are waiting for this patient's answer")]
    TooManyRequests = 18,
    /// A time lies outside what is allowed.
    #[error("a date lies outside what is allowed")]
    Date = 19,
    /// The relationship's leaf has no room left.
    #[error("this relationship is full")]
    Full = 20,
    /// The provider is suspended.
    #[error("this provider is suspended and may do nothing but write down what it released")]
    Suspended = 21,
    /// The relationship was closed.
    #[error("this relationship was closed")]
    Closed = 22,
    /// The agent's key was appointed before.
    #[error("this key of a delegate or guardian was appointed before; take a fresh one")]
    AgentKeyUsed = 23,
    /// A new owner's key owns, or owned first, another account.
    #[error("this key belongs to an account already; take a fresh one")]
    KeyUsed = 24,
    /// No such delegate or guardian is appointed here.
    #[error("no such delegate or guardian is appointed here")]
    UnknownAgent = 25,
    /// The delegation does not count yet, or no more.
    #[error("this delegation does not count yet, or no more")]
    NotActive = 26,
    /// Too many delegates.
    #[error("too many delegates; end one first")]
    TooManyAgents = 27,
    /// The entry that is named does not exist.
    #[error("the entry of the log that is named does not exist")]
    UnknownEntry = 28,
    /// Nothing waits that could be refused, accepted or asked for.
    #[error("nothing is waiting for this")]
    NotWaiting = 29,
    /// A handover can be brought forward only.
    #[error("a handover that was promised can be brought forward, not put off, changed or taken back")]
    HandoverFixed = 30,
    /// No such provider is in the directory.
    #[error("there is no such provider in the directory")]
    UnknownProvider = 31,
    /// No such motion waits for votes.
    #[error("no such motion is waiting for votes")]
    UnknownMotion = 32,
    /// A motion with this id waits.
    #[error("a motion with this id waits already; give the motion a fresh id")]
    MotionIdUsed = 33,
    /// Too many motions wait.
    #[error("too many motions are waiting for votes")]
    TooManyMotions = 34,
    /// It would change nothing, or what it would do is impossible.
    #[error("this motion would change nothing, or cannot be carried out")]
    Pointless = 35,
}

impl Refusal {
    /// ABCI result code; never 0.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The refusal that a node reported by its code.
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|refusal| refusal.code() == code)
    }

    const ALL: &'static [Self] = &[
        Self::Malformed,
        Self::Signature,
        Self::Expired,
        Self::ValidTooLong,
        Self::Replayed,
        Self::UnknownSigner,
        Self::UnknownRelationship,
        Self::NotAllowed,
        Self::AlreadyOpen,
        Self::PossessionProof,
        Self::GrantIdUsed,
        Self::GrantOver,
        Self::TooManyGrants,
        Self::UnknownRecord,
        Self::WrongEpoch,
        Self::RequestIdUsed,
        Self::UnknownRequest,
        Self::TooManyRequests,
        Self::Date,
        Self::Full,
        Self::Suspended,
        Self::Closed,
        Self::AgentKeyUsed,
        Self::KeyUsed,
        Self::UnknownAgent,
        Self::NotActive,
        Self::TooManyAgents,
        Self::UnknownEntry,
        Self::NotWaiting,
        Self::HandoverFixed,
        Self::UnknownProvider,
        Self::UnknownMotion,
        Self::MotionIdUsed,
        Self::TooManyMotions,
        Self::Pointless,
    ];
}
