//! The decision table: every combination that the protocol knows, and no yes without a reason.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;
#[path = "decide/table.rs"]
mod table;

use std::collections::BTreeMap;

use common::{NOW, clinic, hospital, patient, provider, relationship};
use medrec_protocol::{
    Address, AgentAddress, MemberAddress, PublicKey, RecordKind, RelationshipAddress, Timestamp,
    codec::{List, Text},
    decide::{Clock, Decision, Deny, EPISODE_SECONDS, Episode, Operation, Question, RecordFacts, decide},
    log::Frontier,
    payload::{Basis, EmergencyTerms, FutureRecords, GrantMode, GrantTerms, Purpose, Scope, V1},
    state::{
        Activation, Delegation, EpisodeId, GrantId, Guardians, Handover, LiveGrant, Provider, ProviderLeaf,
        Recovery, RelationshipLeaf, Right, SealingKey, Standing,
    },
};

const ID: GrantId = GrantId::from_bytes([1; 16]);
const GRANT_ENTRY: u64 = 5;
const UNTIL: Timestamp = NOW.plus(1000);
const OLD: RecordFacts =
    RecordFacts { index: 2, first_version: 2, kind: RecordKind::Medication, withdrawn: false };
const NEW: RecordFacts =
    RecordFacts { index: 7, first_version: 7, kind: RecordKind::Medication, withdrawn: false };

const EPISODE: EpisodeId = EpisodeId::from_bytes([8; 16]);

fn agent() -> AgentAddress {
    AgentAddress::of(&PublicKey::of(&clinic()))
}

fn ago(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(NOW.seconds() - seconds)
}

fn provider_leaf(standing: Standing, emergency: bool) -> ProviderLeaf {
    let provider = Provider {
        name: Text::clipped("Clinic"),
        place: Text::clipped("Évora"),
        endpoint: Text::clipped("https://clinic.example"),
        signing_key: PublicKey::of(&clinic()),
        sealing_key: SealingKey::from_bytes([5; 32]),
    };
    ProviderLeaf { provider, admitted: NOW, standing, emergency }
}

struct World {
    relationship: RelationshipAddress,
    leaf: RelationshipLeaf,
    terms: BTreeMap<GrantId, GrantTerms>,
    emergency_terms: Option<EmergencyTerms>,
    provider: Option<ProviderLeaf>,
    episode: Option<Episode>,
    clock: Clock,
    requester: Address,
    record: RecordFacts,
    operation: Operation,
}

impl World {
    fn new() -> Self {
        let mut log = Frontier::default();
        (0..10u8).for_each(|n| drop(log.append(&[n])));
        let mut leaf = RelationshipLeaf::open(provider(&hospital()), PublicKey::of(&patient()), NOW);
        leaf.grants = BTreeMap::from([(ID, LiveGrant { not_after: UNTIL, entry: GRANT_ENTRY })]);
        leaf.log = log;
        let terms = GrantTerms {
            version: V1,
            grantee: provider(&clinic()),
            scope: Scope::Everything,
            future: FutureRecords::Included,
            not_before: NOW,
            purpose: Purpose::Treatment,
            mode: GrantMode::Pull,
            share: [0; 16],
            request: None,
        };
        Self {
            relationship: relationship(),
            leaf,
            terms: BTreeMap::from([(ID, terms)]),
            emergency_terms: None,
            provider: Some(provider_leaf(Standing::Admitted, false)),
            episode: None,
            clock: Clock { block: NOW, local: NOW },
            requester: provider(&clinic()).into(),
            record: OLD,
            operation: Operation::Copy,
        }
    }

    fn with(change: impl FnOnce(&mut Self)) -> Decision {
        let mut world = Self::new();
        change(&mut world);
        world.decide()
    }

    fn terms(&mut self) -> &mut GrantTerms {
        self.terms.get_mut(&ID).unwrap()
    }

    fn decide(&self) -> Decision {
        decide(&Question {
            relationship: self.relationship,
            leaf: &self.leaf,
            terms: &self.terms,
            emergency_terms: self.emergency_terms,
            requester: self.requester,
            provider: self.provider.as_ref(),
            episode: self.episode,
            record: self.record,
            operation: self.operation,
            clock: self.clock,
        })
    }
}

