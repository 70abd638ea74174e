//! Transactions on their way to the engine. One thread judges those of all connections, several at a time: each would
//! otherwise wait for the same lock on a thread of its own.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::{Engine, Offered};
use crate::NodeError;

/// Most that wait to be judged; others wait to be let in.
const MOST_WAITING: usize = 512;
/// Most that are judged in one go.
const JUDGED_TOGETHER: usize = 64;

struct Offer {
    tx: Bytes,
    answer: oneshot::Sender<Result<Offered, NodeError>>,
}

/// Where transactions are handed in. The thread ends when nobody can hand in any more.
#[derive(Clone)]
pub struct Offers {
    sender: mpsc::Sender<Offer>,
}

impl Offers {
    /// Begins to judge.
    pub fn to(engine: Arc<Engine>) -> Self {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        tokio::task::spawn_blocking(move || judge(&engine, receiver));
        Self { sender }
    }

    /// As [`Engine::offer`].
    pub async fn offer(&self, tx: Bytes) -> Result<Offered, NodeError> {
        let (answer, answered) = oneshot::channel();
        self.sender.send(Offer { tx, answer }).await.map_err(|_| NodeError::Halted)?;
        answered.await.unwrap_or(Err(NodeError::Halted))
    }
}

fn judge(engine: &Engine, mut waiting: mpsc::Receiver<Offer>) {
    let mut offers = Vec::with_capacity(JUDGED_TOGETHER);
    while waiting.blocking_recv_many(&mut offers, JUDGED_TOGETHER) > 0 {
        let (txs, answers): (Vec<_>, Vec<_>) = offers.drain(..).map(|offer| (offer.tx, offer.answer)).unzip();
        for (verdict, answer) in engine.offer_all(txs).into_iter().zip(answers) {
            // Whoever asked may have gone.
            let _ = answer.send(verdict);
        }
    }
}
