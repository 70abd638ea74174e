//! The reference model: what the specification says, as plainly as it can be said. No bytes, no proofs, no signatures, no
//! storage. An account changes hands here when its time comes; the real leaf does so when somebody looks. Written from
//! docs/spec/transaction.md and state.md.

use std::collections::{BTreeMap, BTreeSet};

use medrec_protocol::actions::Refusal;

use super::{
    deeds::{Begin, Deed, Flaw, Key, Letter, MANAGE, Place, Rel, SHARE, Time, Verdict, Who, Wish},
    people::{Delegate, Guardians, Motion, Provider, Recovery, Relationship},
};

const DAY: u64 = 86_400;
const LONGEST_WAIT: u32 = 2 * 366 * 86_400;

#[derive(Clone, Debug, Default)]
pub struct Model {
    pub now: Time,
    pub rels: BTreeMap<Rel, Relationship>,
    pub tombstones: BTreeSet<(Rel, u64)>,
    /// For which relationship an agent's key was appointed, for good.
    pub agents: BTreeMap<Key, Rel>,
    /// Which relationship a key other than its first was set to own.
    pub owners: BTreeMap<Key, Rel>,
    pub providers: BTreeMap<Key, Provider>,
    pub members: BTreeSet<Key>,
    pub motions: BTreeMap<u64, Motion>,
    pub validators: BTreeMap<Key, u64>,
    pub directory_entries: u64,
    seen: BTreeSet<(Time, Who, u64)>,
    /// A relationship whose leaf was filled by hand.
    pub attic: Option<Rel>,
}

fn check(holds: bool, refusal: Refusal) -> Verdict {
    if holds { Ok(()) } else { Err(refusal) }
}

impl Model {
    /// A block begins.
    pub fn pass(&mut self, now: Time) {
        self.now = now;
        self.rels.values_mut().for_each(|rel| rel.pass(now));
        self.seen = self.seen.split_off(&(now, Who::Provider(0), 0));
    }

    /// Judges a transaction, and does it. (STATE-8)
    pub fn judge(&mut self, letter: &Letter) -> Verdict {
        check(letter.flaw != Some(Flaw::Longer), Refusal::Malformed)?;
        for deed in &letter.deeds {
            sound(letter.who, deed)?;
        }
        check(self.now <= letter.until, Refusal::Expired)?;
        check(letter.until <= self.now + 600, Refusal::ValidTooLong)?;
        let nonce = (letter.until, letter.who, letter.nonce);
        check(!self.seen.contains(&nonce), Refusal::Replayed)?;
        let key = self.signs_for(letter.who).ok_or(Refusal::UnknownSigner)?;
        check(key == letter.key && letter.flaw.is_none(), Refusal::Signature)?;
        let attic = letter.deeds.iter().any(|deed| self.attic.is_some() && deed.rel() == self.attic);
        // A single deed checks everything before it changes anything, save that its leaf is full.
        let before = (letter.deeds.len() > 1 || attic).then(|| self.clone());
        for deed in &letter.deeds {
            if let Err(refusal) = self.act(letter.who, deed) {
                if let Some(before) = before {
                    *self = before;
                }
                return Err(refusal);
            }
        }
        self.seen.insert(nonce);
        Ok(())
    }

    /// The key that signs for an account now.
    pub fn signs_for(&self, who: Who) -> Option<Key> {
        match who {
            Who::Provider(provider) => {
                self.providers.get(&provider).filter(|p| p.place != Place::Expelled).map(|p| p.signing)
            }
            Who::Member(member) => self.members.get(&member).copied(),
            Who::Patient(rel) => self.rels.get(&rel).map(|rel| rel.owner),
            Who::Agent(agent) => {
                let rel = &self.rels[self.agents.get(&agent)?];
                let guards = rel.guardians.as_ref().is_some_and(|guardians| guardians.keys.contains(&agent));
                (guards || rel.delegates.contains_key(&agent)).then_some(agent)
            }
        }
    }

    /// May this agent do what needs this right, here and now?
    pub fn may(&self, agent: Key, rel: Rel, right: u8) -> bool {
        self.for_patient(Who::Agent(agent), rel, right).is_ok()
    }

