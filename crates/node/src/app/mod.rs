//! The ledger as an ABCI 2.0 application (CometBFT v0.38, spec/abci): one `handle` from request to
//! response, whoever drives it. FinalizeBlock computes in memory, Commit writes once; so a crash between
//! them leaves the block before.

mod checking;
mod proposal;
mod query;
mod state_sync;

use std::sync::{Arc, Mutex};

use medrec_ledger::{BlockOutcome, GoodSignatures, TxResult};
use medrec_protocol::{ChainIdentity, PublicKey, actions::Refusal, genesis::Genesis};
use tendermint_proto::v0_38::{
    abci::{
        self as pb, ExecTxResult, RequestCheckTx, RequestFinalizeBlock, RequestInitChain,
        request::Value as Request, response::Value as Response,
    },
    crypto::{self, public_key::Sum},
};

use crate::{
    NodeError,
    engine::{
        block::{APP_VERSION, tx_hash},
        state::{EngineState, StoredBlock},
    },
    error::lock,
    genesis,
    snapshots::Snapshots,
    storage::{Position, Snapshot, Step, Store},
};

use checking::Checking;
use state_sync::Restoring;

/// Who gives the codes of refused transactions their meaning.
pub const CODESPACE: &str = "medrec";
/// Name of the application in `/abci_info`.
const NAME: &str = "medrec-ledger";

/// A block that is executed and not yet written.
struct Pending {
    position: Position,
    outcome: BlockOutcome,
    /// Hashes of its transactions.
    included: Vec<[u8; 32]>,
}

/// A block that was written.
#[derive(Debug)]
pub struct Written {
    position: Position,
    included: Vec<[u8; 32]>,
}

/// The application.
pub struct App {
    store: Arc<Store>,
    pending: Mutex<Option<Pending>>,
    check: Mutex<Checking>,
    good: GoodSignatures,
    snapshots: Option<Snapshots>,
    restoring: Mutex<Option<Restoring>>,
}

impl App {
    /// The application over a database.
    pub fn new(store: Arc<Store>) -> Self {
        Self {
            store,
            pending: Mutex::new(None),
            check: Mutex::new(Checking::default()),
            good: GoodSignatures::default(),
            snapshots: None,
            restoring: Mutex::new(None),
        }
    }

    /// As [`Self::new`], with snapshots for newcomers.
    pub fn with_snapshots(store: Arc<Store>, snapshots: Snapshots) -> Self {
        Self { snapshots: Some(snapshots), ..Self::new(store) }
    }

    /// Forgets which transactions were found good: those who had them wait have forgotten them too.
    pub fn forget_checked(&self) -> Result<(), NodeError> {
        *lock(&self.check)? = Checking::default();
        Ok(())
    }

    /// Answers one request.
    pub fn handle(&self, request: Request) -> Result<Response, NodeError> {
        Ok(match request {
            Request::Echo(echo) => Response::Echo(pb::ResponseEcho { message: echo.message }),
            Request::Flush(_) => Response::Flush(pb::ResponseFlush {}),
            Request::Info(_) => Response::Info(self.info()?),
            Request::Query(query) => Response::Query(query::answer(&self.store.snapshot()?, &query)?),
            Request::InitChain(request) => Response::InitChain(self.init_chain(&request)?),
            Request::CheckTx(request) => Response::CheckTx(self.check_tx(&request)?),
            Request::PrepareProposal(request) => Response::PrepareProposal(proposal::prepare(request)),
            Request::ProcessProposal(request) => Response::ProcessProposal(proposal::process(&request)),
            Request::FinalizeBlock(request) => Response::FinalizeBlock(self.finalize_block(&request)?),
            Request::Commit(_) => Response::Commit(self.commit()?),
            Request::ExtendVote(_) => Response::ExtendVote(pb::ResponseExtendVote::default()),
            Request::VerifyVoteExtension(_) => {
                Response::VerifyVoteExtension(pb::ResponseVerifyVoteExtension {
                    status: pb::response_verify_vote_extension::VerifyStatus::Accept.into(),
                })
            }
            Request::ListSnapshots(_) => Response::ListSnapshots(self.list_snapshots()),
            Request::LoadSnapshotChunk(asked) => Response::LoadSnapshotChunk(self.load_chunk(&asked)),
            Request::OfferSnapshot(offer) => Response::OfferSnapshot(self.offer_snapshot(&offer)?),
            Request::ApplySnapshotChunk(chunk) => Response::ApplySnapshotChunk(self.apply_chunk(chunk)?),
        })
    }

    /// Where the state stands. CometBFT sends again every block after this height.
    pub fn info(&self) -> Result<pb::ResponseInfo, NodeError> {
        let snapshot = self.store.snapshot()?;
        let height = snapshot.position()?.map_or(0, |position| position.height);
        // At height 0 CometBFT asks for InitChain and expects no hash yet.
        let root = if height == 0 { None } else { snapshot.head_at(height)? };
        Ok(pb::ResponseInfo {
            data: NAME.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            app_version: APP_VERSION,
            last_block_height: signed(height)?,
            last_block_app_hash: root.map(|head| head.root.as_bytes().to_vec().into()).unwrap_or_default(),
        })
    }

