//! May this copy leave, and under what? (docs/spec/decide.md, REL-1 …)
//!
//! The order is the point: fresh verified header, relationship and log under it, the pure decision, the
//! durable row, and only then the first byte. Everything that is not a clear yes is "not found", in the same
//! words and by the same way as for what does not exist.

use std::{fs::File, time::Duration};

use medrec_exchange::{
    Person,
    api::{ListedRecord, MAX_PAGE_RECORDS, Opening, RecordHeader, RecordPage},
    server::{RecordPart, RecordRequest},
};
use medrec_protocol::{
    Address, RelationshipAddress, Timestamp,
    decide::{
        Clock as Clocks, Decision, Deny, EPISODE_SECONDS, Episode, MAX_CLOCK_GAP_SECONDS, Operation,
        Question, RecordFacts, decide,
    },
    payload::{Basis, EmergencyTerms, GrantTerms},
    seal::Opened,
    state::{EpisodeId, GrantId, ProviderLeaf, RelationshipLeaf, Right},
};

use crate::{
    disclosures::MAX_UNWRITTEN_SECONDS,
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    ledger_view::LedgerProblem,
    store::{
        Connection,
        disclosures::{self, Disclosure},
        episodes, logs, relationships, snapshots,
    },
};

/// A header older than this is asked for anew before a decision. (REL-2)
pub const MAX_HEAD_AGE: Duration = Duration::from_secs(1);
/// For so long a request for the rest of a record belongs to the release that began it, in seconds. (REL-5)
pub const CONTINUATION_SECONDS: u64 = 600;
/// Pointers looked at in one step of listing.
const LIST_STEP: u32 = 500;

/// Why nothing is released. The asker learns no more than this.
#[derive(Debug, thiserror::Error)]
pub enum Withheld {
    /// Not there, or not for this asker.
    #[error("not found")]
    NotFound,
    /// The record ends before the part that was asked for.
    #[error("the record ends before the part that was asked for")]
    BadRange,
    /// The view of the ledger is too old to decide on.
    #[error("the ledger has not been heard from lately")]
    NotFresh,
    /// Not at present; seconds until it is worth asking again.
    #[error("not at present")]
    Unavailable {
        /// Seconds until it is worth asking again.
        retry_after: u32,
    },
    /// Something is wrong here; the details are for the gatekeeper's own log.
    #[error(transparent)]
    Fault(#[from] GatekeeperError),
}

impl From<sqlx::Error> for Withheld {
    fn from(error: sqlx::Error) -> Self {
        Self::Fault(error.into())
    }
}

/// A release that was written down: its bytes may leave.
#[derive(Debug)]
pub struct Release {
    /// What comes with the bytes.
    pub header: RecordHeader,
    /// The version's file.
    pub file: File,
}

/// Everything that decisions about one relationship and one asker rest on.
pub(crate) struct Case {
    pub(crate) relationship: RelationshipAddress,
    pub(crate) leaf: RelationshipLeaf,
    terms: std::collections::BTreeMap<GrantId, GrantTerms>,
    pub(crate) emergency_terms: Option<EmergencyTerms>,
    pub(crate) requester: Address,
    pub(crate) provider: Option<ProviderLeaf>,
    episode: Option<Episode>,
    pub(crate) clock: Clocks,
}

impl Case {
    fn decide(&self, record: RecordFacts, operation: Operation) -> Decision {
        decide(&Question {
            relationship: self.relationship,
            leaf: &self.leaf,
            terms: &self.terms,
            emergency_terms: self.emergency_terms,
            requester: self.requester,
            provider: self.provider.as_ref(),
            episode: self.episode,
            record,
            operation,
            clock: self.clock,
        })
    }

    /// The owner. Its signature was checked with the key in force.
    pub(crate) fn is_owner(&self) -> bool {
        self.requester == Address::Relationship(self.relationship)
    }

    /// A delegate who may see, now.
    pub(crate) fn is_delegate(&self) -> bool {
        let Clocks { block, local } = self.clock;
        let Address::Agent(agent) = self.requester else { return false };
        self.leaf.delegate_may(agent, Right::See, block.min(local), block.max(local))
    }

