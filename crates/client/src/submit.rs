//! Sends a transaction until the ledger proves its effect.
//!
//! A node may lose an accepted transaction in a crash, or claim what is not so. The ledger remembers the nonce of
//! each applied transaction in its state until it expires, so the proof that the nonce is there is the proof
//! that the transaction was applied: no word of a node is needed. (LC-21, LC-22)

use std::time::Duration;

use medrec_protocol::{SignedTx, Timestamp, actions::Refusal, state::StateKey, tx::TxId};
use tokio::time::{Instant, sleep};

use crate::{
    error::{ClientError, Lie},
    light::LightClient,
    node::{Node, ResultCode, TxPlace},
    snapshot::Snapshot,
};

/// The first pause is this part of the longest: most transactions are in a block at once.
const FIRST_PAUSE: u32 = 16;
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

/// How long to wait, and how often to ask.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Give up after this time.
    pub timeout: Duration,
    /// Ask whether it is in a block this often, and more often in the beginning.
    pub poll: Duration,
    /// Hand it in again, to the next node, this often.
    pub resend: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            poll: Duration::from_millis(400),
            resend: Duration::from_secs(5),
        }
    }
}

/// A transaction whose effect is proved.
#[derive(Clone)]
pub struct Committed {
    /// The transaction.
    pub id: TxId,
    /// The state that proves it: its entries are in the logs there.
    pub snapshot: Snapshot,
}

/// Which node was handed a transaction, and what it said.
#[derive(Clone, Debug)]
pub struct HandedIn {
    /// Operator and address of the node.
    pub node: String,
    /// Accepted means only that it may come into a block.
    pub said: Result<(), ClientError>,
}

/// A transaction on its way.
struct Pending<'a> {
    tx: &'a SignedTx,
    bytes: Vec<u8>,
    id: TxId,
    sent: usize,
    last: Option<String>,
}

impl LightClient {
    /// Hands a transaction in once. Accepted means only that it may come into a block. A refusal for having
    /// been sent before may mean that it is in one.
    pub async fn submit(&self, tx: &SignedTx) -> Result<TxId, ClientError> {
        self.hand_in(&tx.encode(), 0).await?;
        Ok(tx.id())
    }

    /// Hands a transaction in once, to the node that comes so many places after the one that is asked first. A refusal is
    /// one node's word: a node of another operator is asked too, and where that one has or takes it, its word counts. (LC-22)
    pub async fn submit_in_turn(&self, tx: &SignedTx, turn: usize) -> HandedIn {
        let bytes = tx.encode();
        let count = self.nodes().len();
        let first = self.in_turn(turn);
        let said = self.hand_in(&bytes, turn).await;
        let refused = matches!(&said, Err(ClientError::Refused(refusal)) if !may_be_applied(*refusal));
        let others = (1..count).map(|offset| turn.wrapping_add(offset));
        let another = others.into_iter().find(|turn| self.in_turn(*turn).operator() != first.operator());
        if let Some(another) = another.filter(|_| refused) {
            let second = self.hand_in(&bytes, another).await;
            if matches!(second, Ok(()) | Err(ClientError::Refused(Refusal::Replayed))) {
                tracing::warn!(node = first.name(), "a ledger node refuses what another one takes");
                return HandedIn { node: self.in_turn(another).name().to_owned(), said: second };
            }
        }
        HandedIn { node: first.name().to_owned(), said }
    }

    fn in_turn(&self, turn: usize) -> &dyn Node {
        let nodes = self.nodes();
        nodes[self.primary().wrapping_add(turn) % nodes.len()].as_ref()
    }