    fn act(&mut self, who: Who, deed: &Deed) -> Verdict {
        self.try_to(who, deed)?;
        let Some(address) = deed.rel() else { return Ok(()) };
        let now = self.now;
        let rel = self.rels.get_mut(&address).unwrap();
        if let Who::Patient(_) = who {
            rel.seen = rel.seen.max(now);
        }
        // No leaf is longer than a leaf may be, neither before its log grows nor after. (STATE-4)
        let before = rel.leaf_bytes();
        rel.entries += 1;
        check(before.max(rel.leaf_bytes()) <= 16_384, Refusal::Full)
    }

    fn open(&self, rel: Rel) -> Result<&Relationship, Refusal> {
        let rel = self.rels.get(&rel).ok_or(Refusal::UnknownRelationship)?;
        check(rel.closed.is_none(), Refusal::Closed)?;
        Ok(rel)
    }

    /// The patient, or a delegate whose delegation counts and who has the right.
    fn for_patient(&self, who: Who, address: Rel, right: u8) -> Result<&Relationship, Refusal> {
        let rel = self.open(address)?;
        if let Who::Agent(agent) = who {
            let delegate = rel.delegates.get(&agent).ok_or(Refusal::NotAllowed)?;
            check(rel.counts(delegate, self.now), Refusal::NotActive)?;
            check(delegate.right >= right, Refusal::NotAllowed)?;
        }
        Ok(rel)
    }

    fn admitted(&self, provider: Key) -> Result<&Provider, Refusal> {
        let provider = self.providers.get(&provider).ok_or(Refusal::UnknownProvider)?;
        match provider.place {
            Place::Admitted => Ok(provider),
            Place::Suspended => Err(Refusal::Suspended),
            Place::Expelled => Err(Refusal::NotAllowed),
        }
    }

    /// The publisher, admitted, with the key of the epoch.
    fn by_publisher(&self, who: Who, address: Rel, epoch: u32) -> Result<&Relationship, Refusal> {
        let rel = self.open(address)?;
        check(who == Who::Provider(rel.publisher), Refusal::NotAllowed)?;
        self.admitted(rel.publisher)?;
        check(rel.epoch == epoch, Refusal::WrongEpoch)?;
        Ok(rel)
    }

    fn is_free(&self, key: Key) -> Verdict {
        check(!self.rels.contains_key(&key) && !self.owners.contains_key(&key), Refusal::KeyUsed)
    }

    fn of(&mut self, rel: Rel) -> &mut Relationship {
        self.rels.get_mut(&rel).unwrap()
    }

    fn forget_recovery(&mut self, rel: Rel) {
        if let Some(begun) = self.of(rel).recovery.take() {
            self.owners.remove(&begun.key);
        }
    }

    fn try_to(&mut self, who: Who, deed: &Deed) -> Verdict {
        match deed {
            Deed::Open { .. }
            | Deed::Publish { .. }
            | Deed::Withdraw { .. }
            | Deed::Request { .. }
            | Deed::Disclose { .. }
            | Deed::Update { .. } => self.by_provider(who, deed),
            Deed::Propose { .. } | Deed::Vote { .. } | Deed::Rescind { .. } => self.by_member(who, deed),
            Deed::Grant { .. }
            | Deed::Revoke { .. }
            | Deed::RevokeAll { .. }
            | Deed::Answer { .. }
            | Deed::Dispute { .. } => self.share(who, deed),
            Deed::Appoint { .. }
            | Deed::EndDelegation { .. }
            | Deed::Emergency { .. }
            | Deed::RotateViewing { .. } => self.manage(who, deed),
            Deed::AnswerDelegation { .. } | Deed::Ask { .. } | Deed::Approve { .. } => {
                self.by_agent(who, deed)
            }
            _ => self.by_patient(deed),
        }
    }

