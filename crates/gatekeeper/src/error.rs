//! Everything that can go wrong, said so that a person knows what happened and what to do next.

use std::path::PathBuf;

use medrec_protocol::Commitment;

use crate::ledger_view::LedgerProblem;

/// Why the gatekeeper could not do something.
#[derive(Debug, thiserror::Error)]
pub enum GatekeeperError {
    /// The folder is not a gatekeeper's home.
    #[error("{} is not a gatekeeper's folder; make one with: medrec-gatekeeper init --home {}", .0.display(), .0.display())]
    NoHome(PathBuf),
    /// `init` on a folder that is one already.
    #[error("{} is a gatekeeper's folder already; its keys are kept as they are", .0.display())]
    HomeExists(PathBuf),
    /// A file or folder cannot be read or written.
    #[error("{doing} {}: {source}", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// A configuration, key or network file has wrong content.
    #[error("{} cannot be used: {what}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The key file can be read by others.
    #[error("{} can be read by other users; run: chmod 600 {}", .0.display(), .0.display())]
    KeysExposed(PathBuf),
    /// Another process serves from this home.
    #[error("another medrec-gatekeeper runs on {}; stop it first", .0.display())]
    Running(PathBuf),
    /// The SQLite in this build does not encrypt.
    #[error("this program was built without database encryption and will not open its database")]
    NotEncrypted,
    /// The database cannot be opened with the key in the key file.
    #[error("the database does not open with the key in keys.toml; put back the key file that belongs to it")]
    DatabaseKey,
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
    /// The database is of another version.
    #[error("the database cannot be brought to this program's version: {0}")]
    Migration(sqlx::migrate::MigrateError),
    /// A stored value is not what this program writes.
    #[error("the database holds a damaged value ({0}); restore it from a backup")]
    Damaged(&'static str),
    /// No network was joined.
    #[error("this gatekeeper belongs to no network yet; run: medrec-gatekeeper join --network FILE")]
    NotJoined,
    /// Another network was joined before.
    #[error("this gatekeeper belongs to the network {0} already; use another home for another network")]
    OtherNetwork(String),
    /// The ledger cannot be read or does not answer truly.
    #[error(transparent)]
    Ledger(#[from] LedgerProblem),
    /// The ledger's directory does not have this provider.
    #[error("the ledger does not know this provider; its operators must admit provider.json first")]
    NotAdmitted,
    /// The ledger refused a transaction.
    #[error("the ledger refused: {0}")]
    Refused(String),
    /// Not confirmed within the time that the command waits.
    #[error(
        "the ledger has not confirmed it yet; it stays queued and is sent again while the gatekeeper runs"
    )]
    Unconfirmed,
    /// A change that is not kept in the outbox was not seen on the ledger in time.
    #[error("the ledger has not confirmed the change yet; run the same command again later")]
    NotChanged,
    /// An argument of a command cannot be used.
    #[error("{0}")]
    Input(String),
    /// No patient of this name is enrolled.
    #[error("no relationship with the patient '{0}' is open; run: medrec-gatekeeper enrol --patient {0}")]
    NoPatient(String),
    /// The patient's newest viewing key could not be opened here.
    #[error(
        "the patient's newest viewing key cannot be opened here, so nothing can be written for her; ask the patient to change it again"
    )]
    NoViewingKey,
    /// No such record was published.
    #[error(
        "the patient has no published record {0}; the list is shown by: medrec-gatekeeper patients --records"
    )]
    NoRecord(String),
    /// No such grant was received.
    #[error("no grant {0} was received; see: medrec-gatekeeper inbox")]
    NoGrant(String),
    /// Another gatekeeper did not answer, or refused.
    #[error("the gatekeeper of {publisher}: {what}")]
    Exchange {
        /// The publisher.
        publisher: String,
        /// What happened there.
        what: String,
        /// Whether it may work later.
        away: bool,
    },
    /// A publisher has nothing for this provider.
    #[error(
        "the gatekeeper of {0}: there is nothing for this provider; the grant is over, was stopped, or does not cover it"
    )]
    NotFound(String),
    /// A publisher lets this provider see nothing in an emergency.
    #[error(
        "the gatekeeper of {0} shows nothing in an emergency: the patient does not allow it there, or the ledger does not have this provider as one that gives emergency care"
    )]
    NoEmergency(String),
    /// Another gatekeeper's answer failed verification.
    #[error("the gatekeeper of {publisher} gave an answer that is not true: {what}")]
    Untrusted {
        /// The publisher.
        publisher: String,
        /// Which check failed.
        what: String,
    },
    /// Bytes that came are not what the ledger says.
    #[error(
        "the copy is not the record that {publisher} published: the ledger has commitment {expected}, the bytes give {found}; it was not kept"
    )]
    Mismatch {
        /// The publisher.
        publisher: String,
        /// Commitment on the ledger.
        expected: Commitment,
        /// Commitment of the bytes.
        found: Commitment,
    },
    /// What a publisher says of a record is not what stands on the ledger.
    #[error("{publisher} and the ledger disagree about record {commitment}: {what}; it was not kept")]
    Unproved {
        /// The publisher.
        publisher: String,
        /// The record.
        commitment: Commitment,
        /// What does not agree.
        what: &'static str,
    },
    /// `health` found something.
    #[error("something needs the operator: see what was printed")]
    NotWell,
    /// The server could not listen or failed.
    #[error("cannot serve on {address}: {source}")]
    Serve {
        /// Where.
        address: String,
        /// What the system answered.
        source: std::io::Error,
    },
}

/// `Result` of this crate.
pub type Result<T, E = GatekeeperError> = std::result::Result<T, E>;

impl GatekeeperError {
    /// A file operation that failed.
    pub fn file(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { doing, path, source }
    }

    /// Exit code of a command that ends with this error; 0 is success and 2 a wrong command line.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::NoHome(_)
            | Self::HomeExists(_)
            | Self::Content { .. }
            | Self::KeysExposed(_)
            | Self::Running(_)
            | Self::NotEncrypted
            | Self::DatabaseKey
            | Self::NotJoined
            | Self::OtherNetwork(_)
            | Self::Ledger(LedgerProblem::Unusable(_)) => 3,
            Self::Ledger(LedgerProblem::Away(_))
            | Self::Exchange { away: true, .. }
            | Self::Unconfirmed
            | Self::NotChanged => 4,
            Self::Ledger(LedgerProblem::Untrue(_) | LedgerProblem::Forked(_))
            | Self::Unproved { .. }
            | Self::Untrusted { .. } => 5,
            Self::Refused(_) | Self::NotAdmitted | Self::NoViewingKey => 6,
            Self::NoPatient(_)
            | Self::NoGrant(_)
            | Self::NoRecord(_)
            | Self::NotFound(_)
            | Self::NoEmergency(_) => 7,
            Self::Mismatch { .. } => 8,
            Self::NotWell => 9,
            Self::File { .. }
            | Self::Database(_)
            | Self::Migration(_)
            | Self::Damaged(_)
            | Self::Exchange { .. }
            | Self::Serve { .. } => 10,
        }
    }
}

/// SQLite's code for "not a database": what SQLCipher answers to a wrong key.
const SQLITE_NOTADB: &str = "26";

impl From<sqlx::Error> for GatekeeperError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        if code.as_deref() == Some(SQLITE_NOTADB) { Self::DatabaseKey } else { Self::Database(error) }
    }
}

impl From<sqlx::migrate::MigrateError> for GatekeeperError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(error) => error.into(),
            other => Self::Migration(other),
        }
    }
}
