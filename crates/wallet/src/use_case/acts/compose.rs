//! From a decision to unsigned transactions.

use std::collections::BTreeSet;

use medrec_protocol::{
    AgentAddress, ChainIdentity, Epoch, ProviderAddress, PublicKey, RelationshipAddress, Sealed, Timestamp,
    ViewingKey,
    actions::{
        Action, AnswerDelegation, ApproveRecovery, AskActivation, CloseRelationship, Delegate, Dispute,
        EndDelegation, Guardian, NewViewingKey, RefuseActivation, RotateKeys, RotateViewingKey, SetEmergency,
        SetGuardians, SetHandover, ShowLife, VetoRecovery,
    },
    codec::{List, Text},
    handover::{HandoverContext, SealedKey},
    offer::{HelpOffer, TakeOverOffer},
    payload::{DelegationTerms, EmergencyTerms, GuardianNames, Payload, RevocationNote, ShareId, V1},
    seal::OlderKey,
    sign::Possession,
    state::{Activation, Right},
};
use medrec_vault::KeyEpoch;
use rand_core::Rng as _;

use super::{ActProposal, letter};
use crate::{
    Result, Thing, Wallet, WalletError,
    random::os_random,
    store::{entries, providers},
    use_case::{agents::Page, share::propose::unsigned},
    view::{Act, AppointmentId, Begins, GuardianChoice, PendingPurpose},
    wallet::genesis_of,
};

const SECONDS_PER_DAY: u32 = 86_400;
/// Longest appointment in days: 20 years.
const MAX_DAYS: u32 = 7_305;

impl Wallet {
    /// Prepares a decision. Nothing is signed or sent.
    pub async fn propose_act(&self, act: &Act) -> Result<ActProposal> {
        match act {
            Act::AcceptAppointments | Act::GiveUp | Act::AskStart | Act::ApproveRecovery { .. } => {}
            Act::Dispute { .. } => self.may_act(Right::Share).await?,
            _ => self.may_act(Right::Manage).await?,
        }
        let chain = self.joined().await?.chain();
        let mut draft = Draft { wallet: self, chain: &chain, actions: Vec::new(), new_keys: Vec::new() };
        let pages = self.pages(&chain).await?;
        let purpose = draft.compose(act, &pages).await?;
        let valid_until = self.valid_until();
        let mut transactions = Vec::new();
        for (page, actions) in draft.actions {
            transactions.push(unsigned(&page.row, &page.keys, actions, valid_until)?);
        }
        let new_keys = draft.new_keys;
        if transactions.is_empty() {
            return Err(WalletError::CannotAct("there is nothing that this applies to"));
        }
        Ok(ActProposal { purpose, unsigned: transactions, new_keys, valid_until })
    }
}

impl Wallet {
    /// Prepares a sign of life in one relationship.
    pub(crate) fn propose_life(&self, page: &Page) -> Result<ActProposal> {
        let valid_until = self.valid_until();
        let action = ShowLife { relationship: page.row.address }.into();
        let unsigned = vec![unsigned(&page.row, &page.keys, vec![action], valid_until)?];
        Ok(ActProposal { purpose: PendingPurpose::ShowLife, unsigned, new_keys: Vec::new(), valid_until })
    }
}

/// A decision in the making.
struct Draft<'a> {
    wallet: &'a Wallet,
    chain: &'a ChainIdentity,
    actions: Vec<(&'a Page, Vec<Action>)>,
    new_keys: Vec<(RelationshipAddress, Epoch, ViewingKey)>,
}