const YES: Decision = Decision::Permit(Basis::Grant(ID));

fn no(reason: Deny) -> Decision {
    Decision::Deny(reason)
}

#[test]
fn a_live_grant_to_this_provider_for_this_record_permits() {
    assert_eq!(World::new().decide(), YES);
}

#[test]
fn without_a_grant_the_answer_is_no() {
    assert_eq!(World::with(|w| w.leaf.grants.clear()), no(Deny::NoGrant));
    assert_eq!(World::with(|w| w.terms.clear()), no(Deny::NoGrant), "terms that do not open permit nothing");
}

#[test]
fn a_grant_to_another_provider_permits_nothing() {
    assert_eq!(World::with(|w| w.requester = provider(&hospital()).into()), no(Deny::NoGrant));
}

#[test]
fn only_patient_delegates_and_providers_receive_copies() {
    let key = PublicKey::of(&clinic());
    assert_eq!(World::with(|w| w.requester = relationship().into()), Decision::Permit(Basis::Owner));
    for stranger in
        [Address::Relationship(RelationshipAddress::of(&key)), Address::Member(MemberAddress::of(&key))]
    {
        assert_eq!(World::with(|w| w.requester = stranger), no(Deny::NotARecipient));
    }
    let nobody = Address::Agent(AgentAddress::of(&key));
    assert_eq!(World::with(|w| w.requester = nobody), no(Deny::NoDelegation));
}

#[test]
fn the_last_second_counts_and_the_next_does_not() {
    let at = |block: u64, local: u64| {
        World::with(|w| w.clock = Clock { block: NOW.plus(block), local: NOW.plus(local) })
    };
    assert_eq!(at(1000, 1000), YES);
    assert_eq!(at(1001, 1000), no(Deny::Expired), "the stricter clock counts");
    assert_eq!(at(1000, 1001), no(Deny::Expired), "the stricter clock counts");
}

#[test]
fn a_grant_that_has_not_begun_by_either_clock_permits_nothing() {
    let before = Timestamp::from_seconds(NOW.seconds() - 1);
    assert_eq!(World::with(|w| w.clock = Clock { block: before, local: NOW }), no(Deny::NotYet));
    assert_eq!(World::with(|w| w.clock = Clock { block: NOW, local: before }), no(Deny::NotYet));
}

#[test]
fn clocks_too_far_apart_stop_even_the_patient() {
    let gap = |seconds| {
        World::with(|w| {
            w.requester = relationship().into();
            w.clock = Clock { block: NOW, local: NOW.plus(seconds) };
        })
    };
    assert_eq!(gap(120), Decision::Permit(Basis::Owner));
    assert_eq!(gap(121), no(Deny::ClockGap));
}

#[test]
fn a_record_that_is_not_in_the_log_is_released_to_nobody() {
    for index in [0, 10, u64::MAX] {
        let record = RecordFacts { index, ..OLD };
        assert_eq!(World::with(|w| w.record = record), no(Deny::UnknownRecord));
        assert_eq!(
            World::with(|w| (w.record, w.requester) = (record, relationship().into())),
            no(Deny::UnknownRecord)
        );
    }
}

#[test]
fn scope_and_time_of_publishing_decide_together() {
    let kinds = |kind: RecordKind| Scope::Kinds([kind].into_iter().collect());
    let chosen = |index: u64| Scope::Records(List::new(vec![index]).unwrap());
    let newer_version = RecordFacts { first_version: 2, ..NEW };
    let (all, past) = (FutureRecords::Included, FutureRecords::Excluded);
    let out = no(Deny::OutOfScope);
    let table = [
        (Scope::Everything, all, OLD, YES),
        (Scope::Everything, all, NEW, YES),
        (Scope::Everything, past, OLD, YES),
        (Scope::Everything, past, NEW, out),
        (kinds(RecordKind::Medication), all, OLD, YES),
        (kinds(RecordKind::Allergy), all, OLD, out),
        (kinds(RecordKind::Medication), past, NEW, out),
        (Scope::Kinds([].into_iter().collect()), all, OLD, out),
        (chosen(2), all, OLD, YES),
        (chosen(2), all, NEW, out),
        (chosen(2), all, newer_version, YES),
        (chosen(2), past, newer_version, out),
        (Scope::Records(List::default()), all, OLD, out),
    ];
    for (scope, future, record, expected) in table {
        let found = World::with(|w| {
            w.record = record;
            w.terms().scope = scope.clone();
            w.terms().future = future;
        });
        assert_eq!(found, expected, "{scope:?} {future:?} {record:?}");
    }
}

