//! From 24 recovery words to the keys of one relationship.
//!
//! ```text
//! 24 BIP-39 words (English, no BIP-39 passphrase)
//!   → seed = PBKDF2-HMAC-SHA512(words, "mnemonic", 2048 rounds, 64 bytes)
//!   → SLIP-0010 ed25519, every step hardened:
//!     m / 5333' / network' / role' / index' / epoch'
//! ```
//!
//! Invariant: the words alone give every key again; two relationships, two networks, two roles and two epochs
//! never share a key.

mod slip10;
mod tree;
mod words;

pub use tree::{KeyEpoch, KeyTree, NetworkIndex, PURPOSE, RelationshipIndex};
pub(crate) use words::MAX_WORD_LEN;
pub use words::{ENTROPY_LEN, RecoveryWords, WORD_COUNT, recovery_word_list};
