//! The port over CometBFT's JSON-RPC (v0.38), with `tendermint-rpc`'s messages. Answers are read up to a bound
//! and within a time; redirects are not followed; nothing of a transaction is logged. (LC-23)

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::StreamExt as _;
use medrec_protocol::{genesis::AppState, tx::TxId};
use reqwest::{Client, StatusCode, header, redirect};
use tendermint::{
    Hash,
    block::{self, signed_header::SignedHeader},
    validator,
};
use tendermint_rpc::{
    Response as _, SimpleRequest,
    dialect::v0_38::Dialect,
    endpoint::{abci_query, broadcast::tx_sync, commit, genesis, tx, validators},
    error::ErrorDetail,
};

use crate::{
    error::ClientError,
    head::Height,
    network::{NamedNode, NetworkFile, NodeUrl},
    node::{MAX_VALIDATORS, Node, NodeError, ProofOperation, Query, QueryAnswer, ResultCode, TxPlace},
    verify::genesis::GenesisDocument,
};

/// Longest answer that is read: a full page of a log in base64, with room to spare.
pub const MAX_ANSWER_BYTES: usize = 4 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
const VALIDATORS_PER_PAGE: u8 = 100;
/// Longest piece of a node's own words that is passed on.
const MAX_WORDS: usize = 200;

/// A node behind HTTP.
#[derive(Clone, Debug)]
pub struct HttpNode {
    name: String,
    operator: String,
    url: NodeUrl,
    http: Client,
}

impl HttpNode {
    /// A node at this address.
    pub fn new(url: NodeUrl) -> Result<Self, ClientError> {
        Self::with_timeouts(url, CONNECT_TIMEOUT, ANSWER_TIMEOUT)
    }

    /// A node of a network file, called by its operator and address.
    pub fn named(node: &NamedNode) -> Result<Self, ClientError> {
        Ok(Self { name: node.to_string(), operator: node.operator(), ..Self::new(node.address.clone())? })
    }

    /// A node at this address that is waited for at most so long: for a connection, and for a whole answer.
    pub fn with_timeouts(url: NodeUrl, connect: Duration, answer: Duration) -> Result<Self, ClientError> {
        let builder =
            Client::builder().connect_timeout(connect).timeout(answer).redirect(redirect::Policy::none());
        let builder = if url.is_loopback() { builder.no_proxy() } else { builder };
        let http = builder.build().map_err(|error| ClientError::Transport(error.to_string()))?;
        Ok(Self { name: url.to_string(), operator: url.to_string(), url, http })
    }

    /// All nodes of a network file, in its order: primary first.
    pub fn all_of(network: &NetworkFile) -> Result<Vec<Arc<dyn Node>>, ClientError> {
        let node = |node: &NamedNode| Ok(Arc::new(Self::named(node)?) as Arc<dyn Node>);
        network.nodes.iter().map(node).collect()
    }

