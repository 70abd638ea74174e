//! The decision table: every combination that the protocol knows, and no yes without a reason.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;

use common::{NOW, clinic, hospital, patient, provider, relationship};
use medrec_protocol::{
    Address, AgentAddress, Epoch, MemberAddress, ProviderAddress, PublicKey, RecordKind, RelationshipAddress,
    Timestamp,
    codec::List,
    decide::{Clock, Decision, Deny, Operation, Question, RecordFacts, decide},
    log::Frontier,
    payload::{Basis, FutureRecords, GrantMode, GrantTerms, Purpose, Scope, V1},
    state::{GrantId, LiveGrant, RelationshipLeaf},
};

const ID: GrantId = GrantId::from_bytes([1; 16]);
const GRANT_ENTRY: u64 = 5;
const UNTIL: Timestamp = NOW.plus(1000);
const OLD: RecordFacts = RecordFacts { index: 2, first_version: 2, kind: RecordKind::Medication };
const NEW: RecordFacts = RecordFacts { index: 7, first_version: 7, kind: RecordKind::Medication };

struct World {
    leaf: RelationshipLeaf,
    terms: BTreeMap<GrantId, GrantTerms>,
    clock: Clock,
    requester: Address,
    record: RecordFacts,
    operation: Operation,
}

impl World {
    fn new() -> Self {
        let mut log = Frontier::default();
        (0..10u8).for_each(|n| drop(log.append(&[n])));
        let leaf = RelationshipLeaf {
            publisher: provider(&hospital()),
            owner: PublicKey::of(&patient()),
            epoch: Epoch::FIRST,
            opened: NOW,
            grants: BTreeMap::from([(ID, LiveGrant { not_after: UNTIL, entry: GRANT_ENTRY })]),
            requests: BTreeMap::new(),
            log,
        };
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
            leaf,
            terms: BTreeMap::from([(ID, terms)]),
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
            relationship: relationship(),
            leaf: &self.leaf,
            terms: &self.terms,
            requester: self.requester,
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
fn only_patient_and_providers_receive_copies() {
    let key = PublicKey::of(&clinic());
    assert_eq!(World::with(|w| w.requester = relationship().into()), Decision::Permit(Basis::Owner));
    for stranger in [
        Address::Relationship(RelationshipAddress::of(&key)),
        Address::Agent(AgentAddress::of(&key)),
        Address::Member(MemberAddress::of(&key)),
    ] {
        assert_eq!(World::with(|w| w.requester = stranger), no(Deny::NotARecipient));
    }
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
    let newer_version = RecordFacts { index: 7, first_version: 2, kind: RecordKind::Medication };
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

/// Every combination of the dimensions above: a yes needs all of them right.
#[test]
fn a_yes_needs_everything_right() {
    let publisher_or_stranger: [ProviderAddress; 2] = [provider(&hospital()), provider(&patient())];
    for live in [true, false] {
        for named in [true, false] {
            for over in [true, false] {
                for begun in [true, false] {
                    for gap in [0, 121] {
                        for in_scope in [true, false] {
                            for mode in [GrantMode::Pull, GrantMode::View] {
                                let found = World::with(|w| {
                                    if !live {
                                        w.leaf.grants.clear();
                                    } else if over {
                                        let ended = Timestamp::from_seconds(NOW.seconds() - 1);
                                        w.leaf
                                            .grants
                                            .insert(ID, LiveGrant { not_after: ended, entry: GRANT_ENTRY });
                                    }
                                    if !named {
                                        w.terms().grantee = publisher_or_stranger[0];
                                    }
                                    if !begun {
                                        w.terms().not_before = NOW.plus(1);
                                    }
                                    if !in_scope {
                                        w.terms().scope = Scope::Kinds([].into_iter().collect());
                                    }
                                    w.terms().mode = mode;
                                    w.clock = Clock { block: NOW, local: NOW.plus(gap) };
                                });
                                let right = live
                                    && named
                                    && !over
                                    && begun
                                    && gap == 0
                                    && in_scope
                                    && mode == GrantMode::Pull;
                                assert_eq!(
                                    found == YES,
                                    right,
                                    "{live} {named} {over} {begun} {gap} {in_scope} {mode:?}"
                                );
                                assert_eq!(matches!(found, Decision::Permit(_)), right);
                            }
                        }
                    }
                }
            }
        }
    }
}