    /// Begins the ledger. Asked again before block 1, it answers the same.
    pub fn init_chain(&self, request: &RequestInitChain) -> Result<pb::ResponseInitChain, NodeError> {
        let genesis = genesis::of_init_chain(request)?;
        genesis.check()?;
        let snapshot = self.store.snapshot()?;
        let root = match (medrec_ledger::chain_identity(&snapshot)?, snapshot.position()?) {
            (None, None) => self.begin(&snapshot, &genesis)?,
            (Some(chain), Some(Position { height: 0, .. })) if chain == genesis.identity() => {
                let head =
                    snapshot.head_at(0)?.ok_or(NodeError::Damaged("there is no tree after genesis"))?;
                *head.root.as_bytes()
            }
            _ => return Err(NodeError::OtherGenesis),
        };
        Ok(pb::ResponseInitChain { app_hash: root.to_vec().into(), ..Default::default() })
    }

    fn begin(&self, snapshot: &Snapshot, genesis: &Genesis) -> Result<[u8; 32], NodeError> {
        // A start from a snapshot may have been given up before.
        self.store.clear_unfinished()?;
        let changes = medrec_ledger::init_chain(snapshot, genesis)?;
        let position = Position { height: 0, time: genesis.time.0 };
        self.store.commit(&Step { position, changes: &changes, sealed: None })?;
        Ok(*changes.head.root.as_bytes())
    }

    fn check_tx(&self, request: &RequestCheckTx) -> Result<pb::ResponseCheckTx, NodeError> {
        let verdict = lock(&self.check)?.check(&self.store, &self.good, &request.tx)?;
        let (code, log, codespace) = words(verdict.err());
        Ok(pb::ResponseCheckTx { code, log, codespace, ..Default::default() })
    }

    fn finalize_block(&self, request: &RequestFinalizeBlock) -> Result<pb::ResponseFinalizeBlock, NodeError> {
        let snapshot = self.store.snapshot()?;
        let (chain, position) = ledger(&snapshot)?;
        let height = position.height + 1;
        if request.height != signed(height)? {
            return Err(NodeError::Height { expected: height, found: request.height });
        }
        let time = request.time.as_ref().ok_or(NodeError::Incomplete("FinalizeBlock without time"))?;
        let (time, _) = genesis::time(time)?;
        let txs = &request.txs;
        let outcome = medrec_ledger::execute_block_knowing(&snapshot, &chain, height, time, txs, &self.good)?;
        let tx_results = outcome.results.iter().map(exec_result).collect();
        let app_hash = outcome.changes.head.root.as_bytes().to_vec().into();
        let validator_updates = outcome.validators.iter().map(validator_update).collect::<Result<_, _>>()?;
        let included = txs.iter().map(|tx| tx_hash(tx)).collect();
        *lock(&self.pending)? = Some(Pending { position: Position { height, time }, outcome, included });
        Ok(pb::ResponseFinalizeBlock { tx_results, validator_updates, app_hash, ..Default::default() })
    }

    fn commit(&self) -> Result<pb::ResponseCommit, NodeError> {
        let written = self.write(None)?;
        self.check_on(&written)?;
        if let Some(snapshots) = &self.snapshots {
            snapshots.after_block(&self.store, written.position)?;
        }
        Ok(pb::ResponseCommit { retain_height: 0 })
    }

    /// Writes the block that was finalized, together with the embedded engine's own rows. Transactions go on being judged on
    /// the state before it until [`Self::check_on`].
    pub fn write(&self, sealed: Option<(&StoredBlock, &EngineState)>) -> Result<Written, NodeError> {
        let pending = lock(&self.pending)?.take().ok_or(NodeError::NothingToCommit)?;
        let Pending { position, outcome, included } = pending;
        self.store.commit(&Step { position, changes: &outcome.changes, sealed })?;
        Ok(Written { position, included })
    }

    /// From now on transactions are judged on the state after this block, and on those that were found good and are not in it.
    pub fn check_on(&self, block: &Written) -> Result<(), NodeError> {
        lock(&self.check)?.after_block(&block.included);
        Ok(())
    }
}

fn ledger(snapshot: &Snapshot) -> Result<(ChainIdentity, Position), NodeError> {
    match (medrec_ledger::chain_identity(snapshot)?, snapshot.position()?) {
        (Some(chain), Some(position)) => Ok((chain, position)),
        _ => Err(NodeError::Incomplete("the ledger has not begun: InitChain comes first")),
    }
}

/// Code, words and codespace of a verdict.
pub(crate) fn words(refusal: Option<Refusal>) -> (u32, String, String) {
    match refusal {
        None => (0, String::new(), String::new()),
        Some(refusal) => (refusal.code(), refusal.to_string(), CODESPACE.into()),
    }
}

/// A validator whose weight the members changed; 0 removes it. CometBFT lets the change count two blocks later.
fn validator_update((key, power): &(PublicKey, u64)) -> Result<pb::ValidatorUpdate, NodeError> {
    let key = Sum::Ed25519(key.as_bytes().to_vec());
    let power =
        i64::try_from(*power).map_err(|_| NodeError::Damaged("a voting power of more than 63 bits"))?;
    Ok(pb::ValidatorUpdate { pub_key: Some(crypto::PublicKey { sum: Some(key) }), power })
}

fn exec_result(result: &TxResult) -> ExecTxResult {
    let (code, log, codespace) = words(result.refusal);
    let touched = |address: &medrec_protocol::RelationshipAddress| pb::Event {
        r#type: CODESPACE.into(),
        attributes: vec![pb::EventAttribute {
            key: "relationship".into(),
            value: address.to_string(),
            index: true,
        }],
    };
    let events = result.touched.iter().map(touched).collect();
    ExecTxResult { code, log, codespace, events, ..Default::default() }
}

/// CometBFT's heights are signed.
pub(crate) fn signed(height: u64) -> Result<i64, NodeError> {
    i64::try_from(height).map_err(|_| NodeError::Damaged("a height of more than 63 bits"))
}