impl<'a> Draft<'a> {
    async fn compose(&mut self, act: &Act, pages: &'a [Page]) -> Result<PendingPurpose> {
        match act {
            Act::Appoint { .. } => self.appoint(act, pages).await.map(|()| PendingPurpose::Delegate),
            Act::EndDelegation { appointment } => {
                for (page, agent) in self.appointed(*appointment, pages).await? {
                    let key = self.new_key(page).await?;
                    let relationship = page.row.address;
                    self.add(page, EndDelegation { relationship, agent, key });
                }
                Ok(PendingPurpose::EndDelegation)
            }
            Act::RefuseStart { appointment } => {
                for (page, agent) in self.appointed(*appointment, pages).await? {
                    let asked = page.leaf.delegations.get(&agent).is_some_and(|known| known.asked.is_some());
                    if asked {
                        self.add(page, RefuseActivation { relationship: page.row.address, agent });
                    }
                }
                Ok(PendingPurpose::RefuseActivation)
            }
            Act::SetGuardians { guardians, threshold, delay_days } => {
                self.set_guardians(guardians, *threshold, *delay_days, pages).await?;
                Ok(PendingPurpose::SetGuardians)
            }
            Act::VetoRecovery => {
                for page in pages.iter().filter(|page| page.leaf.recovery.is_some()) {
                    self.add(page, VetoRecovery { relationship: page.row.address });
                }
                Ok(PendingPurpose::VetoRecovery)
            }
            Act::SetEmergency { allowed, kinds } => {
                let terms = EmergencyTerms { version: V1, kinds: kinds.iter().copied().collect() };
                for page in pages.iter().filter(|page| page.leaf.closed.is_none()) {
                    if !allowed && page.leaf.emergency.is_none() {
                        continue;
                    }
                    let terms = self.seal(page, &terms)?;
                    let relationship = page.row.address;
                    self.add(page, SetEmergency { relationship, allowed: *allowed, terms });
                }
                Ok(PendingPurpose::SetEmergency)
            }
            Act::Dispute { relationship, position, statement } => {
                let page = page_of(pages, *relationship)?;
                let mut read = self.wallet.store.read().await?;
                if entries::get(&mut read, *relationship, *position).await?.is_none() {
                    let text = position.to_string();
                    return Err(WalletError::NotFound { what: Thing::Entry, text });
                }
                let statement = self.seal(page, &letter::statement(statement)?)?;
                self.add(page, Dispute { relationship: *relationship, entry: *position, statement });
                Ok(PendingPurpose::Dispute)
            }
            Act::ChangeViewingKeys => {
                for page in pages.iter().filter(|page| page.leaf.closed.is_none()) {
                    let key = self.new_key(page).await?;
                    self.add(page, RotateViewingKey { relationship: page.row.address, key });
                }
                Ok(PendingPurpose::RotateViewingKey)
            }
            Act::Close { provider, note } => {
                let page =
                    pages.iter().find(|page| page.row.provider == *provider && page.leaf.closed.is_none());
                let page = page.ok_or_else(|| not_enrolled(*provider))?;
                let note = self.seal(page, &RevocationNote { version: V1, note: Text::new(note.trim())? })?;
                self.add(page, CloseRelationship { relationship: page.row.address, note });
                Ok(PendingPurpose::CloseRelationship)
            }
            Act::NewKeys => {
                self.new_owner_keys(pages).await?;
                Ok(PendingPurpose::RotateKeys)
            }
            Act::PromiseHandover { offer, due } => {
                self.wallet.only_own()?;
                let offer = TakeOverOffer::for_ledger(offer, self.chain)?;
                for key in offer.keys.as_slice() {
                    let relationship = key.relationship;
                    let Some(page) = pages.iter().find(|page| Some(page.row.address) == relationship) else {
                        return Err(WalletError::CannotAct("this code is not for these accounts"));
                    };
                    let (relationship, due) = (page.row.address, *due);
                    self.add(page, SetHandover { relationship, new_owner: key.owner, due });
                }
                Ok(PendingPurpose::SetHandover)
            }
            Act::ShowLife => {
                for page in pages.iter().filter(|page| page.leaf.closed.is_none()) {
                    self.add(page, ShowLife { relationship: page.row.address });
                }
                Ok(PendingPurpose::ShowLife)
            }
            Act::AcceptAppointments => {
                for (page, _) in own(pages, |known| !known.accepted) {
                    self.add(page, AnswerDelegation { relationship: page.row.address, accepted: true });
                }
                Ok(PendingPurpose::AnswerDelegation)
            }
            Act::GiveUp => {
                for (page, _) in own(pages, |_| true) {
                    self.add(page, AnswerDelegation { relationship: page.row.address, accepted: false });
                }
                Ok(PendingPurpose::AnswerDelegation)
            }
            Act::AskStart => {
                let waits = |known: &medrec_protocol::state::Delegation| {
                    known.accepted
                        && known.asked.is_none()
                        && matches!(known.activation, Activation::AfterWait(_))
                };
                for (page, _) in own(pages, waits) {
                    self.add(page, AskActivation { relationship: page.row.address });
                }
                Ok(PendingPurpose::AskActivation)
            }
            Act::ApproveRecovery { offer } => {
                self.approve_recovery(offer, pages).await?;
                Ok(PendingPurpose::ApproveRecovery)
            }
        }
    }

