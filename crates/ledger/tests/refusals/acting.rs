//! Refusals of those who act for a patient: delegates, guardians, parents, and the patient about them.

use medrec_protocol::{
    actions::{
        ApproveRecovery, Delegate, Dispute, RotateKeys, RotateViewingKey, SetEmergency, SetGuardians,
        SetHandover, WithdrawRecord,
    },
    sign::Possession,
    state::{MAX_WAIT_SECONDS, MIN_RECOVERY_SECONDS},
};

use super::*;

fn epoch(count: u32) -> Epoch {
    Epoch::new(count)
}

#[test]
fn a_record_is_taken_back_by_its_publisher_only_and_only_if_it_is_there() {
    let mut scene = Scene::new();
    let (publisher, patient, chain) =
        (scene.publisher.clone(), scene.patient.clone(), scene.ledger.chain.clone());
    let withdraw = |signer: &Actor, entry| sample::withdraw(&chain, signer, &patient, entry);
    for entry in [0, 1, u64::MAX] {
        scene.refuses(&publisher, withdraw(&publisher, entry), Refusal::UnknownRecord);
    }
    let published = scene.publish(None);
    scene.accepts(&publisher, vec![published]);
    let other = Actor::provider(2);
    scene.refuses(&other, withdraw(&other, 1), Refusal::NotAllowed);
    scene.refuses(&patient, withdraw(&patient, 1), Refusal::NotAllowed);
    let Action::WithdrawRecord(good) = withdraw(&publisher, 1) else { panic!("it withdraws") };
    let reason = sample::sealed(&chain, &publisher, &patient, PayloadKind::Withdrawal, epoch(1));
    scene.refuses(&publisher, WithdrawRecord { reason, ..good }.into(), Refusal::WrongEpoch);
    scene.accepts(&publisher, vec![withdraw(&publisher, 1)]);
    scene.suspend_publisher();
    scene.refuses(&publisher, withdraw(&publisher, 1), Refusal::Suspended);
}

#[test]
fn a_suspended_provider_writes_down_what_it_released_and_does_nothing_else() {
    let mut scene = Scene::new();
    let (publisher, patient, chain) =
        (scene.publisher.clone(), scene.patient.clone(), scene.ledger.chain.clone());
    scene.suspend_publisher();
    let open = sample::open(&chain, &publisher, &Actor::patient(11));
    for action in [scene.publish(None), scene.request(1, 60), open] {
        scene.refuses(&publisher, action, Refusal::Suspended);
    }
    scene.accepts(&publisher, vec![sample::disclose(&chain, &publisher, &patient)]);
    let again = Motion::SetStanding { provider: publisher.provider_address(), standing: Standing::Admitted };
    scene.decide(2, again);
    let publish = scene.publish(None);
    scene.accepts(&publisher, vec![publish]);
}

#[test]
fn what_is_disputed_must_be_there() {
    let mut scene = Scene::new();
    let (patient, chain) = (scene.patient.clone(), scene.ledger.chain.clone());
    for entry in [1, 2, u64::MAX] {
        scene.refuses(&patient, sample::dispute(&chain, &patient, entry), Refusal::UnknownEntry);
    }
    let Action::Dispute(good) = sample::dispute(&chain, &patient, 0) else { panic!("it disputes") };
    let statement = sample::sealed(&chain, &patient, &patient, PayloadKind::Dispute, epoch(1));
    scene.refuses(&patient, Dispute { statement, ..good }.into(), Refusal::WrongEpoch);
    scene.accepts(&patient, vec![sample::dispute(&chain, &patient, 0)]);
}