    /// A provider that gives emergency care, where the patient allows that: it may say why it must look.
    pub(crate) fn allows_emergency(&self) -> bool {
        let Clocks { block, local } = self.clock;
        let emergency = self.provider.as_ref().is_some_and(|leaf| leaf.is_admitted() && leaf.emergency);
        emergency
            && self.leaf.emergency.is_some()
            && !self.leaf.is_handed_over(block.max(local))
            && self.emergency_terms.is_some()
    }
}

impl Gatekeeper {
    /// Decides about one record and, when it may leave, writes the release down.
    pub async fn release(
        &self,
        asker: Address,
        person: &Person,
        request: &RecordRequest,
    ) -> Result<Release, Withheld> {
        self.may_release().await?;
        let case = self.case(asker, request.relationship, request.emergency).await?;
        let mut read = self.store.read().await?;
        let pointer = logs::pointer(&mut read, request.relationship, request.commitment).await?;
        let kept = snapshots::kept(&mut read, request.relationship, request.commitment).await?;
        drop(read);
        // An index beyond the log stands for "no such record", so that both go the same way.
        let absent = RecordFacts {
            index: u64::MAX,
            first_version: u64::MAX,
            kind: medrec_protocol::RecordKind::Other,
            withdrawn: false,
        };
        self.can_be_told(&case).await?;
        let facts = pointer.map_or(absent, |pointer| pointer.facts);
        let basis = match case.decide(facts, request.operation) {
            Decision::Permit(basis) => basis,
            Decision::Deny(reason) => return Err(denied(reason)),
        };
        let kept = kept.ok_or(GatekeeperError::Damaged("a published record without its snapshot"))?;
        let header = RecordHeader { commitment: request.commitment, salt: kept.salt, size: kept.size };
        if request.range.is_some_and(|range| range.from >= kept.size) {
            return Err(Withheld::BadRange);
        }
        let file = self.open_snapshot(&header)?;
        if request.part == RecordPart::Bytes {
            self.write_down(&case, request, basis, person).await?;
        }
        Ok(Release { header, file })
    }

    /// One page of the records that the asker may see, in the order of the log. (REL-9)
    pub async fn list(
        &self,
        asker: Address,
        relationship: RelationshipAddress,
        after: Option<u64>,
        emergency: Option<EpisodeId>,
    ) -> Result<RecordPage, Withheld> {
        let case = self.case(asker, relationship, emergency).await?;
        // Before anything is looked at: who may see nothing learns nothing, not even from the time it takes.
        if !may_ask(&case) {
            return Err(Withheld::NotFound);
        }
        self.can_be_told(&case).await?;
        let mut read = self.store.read().await?;
        let mut page = RecordPage::default();
        let mut from = after.map_or(0, |after| after.saturating_add(1));
        loop {
            let pointers = logs::pointers_from(&mut read, relationship, from, LIST_STEP).await?;
            for pointer in &pointers {
                let Some(operation) = allowed(&case, pointer.facts) else { continue };
                if page.records.len() == MAX_PAGE_RECORDS {
                    page.next = page.records.last().map(|record| record.index);
                    return Ok(page);
                }
                let opened = Opened { plaintext: pointer.description.clone(), salt: pointer.opening_salt };
                page.records.push(ListedRecord {
                    index: pointer.facts.index,
                    commitment: pointer.commitment,
                    operation,
                    description: Opening::from(opened),
                });
            }
            match pointers.last() {
                Some(last) if pointers.len() == LIST_STEP as usize => from = last.facts.index + 1,
                _ => break,
            }
        }
        Ok(page)
    }

    /// Nothing leaves while the ledger does not take what was released before.
    async fn may_release(&self) -> Result<(), Withheld> {
        let mut read = self.store.read().await?;
        if self.disclosures_are_stuck(&mut read).await? {
            tracing::error!(
                "releases have waited for the ledger for more than {MAX_UNWRITTEN_SECONDS} s; nothing is released until it takes them"
            );
            return Err(Withheld::Unavailable { retry_after: 30 });
        }
        Ok(())
    }

    /// What goes to others must be written down for the patient, under the viewing key in force. Without that key, only the
    /// patient gets copies.
    async fn can_be_told(&self, case: &Case) -> Result<(), Withheld> {
        if case.is_owner() {
            return Ok(());
        }
        let mut read = self.store.read().await?;
        let (epoch, key) = relationships::key_in_force(&mut read, case.relationship).await?;
        if key.is_none() {
            tracing::error!(relationship = %case.relationship, epoch = epoch.count(), "the viewing key in force is not here: releases to others cannot be written down, so none is made");
            return Err(Withheld::NotFound);
        }
        Ok(())
    }

