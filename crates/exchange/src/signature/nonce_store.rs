//! Requests that were seen: each is taken once, across restarts too. (HTTP-11)

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use futures::future::join_all;
use medrec_protocol::{Address, Timestamp};

use super::RequestNonce;

/// Whether a request was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Never, and from now on it is remembered.
    FirstTime,
    /// Yes: it must be refused.
    Before,
}

/// The store could not answer. The request must be refused.
#[derive(Debug, thiserror::Error)]
#[error("seen requests cannot be remembered: {0}")]
pub struct NonceStoreError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// Remembers nonces of requests whose signature holds. The consumer of this crate implements it on storage
/// that survives restarts, and runs [`check_conformance`] on it.
#[async_trait]
pub trait NonceStore: Send + Sync {
    /// Remembers `nonce` of `signer` until `until` (inclusive), durably before it returns. Of several calls
    /// with the same signer and nonce, at the same time too, exactly one is the first. What expired before
    /// `now` may be forgotten.
    async fn remember(
        &self,
        signer: Address,
        nonce: RequestNonce,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Seen, NonceStoreError>;
}

/// Remembers in memory only: for tests, and for servers that no restart may ever outlive.
#[derive(Debug, Default)]
pub struct MemoryNonces(Mutex<BTreeMap<(Address, RequestNonce), Timestamp>>);

#[async_trait]
impl NonceStore for MemoryNonces {
    async fn remember(
        &self,
        signer: Address,
        nonce: RequestNonce,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Seen, NonceStoreError> {
        let mut seen = self.0.lock().map_err(|_| NonceStoreError("a thread failed while writing".into()))?;
        seen.retain(|_, until| *until >= now);
        Ok(match seen.insert((signer, nonce), until) {
            None => Seen::FirstTime,
            Some(_) => Seen::Before,
        })
    }
}

/// A store does not keep the contract of [`NonceStore`].
#[derive(Debug, thiserror::Error)]
pub enum Nonconformance {
    /// It answers otherwise than the contract says.
    #[error("{situation}: expected {expected:?}")]
    Answer {
        /// What was asked.
        situation: &'static str,
        /// What the contract says.
        expected: Seen,
    },
    /// Of requests at the same time, not exactly one was the first.
    #[error("{0} of 8 identical requests at the same time were the first")]
    Race(usize),
    /// It failed.
    #[error(transparent)]
    Store(#[from] NonceStoreError),
}

/// Checks that a store keeps the contract of [`NonceStore`]. It must be empty; `start` is its present.
pub async fn check_conformance(
    store: &dyn NonceStore,
    signers: [Address; 2],
    start: Timestamp,
) -> Result<(), Nonconformance> {
    let [one, two] = [[1; 16], [2; 16]].map(RequestNonce::from_bytes);
    let until = start.plus(90);
    let steps = [
        ("a new request", signers[0], one, start, Seen::FirstTime),
        ("the same request again", signers[0], one, start, Seen::Before),
        ("the same nonce from another account", signers[1], one, start, Seen::FirstTime),
        ("another nonce from the same account", signers[0], two, start, Seen::FirstTime),
        ("the first request in its last second", signers[0], one, until, Seen::Before),
        ("the second request in its last second", signers[1], one, until, Seen::Before),
    ];
    for (situation, signer, nonce, now, expected) in steps {
        if store.remember(signer, nonce, until, now).await? != expected {
            return Err(Nonconformance::Answer { situation, expected });
        }
    }
    let nonce = RequestNonce::from_bytes([3; 16]);
    let answers = join_all((0..8).map(|_| store.remember(signers[0], nonce, until, start))).await;
    let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    match answers.iter().filter(|seen| **seen == Seen::FirstTime).count() {
        1 => Ok(()),
        first => Err(Nonconformance::Race(first)),
    }
}
