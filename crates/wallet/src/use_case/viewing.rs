//! Following the viewing key of a relationship through its changes.
//!
//! Each change stands in the log with the older key closed under the new one. So whoever proves the newest key has all of
//! them. The newest comes from the words, from what was kept before it was sent, or from the publisher, and is believed
//! only when it opens the older one.

use std::collections::BTreeMap;

use medrec_client::{ProvenRelationship, Snapshot};
use medrec_exchange::{Signer, client::Asker};
use medrec_protocol::{
    ChainIdentity, Epoch, ViewingKey,
    actions::{Action, NewViewingKey},
    log::Frontier,
    state::RelationshipLeaf,
};

use crate::{
    Result, Wallet, WalletError,
    keys::{MAX_EPOCH, RelationshipKeys},
    store::{providers, relationships::Relationship, viewing_keys},
    wallet::Acting,
};

impl Wallet {
    /// Makes sure that every epoch of the log up to the proved leaf can be opened. False when that is not possible now:
    /// nobody here knows the newest key, and the publisher does not hand it over.
    pub(crate) async fn follow_viewing_key(
        &self,
        row: &Relationship,
        proven: &ProvenRelationship,
        known: &Frontier,
        chain: &ChainIdentity,
    ) -> Result<bool> {
        let newest = proven.leaf.epoch;
        let keys = self.keys(chain, row).await?;
        if self.is_helping() && !self.may_have_key(&proven.leaf, &keys) {
            return Ok(false);
        }
        if newest.count() > MAX_EPOCH {
            return Err(WalletError::Internal("a viewing key that was changed too often"));
        }
        // Only what was proved is among the keys, and it was kept together with the keys before it.
        if keys.viewing(newest).is_some() {
            return Ok(true);
        }
        let changes = changes(proven, known).await?;
        let Some(key) = self.newest_key(row, &proven.leaf, &keys, &changes, chain).await? else {
            return Ok(false);
        };
        let mut found = BTreeMap::from([(newest, key)]);
        let mut epoch = newest;
        while let (Some(change), Some(older)) = (changes.get(&epoch), epoch.previous()) {
            let newer = found.get(&epoch).ok_or(WalletError::KeyMissing)?;
            match change.older.open(newer, chain, row.address, epoch) {
                Ok(key) => drop(found.insert(older, key)),
                // Somebody wrote nonsense in its place. What lies before stays closed, unless it is known already.
                Err(_) => break,
            }
            epoch = older;
        }
        let mut tx = self.store.begin().await?;
        for (epoch, key) in &found {
            viewing_keys::put(&mut tx, row.address, *epoch, key).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn newest_key(
        &self,
        row: &Relationship,
        leaf: &RelationshipLeaf,
        keys: &RelationshipKeys,
        changes: &BTreeMap<Epoch, NewViewingKey>,
        chain: &ChainIdentity,
    ) -> Result<Option<ViewingKey>> {
        let newest = leaf.epoch;
        let change = changes.get(&newest);
        let fits = |key: &ViewingKey| match change {
            Some(change) => change.older.open(key, chain, row.address, newest).is_ok(),
            // Of the first epoch there is nothing to prove it by; what it opens proves it.
            None => newest == Epoch::FIRST,
        };
        let mut read = self.store.read().await?;
        let mut candidates = viewing_keys::made(&mut read, row.address, newest).await?;
        drop(read);
        if newest != Epoch::FIRST {
            candidates.extend(self.candidates(chain, row.index, newest).await);
        }
        if let Some(key) = candidates.into_iter().find(fits) {
            return Ok(Some(key));
        }
        self.ask_for_key(row, leaf, keys, chain).await
    }

    /// Asks the publisher, which hands the key to the owner in force and to delegates whose time has come.
    async fn ask_for_key(
        &self,
        row: &Relationship,
        leaf: &RelationshipLeaf,
        keys: &RelationshipKeys,
        chain: &ChainIdentity,
    ) -> Result<Option<ViewingKey>> {
        if !self.may_have_key(leaf, keys) {
            return Ok(None);
        }
        let mut read = self.store.read().await?;
        let provider = providers::get(&mut read, row.provider).await?;
        drop(read);
        let provider = provider.ok_or(WalletError::UnknownProvider(row.provider))?;
        let client = self.gatekeepers.client(&provider)?;
        let asker = Asker::patient(Signer::new(keys.signer(), keys.signing().clone()));
        match client.viewing_key(&asker, chain, row.address).await {
            Ok((epoch, key)) if epoch == leaf.epoch => Ok(Some(key)),
            // It follows the ledger on its own and may be a moment behind.
            Ok(_) => Ok(None),
            Err(error) => {
                tracing::warn!(%error, "the viewing key could not be fetched; it is asked for again with the next check");
                Ok(None)
            }
        }
    }

    fn may_have_key(&self, leaf: &RelationshipLeaf, keys: &RelationshipKeys) -> bool {
        let leaf = leaf.settled(self.now());
        match (self.acting, keys.signer()) {
            (Acting::Own, _) => leaf.owner == keys.public(),
            (Acting::Helping { .. }, medrec_protocol::Address::Agent(agent)) => {
                let now = self.now();
                leaf.delegate_may(agent, medrec_protocol::state::Right::See, now, now)
            }
            _ => false,
        }
    }

    /// The relationship that a person's own key number opens or owns now, with its leaf.
    pub(crate) async fn owned(
        &self,
        keys: &RelationshipKeys,
        snapshot: &Snapshot,
    ) -> Result<Option<(medrec_protocol::RelationshipAddress, RelationshipLeaf)>> {
        let first = keys.address();
        let now = snapshot.head().time;
        let found = match snapshot.relationship(first).await? {
            Some(proven) => Some((first, proven.leaf)),
            None => match snapshot.owner(keys.public()).await? {
                Some(address) => snapshot.relationship(address).await?.map(|proven| (address, proven.leaf)),
                None => None,
            },
        };
        Ok(found.filter(|(_, leaf)| leaf.settled(now).owner == keys.public()))
    }
}

/// The changes of the viewing key that stand in the log after what is known.
async fn changes(proven: &ProvenRelationship, known: &Frontier) -> Result<BTreeMap<Epoch, NewViewingKey>> {
    let mut changes = BTreeMap::new();
    if proven.leaf.epoch == Epoch::FIRST {
        return Ok(changes);
    }
    let mut sync = proven.log().sync(known.clone())?;
    while let Some(page) = sync.next_page().await? {
        for entry in page.entries {
            let Ok(entry) = entry.relationship() else { continue };
            if let Some(key) = new_key(&entry.action) {
                changes.insert(key.epoch, key.clone());
            }
        }
    }
    Ok(changes)
}

fn new_key(action: &Action) -> Option<&NewViewingKey> {
    match action {
        Action::EndDelegation(action) => Some(&action.key),
        Action::RotateViewingKey(action) => Some(&action.key),
        Action::RotateKeys(action) => Some(&action.key),
        _ => None,
    }
}
