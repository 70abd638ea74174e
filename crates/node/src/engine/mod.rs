//! The embedded engine: one validator that seals CometBFT v0.38 blocks, and drives the application through
//! the same ABCI requests as CometBFT does.
//!
//! Invariants: block, results, state and the engine's own state are written in one durable transaction
//! before anything about the block is visible; a block that changed the state is followed at once by an
//! empty one, whose header proves the new state; the newest header is never older than about twice the
//! heartbeat while the node runs. (docs/adr/0006-embedded-engine.md)

pub mod block;
pub mod mempool;
pub mod offers;
mod seal;
pub mod state;
mod vote;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use medrec_protocol::{
    SignedTx,
    actions::{Action, Propose, Refusal},
    state::Motion,
};
use tendermint::{Time, validator};
use tendermint_proto::v0_38::abci::{
    CheckTxType, RequestCheckTx, ResponseCheckTx, request::Value as Request, response::Value as Response,
};
use tokio::sync::{Notify, watch};

use self::{
    mempool::{Mempool, NoRoom},
    state::{EngineState, StoredBlock},
};
use crate::{
    NodeError,
    app::{App, words},
    error::lock,
    genesis::{self, Document},
    storage::{Snapshot, Store},
};

/// Blocks sealed at genesis: in queries height 0 means "newest", so the first state that can be asked for
/// by its height is that after block 1, and header 2 proves it.
const GENESIS_BLOCKS: u64 = 2;

/// What is said to a member who makes such a motion here.
const ONE_VALIDATOR: &str = "this ledger is run by one node, which is its only validator; validators are voted on when it runs under CometBFT";

/// How far the clock may be behind the newest block without a warning.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);

/// When blocks are made.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between the first waiting transaction and its block, so that others can come along.
    pub batch_window: Duration,
    /// Between two blocks when nothing happens.
    pub heartbeat: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { batch_window: Duration::from_millis(20), heartbeat: Duration::from_secs(15) }
    }
}

/// What became of a transaction that was offered.
#[derive(Clone, Debug)]
pub enum Offered {
    /// It waits for a block.
    Waiting(ResponseCheckTx),
    /// The rules refuse it.
    Refused(ResponseCheckTx),
    /// There is no room for it, or it is here already.
    NoRoom(NoRoom),
}

/// Tells the time.
type Clock = Box<dyn Fn() -> Time + Send + Sync>;

/// The engine.
pub struct Engine {
    store: Arc<Store>,
    app: Arc<App>,
    document: Document,
    key: SigningKey,
    pace: Pace,
    clock: Clock,
    /// Newest sealed state; held for moments only.
    state: Mutex<EngineState>,
    /// Held while a block is made: one at a time.
    sealing: Mutex<()>,
    mempool: Mutex<Mempool>,
    wake: Notify,
    sealed: watch::Sender<u64>,
}

impl Engine {
    /// Opens the engine where it stopped, or begins the ledger.
    pub fn open(
        store: Arc<Store>,
        app: Arc<App>,
        document: Document,
        key: SigningKey,
        pace: Pace,
    ) -> Result<Self, NodeError> {
        check_validator(&document, &key)?;
        let state = match store.snapshot()?.engine_state()? {
            Some(state) => resume(&store.snapshot()?, &document, state)?,
            None => begin(&app, &document)?,
        };
        let (sealed, _) = watch::channel(state.height);
        Ok(Self {
            store,
            app,
            document,
            key,
            pace,
            clock: Box::new(Time::now),
            state: Mutex::new(state),
            sealing: Mutex::new(()),
            mempool: Mutex::new(Mempool::default()),
            wake: Notify::new(),
            sealed,
        })
    }