#[test]
fn looking_is_not_copying() {
    for (mode, operation, expected) in [
        (GrantMode::Pull, Operation::Copy, YES),
        (GrantMode::Pull, Operation::View, YES),
        (GrantMode::Push, Operation::Copy, YES),
        (GrantMode::Push, Operation::View, YES),
        (GrantMode::View, Operation::Copy, no(Deny::ViewOnly)),
        (GrantMode::View, Operation::View, YES),
    ] {
        assert_eq!(World::with(|w| (w.terms().mode, w.operation) = (mode, operation)), expected);
    }
}

#[test]
fn one_grant_that_permits_is_enough_beside_others_that_do_not() {
    let found = World::with(|w| {
        let mut expired = w.terms().clone();
        expired.scope = Scope::Kinds([RecordKind::Allergy].into_iter().collect());
        let other = GrantId::from_bytes([0; 16]);
        w.terms.insert(other, expired);
        w.leaf.grants.insert(other, LiveGrant { not_after: UNTIL, entry: 4 });
    });
    assert_eq!(found, YES);
}

fn episode(began: Timestamp) -> Episode {
    Episode { id: EPISODE, began }
}

/// An emergency department, a patient who allows what it wants to see, a reason given an hour ago; no grant.
fn emergency(change: impl FnOnce(&mut World)) -> Decision {
    World::with(|w| {
        w.leaf.grants.clear();
        w.leaf.emergency = Some(3);
        w.emergency_terms =
            Some(EmergencyTerms { version: V1, kinds: [RecordKind::Medication].into_iter().collect() });
        w.provider = Some(provider_leaf(Standing::Admitted, true));
        w.episode = Some(episode(ago(3600)));
        change(w);
    })
}

#[test]
fn emergency_care_sees_the_chosen_kinds_for_three_days() {
    let yes = Decision::Permit(Basis::Emergency(EPISODE));
    assert_eq!(emergency(|_| ()), yes);
    assert_eq!(emergency(|w| w.episode = Some(episode(ago(EPISODE_SECONDS)))), yes, "the last second");
    assert_eq!(emergency(|w| w.episode = Some(episode(ago(EPISODE_SECONDS + 1)))), no(Deny::EpisodeOver));
    assert_eq!(emergency(|w| w.episode = Some(episode(NOW.plus(1)))), no(Deny::EpisodeOver), "not begun");
    assert_eq!(emergency(|w| w.record.kind = RecordKind::Allergy), no(Deny::OutOfScope));
    let everything = EmergencyTerms { version: V1, kinds: [].into_iter().collect() };
    assert_eq!(emergency(|w| w.emergency_terms = Some(everything)), yes, "no kinds means everything");
}

#[test]
fn emergency_access_needs_the_role_the_rule_its_terms_and_a_reason() {
    assert_eq!(
        emergency(|w| w.provider = Some(provider_leaf(Standing::Admitted, false))),
        no(Deny::NoEmergency),
        "a provider without the role"
    );
    assert_eq!(emergency(|w| w.leaf.emergency = None), no(Deny::NoEmergency), "a patient who allows none");
    assert_eq!(emergency(|w| w.emergency_terms = None), no(Deny::NoEmergency), "terms that do not open");
    assert_eq!(emergency(|w| w.episode = None), no(Deny::NoGrant), "no reason was given");
    let promised = |due| Some(Handover { new_owner: PublicKey::of(&clinic()), due });
    assert_eq!(emergency(|w| w.leaf.handover = promised(NOW)), no(Deny::NoEmergency), "the parent's rule");
    assert!(matches!(emergency(|w| w.leaf.handover = promised(NOW.plus(1))), Decision::Permit(_)));
}

