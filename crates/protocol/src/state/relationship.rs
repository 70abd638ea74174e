//! The leaf of a relationship: everything that must be judged about it.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Delegation, GrantId, Guardians, Handover, Recovery, RequestId, Right};
use crate::{
    Address, AgentAddress, Epoch, ProviderAddress, PublicKey, RelationshipAddress, Timestamp, log::Frontier,
};

/// Most grants of one relationship that hold at the same time.
pub const MAX_LIVE_GRANTS: usize = 200;
/// Most requests of one relationship that wait at the same time.
pub const MAX_OPEN_REQUESTS: usize = 16;

/// A grant that has not been revoked. What it says is sealed in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LiveGrant {
    /// Last second in which it holds.
    pub not_after: Timestamp,
    /// Place of the grant's entry in the log: its terms are there.
    pub entry: u64,
}

/// Leaf of a relationship: who owns it, who publishes into it, who acts for the patient, what holds, and where its
/// log stands.
///
/// An account changes hands at a time, not by a transaction: [`Self::settle`] makes the leaf say what holds then.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RelationshipLeaf {
    /// The only provider that publishes into it.
    pub publisher: ProviderAddress,
    /// The patient's signing key in force.
    pub owner: PublicKey,
    /// The viewing key in force.
    pub epoch: Epoch,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was closed for good.
    pub closed: Option<Timestamp>,
    /// When the patient last signed something here.
    pub seen: Timestamp,
    /// Grants that were given and not revoked; expiry is judged when it is asked about.
    pub grants: BTreeMap<GrantId, LiveGrant>,
    /// Requests that wait for an answer, and until when.
    pub requests: BTreeMap<RequestId, Timestamp>,
    /// Delegates; whether a delegation counts is judged when it is asked about.
    pub delegations: BTreeMap<AgentAddress, Delegation>,
    /// Guardians, if the patient chose some.
    pub guardians: Option<Guardians>,
    /// A recovery that guardians have begun.
    pub recovery: Option<Recovery>,
    /// The handover of a child's account.
    pub handover: Option<Handover>,
    /// Place of the entry with the terms of emergency access, if the patient allows any.
    pub emergency: Option<u64>,
    /// Right edge of the log.
    pub log: Frontier,
}

impl RelationshipLeaf {
    /// A relationship that was just opened.
    pub fn open(publisher: ProviderAddress, owner: PublicKey, now: Timestamp) -> Self {
        Self {
            publisher,
            owner,
            epoch: Epoch::FIRST,
            opened: now,
            closed: None,
            seen: now,
            grants: BTreeMap::new(),
            requests: BTreeMap::new(),
            delegations: BTreeMap::new(),
            guardians: None,
            recovery: None,
            handover: None,
            emergency: None,
            log: Frontier::default(),
        }
    }

    /// Makes the leaf say what holds at `now`: changes of hands that are due happen, the earlier one first.
    pub fn settle(&mut self, now: Timestamp) {
        let recovery = self.recovery.as_ref().and_then(|recovery| Some((recovery.due?, recovery.new_owner)));
        let recovery = recovery.filter(|(due, _)| *due <= now);
        let handover = self.handover.filter(|_| self.is_handed_over(now));
        if let Some((due, new_owner)) = recovery
            && handover.is_none_or(|handover| due < handover.due)
        {
            self.owner = new_owner;
            self.seen = due;
            self.recovery = None;
        }
        if let Some(Handover { new_owner, due }) = handover {
            self.owner = new_owner;
            self.seen = due;
            self.handover = None;
            // Whoever the parent had appointed acts no more. What the parent allowed stays until it is stopped.
            self.delegations.clear();
            self.guardians = None;
            self.recovery = None;
            self.emergency = None;
        }
    }

    /// The leaf as it stands at `now`.
    #[must_use]
    pub fn settled(&self, now: Timestamp) -> Self {
        let mut leaf = self.clone();
        leaf.settle(now);
        leaf
    }

    /// The key that signs for an account here: the patient's, a delegate's, or a guardian's.
    pub fn signing_key(&self, signer: Address, own: RelationshipAddress) -> Option<PublicKey> {
        match signer {
            Address::Relationship(address) if address == own => Some(self.owner),
            Address::Agent(agent) => {
                let delegate = self.delegations.get(&agent).map(|delegation| delegation.key);
                delegate.or_else(|| self.guardians.as_ref()?.keys.get(&agent).copied())
            }
            _ => None,
        }
    }

    /// True when the handover is due: delegations and the emergency rule of before count no more.
    pub fn is_handed_over(&self, now: Timestamp) -> bool {
        self.handover.is_some_and(|handover| handover.due <= now)
    }

    /// When the owner of this moment last showed life: a recovery that is due counts as one.
    fn seen_by(&self, now: Timestamp) -> Timestamp {
        let recovered = self.recovery.as_ref().and_then(|recovery| recovery.due);
        recovered.filter(|due| *due <= now).map_or(self.seen, |due| due.max(self.seen))
    }

    /// True when a delegate may do this, by the stricter of two clocks. Changes of hands that are due need not have
    /// been made.
    pub fn delegate_may(&self, agent: AgentAddress, right: Right, early: Timestamp, late: Timestamp) -> bool {
        if self.is_handed_over(late) {
            return false;
        }
        let delegation = self.delegations.get(&agent);
        delegation.is_some_and(|delegation| {
            delegation.right >= right && delegation.is_active(self.seen_by(late), early, late).is_ok()
        })
    }
}
