//! Who acts for this person: delegates, guardians, emergency care, and what was disputed. Read from the newest proved leaf,
//! and from the entries that it names.

use std::collections::BTreeMap;

use medrec_exchange::api::{CardEntry, EmergencyCard};
use medrec_protocol::{
    Address, AgentAddress, ChainIdentity, RelationshipAddress, Timestamp,
    actions::Action,
    codec::List,
    decide,
    log::LogEntry,
    payload::{DelegationTerms, DisputePayload, EmergencyTerms, GuardianNames, Payload, V1},
    seal::{SealContext, Sealed},
    state::{Delegation, Inactive, RelationshipLeaf},
};

use super::share::leaf_of;
use crate::{
    Result, Wallet, WalletError,
    keys::RelationshipKeys,
    store::{
        Connection, StoreError, delegates, disclosures::Disclosed, entries, providers, records,
        relationships::Relationship,
    },
    view::{
        Begins, DelegateState, DelegateView, DisputeView, EmergencyView, GuardianView, GuardiansView,
        RelationshipState, ShareId, Suspicion,
    },
};

const SECONDS_PER_DAY: u32 = 86_400;
const ALL: u32 = 10_000;
/// Clocks may differ by this many seconds, and a release a moment before an end is no wrong.
const GRACE_SECONDS: u64 = decide::MAX_CLOCK_GAP_SECONDS;

/// A relationship with its leaf as it stands now, and its keys.
pub(crate) struct Page {
    pub row: Relationship,
    pub leaf: RelationshipLeaf,
    pub keys: RelationshipKeys,
}

impl Page {
    /// Opens what an entry says.
    pub fn open<T: Payload>(&self, sealed: &Sealed, entry: &LogEntry, chain: &ChainIdentity) -> Option<T> {
        let key = self.keys.viewing(sealed.epoch())?;
        let context = SealContext { signer: entry.signer, ..self.keys.context(chain, self.row.address) };
        T::open(sealed, key, context).ok().map(|(payload, _)| payload)
    }
}

impl Wallet {
    /// Every open relationship.
    pub(crate) async fn pages(&self, chain: &ChainIdentity) -> Result<Vec<Page>> {
        let mut pages = Vec::new();
        for row in self.relationships().await? {
            if row.state == RelationshipState::Open {
                let (leaf, keys) = (leaf_of(&row)?.settled(self.now()), self.keys(chain, &row).await?);
                pages.push(Page { row, leaf, keys });
            }
        }
        Ok(pages)
    }

    /// Everybody who may act for this person, now or later.
    pub async fn delegates(&self) -> Result<Vec<DelegateView>> {
        let chain = self.joined().await?.chain();
        let now = self.now();
        let mut read = self.store.read().await?;
        let provider_names = providers::names(&mut read).await?;
        let mut views: BTreeMap<ShareId, DelegateView> = BTreeMap::new();
        for page in self.pages(&chain).await? {
            for delegation in page.leaf.delegations.values() {
                let entry = entries::get(&mut read, page.row.address, delegation.entry).await?;
                let Some(entry) = entry else { continue };
                let Action::Delegate(action) = &entry.action else { continue };
                let Some(terms) = page.open::<DelegationTerms>(&action.terms, &entry, &chain) else {
                    continue;
                };
                let (state, begins_at) = standing(delegation, page.leaf.seen, now);
                let provider = provider_names.of(page.row.provider);
                let view = views.entry(ShareId(terms.appointment)).or_insert_with(|| DelegateView {
                    appointment: ShareId(terms.appointment),
                    name: terms.name.to_string(),
                    relation: terms.relation.to_string(),
                    right: delegation.right.into(),
                    begins: begins(delegation),
                    until: delegation.not_after,
                    state,
                    begins_at,
                    providers: Vec::new(),
                    appointed_at: entry.time,
                });
                view.providers.push(provider);
                if rank(state) > rank(view.state) {
                    (view.state, view.begins_at) = (state, begins_at);
                }
            }
        }
        let mut views: Vec<_> = views.into_values().collect();
        views.sort_by(|a, b| (&a.name, a.appointment).cmp(&(&b.name, b.appointment)));
        Ok(views)
    }

