//! The real ledger under the names of the model: keys, signatures and bytes for what the model says in numbers, and the
//! comparison of the two.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::SigningKey;
use medrec_ledger::{
    Storage, TxResult,
    testing::{
        SampleLedger, forge,
        sample::{self, Actor, grant_id, motion_id, request_id},
    },
};
use medrec_protocol::{
    Address, AgentAddress, ChainIdentity, Epoch, Hash32, MemberAddress, ProviderAddress, PublicKey,
    RelationshipAddress, Sealed, Timestamp, TxBody,
    actions::{
        Action, AnswerDelegation, AnswerRequest, ApproveRecovery, AskActivation, CloseRelationship, Delegate,
        Dispute, EndDelegation, Grant, Guardian, NewViewingKey, OpenRelationship, PublishRecord,
        RecordDisclosure, RefuseActivation, RequestAccess, Revoke, RevokeAll, RotateKeys, RotateViewingKey,
        SetEmergency, SetGuardians, SetHandover, ShowLife, VetoRecovery, WithdrawRecord,
    },
    codec::{self, List, Text},
    genesis::Member,
    seal::PayloadKind,
    sign::Possession,
    state::{
        Activation, DirectoryLeaf, LiveGrant, MAX_LEAF_BYTES, Motion, Nonce, Pending, Provider, ProviderLeaf,
        RelationshipLeaf, Right, Standing, StateKey, ValidatorsLeaf, decode_leaf, encode_leaf,
    },
};

use super::{
    deeds::{Begin, Deed, Flaw, Key, Letter, MANAGE, Place, Rel, SEE, SHARE, Verdict, Who, Wish},
    people,
    rules::Model,
};

pub const PROVIDERS: [Key; 6] = [1, 2, 3, 4, 5, 6];
/// Those among the first providers that give emergency care.
const EMERGENCY: [Key; 2] = [5, 6];
pub const MEMBERS: [Key; 4] = [900, 902, 903, 904];
const VALIDATOR: Key = 901;
/// The first key that nobody has when a town begins.
pub const FIRST_FREE_KEY: Key = 1000;

pub struct Town {
    pub model: Model,
    pub ledger: SampleLedger,
    keys: BTreeMap<Key, (SigningKey, PublicKey)>,
    sealed: Vec<u8>,
    viewing_key: NewViewingKey,
}

fn right(right: u8) -> Right {
    [Right::See, Right::Share, Right::Manage][usize::from(right)]
}

fn standing(place: Place) -> Standing {
    match place {
        Place::Admitted => Standing::Admitted,
        Place::Suspended => Standing::Suspended,
        Place::Expelled => Standing::Expelled,
    }
}

