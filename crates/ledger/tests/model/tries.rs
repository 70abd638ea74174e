//! What people try: mostly what makes sense for them, now and then what does not.

use super::{
    chance::Chance,
    deeds::{Begin, Deed, Flaw, Key, Letter, Place, Rel, Time, Who, Wish},
    people::Relationship,
    rules::Model,
    town::FIRST_FREE_KEY,
};

const DAY: u64 = 86_400;

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Provider,
    Patient,
    Agent,
    Member,
}

/// Makes transactions up, looking at the model only.
pub struct Tries {
    pub chance: Chance,
    next_key: Key,
    next_id: u64,
    /// Every agent's key that was ever tried.
    agents: Vec<Key>,
    /// Every key that was tried as an owner's.
    owners: Vec<Key>,
    /// Sent before, to be sent again.
    sent: Vec<Letter>,
}

impl Tries {
    pub fn new(seed: u64) -> Self {
        let (agents, owners, sent) = (vec![FIRST_FREE_KEY], vec![FIRST_FREE_KEY], Vec::new());
        Self { chance: Chance(seed), next_key: FIRST_FREE_KEY + 1, next_id: 1, agents, owners, sent }
    }

    fn fresh_key(&mut self) -> Key {
        self.next_key += 1;
        self.next_key
    }

    /// Mostly a fresh key for an owner, now and then one that was used.
    fn owner_key(&mut self) -> Key {
        if self.chance.permille(120) {
            return self.chance.one(&self.owners).unwrap();
        }
        let key = self.fresh_key();
        self.owners.push(key);
        key
    }

    fn agent_key(&mut self) -> Key {
        if self.chance.permille(60) {
            return self.chance.one(&self.agents).unwrap();
        }
        let key = self.fresh_key();
        self.agents.push(key);
        key
    }

    fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn later(&mut self, now: Time) -> Time {
        let ahead = self.chance.pick([1, 2, 30, 600, 4000, 2 * DAY, 20 * DAY, 60 * DAY, 300 * DAY]);
        if self.chance.permille(60) { now - self.chance.pick([0, 1, 1000]) } else { now + ahead }
    }

    fn epoch(&mut self, right: u32) -> u32 {
        if self.chance.permille(40) {
            self.chance.pick([0, right + 1, right.saturating_sub(1), 77])
        } else {
            right
        }
    }

    fn next_epoch(&mut self, now: u32) -> u32 {
        if self.chance.permille(60) { self.chance.pick([now, now + 2, 0]) } else { now + 1 }
    }

    fn consent(&mut self) -> bool {
        !self.chance.permille(60)
    }

    /// Mostly an open relationship.
    fn rel(&mut self, model: &Model) -> Rel {
        let all: Vec<Rel> = model.rels.keys().copied().filter(|rel| Some(*rel) != model.attic).collect();
        let open: Vec<Rel> = all.iter().copied().filter(|rel| model.rels[rel].closed.is_none()).collect();
        let nowhere = self.next_key + 1_000_000;
        match self.chance.below(1000) {
            0..15 => nowhere,
            15..40 => self.chance.one(&all).unwrap_or(nowhere),
            40..50 => model.attic.unwrap_or(nowhere),
            // A few that much happens in.
            50..350 => self.chance.one(&open[..open.len().min(4)]).unwrap_or(nowhere),
            _ => self.chance.one(&open).unwrap_or(nowhere),
        }
    }

    /// The next transaction.
    pub fn letter(&mut self, model: &Model) -> Letter {
        if self.chance.permille(15)
            && let Some(index) = (self.sent.len() as u64).checked_sub(1)
        {
            let index = usize::try_from(self.chance.below(index + 1)).unwrap();
            return self.sent[index].clone();
        }
        let letter = self.new_letter(model);
        if self.sent.len() < 300 {
            self.sent.push(letter.clone());
        } else {
            let place = usize::try_from(self.chance.below(300)).unwrap();
            self.sent[place] = letter.clone();
        }
        letter
    }

