//! Every reason to refuse is provoked, and a refused transaction changes nothing.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "refusals/acting.rs"]
mod acting;
#[path = "refusals/governing.rs"]
mod governing;

use std::collections::BTreeMap;

use medrec_ledger::{
    is_well_formed,
    testing::{
        SampleLedger, forge,
        sample::{self, Actor, grant_id, motion_id, request_id},
    },
};
use medrec_protocol::{
    Epoch, Hash32, Sealed, Timestamp,
    actions::{
        Action, Grant, MAX_REQUEST_SECONDS, OpenRelationship, PublishRecord, RecordDisclosure, Refusal,
        Revoke,
    },
    log::Frontier,
    seal::PayloadKind,
    state::{
        Activation, LiveGrant, MAX_DELEGATIONS, MAX_LEAF_BYTES, MAX_LIVE_GRANTS, MAX_OPEN_MOTIONS,
        MAX_OPEN_REQUESTS, Motion, Right, Standing, StateKey, encode_leaf,
    },
    tx::{MAX_TX_BYTES, MAX_VALIDITY_SECONDS},
};

const DAY: u32 = 86_400;

struct Scene {
    ledger: SampleLedger,
    publisher: Actor,
    patient: Actor,
}

impl Scene {
    fn new() -> Self {
        let providers = [1, 2, 3].map(Actor::provider);
        let members = [900, 902, 903].map(Actor::member);
        let ledger = SampleLedger::begin(&sample::genesis_with_members(&providers, &members));
        let mut scene = Self { ledger, publisher: Actor::provider(1), patient: Actor::patient(10) };
        let open = sample::open(&scene.ledger.chain, &scene.publisher, &scene.patient);
        scene.accepts(&Actor::provider(1), vec![open]);
        scene
    }

    /// Signs, and expects that all of it is applied.
    #[track_caller]
    fn accepts(&mut self, signer: &Actor, actions: Vec<Action>) {
        let tx = self.ledger.sign(signer, actions);
        self.accept(&tx);
    }

    /// Signs, and expects exactly this refusal, and that nothing changed.
    #[track_caller]
    fn refuses(&mut self, signer: &Actor, action: Action, reason: Refusal) {
        let what = format!("{} by {}", action.name(), signer.address);
        let tx = self.ledger.sign(signer, vec![action]);
        assert_eq!(self.refused(&tx), Some(reason), "{what}");
    }

    /// All members want this.
    #[track_caller]
    fn decide(&mut self, number: u64, motion: Motion) {
        let until = self.later(60);
        self.accepts(&Actor::member(900), vec![sample::propose(motion_id(number), until, motion)]);
        for member in [902, 903] {
            self.accepts(&Actor::member(member), vec![sample::vote(motion_id(number))]);
        }
    }

    #[track_caller]
    fn suspend_publisher(&mut self) {
        let provider = self.publisher.provider_address();
        self.decide(1, Motion::SetStanding { provider, standing: Standing::Suspended });
    }

    fn delegate(&self, number: u64, right: Right, activation: Activation) -> Action {
        let until = self.later(3600);
        sample::delegate(&self.ledger.chain, &self.patient, &Actor::agent(number), right, until, activation)
    }

    /// A delegate whose delegation counts.
    #[track_caller]
    fn active_delegate(&mut self, number: u64, right: Right) -> Actor {
        let appoint = self.delegate(number, right, Activation::AtOnce);
        let patient = self.patient.clone();
        self.accepts(&patient, vec![appoint]);
        self.accepts(&Actor::agent(number), vec![sample::answer_delegation(&patient, true)]);
        Actor::agent(number)
    }

    /// Two of three guardians, numbers 20, 21 and 22, after a day.
    #[track_caller]
    fn guardians(&mut self) -> [Actor; 3] {
        let guardians = [20, 21, 22].map(Actor::agent);
        let patient = self.patient.clone();
        let set = sample::set_guardians(&self.ledger.chain, &patient, &guardians, 2, DAY);
        self.accepts(&patient, vec![set]);
        guardians
    }