    fn by_provider(&mut self, who: Who, deed: &Deed) -> Verdict {
        let Who::Provider(provider) = who else { return Err(Refusal::NotAllowed) };
        let now = self.now;
        match *deed {
            Deed::Open { key, consent } => {
                self.admitted(provider)?;
                check(consent, Refusal::PossessionProof)?;
                check(!self.rels.contains_key(&key), Refusal::AlreadyOpen)?;
                check(!self.owners.contains_key(&key), Refusal::KeyUsed)?;
                let rel = Relationship {
                    publisher: provider,
                    owner: key,
                    epoch: 0,
                    opened: now,
                    closed: None,
                    seen: now,
                    grants: BTreeMap::new(),
                    requests: BTreeMap::new(),
                    delegates: BTreeMap::new(),
                    guardians: None,
                    recovery: None,
                    handover: None,
                    emergency: None,
                    entries: 0,
                };
                self.rels.insert(key, rel);
            }
            Deed::Publish { rel, supersedes, epoch } => {
                let rel = self.by_publisher(who, rel, epoch)?;
                let known = supersedes.is_none_or(|entry| entry > 0 && entry < rel.entries);
                check(known, Refusal::UnknownRecord)?;
            }
            Deed::Withdraw { rel, entry, epoch } => {
                let rel = self.by_publisher(who, rel, epoch)?;
                check(entry > 0 && entry < rel.entries, Refusal::UnknownRecord)?;
            }
            Deed::Request { rel: address, id, until, epoch } => {
                let rel = self.by_publisher(who, address, epoch)?;
                check(until > now && until <= now + 90 * DAY, Refusal::Date)?;
                check(!rel.requests.contains_key(&id), Refusal::RequestIdUsed)?;
                let waiting = rel.requests.values().filter(|until| **until >= now).count();
                check(waiting < 16, Refusal::TooManyRequests)?;
                let rel = self.of(address);
                rel.requests.retain(|_, until| *until >= now);
                rel.requests.insert(id, until);
            }
            Deed::Disclose { rel, epoch } => {
                // Whatever has become of anybody: it happened.
                let rel = self.rels.get(&rel).ok_or(Refusal::UnknownRelationship)?;
                check(who == Who::Provider(rel.publisher), Refusal::NotAllowed)?;
                check(rel.epoch == epoch, Refusal::WrongEpoch)?;
            }
            Deed::Update { signing, version } => {
                let entry = self.admitted(provider)?;
                check((entry.signing, entry.version) != (signing, version), Refusal::Pointless)?;
                let entry = self.providers.get_mut(&provider).unwrap();
                (entry.signing, entry.version) = (signing, version);
                self.directory_entries += 1;
            }
            _ => unreachable!("not a provider's"),
        }
        Ok(())
    }

    fn share(&mut self, who: Who, deed: &Deed) -> Verdict {
        let (now, address) = (self.now, deed.rel().unwrap());
        let rel = self.for_patient(who, address, SHARE)?;
        match *deed {
            Deed::Grant { id, until, epoch, .. } => {
                check(rel.epoch == epoch, Refusal::WrongEpoch)?;
                check(until > now, Refusal::GrantOver)?;
                let used = rel.grants.contains_key(&id) || self.tombstones.contains(&(address, id));
                check(!used, Refusal::GrantIdUsed)?;
                let holding = rel.grants.values().filter(|(until, _)| *until >= now).count();
                check(holding < 200, Refusal::TooManyGrants)?;
                let rel = self.of(address);
                rel.grants.retain(|_, (until, _)| *until >= now);
                rel.grants.insert(id, (until, rel.entries));
            }
            Deed::Revoke { id, .. } => {
                self.of(address).grants.remove(&id);
                self.tombstones.insert((address, id));
            }
            Deed::RevokeAll { .. } => {
                let grants = std::mem::take(&mut self.of(address).grants);
                self.tombstones.extend(grants.keys().map(|id| (address, *id)));
            }
            Deed::Answer { id, epoch, .. } => {
                check(rel.epoch == epoch, Refusal::WrongEpoch)?;
                check(rel.requests.get(&id).is_some_and(|until| *until >= now), Refusal::UnknownRequest)?;
                self.of(address).requests.remove(&id);
            }
            Deed::Dispute { entry, epoch, .. } => {
                check(rel.epoch == epoch, Refusal::WrongEpoch)?;
                check(entry < rel.entries, Refusal::UnknownEntry)?;
            }
            _ => unreachable!("no sharing"),
        }
        Ok(())
    }