    fn new_letter(&mut self, model: &Model) -> Letter {
        let rel = self.rel(model);
        let role = match self.chance.below(100) {
            0..28 => Role::Provider,
            28..66 => Role::Patient,
            66..92 => Role::Agent,
            _ => Role::Member,
        };
        // Where there is no agent, the patient acts.
        let here = model.rels.get(&rel);
        let agents = here.is_some_and(|here| !here.delegates.is_empty() || here.guardians.is_some());
        let role =
            if role == Role::Agent && !agents && !self.chance.permille(150) { Role::Patient } else { role };
        let (who, key) = self.signer(model, rel, role);
        let deeds = if self.chance.permille(12) {
            self.many(model, rel, role)
        } else {
            let count = if self.chance.permille(80) { 2 + self.chance.below(3) } else { 1 };
            let strange = self.chance.permille(15);
            let doing = if strange {
                self.chance.pick([Role::Provider, Role::Patient, Role::Agent, Role::Member])
            } else {
                role
            };
            (0..count).map(|_| self.deed(model, rel, doing, who)).collect()
        };
        let now = model.now;
        let until = match self.chance.below(1000) {
            0..8 => now + 601 + self.chance.below(5000),
            8..14 => now - 1 - self.chance.below(3),
            14..24 => now,
            24..34 => now + 600,
            _ => now + 30 + self.chance.below(500),
        };
        let flaw = match self.chance.below(1000) {
            0..4 => Some(Flaw::Longer),
            4..8 => Some(Flaw::OtherLedger),
            _ => None,
        };
        self.next_id += 1;
        Letter { who, key, nonce: self.next_id, until, deeds, flaw }
    }

    /// Who signs, and with which key: the right one as a rule, at times a thief's.
    fn signer(&mut self, model: &Model, rel: Rel, role: Role) -> (Who, Key) {
        let here = model.rels.get(&rel);
        let who = match role {
            Role::Provider => {
                let all: Vec<Key> = model.providers.keys().copied().collect();
                let other = self.chance.one(&all).unwrap();
                let publisher = here.map(|here| here.publisher);
                Who::Provider(publisher.filter(|_| !self.chance.permille(60)).unwrap_or(other))
            }
            Role::Patient => Who::Patient(rel),
            Role::Agent => Who::Agent(self.some_agent(here)),
            Role::Member => {
                let all: Vec<Key> = model.members.iter().copied().collect();
                let nobody = self.next_key + 1_000_000;
                Who::Member(if self.chance.permille(30) { nobody } else { self.chance.one(&all).unwrap() })
            }
        };
        let key = model.signs_for(who);
        let first = match who {
            Who::Provider(key) | Who::Patient(key) | Who::Agent(key) | Who::Member(key) => key,
        };
        let key = match self.chance.below(1000) {
            // The key before rotation, recovery or handover, as a thief or a parent has it.
            0..30 => first,
            30..36 => self.chance.one(&self.owners).unwrap(),
            _ => key.unwrap_or(first),
        };
        (who, key)
    }

    fn some_agent(&mut self, here: Option<&Relationship>) -> Key {
        let delegates: Vec<Key> =
            here.map(|here| here.delegates.keys().copied().collect()).unwrap_or_default();
        let guardians = here.and_then(|here| here.guardians.as_ref());
        let guardians: Vec<Key> =
            guardians.map(|guardians| guardians.keys.iter().copied().collect()).unwrap_or_default();
        let other = self.chance.one(&self.agents).unwrap();
        let (first, second) =
            if self.chance.permille(600) { (delegates, guardians) } else { (guardians, delegates) };
        let here = self.chance.one(&first).or_else(|| self.chance.one(&second));
        here.filter(|_| !self.chance.permille(80)).unwrap_or(other)
    }

    /// As many at once as reach a bound.
    fn many(&mut self, model: &Model, rel: Rel, role: Role) -> Vec<Deed> {
        let (now, here) = (model.now, model.rels.get(&rel));
        let epoch = here.map_or(0, |here| here.epoch);
        let count = if self.chance.permille(300) { 17 } else { 4 + self.chance.below(12) };
        let until = now + self.chance.pick([20, 100, 500, 5 * DAY]);
        let mut deeds = Vec::new();
        match role {
            Role::Provider => {
                for _ in 0..count {
                    deeds.push(Deed::Request { rel, id: self.fresh_id(), until, epoch });
                }
            }
            Role::Patient | Role::Agent if self.chance.permille(500) => {
                for _ in 0..count {
                    let key = self.fresh_key();
                    self.agents.push(key);
                    let begin = Begin::AtOnce;
                    deeds.push(Deed::Appoint { rel, key, right: 1, until, begin, epoch });
                }
            }
            Role::Patient | Role::Agent => {
                let until = now + self.chance.pick([500, 20 * DAY]);
                for _ in 0..60 + self.chance.below(60) {
                    deeds.push(Deed::Grant { rel, id: self.fresh_id(), until, epoch });
                }
            }
            Role::Member => {
                let until = now + 2000;
                for _ in 0..35 + self.chance.below(29) {
                    let key = self.chance.pick([7000, 7001, 7002, 7003]);
                    let wish = Wish::Validator { key, power: 1_000 + self.chance.below(50) };
                    deeds.push(Deed::Propose { id: self.fresh_id(), until, wish });
                }
            }
        }
        deeds
    }