    fn grant(&self, number: u64) -> Action {
        sample::grant(&self.ledger.chain, &self.patient, grant_id(number), self.later(3600))
    }

    fn revoke(&self, number: u64) -> Action {
        sample::revoke(&self.ledger.chain, &self.patient, grant_id(number))
    }

    fn publish(&self, supersedes: Option<u64>) -> Action {
        sample::publish(&self.ledger.chain, &self.publisher, &self.patient, b"a record", supersedes)
    }

    fn request(&self, number: u64, seconds: u64) -> Action {
        let until = self.later(seconds);
        sample::request(&self.ledger.chain, &self.publisher, &self.patient, request_id(number), until)
    }

    fn answer(&self, number: u64) -> Action {
        sample::answer(&self.ledger.chain, &self.patient, request_id(number))
    }

    /// A motion that would change something.
    fn propose(&self, number: u64) -> Action {
        let motion = Motion::SetValidator { key: Actor::member(950 + number).public_key(), power: 1 };
        sample::propose(motion_id(number), self.later(60), motion)
    }

    fn later(&self, seconds: u64) -> Timestamp {
        self.ledger.now.plus(seconds)
    }

    fn by_patient(&mut self, actions: Vec<Action>) -> Vec<u8> {
        self.ledger.sign(&self.patient, actions)
    }

    fn by_publisher(&mut self, actions: Vec<Action>) -> Vec<u8> {
        self.ledger.sign(&self.publisher, actions)
    }

    fn valid_until(&mut self, until: Timestamp) -> Vec<u8> {
        let nonce = self.ledger.nonce();
        let action = self.publish(None);
        self.publisher.sign(&self.ledger.chain, nonce, until, vec![action])
    }

    fn accept(&mut self, tx: &[u8]) {
        assert_eq!(self.ledger.block(&[tx.to_vec()])[0].refusal, None);
    }

    /// Executes the transaction alone and checks that nothing came of it.
    #[track_caller]
    fn refused(&mut self, tx: &[u8]) -> Option<Refusal> {
        let before = self.ledger.execute(&[]).changes;
        let outcome = self.ledger.execute(&[tx.to_vec()]);
        assert_eq!(outcome.changes, before, "a refused transaction changes nothing");
        assert!(outcome.changes.is_empty() && outcome.results[0].touched.is_empty());
        outcome.results[0].refusal
    }

    /// A relationship whose leaf has room for less than one more hash.
    fn fill(&mut self) {
        let mut leaf = self.ledger.relationship(&self.patient).unwrap();
        // With two entries the log has one complete subtree, with three it has two.
        leaf.log = Frontier::from_parts(2, vec![Hash32::plain(b"two entries")]).unwrap();
        for number in 0.. {
            let live = LiveGrant { not_after: self.later(3600), entry: number };
            leaf.grants.insert(grant_id(number), live);
            if encode_leaf(&leaf).len() > MAX_LEAF_BYTES {
                leaf.grants.remove(&grant_id(number));
                break;
            }
        }
        let key = StateKey::Relationship(self.patient.relationship()).encode();
        let changes = forge(&self.ledger.storage, BTreeMap::from([(key, Some(encode_leaf(&leaf)))]));
        self.ledger.storage.apply(&changes);
    }
}

