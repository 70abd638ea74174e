//! MedRec 2.0's mistakes, as far as they belong to the ledger, found by reading its code. None may come back.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{collections::BTreeMap, slice::from_ref};

use medrec_ledger::{
    Storage, prove_leaf,
    testing::{
        SampleLedger, assert_proves,
        sample::{self, Actor, grant_id, request_id},
    },
};
use medrec_protocol::{
    Address, Epoch, RecordKind, Signature, Timestamp, TxBody,
    actions::{Action, Refusal},
    codec::{self, List, Text},
    decide::{Clock, Decision, Operation, Question, RecordFacts, decide},
    log::Frontier,
    payload::{Basis, FutureRecords, GrantMode, GrantTerms, Purpose, Scope, V1},
    sign::{self, SUITE_ED25519},
    state::{Activation, MIN_RECOVERY_SECONDS, ProviderLeaf, RelationshipLeaf, Right, StateKey, decode_leaf},
};

fn leaf_of(ledger: &SampleLedger, patient: &Actor) -> RelationshipLeaf {
    ledger.relationship(patient).unwrap()
}

/// All but what every entry changes.
fn without_log(ledger: &SampleLedger, patient: &Actor) -> RelationshipLeaf {
    RelationshipLeaf { log: Frontier::default(), ..leaf_of(ledger, patient) }
}

#[track_caller]
fn accepted(ledger: &mut SampleLedger, signer: &Actor, action: Action) {
    assert_eq!(ledger.act(signer, vec![action]).refusal, None);
}

#[track_caller]
fn refused(ledger: &mut SampleLedger, signer: &Actor, action: Action, reason: Refusal) {
    let before = ledger.storage.head().unwrap();
    assert_eq!(ledger.act(signer, vec![action]).refusal, Some(reason));
    assert_eq!(ledger.storage.head().unwrap(), before, "nothing changed");
}

/// There: one custodian alone could replace the owner.
#[test]
fn one_custodian_alone_cannot_replace_the_owner() {
    let (mut ledger, _, patient) = SampleLedger::with_relationship();
    let chain = ledger.chain.clone();
    let guardians = [20, 21, 22].map(Actor::agent);
    for threshold in [0, 1] {
        let alone = sample::set_guardians(&chain, &patient, &guardians, threshold, MIN_RECOVERY_SECONDS);
        refused(&mut ledger, &patient, alone, Refusal::NotAllowed);
    }
    let set = sample::set_guardians(&chain, &patient, &guardians, 2, MIN_RECOVERY_SECONDS);
    accepted(&mut ledger, &patient, set);
    let thief = Actor::patient(66);
    let approve = sample::approve_recovery(&chain, &patient, &thief);
    accepted(&mut ledger, &guardians[0], approve.clone());
    refused(&mut ledger, &guardians[0], approve.clone(), Refusal::NotWaiting);
    for years in [1, 10, 100] {
        let later = ledger.now.plus(years * 366 * 86_400);
        assert_eq!(leaf_of(&ledger, &patient).settled(later).owner, patient.public_key());
    }
    let as_thief = patient.under_key_of(&thief);
    refused(&mut ledger, &as_thief, sample::show_life(&patient), Refusal::Signature);
}

/// There: the change took effect in the same call.
#[test]
fn not_even_all_custodians_replace_the_owner_at_once_or_against_the_owner_s_word() {
    let (mut ledger, _, patient) = SampleLedger::with_relationship();
    let chain = ledger.chain.clone();
    let guardians = [20, 21, 22].map(Actor::agent);
    let set = sample::set_guardians(&chain, &patient, &guardians, 2, MIN_RECOVERY_SECONDS);
    accepted(&mut ledger, &patient, set);
    let thief = Actor::patient(66);
    for guardian in &guardians {
        accepted(&mut ledger, guardian, sample::approve_recovery(&chain, &patient, &thief));
    }
    let due = leaf_of(&ledger, &patient).recovery.unwrap().due.unwrap();
    assert!(due >= ledger.now.plus(u64::from(MIN_RECOVERY_SECONDS) - 10));
    ledger.now = Timestamp::from_seconds(due.seconds() - 1);
    accepted(&mut ledger, &patient, sample::veto_recovery(&patient));
    ledger.now = due.plus(1_000_000);
    let as_thief = patient.under_key_of(&thief);
    refused(&mut ledger, &as_thief, sample::show_life(&patient), Refusal::Signature);
    accepted(&mut ledger, &patient, sample::show_life(&patient));
}