    async fn call<R>(&self, what: &'static str, request: R) -> Result<R::Output, NodeError>
    where
        R: SimpleRequest<Dialect>,
    {
        let request = self
            .http
            .post(self.url.as_url().clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(request.into_json());
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        let body = bounded_body(answer).await?;
        // CometBFT answers errors of its own with status 500 and a JSON-RPC body.
        if status != StatusCode::OK && status != StatusCode::INTERNAL_SERVER_ERROR {
            return Err(NodeError::Unreachable { reason: format!("HTTP status {status}") });
        }
        R::Response::from_string(&body).map(Into::into).map_err(|error| match error.detail() {
            ErrorDetail::Response(refused) => {
                NodeError::Refused { what, reason: clipped(&refused.source.to_string()) }
            }
            other => NodeError::Malformed { what, reason: clipped(&other.to_string()) },
        })
    }

    async fn commit(&self, request: commit::Request) -> Result<SignedHeader, NodeError> {
        Ok(self.call("a header", request).await?.signed_header)
    }
}

#[async_trait]
impl Node for HttpNode {
    fn name(&self) -> &str {
        &self.name
    }

    fn operator(&self) -> &str {
        &self.operator
    }

    async fn genesis(&self) -> Result<GenesisDocument, NodeError> {
        let request = genesis::Request::<AppState>::default();
        let genesis = self.call("genesis", request).await?.genesis;
        Ok(GenesisDocument {
            chain_id: genesis.chain_id.to_string(),
            time: genesis.genesis_time,
            initial_height: genesis.initial_height,
            validators: genesis.validators,
            app_state: genesis.app_state,
        })
    }

    async fn newest_header(&self) -> Result<SignedHeader, NodeError> {
        self.commit(commit::Request::default()).await
    }

    async fn header(&self, height: Height) -> Result<SignedHeader, NodeError> {
        self.commit(commit::Request::new(height_of(height)?)).await
    }

    async fn validators(&self, height: Height) -> Result<Vec<validator::Info>, NodeError> {
        let mut all = Vec::new();
        for page in 1.. {
            let page = Some(page.into());
            let size = Some(VALIDATORS_PER_PAGE.into());
            let request = validators::Request::new(Some(height_of(height)?), page, size);
            let answer = self.call("validators", request).await?;
            let total = usize::try_from(answer.total).unwrap_or(0);
            if total > MAX_VALIDATORS || answer.validators.is_empty() {
                let reason = format!("{total} validators are announced, {} came", all.len());
                return Err(NodeError::Malformed { what: "validators", reason });
            }
            all.extend(answer.validators);
            if all.len() >= total {
                break;
            }
        }
        Ok(all)
    }

    async fn query(&self, query: Query) -> Result<QueryAnswer, NodeError> {
        let height = query.height.map(height_of).transpose()?;
        let request = abci_query::Request::new(Some(query.path.into()), query.data, height, query.prove);
        let answer = self.call(query.path, request).await?.response;
        if answer.code.is_err() {
            let reason = format!("code {}: {}", answer.code.value(), clipped(&answer.log));
            return Err(NodeError::Refused { what: query.path, reason });
        }
        let operations = answer.proof.map(|proof| proof.ops).unwrap_or_default();
        let operation = |op: tendermint::merkle::proof::ProofOp| ProofOperation {
            kind: op.field_type,
            key: op.key,
            data: op.data,
        };
        Ok(QueryAnswer {
            height: Height::try_from(answer.height.value()).ok(),
            key: answer.key,
            value: answer.value,
            proof: operations.into_iter().map(operation).collect(),
        })
    }

    async fn submit(&self, tx: &[u8]) -> Result<ResultCode, NodeError> {
        let answer = self.call("a transaction", tx_sync::Request::new(tx)).await?;
        Ok(ResultCode(answer.code.value()))
    }

    async fn find_tx(&self, id: TxId) -> Result<Option<TxPlace>, NodeError> {
        let request = tx::Request::new(Hash::Sha256(*id.as_bytes()), false);
        let answer = match self.call("a transaction", request).await {
            Ok(answer) => answer,
            // CometBFT says with an error that it knows no such transaction.
            Err(NodeError::Refused { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let height = Height::try_from(answer.height.value())
            .map_err(|error| NodeError::Malformed { what: "a transaction", reason: error.to_string() })?;
        Ok(Some(TxPlace { height, result: ResultCode(answer.tx_result.code.value()) }))
    }
}

/// Reads a body up to the bound; no more is taken from the network.
async fn bounded_body(answer: reqwest::Response) -> Result<Vec<u8>, NodeError> {
    let too_large = NodeError::TooLarge { limit: MAX_ANSWER_BYTES };
    if answer.content_length().is_some_and(|length| length > MAX_ANSWER_BYTES as u64) {
        return Err(too_large);
    }
    let (mut body, mut chunks) = (Vec::new(), answer.bytes_stream());
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(unreachable)?;
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// A failed connection with the reasons behind it; the address is in the node's name already.
fn unreachable(error: reqwest::Error) -> NodeError {
    let error = error.without_url();
    let mut reason = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        reason = format!("{reason}: {inner}");
        cause = inner.source();
    }
    NodeError::Unreachable { reason: clipped(&reason) }
}

fn height_of(height: Height) -> Result<block::Height, NodeError> {
    block::Height::try_from(height.get())
        .map_err(|error| NodeError::Malformed { what: "a height", reason: error.to_string() })
}

fn clipped(words: &str) -> String {
    words.chars().filter(|character| !character.is_control()).take(MAX_WORDS).collect()
}
