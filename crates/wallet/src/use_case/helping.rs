//! Helping somebody: offers with agents' keys, and the view of each person who is helped.
//!
//! An offer has sixteen keys, one for each relationship of the person who takes it up. Its appointments are found on the
//! ledger by those keys, also after a restore from the words. Everything that is seen with them is kept in a database of
//! its own, so that people who are helped are never mixed up.

use std::collections::BTreeSet;

use medrec_client::Snapshot;
use medrec_protocol::{
    AgentAddress, ChainIdentity, PublicKey, RelationshipAddress,
    codec::{List, Text},
    offer::HelpOffer,
    payload::V1,
    state::{RelationshipLeaf, Right},
};
use medrec_vault::{KEYS_IN_OFFER, RelationshipIndex};
use tokio_util::sync::CancellationToken;

use super::agents::standing;
use crate::{
    Control, Result, Thing, Wallet, WalletError,
    store::{
        network,
        offers::{self, Offer},
        providers,
        relationships::{self, Relationship},
    },
    view::{AppointmentView, HelpedView, RelationshipState, SyncProgress},
    wallet::{Acting, genesis_of},
};

/// Offers in a row without an appointment before looking for more stops.
const GAP: u32 = 4;

impl Wallet {
    /// Makes an offer to help somebody: a text to hand over, which opens nothing. `label` says for whom, in this person's
    /// words; `name` is how the other one will see this person.
    pub async fn offer_help(&self, label: &str, name: &str) -> Result<(HelpedView, String)> {
        self.only_own()?;
        let label: Text<80> = Text::new(label.trim())?;
        let chain = self.joined().await?.chain();
        let genesis = genesis_of(&chain);
        let number = self.change_vault(|networks| networks.take_offer(genesis)).await?;
        let offer = Offer { number, label: label.to_string(), created_at: self.now() };
        let mut tx = self.store.begin().await?;
        offers::put(&mut tx, &offer).await?;
        tx.commit().await?;
        let code = self.offer_code(number, name).await?;
        let view =
            HelpedView { number, label: offer.label, offered_at: offer.created_at, appointments: Vec::new() };
        Ok((view, code))
    }

    /// The text of an offer that was made.
    pub async fn offer_code(&self, number: u32, name: &str) -> Result<String> {
        let chain = self.joined().await?.chain();
        let name = match name.trim() {
            "" => Text::clipped(&self.person().label),
            name => Text::new(name)?,
        };
        let keys = self.agent_keys(number, &chain).await?.into_iter().map(|(_, key)| key).collect();
        let keys = List::new(keys)?;
        Ok(HelpOffer { version: V1, chain, name, keys }.to_string())
    }

    /// Everybody whom this person offered to help, and the appointments that are known.
    pub async fn people_i_help(&self) -> Result<Vec<HelpedView>> {
        self.only_own()?;
        let mut read = self.store.read().await?;
        let offers = offers::all(&mut read).await?;
        drop(read);
        let mut views = Vec::new();
        for offer in offers {
            let beside = self.beside(offer.number, offer.label.clone()).await?;
            let appointments = beside.appointments().await;
            beside.store.close().await;
            views.push(HelpedView {
                number: offer.number,
                label: offer.label,
                offered_at: offer.created_at,
                appointments: appointments?,
            });
        }
        Ok(views)
    }

    /// Looks on the ledger for what is new with everybody whom this person offered to help: the first that cannot be checked
    /// ends it.
    pub async fn check_people_i_help(&self, cancel: &CancellationToken) -> Result<()> {
        for helped in self.people_i_help().await? {
            let theirs = self.help(helped.number).await?;
            let control = Control { cancel: cancel.child_token(), ..Control::default() };
            let checked = Box::pin(theirs.sync(control)).await;
            theirs.lock().await?;
            checked?;
        }
        Ok(())
    }

    /// Gives somebody who is helped another name.
    pub async fn rename_helped(&self, number: u32, label: &str) -> Result<()> {
        let label: Text<80> = Text::new(label.trim())?;
        let offer = self.offer(number).await?;
        let mut tx = self.store.begin().await?;
        offers::put(&mut tx, &Offer { label: label.to_string(), ..offer }).await?;
        Ok(tx.commit().await?)
    }

    /// The view of somebody who is helped: a wallet of its own, under this one's keys. Both can be open at once.
    pub async fn help(&self, number: u32) -> Result<Wallet> {
        self.only_own()?;
        let offer = self.offer(number).await?;
        let joined = self.joined().await?;
        let beside = self.beside(number, offer.label).await?;
        let mut tx = beside.store.begin().await?;
        if network::read(&mut tx).await?.is_none() {
            network::join(&mut tx, &joined.file, None).await?;
        }
        tx.commit().await?;
        Ok(beside)
    }

    /// True when this is the view of somebody who is helped.
    pub fn is_helping(&self) -> bool {
        self.acting != Acting::Own
    }

    /// Whose records they are, in this person's words; none for the own ones.
    pub(crate) fn whose(&self) -> Option<String> {
        self.is_helping().then(|| self.person().label)
    }

    /// What only the person's own wallet does.
    pub(crate) fn only_own(&self) -> Result<()> {
        match self.acting {
            Acting::Own => Ok(()),
            Acting::Helping { .. } => {
                Err(WalletError::CannotAct("only the person whose records they are can do this"))
            }
        }
    }

