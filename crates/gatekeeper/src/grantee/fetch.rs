//! Fetching copies under a grant or in an emergency, and proving each one.
//!
//! A copy is kept only when all of this holds: the publisher is in the ledger's directory; the relationship
//! is its own; the pointer with this commitment stands at the stated place of the relationship's log, signed
//! by the publisher, proved under a verified header; the description is what that entry commits to; and the
//! bytes give the commitment.

use std::path::Path;

use medrec_exchange::{
    ExchangeError, GatekeeperClient, Person,
    api::{ErrorCode, ListedRecord},
    client::{Asker, CopyOrder, FetchControl, Timeouts},
};
use medrec_protocol::{
    Address, Commitment, ProviderAddress, RecordKind, RelationshipAddress,
    actions::{Action, PublishRecord},
    decide::Operation,
    payload::{GrantHandle, RecordPayload},
    state::GrantId,
};
use serde::Serialize;

use super::sink::FileSink;
use crate::{
    config::MAX_RECORD_BYTES,
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    home,
    ledger_view::ProvedEntry,
    release::MAX_HEAD_AGE,
    store::{
        handles,
        received::{self, Ground, Received},
    },
};

/// What a fetch brought, over all grants.
#[derive(Debug, Default, Serialize)]
pub struct FetchReport {
    /// Fetched, verified and kept now.
    pub fetched: Vec<ProvedCopy>,
    /// Verified and kept before; still in the publisher's log.
    pub kept_before: Vec<ProvedCopy>,
    /// To be seen only, not to be kept.
    pub view_only: Vec<ProvedCopy>,
    /// Grants that the patient stopped: nothing was asked for under them.
    pub stopped: Vec<Stopped>,
    /// What was not kept, and why.
    pub failed: Vec<Failure>,
    /// The first error, which decides the exit code.
    #[serde(skip)]
    pub error: Option<GatekeeperError>,
}

/// A grant that was stopped.
#[derive(Clone, Debug, Serialize)]
pub struct Stopped {
    /// The grant.
    pub grant: GrantId,
    /// Name of the publisher, or its address when the directory does not have it.
    pub publisher: String,
}

/// A record whose pointer and description were proved.
#[derive(Clone, Debug, Serialize)]
pub struct ProvedCopy {
    /// The grant, or the use of emergency access.
    #[serde(flatten)]
    pub ground: Ground,
    /// Name of the publisher, from the ledger's directory.
    pub publisher: String,
    /// Its commitment.
    pub commitment: Commitment,
    /// Place in the publisher's log.
    pub index: u64,
    /// What it is about.
    pub kind: RecordKind,
    /// Its title.
    pub title: String,
    /// Size in bytes.
    pub size: u64,
    /// Height of the header under which the pointer was proved.
    pub proved_at: u64,
}

/// Something that was not kept.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The grant, or the use of emergency access.
    #[serde(flatten)]
    pub ground: Ground,
    /// Name of the publisher, or its address when the directory does not have it.
    pub publisher: String,
    /// The record; none when it is all of it.
    pub commitment: Option<Commitment>,
    /// What happened and what to do.
    pub why: String,
}

/// What became of a record.
enum Outcome {
    Kept,
    KeptBefore,
    ViewOnly,
}

impl FetchReport {
    pub(super) fn fail(
        &mut self,
        ground: Ground,
        publisher: &str,
        commitment: Option<Commitment>,
        error: GatekeeperError,
    ) {
        let why = error.to_string();
        self.failed.push(Failure { ground, publisher: publisher.to_owned(), commitment, why });
        self.error.get_or_insert(error);
    }
}

/// One publisher that is being asked.
pub(super) struct Errand {
    pub(super) relationship: RelationshipAddress,
    publisher_address: ProviderAddress,
    pub(super) ground: Ground,
    pub(super) publisher: String,
    pub(super) client: GatekeeperClient,
    pub(super) asker: Asker,
}