fn activation(begin: Begin) -> Activation {
    match begin {
        Begin::AtOnce => Activation::AtOnce,
        Begin::AfterWait(seconds) => Activation::AfterWait(seconds),
        Begin::AfterSilence(seconds) => Activation::AfterSilence(seconds),
    }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

impl Town {
    pub fn new() -> Self {
        let mut genesis = sample::genesis_with_members(
            &PROVIDERS.map(u64::from).map(Actor::provider),
            &MEMBERS.map(u64::from).map(Actor::member),
        );
        genesis.app_state.emergency =
            EMERGENCY.map(|key| Actor::provider(key.into()).provider_address()).into();
        let ledger = SampleLedger::begin(&genesis);
        let admitted = genesis.time.0.seconds();
        let mut model = Model::default();
        model.now = admitted;
        for key in PROVIDERS {
            let (emergency, place) = (EMERGENCY.contains(&key), Place::Admitted);
            model
                .providers
                .insert(key, people::Provider { signing: key, version: 0, place, emergency, admitted });
        }
        model.members = MEMBERS.into_iter().collect();
        model.validators = [(VALIDATOR, 10)].into_iter().collect();
        model.directory_entries = (PROVIDERS.len() + EMERGENCY.len()) as u64;
        let (provider, patient) = (Actor::provider(1), Actor::patient(10));
        let sealed = sample::sealed(&ledger.chain, &patient, &patient, PayloadKind::Grant, Epoch::FIRST);
        let viewing_key = sample::new_viewing_key(&ledger.chain, &provider, &patient, Epoch::FIRST);
        Self { model, ledger, keys: BTreeMap::new(), sealed: codec::encode(&sealed), viewing_key }
    }

    fn pair(&mut self, key: Key) -> &(SigningKey, PublicKey) {
        self.keys.entry(key).or_insert_with(|| {
            let actor = Actor::member(key.into());
            (actor.key.clone(), actor.public_key())
        })
    }

    fn public(&mut self, key: Key) -> PublicKey {
        self.pair(key).1
    }

    fn relationship(&mut self, rel: Rel) -> RelationshipAddress {
        RelationshipAddress::of(&self.public(rel))
    }

    fn provider(&mut self, key: Key) -> ProviderAddress {
        ProviderAddress::of(&self.public(key))
    }

    fn agent(&mut self, key: Key) -> AgentAddress {
        AgentAddress::of(&self.public(key))
    }

    fn member(&mut self, key: Key) -> MemberAddress {
        MemberAddress::of(&self.public(key))
    }

    fn address(&mut self, who: Who) -> Address {
        match who {
            Who::Provider(key) => self.provider(key).into(),
            Who::Patient(key) => self.relationship(key).into(),
            Who::Agent(key) => self.agent(key).into(),
            Who::Member(key) => self.member(key).into(),
        }
    }

    fn sealed(&self, epoch: u32) -> Sealed {
        let mut bytes = self.sealed.clone();
        bytes[..4].copy_from_slice(&epoch.to_le_bytes());
        codec::decode(&bytes, bytes.len()).unwrap()
    }

    fn next(&self, epoch: u32) -> NewViewingKey {
        NewViewingKey { epoch: Epoch::new(epoch), ..self.viewing_key.clone() }
    }

    /// The holder of a key agrees: to own just this relationship, or to own whatever guardians give.
    fn possession(&mut self, key: Key, rel: Option<Rel>, consent: bool) -> Possession {
        let bound = rel.map(|rel| self.relationship(rel));
        let other = if bound.is_some() { None } else { Some(self.relationship(key)) };
        let chain = self.ledger.chain.clone();
        Possession::prove(&self.pair(key).0, &chain, if consent { bound } else { other })
    }

    fn entry(&mut self, signing: Key, version: u32) -> Provider {
        let signing_key = self.public(signing);
        let name = Text::clipped(&format!("Clinic, version {version}"));
        Provider { name, signing_key, ..sample::provider_entry(&Actor::provider(1)) }
    }

    fn wish(&mut self, wish: Wish) -> Motion {
        match wish {
            Wish::Admit { provider, emergency } => {
                Motion::AdmitProvider { provider: self.entry(provider, 0), emergency }
            }
            Wish::Standing { provider, place } => {
                Motion::SetStanding { provider: self.provider(provider), standing: standing(place) }
            }
            Wish::Role { provider, emergency } => {
                Motion::SetEmergencyRole { provider: self.provider(provider), emergency }
            }
            Wish::Validator { key, power } => Motion::SetValidator { key: self.public(key), power },
            Wish::AdmitMember(key) => {
                Motion::AdmitMember(Member { name: Text::clipped("Canton"), signing_key: self.public(key) })
            }
            Wish::RemoveMember(key) => Motion::RemoveMember(self.member(key)),
        }
    }

    fn action(&mut self, who: Who, deed: &Deed) -> Action {
        let relationship = deed.rel().map(|rel| self.relationship(rel));
        let relationship = relationship.unwrap_or(RelationshipAddress::of(&PublicKey::from_bytes([0; 32])));
        match *deed {
            Deed::Open { key, consent } => {
                // A consent that does not count was given to another provider.
                let provider = match who {
                    Who::Provider(provider) if consent => provider,
                    _ => 99,
                };
                let (provider, chain) = (self.provider(provider), self.ledger.chain.clone());
                OpenRelationship::prove_possession(&self.pair(key).0, &chain, provider).into()
            }
            Deed::Publish { supersedes, epoch, .. } => {
                let commitment = medrec_protocol::Commitment::from_bytes([7; 32]);
                let description = self.sealed(epoch);
                PublishRecord { relationship, commitment, supersedes, description }.into()
            }
            Deed::Withdraw { entry, epoch, .. } => {
                WithdrawRecord { relationship, entry, reason: self.sealed(epoch) }.into()
            }
            Deed::Grant { id, until, epoch, .. } => {
                let terms = self.sealed(epoch);
                Grant { relationship, id: grant_id(id), not_after: at(until), terms }.into()
            }
            Deed::Revoke { id, .. } => {
                Revoke { relationship, grant: grant_id(id), note: self.sealed(0) }.into()
            }
            Deed::RevokeAll { .. } => RevokeAll { relationship, note: self.sealed(0) }.into(),
            Deed::Request { id, until, epoch, .. } => {
                let request = self.sealed(epoch);
                RequestAccess { relationship, id: request_id(id), not_after: at(until), request }.into()
            }
            Deed::Answer { id, epoch, .. } => {
                AnswerRequest { relationship, request: request_id(id), answer: self.sealed(epoch) }.into()
            }
            Deed::Disclose { epoch, .. } => {
                RecordDisclosure { relationship, disclosure: self.sealed(epoch) }.into()
            }
            Deed::Dispute { entry, epoch, .. } => {
                Dispute { relationship, entry, statement: self.sealed(epoch) }.into()
            }
            Deed::Appoint { key, right: level, until, begin, epoch, .. } => {
                let (key, terms, not_after) = (self.public(key), self.sealed(epoch), at(until));
                let activation = activation(begin);
                Delegate { relationship, key, right: right(level), not_after, activation, terms }.into()
            }
            Deed::EndDelegation { agent, next, .. } => {
                EndDelegation { relationship, agent: self.agent(agent), key: self.next(next) }.into()
            }
            Deed::AnswerDelegation { yes, .. } => AnswerDelegation { relationship, accepted: yes }.into(),
            Deed::Ask { .. } => AskActivation { relationship }.into(),
            Deed::Refuse { agent, .. } => RefuseActivation { relationship, agent: self.agent(agent) }.into(),
            Deed::Guardians { ref keys, threshold, delay, epoch, .. } => {
                let guardians = keys.iter().map(|key| Guardian { key: self.public(*key) }).collect();
                let (guardians, names) = (List::new(guardians).unwrap(), self.sealed(epoch));
                SetGuardians { relationship, guardians, threshold, delay, names }.into()
            }
            Deed::Approve { key, consent, .. } => {
                ApproveRecovery { relationship, new_owner: self.possession(key, None, consent) }.into()
            }
            Deed::Veto { .. } => VetoRecovery { relationship }.into(),
            Deed::Handover { rel, key, due, consent } => {
                let new_owner = self.possession(key, Some(rel), consent);
                SetHandover { relationship, new_owner, due: at(due) }.into()
            }
            Deed::Emergency { allowed, epoch, .. } => {
                SetEmergency { relationship, allowed, terms: self.sealed(epoch) }.into()
            }
            Deed::RotateViewing { next, .. } => {
                RotateViewingKey { relationship, key: self.next(next) }.into()
            }
            Deed::RotateKeys { rel, key, next, consent } => {
                let new_owner = self.possession(key, Some(rel), consent);
                RotateKeys { relationship, new_owner, key: self.next(next) }.into()
            }
            Deed::Life { .. } => ShowLife { relationship }.into(),
            Deed::Close { .. } => CloseRelationship { relationship, note: self.sealed(0) }.into(),
            Deed::Update { signing, version } => sample::update_provider(self.entry(signing, version)),
            Deed::Propose { id, until, wish } => {
                let motion = self.wish(wish);
                sample::propose(motion_id(id), at(until), motion)
            }
            Deed::Vote { id } => sample::vote(motion_id(id)),
            Deed::Rescind { id } => sample::rescind(motion_id(id)),
        }
    }

    /// A transaction as it is sent.
    pub fn bytes(&mut self, letter: &Letter) -> Vec<u8> {
        let actions = letter.deeds.iter().map(|deed| self.action(letter.who, deed)).collect();
        let signer = self.address(letter.who);
        let nonce = Nonce::from_bytes(u128::from(letter.nonce).to_be_bytes());
        let body =
            TxBody { signer, nonce, valid_until: at(letter.until), actions: List::new(actions).unwrap() };
        let mut chain = self.ledger.chain.clone();
        if letter.flaw == Some(Flaw::OtherLedger) {
            chain = ChainIdentity { genesis_hash: Hash32::plain(b"another"), ..chain };
        }
        let mut bytes = body.sign(&self.pair(letter.key).0, &chain).encode();
        if letter.flaw == Some(Flaw::Longer) {
            bytes.push(0);
        }
        bytes
    }

    /// Executes a block that the model has judged, and compares verdicts, and what was touched.
    pub fn block(&mut self, letters: &[Letter], verdicts: &[Verdict], validators: &BTreeMap<Key, u64>) {
        let txs: Vec<_> = letters.iter().map(|letter| self.bytes(letter)).collect();
        let outcome = self.ledger.execute(&txs);
        let mut all_touched = BTreeSet::new();
        for ((letter, expected), found) in letters.iter().zip(verdicts).zip(&outcome.results) {
            assert_eq!(found.refusal, expected.err(), "at {}: {letter:#?}", self.model.now);
            let rels: BTreeSet<Rel> = letter.deeds.iter().filter_map(Deed::rel).collect();
            let mut touched: Vec<_> = rels.iter().map(|rel| self.relationship(*rel)).collect();
            touched.sort_unstable();
            let touched = if expected.is_ok() { touched } else { Vec::new() };
            assert_eq!(found, &TxResult { refusal: expected.err(), touched }, "{letter:#?}");
            if expected.is_ok() {
                all_touched.extend(rels);
            }
        }
        let after = self.model.validators.clone();
        let mut changed: Vec<_> = validators.keys().chain(after.keys()).copied().collect();
        changed.retain(|key| validators.get(key) != after.get(key));
        changed.sort_unstable();
        changed.dedup();
        let mut updates: Vec<_> = changed
            .into_iter()
            .map(|key| (self.public(key), after.get(&key).copied().unwrap_or(0)))
            .collect();
        updates.sort_unstable();
        assert_eq!(outcome.validators, updates, "what consensus is told");
        self.ledger.storage.apply(&outcome.changes);
        self.ledger.height += 1;
        for rel in all_touched {
            self.compare_relationship(rel);
        }
    }

    fn leaf<T: borsh::BorshSerialize + borsh::BorshDeserialize>(&self, key: &StateKey) -> T {
        let bytes = self.ledger.storage.leaf(&key.encode()).unwrap().unwrap();
        decode_leaf(&bytes).unwrap()
    }

    /// Every field of one relationship, who may act in it, and who owns it now and later.
    pub fn compare_relationship(&mut self, name: Rel) {
        let address = self.relationship(name);
        let now = at(self.model.now);
        let raw: RelationshipLeaf = self.leaf(&StateKey::Relationship(address));
        let found = raw.settled(now);
        let (model, time) = (self.model.rels[&name].clone(), self.model.now);
        let about = || format!("relationship {name} at {time}: {model:#?}");
        assert_eq!(found.publisher, self.provider(model.publisher), "{}", about());
        assert_eq!(found.owner, self.public(model.owner), "{}", about());
        assert_eq!(found.epoch, Epoch::new(model.epoch), "{}", about());
        assert_eq!(found.opened, at(model.opened), "{}", about());
        assert_eq!(found.closed, model.closed.map(at), "{}", about());
        assert_eq!(found.seen, at(model.seen), "{}", about());
        let grants = model
            .grants
            .iter()
            .map(|(id, (until, entry))| (grant_id(*id), LiveGrant { not_after: at(*until), entry: *entry }));
        assert_eq!(found.grants, grants.collect(), "{}", about());
        let requests = model.requests.iter().map(|(id, until)| (request_id(*id), at(*until)));
        assert_eq!(found.requests, requests.collect(), "{}", about());
        assert_eq!(found.delegations.len(), model.delegates.len(), "{}", about());
        for (key, delegate) in &model.delegates {
            let (agent, public) = (self.agent(*key), self.public(*key));
            let found = found.delegations[&agent];
            assert_eq!(
                (found.key, found.right, found.not_after),
                (public, right(delegate.right), at(delegate.until))
            );
            assert_eq!((found.activation, found.accepted), (activation(delegate.begin), delegate.accepted));
            assert_eq!((found.asked, found.entry), (delegate.asked.map(at), delegate.entry), "{}", about());
            for level in [SEE, SHARE, MANAGE] {
                let may = self.model.may(*key, name, level);
                // As a gatekeeper asks: changes of hands may not have been written down.
                assert_eq!(raw.delegate_may(agent, right(level), now, now), may, "{key} {level} {}", about());
            }
        }
        let guardians = found.guardians.as_ref().map(|found| (found.threshold, found.delay, found.entry));
        assert_eq!(
            guardians,
            model.guardians.as_ref().map(|g| (g.threshold, g.delay, g.entry)),
            "{}",
            about()
        );
        let keys = model.guardians.iter().flat_map(|guardians| guardians.keys.clone());
        let keys: BTreeMap<_, _> = keys.map(|key| (self.agent(key), self.public(key))).collect();
        assert_eq!(
            found.guardians.as_ref().map(|found| found.keys.clone()).unwrap_or_default(),
            keys,
            "{}",
            about()
        );
        let recovery = model.recovery.as_ref().map(|recovery| {
            let approvals: BTreeSet<_> = recovery.approvals.iter().map(|key| self.agent(*key)).collect();
            (self.public(recovery.key), approvals, recovery.due.map(at))
        });
        let recovering = found.recovery.clone().map(|found| (found.new_owner, found.approvals, found.due));
        assert_eq!(recovering, recovery, "{}", about());
        let handover = model.handover.map(|(key, due)| (self.public(key), at(due)));
        assert_eq!(found.handover.map(|found| (found.new_owner, found.due)), handover, "{}", about());
        assert_eq!(found.emergency, model.emergency, "{}", about());
        assert_eq!(found.log.size(), model.entries, "{}", about());
        assert_eq!(encode_leaf(&found).len(), model.leaf_bytes(), "{}", about());
        let dues = model.recovery.iter().filter_map(|recovery| recovery.due);
        for due in dues.chain(model.handover.map(|(_, due)| due)) {
            for time in [due - 1, due, due + 1] {
                assert_eq!(
                    raw.settled(at(time)).owner,
                    self.public(model.owner_at(time)),
                    "{time} {}",
                    about()
                );
            }
        }
    }

    /// Everything: no leaf that the model does not know of, and none missing.
    pub fn compare_all(&mut self) {
        let names: Vec<Rel> = self.model.rels.keys().copied().collect();
        for name in &names {
            self.compare_relationship(*name);
        }
        let mut expected = vec![StateKey::Chain, StateKey::Directory, StateKey::Validators];
        expected.extend(names.into_iter().map(|rel| StateKey::Relationship(self.relationship(rel))));
        for (rel, id) in self.model.tombstones.clone() {
            expected.push(StateKey::Tombstone(self.relationship(rel), grant_id(id)));
        }
        for (agent, rel) in self.model.agents.clone() {
            let key = StateKey::Agent(self.agent(agent));
            assert_eq!(self.leaf::<RelationshipAddress>(&key), self.relationship(rel));
            expected.push(key);
        }
        for (owner, rel) in self.model.owners.clone() {
            let key = StateKey::Owner(self.public(owner));
            assert_eq!(self.leaf::<RelationshipAddress>(&key), self.relationship(rel));
            expected.push(key);
        }
        for (name, provider) in self.model.providers.clone() {
            let key = StateKey::Provider(self.provider(name));
            let leaf: ProviderLeaf = self.leaf(&key);
            // At genesis the names are others.
            if provider.version > 0 || !PROVIDERS.contains(&name) {
                assert_eq!(leaf.provider, self.entry(provider.signing, provider.version));
            }
            let (emergency, standing) = (provider.emergency, standing(provider.place));
            assert_eq!((leaf.emergency, leaf.standing), (emergency, standing));
            assert_eq!(leaf.admitted, at(provider.admitted));
            expected.push(key);
        }
        for (id, motion) in self.model.motions.clone() {
            let key = StateKey::Motion(motion_id(id));
            let votes = motion.votes.iter().map(|member| self.member(*member)).collect();
            let pending = Pending { motion: self.wish(motion.wish), not_after: at(motion.until), votes };
            assert_eq!(self.leaf::<Pending>(&key), pending);
            expected.push(key);
        }
        let directory: DirectoryLeaf = self.leaf(&StateKey::Directory);
        let members: BTreeSet<_> =
            self.model.members.clone().into_iter().map(|key| self.public(key)).collect();
        assert_eq!(directory.members.iter().copied().collect::<BTreeSet<_>>(), members);
        assert_eq!(directory.members.len(), members.len());
        let motions = self.model.motions.iter().map(|(id, motion)| (motion_id(*id), at(motion.until)));
        assert_eq!(directory.motions, motions.collect());
        assert_eq!(directory.log.size(), self.model.directory_entries);
        let validators: ValidatorsLeaf = self.leaf(&StateKey::Validators);
        let power = self.model.validators.clone().into_iter();
        assert_eq!(validators.power, power.map(|(key, power)| (self.public(key), power)).collect());
        let expected: BTreeSet<_> = expected.iter().map(StateKey::encode).collect();
        let found = self.ledger.storage.leaves().keys().filter(|key| key[0] != b'n');
        assert!(found.eq(expected.iter()), "the model knows of every leaf, and of no other");
    }

    /// Fills a relationship's leaf by hand, beyond what any transaction could, until not one grant more fits.
    pub fn fill(&mut self, name: Rel) {
        let address = self.relationship(name);
        let key = StateKey::Relationship(address);
        let mut leaf: RelationshipLeaf = self.leaf(&key);
        let until = self.model.now + 4000 * 86_400;
        let grants = &mut self.model.rels.get_mut(&name).unwrap().grants;
        for id in (1 << 60).. {
            leaf.grants.insert(grant_id(id), LiveGrant { not_after: at(until), entry: 1 });
            if encode_leaf(&leaf).len() > MAX_LEAF_BYTES {
                leaf.grants.remove(&grant_id(id));
                break;
            }
            grants.insert(id, (until, 1));
        }
        let changes = forge(&self.ledger.storage, BTreeMap::from([(key.encode(), Some(encode_leaf(&leaf)))]));
        self.ledger.storage.apply(&changes);
        self.model.attic = Some(name);
    }
}
