//! Everything that can go wrong in a use case, and the short list of codes that windows and exit codes are made from.

use medrec_client::{ClientError, NetworkFileError, NodeError};
use medrec_exchange::{
    EndpointError, ExchangeError,
    api::{EnrolmentCodeError, EnrolmentError, ErrorCode},
};
use medrec_protocol::{
    Commitment, ProviderAddress, RelationshipAddress, Timestamp,
    address::AddressError,
    codec::{DecodeError, TextError},
    offer::OfferError,
    payload::PayloadError,
    seal::SealError,
    tx::TxError,
};
use medrec_vault::VaultError;

use crate::{copies::CopyError, store::StoreError, text_enum};

text_enum! {
    /// What kind of problem it is: a closed list with stable names, for exit codes and for a table of words.
    Code {
        /// Something that was typed or chosen cannot be used.
        InvalidInput = "invalid_input",
        /// The passphrase does not open the vault.
        WrongPassphrase = "wrong_passphrase",
        /// The vault is open in another window or program.
        VaultInUse = "vault_in_use",
        /// The vault file is damaged, altered or gone.
        VaultUnusable = "vault_unusable",
        /// The database or a stored copy is damaged.
        DataUnusable = "data_unusable",
        /// Written by a newer program.
        NewerProgramNeeded = "newer_program_needed",
        /// It is there already.
        AlreadyExists = "already_exists",
        /// No wallet is open.
        Locked = "locked",
        /// No network was joined yet.
        NotJoined = "not_joined",
        /// The network file names another ledger.
        WrongNetwork = "wrong_network",
        /// No ledger node answers.
        NodeAway = "node_away",
        /// The provider's gatekeeper does not answer.
        ProviderAway = "provider_away",
        /// An answer failed verification; nothing of it was used.
        VerificationFailed = "verification_failed",
        /// The ledger's validators signed two histories: nothing new is believed, the evidence is kept.
        LedgerForked = "ledger_forked",
        /// The newest verified header is too old to go on from.
        TrustExpired = "trust_expired",
        /// The ledger's rules refuse.
        RefusedByLedger = "refused_by_ledger",
        /// The provider refuses.
        RefusedByProvider = "refused_by_provider",
        /// There is no such thing.
        NotFound = "not_found",
        /// A copy is not what the ledger says.
        CopyDoesNotMatch = "copy_does_not_match",
        /// Sent, but not yet proved; it will be sent again.
        NotConfirmed = "not_confirmed",
        /// Its time is over.
        Expired = "expired",
        /// Stopped on request.
        Cancelled = "cancelled",
        /// The disk is full or fails.
        Disk = "disk",
        /// The computer or this program cannot do it.
        Internal = "internal",
    }
}

/// What was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A person's vault.
    Person,
    /// A record.
    Record,
    /// A grant.
    Grant,
    /// A share.
    Share,
    /// A request for access.
    Request,
    /// A provider in the ledger's directory.
    Provider,
    /// A transaction on its way.
    Transaction,
    /// A delegate.
    Delegate,
    /// Somebody who is helped.
    Helped,
    /// An entry of a log.
    Entry,
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Person => "person",
            Self::Record => "record",
            Self::Grant => "permission",
            Self::Share => "share",
            Self::Request => "request",
            Self::Provider => "provider",
            Self::Transaction => "message to the ledger",
            Self::Delegate => "helper",
            Self::Helped => "person whom you help",
            Self::Entry => "entry",
        })
    }
}