/// There: removing a custodian always removed the last one in the list.
#[test]
fn removing_a_guardian_removes_exactly_that_one() {
    for gone in 0..5 {
        let (mut ledger, _, patient) = SampleLedger::with_relationship();
        let chain = ledger.chain.clone();
        let all = [20, 21, 22, 23, 24].map(Actor::agent);
        let set = sample::set_guardians(&chain, &patient, &all, 2, MIN_RECOVERY_SECONDS);
        accepted(&mut ledger, &patient, set);
        let mut rest = all.to_vec();
        let gone = rest.remove(gone);
        let set = sample::set_guardians(&chain, &patient, &rest, 2, MIN_RECOVERY_SECONDS);
        accepted(&mut ledger, &patient, set);
        let left = leaf_of(&ledger, &patient).guardians.unwrap().keys;
        let expected = rest.iter().map(|agent| (agent.agent_address(), agent.public_key()));
        assert_eq!(left, expected.collect());
        let approve = sample::approve_recovery(&chain, &patient, &Actor::patient(66));
        refused(&mut ledger, &gone, approve.clone(), Refusal::UnknownSigner);
        accepted(&mut ledger, &rest[3], approve);
    }
}

/// As above, for delegates; and the one who was removed opens nothing newer.
#[test]
fn ending_a_delegation_ends_exactly_that_one() {
    for gone in 0..5_usize {
        let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
        let chain = ledger.chain.clone();
        let all = [1, 2, 3, 4, 5].map(Actor::agent);
        for agent in &all {
            let until = ledger.now.plus(3600);
            let appoint = sample::delegate(&chain, &patient, agent, Right::Share, until, Activation::AtOnce);
            accepted(&mut ledger, &patient, appoint);
            accepted(&mut ledger, agent, sample::answer_delegation(&patient, true));
        }
        let before = leaf_of(&ledger, &patient);
        let next = Epoch::new(1);
        let end = sample::end_delegation(&chain, &publisher, &patient, &all[gone], next);
        accepted(&mut ledger, &patient, end);
        let after = leaf_of(&ledger, &patient);
        let mut expected = before.delegations;
        expected.remove(&all[gone].agent_address());
        assert_eq!((after.delegations, after.epoch), (expected, next));
        for (number, agent) in all.iter().enumerate() {
            let stop = sample::revoke(&chain, &patient, grant_id(1));
            let expected = (number == gone).then_some(Refusal::UnknownSigner);
            assert_eq!(ledger.act(agent, vec![stop]).refusal, expected);
        }
    }
}

/// There: removing a viewer with a wrong group deleted another's entry.
#[test]
fn removing_with_a_wrong_name_removes_nothing() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let (chain, neighbour) = (ledger.chain.clone(), Actor::patient(11));
    accepted(&mut ledger, &publisher, sample::open(&chain, &publisher, &neighbour));
    let until = ledger.now.plus(3600);
    for (whose, agent) in [(&patient, 1), (&neighbour, 2)] {
        let agent = Actor::agent(agent);
        let appoint = sample::delegate(&chain, whose, &agent, Right::See, until, Activation::AtOnce);
        accepted(&mut ledger, whose, appoint);
        accepted(&mut ledger, whose, sample::grant(&chain, whose, grant_id(1), until));
    }
    let guardians = [20, 21].map(Actor::agent);
    let set = sample::set_guardians(&chain, &patient, &guardians, 2, MIN_RECOVERY_SECONDS);
    accepted(&mut ledger, &patient, set);
    let theirs = leaf_of(&ledger, &neighbour);
    // An agent of nobody, a neighbour's, and a guardian under the name of a delegate.
    for wrong in [Actor::agent(99), Actor::agent(2), Actor::agent(20)] {
        let end = sample::end_delegation(&chain, &publisher, &patient, &wrong, Epoch::new(1));
        refused(&mut ledger, &patient, end, Refusal::UnknownAgent);
    }
    let before = leaf_of(&ledger, &patient);
    accepted(&mut ledger, &patient, sample::revoke(&chain, &patient, grant_id(2)));
    let after = leaf_of(&ledger, &patient);
    assert_eq!(
        (after.grants, after.delegations, after.guardians),
        (before.grants, before.delegations, before.guardians)
    );
    accepted(&mut ledger, &patient, sample::revoke(&chain, &patient, grant_id(1)));
    assert_eq!(leaf_of(&ledger, &neighbour), theirs, "the same id in another relationship is another grant");
}

