//! What medrec-exchange asks of its consumer: the keys in force, and the memory of requests.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use medrec_exchange::{
    server::{KeySource, KeySourceError},
    signature::{NonceStore, NonceStoreError, RequestNonce, Seen},
};
use medrec_protocol::{
    Address, AgentAddress, ProviderAddress, PublicKey, RelationshipAddress, Timestamp,
    state::{ProviderLeaf, RelationshipLeaf},
};
use tokio::sync::Mutex;

use crate::{
    book::Current,
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    release::MAX_HEAD_AGE,
    store::{
        Store, nonces,
        relationships::{self, State},
    },
};

/// Providers whose keys are remembered under one header.
const MAX_REMEMBERED: usize = 1000;

/// Keys from the ledger's verified state; for relationships that are being opened, from their enrolment.
pub(super) struct KeysOnLedger {
    gatekeeper: Arc<Gatekeeper>,
    providers: Mutex<Remembered>,
}

#[derive(Default)]
struct Remembered {
    height: u64,
    keys: BTreeMap<ProviderAddress, Option<PublicKey>>,
}

impl KeysOnLedger {
    pub(super) fn new(gatekeeper: Arc<Gatekeeper>) -> Self {
        Self { gatekeeper, providers: Mutex::default() }
    }

    async fn of_provider(&self, address: ProviderAddress) -> Result<Option<PublicKey>> {
        let head = self.gatekeeper.ledger.head(MAX_HEAD_AGE).await?;
        let mut remembered = self.providers.lock().await;
        if remembered.height != head.height || remembered.keys.len() >= MAX_REMEMBERED {
            *remembered = Remembered { height: head.height, keys: BTreeMap::new() };
        }
        if let Some(key) = remembered.keys.get(&address) {
            return Ok(*key);
        }
        let leaf = self.gatekeeper.ledger.provider(address).await?;
        // One that is suspended or expelled is told no more than one that nobody knows.
        let key = leaf.filter(ProviderLeaf::is_admitted).map(|leaf| leaf.provider.signing_key);
        remembered.keys.insert(address, key);
        Ok(key)
    }

    async fn of_relationship(&self, address: RelationshipAddress) -> Result<Option<PublicKey>> {
        let mut read = self.gatekeeper.store.read().await?;
        let known = relationships::get(&mut read, address).await?;
        drop(read);
        match known {
            None => Ok(None),
            Some(known) if known.state == State::Opening => Ok(Some(known.owner)),
            Some(_) => {
                let current = self.gatekeeper.current(address, MAX_HEAD_AGE).await?;
                let (early, late) = self.clocks(&current);
                // While the two clocks do not agree who owns the account, nobody asks for it.
                let owner = |leaf: &RelationshipLeaf| leaf.settled(early).owner;
                Ok(current
                    .leaf
                    .filter(|leaf| owner(leaf) == leaf.settled(late).owner)
                    .map(|leaf| owner(&leaf)))
            }
        }
    }

    /// Delegates ask about the relationship that they are appointed for. Whether a delegation counts, is decided later.
    async fn of_agent(&self, agent: AgentAddress, about: RelationshipAddress) -> Result<Option<PublicKey>> {
        let mut read = self.gatekeeper.store.read().await?;
        let known = relationships::get(&mut read, about).await?;
        drop(read);
        if known.is_none() {
            return Ok(None);
        }
        let current = self.gatekeeper.current(about, MAX_HEAD_AGE).await?;
        let (_, late) = self.clocks(&current);
        let leaf = current.leaf.map(|leaf| leaf.settled(late));
        Ok(leaf.and_then(|leaf| leaf.delegations.get(&agent).map(|delegation| delegation.key)))
    }

    fn clocks(&self, current: &Current) -> (Timestamp, Timestamp) {
        let (block, local) = (current.at.time, self.gatekeeper.clock.now());
        (block.min(local), block.max(local))
    }
}

#[async_trait]
impl KeySource for KeysOnLedger {
    async fn key_of(&self, account: Address) -> Result<Option<PublicKey>, KeySourceError> {
        self.key_about(account, None).await
    }

