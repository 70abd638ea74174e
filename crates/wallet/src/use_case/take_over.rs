//! Accounts that change hands: after everything was lost, when a child comes of age, and to new words when a computer was
//! lost.

use medrec_client::Snapshot;
use medrec_protocol::{
    ChainIdentity, RelationshipAddress,
    codec::{List, Text},
    offer::{HandoverRequest, MAX_OFFERED_KEYS, OfferedKey, TakeOverOffer},
    payload::V1,
    sign::Possession,
};
use medrec_vault::{Passphrase, RecoveryWords, RelationshipIndex};

use crate::{
    Result, Wallet, WalletError, home::stretch, random::os_random, store::relationships::Relationship,
    store::take_overs, view::RelationshipState, wallet::genesis_of,
};

impl Wallet {
    /// Asks that accounts are moved to new keys of this wallet: a text for the guardians, to be given to them in person.
    /// The next checks of the ledger look for those accounts.
    pub async fn ask_for_recovery(&self, name: &str) -> Result<String> {
        let accounts = vec![None; MAX_OFFERED_KEYS];
        self.offer_keys(name, accounts).await
    }

    /// Answers a parent's request: keys of this wallet, to which the accounts will belong from the day that the parent
    /// promises.
    pub async fn answer_handover(&self, request: &str, name: &str) -> Result<String> {
        let chain = self.joined().await?.chain();
        let request = HandoverRequest::for_ledger(request, &chain)?;
        let accounts = request.relationships.as_slice().iter().copied().map(Some).collect();
        self.offer_keys(name, accounts).await
    }

    /// The text by which a child's wallet is asked for keys. To be given to the child only: it tells which accounts belong
    /// together.
    pub async fn handover_request(&self) -> Result<String> {
        self.only_own()?;
        let chain = self.joined().await?.chain();
        let open = self.relationships().await?.into_iter();
        let open = open.filter(Relationship::is_open).map(|row| row.address);
        let relationships = List::new(open.collect())
            .map_err(|_| WalletError::CannotAct("at most sixteen accounts can be promised at once"))?;
        if relationships.as_slice().is_empty() {
            return Err(WalletError::CannotAct("there is no account yet"));
        }
        Ok(HandoverRequest { version: V1, chain, relationships }.to_string())
    }

    async fn offer_keys(&self, name: &str, accounts: Vec<Option<RelationshipAddress>>) -> Result<String> {
        self.only_own()?;
        self.no_new_words().await?;
        let chain = self.joined().await?.chain();
        let name = match name.trim() {
            "" => Text::clipped(&self.person().label),
            name => Text::new(name)?,
        };
        let genesis = genesis_of(&chain);
        let count = accounts.len();
        let indexes: Vec<RelationshipIndex> = self
            .change_vault(|networks| (0..count).map(|_| networks.take_relationship_index(genesis)).collect())
            .await?;
        let mut tx = self.store.begin().await?;
        for index in &indexes {
            take_overs::insert(&mut tx, index.get(), self.now()).await?;
        }
        tx.commit().await?;
        let mut keys = Vec::new();
        for (index, relationship) in indexes.into_iter().zip(accounts) {
            let own = self.first_keys(&chain, index).await;
            let owner = Possession::prove(own.signing(), &chain, relationship);
            keys.push(OfferedKey { relationship, owner });
        }
        Ok(TakeOverOffer { version: V1, chain, name, keys: List::new(keys)? }.to_string())
    }

    /// Looks whether accounts have come into this wallet's hands; gives how many.
    pub(crate) async fn look_for_take_overs(
        &self,
        snapshot: &Snapshot,
        chain: &ChainIdentity,
    ) -> Result<u64> {
        let mut read = self.store.read().await?;
        let waiting = take_overs::waiting(&mut read).await?;
        drop(read);
        let mut found = 0;
        for index in waiting {
            let (row, leaf) = self.look_at(index, snapshot, chain).await?;
            if let Some(leaf) = leaf {
                found += u64::from(self.take_over(row, &leaf, chain).await?);
            }
        }
        Ok(found)
    }

    /// Begins the change to new recovery words, for when a computer or the paper with the words was lost: gives the new words,
    /// to be written down. Nothing is signed yet: [`Self::propose_new_keys`] does. While a change is under way, it gives the
    /// words of that change.
    pub async fn begin_new_words(&self, passphrase: &Passphrase) -> Result<RecoveryWords> {
        self.only_own()?;
        if self.vault.lock().await.networks().len() > 1 {
            return Err(WalletError::CannotAct("this wallet has keys on several networks"));
        }
        if !self.relationships().await?.iter().any(|row| row.state == RelationshipState::Open) {
            return Err(WalletError::CannotAct("there is no account yet; make a new wallet instead"));
        }
        let passphrase = passphrase.clone();
        let mut vault = std::sync::Arc::clone(&self.vault).lock_owned().await;
        let (words, generation) = stretch(move || {
            if let Some(words) = vault.next_words(&passphrase)? {
                return Ok((words, vault.generation()));
            }
            let words = RecoveryWords::generate(&mut os_random())?;
            vault.begin_new_words(&passphrase, &words, &mut os_random())?;
            Ok((words, vault.generation()))
        })
        .await?;
        self.note_generation(generation).await?;
        Ok(words)
    }

    /// True while a change to new words is under way.
    pub async fn new_words_under_way(&self) -> bool {
        self.vault.lock().await.next_keys().is_some()
    }

    /// New accounts wait until the change to new words is finished.
    pub(crate) async fn no_new_words(&self) -> Result<()> {
        if self.new_words_under_way().await {
            return Err(WalletError::CannotAct("finish the change to new recovery words first"));
        }
        Ok(())
    }

    /// Ends the change to new words when every account has moved, and forgets the old ones. False while some account has
    /// not.
    pub(crate) async fn finish_new_words(&self) -> Result<bool> {
        if !self.new_words_under_way().await {
            return Ok(false);
        }
        let chain = self.joined().await?.chain();
        let network = genesis_of(&chain).network_index();
        for page in self.pages(&chain).await? {
            let vault = self.vault.lock().await;
            let next = vault
                .next_keys()
                .map(|next| next.derive_signing_key(network, page.row.index, medrec_vault::KeyEpoch::FIRST));
            let next = next.map(|next| medrec_protocol::PublicKey::of(&next));
            if next != Some(page.leaf.owner) && page.leaf.closed.is_none() {
                return Ok(false);
            }
        }
        let mut vault = self.vault.lock().await;
        vault.finish_new_words(&mut os_random())?;
        let generation = vault.generation();
        drop(vault);
        self.note_generation(generation).await?;
        tracing::info!("every account has moved to the new words");
        Ok(true)
    }
}
