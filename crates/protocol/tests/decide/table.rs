//! The decision table: every combination, against an oracle that knows only what must hold for a yes.

use super::*;

/// Seconds by which the local clock is ahead of the block's.
const SKEWS: [i64; 5] = [0, 120, -120, 121, -121];

fn clock(skew: i64) -> Clock {
    Clock { block: NOW, local: shifted(skew) }
}

fn shifted(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(NOW.seconds().checked_add_signed(seconds).unwrap())
}

/// Earlier and later clock, in seconds from [`NOW`].
fn both(skew: i64) -> (i64, i64) {
    (skew.min(0), skew.max(0))
}

/// Places that a record may have: in the log, the opening, beyond the edge.
const PLACES: [u64; 3] = [2, 0, 10];

/// When the account goes to another owner: never, later, between the clocks (if they differ that way), long ago.
const HANDOVERS: [Option<i64>; 4] = [None, Some(5000), Some(60), Some(-5000)];

fn handover(due: Option<i64>) -> Option<Handover> {
    due.map(|due| Handover { new_owner: PublicKey::from_bytes([6; 32]), due: shifted(due) })
}

/// What makes a yes impossible for everybody.
fn nobody_may(skew: i64, place: u64, withdrawn: bool) -> bool {
    skew.abs() > 120 || place == 0 || place >= 10 || withdrawn
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum GrantState {
    Absent,
    /// It stands in the leaf, but its terms do not open.
    Closed,
    NamesAnother,
    Holds,
    Ended,
    /// Ends 60 seconds from now: by one clock only, if they differ that way.
    EndsSoon,
    NotBegun,
    /// Began 60 seconds ago: by one clock only, if they differ that way.
    BeganJustNow,
    OtherKinds,
    /// Only what stood in the log before it.
    PastOnly,
}

const GRANTS: [GrantState; 10] = [
    GrantState::Absent,
    GrantState::Closed,
    GrantState::NamesAnother,
    GrantState::Holds,
    GrantState::Ended,
    GrantState::EndsSoon,
    GrantState::NotBegun,
    GrantState::BeganJustNow,
    GrantState::OtherKinds,
    GrantState::PastOnly,
];
const MODES: [GrantMode; 3] = [GrantMode::Pull, GrantMode::Push, GrantMode::View];
const OPERATIONS: [Operation; 2] = [Operation::Copy, Operation::View];

fn put_grant(w: &mut World, state: GrantState, mode: GrantMode) {
    w.terms().not_before = ago(4000);
    w.terms().mode = mode;
    let live = |not_after, entry| BTreeMap::from([(ID, LiveGrant { not_after, entry })]);
    w.leaf.grants = live(shifted(4000), GRANT_ENTRY);
    match state {
        GrantState::Absent => w.leaf.grants.clear(),
        GrantState::Closed => w.terms.clear(),
        GrantState::NamesAnother => w.terms().grantee = provider(&hospital()),
        GrantState::Holds => {}
        GrantState::Ended => w.leaf.grants = live(ago(300), GRANT_ENTRY),
        GrantState::EndsSoon => w.leaf.grants = live(shifted(60), GRANT_ENTRY),
        GrantState::NotBegun => w.terms().not_before = shifted(300),
        GrantState::BeganJustNow => w.terms().not_before = ago(60),
        GrantState::OtherKinds => w.terms().scope = Scope::Kinds([RecordKind::Allergy].into_iter().collect()),
        GrantState::PastOnly => {
            w.terms().future = FutureRecords::Excluded;
            w.leaf.grants = live(shifted(4000), 1);
        }
    }
}

/// The oracle for a grant: what must hold for it to be a ground.
fn grant_is_a_ground(state: GrantState, mode: GrantMode, operation: Operation, skew: i64) -> bool {
    let (early, late) = both(skew);
    let holds = match state {
        GrantState::Holds => true,
        GrantState::EndsSoon => late <= 60,
        GrantState::BeganJustNow => early >= -60,
        _ => false,
    };
    holds && !(mode == GrantMode::View && operation == Operation::Copy)
}

/// Terms of emergency access: do not open, everything, the record's kind, another.
const TERMS: [Option<&[RecordKind]>; 4] =
    [None, Some(&[]), Some(&[RecordKind::Medication]), Some(&[RecordKind::Allergy])];
/// When the reason was given, in seconds from now: not at all; an hour ago; the last second of 72 hours by a clock that
/// shows now; long over; in the future; in the future by one clock only, if they differ that way.
const EPISODES: [Option<i64>; 6] = [None, Some(-3600), Some(-259_200), Some(-300_000), Some(500), Some(60)];

fn emergency_is_a_ground(
    (role, rule, terms): (bool, bool, Option<&[RecordKind]>),
    began: Option<i64>,
    handed_over: bool,
    skew: i64,
) -> bool {
    let (_, late) = both(skew);
    let (Some(kinds), Some(began)) = (terms, began) else { return false };
    let kind = kinds.is_empty() || kinds.contains(&RecordKind::Medication);
    let in_time = began <= skew && late - began <= 72 * 3600;
    role && rule && !handed_over && kind && in_time
}

#[test]
fn every_combination_of_a_provider_s_question() {
    let (mut asked, mut permitted) = (0_u64, 0_u64);
    for state in GRANTS {
        for mode in MODES {
            let mut w = World::new();
            put_grant(&mut w, state, mode);
            for standing in
                [None, Some(Standing::Admitted), Some(Standing::Suspended), Some(Standing::Expelled)]
            {
                for role in [false, true] {
                    w.provider = standing.map(|standing| provider_leaf(standing, role));
                    for (rule, terms) in
                        [false, true].into_iter().flat_map(|rule| TERMS.map(|terms| (rule, terms)))
                    {
                        w.leaf.emergency = rule.then_some(3);
                        w.emergency_terms = terms.map(|kinds| EmergencyTerms {
                            version: V1,
                            kinds: kinds.iter().copied().collect(),
                        });
                        for (began, due) in
                            EPISODES.into_iter().flat_map(|began| HANDOVERS.map(|due| (began, due)))
                        {
                            w.episode = began.map(|began| episode(shifted(began)));
                            w.leaf.handover = handover(due);
                            for skew in SKEWS {
                                w.clock = clock(skew);
                                for (operation, withdrawn) in
                                    OPERATIONS.into_iter().flat_map(|op| [false, true].map(|gone| (op, gone)))
                                {
                                    (w.operation, w.record.withdrawn) = (operation, withdrawn);
                                    let handed_over = due.is_some_and(|due| due <= both(skew).1);
                                    let expected = if nobody_may(skew, PLACES[0], withdrawn)
                                        || standing != Some(Standing::Admitted)
                                    {
                                        None
                                    } else if grant_is_a_ground(state, mode, operation, skew) {
                                        Some(Basis::Grant(ID))
                                    } else if emergency_is_a_ground(
                                        (role, rule, terms),
                                        began,
                                        handed_over,
                                        skew,
                                    ) {
                                        Some(Basis::Emergency(EPISODE))
                                    } else {
                                        None
                                    };
                                    let found = match w.decide() {
                                        Decision::Permit(basis) => Some(basis),
                                        Decision::Deny(_) => None,
                                    };
                                    assert_eq!(
                                        found, expected,
                                        "{state:?} {mode:?} {standing:?} role {role} rule {rule} {terms:?} reason \
                                         {began:?} handover {due:?} skew {skew} {operation:?} \
                                         withdrawn {withdrawn}"
                                    );
                                    asked += 1;
                                    permitted += u64::from(found.is_some());
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    let dimensions = [10, 3, 4, 2, 2, 4, 6, 4, 5, 2, 2];
    assert_eq!(asked, dimensions.iter().product::<u64>(), "nothing was left out");
    assert_eq!(asked, 921_600);
    println!("{asked} questions of providers, {permitted} permitted");
    assert!(permitted > 10_000);
}

/// When a delegation would begin, in seconds: never asked for, long ago, 60 seconds ago, in the future.
const BEGINS: [Option<i64>; 4] = [None, Some(-5000), Some(-60), Some(60)];

#[derive(Clone, Copy, Debug)]
enum Begin {
    AtOnce,
    Wait(Option<i64>),
    Silence(i64),
}

fn begins() -> Vec<Begin> {
    let waits = BEGINS.map(Begin::Wait);
    let silences = BEGINS.into_iter().flatten().map(Begin::Silence);
    [Begin::AtOnce].into_iter().chain(waits).chain(silences).collect()
}

/// Who asks.
const ASKERS: [&str; 3] = ["the delegate", "another delegate's guardian", "an agent of nobody"];
/// When a recovery is due: none begun, not enough agree, in the future, between the clocks, just now, long ago.
#[allow(clippy::option_option, reason = "none begun, and begun without a date, are two things")]
const RECOVERIES: [Option<Option<i64>>; 6] =
    [None, Some(None), Some(Some(5000)), Some(Some(60)), Some(Some(-10)), Some(Some(-50_000))];
const SILENCE: i64 = 10_000;

#[test]
fn every_combination_of_a_delegate_s_question() {
    let delegate = agent();
    let guardian = AgentAddress::of(&PublicKey::of(&hospital()));
    let nobody = AgentAddress::of(&PublicKey::of(&patient()));
    let (mut asked, mut permitted) = (0_u64, 0_u64);
    for who in ASKERS {
        for (appointed, accepted) in [(false, false), (true, false), (true, true)] {
            for (right, end) in [Right::See, Right::Share, Right::Manage]
                .into_iter()
                .flat_map(|right| [5000, 60, -5000].map(|end| (right, end)))
            {
                for begin in begins() {
                    for recovery in RECOVERIES {
                        let mut w = World::new();
                        let keys = BTreeMap::from([(guardian, PublicKey::of(&hospital()))]);
                        w.leaf.guardians = Some(Guardians { keys, threshold: 2, delay: 86_400, entry: 3 });
                        let silence = u32::try_from(SILENCE).unwrap();
                        let (activation, asked_at, seen) = match begin {
                            Begin::AtOnce => (Activation::AtOnce, None, 0),
                            Begin::Wait(at) => (Activation::AfterWait(silence), at.map(|at| at - SILENCE), 0),
                            Begin::Silence(at) => (Activation::AfterSilence(silence), None, at - SILENCE),
                        };
                        w.leaf.seen = shifted(seen);
                        let delegation = Delegation {
                            key: PublicKey::of(&clinic()),
                            right,
                            not_after: shifted(end),
                            activation,
                            accepted,
                            asked: asked_at.map(shifted),
                            entry: 4,
                        };
                        if appointed {
                            w.leaf.delegations.insert(delegate, delegation);
                        }
                        w.leaf.recovery = recovery.map(|due| Recovery {
                            new_owner: PublicKey::of(&hospital()),
                            approvals: [guardian].into_iter().collect(),
                            due: due.map(shifted),
                        });
                        w.requester = match who {
                            "the delegate" => delegate.into(),
                            "an agent of nobody" => nobody.into(),
                            _ => guardian.into(),
                        };
                        for (due, skew) in HANDOVERS.into_iter().flat_map(|due| SKEWS.map(|skew| (due, skew)))
                        {
                            w.leaf.handover = handover(due);
                            w.clock = clock(skew);
                            let (early, late) = both(skew);
                            let handed_over = due.is_some_and(|due| due <= late);
                            let begun = match begin {
                                Begin::AtOnce => true,
                                Begin::Wait(at) => at.is_some_and(|at| at <= early),
                                Begin::Silence(at) => {
                                    let life = recovery.flatten().filter(|due| *due <= late);
                                    (at - SILENCE).max(life.unwrap_or(i64::MIN)) + SILENCE <= early
                                }
                            };
                            let counts = appointed && accepted && late <= end && begun && !handed_over;
                            for (place, withdrawn, operation) in PLACES.into_iter().flat_map(|place| {
                                [false, true]
                                    .into_iter()
                                    .flat_map(move |gone| OPERATIONS.map(|op| (place, gone, op)))
                            }) {
                                w.record.index = place;
                                (w.record.withdrawn, w.operation) = (withdrawn, operation);
                                let may =
                                    who == "the delegate" && counts && !nobody_may(skew, place, withdrawn);
                                let found = w.decide();
                                assert_eq!(
                                    found == Decision::Permit(Basis::Delegate(delegate)),
                                    may,
                                    "{who} {appointed} {accepted} {right:?} end {end} {begin:?} recovery {recovery:?} \
                                     handover {due:?} skew {skew} place {place} withdrawn {withdrawn}: {found:?}"
                                );
                                assert_eq!(matches!(found, Decision::Permit(_)), may);
                                asked += 1;
                                permitted += u64::from(may);
                            }
                        }
                    }
                }
            }
        }
    }
    let dimensions = [3, 3, 3, 3, 8, 6, 4, 5, 3, 2, 2];
    assert_eq!(asked, dimensions.iter().product::<u64>(), "nothing was left out");
    assert_eq!(asked, 933_120);
    println!("{asked} questions of delegates, {permitted} permitted");
    assert!(permitted > 1_000);
}

#[test]
fn every_combination_of_anybody_else_s_question() {
    let key = PublicKey::of(&clinic());
    let (mut asked, mut permitted) = (0_u64, 0_u64);
    for who in [
        Address::Relationship(relationship()),
        Address::Relationship(RelationshipAddress::of(&key)),
        Address::Member(MemberAddress::of(&key)),
    ] {
        for (due, skew) in HANDOVERS.into_iter().flat_map(|due| SKEWS.map(|skew| (due, skew))) {
            for (place, closed) in
                PLACES.into_iter().flat_map(|place| [None, Some(NOW)].map(|at| (place, at)))
            {
                for (withdrawn, operation) in
                    [false, true].into_iter().flat_map(|gone| OPERATIONS.map(|op| (gone, op)))
                {
                    let found = World::with(|w| {
                        (w.requester, w.operation, w.clock) = (who, operation, clock(skew));
                        (w.leaf.handover, w.leaf.closed) = (handover(due), closed);
                        (w.record.index, w.record.withdrawn) = (place, withdrawn);
                    });
                    let may =
                        who == Address::Relationship(relationship()) && !nobody_may(skew, place, withdrawn);
                    assert_eq!(
                        found == Decision::Permit(Basis::Owner),
                        may,
                        "{who} {skew} {place} {withdrawn}"
                    );
                    assert_eq!(matches!(found, Decision::Permit(_)), may);
                    asked += 1;
                    permitted += u64::from(may);
                }
            }
        }
    }
    assert_eq!(asked, [3, 4, 5, 3, 2, 2, 2].iter().product::<u64>(), "nothing was left out");
    assert_eq!((asked, permitted), (1440, 48));
}