    /// The relationship under a fresh header, with its terms.
    pub(crate) async fn case(
        &self,
        requester: Address,
        relationship: RelationshipAddress,
        emergency: Option<EpisodeId>,
    ) -> Result<Case, Withheld> {
        let head = self.ledger.head(MAX_HEAD_AGE).await.map_err(|problem| ledger_is_away(&problem))?;
        if head.time.distance(self.clock.now()) > MAX_CLOCK_GAP_SECONDS {
            tracing::error!("block time and the local clock are too far apart; nothing is released");
            return Err(Withheld::NotFresh);
        }
        let mut read = self.store.read().await?;
        let known = relationships::get(&mut read, relationship).await?;
        drop(read);
        if known.is_none() {
            return Err(Withheld::NotFound);
        }
        let current = match self.current(relationship, MAX_HEAD_AGE).await {
            Ok(current) => current,
            Err(GatekeeperError::Ledger(problem)) => return Err(ledger_is_away(&problem)),
            Err(error) => return Err(error.into()),
        };
        let leaf = current.leaf.ok_or(Withheld::NotFound)?;
        let provider = match requester {
            Address::Provider(provider) => {
                self.ledger.provider(provider).await.map_err(|problem| ledger_is_away(&problem))?
            }
            _ => None,
        };
        let mut read = self.store.read().await?;
        let terms = logs::terms(&mut read, relationship, &leaf.grants).await?;
        let emergency_terms = logs::emergency_terms(&mut read, relationship, leaf.emergency).await?;
        // A use that was not declared here is none.
        let episode = match emergency {
            Some(id) => episodes::get(&mut read, relationship, requester, id)
                .await?
                .map(|declared| Episode { id, began: declared.began }),
            None => None,
        };
        let clock = Clocks { block: current.at.time, local: self.clock.now() };
        Ok(Case { relationship, leaf, terms, emergency_terms, requester, provider, episode, clock })
    }

    fn open_snapshot(&self, header: &RecordHeader) -> Result<File, GatekeeperError> {
        let path = self.files.path(header.commitment);
        let file =
            File::open(&path).map_err(GatekeeperError::file("cannot open the record version", &path))?;
        let size = file.metadata().map_err(GatekeeperError::file("cannot read", &path))?.len();
        if size == header.size {
            Ok(file)
        } else {
            Err(GatekeeperError::Damaged("a snapshot of another size"))
        }
    }

    /// Commits the release. The rest of a record that was begun belongs to the release that began it.
    async fn write_down(
        &self,
        case: &Case,
        request: &RecordRequest,
        basis: Basis,
        person: &Person,
    ) -> Result<(), Withheld> {
        let release = Disclosure {
            relationship: case.relationship,
            commitment: request.commitment,
            requester: case.requester,
            basis,
            person: person.as_str().to_owned(),
            at: case.clock.local,
        };
        let mut tx = self.store.begin().await?;
        let continues = request.range.is_some_and(|range| range.from > 0);
        if continues && self.is_begun(&mut tx, &release).await? {
            return Ok(());
        }
        disclosures::insert(&mut tx, &release).await?;
        tx.commit().await?;
        self.outbox_bell.notify_one();
        Ok(())
    }

    async fn is_begun(&self, db: &mut Connection, release: &Disclosure) -> Result<bool, GatekeeperError> {
        let since = Timestamp::from_seconds(release.at.seconds().saturating_sub(CONTINUATION_SECONDS));
        disclosures::is_written(db, release, since).await
    }
}

/// What the asker may do with a record, if anything.
fn allowed(case: &Case, record: RecordFacts) -> Option<Operation> {
    [Operation::Copy, Operation::View]
        .into_iter()
        .find(|operation| matches!(case.decide(record, *operation), Decision::Permit(_)))
}

/// The owner, a delegate who may see, a provider that some grant in force names, or one that said why it must look in an
/// emergency.
fn may_ask(case: &Case) -> bool {
    let now = case.clock.block.max(case.clock.local);
    let under_grant = |provider| {
        let named = |id: &GrantId| case.terms.get(id).is_some_and(|terms| terms.grantee == provider);
        case.leaf.grants.iter().any(|(id, grant)| grant.not_after >= now && named(id))
    };
    match case.requester {
        Address::Provider(provider) => {
            let admitted = case.provider.as_ref().is_some_and(ProviderLeaf::is_admitted);
            let in_emergency = case.episode.is_some_and(|episode| {
                case.allows_emergency()
                    && now <= episode.began.plus(EPISODE_SECONDS)
                    && case.clock.local >= episode.began
            });
            (admitted && under_grant(provider)) || in_emergency
        }
        _ => case.is_owner() || case.is_delegate(),
    }
}

fn denied(reason: Deny) -> Withheld {
    tracing::info!(%reason, "a record was not released");
    Withheld::NotFound
}

pub(crate) fn ledger_is_away(problem: &LedgerProblem) -> Withheld {
    tracing::warn!(%problem, "nothing can be released");
    Withheld::Unavailable { retry_after: 5 }
}
