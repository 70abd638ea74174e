//! Keys of one relationship: who signs, and what opens its log.
//!
//! Signing keys follow from the words. Viewing keys do, too, until somebody else changes one; then they are handed over by
//! the publisher or found in the log under a newer one, proved, and kept.

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use medrec_protocol::{
    Address, AgentAddress, ChainIdentity, Epoch, PublicKey, RelationshipAddress, ViewingKey,
    seal::{PayloadKind, SealContext},
};
use medrec_vault::{KeyEpoch, KeyTree, NetworkIndex, RelationshipIndex};

use crate::{
    Result, Wallet, WalletError,
    store::{relationships::Relationship, viewing_keys},
    wallet::{Acting, genesis_of},
};

/// Most changes of a viewing key that are followed.
pub(crate) const MAX_EPOCH: u32 = 1000;

/// Keys of one relationship, wiped from memory when dropped.
pub(crate) struct RelationshipKeys {
    signer: Address,
    signing: SigningKey,
    viewing: BTreeMap<Epoch, ViewingKey>,
}

impl RelationshipKeys {
    /// The account that signs: the patient's, or an agent's.
    pub fn signer(&self) -> Address {
        self.signer
    }

    /// Signs.
    pub fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// The key that the ledger holds for the signer.
    pub fn public(&self) -> PublicKey {
        PublicKey::of(&self.signing)
    }

    /// The relationship that opens with the signing key.
    pub fn address(&self) -> RelationshipAddress {
        RelationshipAddress::of(&self.public())
    }

    /// Opens what was sealed in an epoch.
    pub fn viewing(&self, epoch: Epoch) -> Option<&ViewingKey> {
        self.viewing.get(&epoch)
    }

    /// As [`Self::viewing`], where the key must be there.
    pub fn must_view(&self, epoch: Epoch) -> Result<&ViewingKey> {
        self.viewing(epoch).ok_or(WalletError::KeyMissing)
    }

    /// The newest key that is here.
    pub fn newest_viewing(&self) -> Option<(Epoch, &ViewingKey)> {
        self.viewing.last_key_value().map(|(epoch, key)| (*epoch, key))
    }

    /// Where a payload stands that this signer seals; its kind is set when it is sealed or opened.
    pub fn context<'a>(
        &self,
        chain: &'a ChainIdentity,
        relationship: RelationshipAddress,
    ) -> SealContext<'a> {
        SealContext { chain, relationship, signer: self.signer, kind: PayloadKind::Grant }
    }
}

impl Wallet {
    /// Keys with which the person's own relationship number `index` begins.
    pub(crate) async fn first_keys(
        &self,
        chain: &ChainIdentity,
        index: RelationshipIndex,
    ) -> RelationshipKeys {
        let network = genesis_of(chain).network_index();
        let vault = self.vault.lock().await;
        let signing = vault.keys().derive_signing_key(network, index, KeyEpoch::FIRST);
        let viewing = derived(vault.keys(), network, index, Epoch::FIRST);
        let address = RelationshipAddress::of(&PublicKey::of(&signing));
        RelationshipKeys {
            signer: address.into(),
            signing,
            viewing: viewing.map(|key| (Epoch::FIRST, key)).into_iter().collect(),
        }
    }

    /// Keys of a relationship as far as they are known here.
    pub(crate) async fn keys(&self, chain: &ChainIdentity, row: &Relationship) -> Result<RelationshipKeys> {
        let mut read = self.store.read().await?;
        let mut viewing = viewing_keys::all(&mut read, row.address).await?;
        drop(read);
        let network = genesis_of(chain).network_index();
        let vault = self.vault.lock().await;
        if let Acting::Helping { .. } = self.acting {
            let signing = vault.keys().derive_agent_key(network, row.index);
            let signer = AgentAddress::of(&PublicKey::of(&signing)).into();
            return Ok(RelationshipKeys { signer, signing, viewing });
        }
        let own = vault.keys().derive_signing_key(network, row.index, KeyEpoch::FIRST);
        // Whoever opened it with these words also knows the first key.
        if RelationshipAddress::of(&PublicKey::of(&own)) == row.address
            && let Some(first) = derived(vault.keys(), network, row.index, Epoch::FIRST)
        {
            viewing.entry(Epoch::FIRST).or_insert(first);
        }
        let owner = row.leaf.as_ref().map(|leaf| leaf.settled(self.now()).owner);
        let next = vault.next_keys().map(|next| next.derive_signing_key(network, row.index, KeyEpoch::FIRST));
        let moved = next.filter(|next| owner == Some(PublicKey::of(next)));
        Ok(RelationshipKeys { signer: row.address.into(), signing: moved.unwrap_or(own), viewing })
    }

    /// Viewing keys that the words give for an epoch: candidates, to be proved before they are believed.
    pub(crate) async fn candidates(
        &self,
        chain: &ChainIdentity,
        index: RelationshipIndex,
        epoch: Epoch,
    ) -> Vec<ViewingKey> {
        if self.acting != Acting::Own {
            return Vec::new();
        }
        let network = genesis_of(chain).network_index();
        let vault = self.vault.lock().await;
        let trees = [Some(vault.keys()), vault.next_keys()];
        trees.into_iter().flatten().filter_map(|tree| derived(tree, network, index, epoch)).collect()
    }
}

fn derived(
    tree: &KeyTree,
    network: NetworkIndex,
    index: RelationshipIndex,
    epoch: Epoch,
) -> Option<ViewingKey> {
    let epoch = KeyEpoch::new(epoch.count()).ok()?;
    Some(ViewingKey::from_bytes(*tree.derive_viewing_key(network, index, epoch)))
}
