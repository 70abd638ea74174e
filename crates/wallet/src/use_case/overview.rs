//! What the first screen shows, and what a person has looked at already.

use medrec_protocol::{Timestamp, state::RelationshipLeaf};

use super::{access, agents::standing as delegation_standing, pending, requests, sharing};
use crate::{
    Result, Wallet,
    store::{
        Connection, StoreError,
        delegates::{self, AgentNames},
        disclosures, entries, grants,
        listing::{self, Wanted},
        network, preferences,
        providers::{self, Names},
        relationships::{self, Relationship},
    },
    view::{
        Badge, BeginningView, DelegateState, EndingView, GrantState, NewRecordsView, OverviewView,
        PendingState, RecordFilter, RecoveryView, SharingView,
    },
};

/// Rows of each kind.
const SHOWN: u32 = 3;
const SECONDS_PER_DAY: u64 = 86_400;
/// A share ends soon when it ends within this time.
const SOON_SECONDS: u64 = 14 * SECONDS_PER_DAY;
/// How far back look-ups are counted that are suspicious; older ones are in the list of look-ups.
const WATCHED_SECONDS: u64 = 90 * SECONDS_PER_DAY;
/// Most look-ups that are compared for it.
const WATCHED_LOOK_UPS: u32 = 500;

impl Wallet {
    /// Everything that the first screen shows, as it stands at one moment. Works before a network is joined, and without one.
    pub async fn overview(&self) -> Result<OverviewView> {
        let (now, language, whose) = (self.now(), self.language(), self.whose());
        let whose = whose.as_deref();
        let mut db = self.store.snapshot().await?;
        let names = providers::names(&mut db).await?;
        let agents = delegates::names(&mut db).await?;
        let preferences = preferences::read(&mut db).await?;
        let requests = requests::waiting(&mut db, now, &names, language, whose).await?;
        let standing = grants::standing(&mut db, now).await?;
        let sharing = sharing::by_grantee(&standing, now, &names, language, whose);
        let sharing: Vec<SharingView> = sharing.into_iter().filter(|view| view.live).collect();
        let ending = ending(&sharing, now);
        let (look_ups, suspicious) = look_ups(&mut db, now, &names, &agents).await?;
        let mut failed = pending::views(&mut db, &names).await?;
        failed.retain(|view| view.state != PendingState::Waiting);
        let relationships = relationships::all(&mut db).await?;
        // Only the patient can say no to these.
        let accounts = if whose.is_none() { settled(&relationships, now) } else { Vec::new() };
        let overview = OverviewView {
            person: self.person(),
            freshness: network::read(&mut db).await?.map(|joined| self.freshness_of(&joined)),
            relationships: relationships.len() as u64,
            records: listing::count(&mut db, &Wanted::default()).await?,
            verified_copies: with_badge(&mut db, Badge::Verified).await?,
            mismatched_copies: with_badge(&mut db, Badge::DoesNotMatch).await?,
            requests_waiting: requests.len() as u64,
            requests: first(requests),
            new_records: new_records(&mut db, preferences.records_seen, &names).await?,
            sharing_live: sharing.len() as u64,
            sharing: first(sharing),
            look_ups,
            suspicious,
            failed,
            ending_soon: ending.len() as u64,
            ending: first(ending),
            beginning: beginning(&accounts, now, &agents),
            recovery: recovery(&accounts, &names),
            words_checked: preferences.words_checked,
            notices: self.notices(),
            unreadable: entries::count_unreadable(&mut db).await?,
        };
        Ok(overview)
    }

    /// When the recovery words were checked; none when never.
    pub async fn words_checked(&self) -> Result<Option<Timestamp>> {
        let mut read = self.store.read().await?;
        Ok(preferences::read(&mut read).await?.words_checked)
    }