/// Everything that somebody may do for the patient, with the right that it needs.
fn for_the_patient(scene: &Scene) -> Vec<(Right, Action)> {
    let (chain, publisher, patient) = (&scene.ledger.chain, &scene.publisher, &scene.patient);
    let (lesser, until) = (Actor::agent(50), scene.later(60));
    let appoint = sample::delegate(chain, patient, &lesser, Right::See, until, Activation::AtOnce);
    vec![
        (Right::Share, scene.grant(1)),
        (Right::Share, scene.revoke(2)),
        (Right::Share, sample::revoke_all(chain, patient)),
        (Right::Share, scene.answer(7)),
        (Right::Share, sample::dispute(chain, patient, 0)),
        (Right::Manage, appoint),
        (Right::Manage, sample::end_delegation(chain, publisher, patient, &Actor::agent(9), epoch(1))),
        (Right::Manage, sample::set_emergency(chain, patient, true)),
        (Right::Manage, sample::rotate_viewing_key(chain, publisher, patient, epoch(1))),
    ]
}

/// What only the patient may do.
fn by_the_patient_only(scene: &Scene) -> Vec<Action> {
    let (chain, publisher, patient) = (&scene.ledger.chain, &scene.publisher, &scene.patient);
    let new = Actor::patient(60);
    vec![
        sample::refuse_activation(patient, &Actor::agent(9)),
        sample::set_guardians(chain, patient, &[30, 31].map(Actor::agent), 2, DAY),
        sample::veto_recovery(patient),
        sample::set_handover(chain, patient, &new, scene.later(3600)),
        sample::rotate_keys(chain, publisher, patient, &new, epoch(1)),
        sample::show_life(patient),
        sample::close(chain, patient),
    ]
}

/// A delegate to be ended (9), and a request to be answered (7).
fn scene_with_work() -> Scene {
    let mut scene = Scene::new();
    let appoint = scene.delegate(9, Right::See, Activation::AtOnce);
    let request = scene.request(7, 3600);
    scene.accepts(&Actor::patient(10), vec![appoint]);
    scene.accepts(&Actor::provider(1), vec![request]);
    scene
}

#[test]
fn a_delegate_does_what_the_right_allows_and_nothing_more() {
    for right in [Right::See, Right::Share, Right::Manage] {
        let mut scene = scene_with_work();
        let delegate = scene.active_delegate(1, right);
        for (needed, action) in for_the_patient(&scene) {
            if right >= needed {
                let tx = scene.ledger.sign(&delegate, vec![action]);
                assert_eq!(scene.ledger.execute(&[tx]).results[0].refusal, None);
            } else {
                scene.refuses(&delegate, action, Refusal::NotAllowed);
            }
        }
        for action in by_the_patient_only(&scene) {
            scene.refuses(&delegate, action, Refusal::NotAllowed);
        }
    }
}

#[test]
fn a_delegation_that_does_not_count_allows_nothing() {
    let mut scene = scene_with_work();
    let (patient, agent) = (scene.patient.clone(), Actor::agent(1));
    let waiting = scene.delegate(1, Right::Manage, Activation::AfterWait(100));
    scene.accepts(&patient, vec![waiting]);
    let nothing = |scene: &mut Scene| {
        for (_, action) in for_the_patient(scene) {
            scene.refuses(&agent, action, Refusal::NotActive);
        }
    };
    nothing(&mut scene);
    scene.accepts(&agent, vec![sample::answer_delegation(&patient, true)]);
    nothing(&mut scene);
    scene.accepts(&agent, vec![sample::ask_activation(&patient)]);
    let asked = scene.ledger.now;
    scene.ledger.now = asked.plus(98);
    nothing(&mut scene);
    scene.ledger.now = asked.plus(99);
    let grant = scene.grant(1);
    scene.accepts(&agent, vec![grant]);
    scene.ledger.now = asked.plus(3600);
    nothing(&mut scene);
}