impl Gatekeeper {
    /// Fetches under one grant or under all that have not ended and were not stopped, answers that just came included. `out` receives
    /// a second copy of each file under a readable name.
    pub async fn fetch(
        &self,
        grant: Option<GrantId>,
        person: &Person,
        out: Option<&Path>,
    ) -> Result<FetchReport> {
        self.read_all_logs().await?;
        let mut read = self.store.read().await?;
        let held = handles::all(&mut read).await?;
        drop(read);
        let now = self.clock.now();
        let wanted = |handle: &GrantHandle| match grant {
            Some(grant) => handle.grant == grant,
            None => handle.not_after >= now,
        };
        let held: Vec<_> = held.into_iter().filter(|held| wanted(&held.grant)).collect();
        if let (Some(grant), true) = (grant, held.is_empty()) {
            return Err(GatekeeperError::NoGrant(grant.to_string()));
        }
        let mut report = FetchReport::default();
        for held in &held {
            // One that is named is tried, whatever became of it: the publisher's word is what counts.
            if grant.is_none() && self.is_stopped(&held.grant).await? {
                let publisher = self.name_of(held.grant.publisher).await;
                report.stopped.push(Stopped { grant: held.grant.grant, publisher });
                continue;
            }
            self.fetch_grant(&held.grant, person, out, &mut report).await;
        }
        Ok(report)
    }

    /// True when the relationship's leaf, proved, does not have the grant any more.
    pub(super) async fn is_stopped(&self, handle: &GrantHandle) -> Result<bool> {
        let leaf = self.ledger.leaf(handle.relationship).await?;
        Ok(leaf.is_some_and(|leaf| !leaf.grants.contains_key(&handle.grant)))
    }

    async fn name_of(&self, publisher: ProviderAddress) -> String {
        let leaf = self.ledger.provider(publisher).await.ok().flatten();
        leaf.map_or_else(|| publisher.to_string(), |leaf| leaf.provider.name.as_str().to_owned())
    }

    /// Fetches under one grant.
    pub(super) async fn fetch_grant(
        &self,
        handle: &GrantHandle,
        person: &Person,
        out: Option<&Path>,
        report: &mut FetchReport,
    ) {
        let ground = Ground::Grant(handle.grant);
        match self.errand(ground, handle.relationship, handle.publisher, person).await {
            Ok(errand) => self.run_errand(&errand, out, report).await,
            Err(error) => report.fail(ground, &handle.publisher.to_string(), None, error),
        }
    }

    /// Fetches all that may be had.
    pub(super) async fn run_errand(&self, errand: &Errand, out: Option<&Path>, report: &mut FetchReport) {
        let listed = match errand.list().await {
            Ok(listed) => listed,
            Err(error) => return report.fail(errand.ground, &errand.publisher, None, error),
        };
        for record in &listed {
            match self.fetch_one(errand, record, out).await {
                Ok((copy, Outcome::Kept)) => report.fetched.push(copy),
                Ok((copy, Outcome::KeptBefore)) => report.kept_before.push(copy),
                Ok((copy, Outcome::ViewOnly)) => report.view_only.push(copy),
                Err(error) => report.fail(errand.ground, &errand.publisher, Some(record.commitment), error),
            }
        }
    }

    /// Gets ready to ask a publisher.
    pub(super) async fn errand(
        &self,
        ground: Ground,
        relationship: RelationshipAddress,
        publisher_address: ProviderAddress,
        person: &Person,
    ) -> Result<Errand> {
        let leaf = self.ledger.provider(publisher_address).await?;
        let provider = leaf.ok_or_else(|| GatekeeperError::Exchange {
            publisher: publisher_address.to_string(),
            what: "it is not in the ledger's directory; nothing was asked of it".into(),
            away: false,
        })?;
        let provider = provider.provider;
        let publisher = provider.name.as_str().to_owned();
        let client = GatekeeperClient::new(&provider, Timeouts::default())
            .map_err(|error| refused(&publisher, &error))?;
        let asker = Asker { signer: self.signer(), person: person.clone() };
        Ok(Errand { relationship, publisher_address, ground, publisher, client, asker })
    }