    fn manage(&mut self, who: Who, deed: &Deed) -> Verdict {
        let (now, address) = (self.now, deed.rel().unwrap());
        let rel = self.for_patient(who, address, MANAGE)?;
        let own = match who {
            Who::Agent(agent) => rel.delegates.get(&agent),
            _ => None,
        };
        match *deed {
            Deed::Appoint { key, right, until, begin, epoch, .. } => {
                check(rel.epoch == epoch, Refusal::WrongEpoch)?;
                let less = own.is_none_or(|own| right < own.right && until <= own.until);
                check(less, Refusal::NotAllowed)?;
                check(until > now, Refusal::Date)?;
                let holding = rel.delegates.values().filter(|delegate| delegate.until >= now).count();
                check(holding < 16, Refusal::TooManyAgents)?;
                check(!self.agents.contains_key(&key), Refusal::AgentKeyUsed)?;
                self.agents.insert(key, address);
                let rel = self.of(address);
                rel.delegates.retain(|_, delegate| delegate.until >= now);
                let entry = rel.entries;
                let delegate = Delegate { right, until, begin, accepted: false, asked: None, entry };
                rel.delegates.insert(key, delegate);
            }
            Deed::EndDelegation { agent, next, .. } => {
                let ended = rel.delegates.get(&agent).ok_or(Refusal::UnknownAgent)?;
                let less = own.is_none_or(|own| ended.right < own.right);
                check(less && who != Who::Agent(agent), Refusal::NotAllowed)?;
                check(next == rel.epoch + 1, Refusal::WrongEpoch)?;
                let rel = self.of(address);
                rel.delegates.remove(&agent);
                rel.epoch = next;
            }
            Deed::Emergency { allowed, epoch, .. } => {
                check(!allowed || rel.epoch == epoch, Refusal::WrongEpoch)?;
                let rel = self.of(address);
                rel.emergency = allowed.then_some(rel.entries);
            }
            Deed::RotateViewing { next, .. } => {
                check(next == rel.epoch + 1, Refusal::WrongEpoch)?;
                self.of(address).epoch = next;
            }
            _ => unreachable!("no managing"),
        }
        Ok(())
    }

    fn by_agent(&mut self, who: Who, deed: &Deed) -> Verdict {
        let Who::Agent(agent) = who else { return Err(Refusal::NotAllowed) };
        let (now, address) = (self.now, deed.rel().unwrap());
        let rel = self.open(address)?;
        if let Deed::Approve { key, consent, .. } = *deed {
            let guardians = rel.guardians.as_ref().filter(|guardians| guardians.keys.contains(&agent));
            let guardians = guardians.ok_or(Refusal::UnknownAgent)?.clone();
            let same = rel.recovery.as_ref().filter(|begun| begun.key == key);
            if let Some(begun) = same {
                check(consent, Refusal::PossessionProof)?;
                check(!begun.approvals.contains(&agent), Refusal::NotWaiting)?;
            } else {
                let decided = rel.recovery.as_ref().is_some_and(|begun| begun.due.is_some());
                check(!decided, Refusal::NotAllowed)?;
                check(consent, Refusal::PossessionProof)?;
                self.is_free(key)?;
                self.forget_recovery(address);
                self.owners.insert(key, address);
                self.of(address).recovery = Some(Recovery { key, approvals: BTreeSet::new(), due: None });
            }
            let recovery = self.of(address).recovery.as_mut().unwrap();
            recovery.approvals.insert(agent);
            if recovery.approvals.len() >= usize::from(guardians.threshold) && recovery.due.is_none() {
                recovery.due = Some(now + u64::from(guardians.delay));
            }
            return Ok(());
        }
        let delegate = rel.delegates.get(&agent).ok_or(Refusal::UnknownAgent)?;
        match *deed {
            Deed::AnswerDelegation { yes, .. } => {
                check(now <= delegate.until, Refusal::NotActive)?;
                check(!(yes && delegate.accepted), Refusal::NotWaiting)?;
                let delegates = &mut self.of(address).delegates;
                if yes {
                    delegates.get_mut(&agent).unwrap().accepted = true;
                } else {
                    delegates.remove(&agent);
                }
            }
            Deed::Ask { .. } => {
                check(delegate.accepted && now <= delegate.until, Refusal::NotActive)?;
                let waits = matches!(delegate.begin, Begin::AfterWait(_)) && delegate.asked.is_none();
                check(waits, Refusal::NotWaiting)?;
                self.of(address).delegates.get_mut(&agent).unwrap().asked = Some(now);
            }
            _ => unreachable!("not an agent's"),
        }
        Ok(())
    }