    fn deed(&mut self, model: &Model, rel: Rel, role: Role, who: Who) -> Deed {
        let deed = match role {
            Role::Provider => self.provider_s(model, rel, who),
            Role::Patient => self.patient_s(model, rel),
            Role::Agent => self.agent_s(model, rel, who),
            Role::Member => self.member_s(model),
        };
        match deed {
            // The leaf that was filled by hand never changes hands: whether it is full is judged by its bytes as they
            // were written, which the model does not have when a change was not written yet.
            Deed::Guardians { rel, .. } | Deed::Handover { rel, .. } if Some(rel) == model.attic => {
                Deed::Life { rel }
            }
            deed => deed,
        }
    }

    /// An entry of the log, mostly one that is there.
    fn entry(&mut self, here: Option<&Relationship>) -> u64 {
        let size = here.map_or(0, |here| here.entries);
        if self.chance.permille(80) {
            self.chance.pick([0, size, size + 5])
        } else {
            self.chance.below(size + 1)
        }
    }

    fn provider_s(&mut self, model: &Model, rel: Rel, who: Who) -> Deed {
        let here = model.rels.get(&rel);
        let epoch = self.epoch(here.map_or(0, |here| here.epoch));
        let open = model.rels.values().filter(|rel| rel.closed.is_none()).count();
        match self.chance.below(100) {
            0..8 if open < 24 || self.chance.permille(60) => {
                let used = self.chance.permille(100);
                let key = if used { rel } else { self.owner_key() };
                Deed::Open { key, consent: self.consent() }
            }
            0..38 => {
                let entry = self.entry(here);
                Deed::Publish { rel, supersedes: self.chance.permille(300).then_some(entry), epoch }
            }
            38..46 => Deed::Withdraw { rel, entry: self.entry(here), epoch },
            46..72 => {
                let known: Vec<u64> =
                    here.map(|here| here.requests.keys().copied().collect()).unwrap_or_default();
                let known = self.chance.one(&known).filter(|_| self.chance.permille(100));
                let id = known.unwrap_or_else(|| self.fresh_id());
                Deed::Request { rel, id, until: self.later(model.now), epoch }
            }
            72..95 => Deed::Disclose { rel, epoch },
            _ => {
                let provider = match who {
                    Who::Provider(key) => model.providers.get(&key),
                    _ => None,
                };
                let (signing, version) =
                    provider.map_or((1, 0), |provider| (provider.signing, provider.version));
                match self.chance.below(4) {
                    0 => Deed::Update { signing, version: version.max(1) },
                    1 => Deed::Update { signing: self.fresh_key(), version: version + 1 },
                    _ => Deed::Update { signing, version: version + 1 },
                }
            }
        }
    }

    fn shared(&mut self, model: &Model, rel: Rel) -> Deed {
        let here = model.rels.get(&rel);
        let epoch = self.epoch(here.map_or(0, |here| here.epoch));
        let grants: Vec<u64> = here.map(|here| here.grants.keys().copied().collect()).unwrap_or_default();
        match self.chance.below(100) {
            0..45 => {
                let known = self.chance.one(&grants).unwrap_or(1);
                let id = if self.chance.permille(80) {
                    // Often one that was stopped.
                    let any = 1 + self.chance.below(self.next_id);
                    self.chance.pick([known, any])
                } else {
                    self.fresh_id()
                };
                Deed::Grant { rel, id, until: self.later(model.now), epoch }
            }
            45..65 => {
                let known = self.chance.one(&grants).filter(|_| self.chance.permille(800));
                Deed::Revoke { rel, id: known.unwrap_or_else(|| self.fresh_id()) }
            }
            // The one that was filled by hand stays full.
            65..69 if Some(rel) != model.attic => Deed::RevokeAll { rel },
            65..88 => {
                let requests: Vec<u64> =
                    here.map(|here| here.requests.keys().copied().collect()).unwrap_or_default();
                let known = self.chance.one(&requests).filter(|_| self.chance.permille(900));
                Deed::Answer { rel, id: known.unwrap_or(3), epoch }
            }
            _ => Deed::Dispute { rel, entry: self.entry(here), epoch },
        }
    }