#[test]
fn a_delegate_after_silence_waits_until_the_patient_is_silent() {
    let mut scene = Scene::new();
    let (patient, agent) = (scene.patient.clone(), Actor::agent(1));
    let appoint = scene.delegate(1, Right::Share, Activation::AfterSilence(1000));
    scene.accepts(&patient, vec![appoint]);
    scene.accepts(&agent, vec![sample::answer_delegation(&patient, true)]);
    scene.refuses(&agent, sample::ask_activation(&patient), Refusal::NotWaiting);
    scene.ledger.now = scene.later(900);
    scene.accepts(&patient, vec![sample::show_life(&patient)]);
    let seen = scene.ledger.relationship(&patient).unwrap().seen;
    scene.ledger.now = seen.plus(999);
    let grant = scene.grant(1);
    scene.refuses(&agent, grant.clone(), Refusal::NotActive);
    scene.ledger.now = seen.plus(1000);
    scene.accepts(&agent, vec![grant]);
    assert_eq!(
        scene.ledger.relationship(&patient).unwrap().seen,
        seen,
        "a delegate's act is no sign of life"
    );
    scene.accepts(&patient, vec![sample::show_life(&patient)]);
    let grant = scene.grant(2);
    scene.refuses(&agent, grant, Refusal::NotActive);
}

#[test]
fn a_delegate_never_makes_another_who_may_do_as_much_or_longer() {
    let mut scene = Scene::new();
    let manager = scene.active_delegate(1, Right::Manage);
    let own_end =
        scene.ledger.relationship(&scene.patient).unwrap().delegations[&manager.agent_address()].not_after;
    let (chain, patient) = (scene.ledger.chain.clone(), scene.patient.clone());
    let appoint =
        |right, until| sample::delegate(&chain, &patient, &Actor::agent(2), right, until, Activation::AtOnce);
    scene.refuses(&manager, appoint(Right::Manage, own_end), Refusal::NotAllowed);
    scene.refuses(&manager, appoint(Right::Share, own_end.plus(1)), Refusal::NotAllowed);
    scene.accepts(&manager, vec![appoint(Right::Share, own_end)]);
}

#[test]
fn a_delegate_ends_only_those_who_may_do_less() {
    let mut scene = Scene::new();
    let [manager, equal, lesser] = [(1, Right::Manage), (2, Right::Manage), (3, Right::Share)]
        .map(|(n, right)| scene.active_delegate(n, right));
    let (publisher, patient, chain) =
        (scene.publisher.clone(), scene.patient.clone(), scene.ledger.chain.clone());
    let end =
        |agent: &Actor, count| sample::end_delegation(&chain, &publisher, &patient, agent, epoch(count));
    scene.refuses(&manager, end(&equal, 1), Refusal::NotAllowed);
    scene.refuses(&manager, end(&manager, 1), Refusal::NotAllowed);
    scene.refuses(&manager, end(&Actor::agent(99), 1), Refusal::UnknownAgent);
    for wrong in [0, 2, u32::MAX] {
        scene.refuses(&manager, end(&lesser, wrong), Refusal::WrongEpoch);
    }
    scene.accepts(&manager, vec![end(&lesser, 1)]);
    scene.refuses(&lesser, sample::revoke_all(&chain, &patient), Refusal::UnknownSigner);
}

#[test]
fn an_appointment_is_within_bounds() {
    let mut scene = Scene::new();
    let (patient, chain) = (scene.patient.clone(), scene.ledger.chain.clone());
    for seconds in [0, MAX_WAIT_SECONDS + 1, u32::MAX] {
        for activation in [Activation::AfterWait(seconds), Activation::AfterSilence(seconds)] {
            let action = scene.delegate(1, Right::See, activation);
            scene.refuses(&patient, action, Refusal::Date);
        }
    }
    let now = scene.ledger.now;
    let over = sample::delegate(&chain, &patient, &Actor::agent(1), Right::See, now, Activation::AtOnce);
    scene.refuses(&patient, over, Refusal::Date);
    let Action::Delegate(good) = scene.delegate(1, Right::See, Activation::AtOnce) else {
        panic!("it appoints")
    };
    let terms = sample::sealed(&chain, &patient, &patient, PayloadKind::Delegation, epoch(1));
    scene.refuses(&patient, Delegate { terms, ..good }.into(), Refusal::WrongEpoch);
}