/// A transaction that is refused for exactly this reason. A new reason does not compile until it is here.
fn provoke(reason: Refusal, scene: &mut Scene) -> Vec<u8> {
    match reason {
        Refusal::Malformed => b"not a transaction".to_vec(),
        Refusal::Signature => {
            let action = scene.publish(None);
            let impostor = Actor { key: Actor::provider(77).key, ..scene.publisher.clone() };
            scene.ledger.sign(&impostor, vec![action])
        }
        Refusal::Expired => {
            let last_second = scene.later(0);
            let tx = scene.valid_until(last_second);
            scene.ledger.now = last_second.plus(1);
            tx
        }
        Refusal::ValidTooLong => {
            let until = scene.later(MAX_VALIDITY_SECONDS + 1);
            scene.valid_until(until)
        }
        Refusal::Replayed => {
            let action = scene.publish(None);
            let tx = scene.by_publisher(vec![action]);
            scene.accept(&tx);
            tx
        }
        Refusal::UnknownSigner => {
            let stranger = Actor::provider(77);
            let action = sample::open(&scene.ledger.chain, &stranger, &Actor::patient(11));
            scene.ledger.sign(&stranger, vec![action])
        }
        Refusal::UnknownRelationship => {
            let stranger = Actor::patient(11);
            let action = sample::publish(&scene.ledger.chain, &scene.publisher, &stranger, b"record", None);
            scene.by_publisher(vec![action])
        }
        Refusal::NotAllowed => {
            let other = Actor::provider(2);
            let action = sample::publish(&scene.ledger.chain, &other, &scene.patient, b"record", None);
            scene.ledger.sign(&other, vec![action])
        }
        Refusal::AlreadyOpen => {
            let action = sample::open(&scene.ledger.chain, &scene.publisher, &scene.patient);
            scene.by_publisher(vec![action])
        }
        Refusal::PossessionProof => {
            let action = sample::open(&scene.ledger.chain, &Actor::provider(2), &Actor::patient(11));
            scene.by_publisher(vec![action])
        }
        Refusal::GrantIdUsed => {
            let (first, again) = (scene.grant(1), scene.grant(1));
            scene.by_patient(vec![first, again])
        }
        Refusal::GrantOver => {
            let now = scene.later(0);
            let action = sample::grant(&scene.ledger.chain, &scene.patient, grant_id(1), now);
            scene.by_patient(vec![action])
        }
        Refusal::TooManyGrants => {
            for range in [0..100, 100..MAX_LIVE_GRANTS as u64] {
                let actions = range.map(|number| scene.grant(number)).collect();
                let tx = scene.by_patient(actions);
                scene.accept(&tx);
            }
            let action = scene.grant(1000);
            scene.by_patient(vec![action])
        }
        Refusal::UnknownRecord => {
            let action = scene.publish(Some(1));
            scene.by_publisher(vec![action])
        }
        Refusal::WrongEpoch => {
            let (publisher, patient) = (&scene.publisher, &scene.patient);
            let kind = PayloadKind::Disclosure;
            let disclosure = sample::sealed(&scene.ledger.chain, publisher, patient, kind, Epoch::new(1));
            let relationship = scene.patient.relationship();
            scene.by_publisher(vec![RecordDisclosure { relationship, disclosure }.into()])
        }
        Refusal::RequestIdUsed => {
            let (first, again) = (scene.request(1, 60), scene.request(1, 60));
            scene.by_publisher(vec![first, again])
        }
        Refusal::UnknownRequest => {
            let action = scene.answer(1);
            scene.by_patient(vec![action])
        }
        Refusal::TooManyRequests => {
            let actions = (0..=MAX_OPEN_REQUESTS as u64).map(|number| scene.request(number, 60)).collect();
            scene.by_publisher(actions)
        }
        Refusal::Date => {
            let action = scene.request(1, MAX_REQUEST_SECONDS + 1);
            scene.by_publisher(vec![action])
        }
        Refusal::Full => {
            scene.fill();
            let action = scene.publish(None);
            scene.by_publisher(vec![action])
        }
        Refusal::Suspended => {
            scene.suspend_publisher();
            let action = scene.publish(None);
            scene.by_publisher(vec![action])
        }
        Refusal::Closed => {
            let close = sample::close(&scene.ledger.chain, &scene.patient);
            let tx = scene.by_patient(vec![close]);
            scene.accept(&tx);
            let action = scene.publish(None);
            scene.by_publisher(vec![action])
        }
        Refusal::AgentKeyUsed => {
            let twice = [Right::See, Right::Share].map(|right| scene.delegate(1, right, Activation::AtOnce));
            scene.by_patient(twice.into())
        }
        Refusal::KeyUsed => {
            let neighbour = Actor::patient(11);
            let open = sample::open(&scene.ledger.chain, &scene.publisher, &neighbour);
            let tx = scene.by_publisher(vec![open]);
            scene.accept(&tx);
            let until = scene.later(3600);
            let action = sample::set_handover(&scene.ledger.chain, &scene.patient, &neighbour, until);
            scene.by_patient(vec![action])
        }
        Refusal::UnknownAgent => {
            let action = sample::refuse_activation(&scene.patient, &Actor::agent(1));
            scene.by_patient(vec![action])
        }
        Refusal::NotActive => {
            let appoint = scene.delegate(1, Right::Share, Activation::AtOnce);
            let tx = scene.by_patient(vec![appoint]);
            scene.accept(&tx);
            let action = scene.grant(1);
            scene.ledger.sign(&Actor::agent(1), vec![action])
        }
        Refusal::TooManyAgents => {
            let many = 0..=MAX_DELEGATIONS as u64;
            let actions = many.map(|number| scene.delegate(number, Right::See, Activation::AtOnce)).collect();
            scene.by_patient(actions)
        }
        Refusal::UnknownEntry => {
            let action = sample::dispute(&scene.ledger.chain, &scene.patient, 1);
            scene.by_patient(vec![action])
        }
        Refusal::NotWaiting => {
            let action = sample::veto_recovery(&scene.patient);
            scene.by_patient(vec![action])
        }
        Refusal::HandoverFixed => {
            let promise = |seconds| {
                let due = scene.later(seconds);
                sample::set_handover(&scene.ledger.chain, &scene.patient, &Actor::patient(11), due)
            };
            let actions = vec![promise(60), promise(60)];
            scene.by_patient(actions)
        }
        Refusal::UnknownProvider => {
            let provider = Actor::provider(77).provider_address();
            let motion = Motion::SetStanding { provider, standing: Standing::Suspended };
            let action = sample::propose(motion_id(1), scene.later(60), motion);
            scene.ledger.sign(&Actor::member(900), vec![action])
        }
        Refusal::UnknownMotion => scene.ledger.sign(&Actor::member(900), vec![sample::vote(motion_id(1))]),
        Refusal::MotionIdUsed => {
            let actions = vec![scene.propose(1), scene.propose(1)];
            scene.ledger.sign(&Actor::member(900), actions)
        }
        Refusal::TooManyMotions => {
            let actions = (0..=MAX_OPEN_MOTIONS as u64).map(|number| scene.propose(number)).collect();
            scene.ledger.sign(&Actor::member(900), actions)
        }
        Refusal::Pointless => {
            let action = scene.propose(1);
            let tx = scene.ledger.sign(&Actor::member(900), vec![action]);
            scene.accept(&tx);
            scene.ledger.sign(&Actor::member(900), vec![sample::vote(motion_id(1))])
        }
    }
}

