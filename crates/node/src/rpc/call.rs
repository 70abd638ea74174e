//! The methods that answer at once.

use serde_json::{Value, json};
use tendermint_proto::v0_38::abci::{RequestQuery, request::Value as Request, response::Value as Response};

use super::{CallError, form, params::Params};
use crate::{
    NodeError,
    engine::{Engine, block, state::StoredBlock},
};

/// Version of CometBFT whose answers these are.
const COMETBFT_VERSION: &str = "0.38.25";

/// Every method, for people who look.
pub(super) const METHODS: [&str; 17] = [
    "health",
    "status",
    "genesis",
    "validators",
    "consensus_params",
    "header",
    "commit",
    "block",
    "block_results",
    "tx",
    "tx_search",
    "abci_info",
    "abci_query",
    "broadcast_tx_sync",
    "broadcast_tx_async",
    "broadcast_tx_commit",
    "blockchain",
];

pub(super) fn call(engine: &Engine, method: &str, params: &Params) -> Result<Value, CallError> {
    match method {
        "health" => Ok(json!({})),
        "status" => status(engine),
        "genesis" => Ok(json!({"genesis": form::to_value(engine.document())?})),
        "validators" => validators(engine, params),
        "consensus_params" => consensus_params(engine, params),
        "header" => header(engine, params),
        "commit" => commit(engine, params),
        "block" => block(engine, params),
        "block_results" => block_results(engine, params),
        "blockchain" => blockchain(engine, params),
        "tx" => tx(engine, params),
        "tx_search" => tx_search(engine, params),
        "abci_info" => abci_info(engine),
        "abci_query" => abci_query(engine, params),
        _ => Err(CallError::Method),
    }
}

fn status(engine: &Engine) -> Result<Value, CallError> {
    let state = engine.state()?;
    let validator = state.validators.first().ok_or(NodeError::Validators)?;
    let (latest, earliest) = (point(engine, state.height)?, point(engine, 1)?);
    Ok(json!({
        "node_info": {
            "protocol_version": {"p2p": "8", "block": block::BLOCK_PROTOCOL.to_string(), "app": block::APP_VERSION.to_string()},
            "id": hex::encode(validator.address.as_bytes()),
            "listen_addr": "tcp://0.0.0.0:26656",
            "network": state.chain_id.to_string(),
            "version": COMETBFT_VERSION,
            "channels": "40202122233038606100",
            "moniker": "medrec-node",
            "other": {"tx_index": "on", "rpc_address": ""},
        },
        "sync_info": {
            "latest_block_hash": latest.hash,
            "latest_app_hash": latest.app_hash,
            "latest_block_height": latest.height,
            "latest_block_time": latest.time,
            "earliest_block_hash": earliest.hash,
            "earliest_app_hash": earliest.app_hash,
            "earliest_block_height": earliest.height,
            "earliest_block_time": earliest.time,
            "catching_up": false,
        },
        "validator_info": {
            "address": form::to_value(&validator.address)?,
            "pub_key": form::to_value(&validator.pub_key)?,
            "voting_power": validator.power().to_string(),
        },
    }))
}

struct Point {
    hash: String,
    app_hash: String,
    height: String,
    time: String,
}

fn point(engine: &Engine, height: u64) -> Result<Point, CallError> {
    let Some(block) = engine.block(height)? else {
        let time = "1970-01-01T00:00:00Z".into();
        return Ok(Point { hash: String::new(), app_hash: String::new(), height: "0".into(), time });
    };
    let header = block.header()?;
    Ok(Point {
        hash: form::upper_hex(header.hash().as_bytes()),
        app_hash: form::upper_hex(header.app_hash.as_bytes()),
        height: header.height.to_string(),
        time: header.time.to_rfc3339(),
    })
}

/// The height asked for, or the newest.
fn height(engine: &Engine, params: &Params) -> Result<u64, CallError> {
    let newest = engine.state()?.height;
    match params.number("height")? {
        None => Ok(newest),
        Some(0) => Err(CallError::NoAnswer("height must be greater than 0, but got 0".into())),
        Some(height) if height > newest => Err(CallError::NoAnswer(format!(
            "height {height} must be less than or equal to the current blockchain height {newest}"
        ))),
        Some(height) => Ok(height),
    }
}

fn stored(engine: &Engine, height: u64) -> Result<StoredBlock, CallError> {
    let block = engine.block(height)?;
    block.ok_or_else(|| CallError::NoAnswer(format!("height {height} is not available")))
}

fn header(engine: &Engine, params: &Params) -> Result<Value, CallError> {
    let block = stored(engine, height(engine, params)?)?;
    Ok(json!({"header": form::to_value(block.proto_header()?)?}))
}

fn commit(engine: &Engine, params: &Params) -> Result<Value, CallError> {
    let block = stored(engine, height(engine, params)?)?;
    let header = form::to_value(block.proto_header()?)?;
    // Final at once: there is one validator, and its vote is stored with the block.
    Ok(
        json!({"signed_header": {"header": header, "commit": form::to_value(&block.commit)?}, "canonical": true}),
    )
}

fn block(engine: &Engine, params: &Params) -> Result<Value, CallError> {
    let block = stored(engine, height(engine, params)?)?;
    Ok(json!({"block_id": form::to_value(&block.block_id)?, "block": form::block(block.proto()?)?}))
}