/// There: a provider could destroy the relationship, and anyone could rewrite its provider's name.
#[test]
fn no_provider_can_destroy_or_rewrite_a_relationship() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let (chain, other, now) = (ledger.chain.clone(), Actor::provider(2), ledger.now);
    let until = now.plus(3600);
    accepted(&mut ledger, &patient, sample::grant(&chain, &patient, grant_id(1), until));
    let appoint = sample::delegate(&chain, &patient, &Actor::agent(1), Right::See, until, Activation::AtOnce);
    accepted(&mut ledger, &patient, appoint);
    accepted(&mut ledger, &publisher, sample::publish(&chain, &publisher, &patient, b"a record", None));
    let before = without_log(&ledger, &patient);
    // All that the publisher may do adds an entry, or a question that the patient answers.
    for action in [
        sample::publish(&chain, &publisher, &patient, b"another", Some(1)),
        sample::withdraw(&chain, &publisher, &patient, 1),
        sample::disclose(&chain, &publisher, &patient),
    ] {
        let size = leaf_of(&ledger, &patient).log.size();
        accepted(&mut ledger, &publisher, action);
        assert_eq!(without_log(&ledger, &patient), before);
        assert_eq!(leaf_of(&ledger, &patient).log.size(), size + 1, "what was there stays there");
    }
    accepted(&mut ledger, &publisher, sample::request(&chain, &publisher, &patient, request_id(1), until));
    let asked = without_log(&ledger, &patient);
    assert_eq!(RelationshipLeaf { requests: BTreeMap::new(), ..asked.clone() }, before);
    for provider in [&publisher, &other] {
        let new = Actor::patient(66);
        for action in [
            sample::close(&chain, &patient),
            sample::rotate_keys(&chain, provider, &patient, &new, Epoch::new(1)),
            sample::rotate_viewing_key(&chain, provider, &patient, Epoch::new(1)),
            sample::set_handover(&chain, &patient, &new, until),
            sample::set_guardians(&chain, &patient, &[20, 21].map(Actor::agent), 2, MIN_RECOVERY_SECONDS),
            sample::end_delegation(&chain, provider, &patient, &Actor::agent(1), Epoch::new(1)),
            sample::revoke_all(&chain, &patient),
            sample::approve_recovery(&chain, &patient, &new),
            sample::set_emergency(&chain, &patient, true),
            sample::veto_recovery(&patient),
        ] {
            refused(&mut ledger, provider, action, Refusal::NotAllowed);
        }
        let again = sample::open(&chain, provider, &patient);
        refused(&mut ledger, provider, again, Refusal::AlreadyOpen);
    }
    let mut entry = sample::provider_entry(&publisher);
    entry.name = Text::clipped("Somebody else");
    accepted(&mut ledger, &other, sample::update_provider(entry.clone()));
    assert_eq!(without_log(&ledger, &patient), asked, "the relationship names its publisher by address");
    let key = StateKey::Provider(publisher.provider_address()).encode();
    let leaf: ProviderLeaf = decode_leaf(&ledger.storage.leaf(&key).unwrap().unwrap()).unwrap();
    assert_eq!(leaf.provider, sample::provider_entry(&publisher), "an update is of one's own entry only");
}

/// There: a login was a signature over a bare timestamp, valid anywhere and, with a date ahead, for ever.
#[test]
fn a_signature_over_a_bare_timestamp_is_worth_nothing() {
    let (mut ledger, _, patient) = SampleLedger::with_relationship();
    let actions = List::new(vec![sample::show_life(&patient)]).unwrap();
    let body =
        TxBody { signer: patient.address, nonce: ledger.nonce(), valid_until: ledger.now.plus(60), actions };
    let stamp = ledger.now.seconds();
    let messages: [Vec<u8>; 4] = [
        stamp.to_string().into_bytes(),
        stamp.to_le_bytes().to_vec(),
        (stamp * 1000).to_string().into_bytes(),
        codec::encode(&body),
    ];
    for message in messages {
        let signature: Signature = sign::sign_raw(&patient.key, &message);
        let tx = codec::encode(&(SUITE_ED25519, &body, signature));
        assert_eq!(ledger.execute(&[tx]).results[0].refusal, Some(Refusal::Signature));
    }
    let good = body.clone().sign(&patient.key, &ledger.chain).encode();
    assert_eq!(ledger.execute(from_ref(&good)).results[0].refusal, None, "the same body, properly signed");
}

/// There: the signature could be used elsewhere, and again.
#[test]
fn a_signature_is_worth_nothing_elsewhere_later_or_twice() {
    let (mut ledger, _, patient) = SampleLedger::with_relationship();
    let chain = ledger.chain.clone();
    let tx = ledger.sign(&patient, vec![sample::revoke(&chain, &patient, grant_id(1))]);
    let mut elsewhere = ledger.clone();
    elsewhere.chain.chain_id = "medrec-elsewhere".parse().unwrap();
    assert_eq!(elsewhere.execute(from_ref(&tx)).results[0].refusal, Some(Refusal::Signature));
    let mut later = ledger.clone();
    later.now = ledger.now.plus(61);
    assert_eq!(later.execute(from_ref(&tx)).results[0].refusal, Some(Refusal::Expired));
    let (nonce, far) = (ledger.nonce(), ledger.now.plus(86_400));
    let ahead = patient.sign(&chain, nonce, far, vec![sample::show_life(&patient)]);
    assert_eq!(ledger.execute(from_ref(&ahead)).results[0].refusal, Some(Refusal::ValidTooLong));
    assert_eq!(ledger.block(from_ref(&tx))[0].refusal, None);
    assert_eq!(ledger.block(from_ref(&tx))[0].refusal, Some(Refusal::Replayed));
}

