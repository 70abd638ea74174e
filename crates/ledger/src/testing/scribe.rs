//! What happens on a ledger that runs: each transaction with a nonce of its own, and valid from now on.

use std::sync::atomic::{AtomicU64, Ordering};

use medrec_protocol::{ChainIdentity, Timestamp, actions::Action, state::Nonce};

use super::sample::{self, Actor};

/// How long a transaction can be sent, in seconds.
const VALID_SECONDS: u64 = 300;
/// How long a grant lasts, in seconds.
const GRANT_SECONDS: u64 = 24 * 60 * 60;

/// Signs for everybody on one ledger.
#[derive(Debug)]
pub struct Scribe {
    /// The ledger.
    pub chain: ChainIdentity,
    /// The provider that opens relationships and publishes.
    pub publisher: Actor,
    clock: fn() -> Timestamp,
    nonces: AtomicU64,
}

impl Scribe {
    /// On this ledger, by this clock.
    pub const fn new(chain: ChainIdentity, publisher: Actor, clock: fn() -> Timestamp) -> Self {
        Self { chain, publisher, clock, nonces: AtomicU64::new(1) }
    }

    /// A transaction of these actions.
    pub fn sign(&self, signer: &Actor, actions: Vec<Action>) -> Vec<u8> {
        let number = self.nonces.fetch_add(1, Ordering::Relaxed);
        let nonce = Nonce::from_bytes(u128::from(number).to_be_bytes());
        signer.sign(&self.chain, nonce, (self.clock)().plus(VALID_SECONDS), actions)
    }

    /// The publisher opens a relationship.
    pub fn open(&self, patient: &Actor) -> Vec<u8> {
        self.sign(&self.publisher, vec![sample::open(&self.chain, &self.publisher, patient)])
    }

    /// The publisher publishes a record.
    pub fn publish(&self, patient: &Actor, record: &[u8]) -> Vec<u8> {
        self.sign(&self.publisher, vec![sample::publish(&self.chain, &self.publisher, patient, record, None)])
    }

    /// The patient gives a grant.
    pub fn grant(&self, patient: &Actor, id: u64) -> Vec<u8> {
        let until = (self.clock)().plus(GRANT_SECONDS);
        self.sign(patient, vec![sample::grant(&self.chain, patient, sample::grant_id(id), until)])
    }

    /// The patient stops a grant.
    pub fn revoke(&self, patient: &Actor, id: u64) -> Vec<u8> {
        self.sign(patient, vec![sample::revoke(&self.chain, patient, sample::grant_id(id))])
    }
}