/// Errors of the wallet's use cases.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// About words, keys or the vault file.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// About the database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// About a stored copy.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// About the ledger.
    #[error(transparent)]
    Ledger(Box<ClientError>),
    /// About a provider's gatekeeper.
    #[error(transparent)]
    Exchange(Box<ExchangeError>),
    /// About a network file.
    #[error(transparent)]
    NetworkFile(#[from] NetworkFileError),
    /// A text that is no address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A text that is too long or has control characters.
    #[error("This text cannot be used: {0}.")]
    Text(#[from] TextError),
    /// A text that is no date.
    #[error("This is not a date. Write it as 2026, 2026-05 or 2026-05-04.")]
    Date,
    /// A text that is no enrolment code.
    #[error(transparent)]
    EnrolmentCode(#[from] EnrolmentCodeError),
    /// The enrolment does not fit this code, provider or ledger.
    #[error(transparent)]
    Enrolment(#[from] EnrolmentError),
    /// A gatekeeper's address that cannot be used.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// No network was joined.
    #[error("This wallet has not joined a network yet. Join one with the file from a provider.")]
    NotJoined,
    /// No wallet is open, or it was locked in the middle of something.
    #[error("The wallet is locked. Unlock it with your passphrase, then try again.")]
    Locked,
    /// Another network was joined before.
    #[error(
        "This wallet has joined the network {joined} already; one wallet belongs to one network. \
         Make a new wallet for {offered}."
    )]
    OtherNetwork {
        /// Joined before.
        joined: String,
        /// In the file.
        offered: String,
    },
    /// No vault is in this home.
    #[error(
        "Nobody has a wallet on this computer yet. Create a new one, or restore yours from its 24 recovery words."
    )]
    NobodyYet,
    /// There is none.
    #[error("There is no such {what}: {text}.")]
    NotFound {
        /// What was looked for.
        what: Thing,
        /// By what it was looked for.
        text: String,
    },
    /// There are several.
    #[error("'{text}' fits more than one {what}. Give more of it.")]
    Ambiguous {
        /// What was looked for.
        what: Thing,
        /// By what it was looked for.
        text: String,
    },
    /// The provider and this person have a relationship already.
    #[error("You are enrolled with {provider} already.")]
    AlreadyEnrolled {
        /// Name of the provider.
        provider: String,
    },
    /// The code sends the wallet elsewhere than the ledger's directory does.
    #[error(
        "This code leads to {code}, but the ledger's directory says that the provider is at {directory}. \
         Do not use it; ask the provider for a new code."
    )]
    OtherEndpoint {
        /// Address in the code.
        code: String,
        /// Address in the directory.
        directory: String,
    },
    /// The relationship on the ledger is not what was agreed to.
    #[error(
        "The relationship {relationship} on the ledger is not the one this wallet agreed to ({reason}). \
         Nothing was handed over; tell the provider."
    )]
    ForeignRelationship {
        /// The relationship.
        relationship: RelationshipAddress,
        /// What differs.
        reason: &'static str,
    },
    /// A relationship that was on the ledger is proved to be gone.
    #[error("The ledger no longer has the relationship {0}, which was verified before. Tell the consortium.")]
    RelationshipGone(RelationshipAddress),
    /// The ledger took too long to open the relationship.
    #[error(
        "{provider} has taken the enrolment, but the ledger does not show it yet. \
         It goes on by itself with the next check of the ledger."
    )]
    EnrolmentPending {
        /// Name of the provider.
        provider: String,
    },
    /// The head is behind the trust anchor in the vault.
    #[error(
        "The ledger is shown only up to block {shown}, but this wallet has verified block {anchor} before. \
         Use another node."
    )]
    BehindAnchor {
        /// Height shown.
        shown: u64,
        /// Height in the vault.
        anchor: u64,
    },
    /// An offer to help or to take over that cannot be used.
    #[error("This cannot be used: {0}.")]
    Offer(#[from] OfferError),
    /// The key that opens this part of the log is not known here yet.
    #[error(
        "The key to these records is not here yet: the provider hands it over. Try again when the provider answers."
    )]
    KeyMissing,
    /// A consent history that is not believed.
    #[error("This consent history cannot be believed: {0}.")]
    History(String),
    /// A decision that cannot be made.
    #[error("This cannot be done: {0}.")]
    CannotAct(&'static str),
    /// The grant would open nothing.
    #[error("There is nothing to share: {0}.")]
    NothingToShare(&'static str),
    /// What was to be stopped is over or stopped already.
    #[error("This is over or was stopped already.")]
    NothingToStop,
    /// A choice that cannot be granted.
    #[error("This cannot be shared: {0}.")]
    CannotShare(&'static str),
    /// The proposal was looked at for too long.
    #[error("Too much time has passed since this was prepared. Prepare it again and look at it once more.")]
    ProposalTooOld,
    /// What would be signed is not what was prepared.
    #[error("What was to be signed does not read back as it was prepared ({0}). Nothing was signed.")]
    NotReviewed(&'static str),
    /// The request cannot be answered any more.
    #[error("This request was answered before or is over since {}.", .0.seconds())]
    RequestOver(Timestamp),
    /// The bytes are not those that the ledger's commitment is for.
    #[error(
        "This copy is not the record that the ledger knows (expected {expected}, found {found}). \
         It was thrown away. Tell the provider."
    )]
    DoesNotMatch {
        /// The commitment on the ledger.
        expected: Commitment,
        /// What came.
        found: Commitment,
    },
    /// The provider has no usable entry in the directory.
    #[error("{0} is not in the ledger's directory. Check the ledger first, then look again.")]
    UnknownProvider(ProviderAddress),
    /// A transaction on its way can still happen.
    #[error("This can still reach the ledger by itself. Wait, then check the ledger again.")]
    StillOnItsWay,
    /// A file of the person's cannot be read or written.
    #[error("Could not {doing} {}: {source}.", path.display())]
    File {
        /// What was tried, as a verb.
        doing: &'static str,
        /// On which path.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Stopped on request.
    #[error("Stopped. What was done so far is kept.")]
    Cancelled,
    /// A background task of this program ended early.
    #[error("This program could not finish a step ({0}). Try again.")]
    Internal(&'static str),
}

/// Result of a use case.
pub type Result<T, E = WalletError> = std::result::Result<T, E>;

impl WalletError {
    /// The kind of problem.
    pub fn code(&self) -> Code {
        match self {
            Self::Vault(error) => of_vault(error),
            Self::Store(error) => of_store(error),
            Self::Copy(error) => of_copy(error),
            Self::Ledger(error) => of_ledger(error),
            Self::Exchange(error) => of_exchange(error),
            Self::NetworkFile(_)
            | Self::Address(_)
            | Self::Text(_)
            | Self::Date
            | Self::EnrolmentCode(_)
            | Self::Endpoint(_)
            | Self::Ambiguous { .. }
            | Self::NothingToShare(_)
            | Self::CannotShare(_)
            | Self::CannotAct(_)
            | Self::Offer(OfferError::Invalid(_) | OfferError::Unproved) => Code::InvalidInput,
            Self::Enrolment(EnrolmentError::Expired) | Self::ProposalTooOld | Self::RequestOver(_) => {
                Code::Expired
            }
            Self::Enrolment(EnrolmentError::OtherLedger { .. })
            | Self::OtherNetwork { .. }
            | Self::Offer(OfferError::OtherNetwork) => Code::WrongNetwork,
            Self::Enrolment(_)
            | Self::OtherEndpoint { .. }
            | Self::ForeignRelationship { .. }
            | Self::RelationshipGone(_)
            | Self::BehindAnchor { .. }
            | Self::History(_)
            | Self::NotReviewed(_) => Code::VerificationFailed,
            Self::NotJoined => Code::NotJoined,
            Self::Locked => Code::Locked,
            Self::NobodyYet | Self::NotFound { .. } | Self::UnknownProvider(_) => Code::NotFound,
            Self::AlreadyEnrolled { .. } => Code::AlreadyExists,
            Self::EnrolmentPending { .. } | Self::StillOnItsWay => Code::NotConfirmed,
            Self::NothingToStop => Code::Expired,
            Self::DoesNotMatch { .. } => Code::CopyDoesNotMatch,
            Self::File { source, .. } if source.kind() == std::io::ErrorKind::NotFound => Code::NotFound,
            Self::File { .. } => Code::Disk,
            Self::KeyMissing => Code::ProviderAway,
            Self::Cancelled => Code::Cancelled,
            Self::Internal(_) => Code::Internal,
        }
    }
}

fn of_vault(error: &VaultError) -> Code {
    match error {
        VaultError::WrongPassphrase => Code::WrongPassphrase,
        VaultError::InUse { .. } => Code::VaultInUse,
        VaultError::NewerVersion { .. } => Code::NewerProgramNeeded,
        VaultError::AlreadyExists { .. } | VaultError::NewWordsUnderWay => Code::AlreadyExists,
        VaultError::DiskFull { .. } | VaultError::Io { .. } | VaultError::NotReadBack { .. } => Code::Disk,
        VaultError::Missing { .. } => Code::NotFound,
        VaultError::AnchorWouldGoBack { .. } | VaultError::AnchorConflict { .. } => Code::VerificationFailed,
        VaultError::Randomness | VaultError::OutOfMemory { .. } | VaultError::RelationshipsExhausted => {
            Code::Internal
        }
        VaultError::UnknownNetwork => Code::NotJoined,
        VaultError::NotAVault
        | VaultError::Truncated { .. }
        | VaultError::Damaged { .. }
        | VaultError::Altered
        | VaultError::ChangedOnDisk { .. }
        | VaultError::ParametersTooLow { .. }
        | VaultError::ParametersTooHigh { .. } => Code::VaultUnusable,
        VaultError::SameWords
        | VaultError::WordCount { .. }
        | VaultError::UnknownWord { .. }
        | VaultError::WordsChecksum
        | VaultError::IndexOutOfRange { .. }
        | VaultError::PassphraseTooShort { .. }
        | VaultError::PassphraseTooLong { .. }
        | VaultError::LabelInvalid { .. }
        | VaultError::TooManyNetworks { .. }
        | VaultError::NetworkIndexClash
        | VaultError::ChainIdInvalid { .. } => Code::InvalidInput,
    }
}

fn of_store(error: &StoreError) -> Code {
    match error {
        StoreError::WrongKey | StoreError::Damaged(_) => Code::DataUnusable,
        StoreError::Newer => Code::NewerProgramNeeded,
        StoreError::Database(_) => Code::Disk,
        StoreError::NotEncrypted => Code::Internal,
    }
}

fn of_copy(error: &CopyError) -> Code {
    match error {
        CopyError::Missing => Code::NotFound,
        CopyError::Damaged => Code::DataUnusable,
        CopyError::Disk(_) => Code::Disk,
    }
}

fn of_ledger(error: &ClientError) -> Code {
    match error {
        ClientError::Node { error: NodeError::Malformed { .. } | NodeError::TooLarge { .. }, .. }
        | ClientError::Lie { .. }
        | ClientError::Rollback(_) => Code::VerificationFailed,
        ClientError::Fork(_) => Code::LedgerForked,
        ClientError::Node { .. } | ClientError::NotReady | ClientError::Stale { .. } => Code::NodeAway,
        ClientError::WrongNetwork { .. } => Code::WrongNetwork,
        ClientError::TrustExpired { .. } => Code::TrustExpired,
        ClientError::StoredHead(_) => Code::DataUnusable,
        ClientError::NoHead | ClientError::NoNode => Code::NotJoined,
        ClientError::NoLog => Code::NotFound,
        ClientError::Clock | ClientError::Transport(_) => Code::Internal,
        ClientError::Refused(_) | ClientError::RefusedByUnknownRule { .. } => Code::RefusedByLedger,
        ClientError::NotConfirmed { .. } => Code::NotConfirmed,
        ClientError::Lapsed { .. } => Code::Expired,
    }
}

fn of_exchange(error: &ExchangeError) -> Code {
    match error {
        ExchangeError::Endpoint(_) => Code::InvalidInput,
        ExchangeError::Setup(_) | ExchangeError::Randomness(_) => Code::Internal,
        ExchangeError::Unreachable(_)
        | ExchangeError::TimedOut
        | ExchangeError::Interrupted { .. }
        | ExchangeError::Busy(_) => Code::ProviderAway,
        ExchangeError::Refused(refusal) => match refusal.code {
            ErrorCode::NotFound => Code::NotFound,
            ErrorCode::TooMany | ErrorCode::Unavailable | ErrorCode::NotFresh => Code::ProviderAway,
            ErrorCode::ExpiredCode => Code::Expired,
            _ => Code::RefusedByProvider,
        },
        ExchangeError::Redirected(_)
        | ExchangeError::Untrusted(_)
        | ExchangeError::Message(_)
        | ExchangeError::Enrolment(_)
        | ExchangeError::OtherSize { .. }
        | ExchangeError::OtherBeginning => Code::VerificationFailed,
        ExchangeError::Mismatch { .. } | ExchangeError::TooManyBytes { .. } => Code::CopyDoesNotMatch,
        ExchangeError::TooLarge { .. } | ExchangeError::Sink(_) => Code::Disk,
        ExchangeError::Cancelled => Code::Cancelled,
    }
}

impl From<ClientError> for WalletError {
    fn from(error: ClientError) -> Self {
        Self::Ledger(Box::new(error))
    }
}

impl From<ExchangeError> for WalletError {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Cancelled => Self::Cancelled,
            ExchangeError::Mismatch { expected, found } => Self::DoesNotMatch { expected, found },
            error => Self::Exchange(Box::new(error)),
        }
    }
}

impl From<sqlx::Error> for WalletError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<TxError> for WalletError {
    fn from(_: TxError) -> Self {
        Self::NotReviewed("the transaction")
    }
}

impl From<DecodeError> for WalletError {
    fn from(_: DecodeError) -> Self {
        Self::NotReviewed("its content")
    }
}

impl From<PayloadError> for WalletError {
    fn from(_: PayloadError) -> Self {
        Self::NotReviewed("the sealed part")
    }
}

impl From<SealError> for WalletError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::TooLong { .. } => {
                Self::CannotShare("more records are chosen than fit into one permission")
            }
            _ => Self::NotReviewed("the sealed part"),
        }
    }
}