#[test]
fn every_reason_to_refuse_is_provoked_and_changes_nothing() {
    let reasons: Vec<_> = (1..).map_while(Refusal::from_code).collect();
    assert_eq!(reasons.len(), 35, "codes are dense: a new one belongs at the end");
    for reason in reasons {
        let mut scene = Scene::new();
        let tx = provoke(reason, &mut scene);
        assert_eq!(scene.refused(&tx), Some(reason));
    }
}

#[test]
fn what_needs_no_state_is_refused_before_a_block_is_proposed() {
    let mut scene = Scene::new();
    let action = scene.publish(None);
    let good = scene.by_publisher(vec![action]);
    assert!(is_well_formed(&good));
    assert!(!is_well_formed(&[]));
    assert!(!is_well_formed(&good[1..]));
    assert!(!is_well_formed(&[good.as_slice(), b"\0"].concat()), "bytes behind the end");
    assert!(!is_well_formed(&vec![1; MAX_TX_BYTES + 1]));
    assert!(!is_well_formed(&scene.by_publisher(vec![])), "no action");
    // Whether the state allows it is left to the block.
    assert!(is_well_formed(&provoke(Refusal::NotAllowed, &mut scene)));
}

#[test]
fn a_payload_that_is_not_padded_is_malformed() {
    let mut scene = Scene::new();
    let note = sample::sealed(
        &scene.ledger.chain,
        &scene.patient,
        &scene.patient,
        PayloadKind::Revocation,
        Epoch::FIRST,
    );
    let mut bytes = borsh::to_vec(&note).unwrap();
    // epoch 4 ‖ nonce 24 ‖ length 2 ‖ ciphertext ‖ commitment 32: one byte of ciphertext less.
    let length = u16::from_le_bytes([bytes[28], bytes[29]]) - 1;
    bytes[28..30].copy_from_slice(&length.to_le_bytes());
    bytes.remove(30);
    let note: Sealed = borsh::from_slice(&bytes).unwrap();
    let revoke = Revoke { relationship: scene.patient.relationship(), grant: grant_id(1), note };
    let tx = scene.by_patient(vec![revoke.into()]);
    assert_eq!(scene.refused(&tx), Some(Refusal::Malformed));
    assert!(!is_well_formed(&tx));
}

