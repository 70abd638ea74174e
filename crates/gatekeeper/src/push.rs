//! Push: a grantee with a grant in that mode is told of each matching record, until it has fetched it.
//!
//! Only a notice is pushed. The copy is then fetched as any other, so one path decides, writes down, sends and proves every
//! copy; and a notice holds nothing that is not on the ledger. (docs/spec/exchange-api.md, API-18)

use std::time::Duration;

use medrec_exchange::{
    ExchangeError, GatekeeperClient, Person,
    api::{DeliveryNotice, MAX_NOTICE_RECORDS},
    client::{Asker, Timeouts},
};
use medrec_protocol::{
    RelationshipAddress,
    decide::covers,
    payload::{GrantMode, GrantTerms},
    state::{LiveGrant, ProviderLeaf, RelationshipLeaf},
};

use crate::{
    error::Result,
    gatekeeper::Gatekeeper,
    store::{
        Connection, logs,
        notices::{self, Due, PushGrant},
        relationships,
    },
};

/// Grantees told in one round.
const ROUND: u32 = 32;
/// Pointers looked at in one step.
const STEP: u32 = 500;
/// Seconds until the first repetition; each further one doubles the pause.
const FIRST_PAUSE_SECONDS: u64 = 5;
/// Longest pause between two attempts, in seconds: a day.
const LONGEST_PAUSE_SECONDS: u64 = 86_400;
/// After so many attempts, about two months, a record is told of no more. The grantee can still fetch it.
const MOST_ATTEMPTS: u32 = 72;
/// A grantee that takes longer is told later.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    idle: Duration::from_secs(10),
    message: Duration::from_secs(10),
};
/// A header this old is good enough to see what is new.
const FOLLOW_AGE: Duration = Duration::from_secs(3);

impl Gatekeeper {
    /// Reads what is new in the logs of all relationships, and queues notices for grants in mode push. A relationship that
    /// cannot be read keeps no other waiting; the first such error is returned at the end.
    pub async fn follow(&self) -> Result<()> {
        let mut read = self.store.read().await?;
        let all = relationships::all(&mut read).await?;
        drop(read);
        let mut first_error = None;
        for relationship in all.iter().filter(|relationship| relationship.closed.is_none()) {
            if let Err(error) = self.follow_one(relationship.address).await {
                tracing::debug!(relationship = %relationship.address, %error, "a relationship could not be followed");
                first_error.get_or_insert(error);
            }
        }
        first_error.map_or(Ok(()), Err)
    }

    async fn follow_one(&self, relationship: RelationshipAddress) -> Result<()> {
        let current = self.current(relationship, FOLLOW_AGE).await?;
        let Some(leaf) = current.leaf else { return Ok(()) };
        let (early, late) = (current.at.time.min(self.clock.now()), current.at.time.max(self.clock.now()));
        let mut read = self.store.read().await?;
        let terms = logs::terms(&mut read, relationship, &leaf.grants).await?;
        let queued = notices::queued_grants(&mut read, relationship).await?;
        drop(read);
        // Live grants in mode push, those that have not begun included.
        let pushes: Vec<_> = leaf
            .grants
            .iter()
            .filter(|(_, live)| late <= live.not_after)
            .filter_map(|(grant, live)| Some((grant, live, terms.get(grant)?)))
            .filter(|(_, _, terms)| terms.mode == GrantMode::Push)
            .map(|(grant, live, terms)| {
                (PushGrant { relationship, grant: *grant, entry: live.entry }, live, terms)
            })
            .collect();
        // Most relationships have none: others that write are not kept waiting for them.
        if pushes.is_empty() && queued.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        for (push, live, terms) in pushes.iter().filter(|(_, _, terms)| early >= terms.not_before) {
            queue(&mut tx, push, live, terms, &leaf).await?;
        }
        for push in queued.iter().filter(|queued| !pushes.iter().any(|(push, _, _)| push == *queued)) {
            notices::forget(&mut tx, push).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Tells grantees what they can fetch. Returns how many were told.
    pub async fn tell_grantees(&self) -> Result<usize> {
        let mut tx = self.store.begin().await?;
        let most = u32::try_from(MAX_NOTICE_RECORDS).unwrap_or(u32::MAX);
        for due in notices::due(&mut tx, self.clock.now(), ROUND, most).await? {
            notices::forget_fetched(&mut tx, &due.push, due.grantee).await?;
        }
        let due = notices::due(&mut tx, self.clock.now(), ROUND, most).await?;
        tx.commit().await?;
        let mut told = 0;
        for due in due.iter().filter(|due| !due.records.is_empty()) {
            match self.tell(due).await? {
                Ok(()) => told += 1,
                Err(why) => {
                    tracing::info!(grant = %due.push.grant, why, "a grantee could not be told; it is told later");
                }
            }
            let mut tx = self.store.begin().await?;
            let doubled = FIRST_PAUSE_SECONDS << due.attempts.min(20);
            let next = self.clock.now().plus(doubled.min(LONGEST_PAUSE_SECONDS));
            for index in &due.records {
                notices::note_attempt(&mut tx, due, *index, next, MOST_ATTEMPTS).await?;
            }
            tx.commit().await?;
        }
        Ok(told)
    }

    /// Tells one grantee, or says why not.
    async fn tell(&self, due: &Due) -> Result<Result<(), String>> {
        let leaf = self.ledger.provider(due.grantee).await?;
        let Some(leaf) = leaf.filter(ProviderLeaf::is_admitted) else {
            return Ok(Err("it is not admitted".into()));
        };
        let notice = DeliveryNotice {
            relationship: due.push.relationship,
            grant: due.push.grant,
            records: due.records.clone(),
        };
        let asker = Asker { signer: self.signer(), person: Person::default() };
        let told = async {
            GatekeeperClient::new(&leaf.provider, TIMEOUTS)?.tell(&asker, &notice).await?;
            Ok::<_, ExchangeError>(())
        };
        Ok(told.await.map_err(|error| error.to_string()))
    }
}

/// Queues the records that a grant covers, from where it was looked last.
async fn queue(
    db: &mut Connection,
    push: &PushGrant,
    live: &LiveGrant,
    terms: &GrantTerms,
    leaf: &RelationshipLeaf,
) -> Result<()> {
    let looked_at = notices::told_to(db, push).await?.unwrap_or(0);
    let last = leaf.log.size().saturating_sub(1);
    if looked_at >= last {
        return Ok(());
    }
    let mut from = looked_at + 1;
    loop {
        let pointers = logs::pointers_from(db, push.relationship, from, STEP).await?;
        for pointer in &pointers {
            if !pointer.facts.withdrawn && covers(live, terms, pointer.facts) {
                notices::insert(db, push, pointer.facts.index, terms.grantee).await?;
            }
        }
        match pointers.last() {
            Some(pointer) if pointers.len() == STEP as usize => from = pointer.facts.index + 1,
            _ => break,
        }
    }
    notices::set_told_to(db, push, last).await
}
