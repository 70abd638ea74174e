//! The verified view of the ledger: moving it forward, and keeping evidence when a node contradicts it.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use medrec_client::{
    ClientError, Evidence, Head, LightClient, TrustedHead, Update, WitnessVerdict,
    evidence::{MAX_EVIDENCE_BYTES, MAX_EVIDENCE_FILES},
};
use medrec_vault::{TrustedHeader, VaultError};
use tokio::sync::MutexGuard;

use crate::{
    Result, Wallet, WalletError,
    store::network,
    view::{EvidenceView, WitnessView},
    wallet::genesis_of,
};

/// The anchor in the vault is moved when it is older than this, in seconds: each move saves the vault.
const ANCHOR_AGE_SECONDS: u64 = 3600;
const EVIDENCE: &str = "evidence";

/// The light client while somebody uses it.
pub(crate) struct Ledger<'a> {
    slot: MutexGuard<'a, Option<LightClient>>,
}

impl<'a> Ledger<'a> {
    /// With a light client that was just made.
    pub fn of(slot: MutexGuard<'a, Option<LightClient>>) -> Self {
        Self { slot }
    }

    /// The light client.
    pub fn client(&mut self) -> Result<&mut LightClient> {
        self.slot.as_mut().ok_or(WalletError::NotJoined)
    }
}

impl Wallet {
    /// The light client of the joined network, going on from the header that was verified last.
    pub(crate) async fn ledger(&self) -> Result<Ledger<'_>> {
        let mut slot = self.ledger.lock().await;
        if slot.is_none() {
            let joined = self.joined().await?;
            let head = joined.head.as_deref().map(TrustedHead::from_json).transpose();
            let nodes = self.nodes.of(&joined.file)?;
            *slot = Some(LightClient::new(joined.file, nodes, head.map_err(ClientError::from)?)?);
        }
        Ok(Ledger { slot })
    }

    /// Verifies the newest header and keeps it. A head behind the vault's anchor is refused.
    pub(crate) async fn advance(&self, ledger: &mut Ledger<'_>) -> Result<Update> {
        let outcome = self.advanced(ledger).await;
        if let Err(error) = &outcome {
            self.keep_evidence_of(error);
            if matches!(error, WalletError::BehindAnchor { .. } | WalletError::Vault(_)) {
                // What was just verified in memory is not to be gone on from.
                *ledger.slot = None;
            }
        }
        outcome
    }

    async fn advanced(&self, ledger: &mut Ledger<'_>) -> Result<Update> {
        let client = ledger.client()?;
        let update = client.update(self.now()).await?;
        let genesis = genesis_of(&client.network().identity());
        let anchor = self.vault.lock().await.networks().get(genesis)?.trusted_header();
        if let Some(anchor) = anchor {
            not_behind(&anchor, &update.head)?;
        }
        self.keep_head(client).await?;
        let old = anchor.is_none_or(|anchor| {
            update.head.time.seconds().saturating_sub(anchor.time) >= ANCHOR_AGE_SECONDS
        });
        if old {
            self.change_vault(|networks| networks.trust(genesis, anchor_of(&update.head))).await?;
        }
        Ok(update)
    }

    /// Keeps the newest verified header.
    pub(crate) async fn keep_head(&self, client: &LightClient) -> Result<()> {
        let Some(head) = client.trusted() else { return Ok(()) };
        let mut tx = self.store.begin().await?;
        network::set_head(&mut tx, head).await?;
        Ok(tx.commit().await?)
    }

    /// Two headers that cannot both be true are kept for others to see.
    pub(crate) fn keep_evidence_of(&self, error: &WalletError) {
        let WalletError::Ledger(error) = error else { return };
        if let ClientError::Fork(evidence) | ClientError::Rollback(evidence) = error.as_ref() {
            self.keep_evidence(evidence);
        }
    }

    fn keep_evidence(&self, evidence: &Evidence) {
        const WHAT: &str = "a node contradicts what was verified";
        match keep(&self.evidence_folder(), evidence) {
            Ok(()) => tracing::error!(node = evidence.node, "{WHAT}; the evidence is kept"),
            Err(error) => tracing::error!(%error, "{WHAT}; the evidence could not be kept"),
        }
    }

    /// Folder of the evidence that nodes contradict each other or what was verified; each file can be handed to anybody.
    pub fn evidence_folder(&self) -> PathBuf {
        self.folder.join(EVIDENCE)
    }

    /// The evidence that is kept, each file read and checked again.
    pub fn kept_evidence(&self) -> Result<Vec<EvidenceView>> {
        let folder = self.evidence_folder();
        let failed = |source| WalletError::File { doing: "read the folder", path: folder.clone(), source };
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let mut paths = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)?.take(MAX_EVIDENCE_FILES) {
            paths.push(entry.map_err(failed)?.path());
        }
        paths.sort();
        paths.into_iter().map(view_of_evidence).collect()
    }

    /// Sets a node aside that failed after its header was verified. True when another one can be asked instead.
    pub(crate) async fn set_aside(&self, error: &WalletError) -> bool {
        let WalletError::Ledger(error) = error else { return false };
        self.ledger.lock().await.as_mut().is_some_and(|client| client.set_aside(error))
    }
}

