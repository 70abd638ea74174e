//! The consent history: exported for others, and checked.
//!
//! Whatever the form, the verifiable file is made first and checked as its reader will check it; pages, table and FHIR are
//! written from what that check says. So nothing is exported that would not be verified.

use std::{fs, io::Write as _, path::Path};

use medrec_client::{NetworkFile, ProvenRelationship, Snapshot};
use medrec_history::{
    self as history, Anchor, BuildError, HistoryFile, Made, Opening, ProvenLeaf, RelationshipEvidence, Trust,
    Verified, VerifyError,
};
use medrec_protocol::{
    ChainIdentity, RelationshipAddress, Timestamp,
    log::{Frontier, LogEntry},
    state::StateKey,
};

use super::{
    agents::Page,
    fetch::{beside, create},
};
use crate::{
    Control, Result, Wallet, WalletError,
    sentences::Language,
    store::entries,
    view::{
        CheckedHistory, ExportedHistory, HistoryForm, HistoryLine, HistoryPart, HistoryRequest, SyncReport,
    },
};

impl Wallet {
    /// Writes the consent history to a file of the person's choice, in place of what is there. It is of the newest moment
    /// that the ledger proves, so a node must answer.
    pub async fn export_history(
        &self,
        request: &HistoryRequest,
        form: HistoryForm,
        path: &Path,
    ) -> Result<ExportedHistory> {
        let made = self.make_history(request).await?;
        let language = in_history(self.language());
        let verified = made.verified;
        let mut exported = ExportedHistory {
            entries: verified.history.relationships.iter().map(|part| part.entries.len() as u64).sum(),
            opened: opened(&verified),
            size: 0,
            digest: verified.digest.to_string(),
            as_of: verified.history.as_of.time,
        };
        let bytes = match form {
            HistoryForm::Verifiable => made.bytes,
            form => {
                let work = move || written(form, &verified, language);
                tokio::task::spawn_blocking(work).await.map_err(|_| WalletError::Internal("the pages"))??
            }
        };
        exported.size = bytes.len() as u64;
        keep(&bytes, path)?;
        Ok(exported)
    }

    /// The history as it would be exported, to be read here.
    pub async fn history(&self, request: &HistoryRequest) -> Result<Vec<HistoryPart>> {
        let made = self.make_history(request).await?;
        Ok(parts(&made.verified, self.language()))
    }

    /// Checks a file with the network that was joined.
    pub async fn check_history_file(&self, bytes: &[u8]) -> Result<CheckedHistory> {
        let joined = self.joined().await?;
        check_history(bytes, Some(&joined.file), self.language())
    }

    async fn make_history(&self, request: &HistoryRequest) -> Result<Made> {
        let joined = self.joined().await?;
        let chain = joined.chain();
        let mut ledger = self.ledger().await?;
        self.advance(&mut ledger).await?;
        let client = ledger.client()?;
        let snapshot = client.snapshot()?;
        let (genesis, heads) = client.path(self.now()).await?;
        let mut builder = HistoryFile::builder(chain.clone()).whose(&self.person().label);
        if let Some(genesis) = &genesis {
            builder = builder.genesis(genesis);
        }
        for head in &heads {
            builder = builder.head(head);
        }
        builder = builder.chain_leaf(proven(&snapshot, StateKey::Chain).await?);
        let mut any = false;
        for page in self.pages(&chain).await? {
            if !request.providers.is_empty() && !request.providers.contains(&page.row.provider) {
                continue;
            }
            let found = snapshot.relationship(page.row.address).await?;
            let found = found.ok_or(WalletError::RelationshipGone(page.row.address))?;
            let report = &mut SyncReport::default();
            self.sync_log(&page.row, &found, &chain, &Control::default(), report).await?;
            if let Some(evidence) = self.evidence(&page, &found, &snapshot, request, &chain).await? {
                builder = builder.relationship(evidence);
                any = true;
            }
        }
        if !any {
            return Err(WalletError::CannotAct("there is nothing in this period, or no relationship yet"));
        }
        let named = builder.providers_named().map_err(|error| unusable(&error))?;
        for provider in named {
            builder = builder.provider(provider, proven(&snapshot, StateKey::Provider(provider)).await?);
        }
        drop(ledger);
        builder.build(&joined.file).map_err(|error| match error {
            BuildError::TooLarge { .. } => {
                WalletError::CannotAct("it is too long for one file; choose a shorter period")
            }
            BuildError::Verify(error) => unusable(&error),
            BuildError::Ledger(_) => WalletError::Internal("the consent history"),
        })
    }