#[test]
fn an_agent_s_key_serves_once_in_one_place() {
    let mut scene = Scene::new();
    let (publisher, patient, chain) =
        (scene.publisher.clone(), scene.patient.clone(), scene.ledger.chain.clone());
    let neighbour = Actor::patient(11);
    scene.accepts(&publisher, vec![sample::open(&chain, &publisher, &neighbour)]);
    let agent = scene.active_delegate(1, Right::See);
    scene.guardians();
    scene.accepts(&patient, vec![sample::end_delegation(&chain, &publisher, &patient, &agent, epoch(1))]);
    let until = scene.later(60);
    for used in [&agent, &Actor::agent(20)] {
        let there = sample::delegate(&chain, &neighbour, used, Right::See, until, Activation::AtOnce);
        scene.refuses(&neighbour, there, Refusal::AgentKeyUsed);
        let guardians = [used.clone(), Actor::agent(40)];
        let there = sample::set_guardians(&chain, &neighbour, &guardians, 2, DAY);
        scene.refuses(&neighbour, there, Refusal::AgentKeyUsed);
    }
    let twice = [41, 41].map(Actor::agent);
    scene.refuses(
        &neighbour,
        sample::set_guardians(&chain, &neighbour, &twice, 2, DAY),
        Refusal::AgentKeyUsed,
    );
}

#[test]
fn a_delegate_answers_once_in_time_and_only_where_appointed() {
    let mut scene = Scene::new();
    let (publisher, patient, chain) =
        (scene.publisher.clone(), scene.patient.clone(), scene.ledger.chain.clone());
    let (agent, neighbour) = (Actor::agent(1), Actor::patient(11));
    scene.accepts(&publisher, vec![sample::open(&chain, &publisher, &neighbour)]);
    let [guardian, ..] = scene.guardians();
    let appoint = scene.delegate(1, Right::See, Activation::AtOnce);
    scene.accepts(&patient, vec![appoint]);
    scene.refuses(&patient, sample::answer_delegation(&patient, true), Refusal::NotAllowed);
    scene.refuses(&guardian, sample::answer_delegation(&patient, true), Refusal::UnknownAgent);
    scene.refuses(&agent, sample::answer_delegation(&neighbour, true), Refusal::UnknownAgent);
    scene.accepts(&agent, vec![sample::answer_delegation(&patient, true)]);
    scene.refuses(&agent, sample::answer_delegation(&patient, true), Refusal::NotWaiting);
    scene.accepts(&agent, vec![sample::answer_delegation(&patient, false)]);
    scene.refuses(&agent, sample::answer_delegation(&patient, true), Refusal::UnknownSigner);
    let late = scene.delegate(2, Right::See, Activation::AtOnce);
    scene.accepts(&patient, vec![late]);
    scene.ledger.now = scene.later(3600);
    scene.refuses(&Actor::agent(2), sample::answer_delegation(&patient, true), Refusal::NotActive);
}

#[test]
fn a_beginning_is_asked_for_once_and_refused_once() {
    let mut scene = Scene::new();
    let (patient, agent) = (scene.patient.clone(), Actor::agent(1));
    let at_once = scene.active_delegate(2, Right::See);
    scene.refuses(&at_once, sample::ask_activation(&patient), Refusal::NotWaiting);
    let appoint = scene.delegate(1, Right::See, Activation::AfterWait(60));
    scene.accepts(&patient, vec![appoint]);
    scene.refuses(&agent, sample::ask_activation(&patient), Refusal::NotActive);
    scene.accepts(&agent, vec![sample::answer_delegation(&patient, true)]);
    scene.refuses(&patient, sample::refuse_activation(&patient, &agent), Refusal::NotWaiting);
    scene.refuses(&patient, sample::refuse_activation(&patient, &Actor::agent(9)), Refusal::UnknownAgent);
    for _ in 0..2 {
        scene.accepts(&agent, vec![sample::ask_activation(&patient)]);
        scene.refuses(&agent, sample::ask_activation(&patient), Refusal::NotWaiting);
        scene.accepts(&patient, vec![sample::refuse_activation(&patient, &agent)]);
    }
    scene.ledger.now = scene.later(3600);
    scene.refuses(&agent, sample::ask_activation(&patient), Refusal::NotActive);
}