    fn managed(&mut self, model: &Model, rel: Rel) -> Deed {
        let here = model.rels.get(&rel);
        let now = here.map_or(0, |here| here.epoch);
        let epoch = self.epoch(now);
        let delegates: Vec<Key> =
            here.map(|here| here.delegates.keys().copied().collect()).unwrap_or_default();
        match self.chance.below(100) {
            0..50 => {
                let wait = match self.chance.below(100) {
                    0..4 => self.chance.pick([0, 2 * 366 * 86_400 + 1]),
                    _ => self.chance.pick([1, 60, 3600, 86_400, 10 * 86_400]),
                };
                let begin =
                    self.chance.pick([Begin::AtOnce, Begin::AfterWait(wait), Begin::AfterSilence(wait)]);
                let right = self.chance.pick([0, 1, 1, 2, 2]);
                let (key, until) = (self.agent_key(), self.later(model.now));
                Deed::Appoint { rel, key, right, until, begin, epoch }
            }
            50..72 => {
                let known = self.chance.one(&delegates).filter(|_| self.chance.permille(900));
                let agent = known.unwrap_or_else(|| self.chance.one(&self.agents).unwrap());
                Deed::EndDelegation { rel, agent, next: self.next_epoch(now) }
            }
            72..88 => Deed::Emergency { rel, allowed: self.chance.permille(600), epoch },
            _ => Deed::RotateViewing { rel, next: self.next_epoch(now) },
        }
    }

    fn patient_s(&mut self, model: &Model, rel: Rel) -> Deed {
        let here = model.rels.get(&rel);
        let now = here.map_or(0, |here| here.epoch);
        match self.chance.below(1000) {
            0..450 => self.shared(model, rel),
            450..700 => self.managed(model, rel),
            700..760 => {
                let delegates = here.map(|here| &here.delegates);
                let asked = |filter: bool| {
                    let all = delegates.into_iter().flatten();
                    all.filter(|(_, d)| !filter || d.asked.is_some()).map(|(key, _)| *key).collect::<Vec<_>>()
                };
                let (waiting, any) = (asked(true), asked(false));
                let nobody = self.chance.one(&self.agents).unwrap();
                let agent = match self.chance.below(10) {
                    0 => nobody,
                    1..3 => self.chance.one(&any).unwrap_or(nobody),
                    _ => self.chance.one(&waiting).unwrap_or(nobody),
                };
                Deed::Refuse { rel, agent }
            }
            760..830 => self.guardians(rel, here),
            830..850 => Deed::Veto { rel },
            850..885 => {
                let promised = here.and_then(|here| here.handover).filter(|_| !self.chance.permille(100));
                let key = promised.map_or_else(|| self.owner_key(), |(key, _)| key);
                let due = match promised {
                    Some((_, due)) if self.chance.permille(600) => due - self.chance.below(3 * DAY),
                    _ => self.later(model.now),
                };
                Deed::Handover { rel, key, due, consent: self.consent() }
            }
            885..930 => {
                let (key, next, consent) = (self.owner_key(), self.next_epoch(now), self.consent());
                Deed::RotateKeys { rel, key, next, consent }
            }
            930..985 => Deed::Life { rel },
            _ if Some(rel) == model.attic => Deed::Life { rel },
            _ => Deed::Close { rel },
        }
    }

    fn guardians(&mut self, rel: Rel, here: Option<&Relationship>) -> Deed {
        let before = here.and_then(|here| here.guardians.as_ref());
        let mut keys: Vec<Key> =
            before.map(|guardians| guardians.keys.iter().copied().collect()).unwrap_or_default();
        if self.chance.permille(300) {
            keys.clear();
        }
        keys.truncate(6);
        let more = if self.chance.permille(120) { 0 } else { self.chance.below(3) };
        for _ in 0..more {
            let key = self.agent_key();
            keys.push(key);
        }
        let threshold = if self.chance.permille(60) {
            self.chance.pick([0, 1, 9])
        } else {
            u8::try_from(2 + self.chance.below(keys.len().saturating_sub(1).max(1) as u64)).unwrap()
        };
        let delay = if self.chance.permille(40) {
            self.chance.pick([0, 86_399, 2 * 366 * 86_400 + 1])
        } else {
            self.chance.pick([86_400, 2 * 86_400, 10 * 86_400])
        };
        Deed::Guardians { rel, keys, threshold, delay, epoch: self.epoch(here.map_or(0, |here| here.epoch)) }
    }

