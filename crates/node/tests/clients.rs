//! The embedded engine as clients that nobody here wrote see it: tendermint_rpc's HttpClient and CometBFT's
//! light-client rules.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use common::{Running, World, get, height, light_block, now, post, proved_leaf, quick, run, verify};
use medrec_ledger::testing::{sample, sample::Actor};
use medrec_node::{engine::Pace, genesis};
use medrec_protocol::{
    actions::Refusal,
    codec,
    genesis::AppState,
    log::{InclusionProof, LogEntry, LogId, leaf_hash},
    query::{self, InclusionQuery, LogEntries, LogRange},
    state::{DirectoryLeaf, ProviderLeaf, RelationshipLeaf, StateKey, decode_leaf},
};
use serde_json::{Value, json};
use tendermint::{Hash, Time, block::Height};
use tendermint_light_client_verifier::Verdict;
use tendermint_rpc::{Client, Order};

async fn accepted(node: &Running, tx: Vec<u8>) -> u64 {
    let done = node.client.broadcast_tx_commit(tx).await.unwrap();
    assert!(done.check_tx.code.is_ok() && done.tx_result.code.is_ok(), "{done:?}");
    done.height.value()
}

async fn past(node: &Running, height: u64) {
    let mut sealed = node.engine.watch();
    let reached = sealed.wait_for(|newest| *newest > height);
    tokio::time::timeout(Duration::from_secs(20), reached).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_light_client_accepts_every_block_one_by_one_and_in_leaps() {
    let world = World::new();
    let node = run(&world, quick()).await;
    for number in 0..12 {
        let patient = Actor::patient(number);
        accepted(&node, world.open(&patient)).await;
        for record in 0..number % 4 {
            let sent = node
                .client
                .broadcast_tx_sync(world.publish(&patient, &[u8::try_from(record).unwrap()]))
                .await;
            assert!(sent.unwrap().code.is_ok());
        }
        let granted = accepted(&node, world.grant(&patient, number)).await;
        past(&node, granted).await;
    }
    let newest = height(&node.client).await;
    assert!(newest >= 40, "{newest} blocks");
    let mut blocks = Vec::new();
    for height in 1..=newest {
        blocks.push(light_block(&node.client, height).await);
    }
    for pair in blocks.windows(2) {
        assert_eq!(verify(&pair[1], &pair[0]), Verdict::Success);
        let (old, new) = (&pair[0].signed_header, &pair[1].signed_header);
        assert_eq!(new.header.last_block_id.unwrap().hash, old.header.hash());
        assert!(new.header.time > old.header.time, "time goes on");
    }
    let last = blocks.len() - 1;
    for (from, to) in [(0, last), (0, 5), (3, last - 7), (last / 2, last)] {
        assert_eq!(verify(&blocks[to], &blocks[from]), Verdict::Success, "from {from} to {to}");
    }
    // What the rules are there for: none of these is accepted.
    let refused = |change: &dyn Fn(&mut tendermint_light_client_verifier::types::LightBlock)| {
        let mut forged = blocks[8].clone();
        change(&mut forged);
        assert_ne!(verify(&forged, &blocks[4]), Verdict::Success);
    };
    refused(&|block| block.signed_header.header.app_hash = vec![1; 32].try_into().unwrap());
    refused(&|block| block.signed_header.header.data_hash = Some(Hash::Sha256([3; 32])));
    refused(&|block| block.signed_header.header.chain_id = "other-1".parse().unwrap());
    refused(&|block| block.signed_header.commit = blocks[7].signed_header.commit.clone());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_answers_the_typed_client() {
    let world = World::new();
    let node = run(&world, quick()).await;
    let client = &node.client;
    let patient = Actor::patient(1);
    let done = client.broadcast_tx_commit(world.open(&patient)).await.unwrap();
    let refused = client.broadcast_tx_sync(world.revoke(&Actor::patient(2), 1)).await.unwrap();
    assert_eq!(refused.code.value(), Refusal::UnknownSigner.code(), "{}", refused.log);

    client.health().await.unwrap();
    let status = client.status().await.unwrap();
    assert_eq!(status.node_info.network.as_str(), "node-test-1");
    assert!(!status.sync_info.catching_up);
    assert_eq!(status.sync_info.earliest_block_height.value(), 1);
    let document: tendermint::Genesis<AppState> = client.genesis().await.unwrap();
    assert_eq!(
        genesis::of_document(&document).unwrap().identity(),
        world.chain,
        "its hash, from the outside"
    );
    let block = client.block(done.height).await.unwrap();
    assert_eq!(block.block_id.hash, block.block.header.hash());
    assert_eq!(block.block.data.len(), 1);
    assert!(client.block(1u32).await.unwrap().block.last_commit.is_none());
    assert_eq!(client.header(done.height).await.unwrap().header, block.block.header);
    let results = client.block_results(done.height).await.unwrap();
    let results = results.txs_results.unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(results[0].events[0].kind, "medrec");
    let tx = client.tx(done.hash, true).await.unwrap();
    assert_eq!((tx.height, tx.index), (done.height, 0));
    assert_eq!(tx.proof.unwrap().root_hash, block.block.header.data_hash.unwrap());
    assert!(client.tx(Hash::Sha256([9; 32]), false).await.is_err());
    let found: tendermint_rpc::query::Query = format!("tx.height = {}", done.height).parse().unwrap();
    let found = client.tx_search(found, true, 1, 30, Order::Ascending).await.unwrap();
    assert_eq!((found.total_count, found.txs[0].hash), (1, done.hash));
    let chain = client.blockchain(1u32, 3u32).await.unwrap();
    assert_eq!(chain.block_metas.len(), 3);
    assert_eq!(chain.block_metas[0].header.height.value(), 3);
    let params = client.consensus_params(done.height).await.unwrap();
    assert_eq!(params.consensus_params, document.consensus_params);
    let info = client.abci_info().await.unwrap();
    assert_eq!(info.data, "medrec-ledger");
    let latest = client.latest_commit().await.unwrap();
    assert!(latest.canonical);
    let next =
        client.validators(Height::try_from(height(client).await + 1).unwrap(), tendermint_rpc::Paging::All);
    assert_eq!(next.await.unwrap().total, 1);
    assert!(client.commit(100_000u32).await.is_err());
    let async_tx = client.broadcast_tx_async(world.publish(&patient, b"x")).await.unwrap();
    assert!(async_tx.code.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaf_is_proved_under_the_next_header_and_a_stranger_is_proved_absent() {
    let world = World::new();
    let node = run(&world, quick()).await;
    let directory = proved_leaf(&node.client, &StateKey::Directory.encode(), 1).await.unwrap();
    assert_eq!(decode_leaf::<DirectoryLeaf>(&directory).unwrap().log.size(), 3);
    let key = StateKey::Provider(world.publisher.provider_address()).encode();
    let provider = proved_leaf(&node.client, &key, 1).await.unwrap();
    let provider: ProviderLeaf = decode_leaf(&provider).unwrap();
    assert_eq!(provider.provider, sample::provider_entry(&world.publisher));
    let patient = Actor::patient(1);
    let key = StateKey::Relationship(patient.relationship()).encode();
    assert_eq!(proved_leaf(&node.client, &key, 1).await, None);
    let opened = accepted(&node, world.open(&patient)).await;
    let granted = accepted(&node, world.grant(&patient, 1)).await;
    past(&node, granted).await;
    let leaf = proved_leaf(&node.client, &key, granted).await.unwrap();
    assert_eq!(decode_leaf::<RelationshipLeaf>(&leaf).unwrap().grants.len(), 1);
    let older = proved_leaf(&node.client, &key, opened).await.unwrap();
    assert_eq!(decode_leaf::<RelationshipLeaf>(&older).unwrap().log.size(), 1, "the past can be asked about");
    assert_eq!(proved_leaf(&node.client, &key, opened - 1).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_answered_whole_and_each_entry_is_proved() {
    let world = World::new();
    let node = run(&world, quick()).await;
    let patient = Actor::patient(1);
    accepted(&node, world.open(&patient)).await;
    let mut last = 0;
    for record in 0..5u8 {
        last = accepted(&node, world.publish(&patient, &[record])).await;
    }
    past(&node, last).await;
    let log = LogId::Relationship(patient.relationship());
    let ask = async |path: &str, data: Vec<u8>| {
        node.client.abci_query(Some(path.into()), data, None, false).await.unwrap()
    };
    let range = LogRange { log, from: 0, count: 100 };
    let entries = ask(query::LOG, codec::encode(&range)).await;
    let LogEntries(entries) = LogEntries::decode(&entries.value).unwrap();
    assert_eq!(entries.len(), 6);
    let leaf = proved_leaf(&node.client, &StateKey::of_log(&log).encode(), last).await.unwrap();
    let frontier = decode_leaf::<RelationshipLeaf>(&leaf).unwrap().log;
    for (index, entry) in (0u64..).zip(&entries) {
        LogEntry::decode(entry).unwrap();
        let wanted = InclusionQuery { log, index, size: 6 };
        let proof = ask(query::LOG_INCLUSION, codec::encode(&wanted)).await;
        InclusionProof::decode(&proof.value).unwrap().verify(leaf_hash(entry), &frontier).unwrap();
    }
    // What cannot be answered says so.
    for (path, data) in [
        ("/nowhere", codec::encode(&range)),
        (query::LOG, b"no range".to_vec()),
        (query::LOG, vec![0; 1000]),
        (query::LOG_INCLUSION, codec::encode(&InclusionQuery { log, index: 6, size: 6 })),
        (query::LOG_INCLUSION, codec::encode(&InclusionQuery { log, index: 0, size: 7 })),
        (
            query::LOG,
            codec::encode(&LogRange { log: LogId::Relationship(Actor::patient(9).relationship()), ..range }),
        ),
        (query::STATE, Vec::new()),
    ] {
        let answer = ask(path, data).await;
        assert!(answer.code.is_err() && !answer.log.is_empty() && answer.value.is_empty(), "{path}");
    }
    let ahead = Height::try_from(height(&node.client).await + 1000).unwrap();
    let key = StateKey::Chain.encode();
    let answer = node.client.abci_query(Some(query::STATE.into()), key, Some(ahead), true).await.unwrap();
    assert!(answer.code.is_err(), "the future");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_changes_the_state_is_followed_by_its_proof_at_once_and_then_by_silence() {
    let world = World::new();
    let node = run(&world, Pace { heartbeat: Duration::from_mins(10), ..quick() }).await;
    assert_eq!(height(&node.client).await, 2, "two blocks at genesis");
    let included = accepted(&node, world.open(&Actor::patient(1))).await;
    past(&node, included).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(height(&node.client).await, included + 1, "one proof block, and no more");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_ledger_has_a_young_header_all_the_time() {
    let world = World::new();
    let heartbeat = Duration::from_millis(200);
    let node = run(&world, Pace { heartbeat, ..quick() }).await;
    let before = height(&node.client).await;
    let root = light_block(&node.client, before).await.signed_header.header.app_hash;
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let newest = node.client.status().await.unwrap().sync_info.latest_block_time;
        let age = Time::now().duration_since(newest).unwrap();
        assert!(age < 10 * heartbeat, "{age:?}");
    }
    let after = height(&node.client).await;
    assert!(after >= before + 4, "{before} → {after}");
    assert_eq!(light_block(&node.client, after).await.signed_header.header.app_hash, root, "nothing changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_taken_once() {
    let world = World::new();
    let node = run(&world, quick()).await;
    let tx = world.open(&Actor::patient(1));
    accepted(&node, tx.clone()).await;
    let again = node.client.broadcast_tx_sync(tx).await.unwrap_err();
    assert!(again.to_string().contains("tx already exists in cache"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_senders_at_once_lose_nothing() {
    let world = World::new();
    let node = run(&world, quick()).await;
    let patients: Vec<Actor> = (0..8).map(Actor::patient).collect();
    for patient in &patients {
        accepted(&node, world.open(patient)).await;
    }
    let send = async |patient: &Actor| {
        for record in 0..10u8 {
            accepted(&node, world.publish(patient, &[record])).await;
        }
    };
    tokio::join!(
        send(&patients[0]),
        send(&patients[1]),
        send(&patients[2]),
        send(&patients[3]),
        send(&patients[4]),
        send(&patients[5]),
        send(&patients[6]),
        send(&patients[7]),
    );
    let newest = height(&node.client).await;
    past(&node, newest - 1).await;
    for patient in &patients {
        let key = StateKey::Relationship(patient.relationship()).encode();
        let snapshot = node.engine.snapshot().unwrap();
        let leaf = medrec_ledger::Storage::leaf(&snapshot, &key).unwrap().unwrap();
        assert_eq!(decode_leaf::<RelationshipLeaf>(&leaf).unwrap().log.size(), 11);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_make_no_sense_get_an_error_and_harm_nothing() {
    let world = World::new();
    let node = run(&world, quick()).await;
    let url = node.url.clone();
    let checks = tokio::task::spawn_blocking(move || {
        let code = |body: &str| -> i64 {
            let (status, answer) = post(&url, body);
            assert_eq!(status, 200, "{answer}");
            let answer: Value = serde_json::from_str(&answer).unwrap();
            answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("no error: {answer}"))
        };
        let call = |method: &str, params: Value| {
            code(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string())
        };
        assert_eq!(code("{"), -32700);
        assert_eq!(code("[]"), -32600);
        assert_eq!(code("{}"), -32600);
        assert_eq!(call("unsafe_flush_mempool", json!({})), -32601);
        assert_eq!(call("commit", json!({"height": "-1"})), -32602);
        assert_eq!(call("commit", json!({"height": [1]})), -32602);
        assert_eq!(call("commit", json!({"height": "0"})), -32603);
        assert_eq!(call("commit", json!(["1"])), -32602);
        assert_eq!(call("block", json!({"height": u64::MAX.to_string()})), -32603);
        assert_eq!(call("validators", json!({"page": "0"})), -32602);
        assert_eq!(call("tx", json!({"hash": "AQI="})), -32602);
        assert_eq!(call("tx_search", json!({"query": "app.key='x'"})), -32602);
        assert_eq!(call("broadcast_tx_sync", json!({"tx": "***"})), -32602);
        let long = "A".repeat(100_000);
        assert_eq!(call("broadcast_tx_commit", json!({"tx": long})), -32602);
        assert_eq!(call("abci_query", json!({"path": "/state", "data": "zz"})), -32602);
        assert_eq!(
            call("abci_query", json!({"path": "/state", "data": "00", "height": u64::MAX.to_string()})),
            -32602
        );
        let (status, _) = post(&url, &format!("\"{}\"", "x".repeat(300_000)));
        assert_eq!(status, 413, "a body that is too long");
        assert_eq!(get(&url, "/nothing").0, 500);
        let (status, answer) = get(&url, "/block?height=1");
        assert_eq!(status, 200, "{answer}");
        let (status, answer) = get(&url, "/abci_query?path=%22/state%22&data=0x63&prove=true");
        assert!(status == 200 && answer.contains("jmt:sha256:v1"), "{answer}");
        assert_eq!(get(&url, "/health").0, 200);
    });
    checks.await.unwrap();
    accepted(&node, world.open(&Actor::patient(1))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outdated_or_too_long_valid_transaction_is_refused() {
    let world = World::new();
    let node = run(&world, quick()).await;
    let open = sample::open(&world.chain, &world.publisher, &Actor::patient(1));
    for (number, valid_until, expected) in
        [(900, now().seconds() - 60, Refusal::Expired), (901, now().seconds() + 3600, Refusal::ValidTooLong)]
    {
        let nonce = medrec_protocol::state::Nonce::from_bytes(u128::to_be_bytes(number));
        let until = medrec_protocol::Timestamp::from_seconds(valid_until);
        let tx = world.publisher.sign(&world.chain, nonce, until, vec![open.clone()]);
        assert_eq!(node.client.broadcast_tx_sync(tx).await.unwrap().code.value(), expected.code());
    }
}