    fn add(&mut self, page: &'a Page, action: impl Into<Action>) {
        self.actions.push((page, vec![action.into()]));
    }

    fn seal<T: Payload>(&self, page: &Page, payload: &T) -> Result<Sealed> {
        let epoch = page.leaf.epoch;
        let context = page.keys.context(self.chain, page.row.address);
        Ok(payload.seal(page.keys.must_view(epoch)?, epoch, context, &mut os_random())?)
    }

    /// The viewing key of the next epoch: from the words where they are here, else from chance; sealed to the publisher.
    async fn new_key(&mut self, page: &Page) -> Result<NewViewingKey> {
        let relationship = page.row.address;
        let epoch = page.leaf.epoch.next().ok_or(WalletError::Internal("the viewing key"))?;
        let candidates = self.wallet.candidates(self.chain, page.row.index, epoch).await;
        // While accounts move to new words, the key is to follow from those.
        let newer = candidates.into_iter().last().unwrap_or_else(|| {
            let mut bytes = [0; 32];
            os_random().fill_bytes(&mut bytes);
            ViewingKey::from_bytes(bytes)
        });
        let older = page.keys.must_view(page.leaf.epoch)?;
        let mut read = self.wallet.store.read().await?;
        let publisher = providers::get(&mut read, page.row.provider).await?;
        let publisher = publisher.ok_or(WalletError::UnknownProvider(page.row.provider))?;
        let recipient = page.row.provider.into();
        let context = HandoverContext { chain: self.chain, recipient, relationship, epoch };
        let to_publisher = SealedKey::seal(&newer, &publisher.sealing_key, &context, &mut os_random())
            .map_err(|_| WalletError::CannotAct("the provider's key in the directory cannot be used"))?;
        let older = OlderKey::seal(older, &newer, self.chain, relationship, epoch, &mut os_random())?;
        self.new_keys.push((relationship, epoch, newer));
        Ok(NewViewingKey { epoch, to_publisher, older })
    }

    /// Moves every account that has not moved yet to the keys of the new words.
    async fn new_owner_keys(&mut self, pages: &'a [Page]) -> Result<()> {
        let network = genesis_of(self.chain).network_index();
        for page in pages.iter().filter(|page| page.leaf.closed.is_none()) {
            let vault = self.wallet.vault.lock().await;
            let Some(next) = vault.next_keys() else {
                return Err(WalletError::CannotAct("begin the change to new recovery words first"));
            };
            let next = next.derive_signing_key(network, page.row.index, KeyEpoch::FIRST);
            drop(vault);
            let relationship = page.row.address;
            if page.leaf.owner == PublicKey::of(&next) {
                continue;
            }
            let new_owner = Possession::prove(&next, self.chain, Some(relationship));
            let key = self.new_key(page).await?;
            self.add(page, RotateKeys { relationship, new_owner, key });
        }
        Ok(())
    }

