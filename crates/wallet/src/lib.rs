//! The patient's use cases: one façade under the window and the command line.
//!
//! ```text
//! Home ─ create / restore / open ─► Wallet ─ join, enrol, sync, records, fetch, share, stop, … ─► views
//! ```
//!
//! Keys live in the vault, everything that was learnt and verified in an encrypted database beside it, copies in
//! encrypted files beside that. What a node or a gatekeeper says is believed only as far as it is proved; what is
//! shown was verified when it was kept, so reading works without a network.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`home`] | people on this computer; opening a wallet |
//! | [`wallet`] | an open wallet; its use cases are in `use_case`, one file each |
//! | [`view`] | what use cases take and give |
//! | [`sentences`] | what people read before they sign, from the bytes that are signed |
//! | [`store`] | the encrypted database |
//! | [`copies`] | encrypted copies of records |
//! | [`error`] | what can go wrong, and the [`Code`] of each |

pub mod clock;
mod codes;
pub mod control;
pub mod copies;
pub mod error;
mod gatekeepers;
pub mod home;
mod keys;
mod random;
pub mod sentences;
pub mod store;
#[cfg(test)]
mod testing;
mod use_case;
pub mod view;
pub mod wallet;
pub mod words;
mod words_check;

pub use clock::{Clock, SystemClock};
pub use codes::{MAX_CODE_FILE_BYTES, code_picture, read_code};
pub use control::Control;
pub use error::{Code, Result, Thing, WalletError};
pub use home::{Home, Nodes, suggest_passphrase};
pub use medrec_client::{NetworkFile, NetworkFileError};
pub use medrec_exchange::api::EnrolmentCode;
pub use medrec_history::file::MAX_FILE_BYTES as MAX_HISTORY_BYTES;
pub use medrec_protocol::{
    Address, AgentAddress, Commitment, Hash32, ProviderAddress, RecordKind, RelationshipAddress, Timestamp,
    state::{GrantId, RequestId},
    tx::TxId,
};
pub use medrec_vault::{KdfParams, Passphrase, PassphraseStrength, RecoveryWords, StrengthLevel, VaultError};
pub use sentences::Language;
pub use tokio_util::sync::CancellationToken;
pub use use_case::{ActProposal, AgainProposal, ShareProposal, SignedShare, check_history};
pub use view::WordsQuestion;
pub use wallet::Wallet;
pub use words_check::WordsCheck;