/// One byte more than the limit is read, so that a longer file is refused instead of being cut.
fn view_of_evidence(path: PathBuf) -> Result<EvidenceView> {
    let failed = |source| WalletError::File { doing: "read", path: path.clone(), source };
    let file = fs::File::open(&path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(MAX_EVIDENCE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    let read = Evidence::from_json(&bytes);
    let checked = read.as_ref().map_err(ToString::to_string);
    let node = checked.as_ref().map(|evidence| evidence.node.clone()).unwrap_or_default();
    let proved = checked.and_then(|evidence| evidence.check().map_err(|fault| fault.to_string()));
    Ok(match proved {
        Ok(proved) => EvidenceView {
            path,
            node,
            height: Some(proved.height.get()),
            signed_both: proved.signed_both.iter().map(ToString::to_string).collect(),
            proves_nothing: None,
        },
        Err(why) => {
            EvidenceView { path, node, height: None, signed_both: Vec::new(), proves_nothing: Some(why) }
        }
    })
}

/// Written aside first, so that a file is whole or not there; the first ones are kept.
fn keep(folder: &Path, evidence: &Evidence) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    if fs::read_dir(folder)?.count() >= MAX_EVIDENCE_FILES {
        return Ok(());
    }
    let path = folder.join(evidence.file_name());
    let aside = path.with_extension("part");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&aside)?;
    file.write_all(evidence.to_json().as_bytes())?;
    file.sync_all()?;
    fs::rename(aside, path)
}

fn not_behind(anchor: &TrustedHeader, head: &Head) -> Result<()> {
    let shown = head.height.get();
    if shown < anchor.height {
        return Err(WalletError::BehindAnchor { shown, anchor: anchor.height });
    }
    if shown == anchor.height && anchor.hash != *head.hash.as_bytes() {
        return Err(VaultError::AnchorConflict { height: shown }.into());
    }
    Ok(())
}

fn anchor_of(head: &Head) -> TrustedHeader {
    TrustedHeader { height: head.height.get(), hash: *head.hash.as_bytes(), time: head.time.seconds() }
}

/// What the other nodes said, for people; what was said of a node earlier in the same check comes first.
pub(crate) fn witnesses(mut before: Vec<WitnessView>, update: &Update) -> Vec<WitnessView> {
    let view = |report: &medrec_client::WitnessReport| {
        let (verdict, detail) = match &report.verdict {
            WitnessVerdict::Agrees => ("agrees", None),
            WitnessVerdict::Behind { height } => ("behind", Some(format!("block {height}"))),
            WitnessVerdict::Unreachable(error) => ("unreachable", Some(error.to_string())),
            WitnessVerdict::Faulty(why) => ("faulty", Some(why.clone())),
        };
        WitnessView { node: report.node.clone(), verdict: verdict.to_owned(), detail }
    };
    for found in update.witnesses.iter().map(view) {
        match before.iter_mut().find(|known| known.node == found.node) {
            Some(known) if known.verdict == "agrees" => *known = found,
            Some(_) => {}
            None => before.push(found),
        }
    }
    before.retain(|said| said.node != update.node);
    before
}
