//! What the reference model remembers of relationships, providers and motions.

use std::collections::{BTreeMap, BTreeSet};

use super::deeds::{Begin, Key, Place, Time, Wish};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegate {
    pub right: u8,
    pub until: Time,
    pub begin: Begin,
    pub accepted: bool,
    pub asked: Option<Time>,
    pub entry: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guardians {
    pub keys: BTreeSet<Key>,
    pub threshold: u8,
    pub delay: u32,
    pub entry: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    pub key: Key,
    pub approvals: BTreeSet<Key>,
    pub due: Option<Time>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relationship {
    pub publisher: Key,
    pub owner: Key,
    pub epoch: u32,
    pub opened: Time,
    pub closed: Option<Time>,
    pub seen: Time,
    /// Until when, and which entry.
    pub grants: BTreeMap<u64, (Time, u64)>,
    pub requests: BTreeMap<u64, Time>,
    pub delegates: BTreeMap<Key, Delegate>,
    pub guardians: Option<Guardians>,
    pub recovery: Option<Recovery>,
    /// To which key, and when.
    pub handover: Option<(Key, Time)>,
    pub emergency: Option<u64>,
    pub entries: u64,
}

impl Relationship {
    /// The next change of hands, and whether it is the handover.
    fn next_change(&self) -> Option<(Time, bool)> {
        let recovery = self.recovery.as_ref().and_then(|recovery| recovery.due).map(|due| (due, false));
        let handover = self.handover.map(|(_, due)| (due, true));
        match (recovery, handover) {
            // In the same second the child's right comes first.
            (Some(one), Some(other)) => Some(if one.0 < other.0 { one } else { other }),
            (one, other) => one.or(other),
        }
    }

    /// Lets time pass.
    pub fn pass(&mut self, now: Time) {
        while let Some((due, handover)) = self.next_change().filter(|(due, _)| *due <= now) {
            self.seen = due;
            if handover {
                self.owner = self.handover.take().unwrap().0;
                self.delegates.clear();
                self.guardians = None;
                self.recovery = None;
                self.emergency = None;
            } else {
                self.owner = self.recovery.take().unwrap().key;
            }
        }
    }

    pub fn owner_at(&self, time: Time) -> Key {
        let mut later = self.clone();
        later.pass(time);
        later.owner
    }

    /// Does a delegation count now?
    pub fn counts(&self, delegate: &Delegate, now: Time) -> bool {
        let begun = match delegate.begin {
            Begin::AtOnce => true,
            Begin::AfterWait(wait) => delegate.asked.is_some_and(|asked| now - asked >= u64::from(wait)),
            Begin::AfterSilence(silence) => now - self.seen >= u64::from(silence),
        };
        delegate.accepted && now <= delegate.until && begun
    }

    /// Bytes of the leaf, from the layout in STATE-1.
    pub fn leaf_bytes(&self) -> usize {
        let option = |there: bool, bytes: usize| 1 + if there { bytes } else { 0 };
        let delegates = self.delegates.values().map(|delegate| {
            let begin = if delegate.begin == Begin::AtOnce { 1 } else { 5 };
            20 + 32 + 1 + 8 + begin + 1 + option(delegate.asked.is_some(), 8) + 8
        });
        let guardians = self.guardians.as_ref().map_or(0, |g| 4 + g.keys.len() * 52 + 1 + 4 + 8);
        let recovery = self.recovery.as_ref();
        let recovery = recovery.map_or(0, |r| 32 + 4 + r.approvals.len() * 20 + option(r.due.is_some(), 8));
        1 + 20
            + 32
            + 4
            + 8
            + option(self.closed.is_some(), 8)
            + 8
            + (4 + self.grants.len() * 32)
            + (4 + self.requests.len() * 24)
            + (4 + delegates.sum::<usize>())
            + option(self.guardians.is_some(), guardians)
            + option(self.recovery.is_some(), recovery)
            + option(self.handover.is_some(), 40)
            + option(self.emergency.is_some(), 8)
            + (8 + 32 * self.entries.count_ones() as usize)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    pub signing: Key,
    pub version: u32,
    pub place: Place,
    pub emergency: bool,
    pub admitted: Time,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Motion {
    pub wish: Wish,
    pub until: Time,
    pub votes: BTreeSet<Key>,
}
