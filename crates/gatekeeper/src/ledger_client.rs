//! The ledger through the light client: the adapter of [`crate::ledger_view`] that the program uses.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use medrec_client::{
    ClientError, Evidence, HttpNode, LightClient, NetworkFile, NodeError, ProvenRelationship, Snapshot,
    TrustedHead, Update, WitnessVerdict, evidence::MAX_EVIDENCE_FILES,
};
use medrec_protocol::{
    ProviderAddress, RelationshipAddress, SignedTx,
    log::Frontier,
    state::{ProviderLeaf, RelationshipLeaf},
};
use tokio::sync::Mutex;

use crate::{
    clock::Clock,
    error::{GatekeeperError, Result},
    home::{self, Home},
    ledger_view::{
        FailingNode, FoundRelationship, Handed, Head, Ledger, LedgerProblem, ProvedEntry, RelationshipView,
        Submitted,
    },
    store::{Store, network},
};

/// The ledger, believed only as far as it is proved. The newest verified header is kept in the store.
pub struct VerifiedLedger {
    state: Mutex<State>,
    store: Store,
    clock: Arc<dyn Clock>,
    evidence: PathBuf,
    /// The relationship of which an entry was asked for last: its other entries need no new leaf proof.
    proven: Mutex<Option<Proven>>,
}

#[derive(Clone)]
struct Proven {
    address: RelationshipAddress,
    at: Head,
    relationship: ProvenRelationship,
}

struct State {
    client: LightClient,
    /// Nodes that the last update found failing: each is told once, not with every header.
    failing: BTreeMap<String, String>,
    /// The node through which the ledger was read last.
    asked_of: Option<String>,
    /// When the question was sent whose answer is the newest verified header.
    asked: Option<Instant>,
}

impl VerifiedLedger {
    /// Goes on from the header that was verified last.
    pub async fn open(
        network: NetworkFile,
        home: &Home,
        store: Store,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let mut read = store.read().await?;
        let stored = network::head(&mut read).await?;
        drop(read);
        let stored = stored.map(|(_, bytes)| TrustedHead::from_json(&bytes)).transpose();
        let stored = stored.map_err(|error| problem(&ClientError::from(error)))?;
        let nodes = HttpNode::all_of(&network).map_err(|error| problem(&error))?;
        let client = LightClient::new(network, nodes, stored).map_err(|error| problem(&error))?;
        let evidence = home.evidence();
        let state = Mutex::new(State { client, failing: BTreeMap::new(), asked_of: None, asked: None });
        Ok(Self { state, store, clock, evidence, proven: Mutex::default() })
    }

    async fn refreshed(&self, max_age: Duration) -> Result<(Head, Snapshot), LedgerProblem> {
        let mut state = self.state.lock().await;
        let fresh = state.asked.is_some_and(|asked| asked.elapsed() <= max_age);
        if !fresh {
            let asked = Instant::now();
            let before = state.client.head().map(|head| head.height);
            let update = state.client.update(self.clock.now()).await;
            let update = update.map_err(|error| self.refused(&error))?;
            state.asked = Some(asked);
            name_the_failing(&mut state, &update);
            if before != Some(update.head.height) {
                self.save(&state.client).await;
            }
        }
        let snapshot = state.client.snapshot().map_err(|error| problem(&error))?;
        Ok((head_of(&snapshot), snapshot))
    }

    /// Losing the newest header costs only that it is verified again after a restart.
    async fn save(&self, client: &LightClient) {
        let Some(trusted) = client.trusted() else { return };
        let saved = async {
            let mut tx = self.store.begin().await?;
            network::save_head(&mut tx, trusted.height().get(), &trusted.to_json()).await?;
            Ok::<_, GatekeeperError>(tx.commit().await?)
        };
        if let Err(error) = saved.await {
            tracing::warn!(%error, "the verified header could not be kept");
        }
    }

