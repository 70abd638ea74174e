//! May this copy be released? One pure, total function, the same for every gatekeeper.
//!
//! No grant means no. Whoever may not see a record learns nothing of it: every [`Deny`] is told to the
//! asker as "not found". (docs/spec/decide.md)

use std::collections::BTreeMap;

use crate::{
    Address, AgentAddress, ProviderAddress, RecordKind, RelationshipAddress, Timestamp,
    payload::{Basis, EmergencyTerms, FutureRecords, GrantMode, GrantTerms, Scope},
    state::{EpisodeId, GrantId, LiveGrant, ProviderLeaf, RelationshipLeaf, Right},
};

/// Largest gap between block time and the gatekeeper's own clock, in seconds. Beyond it, one of them is
/// wrong, and nothing is released.
pub const MAX_CLOCK_GAP_SECONDS: u64 = 120;

/// How long one use of emergency access lasts, in seconds: 72 hours. After that, a provider must give a reason again.
pub const EPISODE_SECONDS: u64 = 72 * 60 * 60;

/// The two clocks of a decision; the stricter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Time of the newest verified header.
    pub block: Timestamp,
    /// The gatekeeper's own clock.
    pub local: Timestamp,
}

/// What the asker wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Take a copy.
    Copy,
    /// See it without keeping it.
    View,
}

/// What a decision needs to know of a record version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordFacts {
    /// Log index of its pointer.
    pub index: u64,
    /// Log index of the first version of the same record.
    pub first_version: u64,
    /// What it is about.
    pub kind: RecordKind,
    /// True when its publisher took the pointer back.
    pub withdrawn: bool,
}

/// A use of emergency access that a provider claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Episode {
    /// Names it.
    pub id: EpisodeId,
    /// When the provider gave its reason.
    pub began: Timestamp,
}

/// Everything that a decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// Its leaf, proved under a verified header.
    pub leaf: &'a RelationshipLeaf,
    /// Terms of its grants, opened from its verified log. Where an id was given again after it had expired, those
    /// of the newest entry with that id, which is the one that the leaf names. (DECIDE-11)
    pub terms: &'a BTreeMap<GrantId, GrantTerms>,
    /// What emergency care may see, opened from the entry that the leaf names.
    pub emergency_terms: Option<EmergencyTerms>,
    /// Who asks, authenticated with the key that signs for the account now.
    pub requester: Address,
    /// If a provider asks: its leaf, proved under the same header.
    pub provider: Option<&'a ProviderLeaf>,
    /// The use of emergency access that the provider claims, if any.
    pub episode: Option<Episode>,
    /// The record that is asked for.
    pub record: RecordFacts,
    /// What for.
    pub operation: Operation,
    /// When.
    pub clock: Clock,
}

/// Why not. For the gatekeeper's own log; the asker is told "not found".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Deny {
    /// Block time and local time are too far apart.
    #[error("block time and the local clock differ by more than {MAX_CLOCK_GAP_SECONDS} seconds")]
    ClockGap,
    /// The log has no such record.
    #[error("the record is not in the log")]
    UnknownRecord,
    /// Neither the patient nor a provider.
    #[error("this kind of account cannot receive copies")]
    NotARecipient,
    /// No grant names this provider.
    #[error("no grant names this provider")]
    NoGrant,
    /// A grant names it, but is over.
    #[error("the grant has expired")]
    Expired,
    /// A grant names it, but has not begun.
    #[error("the grant has not begun")]
    NotYet,
    /// A grant names it, but not this record.
    #[error("the grant does not cover this record")]
    OutOfScope,
    /// A grant covers it for looking only.
    #[error("the grant allows looking, not copying")]
    ViewOnly,
    /// The publisher took the pointer back.
    #[error("the record was withdrawn by its publisher")]
    Withdrawn,
    /// The provider is not in the directory, or is suspended or expelled.
    #[error("the provider is not admitted")]
    NotAdmitted,
    /// No delegation of this agent counts now.
    #[error("no delegation of this agent counts now")]
    NoDelegation,
    /// The provider does not give emergency care, or the patient allows no emergency access.
    #[error("emergency access is not allowed to this provider")]
    NoEmergency,
    /// The use of emergency access is over, or begins in the future.
    #[error("the use of emergency access is over; a reason must be given again")]
    EpisodeOver,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes, under this.
    Permit(Basis),
    /// No.
    Deny(Deny),
}

