//! The adapter over HTTP: recorded answers of real nodes, and servers that misbehave.

use std::path::PathBuf;

use medrec_client::{Height, HttpNode, Node as _, NodeError, http::MAX_ANSWER_BYTES, node::Query};
use medrec_protocol::{Hash32, query};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::world::http_node;

/// A server that answers every request with these bytes, head included.
async fn server(answer: Vec<u8>) -> HttpNode {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 8_192];
                let _ = socket.read(&mut request).await;
                let _ = socket.write_all(&answer).await;
            });
        }
    });
    http_node(port)
}

fn http(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

async fn answering(body: &str) -> HttpNode {
    server(http("200 OK", body.as_bytes())).await
}

/// What a real CometBFT 0.38 node answered; these recordings ship inside the tendermint-rpc crate.
async fn recorded(name: &str) -> HttpNode {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .exec()
        .expect("cargo metadata");
    let package = metadata.packages.iter().find(|package| package.name.as_str() == "tendermint-rpc").unwrap();
    let folder = PathBuf::from(package.manifest_path.parent().unwrap().as_str());
    let file = folder.join("tests/kvstore_fixtures/v0_38/incoming").join(format!("{name}.json"));
    answering(&std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
        .await
}

fn height(number: u64) -> Height {
    number.try_into().unwrap()
}

fn any_query() -> Query {
    Query { path: query::STATE, data: vec![1], height: Some(height(3)), prove: true }
}

#[tokio::test]
async fn a_recorded_header_of_a_real_node_is_read_and_its_votes_fit_it() {
    let signed = recorded("commit_at_height_10").await.header(height(10)).await.unwrap();
    assert_eq!(signed.header.height.value(), 10);
    assert_eq!(signed.header.hash(), signed.commit.block_id.hash);
}

#[tokio::test]
async fn a_recorded_query_of_a_real_node_is_read() {
    let answer = recorded("abci_query_with_existing_key").await.query(any_query()).await.unwrap();
    assert!(!answer.value.is_empty() && !answer.key.is_empty());
    assert!(answer.proof.is_empty());
}

#[tokio::test]
async fn a_recorded_acceptance_of_a_real_node_is_read() {
    let accepted = recorded("broadcast_tx_sync").await.submit(b"tx").await.unwrap();
    assert!(accepted.is_accepted());
}

#[tokio::test]
async fn an_answer_that_announces_too_much_is_not_read() {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", MAX_ANSWER_BYTES + 1);
    let error = server(head.into_bytes()).await.newest_header().await.unwrap_err();
    assert_eq!(error, NodeError::TooLarge { limit: MAX_ANSWER_BYTES });
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut() {
    let mut endless = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    endless.resize(MAX_ANSWER_BYTES + 100_000, b' ');
    let error = server(endless).await.newest_header().await.unwrap_err();
    assert_eq!(error, NodeError::TooLarge { limit: MAX_ANSWER_BYTES });
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = answering("{}").await;
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", target.name());
    let error = server(answer.into_bytes()).await.newest_header().await.unwrap_err();
    assert!(matches!(&error, NodeError::Unreachable { reason } if reason.contains("302")), "{error}");
}

#[tokio::test]
async fn a_silent_node_is_given_up_on() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let node = http_node(listener.local_addr().unwrap().port());
    let error = node.newest_header().await.unwrap_err();
    assert!(matches!(error, NodeError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_node_that_is_not_there_is_unreachable_with_a_reason() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let error = http_node(port).newest_header().await.unwrap_err();
    assert!(matches!(&error, NodeError::Unreachable { reason } if reason.contains("refused")), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_no_json_rpc_is_malformed() {
    for body in ["", "<html>", "{}", r#"{"jsonrpc":"2.0","id":1,"result":{}}"#] {
        let error = answering(body).await.newest_header().await.unwrap_err();
        assert!(matches!(error, NodeError::Malformed { .. }), "{body}: {error}");
    }
}

#[tokio::test]
async fn an_error_of_the_node_is_passed_on_in_its_words() {
    let body = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"Internal error","data":"height 9 is not available"}}"#;
    for status in ["200 OK", "500 Internal Server Error"] {
        let node = server(http(status, body.as_bytes())).await;
        let error = node.header(height(9)).await.unwrap_err();
        assert!(
            matches!(&error, NodeError::Refused { reason, .. } if reason.contains("height 9")),
            "{error}"
        );
        assert_eq!(node.find_tx(Hash32::new([1; 32])).await, Ok(None), "an unknown transaction is none");
    }
}

#[tokio::test]
async fn a_query_that_the_application_refuses_is_no_answer() {
    let body = r#"{"jsonrpc":"2.0","id":1,"result":{"response":{"code":1,"log":"pruned","index":"0","key":null,"value":null,"proofOps":null,"height":"0","codespace":""}}}"#;
    let error = answering(body).await.query(any_query()).await.unwrap_err();
    assert!(matches!(&error, NodeError::Refused { reason, .. } if reason.contains("pruned")), "{error}");
}

#[tokio::test]
async fn more_validators_than_a_ledger_may_have_are_not_asked_for() {
    let body = r#"{"jsonrpc":"2.0","id":1,"result":{"block_height":"3","validators":[],"count":"0","total":"100000"}}"#;
    let error = answering(body).await.validators(height(3)).await.unwrap_err();
    assert!(matches!(error, NodeError::Malformed { what: "validators", .. }), "{error}");
}
