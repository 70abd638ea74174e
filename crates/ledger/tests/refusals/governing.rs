//! Refusals of providers about their own entry, and of the consortium's members.

use medrec_protocol::{
    ProviderAddress,
    actions::MAX_MOTION_SECONDS,
    codec::Text,
    genesis::Member,
    state::{MAX_VOTING_POWER, Provider},
};

use super::*;

fn moved(provider: &Actor) -> Provider {
    Provider { endpoint: Text::clipped("https://elsewhere.example"), ..sample::provider_entry(provider) }
}

fn standing(provider: ProviderAddress, standing: Standing) -> Motion {
    Motion::SetStanding { provider, standing }
}

#[test]
fn a_provider_changes_its_own_entry_while_it_is_admitted() {
    let mut scene = Scene::new();
    let publisher = scene.publisher.clone();
    let same = sample::update_provider(sample::provider_entry(&publisher));
    scene.refuses(&publisher, same, Refusal::Pointless);
    let update = sample::update_provider(moved(&publisher));
    scene.refuses(&Actor::patient(10), update.clone(), Refusal::NotAllowed);
    scene.refuses(&Actor::member(900), update.clone(), Refusal::NotAllowed);
    scene.refuses(&Actor::provider(77), update.clone(), Refusal::UnknownSigner);
    scene.suspend_publisher();
    scene.refuses(&publisher, update.clone(), Refusal::Suspended);
    scene.decide(2, standing(publisher.provider_address(), Standing::Expelled));
    scene.refuses(&publisher, update, Refusal::UnknownSigner);
    let disclose = sample::disclose(&scene.ledger.chain, &publisher, &scene.patient);
    scene.refuses(&publisher, disclose, Refusal::UnknownSigner);
}

#[test]
fn a_provider_s_old_key_signs_nothing_more() {
    let mut scene = Scene::new();
    let (publisher, new) = (scene.publisher.clone(), Actor::provider(88));
    let mut entry = sample::provider_entry(&publisher);
    entry.signing_key = new.public_key();
    scene.accepts(&publisher, vec![sample::update_provider(entry)]);
    let publish = scene.publish(None);
    scene.refuses(&publisher, publish.clone(), Refusal::Signature);
    scene.accepts(&publisher.under_key_of(&new), vec![publish]);
}

#[test]
fn only_members_make_motions_and_vote() {
    let mut scene = Scene::new();
    let propose = scene.propose(1);
    scene.accepts(&Actor::member(900), vec![scene.propose(2)]);
    for action in [propose, sample::vote(motion_id(2)), sample::rescind(motion_id(2))] {
        scene.refuses(&Actor::member(77), action.clone(), Refusal::UnknownSigner);
        for other in [Actor::provider(1), Actor::patient(10)] {
            scene.refuses(&other, action.clone(), Refusal::NotAllowed);
        }
    }
}

#[test]
fn a_motion_has_an_end_within_ninety_days() {
    let mut scene = Scene::new();
    let member = Actor::member(900);
    let Action::Propose(good) = scene.propose(1) else { panic!("it proposes") };
    for until in [Timestamp::from_seconds(0), scene.later(0), scene.later(MAX_MOTION_SECONDS + 1)] {
        let action = sample::propose(good.id, until, good.motion.clone());
        scene.refuses(&member, action, Refusal::Date);
    }
    let until = scene.later(MAX_MOTION_SECONDS);
    scene.accepts(&member, vec![sample::propose(good.id, until, good.motion)]);
}

