//! Transactions from outside: without waiting, until checked, until committed.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use medrec_protocol::tx::MAX_TX_BYTES;
use serde_json::{Value, json};
use tendermint_proto::v0_38::abci::{ExecTxResult, ResponseCheckTx};

use super::{CallError, form, params::Params};
use crate::{
    NodeError,
    engine::{Engine, Offered, block::tx_hash, offers::Offers},
};

/// How long `broadcast_tx_commit` waits (CometBFT, `timeout_broadcast_tx_commit`).
const COMMIT_TIMEOUT: Duration = Duration::from_secs(10);

fn tx(params: &Params) -> Result<Bytes, CallError> {
    let tx = params.bytes("tx")?;
    if tx.len() > MAX_TX_BYTES {
        return Err(CallError::Params(format!(
            "tx has {} bytes, at most {MAX_TX_BYTES} are allowed",
            tx.len()
        )));
    }
    Ok(tx.into())
}

fn answer(verdict: &ResponseCheckTx, hash: &[u8; 32]) -> Value {
    json!({
        "code": verdict.code,
        "data": "",
        "log": verdict.log,
        "codespace": verdict.codespace,
        "hash": form::upper_hex(hash),
    })
}

/// The verdict of CheckTx; an error when it was not even judged.
async fn offer(offers: &Offers, tx: Bytes) -> Result<ResponseCheckTx, CallError> {
    match offers.offer(tx).await? {
        Offered::Waiting(verdict) | Offered::Refused(verdict) => Ok(verdict),
        Offered::NoRoom(why) => Err(CallError::NoAnswer(why.to_string())),
    }
}

pub(super) async fn until_checked(offers: &Offers, params: &Params) -> Result<Value, CallError> {
    let tx = tx(params)?;
    let hash = tx_hash(&tx);
    Ok(answer(&offer(offers, tx).await?, &hash))
}

/// As CometBFT's: says nothing about what became of it.
pub(super) async fn at_once(offers: &Offers, params: &Params) -> Result<Value, CallError> {
    let tx = tx(params)?;
    let hash = tx_hash(&tx);
    offers.offer(tx).await?;
    Ok(answer(&ResponseCheckTx::default(), &hash))
}

/// Waits until the block that holds it is durable.
pub(super) async fn until_committed(
    engine: Arc<Engine>,
    offers: &Offers,
    params: &Params,
) -> Result<Value, CallError> {
    let tx = tx(params)?;
    let hash = tx_hash(&tx);
    let sealed = engine.watch();
    let checked = offer(offers, tx).await?;
    if checked.code != 0 {
        return Ok(json!({
            "check_tx": form::check_result(&checked),
            "tx_result": form::tx_result(&ExecTxResult::default()),
            "hash": form::upper_hex(&hash),
            "height": "0",
        }));
    }
    let committed = tokio::time::timeout(COMMIT_TIMEOUT, found(engine, sealed, hash)).await;
    let (result, height) = committed
        .map_err(|_| CallError::NoAnswer("timed out waiting for tx to be included in a block".into()))??;
    Ok(json!({
        "check_tx": form::check_result(&checked),
        "tx_result": result,
        "hash": form::upper_hex(&hash),
        "height": height.to_string(),
    }))
}

async fn found(
    engine: Arc<Engine>,
    mut sealed: tokio::sync::watch::Receiver<u64>,
    hash: [u8; 32],
) -> Result<(Value, u64), CallError> {
    loop {
        let looking = engine.clone();
        let look = tokio::task::spawn_blocking(move || look(&looking, &hash));
        if let Some(found) = look.await.unwrap_or(Err(NodeError::Halted.into()))? {
            return Ok(found);
        }
        sealed.changed().await.map_err(|_| CallError::Node(NodeError::Halted))?;
    }
}

fn look(engine: &Engine, hash: &[u8; 32]) -> Result<Option<(Value, u64)>, CallError> {
    let snapshot = engine.snapshot()?;
    let Some((height, place)) = snapshot.find_tx(hash)? else { return Ok(None) };
    let block =
        snapshot.block(height)?.ok_or(NodeError::Damaged("the index names a block that is missing"))?;
    let result = block.results.get(place as usize).ok_or(NodeError::Damaged("a block lacks a result"))?;
    Ok(Some((form::tx_result(result), height)))
}