    /// Two headers that cannot both be true are kept for others to see.
    fn refused(&self, error: &ClientError) -> LedgerProblem {
        if let ClientError::Fork(evidence) | ClientError::Rollback(evidence) = error {
            self.keep_evidence(evidence);
        }
        problem(error)
    }

    fn keep_evidence(&self, evidence: &Evidence) {
        const WHAT: &str = "a node contradicts what was verified";
        match keep(&self.evidence, evidence) {
            Ok(()) => tracing::error!(folder = %self.evidence.display(), "{WHAT}; the evidence is kept"),
            Err(error) => tracing::error!(%error, "{WHAT}; the evidence could not be kept"),
        }
    }

    async fn proven(
        &self,
        address: RelationshipAddress,
    ) -> Result<(Head, Option<ProvenRelationship>), LedgerProblem> {
        let (at, snapshot) = self.snapshot().await?;
        let mut last = self.proven.lock().await;
        if let Some(last) = last.as_ref().filter(|last| last.at == at && last.address == address) {
            return Ok((at, Some(last.relationship.clone())));
        }
        let found = match snapshot.relationship(address).await {
            Ok(found) => found,
            Err(error) => return Err(self.failed(error).await),
        };
        *last = found.clone().map(|relationship| Proven { address, at, relationship });
        Ok((at, found))
    }

    /// The problem that a read met. Where it is the node's, the next question begins with another node, if there is one.
    async fn failed(&self, error: ClientError) -> LedgerProblem {
        let mut state = self.state.lock().await;
        if state.client.set_aside(&error) {
            state.asked = None;
        }
        problem(&error)
    }

    async fn snapshot(&self) -> Result<(Head, Snapshot), LedgerProblem> {
        let state = self.state.lock().await;
        let snapshot = state.client.snapshot().map_err(|error| problem(&error))?;
        Ok((head_of(&snapshot), snapshot))
    }
}

#[async_trait]
impl Ledger for VerifiedLedger {
    async fn head(&self, max_age: Duration) -> Result<Head, LedgerProblem> {
        Ok(self.refreshed(max_age).await?.0)
    }

    async fn provider(&self, address: ProviderAddress) -> Result<Option<ProviderLeaf>, LedgerProblem> {
        let (_, snapshot) = self.snapshot().await?;
        match snapshot.provider(address).await {
            Ok(leaf) => Ok(leaf),
            Err(error) => Err(self.failed(error).await),
        }
    }

    async fn relationship(
        &self,
        address: RelationshipAddress,
        known: &Frontier,
    ) -> Result<RelationshipView, LedgerProblem> {
        let (at, snapshot) = self.snapshot().await?;
        match found(&snapshot, address, known).await {
            Ok(found) => Ok(RelationshipView { at, found }),
            Err(error) => Err(self.failed(error).await),
        }
    }

    async fn leaf(&self, address: RelationshipAddress) -> Result<Option<RelationshipLeaf>, LedgerProblem> {
        let (_, proven) = self.proven(address).await?;
        Ok(proven.map(|proven| proven.leaf))
    }

    async fn entry(
        &self,
        relationship: RelationshipAddress,
        index: u64,
    ) -> Result<Option<ProvedEntry>, LedgerProblem> {
        let (at, proven) = self.proven(relationship).await?;
        let Some(proven) = proven.filter(|proven| index < proven.leaf.log.size()) else { return Ok(None) };
        let entry = match proven.log().entry(index).await {
            Ok(entry) => entry,
            Err(error) => {
                *self.proven.lock().await = None;
                return Err(self.failed(error).await);
            }
        };
        let entry = entry.relationship().map_err(|error| LedgerProblem::Unusable(error.to_string()))?;
        Ok(Some(ProvedEntry { at, leaf: proven.leaf, entry }))
    }

    async fn failing(&self) -> Vec<FailingNode> {
        let state = self.state.lock().await;
        let failing = state.failing.iter();
        failing.map(|(node, why)| FailingNode { node: node.clone(), why: why.clone() }).collect()
    }

