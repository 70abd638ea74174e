//! Transactions: canonical, bounded, signed once, and never applied twice. (docs/spec/transaction.md)

use borsh::{BorshDeserialize, BorshSerialize};
use ed25519_dalek::SigningKey;

use crate::{
    Address, ChainIdentity, PublicKey, Signature, Timestamp,
    actions::Action,
    codec::{self, DecodeError, List},
    hash::Hash32,
    sign::{self, BadSignature, Purpose, SUITE_ED25519},
    state::Nonce,
};

/// Longest transaction in bytes.
pub const MAX_TX_BYTES: usize = 64 * 1024;
/// Most actions in one transaction.
pub const MAX_ACTIONS: usize = 128;
/// How far ahead of block time a transaction may say that it stays valid, in seconds.
pub const MAX_VALIDITY_SECONDS: u64 = 600;

/// What is signed: who does what, once, until when. All actions apply, or none.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct TxBody {
    /// The account that acts.
    pub signer: Address,
    /// Makes it unique.
    pub nonce: Nonce,
    /// Last second of block time in which it may be included.
    pub valid_until: Timestamp,
    /// What is done, in order.
    pub actions: List<Action, MAX_ACTIONS>,
}

/// A transaction body with its signature.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SignedTx {
    suite: u8,
    /// What was signed.
    pub body: TxBody,
    signature: Signature,
}

/// Id of a transaction, as CometBFT computes it: SHA-256 of its bytes.
pub type TxId = Hash32;

/// Why bytes are not a transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TxError {
    /// Too long, not canonical, or not a transaction at all.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Signed by a method this program does not know.
    #[error("signature suite {0} is unknown: a newer program is needed")]
    Suite(u8),
    /// No action, which would do nothing.
    #[error("a transaction needs at least one action")]
    Empty,
}

impl TxBody {
    /// Signs the body for one ledger.
    pub fn sign(self, key: &SigningKey, chain: &ChainIdentity) -> SignedTx {
        let signature = sign::sign(key, Purpose::Transaction, chain, &codec::encode(&self));
        SignedTx { suite: SUITE_ED25519, body: self, signature }
    }
}

impl SignedTx {
    /// Decodes a transaction from outside. Its signature is not yet checked.
    pub fn decode(bytes: &[u8]) -> Result<Self, TxError> {
        let tx: Self = codec::decode(bytes, MAX_TX_BYTES)?;
        if tx.suite != SUITE_ED25519 {
            return Err(TxError::Suite(tx.suite));
        }
        if tx.body.actions.as_slice().is_empty() {
            return Err(TxError::Empty);
        }
        Ok(tx)
    }

    /// The canonical bytes, as they are sent.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Checks the signature against the key that the ledger holds for the signer.
    pub fn verify(&self, key: &PublicKey, chain: &ChainIdentity) -> Result<(), BadSignature> {
        key.verify(Purpose::Transaction, chain, &codec::encode(&self.body), &self.signature)
    }

    /// The transaction's id.
    pub fn id(&self) -> TxId {
        Hash32::plain(&self.encode())
    }
}