#[test]
fn a_transaction_is_good_in_its_last_second_and_ten_minutes_ahead() {
    let mut scene = Scene::new();
    for seconds in [0, MAX_VALIDITY_SECONDS] {
        let until = scene.later(seconds);
        let tx = scene.valid_until(until);
        scene.accept(&tx);
    }
}

#[test]
fn a_signature_for_another_ledger_is_worth_nothing_here() {
    let mut scene = Scene::new();
    let mut elsewhere = scene.ledger.chain.clone();
    elsewhere.genesis_hash = Hash32::plain(b"another genesis");
    let (nonce, until) = (scene.ledger.nonce(), scene.later(60));
    let action = scene.publish(None);
    let tx = scene.publisher.sign(&elsewhere, nonce, until, vec![action]);
    assert_eq!(scene.refused(&tx), Some(Refusal::Signature));

    let open = sample::open(&elsewhere, &scene.publisher, &Actor::patient(11));
    let tx = scene.by_publisher(vec![open]);
    assert_eq!(scene.refused(&tx), Some(Refusal::PossessionProof), "nor is a consent");
}

#[test]
fn nobody_is_enrolled_with_the_consent_of_somebody_else() {
    let mut scene = Scene::new();
    let Action::OpenRelationship(consent) =
        sample::open(&scene.ledger.chain, &scene.publisher, &Actor::patient(11))
    else {
        panic!("it opens a relationship")
    };
    let stolen = OpenRelationship { owner: Actor::patient(12).public_key(), ..consent };
    let tx = scene.by_publisher(vec![stolen.into()]);
    assert_eq!(scene.refused(&tx), Some(Refusal::PossessionProof));
}

#[test]
fn only_the_patient_gives_stops_and_answers() {
    let mut scene = Scene::new();
    let request = scene.request(1, 600);
    let asked = scene.by_publisher(vec![request]);
    scene.accept(&asked);
    let neighbour = Actor::patient(11);
    let open = sample::open(&scene.ledger.chain, &scene.publisher, &neighbour);
    let opened = scene.by_publisher(vec![open]);
    scene.accept(&opened);
    for action in [scene.grant(1), scene.revoke(1), scene.answer(1)] {
        let tx = scene.ledger.sign(&Actor::agent(1), vec![action.clone()]);
        assert_eq!(scene.refused(&tx), Some(Refusal::UnknownSigner), "an agent whom nobody appointed");
        for other in [scene.publisher.clone(), Actor::provider(2), neighbour.clone()] {
            let tx = scene.ledger.sign(&other, vec![action.clone()]);
            assert_eq!(
                scene.refused(&tx),
                Some(Refusal::NotAllowed),
                "{} by {}",
                action.name(),
                other.address
            );
        }
    }
}

#[test]
fn only_the_publisher_publishes_asks_and_discloses() {
    let mut scene = Scene::new();
    let disclosure = sample::disclose(&scene.ledger.chain, &scene.publisher, &scene.patient);
    for action in [scene.publish(None), scene.request(1, 600), disclosure] {
        for other in [Actor::provider(2), scene.patient.clone(), Actor::member(900), Actor::agent(1)] {
            let tx = scene.ledger.sign(&other, vec![action.clone()]);
            assert_eq!(
                scene.refused(&tx),
                Some(Refusal::NotAllowed),
                "{} by {}",
                action.name(),
                other.address
            );
        }
    }
}