    async fn key_about(
        &self,
        account: Address,
        about: Option<RelationshipAddress>,
    ) -> Result<Option<PublicKey>, KeySourceError> {
        let key = match (account, about) {
            (Address::Provider(address), _) => self.of_provider(address).await,
            (Address::Relationship(address), _) => self.of_relationship(address).await,
            (Address::Agent(agent), Some(about)) => self.of_agent(agent, about).await,
            (Address::Agent(_) | Address::Member(_), _) => Ok(None),
        };
        key.map_err(|error: GatekeeperError| KeySourceError(Box::new(error)))
    }
}

/// Requests that were seen, in the store.
#[derive(Clone)]
pub(super) struct StoredNonces {
    store: Store,
}

impl StoredNonces {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }

    async fn remember(
        &self,
        signer: Address,
        nonce: RequestNonce,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Seen> {
        let mut tx = self.store.begin().await?;
        nonces::forget_before(&mut tx, now).await?;
        let first = nonces::remember(&mut tx, &signer.to_string(), nonce.as_bytes(), until).await?;
        tx.commit().await?;
        Ok(if first { Seen::FirstTime } else { Seen::Before })
    }
}

#[async_trait]
impl NonceStore for StoredNonces {
    async fn remember(
        &self,
        signer: Address,
        nonce: RequestNonce,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Seen, NonceStoreError> {
        StoredNonces::remember(self, signer, nonce, until, now)
            .await
            .map_err(|error| NonceStoreError(Box::new(error)))
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use medrec_exchange::signature::check_conformance;

    use super::*;
    use crate::{store::testing::TestStore, testing::World};

    #[tokio::test]
    async fn while_the_clocks_do_not_agree_who_owns_an_account_nobody_asks_for_it() {
        let (world, clinic) = World::with_one().await;
        let patient = world.enrolled(&clinic, "amelia").await;
        let (old, account) = (PublicKey::of(&patient.owner()), Address::Relationship(patient.address()));
        let new = PublicKey::of(&patient.promise(1000).await);
        let keys = KeysOnLedger::new(Arc::clone(&clinic.gatekeeper));
        let owner = async || keys.key_of(account).await.unwrap();
        world.clock.advance(999);
        assert_eq!(owner().await, Some(old));
        world.ledger.set_lag(60);
        world.clock.advance(1);
        assert_eq!(owner().await, None, "the local clock says the new owner, the ledger the old one");
        world.clock.advance(60);
        assert_eq!(owner().await, Some(new));
    }

    #[tokio::test]
    async fn after_a_recovery_by_guardians_only_the_new_key_asks_for_the_account() {
        const DAY: u32 = 86_400;
        let (world, clinic) = World::with_one().await;
        let patient = world.enrolled(&clinic, "amelia").await;
        let (old, account) = (PublicKey::of(&patient.owner()), Address::Relationship(patient.address()));
        let keys = KeysOnLedger::new(Arc::clone(&clinic.gatekeeper));
        let owner = async || keys.key_of(account).await.unwrap();
        let guardians = patient.choose_guardians(DAY).await;
        let (wrong, right) = (SigningKey::from_bytes(&[41; 32]), SigningKey::from_bytes(&[42; 32]));
        for guardian in &guardians {
            patient.approve_recovery(guardian, &wrong).await;
        }
        world.clock.advance(u64::from(DAY) - 1);
        assert_eq!(owner().await, Some(old), "one second is left");
        // The owner says no in time, and nothing moves.
        patient.veto_recovery().await;
        world.clock.advance(2);
        assert_eq!(owner().await, Some(old));
        for guardian in &guardians {
            patient.approve_recovery(guardian, &right).await;
        }
        world.clock.advance(u64::from(DAY));
        assert_eq!(owner().await, Some(PublicKey::of(&right)));
    }

    #[tokio::test]
    async fn the_stored_nonces_keep_the_contract() {
        let store = TestStore::new().await;
        let signers = [[1; 20], [2; 20]].map(|bytes| Address::Provider(ProviderAddress::from_bytes(bytes)));
        let nonces = StoredNonces::new(store.store.clone());
        check_conformance(&nonces, signers, Timestamp::from_seconds(1_700_000_000)).await.unwrap();
    }
}