    fn by_patient(&mut self, deed: &Deed) -> Verdict {
        let (now, address) = (self.now, deed.rel().unwrap());
        let rel = self.open(address)?;
        match deed {
            Deed::Refuse { agent, .. } => {
                let delegate = rel.delegates.get(agent).ok_or(Refusal::UnknownAgent)?;
                check(delegate.asked.is_some(), Refusal::NotWaiting)?;
                self.of(address).delegates.get_mut(agent).unwrap().asked = None;
            }
            Deed::Guardians { keys, threshold, delay, epoch, .. } => {
                check(rel.epoch == *epoch, Refusal::WrongEpoch)?;
                let before =
                    rel.guardians.as_ref().map(|guardians| guardians.keys.clone()).unwrap_or_default();
                let all: BTreeSet<Key> = keys.iter().copied().collect();
                // Who stays, stays; everybody else, and nobody twice, comes with a fresh key.
                let fresh = all.iter().filter(|key| !before.contains(key));
                let used = fresh.clone().any(|key| self.agents.contains_key(key));
                check(!used && all.len() == keys.len(), Refusal::AgentKeyUsed)?;
                let fresh: Vec<Key> = fresh.copied().collect();
                self.agents.extend(fresh.into_iter().map(|key| (key, address)));
                self.forget_recovery(address);
                let (threshold, delay) = (*threshold, *delay);
                let rel = self.of(address);
                let entry = rel.entries;
                rel.guardians = (!all.is_empty()).then_some(Guardians { keys: all, threshold, delay, entry });
            }
            Deed::Veto { .. } => {
                check(rel.recovery.is_some(), Refusal::NotWaiting)?;
                self.forget_recovery(address);
            }
            Deed::Handover { key, due, consent, .. } => {
                check(*due > now, Refusal::Date)?;
                check(*consent, Refusal::PossessionProof)?;
                match rel.handover {
                    Some((promised, date)) => {
                        check(promised == *key && *due < date, Refusal::HandoverFixed)?;
                    }
                    None => self.is_free(*key)?,
                }
                self.owners.insert(*key, address);
                self.of(address).handover = Some((*key, *due));
            }
            Deed::RotateKeys { key, next, consent, .. } => {
                check(*consent, Refusal::PossessionProof)?;
                self.is_free(*key)?;
                check(*next == rel.epoch + 1, Refusal::WrongEpoch)?;
                let old = rel.owner;
                self.owners.remove(&old);
                self.owners.insert(*key, address);
                self.forget_recovery(address);
                let rel = self.of(address);
                (rel.owner, rel.epoch) = (*key, *next);
            }
            Deed::Life { .. } => {}
            Deed::Close { .. } => {
                check(rel.handover.is_none(), Refusal::HandoverFixed)?;
                self.forget_recovery(address);
                let rel = self.of(address);
                let grants = std::mem::take(&mut rel.grants);
                rel.closed = Some(now);
                rel.requests.clear();
                rel.delegates.clear();
                rel.guardians = None;
                rel.emergency = None;
                self.tombstones.extend(grants.keys().map(|id| (address, *id)));
            }
            _ => unreachable!("not the patient's alone"),
        }
        Ok(())
    }

    fn by_member(&mut self, who: Who, deed: &Deed) -> Verdict {
        let Who::Member(member) = who else { return Err(Refusal::NotAllowed) };
        check(self.members.contains(&member), Refusal::NotAllowed)?;
        let now = self.now;
        if let Deed::Propose { id, until, wish } = *deed {
            check(until > now && until <= now + 90 * DAY, Refusal::Date)?;
            let waits = |motion: &Motion| motion.until >= now;
            check(!self.motions.get(&id).is_some_and(waits), Refusal::MotionIdUsed)?;
            let waiting = self.motions.values().filter(|motion| waits(motion)).count();
            check(waiting < 64, Refusal::TooManyMotions)?;
            self.is_possible(wish)?;
            self.motions.retain(|_, motion| waits(motion));
            self.motions.insert(id, Motion { wish, until, votes: BTreeSet::from([member]) });
            self.directory_entries += 1;
            self.count_votes(id);
            return Ok(());
        }
        let (Deed::Vote { id } | Deed::Rescind { id }) = *deed else { unreachable!("not a member's") };
        let motion = self.motions.get(&id).filter(|motion| motion.until >= now);
        let motion = motion.ok_or(Refusal::UnknownMotion)?;
        let voting = matches!(deed, Deed::Vote { .. });
        check(motion.votes.contains(&member) != voting, Refusal::Pointless)?;
        let mut after = motion.clone();
        if voting {
            after.votes.insert(member);
            if self.carries(&after.votes) {
                self.is_possible(after.wish)?;
            }
        } else {
            after.votes.remove(&member);
        }
        self.directory_entries += 1;
        if after.votes.is_empty() {
            self.motions.remove(&id);
            return Ok(());
        }
        self.motions.insert(id, after);
        if voting {
            self.count_votes(id);
        }
        Ok(())
    }