    async fn fetch_one(
        &self,
        errand: &Errand,
        record: &ListedRecord,
        out: Option<&Path>,
    ) -> Result<(ProvedCopy, Outcome)> {
        let (proved, payload) = self.prove(errand, record).await?;
        let copy = ProvedCopy {
            ground: errand.ground,
            publisher: errand.publisher.clone(),
            commitment: record.commitment,
            index: record.index,
            kind: payload.kind,
            title: payload.title.as_str().to_owned(),
            size: payload.size,
            proved_at: proved.at.height,
        };
        let outcome = self.keep_copy(errand, record, &proved, payload.size).await?;
        if let (Some(out), Outcome::Kept | Outcome::KeptBefore) = (out, &outcome) {
            self.hand_out(record.commitment, &payload, out)?;
        }
        Ok((copy, outcome))
    }

    /// Fetches the bytes of a proved record, unless they are here.
    async fn keep_copy(
        &self,
        errand: &Errand,
        record: &ListedRecord,
        proved: &ProvedEntry,
        size: u64,
    ) -> Result<Outcome> {
        let relationship = errand.relationship;
        let path = self.home.received().join(record.commitment.to_string());
        // A copy is written by one process at a time: a command may fetch while the server does.
        let _lock = self.home.receiving().await?;
        let mut read = self.store.read().await?;
        let here = received::is_here(&mut read, relationship, record.commitment).await?;
        drop(read);
        if here && path.is_file() {
            return Ok(Outcome::KeptBefore);
        }
        if record.operation == Operation::View {
            return Ok(Outcome::ViewOnly);
        }
        let order = CopyOrder {
            relationship,
            commitment: record.commitment,
            operation: Operation::Copy,
            size: Some(size),
            limit: MAX_RECORD_BYTES,
        };
        let mut sink = FileSink::new(path);
        let header =
            errand.client.fetch_record(&errand.asker, &order, &mut sink, &FetchControl::default()).await;
        let header = header.map_err(|error| refused(&errand.publisher, &error))?;
        let opening = serde_json::to_string(&record.description)
            .map_err(|_| GatekeeperError::Damaged("an opened description"))?;
        let row = Received {
            relationship,
            commitment: record.commitment,
            publisher: errand.publisher_address,
            ground: errand.ground,
            salt: header.salt,
            size: header.size,
            opening,
            index: record.index,
            entry: proved.entry.encode(),
            log_size: proved.leaf.log.size(),
            log_root: proved.leaf.log.root(),
            header_height: proved.at.height,
            person: errand.asker.person.as_str().to_owned(),
            fetched: self.clock.now(),
        };
        let mut tx = self.store.begin().await?;
        received::insert(&mut tx, &row).await?;
        tx.commit().await?;
        Ok(Outcome::Kept)
    }

    /// The record's entry in the publisher's log, and the description that it commits to.
    pub(super) async fn prove(
        &self,
        errand: &Errand,
        record: &ListedRecord,
    ) -> Result<(ProvedEntry, RecordPayload)> {
        let wrong = |what| GatekeeperError::Unproved {
            publisher: errand.publisher.clone(),
            commitment: record.commitment,
            what,
        };
        let proved = self.ledger.entry(errand.relationship, record.index).await?;
        let proved = proved.ok_or_else(|| wrong("the log on the ledger has no such entry"))?;
        if proved.leaf.publisher != errand.publisher_address {
            return Err(wrong("the ledger says that another provider publishes there"));
        }
        let action = published(&proved, errand)
            .ok_or_else(|| wrong("that entry of the log is no record of this publisher"))?;
        let payload = record.verify(action).map_err(|error| match error {
            medrec_exchange::api::DescriptionError::OtherRecord => {
                wrong("that entry of the log is another record")
            }
            medrec_exchange::api::DescriptionError::OtherDescription => {
                wrong("the description is not the one in the log")
            }
            medrec_exchange::api::DescriptionError::Unreadable => {
                wrong("the description needs a newer program")
            }
        })?;
        Ok((proved, payload))
    }