    fn agent_s(&mut self, model: &Model, rel: Rel, who: Who) -> Deed {
        let here = model.rels.get(&rel);
        let Who::Agent(agent) = who else { return Deed::AnswerDelegation { rel, yes: true } };
        let delegate = here.and_then(|here| here.delegates.get(&agent));
        let guards = here.and_then(|here| here.guardians.as_ref()).is_some_and(|g| g.keys.contains(&agent));
        let chance = self.chance.below(100);
        match delegate {
            Some(delegate) if !delegate.accepted && chance < 70 => {
                Deed::AnswerDelegation { rel, yes: !self.chance.permille(60) }
            }
            Some(delegate) if matches!(delegate.begin, Begin::AfterWait(_)) && chance < 40 => {
                Deed::Ask { rel }
            }
            Some(_) if chance < 45 => {
                let yes = self.chance.permille(400);
                if self.chance.permille(500) {
                    Deed::Ask { rel }
                } else {
                    Deed::AnswerDelegation { rel, yes }
                }
            }
            Some(_) if chance < 80 => self.shared(model, rel),
            Some(_) => self.managed(model, rel),
            None if guards || chance < 30 => {
                let begun = here.and_then(|here| here.recovery.as_ref()).map(|begun| begun.key);
                let key = begun.filter(|_| !self.chance.permille(150)).unwrap_or_else(|| self.owner_key());
                Deed::Approve { rel, key, consent: self.consent() }
            }
            None if chance < 50 => Deed::Ask { rel },
            None if chance < 70 => Deed::AnswerDelegation { rel, yes: true },
            None => self.shared(model, rel),
        }
    }

    fn member_s(&mut self, model: &Model) -> Deed {
        let waiting: Vec<u64> = model.motions.keys().copied().collect();
        let known = self.chance.one(&waiting).filter(|_| !self.chance.permille(60)).unwrap_or(5);
        match self.chance.below(100) {
            0..35 => {
                let id = if self.chance.permille(60) { known } else { self.fresh_id() };
                let until = match self.chance.below(100) {
                    0..4 => self.chance.pick([model.now, model.now - 5, model.now + 91 * DAY]),
                    _ => model.now + self.chance.pick([60, 2000, 3 * DAY]),
                };
                Deed::Propose { id, until, wish: self.wish(model) }
            }
            35..90 => Deed::Vote { id: known },
            _ => Deed::Rescind { id: known },
        }
    }

    fn wish(&mut self, model: &Model) -> Wish {
        let providers: Vec<Key> = model.providers.keys().copied().collect();
        let provider = self.chance.one(&providers).filter(|_| !self.chance.permille(60)).unwrap_or(777);
        let admitted = model.providers.values().filter(|provider| provider.place == Place::Admitted).count();
        match self.chance.below(100) {
            0..25 if providers.len() < 40 || admitted < 3 => {
                let key = if self.chance.permille(100) { provider } else { self.fresh_key() };
                Wish::Admit { provider: key, emergency: self.chance.permille(400) }
            }
            0..55 => {
                let expel = admitted > 4 && self.chance.permille(150);
                let suspend = admitted > 3 && self.chance.permille(500);
                let place = match (expel, suspend) {
                    (true, _) => Place::Expelled,
                    (_, true) => Place::Suspended,
                    _ => Place::Admitted,
                };
                let down =
                    model.providers.iter().filter(|(_, p)| p.place == Place::Suspended).map(|(key, _)| *key);
                let down: Vec<Key> = down.collect();
                let down = self.chance.one(&down).filter(|_| place == Place::Admitted);
                Wish::Standing { provider: down.unwrap_or(provider), place }
            }
            55..70 => Wish::Role { provider, emergency: self.chance.permille(500) },
            70..85 => {
                let power = self.chance.pick([0, 1, 10, 1_000_000_000, 1_000_000_001]);
                Wish::Validator { key: self.chance.pick([901, 7000, 7001, 7002, 7003, 7004]), power }
            }
            85..92 if model.members.len() < 7 => {
                Wish::AdmitMember(self.chance.pick([900, 902, 905, 906, 907, 908]))
            }
            _ if model.members.len() > 3 => {
                Wish::RemoveMember(self.chance.pick([900, 902, 903, 904, 905, 906, 907]))
            }
            _ => Wish::AdmitMember(self.chance.pick([900, 902, 903, 904, 905, 906, 907, 908])),
        }
    }
}