    /// Guardians, and a recovery that is under way, for each relationship that has some.
    pub async fn guardians(&self) -> Result<Vec<GuardiansView>> {
        let chain = self.joined().await?.chain();
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        let mut views = Vec::new();
        for page in self.pages(&chain).await? {
            let Some(guardians) = &page.leaf.guardians else { continue };
            let entry = entries::get(&mut read, page.row.address, guardians.entry).await?;
            let mut called = BTreeMap::new();
            if let Some(entry) = &entry
                && let Action::SetGuardians(action) = &entry.action
                && let Some(names) = page.open::<GuardianNames>(&action.names, entry, &chain)
            {
                let agents =
                    action.guardians.as_slice().iter().map(|guardian| AgentAddress::of(&guardian.key));
                called = agents.zip(names.names.as_slice().iter().map(ToString::to_string)).collect();
            }
            let recovery = page.leaf.recovery.as_ref();
            let view = |agent: &AgentAddress| GuardianView {
                name: called.get(agent).cloned().unwrap_or_else(|| agent.to_string()),
                approved: recovery.is_some_and(|recovery| recovery.approvals.contains(agent)),
            };
            views.push(GuardiansView {
                provider: names.of(page.row.provider),
                guardians: guardians.keys.keys().map(view).collect(),
                threshold: guardians.threshold,
                delay_days: guardians.delay / SECONDS_PER_DAY,
                recovery: recovery.is_some(),
                recovery_due: recovery.and_then(|recovery| recovery.due),
            });
        }
        Ok(views)
    }

    /// What emergency care may see, with each provider.
    pub async fn emergency(&self) -> Result<Vec<EmergencyView>> {
        let chain = self.joined().await?.chain();
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        let mut views = Vec::new();
        for page in self.pages(&chain).await?.into_iter().filter(|page| page.leaf.closed.is_none()) {
            let mut terms = None;
            if let Some(position) = page.leaf.emergency
                && let Some(entry) = entries::get(&mut read, page.row.address, position).await?
                && let Action::SetEmergency(action) = &entry.action
            {
                terms = page.open::<EmergencyTerms>(&action.terms, &entry, &chain);
            }
            views.push(EmergencyView {
                provider: names.of(page.row.provider),
                allowed: terms.is_some(),
                kinds: terms.map(|terms| terms.kinds.iter().collect()).unwrap_or_default(),
            });
        }
        Ok(views)
    }

    /// What a person carries for emergencies: where records are that emergency care may see. It is no key.
    pub async fn emergency_card(&self) -> Result<String> {
        let chain = self.joined().await?.chain();
        let allowed = |page: &Page| page.leaf.closed.is_none() && page.leaf.emergency.is_some();
        let entry = |page: Page| CardEntry { relationship: page.row.address, publisher: page.row.provider };
        let entries: Vec<_> =
            self.pages(&chain).await?.into_iter().filter(|page| allowed(page)).map(entry).collect();
        if entries.is_empty() {
            return Err(WalletError::CannotAct("emergency care may see nothing yet; allow it first"));
        }
        let entries =
            List::new(entries).map_err(|_| WalletError::CannotAct("a card has room for fewer providers"))?;
        Ok(EmergencyCard { version: V1, chain_id: chain.chain_id, entries }.to_string())
    }

    /// What was disputed, newest first.
    pub async fn disputes(&self) -> Result<Vec<DisputeView>> {
        let chain = self.joined().await?.chain();
        let mut read = self.store.read().await?;
        let names = delegates::names(&mut read).await?;
        let providers = providers::names(&mut read).await?;
        let mut views = Vec::new();
        for page in self.pages(&chain).await? {
            let address = page.row.address;
            for (_, entry) in entries::by_action(&mut read, address, "dispute", ALL).await? {
                let Action::Dispute(action) = &entry.action else { continue };
                let Some(said) = page.open::<DisputePayload>(&action.statement, &entry, &chain) else {
                    continue;
                };
                let disputed = entries::get(&mut read, address, action.entry).await?;
                views.push(DisputeView {
                    provider: providers.of(page.row.provider),
                    relationship: address,
                    position: action.entry,
                    record: records::at_position(&mut read, address, action.entry).await?,
                    action: disputed.map_or_else(String::new, |entry| entry.action.name().to_owned()),
                    statement: said.statement.as_slice().iter().map(ToString::to_string).collect(),
                    at: entry.time,
                    by: match entry.signer {
                        Address::Agent(agent) => Some(names.name_of(address, agent)),
                        _ => None,
                    },
                });
            }
        }
        views.sort_by_key(|view| std::cmp::Reverse((view.at, view.position)));
        Ok(views)
    }
}