    fn hand_out(&self, commitment: Commitment, payload: &RecordPayload, out: &Path) -> Result<()> {
        home::private_folder(out)?;
        let from = self.home.received().join(commitment.to_string());
        let to = out.join(readable_name(commitment, payload));
        std::fs::copy(&from, &to).map(|_| ()).map_err(GatekeeperError::file("cannot write", &to))
    }
}

impl Errand {
    /// All that may be had. A publisher may look at the ledger as it was a moment ago (REL-2), before the grant that the patient
    /// has just signed: what is not found is asked for once more when that moment is over.
    pub(super) async fn list(&self) -> Result<Vec<ListedRecord>> {
        let mut records = Vec::new();
        let mut after = None;
        loop {
            let mut page = self.client.list_records(&self.asker, self.relationship, after).await;
            if after.is_none() && page.as_ref().is_err_and(is_not_found) {
                tokio::time::sleep(MAX_HEAD_AGE).await;
                page = self.client.list_records(&self.asker, self.relationship, after).await;
            }
            let page = page.map_err(|error| refused(&self.publisher, &error))?;
            records.extend(page.records);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(records),
            }
        }
    }
}

fn published<'a>(proved: &'a ProvedEntry, errand: &Errand) -> Option<&'a PublishRecord> {
    match &proved.entry.action {
        Action::PublishRecord(action)
            if proved.entry.signer == Address::Provider(errand.publisher_address)
                && action.relationship == errand.relationship =>
        {
            Some(action)
        }
        _ => None,
    }
}

fn is_not_found(error: &ExchangeError) -> bool {
    matches!(error, ExchangeError::Refused(refusal) if refusal.code == ErrorCode::NotFound)
}

pub(super) fn refused(publisher: &str, error: &ExchangeError) -> GatekeeperError {
    let publisher = publisher.to_owned();
    match error {
        ExchangeError::Mismatch { expected, found } => {
            GatekeeperError::Mismatch { publisher, expected: *expected, found: *found }
        }
        ExchangeError::Untrusted(_)
        | ExchangeError::TooManyBytes { .. }
        | ExchangeError::OtherSize { .. } => {
            GatekeeperError::Untrusted { publisher, what: error.to_string() }
        }
        error if is_not_found(error) => GatekeeperError::NotFound(publisher),
        other => GatekeeperError::Exchange { publisher, what: other.to_string(), away: other.is_transient() },
    }
}

/// A file name from the title: letters and digits, the beginning of the commitment, an ending that programs know.
fn readable_name(commitment: Commitment, payload: &RecordPayload) -> String {
    let title = payload.title.as_str();
    let mut words: String =
        title.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).take(60).collect::<String>();
    words = words.split_whitespace().collect::<Vec<_>>().join("-");
    let ending = match payload.media_type.as_str() {
        "application/fhir+json" | "application/json" => "json",
        "application/pdf" => "pdf",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "text/plain" => "txt",
        "text/xml" => "xml",
        _ => "bin",
    };
    format!("{words}-{}.{ending}", &commitment.to_string()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_never_becomes_a_path() {
        let described = medrec_records::describe(b"x", None, Some("../../etc/pass wd \u{202e}.txt"));
        let name = readable_name(Commitment::from_bytes([0xab; 32]), &RecordPayload::from(&described));
        assert!(name.ends_with("-abababab.txt"), "{name}");
        assert!(
            name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.') && !name.contains(".."),
            "{name}"
        );
    }
}