    /// With another clock than this computer's.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> Time + Send + Sync + 'static) -> Self {
        Self { clock: Box::new(clock), ..self }
    }

    /// Makes blocks until `stop` changes. Returns an error when a block could not be made; the process
    /// must end then.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) -> Result<(), NodeError> {
        let mut heartbeat = true;
        loop {
            let engine = self.clone();
            let step = tokio::task::spawn_blocking(move || engine.step(heartbeat));
            step.await.unwrap_or(Err(NodeError::Halted))?;
            heartbeat = tokio::select! {
                () = self.wake.notified() => {
                    tokio::time::sleep(self.pace.batch_window).await;
                    false
                }
                () = tokio::time::sleep(self.pace.heartbeat) => true,
                _ = stop.changed() => return Ok(()),
            };
        }
    }

    /// Seals what is due now: one block for a heartbeat or waiting transactions, and what must follow it.
    pub fn step(&self, heartbeat: bool) -> Result<(), NodeError> {
        if heartbeat {
            self.warn_of_wrong_clock((self.clock)())?;
        }
        let mut due = heartbeat || !lock(&self.mempool)?.is_empty();
        while due || self.must_follow((self.clock)())? {
            let included = self.seal((self.clock)())?;
            // What did not go into this block for want of room goes into the next one.
            due = included > 0 && !lock(&self.mempool)?.is_empty();
        }
        Ok(())
    }

    /// Offers a transaction. It is judged and put among the waiting ones in one step.
    pub fn offer(&self, tx: Bytes) -> Result<Offered, NodeError> {
        self.offer_under(&mut *lock(&self.mempool)?, tx)
    }

    /// Offers several, in order; nothing comes between them.
    pub fn offer_all(&self, txs: Vec<Bytes>) -> Vec<Result<Offered, NodeError>> {
        match lock(&self.mempool) {
            Ok(mut mempool) => txs.into_iter().map(|tx| self.offer_under(&mut mempool, tx)).collect(),
            Err(_) => txs.iter().map(|_| Err(NodeError::Halted)).collect(),
        }
    }

    fn offer_under(&self, mempool: &mut Mempool, tx: Bytes) -> Result<Offered, NodeError> {
        if let Err(why) = mempool.admits(&tx) {
            return Ok(Offered::NoRoom(why));
        }
        if changes_validators(&tx) {
            tracing::warn!(
                "a motion about validators was refused: this ledger has one validator, which is this node"
            );
            let (code, _, codespace) = words(Some(Refusal::Pointless));
            let log = ONE_VALIDATOR.to_owned();
            return Ok(Offered::Refused(ResponseCheckTx { code, log, codespace, ..Default::default() }));
        }
        let verdict = self.check_tx(tx.clone(), CheckTxType::New)?;
        if verdict.code != 0 {
            return Ok(Offered::Refused(verdict));
        }
        mempool.push(tx);
        self.wake.notify_one();
        Ok(Offered::Waiting(verdict))
    }

    /// The genesis document.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The application.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The newest sealed state.
    pub fn state(&self) -> Result<EngineState, NodeError> {
        Ok(lock(&self.state)?.clone())
    }

    /// A consistent view of the database.
    pub fn snapshot(&self) -> Result<Snapshot, NodeError> {
        self.store.snapshot()
    }

    /// Follows the newest sealed height.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.sealed.subscribe()
    }

    /// A sealed block.
    pub fn block(&self, height: u64) -> Result<Option<StoredBlock>, NodeError> {
        self.store.snapshot()?.block(height)
    }

    /// The validators of a height, up to two ahead of the newest block.
    pub fn validators_at(&self, height: u64) -> Result<Option<validator::Set>, NodeError> {
        let state = self.state()?;
        match height.checked_sub(state.height) {
            Some(1) => Ok(Some(EngineState::set(&state.validators))),
            Some(2) => Ok(Some(EngineState::set(&state.next_validators))),
            _ => self.block(height)?.map(|block| block.validators()).transpose(),
        }
    }

    /// A ledger whose time is ahead of the clock goes on, but by milliseconds only.
    fn warn_of_wrong_clock(&self, now: Time) -> Result<(), NodeError> {
        let behind = lock(&self.state)?.last_block_time.duration_since(now).unwrap_or_default();
        if behind > CLOCK_TOLERANCE {
            let seconds = behind.as_secs();
            tracing::warn!(seconds, "this computer's clock is behind the ledger's time; set it right");
        }
        Ok(())
    }

    /// True when the newest block must be followed by another at once.
    fn must_follow(&self, now: Time) -> Result<bool, NodeError> {
        let state = lock(&self.state)?;
        // After a pause the next header still has the time of the last vote, long ago; the one after it is
        // of today.
        let age = now.duration_since(state.last_block_time).unwrap_or_default();
        Ok(state.height < GENESIS_BLOCKS || state.proof_due || age > 2 * self.pace.heartbeat)
    }

    fn check_tx(&self, tx: Bytes, kind: CheckTxType) -> Result<ResponseCheckTx, NodeError> {
        match self.app.handle(Request::CheckTx(RequestCheckTx { tx, r#type: kind.into() }))? {
            Response::CheckTx(verdict) => Ok(verdict),
            _ => Err(NodeError::Incomplete("CheckTx was answered with something else")),
        }
    }
}

/// True for a motion that would change who makes blocks. This engine is one validator and cannot make blocks for others,
/// so it lets no such motion begin.
fn changes_validators(tx: &[u8]) -> bool {
    let Ok(tx) = SignedTx::decode(tx) else { return false };
    tx.body
        .actions
        .as_slice()
        .iter()
        .any(|action| matches!(action, Action::Propose(Propose { motion: Motion::SetValidator { .. }, .. })))
}

fn check_validator(document: &Document, key: &SigningKey) -> Result<(), NodeError> {
    let [validator] = document.validators.as_slice() else { return Err(NodeError::Validators) };
    let own = tendermint::PublicKey::from_raw_ed25519(key.verifying_key().as_bytes());
    if own == Some(validator.pub_key) { Ok(()) } else { Err(NodeError::Validators) }
}

fn resume(snapshot: &Snapshot, document: &Document, state: EngineState) -> Result<EngineState, NodeError> {
    let identity = genesis::of_document(document)?.identity();
    if medrec_ledger::chain_identity(snapshot)? != Some(identity) {
        return Err(NodeError::OtherGenesis);
    }
    if snapshot.position()?.map(|position| position.height) != Some(state.height) {
        return Err(NodeError::Damaged("the heights of engine and state differ"));
    }
    Ok(state)
}

fn begin(app: &App, document: &Document) -> Result<EngineState, NodeError> {
    if app.info()?.last_block_height != 0 {
        return Err(NodeError::Damaged("it has blocks of another engine"));
    }
    let Response::InitChain(begun) = app.handle(Request::InitChain(genesis::to_init_chain(document)?))?
    else {
        return Err(NodeError::Incomplete("InitChain was answered with something else"));
    };
    Ok(EngineState {
        chain_id: document.chain_id.clone(),
        height: 0,
        last_block_id: None,
        last_block_time: document.genesis_time,
        validators: document.validators.clone(),
        next_validators: document.validators.clone(),
        params: document.consensus_params.clone(),
        app_hash: begun.app_hash.to_vec().try_into()?,
        last_results_hash: block::merkle_root(&[]),
        proof_due: true,
    })
}
