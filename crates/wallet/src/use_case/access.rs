//! Who looked: what publishers wrote down, compared with what was allowed.

use std::collections::{BTreeMap, btree_map::Entry};

use medrec_protocol::{Address, RelationshipAddress, codec::TextError, decide, state::GrantId};

use super::{
    agents::{self, EmergencyRule},
    records::limit,
};
use crate::{
    Result, Wallet, WalletError,
    store::{
        Connection, StoreError,
        delegates::{self, AgentNames},
        disclosures::{self, Disclosed, Ground},
        grants::{self, Given},
        providers::{self, Names},
        records,
    },
    view::{
        AccessBasis, AccessFilter, AccessPage, AccessRow, AccessedRecord, Cursor, PageRequest, Suspicion,
    },
};

/// Clocks of gatekeepers and ledger may differ by this many seconds ([`decide::MAX_CLOCK_GAP_SECONDS`]), and a release that was
/// allowed a moment before a revocation is no wrong.
const GRACE_SECONDS: u64 = decide::MAX_CLOCK_GAP_SECONDS;

impl Wallet {
    /// Look-ups, newest first. Each is compared with the permissions that were given; what does not fit is marked.
    pub async fn access_log(&self, filter: &AccessFilter, page: &PageRequest) -> Result<AccessPage> {
        let limit = limit(page);
        let mut after = page.after.as_ref().map(read_cursor).transpose()?;
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        let known_agents = delegates::names(&mut read).await?;
        let mut permissions = Permissions::default();
        let mut rows = Vec::new();
        loop {
            let found = disclosures::page(&mut read, filter, after, limit + 1).await?;
            let more = found.len() > limit as usize;
            for disclosed in found.iter().take(limit as usize) {
                after = Some((seconds(disclosed)?, disclosed.row));
                let row = row_of(&mut read, disclosed, &mut permissions, &names, &known_agents).await?;
                if !filter.suspicious_only || row.suspicion.is_some() {
                    rows.push(row);
                }
                if rows.len() == limit as usize {
                    break;
                }
            }
            let full = rows.len() == limit as usize;
            if full || !more {
                let next = after.filter(|_| full || more).map(|(at, row)| Cursor(format!("{at} {row}")));
                // A full page may have been the last one: the page after it is empty then.
                return Ok(AccessPage { rows, next });
            }
        }
    }
}

fn seconds(disclosed: &Disclosed) -> Result<i64, StoreError> {
    i64::try_from(disclosed.at.seconds()).map_err(|_| StoreError::Damaged("a time"))
}

/// What look-ups are compared with, each read once.
#[derive(Default)]
pub(super) struct Permissions {
    known: BTreeMap<(RelationshipAddress, GrantId), Option<Given>>,
    emergency: BTreeMap<RelationshipAddress, Vec<EmergencyRule>>,
}

impl Permissions {
    async fn of(&mut self, db: &mut Connection, disclosed: &Disclosed) -> Result<Option<&Given>, StoreError> {
        let Some(id) = disclosed.grant else { return Ok(None) };
        let key = (disclosed.relationship, id);
        let found = match self.known.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(slot) => slot.insert(grants::get(db, disclosed.relationship, id).await?),
        };
        Ok(found.as_ref())
    }

    async fn emergency(
        &mut self,
        db: &mut Connection,
        disclosed: &Disclosed,
    ) -> Result<&[EmergencyRule], StoreError> {
        Ok(match self.emergency.entry(disclosed.relationship) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(slot) => slot.insert(agents::emergency_rules(db, disclosed.relationship).await?),
        })
    }
}

pub(super) async fn row_of(
    db: &mut Connection,
    disclosed: &Disclosed,
    permissions: &mut Permissions,
    names: &Names,
    known_agents: &AgentNames,
) -> Result<AccessRow, StoreError> {
    let emergency = match disclosed.basis {
        Ground::Emergency => agents::was_allowed(permissions.emergency(db, disclosed).await?, disclosed.at),
        _ => None,
    };
    let grant = permissions.of(db, disclosed).await?;
    let mut suspicion = match (disclosed.basis, grant) {
        (Ground::Owner, _) => None,
        (Ground::Grant, Some(grant)) => unfit(disclosed, grant),
        (Ground::Grant, None) => Some(Suspicion::NoSuchGrant),
        (Ground::Delegate, _) => agents::was_appointed(db, disclosed).await?,
        (Ground::Emergency, _) => emergency,
    };
    let mut records = Vec::new();
    let relationship = disclosed.relationship.to_string();
    for commitment in &disclosed.records {
        let found = records::by_commitment(db, &relationship, &commitment.to_string()).await?;
        let Some((id, title, facts)) = found else {
            suspicion = suspicion.or(Some(Suspicion::UnknownRecord));
            records.push(AccessedRecord { id: None, title: None, kind: None });
            continue;
        };
        if grant.is_some_and(|grant| !decide::covers(&grant.live, &grant.terms, facts)) {
            suspicion = suspicion.or(Some(Suspicion::OutOfScope));
        }
        records.push(AccessedRecord { id: Some(id), title: Some(title), kind: Some(facts.kind) });
    }
    Ok(AccessRow {
        recipient: match disclosed.recipient {
            Some(Address::Provider(provider)) => Some(names.of(provider)),
            _ => None,
        },
        person: disclosed.person.clone(),
        publisher: names.of(disclosed.publisher),
        relationship: disclosed.relationship,
        position: disclosed.position,
        records,
        basis: match (disclosed.basis, disclosed.recipient, disclosed.grant) {
            (Ground::Grant, _, Some(grant)) => AccessBasis::Grant { grant },
            (Ground::Delegate, Some(Address::Agent(agent)), _) => {
                AccessBasis::Delegate { name: known_agents.name_of(disclosed.relationship, agent) }
            }
            (Ground::Emergency, ..) => AccessBasis::Emergency { reason: disclosed.reason.clone() },
            _ => AccessBasis::Owner,
        },
        at: disclosed.at,
        written_at: disclosed.written_at,
        suspicion,
    })
}

fn unfit(disclosed: &Disclosed, grant: &Given) -> Option<Suspicion> {
    if disclosed.recipient != Some(grant.terms.grantee.into()) {
        return Some(Suspicion::OtherProvider);
    }
    let end = grant.revoked_at.map_or(grant.live.not_after, |revoked| revoked.min(grant.live.not_after));
    let begun = disclosed.at.plus(GRACE_SECONDS) >= grant.terms.not_before.max(grant.at);
    let in_time = begun && disclosed.at <= end.plus(GRACE_SECONDS);
    (!in_time).then_some(Suspicion::OutOfTime)
}

fn read_cursor(cursor: &Cursor) -> Result<(i64, i64)> {
    let bad = || WalletError::Text(TextError::Text { limit: 64 });
    let (at, row) = cursor.0.split_once(' ').ok_or_else(bad)?;
    Ok((at.parse().map_err(|_| bad())?, row.parse().map_err(|_| bad())?))
}
