//! What a history means at its end: which permissions hold, which were stopped, which ran out.

use medrec_protocol::{Timestamp, state::GrantId};

use crate::model::{AsOf, Entry, Grant, LivePermission, Relationship, What};

/// Where a permission stands at the end of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    InForce,
    /// It begins later.
    NotYet,
    /// It was stopped; by which entry, unless that entry is not here.
    Stopped(Option<u64>),
    /// Its time ran out.
    RanOut,
}

impl Relationship {
    /// The newest entry at or before `before` that gave this grant, when it is here and opened.
    pub fn grant(&self, id: GrantId, before: u64) -> Option<(&Entry, &Grant)> {
        self.grants().rfind(|(entry, grant)| grant.id == id && entry.index <= before)
    }

    /// Every grant that is opened here, in order.
    pub fn grants(&self) -> impl DoubleEndedIterator<Item = (&Entry, &Grant)> {
        self.entries.iter().filter_map(|entry| match &entry.what {
            What::Granted(grant) => Some((entry, grant)),
            _ => None,
        })
    }

    /// The entry at this place of the log, when it is here.
    pub fn entry(&self, index: u64) -> Option<&Entry> {
        let place = usize::try_from(index.checked_sub(self.period.from)?).ok()?;
        self.entries.get(place).filter(|entry| entry.index == index)
    }

    /// Where the grant that this entry gave stands. The ledger's own list of what holds decides (STATE-5); the
    /// entries only say how it came to that.
    pub fn standing(&self, given: &Entry, grant: &Grant, as_of: AsOf) -> Standing {
        let listed = self.in_force.iter().any(|live| live.grant == grant.id && live.entry == given.index);
        if listed && grant.until >= as_of.time {
            return if grant.from > as_of.time { Standing::NotYet } else { Standing::InForce };
        }
        let stops = |entry: &&Entry| {
            entry.time <= grant.until
                && match &entry.what {
                    What::Revoked { grant: stopped, .. } => stopped.id == grant.id,
                    What::Closed { grant: Some(id), action } => {
                        *id == grant.id && *action == crate::model::ActionKind::Revoked
                    }
                    What::RevokedAll { .. } | What::RelationshipClosed => entry.index > given.index,
                    What::Closed { action, .. } => {
                        *action == crate::model::ActionKind::RevokedAll && entry.index > given.index
                    }
                    _ => false,
                }
        };
        match self.entries.iter().find(stops) {
            Some(entry) => Standing::Stopped(Some(entry.index)),
            None if grant.until < as_of.time => Standing::RanOut,
            None => Standing::Stopped(None),
        }
    }

    /// Permissions that hold although this history does not say what they allow.
    pub fn unexplained(&self, as_of: AsOf) -> impl Iterator<Item = &LivePermission> {
        self.in_force.iter().filter(move |live| {
            let told = self
                .entry(live.entry)
                .is_some_and(|entry| matches!(&entry.what, What::Granted(grant) if grant.id == live.grant));
            !told && live.until >= as_of.time
        })
    }

    /// Time of the first and the last entry that are here.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.entries.first()?.time, self.entries.last()?.time))
    }
}