#[test]
fn a_grant_is_the_ground_before_an_emergency_is() {
    let grants = World::new().leaf.grants;
    assert_eq!(emergency(|w| w.leaf.grants = grants), YES);
}

#[test]
fn a_suspended_expelled_or_unknown_provider_receives_nothing_whatever_it_was_granted() {
    for provider in
        [Some(provider_leaf(Standing::Suspended, true)), Some(provider_leaf(Standing::Expelled, true)), None]
    {
        assert_eq!(World::with(|w| w.provider = provider.clone()), no(Deny::NotAdmitted));
        assert_eq!(emergency(|w| w.provider = provider), no(Deny::NotAdmitted));
    }
}

#[test]
fn a_withdrawn_record_is_released_to_nobody() {
    assert_eq!(World::with(|w| w.record.withdrawn = true), no(Deny::Withdrawn));
    assert_eq!(
        World::with(|w| (w.record.withdrawn, w.requester) = (true, relationship().into())),
        no(Deny::Withdrawn),
        "not even to the patient: it may be another patient's"
    );
}

fn daughter(change: impl FnOnce(&mut World, &mut Delegation)) -> Decision {
    World::with(|w| {
        let mut delegation = Delegation {
            key: PublicKey::of(&clinic()),
            right: Right::See,
            not_after: UNTIL,
            activation: Activation::AtOnce,
            accepted: true,
            asked: None,
            entry: 4,
        };
        w.leaf.seen = ago(1000);
        change(w, &mut delegation);
        w.leaf.delegations.insert(agent(), delegation);
        w.requester = agent().into();
    })
}

#[test]
fn a_delegate_sees_what_the_patient_sees_while_the_delegation_counts() {
    let yes = Decision::Permit(Basis::Delegate(agent()));
    let not = no(Deny::NoDelegation);
    let at = |w: &mut World, seconds| w.clock = Clock { block: NOW.plus(seconds), local: NOW.plus(seconds) };
    assert_eq!(daughter(|_, _| ()), yes);
    assert_eq!(daughter(|_, d| d.accepted = false), not, "not accepted");
    assert_eq!(daughter(|w, _| at(w, 1000)), yes, "the last second");
    assert_eq!(daughter(|w, _| at(w, 1001)), not, "over");
    let wait = Activation::AfterWait(60);
    assert_eq!(daughter(|_, d| d.activation = wait), not, "nobody has asked for it to begin");
    assert_eq!(daughter(|_, d| (d.activation, d.asked) = (wait, Some(ago(59)))), not, "too early");
    assert_eq!(daughter(|_, d| (d.activation, d.asked) = (wait, Some(ago(60)))), yes);
    assert_eq!(daughter(|_, d| d.activation = Activation::AfterSilence(1001)), not, "the patient was here");
    assert_eq!(daughter(|_, d| d.activation = Activation::AfterSilence(1000)), yes);
}

#[test]
fn a_delegate_of_the_parent_sees_nothing_once_the_account_is_the_childs() {
    let promised = |due| Some(Handover { new_owner: PublicKey::of(&clinic()), due });
    assert_eq!(daughter(|w, _| w.leaf.handover = promised(NOW)), no(Deny::NoDelegation));
    assert!(matches!(daughter(|w, _| w.leaf.handover = promised(NOW.plus(1))), Decision::Permit(_)));
}

#[test]
fn a_recovery_is_a_sign_of_life_before_anybody_wrote_it_down() {
    let recovered = |due| {
        daughter(|w, d| {
            d.activation = Activation::AfterSilence(500);
            let approvals = [agent()].into_iter().collect();
            w.leaf.recovery = Some(Recovery { new_owner: PublicKey::of(&clinic()), approvals, due });
        })
    };
    assert!(matches!(recovered(None), Decision::Permit(_)));
    assert!(matches!(recovered(Some(NOW.plus(1))), Decision::Permit(_)));
    assert_eq!(recovered(Some(NOW)), no(Deny::NoDelegation), "the new owner is there since this second");
    assert!(matches!(recovered(Some(ago(500))), Decision::Permit(_)), "and has been silent since");
}
