//! What is on the ledger and how it is signed, sealed, proved and decided.
//!
//! Pure: no I/O, no clock, no random source of its own. Time, randomness and state come in as
//! arguments, so wallet, gatekeeper and every validator run the very same rules.
//!
//! | module | what it holds | specification |
//! | --- | --- | --- |
//! | [`address`] | names of accounts | docs/spec/address.md |
//! | [`chain`], [`sign`] | chain identity, the one signature rule | docs/spec/transaction.md |
//! | [`tx`], [`actions`] | transactions and what they may do | docs/spec/transaction.md |
//! | [`seal`], [`payload`] | sealed payloads and their content | docs/spec/sealed.md |
//! | [`log`] | the RFC 6962 log | docs/spec/log.md |
//! | [`state`] | leaves of the authenticated state | docs/spec/state.md |
//! | [`commitment`] | salted commitments to records | docs/spec/commitment.md |
//! | [`decide`] | may this copy be released? | docs/spec/decide.md |

#![deny(clippy::float_arithmetic)]

pub mod actions;
pub mod address;
pub mod chain;
pub mod codec;
pub mod commitment;
pub mod decide;
pub mod genesis;
pub mod handover;
pub mod hash;
pub mod log;
pub mod offer;
pub mod payload;
pub mod query;
pub mod record;
pub mod seal;
pub mod share;
pub mod sign;
pub mod state;
pub mod tx;

pub use address::{Address, AgentAddress, MemberAddress, ProviderAddress, RelationshipAddress};
pub use chain::{ChainId, ChainIdentity, Timestamp};
pub use commitment::{Commitment, RecordSalt};
pub use hash::Hash32;
pub use record::RecordKind;
pub use seal::{Epoch, Sealed, ViewingKey};
pub use sign::{PublicKey, Signature};
pub use tx::{SignedTx, TxBody};