#[test]
fn guardians_are_at_least_two_who_agree_and_wait_a_day() {
    let mut scene = Scene::new();
    let (patient, chain) = (scene.patient.clone(), scene.ledger.chain.clone());
    let set = |count: usize, threshold, delay| {
        let guardians = [20, 21, 22].map(Actor::agent);
        sample::set_guardians(&chain, &patient, &guardians[..count], threshold, delay)
    };
    for (count, threshold) in [(1, 1), (3, 0), (3, 1), (3, 4), (2, 3), (1, 2)] {
        scene.refuses(&patient, set(count, threshold, DAY), Refusal::NotAllowed);
    }
    for delay in [0, MIN_RECOVERY_SECONDS - 1, MAX_WAIT_SECONDS + 1] {
        scene.refuses(&patient, set(3, 2, delay), Refusal::Date);
    }
    let Action::SetGuardians(good) = set(3, 2, DAY) else { panic!("it sets guardians") };
    let names = sample::sealed(&chain, &patient, &patient, PayloadKind::Guardians, epoch(1));
    scene.refuses(&patient, SetGuardians { names, ..good }.into(), Refusal::WrongEpoch);
    scene.accepts(&patient, vec![set(3, 3, DAY), set(2, 2, DAY), set(0, 0, 0)]);
    let none = scene.ledger.relationship(&patient).unwrap().guardians;
    assert_eq!(none, None);
    scene.refuses(&patient, set(2, 2, DAY), Refusal::AgentKeyUsed);
}

#[test]
fn a_recovery_is_for_guardians_with_one_key_that_is_free_and_wanted() {
    let mut scene = Scene::new();
    let (publisher, patient, chain) =
        (scene.publisher.clone(), scene.patient.clone(), scene.ledger.chain.clone());
    let delegate = scene.active_delegate(1, Right::Manage);
    let approve = |new: u64| sample::approve_recovery(&chain, &patient, &Actor::patient(new));
    scene.refuses(&delegate, approve(60), Refusal::UnknownAgent);
    let [first, second, third] = scene.guardians();
    scene.refuses(&delegate, approve(60), Refusal::UnknownAgent);
    scene.refuses(&patient, approve(60), Refusal::NotAllowed);
    let bound = Possession::prove(&Actor::patient(60).key, &chain, Some(patient.relationship()));
    let bound = ApproveRecovery { relationship: patient.relationship(), new_owner: bound };
    scene.refuses(&first, bound.into(), Refusal::PossessionProof);
    scene.refuses(&first, approve(10), Refusal::KeyUsed);
    scene.accepts(&first, vec![approve(60)]);
    scene.refuses(&first, approve(60), Refusal::NotWaiting);
    scene.refuses(&second, bound.into(), Refusal::PossessionProof);
    scene.refuses(&publisher, sample::open(&chain, &publisher, &Actor::patient(60)), Refusal::KeyUsed);
    scene.accepts(&second, vec![approve(61)]);
    let begun = scene.ledger.relationship(&patient).unwrap().recovery.unwrap();
    assert_eq!(begun.new_owner, Actor::patient(61).public_key(), "another key begins anew");
    assert_eq!(begun.approvals, [second.agent_address()].into_iter().collect());
    scene.accepts(&first, vec![approve(61)]);
    scene.refuses(&third, approve(60), Refusal::NotAllowed);
    scene.accepts(&third, vec![approve(61)]);
    scene.accepts(&publisher, vec![sample::open(&chain, &publisher, &Actor::patient(60))]);
}