    /// Hands a transaction in, again and again, until its effect is proved under a verified header. May be
    /// called for a transaction that was sent before, also in another run of the program.
    pub async fn submit_and_wait(
        &mut self,
        tx: &SignedTx,
        patience: Patience,
        now: impl Fn() -> Timestamp,
    ) -> Result<Committed, ClientError> {
        let deadline = Instant::now() + patience.timeout;
        let mut resend_at = Instant::now();
        let mut pause = (patience.poll / FIRST_PAUSE).max(SHORTEST_PAUSE);
        let bytes = tx.encode();
        let mut pending = Pending { tx, bytes, id: tx.id(), sent: 0, last: None };
        loop {
            let mut sent_before = false;
            if Instant::now() >= resend_at {
                sent_before = self.send(&mut pending).await?;
                resend_at = Instant::now() + patience.resend;
            }
            sleep(pause).await;
            pause = patience.poll.min(2 * pause);
            if let Some(snapshot) = self.look(&mut pending, sent_before, now()).await? {
                return Ok(Committed { id: pending.id, snapshot });
            }
            if Instant::now() >= deadline {
                return Err(ClientError::NotConfirmed { id: pending.id, last: pending.last });
            }
        }
    }

    async fn hand_in(&self, tx: &[u8], attempt: usize) -> Result<(), ClientError> {
        let node = self.in_turn(attempt);
        match node.submit(tx).await.map_err(|error| ClientError::node(node.name(), error))? {
            code if code.is_accepted() => Ok(()),
            ResultCode(code) => Err(ClientError::refused(code)),
        }
    }

    /// True when the node says that it was sent before, so that its effect may be there already.
    async fn send(&self, pending: &mut Pending<'_>) -> Result<bool, ClientError> {
        let outcome = self.hand_in(&pending.bytes, pending.sent).await;
        pending.sent += 1;
        match outcome {
            Ok(()) => Ok(false),
            // Its nonce was seen, or its time is over: either way it may have been applied before.
            Err(ClientError::Refused(refusal)) if may_be_applied(refusal) => Ok(true),
            // A node that is away, or that has it in its queue and says so with an error of its own.
            Err(error @ ClientError::Node { .. }) => {
                pending.last = Some(error.to_string());
                Ok(false)
            }
            Err(refused) => Err(refused),
        }
    }

    /// Looks whether it is in a block and, if it may be, for the proof.
    async fn look(
        &mut self,
        pending: &mut Pending<'_>,
        sent_before: bool,
        now: Timestamp,
    ) -> Result<Option<Snapshot>, ClientError> {
        let node = &self.nodes()[self.primary()];
        let said = match node.find_tx(pending.id).await {
            Ok(said) => said,
            Err(error) => {
                pending.last = Some(ClientError::node(node.name(), error).to_string());
                None
            }
        };
        let lapsed = now.seconds() > pending.tx.body.valid_until.seconds();
        if said.is_none() && !sent_before && !lapsed {
            return Ok(None);
        }
        match self.prove(pending, said, now).await {
            Err(error) if error.is_unreachable() => {
                pending.last = Some(error.to_string());
                Ok(None)
            }
            other => other,
        }
    }

    async fn prove(
        &mut self,
        pending: &Pending<'_>,
        said: Option<TxPlace>,
        now: Timestamp,
    ) -> Result<Option<Snapshot>, ClientError> {
        let head = self.update(now).await?.head;
        let snapshot = self.snapshot()?;
        let body = &pending.tx.body;
        let nonce = StateKey::SeenNonce(body.valid_until, body.signer, body.nonce);
        if snapshot.leaf(nonce).await?.is_some() {
            return Ok(Some(snapshot));
        }
        match said {
            // The header that proves its block is still to come.
            Some(place) if snapshot.height() < place.height => Ok(None),
            Some(place) if !place.result.is_accepted() => Err(ClientError::refused(place.result.0)),
            // Nonces are forgotten some time after they expired, so from then on absence says nothing.
            _ if head.time > body.valid_until => Err(ClientError::Lapsed { id: pending.id }),
            Some(place) => {
                let lie = Lie::NotIncluded { said: place.height, proved: snapshot.height() };
                Err(ClientError::lie(self.nodes()[self.primary()].name(), lie))
            }
            None => Ok(None),
        }
    }
}

/// Refusals of a transaction that may have been applied before.
fn may_be_applied(refusal: Refusal) -> bool {
    matches!(refusal, Refusal::Replayed | Refusal::Expired)
}