/// There: milliseconds were compared with seconds, so freshness never failed.
#[test]
fn milliseconds_are_never_taken_for_seconds() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let chain = ledger.chain.clone();
    let millis = Timestamp::from_seconds(ledger.now.seconds() * 1000);
    let nonce = ledger.nonce();
    let tx = patient.sign(&chain, nonce, millis, vec![sample::show_life(&patient)]);
    assert_eq!(ledger.execute(&[tx]).results[0].refusal, Some(Refusal::Malformed));
    for (signer, action) in [
        (&patient, sample::grant(&chain, &patient, grant_id(1), millis)),
        (&patient, sample::set_handover(&chain, &patient, &Actor::patient(66), millis)),
        (&publisher, sample::request(&chain, &publisher, &patient, request_id(1), millis)),
        (
            &patient,
            sample::delegate(&chain, &patient, &Actor::agent(1), Right::See, millis, Activation::AtOnce),
        ),
    ] {
        refused(&mut ledger, signer, action, Refusal::Malformed);
    }
    // And a limit is a limit, to the second.
    let tx = ledger.sign(&patient, vec![sample::show_life(&patient)]);
    let until = ledger.now.plus(60);
    ledger.now = until.plus(1);
    assert_eq!(ledger.execute(from_ref(&tx)).results[0].refusal, Some(Refusal::Expired));
    ledger.now = until;
    assert_eq!(ledger.execute(from_ref(&tx)).results[0].refusal, None);
}

/// There: permissions were kept off the chain, written by an unauthenticated call, and never consulted.
#[test]
fn permissions_are_on_the_ledger_signed_proved_and_consulted() {
    let (mut ledger, publisher, patient) = SampleLedger::with_relationship();
    let (chain, clinic) = (ledger.chain.clone(), Actor::provider(2));
    accepted(&mut ledger, &publisher, sample::publish(&chain, &publisher, &patient, b"a record", None));
    let key = StateKey::Relationship(patient.relationship()).encode();
    let provider = StateKey::Provider(clinic.provider_address()).encode();
    let provider: ProviderLeaf = decode_leaf(&ledger.storage.leaf(&provider).unwrap().unwrap()).unwrap();
    let terms = GrantTerms {
        version: V1,
        grantee: clinic.provider_address(),
        scope: Scope::Everything,
        future: FutureRecords::Included,
        not_before: ledger.now,
        purpose: Purpose::Treatment,
        mode: GrantMode::Pull,
        share: [0; 16],
        request: None,
    };
    // The terms are known all the time: only what stands on the ledger makes the difference.
    let terms = BTreeMap::from([(grant_id(1), terms)]);
    let may = |ledger: &SampleLedger, who: Address| {
        let head = ledger.storage.head().unwrap().unwrap();
        let proved = prove_leaf(&ledger.storage, head.version, &key).unwrap();
        assert_proves(head.root, &key, &proved);
        let leaf: RelationshipLeaf = decode_leaf(&proved.value.unwrap()).unwrap();
        decide(&Question {
            relationship: patient.relationship(),
            leaf: &leaf,
            terms: &terms,
            emergency_terms: None,
            requester: who,
            provider: Some(&provider),
            episode: None,
            record: RecordFacts {
                index: 1,
                first_version: 1,
                kind: RecordKind::Medication,
                withdrawn: false,
            },
            operation: Operation::Copy,
            clock: Clock { block: ledger.now, local: ledger.now },
        })
    };
    let yes = Decision::Permit(Basis::Grant(grant_id(1)));
    assert!(matches!(may(&ledger, clinic.address), Decision::Deny(_)));
    let grant = sample::grant(&chain, &patient, grant_id(1), ledger.now.plus(3600));
    for other in [&publisher, &clinic] {
        refused(&mut ledger, other, grant.clone(), Refusal::NotAllowed);
        assert!(matches!(may(&ledger, clinic.address), Decision::Deny(_)), "nobody else writes a permission");
    }
    accepted(&mut ledger, &patient, grant);
    assert_eq!(may(&ledger, clinic.address), yes);
    assert!(matches!(may(&ledger, Actor::provider(3).address), Decision::Deny(_)));
    accepted(&mut ledger, &patient, sample::revoke(&chain, &patient, grant_id(1)));
    assert!(matches!(may(&ledger, clinic.address), Decision::Deny(_)));
}