#[test]
fn only_the_patient_vetoes_and_only_what_was_begun() {
    let mut scene = Scene::new();
    let (patient, chain) = (scene.patient.clone(), scene.ledger.chain.clone());
    scene.refuses(&patient, sample::veto_recovery(&patient), Refusal::NotWaiting);
    let [first, second, _] = scene.guardians();
    let approve = sample::approve_recovery(&chain, &patient, &Actor::patient(60));
    scene.accepts(&first, vec![approve.clone()]);
    scene.refuses(&second, sample::veto_recovery(&patient), Refusal::NotAllowed);
    scene.accepts(&patient, vec![sample::veto_recovery(&patient)]);
    scene.refuses(&patient, sample::veto_recovery(&patient), Refusal::NotWaiting);
    scene.accepts(&first, vec![approve.clone()]);
    scene.accepts(&second, vec![approve]);
    scene.ledger.now = scene.later(DAY.into());
    scene.refuses(&patient, sample::veto_recovery(&patient), Refusal::Signature);
    let new = patient.under_key_of(&Actor::patient(60));
    scene.refuses(&new, sample::veto_recovery(&patient), Refusal::NotWaiting);
    scene.accepts(&new, vec![sample::show_life(&patient)]);
}

#[test]
fn a_promised_account_is_handed_over_to_that_key_not_later() {
    let mut scene = Scene::new();
    let (patient, chain) = (scene.patient.clone(), scene.ledger.chain.clone());
    let child = Actor::patient(60);
    let promise = |new: &Actor, due| sample::set_handover(&chain, &patient, new, due);
    let (now, later) = (scene.ledger.now, scene.later(3600));
    scene.refuses(&patient, promise(&child, now), Refusal::Date);
    scene.refuses(&patient, promise(&child, Timestamp::from_seconds(0)), Refusal::Date);
    scene.refuses(&patient, promise(&patient, later), Refusal::KeyUsed);
    let unbound = Possession::prove(&child.key, &chain, None);
    let unbound = SetHandover { relationship: patient.relationship(), new_owner: unbound, due: later };
    scene.refuses(&patient, unbound.into(), Refusal::PossessionProof);
    scene.accepts(&patient, vec![promise(&child, later)]);
    scene.refuses(&patient, promise(&child, later), Refusal::HandoverFixed);
    scene.refuses(&patient, promise(&child, later.plus(1)), Refusal::HandoverFixed);
    scene.refuses(&patient, promise(&Actor::patient(61), scene.later(60)), Refusal::HandoverFixed);
    scene.refuses(&patient, unbound.into(), Refusal::PossessionProof);
    scene.refuses(&patient, sample::close(&chain, &patient), Refusal::HandoverFixed);
    let earlier = scene.later(60);
    scene.accepts(&patient, vec![promise(&child, earlier)]);
    scene.ledger.now = earlier;
    scene.refuses(&patient, sample::show_life(&patient), Refusal::Signature);
    scene.accepts(&patient.under_key_of(&child), vec![sample::close(&chain, &patient)]);
}

#[test]
fn an_emergency_rule_needs_the_key_in_force_and_its_end_does_not() {
    let mut scene = Scene::new();
    let (patient, chain) = (scene.patient.clone(), scene.ledger.chain.clone());
    let terms = sample::sealed(&chain, &patient, &patient, PayloadKind::Emergency, epoch(3));
    let rule = |allowed| SetEmergency { relationship: patient.relationship(), allowed, terms: terms.clone() };
    scene.refuses(&patient, rule(true).into(), Refusal::WrongEpoch);
    scene.accepts(&patient, vec![sample::set_emergency(&chain, &patient, true), rule(false).into()]);
    assert_eq!(scene.ledger.relationship(&patient).unwrap().emergency, None);
}

#[test]
fn a_viewing_key_follows_the_one_in_force() {
    let mut scene = Scene::new();
    let (publisher, patient, chain) =
        (scene.publisher.clone(), scene.patient.clone(), scene.ledger.chain.clone());
    for wrong in [0, 2, u32::MAX] {
        let rotate = sample::rotate_viewing_key(&chain, &publisher, &patient, epoch(wrong));
        scene.refuses(&patient, rotate, Refusal::WrongEpoch);
        let rotate = sample::rotate_keys(&chain, &publisher, &patient, &Actor::patient(60), epoch(wrong));
        scene.refuses(&patient, rotate, Refusal::WrongEpoch);
    }
    let relationship = patient.relationship();
    let key = sample::new_viewing_key(&chain, &publisher, &patient, epoch(1));
    scene.accepts(&patient, vec![RotateViewingKey { relationship, key }.into()]);
    let old = scene.publish(None);
    scene.refuses(&publisher, old, Refusal::WrongEpoch);
}

