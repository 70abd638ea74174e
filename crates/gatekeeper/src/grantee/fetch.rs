//! Fetching copies under a grant, and proving each one.
//!
//! A copy is kept only when all of this holds: the publisher is in the ledger's directory; the relationship
//! is its own; the pointer with this commitment stands at the stated place of the relationship's log, signed
//! by the publisher, proved under a verified header; the description is what that entry commits to; and the
//! bytes give the commitment.

use std::{path::Path, time::Duration};

use medrec_exchange::{
    ExchangeError, GatekeeperClient, Person,
    api::{ErrorCode, ListedRecord},
    client::{Asker, CopyOrder, FetchControl, Timeouts},
};
use medrec_protocol::{
    Address, Commitment,
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
    store::{
        handles,
        received::{self, Received},
    },
};

/// What one grant brought.
#[derive(Debug, Serialize)]
pub struct FetchReport {
    /// The grant.
    pub grant: GrantId,
    /// Name of the publisher, from the ledger's directory.
    pub publisher: String,
    /// Records, in the order of the log.
    pub records: Vec<FetchedRecord>,
    /// The first error, which decides the exit code.
    #[serde(skip)]
    pub error: Option<GatekeeperError>,
}

/// One record.
#[derive(Debug, Serialize)]
pub struct FetchedRecord {
    /// Its commitment.
    pub commitment: Commitment,
    /// Place in the publisher's log.
    pub index: u64,
    /// Title, once proved.
    pub title: Option<String>,
    /// Size in bytes, once proved.
    pub size: Option<u64>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of a record.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Fetched, verified and kept.
    Kept {
        /// Height of the header under which its pointer was proved.
        proved_at: u64,
    },
    /// Verified and kept before.
    KeptBefore,
    /// To be seen only, not to be kept.
    ViewOnly,
    /// Not kept.
    NotKept {
        /// Why.
        why: String,
    },
}

/// One publisher that is being asked.
struct Errand<'a> {
    handle: &'a GrantHandle,
    publisher: String,
    client: GatekeeperClient,
    asker: Asker,
}

impl Gatekeeper {
    /// Fetches under one grant or under all that have not ended. `out` receives a second copy of each file
    /// under a readable name.
    pub async fn fetch(
        &self,
        grant: Option<GrantId>,
        person: &Person,
        out: Option<&Path>,
    ) -> Result<Vec<FetchReport>> {
        let mut read = self.store.read().await?;
        let held = handles::all(&mut read).await?;
        drop(read);
        self.ledger.head(Duration::ZERO).await?;
        let now = self.clock.now();
        let wanted = |handle: &GrantHandle| match grant {
            Some(grant) => handle.grant == grant,
            None => handle.not_after >= now,
        };
        let mut reports = Vec::new();
        for held in held.iter().filter(|held| wanted(&held.grant)) {
            reports.push(self.fetch_grant(&held.grant, person, out).await?);
        }
        match grant {
            Some(grant) if reports.is_empty() => Err(GatekeeperError::NoGrant(grant.to_string())),
            _ => Ok(reports),
        }
    }

    async fn fetch_grant(
        &self,
        handle: &GrantHandle,
        person: &Person,
        out: Option<&Path>,
    ) -> Result<FetchReport> {
        let mut report = FetchReport {
            grant: handle.grant,
            publisher: handle.publisher.to_string(),
            records: Vec::new(),
            error: None,
        };
        let listed = async {
            let errand = self.errand(handle, person).await?;
            let listed = errand.list().await?;
            Ok::<_, GatekeeperError>((errand, listed))
        };
        match listed.await {
            Ok((errand, listed)) => {
                report.publisher.clone_from(&errand.publisher);
                for record in &listed {
                    self.fetch_into(&errand, record, out, &mut report).await;
                }
            }
            Err(error) => report.error = Some(error),
        }
        Ok(report)
    }