    async fn submit(&self, tx: &SignedTx, turn: u32) -> Result<Handed, LedgerProblem> {
        let state = self.state.lock().await;
        let handed = state.client.submit_in_turn(tx, usize::try_from(turn).unwrap_or_default()).await;
        let said = match handed.said {
            Ok(()) => Submitted::Accepted,
            Err(ClientError::Refused(refusal)) => Submitted::Refused(refusal),
            Err(error) => return Err(problem(&error)),
        };
        Ok(Handed { node: handed.node, said })
    }
}

/// A relationship's leaf and everything in its log after what is known.
async fn found(
    snapshot: &Snapshot,
    address: RelationshipAddress,
    known: &Frontier,
) -> Result<Option<FoundRelationship>, ClientError> {
    let Some(proven) = snapshot.relationship(address).await? else { return Ok(None) };
    let mut sync = proven.log().sync(known.clone())?;
    let mut new_entries = Vec::new();
    while let Some(page) = sync.next_page().await? {
        new_entries.extend(page.entries.into_iter().map(|entry| entry.bytes));
    }
    Ok(Some(FoundRelationship { leaf: proven.leaf, new_entries }))
}

/// Tells the operator which nodes lie, lag or are away, when that changes.
fn name_the_failing(state: &mut State, update: &Update) {
    let mut failing = BTreeMap::new();
    for report in &update.witnesses {
        let why = match &report.verdict {
            WitnessVerdict::Agrees | WitnessVerdict::Behind { .. } => continue,
            other => words(other),
        };
        if !state.failing.contains_key(&report.node) {
            tracing::warn!(
                node = report.node,
                why = why.as_str(),
                asked = update.node,
                "a ledger node cannot be relied on"
            );
        }
        failing.insert(report.node.clone(), why);
    }
    state.failing = failing;
    // A witness may be a block behind; the node that was asked first is passed by only for more than that.
    let before = state.asked_of.replace(update.node.clone()).filter(|before| *before != update.node);
    if let Some(before) = before {
        let said = update.witnesses.iter().find(|report| report.node == before);
        let why = said.map(|report| words(&report.verdict)).unwrap_or_default();
        tracing::warn!(
            node = before,
            why,
            asked = update.node,
            "a ledger node is asked no more, another one is"
        );
    }
}

fn words(verdict: &WitnessVerdict) -> String {
    match verdict {
        WitnessVerdict::Agrees => "another one was asked meanwhile".to_owned(),
        WitnessVerdict::Behind { height } => format!("it shows the ledger only up to block {height}"),
        WitnessVerdict::Unreachable(error) => error.to_string(),
        WitnessVerdict::Faulty(why) => why.clone(),
    }
}

/// The first ones are kept.
fn keep(folder: &Path, evidence: &Evidence) -> Result<()> {
    home::private_folder(folder)?;
    let there = std::fs::read_dir(folder).map_err(GatekeeperError::file("cannot read", folder))?.count();
    if there >= MAX_EVIDENCE_FILES {
        return Ok(());
    }
    home::write_private(&folder.join(evidence.file_name()), evidence.to_json().as_bytes())
}

fn head_of(snapshot: &Snapshot) -> Head {
    let head = snapshot.head();
    Head { height: head.height.get(), time: head.time }
}

fn problem(error: &ClientError) -> LedgerProblem {
    let what = error.to_string();
    match error {
        ClientError::Node { error: NodeError::Malformed { .. } | NodeError::TooLarge { .. }, .. }
        | ClientError::Lie { .. }
        | ClientError::Rollback(_) => LedgerProblem::Untrue(what),
        ClientError::Node { .. }
        | ClientError::NotReady
        | ClientError::NoHead
        | ClientError::Transport(_) => LedgerProblem::Away(what),
        ClientError::Fork(_) => LedgerProblem::Forked(what),
        _ => LedgerProblem::Unusable(what),
    }
}