    /// Entries of the period, with what proves that they are all of it, opened as far as it is wished and possible.
    async fn evidence(
        &self,
        page: &Page,
        found: &ProvenRelationship,
        snapshot: &Snapshot,
        request: &HistoryRequest,
        chain: &ChainIdentity,
    ) -> Result<Option<RelationshipEvidence>> {
        let address = page.row.address;
        let mut read = self.store.read().await?;
        let mut known = entries::all_bytes(&mut read, address).await?;
        drop(read);
        let size = found.leaf.log.size();
        known.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let decoded: Vec<Option<LogEntry>> = known.iter().map(|bytes| LogEntry::decode(bytes).ok()).collect();
        let time = |entry: &Option<LogEntry>| entry.as_ref().map_or(Timestamp::LAST, |entry| entry.time);
        let from =
            request.since.map_or(0, |since| decoded.iter().take_while(|entry| time(entry) < since).count());
        let to = request
            .until
            .map_or(known.len(), |until| decoded.iter().take_while(|entry| time(entry) <= until).count());
        if from >= to {
            return Ok(None);
        }
        let mut before = Frontier::default();
        known.iter().take(from).for_each(|bytes| drop(before.append(bytes)));
        let log = found.log();
        let start = if from > 0 { Some((before, log.consistency(from as u64).await?)) } else { None };
        let end = if (to as u64) < size { Some(log.consistency(to as u64).await?) } else { None };
        // Keys may have been followed a moment ago.
        let keys = self.keys(chain, &page.row).await?;
        let page = Page { row: page.row.clone(), leaf: found.leaf.clone(), keys };
        let wanted = decoded.iter().enumerate().take(to).skip(from).filter(|_| !request.closed);
        let openings = wanted.flat_map(|(index, entry)| openings(&page, index as u64, entry.as_ref(), chain));
        Ok(Some(RelationshipEvidence {
            address,
            leaf: proven(snapshot, StateKey::Relationship(address)).await?,
            start,
            openings: openings.collect(),
            entries: known.drain(from..to).collect(),
            end,
        }))
    }
}

fn openings(page: &Page, index: u64, entry: Option<&LogEntry>, chain: &ChainIdentity) -> Vec<Opening> {
    let Some(entry) = entry else { return Vec::new() };
    let opened = |(kind, sealed): (_, &medrec_protocol::Sealed)| {
        let key = page.keys.viewing(sealed.epoch())?;
        let address: RelationshipAddress = page.row.address;
        let context =
            medrec_protocol::seal::SealContext { chain, relationship: address, signer: entry.signer, kind };
        sealed.open(key, &context).ok().map(|opened| Opening::new(index, kind, &opened))
    };
    history::sealed_parts(&entry.action).into_iter().filter_map(opened).collect()
}

async fn proven(snapshot: &Snapshot, key: StateKey) -> Result<ProvenLeaf> {
    let (value, proof) = snapshot.leaf_with_proof(key).await?;
    Ok(ProvenLeaf::new(value, proof))
}

/// Checks a history file; with a network file, against the ledger that it names. Needs no wallet and no network.
pub fn check_history(
    bytes: &[u8],
    network: Option<&NetworkFile>,
    language: Language,
) -> Result<CheckedHistory> {
    let anchor = network.map(|network| Anchor::from(network.clone()));
    let verified = history::verify(bytes, anchor.as_ref()).map_err(|error| unusable(&error))?;
    Ok(CheckedHistory {
        stated_whose: verified.stated.whose.clone(),
        chain_id: verified.history.network.chain_id.clone(),
        anchored: verified.trust != Trust::ItselfOnly,
        as_of: verified.history.as_of.time,
        height: verified.history.as_of.height,
        signers: verified.votes.signers as u64,
        validators: verified.votes.validators as u64,
        digest: verified.digest.to_string(),
        parts: parts(&verified, language),
    })
}

fn parts(verified: &Verified, language: Language) -> Vec<HistoryPart> {
    let language = in_history(language);
    let part = |of: &history::model::Relationship| HistoryPart {
        provider: history::sentences::party(&of.publisher),
        from: of.period.from,
        to: of.period.to,
        of: of.period.size,
        lines: of
            .entries
            .iter()
            .map(|entry| HistoryLine {
                position: entry.index,
                at: entry.time,
                text: history::sentences::entry(language, entry, of),
                open: entry.what.is_open(),
            })
            .collect(),
    };
    verified.history.relationships.iter().map(part).collect()
}

fn opened(verified: &Verified) -> u64 {
    let entries = verified.history.relationships.iter().flat_map(|part| &part.entries);
    entries.filter(|entry| entry.what.is_open()).count() as u64
}

fn written(form: HistoryForm, verified: &Verified, language: history::Language) -> Result<Vec<u8>> {
    let named = verified.named();
    let failed = |what| {
        move |error: String| {
            tracing::error!(error, "the consent history could not be written as {what}");
            WalletError::Internal("the consent history")
        }
    };
    match form {
        HistoryForm::Csv => {
            history::to_csv(&named, language).map_err(|error| failed("a table")(error.to_string()))
        }
        HistoryForm::Pdf => history::to_pdf(&named, language, Some(verified))
            .map_err(|error| failed("pages")(error.to_string())),
        HistoryForm::Fhir | HistoryForm::Verifiable => Ok(history::to_fhir(&named, language)),
    }
}

const fn in_history(language: Language) -> history::Language {
    match language {
        Language::English => history::Language::English,
        Language::Spanish => history::Language::Spanish,
    }
}

fn unusable(error: &VerifyError) -> WalletError {
    WalletError::History(error.to_string())
}

/// Writes beside the file and puts it in its place, so that it is whole or not there.
fn keep(bytes: &[u8], path: &Path) -> Result<()> {
    let fail = |source| WalletError::File { doing: "write", path: path.to_owned(), source };
    let aside = beside(path);
    let done = create(&aside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&aside, path));
    if done.is_err() {
        let _ = fs::remove_file(&aside);
    }
    done.map_err(fail)
}