#[test]
fn a_motion_that_would_change_nothing_or_cannot_be_is_refused() {
    let mut scene = Scene::new();
    let publisher = scene.publisher.provider_address();
    let validator = Actor::member(901).public_key();
    let member =
        |number| Member { name: Text::clipped("Canton"), signing_key: Actor::member(number).public_key() };
    scene.decide(9, standing(Actor::provider(3).provider_address(), Standing::Expelled));
    let expelled = Actor::provider(3).provider_address();
    let pointless = [
        Motion::AdmitProvider { provider: sample::provider_entry(&Actor::provider(2)), emergency: false },
        standing(publisher, Standing::Admitted),
        standing(expelled, Standing::Admitted),
        Motion::SetEmergencyRole { provider: publisher, emergency: false },
        Motion::SetEmergencyRole { provider: expelled, emergency: true },
        Motion::SetValidator { key: validator, power: 10 },
        Motion::SetValidator { key: validator, power: 0 },
        Motion::SetValidator { key: Actor::member(5).public_key(), power: 0 },
        Motion::AdmitMember(member(900)),
        Motion::RemoveMember(medrec_protocol::MemberAddress::of(&Actor::member(77).public_key())),
    ];
    for (number, motion) in pointless.into_iter().enumerate() {
        let action = sample::propose(motion_id(number as u64), scene.later(60), motion);
        scene.refuses(&Actor::member(900), action, Refusal::Pointless);
    }
    let nobody = Actor::provider(77).provider_address();
    for motion in [
        standing(nobody, Standing::Suspended),
        Motion::SetEmergencyRole { provider: nobody, emergency: true },
    ] {
        let action = sample::propose(motion_id(1), scene.later(60), motion);
        scene.refuses(&Actor::member(900), action, Refusal::UnknownProvider);
    }
    let heavy = Motion::SetValidator { key: validator, power: MAX_VOTING_POWER + 1 };
    let heavy = sample::propose(motion_id(1), scene.later(60), heavy);
    scene.refuses(&Actor::member(900), heavy, Refusal::Malformed);
}

#[test]
fn a_member_votes_once_in_time_for_what_is_there() {
    let mut scene = Scene::new();
    let [first, second, third] = [900, 902, 903].map(Actor::member);
    let propose = scene.propose(1);
    scene.accepts(&first, vec![propose.clone()]);
    scene.refuses(&first, sample::vote(motion_id(1)), Refusal::Pointless);
    scene.refuses(&second, sample::rescind(motion_id(1)), Refusal::Pointless);
    scene.refuses(&second, sample::vote(motion_id(2)), Refusal::UnknownMotion);
    scene.refuses(&second, propose, Refusal::MotionIdUsed);
    scene.accepts(&first, vec![sample::rescind(motion_id(1))]);
    scene.refuses(&second, sample::vote(motion_id(1)), Refusal::UnknownMotion);
    let propose = scene.propose(1);
    scene.accepts(&first, vec![propose]);
    scene.ledger.now = scene.later(61);
    scene.refuses(&second, sample::vote(motion_id(1)), Refusal::UnknownMotion);
    scene.refuses(&first, sample::rescind(motion_id(1)), Refusal::UnknownMotion);
    let again = scene.propose(1);
    scene.accepts(&third, vec![again]);
}

#[test]
fn what_was_possible_when_it_was_proposed_may_be_so_no_more() {
    let mut scene = Scene::new();
    let publisher = scene.publisher.provider_address();
    let until = scene.later(600);
    let suspend = sample::propose(motion_id(5), until, standing(publisher, Standing::Suspended));
    scene.accepts(&Actor::member(900), vec![suspend]);
    scene.accepts(&Actor::member(902), vec![sample::vote(motion_id(5))]);
    scene.suspend_publisher();
    scene.refuses(&Actor::member(903), sample::vote(motion_id(5)), Refusal::Pointless);
}

#[test]
fn a_removed_member_signs_nothing_more_and_its_votes_count_no_more() {
    let mut scene = Scene::new();
    let [first, second, third] = [900, 902, 903].map(Actor::member);
    let propose = scene.propose(1);
    scene.accepts(&third, vec![propose]);
    let remove = Motion::RemoveMember(medrec_protocol::MemberAddress::of(&third.public_key()));
    let until = scene.later(60);
    scene.accepts(&first, vec![sample::propose(motion_id(2), until, remove)]);
    scene.accepts(&second, vec![sample::vote(motion_id(2))]);
    scene.accepts(&third, vec![sample::vote(motion_id(2))]);
    scene.refuses(&third, sample::rescind(motion_id(1)), Refusal::UnknownSigner);
    let validators = StateKey::Validators.encode();
    let before = scene.ledger.storage.leaves()[&validators].clone();
    scene.accepts(&first, vec![sample::vote(motion_id(1))]);
    assert_eq!(scene.ledger.storage.leaves()[&validators], before, "one of two that count");
    scene.accepts(&second, vec![sample::vote(motion_id(1))]);
    assert_ne!(scene.ledger.storage.leaves()[&validators], before);
}