    /// Says no in words where the ledger would say it in its own: a delegate whose appointment does not let them do this now.
    pub(crate) async fn may_act(&self, right: Right) -> Result<()> {
        if !self.is_helping() {
            return Ok(());
        }
        let chain = self.joined().await?.chain();
        let now = self.now();
        let pages = self.pages(&chain).await?;
        let may = |page: &super::agents::Page, right| {
            page.leaf.delegate_may(AgentAddress::of(&page.keys.public()), right, now, now)
        };
        if pages.iter().any(|page| may(page, right)) {
            return Ok(());
        }
        let why = if pages.iter().any(|page| may(page, Right::See)) {
            "you may see, but not decide this; the person whom you help can appoint you again with more"
        } else {
            "your appointment does not count now: it was ended, is over, rests, or was not accepted yet"
        };
        Err(WalletError::CannotAct(why))
    }

    async fn offer(&self, number: u32) -> Result<Offer> {
        let mut read = self.store.read().await?;
        let found = offers::all(&mut read).await?.into_iter().find(|offer| offer.number == number);
        found.ok_or_else(|| WalletError::NotFound { what: Thing::Helped, text: number.to_string() })
    }

    async fn agent_keys(
        &self,
        offer: u32,
        chain: &ChainIdentity,
    ) -> Result<Vec<(RelationshipIndex, PublicKey)>> {
        let network = genesis_of(chain).network_index();
        let vault = self.vault.lock().await;
        let first = offer.saturating_mul(KEYS_IN_OFFER);
        (first..first.saturating_add(KEYS_IN_OFFER))
            .map(|number| {
                let index = RelationshipIndex::new(number)?;
                Ok((index, PublicKey::of(&vault.keys().derive_agent_key(network, index))))
            })
            .collect()
    }

    /// Looks for appointments of an offer's keys; keeps those that are new.
    pub(crate) async fn look_for_appointments(
        &self,
        offer: u32,
        snapshot: &Snapshot,
        chain: &ChainIdentity,
    ) -> Result<u64> {
        let known: BTreeSet<_> = self.relationships().await?.iter().map(|row| row.index).collect();
        let mut found = 0;
        for (index, key) in self.agent_keys(offer, chain).await? {
            if known.contains(&index) {
                continue;
            }
            let Some(address) = snapshot.agent(AgentAddress::of(&key)).await? else { continue };
            let Some(proven) = snapshot.relationship(address).await? else { continue };
            self.keep_appointment(address, index, &proven.leaf).await?;
            found += 1;
        }
        Ok(found)
    }

    async fn keep_appointment(
        &self,
        address: RelationshipAddress,
        index: RelationshipIndex,
        leaf: &RelationshipLeaf,
    ) -> Result<()> {
        let row = Relationship {
            address,
            provider: leaf.publisher,
            index,
            state: RelationshipState::Open,
            code: None,
            leaf: None,
            opened_at: None,
        };
        let mut tx = self.store.begin().await?;
        relationships::insert(&mut tx, &row).await?;
        relationships::set_leaf(&mut tx, address, leaf).await?;
        Ok(tx.commit().await?)
    }

    /// After a restore: offers whose keys were appointed are made known again, under a plain name.
    pub(crate) async fn look_for_offers(
        &self,
        snapshot: &Snapshot,
        chain: &ChainIdentity,
        control: &Control<SyncProgress>,
    ) -> Result<()> {
        let (mut number, mut empty) = (0, 0);
        while empty < GAP {
            control.go_on()?;
            let mut used = false;
            for (_, key) in self.agent_keys(number, chain).await? {
                used |= snapshot.agent(AgentAddress::of(&key)).await?.is_some();
            }
            empty = if used { 0 } else { empty + 1 };
            let mut tx = self.store.begin().await?;
            let known = offers::all(&mut tx).await?.iter().any(|offer| offer.number == number);
            if used && !known {
                let label = format!("{}", number + 1);
                offers::put(&mut tx, &Offer { number, label, created_at: self.now() }).await?;
            }
            tx.commit().await?;
            if used {
                let genesis = genesis_of(chain);
                self.change_vault(|networks| networks.mark_offer(genesis, number)).await?;
            }
            number += 1;
        }
        Ok(())
    }

    /// This person's own appointments for somebody who is helped, as the newest proved leaves say.
    pub async fn appointments(&self) -> Result<Vec<AppointmentView>> {
        let Ok(joined) = self.joined().await else { return Ok(Vec::new()) };
        let chain = joined.chain();
        let now = self.now();
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        drop(read);
        let mut views = Vec::new();
        for page in self.pages(&chain).await? {
            let agent = AgentAddress::of(&page.keys.public());
            let delegation = page.leaf.delegations.get(&agent);
            let guardian =
                page.leaf.guardians.as_ref().is_some_and(|guardians| guardians.keys.contains_key(&agent));
            let (state, begins_at) = match delegation {
                Some(delegation) => {
                    let (state, begins_at) = standing(delegation, page.leaf.seen, now);
                    (Some(state), begins_at)
                }
                None => (None, None),
            };
            views.push(AppointmentView {
                provider: names.of(page.row.provider),
                relationship: page.row.address,
                agent,
                guardian,
                right: delegation.map(|delegation| delegation.right.into()),
                state,
                begins_at,
                until: delegation.map(|delegation| delegation.not_after),
                recovery: guardian && page.leaf.recovery.is_some(),
            });
        }
        Ok(views)
    }
}