    async fn appoint(&mut self, act: &Act, pages: &'a [Page]) -> Result<()> {
        let Act::Appoint { offer, name, relation, right, begins, days, providers } = act else {
            return Ok(());
        };
        if !(1..=MAX_DAYS).contains(days) {
            return Err(WalletError::CannotAct("an appointment is for 1 to 7,305 days"));
        }
        let offer = HelpOffer::for_ledger(offer, self.chain)?;
        let activation = activation(*begins)?;
        let mut appointment = ShareId::default();
        os_random().fill_bytes(&mut appointment);
        let terms = DelegationTerms {
            version: V1,
            name: called(name, &offer)?,
            relation: Text::new(relation.trim())?,
            appointment,
        };
        let end = self.wallet.now().plus(u64::from(*days) * u64::from(SECONDS_PER_DAY));
        let chosen: Vec<&Page> = chosen(pages, providers)?;
        let mut keys = self.unused(&offer, chosen.len()).await?.into_iter();
        for page in chosen {
            let key = keys.next().ok_or(WalletError::Internal("an agent's key"))?;
            let delegate = Delegate {
                relationship: page.row.address,
                key,
                right: (*right).into(),
                not_after: some_second_of_its_day(end),
                activation,
                terms: self.seal(page, &terms)?,
            };
            self.add(page, delegate);
        }
        Ok(())
    }

    async fn set_guardians(
        &mut self,
        choices: &[GuardianChoice],
        threshold: u8,
        delay_days: u32,
        pages: &'a [Page],
    ) -> Result<()> {
        self.wallet.only_own()?;
        let pages: Vec<&Page> = pages
            .iter()
            .filter(|page| page.leaf.closed.is_none())
            .filter(|page| !choices.is_empty() || page.leaf.guardians.is_some())
            .collect();
        let mut called_so = Vec::new();
        let mut columns = Vec::new();
        for choice in choices {
            let offer = HelpOffer::for_ledger(&choice.offer, self.chain)?;
            called_so.push(called(&choice.name, &offer)?);
            columns.push(self.unused(&offer, pages.len()).await?);
        }
        let enough = usize::from(threshold) <= choices.len() && threshold >= 2;
        if !choices.is_empty() && !enough {
            return Err(WalletError::CannotAct(
                "at least two guardians must agree, and no more than you choose",
            ));
        }
        let names = GuardianNames { version: V1, names: List::new(called_so)? };
        let delay = delay_days.saturating_mul(SECONDS_PER_DAY);
        for (row, page) in pages.into_iter().enumerate() {
            let guardians =
                columns.iter().filter_map(|column| column.get(row)).map(|key| Guardian { key: *key });
            let action = SetGuardians {
                relationship: page.row.address,
                guardians: List::new(guardians.collect())?,
                threshold,
                delay,
                names: self.seal(page, &names)?,
            };
            self.add(page, action);
        }
        Ok(())
    }

    async fn approve_recovery(&mut self, offer: &str, pages: &'a [Page]) -> Result<()> {
        let offer = TakeOverOffer::for_ledger(offer, self.chain)?;
        let snapshot = self.wallet.verified().await?;
        let mut free = Vec::new();
        // A guardian vouches for a person, not for an account: keys that are not bound to one.
        let keys: Vec<Possession> = offer
            .keys
            .as_slice()
            .iter()
            .filter(|key| key.relationship.is_none())
            .map(|key| key.owner)
            .collect();
        for key in &keys {
            if snapshot.owner(key.key).await?.is_none() {
                free.push(*key);
            }
        }
        let mut free = free.into_iter();
        for page in pages {
            let agent = AgentAddress::of(&page.keys.public());
            let guards =
                page.leaf.guardians.as_ref().is_some_and(|guardians| guardians.keys.contains_key(&agent));
            if !guards {
                continue;
            }
            // Guardians must name the same key: the first one chooses, the others follow.
            let new_owner = match &page.leaf.recovery {
                Some(begun) if begun.approvals.contains(&agent) => continue,
                Some(begun) => keys.iter().find(|key| key.key == begun.new_owner).copied(),
                None => free.next(),
            };
            let new_owner = new_owner.ok_or(WalletError::CannotAct(
                "another recovery is under way, or the code has too few keys; ask for a new code",
            ))?;
            self.add(page, ApproveRecovery { relationship: page.row.address, new_owner });
        }
        Ok(())
    }

    /// So many keys of an offer that the ledger has never seen.
    async fn unused(&self, offer: &HelpOffer, count: usize) -> Result<Vec<PublicKey>> {
        let snapshot = self.wallet.verified().await?;
        let mut keys = Vec::new();
        let mut different = BTreeSet::new();
        for key in offer.keys.as_slice() {
            if keys.len() < count
                && different.insert(*key)
                && snapshot.agent(AgentAddress::of(key)).await?.is_none()
            {
                keys.push(*key);
            }
        }
        if keys.len() < count {
            return Err(WalletError::CannotAct("this offer was used before; ask for a new one"));
        }
        Ok(keys)
    }

