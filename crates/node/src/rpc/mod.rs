//! The part of CometBFT v0.38's JSON-RPC that wallets, gatekeepers and CometBFT's own tools need, over the
//! embedded engine: `POST /` with JSON-RPC 2.0, and `GET /<method>?name=value`. (docs/spec/node.md)
//!
//! Everything that comes in is bounded: body, time, requests at once. Blocking work runs on threads of
//! its own.

mod broadcast;
mod call;
mod form;
mod params;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::StatusCode,
    routing::{get, post},
};
use serde_json::{Value, json};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

use self::params::Params;
use crate::{
    NodeError,
    engine::{Engine, offers::Offers},
};

/// Longest request body in bytes: the longest transaction in base64, twice.
pub const MAX_BODY_BYTES: usize = 256 * 1024;
/// Requests that are worked on at once; others wait.
const MAX_CONCURRENT: usize = 512;
/// Longest time for one request. `broadcast_tx_commit` waits ten seconds of it at the most.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Why a call has no result, in the words of JSON-RPC 2.0.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Not a JSON-RPC request.
    #[error("Invalid request: {0}")]
    Request(&'static str),
    /// No such method here.
    #[error("Method not found")]
    Method,
    /// Arguments that do not fit.
    #[error("Invalid params: {0}")]
    Params(String),
    /// The arguments fit, and there is no answer.
    #[error("{0}")]
    NoAnswer(String),
    /// The node failed.
    #[error(transparent)]
    Node(#[from] NodeError),
}

impl CallError {
    fn to_json(&self) -> Value {
        let (code, message) = match self {
            Self::Request(_) => (-32600, "Invalid request"),
            Self::Method => (-32601, "Method not found"),
            Self::Params(_) => (-32602, "Invalid params"),
            Self::NoAnswer(_) | Self::Node(_) => (-32603, "Internal error"),
        };
        json!({"code": code, "message": message, "data": self.to_string()})
    }
}

/// What the methods work on.
#[derive(Clone)]
struct Node {
    engine: Arc<Engine>,
    offers: Offers,
}

/// The routes.
pub fn router(engine: Arc<Engine>) -> Router {
    Router::new()
        .route("/", post(by_post).get(overview))
        .route("/{method}", get(by_get))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(GlobalConcurrencyLimitLayer::new(MAX_CONCURRENT))
        // Outside the limit: waiting for a place counts.
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT))
        .layer(CatchPanicLayer::new())
        .with_state(Node { offers: Offers::to(engine.clone()), engine })
}

async fn overview() -> Json<Value> {
    Json(json!({"methods": call::METHODS}))
}

async fn by_post(State(node): State<Node>, body: axum::body::Bytes) -> Json<Value> {
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return Json(json!({
            "jsonrpc": "2.0",
            "id": null,
            "error": {"code": -32700, "message": "Parse error", "data": "the body is not JSON"},
        }));
    };
    let id = request.get("id").cloned().unwrap_or(Value::Null);
    let result = match method_and_params(&request) {
        Ok((method, params)) => dispatch(node, method, params).await,
        Err(error) => Err(error),
    };
    Json(reply(&id, &result))
}

fn method_and_params(request: &Value) -> Result<(String, Params), CallError> {
    if request.is_array() {
        return Err(CallError::Request("several requests in one are not served; send them one by one"));
    }
    let method =
        request.get("method").and_then(Value::as_str).ok_or(CallError::Request("it names no method"))?;
    let params = match request.get("params") {
        None | Some(Value::Null) => Params::default(),
        Some(Value::Object(params)) => Params::from_json(params.clone()),
        Some(Value::Array(params)) if params.is_empty() => Params::default(),
        Some(_) => return Err(CallError::Params("they need names".into())),
    };
    Ok((method.to_owned(), params))
}

async fn by_get(
    State(node): State<Node>,
    Path(method): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let result = dispatch(node, method, Params::from_uri(query)).await;
    let status = if result.is_ok() { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR };
    (status, Json(reply(&json!(-1), &result)))
}

async fn dispatch(node: Node, method: String, params: Params) -> Result<Value, CallError> {
    let Node { engine, offers } = node;
    match method.as_str() {
        "broadcast_tx_sync" => broadcast::until_checked(&offers, &params).await,
        "broadcast_tx_async" => broadcast::at_once(&offers, &params).await,
        "broadcast_tx_commit" => broadcast::until_committed(engine, &offers, &params).await,
        _ => {
            let task = tokio::task::spawn_blocking(move || call::call(&engine, &method, &params));
            task.await.unwrap_or(Err(CallError::Node(NodeError::Halted)))
        }
    }
}

fn reply(id: &Value, result: &Result<Value, CallError>) -> Value {
    match result {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(error) => {
            if let CallError::Node(error) = error {
                tracing::error!(%error, "a call failed");
            }
            json!({"jsonrpc": "2.0", "id": id, "error": error.to_json()})
        }
    }
}