/// How far a delegation is, and when it begins, if that is known.
pub(crate) fn standing(
    delegation: &Delegation,
    seen: Timestamp,
    now: Timestamp,
) -> (DelegateState, Option<Timestamp>) {
    match delegation.is_active(seen, now, now) {
        Ok(()) => (DelegateState::Active, None),
        Err(Inactive::NotAccepted) => (DelegateState::Invited, None),
        Err(Inactive::Over) => (DelegateState::Over, None),
        Err(Inactive::NotAsked) => (DelegateState::Standby, None),
        Err(Inactive::Until(at)) if delegation.asked.is_some() => (DelegateState::Beginning, Some(at)),
        Err(Inactive::Until(at)) => (DelegateState::Standby, Some(at)),
    }
}

fn rank(state: DelegateState) -> u8 {
    match state {
        DelegateState::Over => 0,
        DelegateState::Invited => 1,
        DelegateState::Standby => 2,
        DelegateState::Beginning => 3,
        DelegateState::Active => 4,
    }
}

fn begins(delegation: &Delegation) -> Begins {
    use medrec_protocol::state::Activation;
    match delegation.activation {
        Activation::AtOnce => Begins::AtOnce,
        Activation::AfterWait(seconds) => Begins::AfterWait { days: seconds / SECONDS_PER_DAY },
        Activation::AfterSilence(seconds) => Begins::AfterSilence { days: seconds / SECONDS_PER_DAY },
    }
}

/// Compares a release to a delegate with what was appointed.
pub(super) async fn was_appointed(
    db: &mut Connection,
    disclosed: &Disclosed,
) -> Result<Option<Suspicion>, StoreError> {
    let Some(Address::Agent(agent)) = disclosed.recipient else { return Ok(Some(Suspicion::NotAllowed)) };
    let at = disclosed.at;
    let appointed = delegates::get(db, disclosed.relationship, agent).await?;
    let Some(appointed) = appointed.filter(|known| known.at <= at.plus(GRACE_SECONDS)) else {
        return Ok(Some(Suspicion::NotAllowed));
    };
    let end = appointed.ended_at.map_or(appointed.not_after, |ended| ended.min(appointed.not_after));
    Ok((at > end.plus(GRACE_SECONDS)).then_some(Suspicion::OutOfTime))
}

/// What the patient said about emergency care, and when.
pub(super) struct EmergencyRule {
    at: Timestamp,
    allowed: bool,
}

/// Every emergency rule of a relationship, newest first.
pub(super) async fn emergency_rules(
    db: &mut Connection,
    relationship: RelationshipAddress,
) -> Result<Vec<EmergencyRule>, StoreError> {
    let rules = entries::by_action(db, relationship, "set_emergency", ALL).await?;
    let rule = |(_, entry): &(u64, LogEntry)| match &entry.action {
        Action::SetEmergency(action) => Some(EmergencyRule { at: entry.time, allowed: action.allowed }),
        _ => None,
    };
    Ok(rules.iter().filter_map(rule).collect())
}

/// Compares an emergency look with the rule that was in force.
pub(super) fn was_allowed(rules: &[EmergencyRule], looked_at: Timestamp) -> Option<Suspicion> {
    // The rule of that time, and every one that began or ended a moment around it.
    let before = rules.iter().find(|rule| rule.at <= looked_at);
    let around = rules.iter().filter(|rule| rule.at.distance(looked_at) <= GRACE_SECONDS);
    let allowed = before.into_iter().chain(around).any(|rule| rule.allowed);
    (!allowed).then_some(Suspicion::NotAllowed)
}