    /// Remembers that the recovery words were checked now.
    pub async fn mark_words_checked(&self) -> Result<()> {
        let mut tx = self.store.begin().await?;
        preferences::set_words_checked(&mut tx, self.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Records that arrived since the person last looked at the list.
    pub async fn new_records(&self) -> Result<NewRecordsView> {
        let mut db = self.store.snapshot().await?;
        let names = providers::names(&mut db).await?;
        let seen = preferences::read(&mut db).await?.records_seen;
        Ok(new_records(&mut db, seen, &names).await?)
    }

    /// Remembers that the list of records, as it is now, was looked at.
    pub async fn mark_records_seen(&self) -> Result<()> {
        let mut tx = self.store.begin().await?;
        preferences::set_records_seen(&mut tx).await?;
        Ok(tx.commit().await?)
    }
}

fn first<T>(mut rows: Vec<T>) -> Vec<T> {
    rows.truncate(SHOWN as usize);
    rows
}

async fn new_records(db: &mut Connection, seen: i64, names: &Names) -> Result<NewRecordsView, StoreError> {
    Ok(NewRecordsView {
        count: listing::count_current(db, seen).await?,
        newest: listing::arrived(db, seen, SHOWN, names).await?,
    })
}

async fn with_badge(db: &mut Connection, badge: Badge) -> Result<u64> {
    let filter = RecordFilter { badge: Some(badge), ..RecordFilter::default() };
    let wanted = Wanted::new(&filter).map_err(|_| crate::WalletError::Date)?;
    Ok(listing::count(db, &wanted).await?)
}

/// The newest look-ups by others, and how many of the watched ones are suspicious.
async fn look_ups(
    db: &mut Connection,
    now: Timestamp,
    names: &Names,
    agents: &AgentNames,
) -> Result<(Vec<crate::view::AccessRow>, u64), StoreError> {
    let since = Timestamp::from_seconds(now.seconds().saturating_sub(WATCHED_SECONDS));
    let mut given = access::Permissions::default();
    let newest = disclosures::by_others(db, None, SHOWN).await?;
    let watched = disclosures::by_others(db, Some(since), WATCHED_LOOK_UPS).await?;
    let mut rows = Vec::new();
    for disclosed in &newest {
        rows.push(access::row_of(db, disclosed, &mut given, names, agents).await?);
    }
    let mut suspicious = 0;
    for disclosed in &watched {
        let row = access::row_of(db, disclosed, &mut given, names, agents).await?;
        suspicious += u64::from(row.suspicion.is_some());
    }
    Ok((rows, suspicious))
}

/// A relationship, and its newest proved leaf as it stands now.
type Account<'a> = (&'a Relationship, RelationshipLeaf);

fn settled(rows: &[Relationship], now: Timestamp) -> Vec<Account<'_>> {
    rows.iter().filter_map(|row| Some((row, row.leaf.as_ref()?.settled(now)))).collect()
}

/// Delegates who asked to begin, the first to begin first. One who asked in several accounts is one person.
fn beginning(accounts: &[Account<'_>], now: Timestamp, names: &AgentNames) -> Vec<BeginningView> {
    let mut views: Vec<BeginningView> = Vec::new();
    for (row, leaf) in accounts {
        for (agent, delegation) in &leaf.delegations {
            let (DelegateState::Beginning, Some(begins_at)) = delegation_standing(delegation, leaf.seen, now)
            else {
                continue;
            };
            let name = names.name_of(row.address, *agent);
            match views.iter_mut().find(|known| known.name == name) {
                Some(known) => known.begins_at = known.begins_at.min(begins_at),
                None => views.push(BeginningView { name, begins_at }),
            }
        }
    }
    views.sort_by(|one, other| (one.begins_at, &one.name).cmp(&(other.begins_at, &other.name)));
    views
}

/// Accounts that guardians are moving to new keys.
fn recovery(accounts: &[Account<'_>], names: &Names) -> Option<RecoveryView> {
    let moving = accounts.iter().filter(|(_, leaf)| leaf.recovery.is_some());
    let due = moving.clone().filter_map(|(_, leaf)| leaf.recovery.as_ref()?.due).min();
    let providers: Vec<_> = moving.map(|(row, _)| names.of(row.provider)).collect();
    (!providers.is_empty()).then_some(RecoveryView { providers, due })
}

/// Shares that hold and end soon, the first to end first.
fn ending(sharing: &[SharingView], now: Timestamp) -> Vec<EndingView> {
    let mut ending: Vec<EndingView> = Vec::new();
    for view in sharing {
        for grant in view.grants.iter().filter(|grant| grant.state == GrantState::Live) {
            if grant.until > now.plus(SOON_SECONDS) {
                continue;
            }
            match ending.iter_mut().find(|known| known.share == grant.share) {
                Some(known) => known.until = known.until.min(grant.until),
                None => ending.push(EndingView {
                    share: grant.share,
                    grantee: view.grantee.clone(),
                    until: grant.until,
                }),
            }
        }
    }
    ending.sort_by_key(|view| (view.until, view.share));
    ending
}