    fn carries(&self, votes: &BTreeSet<Key>) -> bool {
        3 * votes.intersection(&self.members).count() > 2 * self.members.len()
    }

    fn is_possible(&self, wish: Wish) -> Verdict {
        let there = |provider: Key| -> Result<&Provider, Refusal> {
            let provider = self.providers.get(&provider).ok_or(Refusal::UnknownProvider)?;
            check(provider.place != Place::Expelled, Refusal::Pointless)?;
            Ok(provider)
        };
        let useful = match wish {
            Wish::Admit { provider, .. } => !self.providers.contains_key(&provider),
            Wish::Standing { provider, place } => there(provider)?.place != place,
            Wish::Role { provider, emergency } => there(provider)?.emergency != emergency,
            Wish::Validator { key, power: 0 } => {
                self.validators.contains_key(&key) && self.validators.len() > 1
            }
            Wish::Validator { key, power } => match self.validators.get(&key) {
                Some(now) => *now != power,
                None => self.validators.len() < 256,
            },
            Wish::AdmitMember(key) => !self.members.contains(&key) && self.members.len() < 256,
            Wish::RemoveMember(key) => self.members.contains(&key) && self.members.len() > 1,
        };
        check(useful, Refusal::Pointless)
    }

    fn count_votes(&mut self, id: u64) {
        if !self.carries(&self.motions[&id].votes) {
            return;
        }
        let wish = self.motions.remove(&id).unwrap().wish;
        self.directory_entries += 1;
        match wish {
            Wish::Admit { provider, emergency } => {
                let (signing, admitted, place) = (provider, self.now, Place::Admitted);
                self.providers.insert(provider, Provider { signing, version: 0, place, emergency, admitted });
                self.directory_entries += u64::from(emergency);
            }
            Wish::Standing { provider, place } => self.providers.get_mut(&provider).unwrap().place = place,
            Wish::Role { provider, emergency } => {
                self.providers.get_mut(&provider).unwrap().emergency = emergency;
            }
            Wish::Validator { key, power: 0 } => drop(self.validators.remove(&key)),
            Wish::Validator { key, power } => drop(self.validators.insert(key, power)),
            Wish::AdmitMember(key) => drop(self.members.insert(key)),
            Wish::RemoveMember(key) => drop(self.members.remove(&key)),
        }
    }
}

/// What needs no state: which kind of account may do this, and bounds.
fn sound(who: Who, deed: &Deed) -> Verdict {
    let patient = || deed.rel().is_some_and(|rel| who == Who::Patient(rel));
    let may = match deed {
        Deed::Open { .. }
        | Deed::Publish { .. }
        | Deed::Withdraw { .. }
        | Deed::Request { .. }
        | Deed::Disclose { .. }
        | Deed::Update { .. } => matches!(who, Who::Provider(_)),
        Deed::Grant { .. }
        | Deed::Revoke { .. }
        | Deed::RevokeAll { .. }
        | Deed::Answer { .. }
        | Deed::Dispute { .. }
        | Deed::Appoint { .. }
        | Deed::EndDelegation { .. }
        | Deed::Emergency { .. }
        | Deed::RotateViewing { .. } => patient() || matches!(who, Who::Agent(_)),
        Deed::AnswerDelegation { .. } | Deed::Ask { .. } | Deed::Approve { .. } => {
            matches!(who, Who::Agent(_))
        }
        Deed::Propose { .. } | Deed::Vote { .. } | Deed::Rescind { .. } => matches!(who, Who::Member(_)),
        _ => patient(),
    };
    check(may, Refusal::NotAllowed)?;
    match deed {
        Deed::Appoint { begin: Begin::AfterWait(wait) | Begin::AfterSilence(wait), .. } => {
            check((1..=LONGEST_WAIT).contains(wait), Refusal::Date)
        }
        Deed::Guardians { keys, threshold, delay, .. } if !keys.is_empty() => {
            check(*threshold >= 2 && usize::from(*threshold) <= keys.len(), Refusal::NotAllowed)?;
            check((86_400..=LONGEST_WAIT).contains(delay), Refusal::Date)
        }
        Deed::Propose { wish: Wish::Validator { power, .. }, .. } => {
            check(*power <= 1_000_000_000, Refusal::Malformed)
        }
        _ => Ok(()),
    }
}