#[test]
fn a_patient_without_an_account_is_unknown() {
    let mut scene = Scene::new();
    let stranger = Actor::patient(11);
    let action = sample::revoke(&scene.ledger.chain, &stranger, grant_id(1));
    let tx = scene.ledger.sign(&stranger, vec![action]);
    assert_eq!(scene.refused(&tx), Some(Refusal::UnknownSigner));
}

#[test]
fn a_stopped_grant_never_comes_back_under_its_id() {
    let mut scene = Scene::new();
    let actions = vec![scene.grant(1), scene.revoke(1)];
    let tx = scene.by_patient(actions);
    scene.accept(&tx);
    let again = scene.grant(1);
    let tx = scene.by_patient(vec![again]);
    assert_eq!(scene.refused(&tx), Some(Refusal::GrantIdUsed));
}

#[test]
fn an_answer_comes_once_and_in_time() {
    let mut scene = Scene::new();
    let requests = vec![scene.request(1, 600), scene.request(2, 5)];
    let asked = scene.by_publisher(requests);
    scene.accept(&asked);
    let answer = scene.answer(1);
    let tx = scene.by_patient(vec![answer.clone()]);
    scene.accept(&tx);
    let tx = scene.by_patient(vec![answer]);
    assert_eq!(scene.refused(&tx), Some(Refusal::UnknownRequest), "answered before");
    scene.ledger.now = scene.later(10);
    let late = scene.answer(2);
    let tx = scene.by_patient(vec![late]);
    assert_eq!(scene.refused(&tx), Some(Refusal::UnknownRequest), "over");
}

#[test]
fn a_version_replaces_only_what_stands_before_it() {
    let mut scene = Scene::new();
    for supersedes in [0, 1, 2, u64::MAX] {
        let action = scene.publish(Some(supersedes));
        let tx = scene.by_publisher(vec![action]);
        assert_eq!(scene.refused(&tx), Some(Refusal::UnknownRecord), "entry {supersedes}");
    }
    let two_versions = vec![scene.publish(None), scene.publish(Some(1))];
    let tx = scene.by_publisher(two_versions);
    scene.accept(&tx);
}

#[test]
fn a_revocation_is_taken_whatever_key_its_note_is_sealed_with() {
    let mut scene = Scene::new();
    let note = sample::sealed(
        &scene.ledger.chain,
        &scene.patient,
        &scene.patient,
        PayloadKind::Revocation,
        Epoch::new(9),
    );
    let revoke = Revoke { relationship: scene.patient.relationship(), grant: grant_id(1), note };
    let tx = scene.by_patient(vec![revoke.into()]);
    scene.accept(&tx);
}

#[test]
fn every_sealed_payload_but_a_revocation_needs_the_key_in_force() {
    let mut scene = Scene::new();
    let relationship = scene.patient.relationship();
    let wrong = |scene: &Scene, kind, signer: &Actor| {
        sample::sealed(&scene.ledger.chain, signer, &scene.patient, kind, Epoch::new(1))
    };
    let (publisher, patient) = (scene.publisher.clone(), scene.patient.clone());
    let terms = wrong(&scene, PayloadKind::Grant, &patient);
    let grant = Grant { relationship, id: grant_id(1), not_after: scene.later(60), terms };
    let tx = scene.by_patient(vec![grant.into()]);
    assert_eq!(scene.refused(&tx), Some(Refusal::WrongEpoch));

    let Action::PublishRecord(good) = scene.publish(None) else { panic!("it publishes") };
    let description = wrong(&scene, PayloadKind::Record, &publisher);
    let tx = scene.by_publisher(vec![PublishRecord { description, ..good }.into()]);
    assert_eq!(scene.refused(&tx), Some(Refusal::WrongEpoch));
}