    /// Where an appointment stands, and under which key.
    async fn appointed(
        &self,
        appointment: AppointmentId,
        pages: &'a [Page],
    ) -> Result<Vec<(&'a Page, AgentAddress)>> {
        let mut found = Vec::new();
        let mut read = self.wallet.store.read().await?;
        for page in pages {
            for (agent, delegation) in &page.leaf.delegations {
                let entry = entries::get(&mut read, page.row.address, delegation.entry).await?;
                let Some(entry) = entry else { continue };
                let Action::Delegate(action) = &entry.action else { continue };
                let terms = page.open::<DelegationTerms>(&action.terms, &entry, self.chain);
                if terms.is_some_and(|terms| terms.appointment == appointment.0) {
                    found.push((page, *agent));
                }
            }
        }
        if found.is_empty() {
            return Err(WalletError::NotFound { what: Thing::Delegate, text: appointment.to_string() });
        }
        Ok(found)
    }
}

/// This wallet's own appointments that fit.
fn own(
    pages: &[Page],
    fits: impl Fn(&medrec_protocol::state::Delegation) -> bool,
) -> Vec<(&Page, AgentAddress)> {
    let mut found = Vec::new();
    for page in pages {
        let agent = AgentAddress::of(&page.keys.public());
        if page.leaf.delegations.get(&agent).is_some_and(&fits) {
            found.push((page, agent));
        }
    }
    found
}

impl Wallet {
    /// Verified state, as new as it can be had.
    pub(crate) async fn verified(&self) -> Result<medrec_client::Snapshot> {
        let mut ledger = self.ledger().await?;
        self.advance(&mut ledger).await?;
        Ok(ledger.client()?.snapshot()?)
    }
}

fn page_of(pages: &[Page], relationship: RelationshipAddress) -> Result<&Page> {
    let absent = || WalletError::NotFound { what: Thing::Entry, text: relationship.to_string() };
    pages.iter().find(|page| page.row.address == relationship).ok_or_else(absent)
}

fn not_enrolled(provider: ProviderAddress) -> WalletError {
    WalletError::NotFound { what: Thing::Provider, text: provider.to_string() }
}

fn chosen<'a>(pages: &'a [Page], providers: &[ProviderAddress]) -> Result<Vec<&'a Page>> {
    for provider in providers {
        if !pages.iter().any(|page| page.row.provider == *provider) {
            return Err(not_enrolled(*provider));
        }
    }
    let wanted = |page: &&Page| {
        page.leaf.closed.is_none() && (providers.is_empty() || providers.contains(&page.row.provider))
    };
    Ok(pages.iter().filter(wanted).collect())
}

/// A second of chance in the afternoon of a day: the same last second in several accounts would tell everybody that they
/// belong together.
fn some_second_of_its_day(time: Timestamp) -> Timestamp {
    let day = u64::from(SECONDS_PER_DAY);
    let start = Timestamp::from_seconds(time.seconds() - time.seconds() % day);
    start.plus(day / 2 + u64::from(os_random().next_u32()) % (day / 2))
}

fn called(name: &str, offer: &HelpOffer) -> Result<Text<80>> {
    match name.trim() {
        "" => Ok(offer.name.clone()),
        name => Ok(Text::new(name)?),
    }
}

fn activation(begins: Begins) -> Result<Activation> {
    let seconds = |days: u32| days.saturating_mul(SECONDS_PER_DAY);
    let activation = match begins {
        Begins::AtOnce => Activation::AtOnce,
        Begins::AfterWait { days } => Activation::AfterWait(seconds(days)),
        Begins::AfterSilence { days } => Activation::AfterSilence(seconds(days)),
    };
    if activation.is_sound() {
        Ok(activation)
    } else {
        Err(WalletError::CannotAct("a wait is for 1 to 732 days"))
    }
}