/// Decides. Among several grants the first by id that permits is the basis; if none permits, the reason
/// is that of the grant that came closest.
pub fn decide(question: &Question<'_>) -> Decision {
    if question.clock.block.distance(question.clock.local) > MAX_CLOCK_GAP_SECONDS {
        return Decision::Deny(Deny::ClockGap);
    }
    if question.record.index == 0 || question.record.index >= question.leaf.log.size() {
        return Decision::Deny(Deny::UnknownRecord);
    }
    if question.record.withdrawn {
        return Decision::Deny(Deny::Withdrawn);
    }
    match question.requester {
        Address::Relationship(address) if address == question.relationship => Decision::Permit(Basis::Owner),
        Address::Agent(agent) => decide_for_delegate(question, agent),
        Address::Provider(provider) => decide_for_provider(question, provider),
        _ => Decision::Deny(Deny::NotARecipient),
    }
}

fn decide_for_delegate(question: &Question<'_>, agent: AgentAddress) -> Decision {
    let Clock { block, local } = question.clock;
    if question.leaf.delegate_may(agent, Right::See, block.min(local), block.max(local)) {
        Decision::Permit(Basis::Delegate(agent))
    } else {
        Decision::Deny(Deny::NoDelegation)
    }
}

fn decide_for_provider(question: &Question<'_>, provider: ProviderAddress) -> Decision {
    if !question.provider.is_some_and(ProviderLeaf::is_admitted) {
        return Decision::Deny(Deny::NotAdmitted);
    }
    let mut closest = Deny::NoGrant;
    for (id, live) in &question.leaf.grants {
        let Some(terms) = question.terms.get(id).filter(|terms| terms.grantee == provider) else { continue };
        match judge(question, live, terms) {
            Ok(()) => return Decision::Permit(Basis::Grant(*id)),
            Err(reason) => closest = closer(closest, reason),
        }
    }
    // A grant is the better ground; an emergency is one only where no grant permits.
    match question.episode.map(|episode| judge_emergency(question, episode)) {
        Some(Ok(basis)) => Decision::Permit(basis),
        Some(Err(reason)) => Decision::Deny(closer(closest, reason)),
        None => Decision::Deny(closest),
    }
}

fn judge_emergency(question: &Question<'_>, episode: Episode) -> Result<Basis, Deny> {
    let role = question.provider.is_some_and(|provider| provider.emergency);
    let Clock { block, local } = question.clock;
    let allowed = question.leaf.emergency.is_some() && !question.leaf.is_handed_over(block.max(local));
    let terms = question.emergency_terms.filter(|_| role && allowed).ok_or(Deny::NoEmergency)?;
    if block.max(local) > episode.began.plus(EPISODE_SECONDS) || local < episode.began {
        return Err(Deny::EpisodeOver);
    }
    if !terms.kinds.is_empty() && !terms.kinds.contains(question.record.kind) {
        return Err(Deny::OutOfScope);
    }
    Ok(Basis::Emergency(episode.id))
}

fn judge(question: &Question<'_>, live: &LiveGrant, terms: &GrantTerms) -> Result<(), Deny> {
    let Clock { block, local } = question.clock;
    if block.max(local) > live.not_after {
        return Err(Deny::Expired);
    }
    if block.min(local) < terms.not_before {
        return Err(Deny::NotYet);
    }
    if !covers(live, terms, question.record) {
        return Err(Deny::OutOfScope);
    }
    match (terms.mode, question.operation) {
        (GrantMode::View, Operation::Copy) => Err(Deny::ViewOnly),
        _ => Ok(()),
    }
}

/// True when a grant covers a record; the wallet uses it to preview what a grantee would see.
pub fn covers(live: &LiveGrant, terms: &GrantTerms, record: RecordFacts) -> bool {
    let in_scope = match &terms.scope {
        Scope::Everything => true,
        Scope::Kinds(kinds) => kinds.contains(record.kind),
        Scope::Records(chosen) => chosen.as_slice().binary_search(&record.first_version).is_ok(),
    };
    let in_time = match terms.future {
        FutureRecords::Included => true,
        FutureRecords::Excluded => record.index < live.entry,
    };
    in_scope && in_time
}

/// Of two reasons, the one that was closer to a yes.
fn closer(a: Deny, b: Deny) -> Deny {
    let rank = |reason| match reason {
        Deny::NoGrant => 0,
        Deny::Expired => 1,
        Deny::NotYet => 2,
        Deny::OutOfScope => 3,
        Deny::ViewOnly => 4,
        Deny::NoEmergency => 5,
        Deny::EpisodeOver => 6,
        Deny::ClockGap
        | Deny::UnknownRecord
        | Deny::NotARecipient
        | Deny::Withdrawn
        | Deny::NotAdmitted
        | Deny::NoDelegation => 7,
    };
    if rank(b) > rank(a) { b } else { a }
}