    async fn errand<'a>(&self, handle: &'a GrantHandle, person: &Person) -> Result<Errand<'a>> {
        let leaf = self.ledger.provider(handle.publisher).await?;
        let provider = leaf.ok_or_else(|| GatekeeperError::Exchange {
            publisher: handle.publisher.to_string(),
            what: "it is not in the ledger's directory; nothing was asked of it".into(),
            away: false,
        })?;
        let provider = provider.provider;
        let publisher = provider.name.as_str().to_owned();
        let client = GatekeeperClient::new(&provider, Timeouts::default())
            .map_err(|error| refused(&publisher, &error))?;
        let asker = Asker { signer: self.signer(), person: person.clone() };
        Ok(Errand { handle, publisher, client, asker })
    }

    async fn fetch_into(
        &self,
        errand: &Errand<'_>,
        record: &ListedRecord,
        out: Option<&Path>,
        report: &mut FetchReport,
    ) {
        let mut fetched = FetchedRecord {
            commitment: record.commitment,
            index: record.index,
            title: None,
            size: None,
            outcome: Outcome::ViewOnly,
        };
        match self.fetch_one(errand, record, &mut fetched).await {
            Ok(outcome) => fetched.outcome = outcome,
            Err(error) => {
                fetched.outcome = Outcome::NotKept { why: error.to_string() };
                report.error.get_or_insert(error);
            }
        }
        if let (Some(out), Outcome::Kept { .. } | Outcome::KeptBefore) = (out, &fetched.outcome)
            && let Err(error) = self.hand_out(record, out)
        {
            report.error.get_or_insert(error);
        }
        report.records.push(fetched);
    }

    async fn fetch_one(
        &self,
        errand: &Errand<'_>,
        record: &ListedRecord,
        fetched: &mut FetchedRecord,
    ) -> Result<Outcome> {
        let relationship = errand.handle.relationship;
        let mut read = self.store.read().await?;
        let here = received::is_here(&mut read, relationship, record.commitment).await?;
        drop(read);
        let (proved, payload) = self.prove(errand, record).await?;
        fetched.title = Some(payload.title.as_str().to_owned());
        fetched.size = Some(payload.size);
        let path = self.home.received().join(record.commitment.to_string());
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
            size: Some(payload.size),
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
            publisher: errand.handle.publisher,
            grant: errand.handle.grant,
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
        Ok(Outcome::Kept { proved_at: proved.at.height })
    }

    /// The record's entry in the publisher's log, and the description that it commits to.
    async fn prove(
        &self,
        errand: &Errand<'_>,
        record: &ListedRecord,
    ) -> Result<(ProvedEntry, RecordPayload)> {
        let wrong = |what| GatekeeperError::Unproved {
            publisher: errand.publisher.clone(),
            commitment: record.commitment,
            what,
        };
        let handle = errand.handle;
        let proved = self.ledger.entry(handle.relationship, record.index).await?;
        let proved = proved.ok_or_else(|| wrong("the log on the ledger has no such entry"))?;
        if proved.leaf.publisher != handle.publisher {
            return Err(wrong("the ledger says that another provider publishes there"));
        }
        let action = published(&proved, handle)
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

    fn hand_out(&self, record: &ListedRecord, out: &Path) -> Result<()> {
        home::private_folder(out)?;
        let payload = record.claimed().ok();
        let from = self.home.received().join(record.commitment.to_string());
        let to = out.join(readable_name(record.commitment, payload.as_ref()));
        std::fs::copy(&from, &to).map(|_| ()).map_err(GatekeeperError::file("cannot write", &to))
    }
}

impl Errand<'_> {
    async fn list(&self) -> Result<Vec<ListedRecord>> {
        let mut records = Vec::new();
        let mut after = None;
        loop {
            let page = self.client.list_records(&self.asker, self.handle.relationship, after).await;
            let page = page.map_err(|error| refused(&self.publisher, &error))?;
            records.extend(page.records);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(records),
            }
        }
    }
}

fn published<'a>(proved: &'a ProvedEntry, handle: &GrantHandle) -> Option<&'a PublishRecord> {
    match &proved.entry.action {
        Action::PublishRecord(action)
            if proved.entry.signer == Address::Provider(handle.publisher)
                && action.relationship == handle.relationship =>
        {
            Some(action)
        }
        _ => None,
    }
}

fn refused(publisher: &str, error: &ExchangeError) -> GatekeeperError {
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
        ExchangeError::Refused(refusal) if refusal.code == ErrorCode::NotFound => GatekeeperError::Exchange {
            publisher,
            what: "there is nothing for this provider: the grant is over, was stopped, or does not cover it"
                .into(),
            away: false,
        },
        other => GatekeeperError::Exchange { publisher, what: other.to_string(), away: other.is_transient() },
    }
}

/// A file name from the title: letters and digits, the beginning of the commitment, an ending that programs know.
fn readable_name(commitment: Commitment, payload: Option<&RecordPayload>) -> String {
    let title = payload.map_or("record", |payload| payload.title.as_str());
    let mut words: String =
        title.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).take(60).collect::<String>();
    words = words.split_whitespace().collect::<Vec<_>>().join("-");
    let ending = match payload.map(|payload| payload.media_type.as_str()) {
        Some("application/fhir+json" | "application/json") => "json",
        Some("application/pdf") => "pdf",
        Some("image/png") => "png",
        Some("image/jpeg") => "jpg",
        Some("text/plain") => "txt",
        Some("text/xml") => "xml",
        _ => "bin",
    };
    format!("{words}-{}.{ending}", &commitment.to_string()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_never_becomes_a_path() {
        let name = readable_name(Commitment::from_bytes([0xab; 32]), None);
        assert_eq!(name, "record-abababab.bin");
        let described = medrec_records::describe(b"x", None, Some("../../etc/pass wd \u{202e}.txt"));
        let name = readable_name(Commitment::from_bytes([0; 32]), Some(&RecordPayload::from(&described)));
        assert!(
            name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.') && !name.contains(".."),
            "{name}"
        );
    }
}