fn block_results(engine: &Engine, params: &Params) -> Result<Value, CallError> {
    let height = height(engine, params)?;
    let block = stored(engine, height)?;
    let results: Vec<Value> = block.results.iter().map(form::tx_result).collect();
    Ok(json!({
        "height": height.to_string(),
        "txs_results": results,
        "finalize_block_events": [],
        "validator_updates": null,
        "consensus_param_updates": null,
        "app_hash": form::base64(&block.app_hash_after),
    }))
}

/// Headers from `maxHeight` downwards, twenty at the most, as CometBFT gives them.
fn blockchain(engine: &Engine, params: &Params) -> Result<Value, CallError> {
    const MOST: u64 = 20;
    let newest = engine.state()?.height;
    let to = params.number("maxHeight")?.filter(|height| *height > 0).unwrap_or(newest).min(newest);
    let from = params.number("minHeight")?.unwrap_or(1).max(1).max((to + 1).saturating_sub(MOST));
    if from > to {
        return Err(CallError::NoAnswer(format!("min height {from} can't be greater than max height {to}")));
    }
    let meta = |height| {
        let block = stored(engine, height)?;
        Ok(json!({
            "block_id": form::to_value(&block.block_id)?,
            "block_size": prost::Message::encoded_len(block.proto()?).to_string(),
            "header": form::to_value(block.proto_header()?)?,
            "num_txs": block.txs().len().to_string(),
        }))
    };
    let metas = (from..=to).rev().map(meta).collect::<Result<Vec<_>, CallError>>()?;
    Ok(json!({"last_height": newest.to_string(), "block_metas": metas}))
}

fn validators(engine: &Engine, params: &Params) -> Result<Value, CallError> {
    let newest = engine.state()?.height;
    let height = params.number("height")?.unwrap_or(newest);
    // CometBFT knows them one height ahead too, and its light client asks.
    if height == 0 || height > newest + 1 {
        return Err(CallError::NoAnswer(format!(
            "height {height} must be from 1 to the current blockchain height {newest}"
        )));
    }
    let set = engine.validators_at(height)?;
    let set = set.ok_or_else(|| CallError::NoAnswer(format!("no validators at height {height}")))?;
    let page = params.page()?.of(set.validators());
    let shown = page.into_iter().map(form::validator).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({
        "block_height": height.to_string(),
        "validators": shown,
        "count": shown.len().to_string(),
        "total": set.validators().len().to_string(),
    }))
}

fn consensus_params(engine: &Engine, params: &Params) -> Result<Value, CallError> {
    let height = height(engine, params)?;
    // They never change after genesis.
    let values = form::to_value(&engine.document().consensus_params)?;
    Ok(json!({"block_height": height.to_string(), "consensus_params": values}))
}

fn tx(engine: &Engine, params: &Params) -> Result<Value, CallError> {
    let hash = params.hash("hash")?;
    let snapshot = engine.snapshot()?;
    let Some((height, place)) = snapshot.find_tx(&hash)? else {
        return Err(CallError::NoAnswer(format!("tx ({}) not found", form::upper_hex(&hash))));
    };
    let block =
        snapshot.block(height)?.ok_or(NodeError::Damaged("the index names a block that is missing"))?;
    form::tx(&block, height, place, params.flag("prove"))
}

/// Transactions of one height: `tx.height=N`.
fn tx_search(engine: &Engine, params: &Params) -> Result<Value, CallError> {
    let query: String = params.text("query").unwrap_or_default().split_whitespace().collect();
    let height =
        query.strip_prefix("tx.height=").and_then(|height| height.trim_matches('\'').parse::<u64>().ok());
    let height =
        height.ok_or_else(|| CallError::Params("only queries of the form tx.height=N are served".into()))?;
    let block = engine.block(height)?.unwrap_or_default();
    let count = u32::try_from(block.txs().len()).map_err(|_| NodeError::Damaged("too many transactions"))?;
    let mut places: Vec<u32> = (0..count).collect();
    if params.text("order_by") == Some("desc") {
        places.reverse();
    }
    let page = params.page()?.of(places);
    let shown = page.into_iter().map(|place| form::tx(&block, height, place, params.flag("prove")));
    let shown = shown.collect::<Result<Vec<_>, _>>()?;
    Ok(json!({"txs": shown, "total_count": count.to_string()}))
}

fn abci_info(engine: &Engine) -> Result<Value, CallError> {
    let info = engine.app().info()?;
    Ok(json!({"response": {
        "data": info.data,
        "version": info.version,
        "app_version": info.app_version.to_string(),
        "last_block_height": info.last_block_height.to_string(),
        "last_block_app_hash": form::base64(&info.last_block_app_hash),
    }}))
}

fn abci_query(engine: &Engine, params: &Params) -> Result<Value, CallError> {
    let height = params.number("height")?.unwrap_or(0);
    let request = RequestQuery {
        data: params.hex("data")?.into(),
        path: params.text("path").unwrap_or_default().to_owned(),
        height: i64::try_from(height).map_err(|_| CallError::Params("height is too large".into()))?,
        prove: params.flag("prove"),
    };
    match engine.app().handle(Request::Query(request))? {
        Response::Query(response) => Ok(json!({"response": form::query(&response)})),
        _ => Err(NodeError::Incomplete("Query was answered with something else").into()),
    }
}