#[test]
fn the_old_key_of_a_moved_account_signs_nothing_more() {
    let mut scene = Scene::new();
    let (publisher, patient, chain) =
        (scene.publisher.clone(), scene.patient.clone(), scene.ledger.chain.clone());
    let (new, newer) = (Actor::patient(60), Actor::patient(61));
    let rotate = |to: &Actor, count| sample::rotate_keys(&chain, &publisher, &patient, to, epoch(count));
    scene.refuses(&patient, rotate(&patient, 1), Refusal::KeyUsed);
    let elsewhere = Possession::prove(&new.key, &chain, None);
    let Action::RotateKeys(good) = rotate(&new, 1) else { panic!("it rotates") };
    scene.refuses(&patient, RotateKeys { new_owner: elsewhere, ..good }.into(), Refusal::PossessionProof);
    let waiting = scene.ledger.sign(&patient, vec![sample::show_life(&patient)]);
    scene.accepts(&patient, vec![rotate(&new, 1)]);
    assert_eq!(scene.refused(&waiting), Some(Refusal::Signature), "also what was signed before");
    scene.refuses(&patient, sample::show_life(&patient), Refusal::Signature);
    let moved = patient.under_key_of(&new);
    scene.refuses(&moved, rotate(&new, 2), Refusal::KeyUsed);
    scene.accepts(&moved, vec![rotate(&newer, 2)]);
    scene.refuses(&moved, sample::show_life(&patient), Refusal::Signature);
    scene.refuses(&publisher, sample::open(&chain, &publisher, &newer), Refusal::KeyUsed);
}

#[test]
fn a_closed_relationship_takes_nothing_but_what_was_released() {
    let mut scene = scene_with_work();
    let (publisher, patient, chain) =
        (scene.publisher.clone(), scene.patient.clone(), scene.ledger.chain.clone());
    let guardians = scene.guardians();
    let granted = scene.grant(3);
    scene.accepts(&patient, vec![granted]);
    scene.accepts(&patient, vec![sample::close(&chain, &patient)]);
    let mut actions: Vec<_> = for_the_patient(&scene).into_iter().map(|(_, action)| action).collect();
    actions.extend(by_the_patient_only(&scene));
    for action in actions {
        scene.refuses(&patient, action, Refusal::Closed);
    }
    let withdraw = sample::withdraw(&chain, &publisher, &patient, 1);
    for action in [scene.publish(None), scene.request(1, 60), withdraw] {
        scene.refuses(&publisher, action, Refusal::Closed);
    }
    for agent in [&Actor::agent(9), &guardians[0]] {
        scene.refuses(agent, sample::answer_delegation(&patient, true), Refusal::UnknownSigner);
    }
    let elsewhere = Actor::patient(11);
    scene.accepts(&publisher, vec![sample::open(&chain, &publisher, &elsewhere)]);
    let until = scene.later(3600);
    let there =
        sample::delegate(&chain, &elsewhere, &Actor::agent(70), Right::Manage, until, Activation::AtOnce);
    scene.accepts(&elsewhere, vec![there]);
    let approve = sample::approve_recovery(&chain, &patient, &Actor::patient(60));
    for action in [sample::answer_delegation(&patient, true), sample::ask_activation(&patient), approve] {
        scene.refuses(&Actor::agent(70), action, Refusal::Closed);
    }
    scene.accepts(&publisher, vec![sample::disclose(&chain, &publisher, &patient)]);
    let leaf = scene.ledger.relationship(&patient).unwrap();
    assert!(leaf.grants.is_empty() && leaf.requests.is_empty() && leaf.delegations.is_empty());
}
