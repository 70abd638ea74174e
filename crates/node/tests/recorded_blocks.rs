//! Our hashing against what real CometBFT nodes computed: recorded answers that ship inside the tendermint-rpc
//! crate (Apache-2.0). Not one hash here comes from our own code.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use common::recordings;
use medrec_node::engine::block::{
    commit_hash, data_hash, median_time, merkle_root, params_hash, part_set_header, results_hash, to_proto,
};
use serde_json::Value;
use tendermint::{
    Genesis,
    block::{Block, signed_header::SignedHeader},
    consensus, validator,
};
use tendermint_light_client_verifier::{ProdVerifier, Verdict, types::LightBlock};
use tendermint_proto::v0_38::{abci::ExecTxResult, types as pb};

fn recorded(folder: &std::path::Path, name: &str) -> Value {
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["result"].clone()
}

/// Compares every hash of one block, and says how many.
fn compare(block: &Value, id: &Value) -> usize {
    let raw: pb::Block = serde_json::from_value(block.clone()).unwrap();
    let block: Block = raw.try_into().unwrap();
    let header = &block.header;
    assert_eq!(header.data_hash, Some(data_hash(&block.data)));
    assert_eq!(header.last_commit_hash, Some(commit_hash(block.last_commit.as_ref())));
    assert_eq!(header.hash().to_string(), id["hash"].as_str().unwrap());
    let parts = part_set_header(&to_proto(&block)).unwrap();
    assert_eq!(
        parts.hash.to_string(),
        id["parts"]["hash"].as_str().unwrap(),
        "parts of block {}",
        header.height
    );
    assert_eq!(Some(u64::from(parts.total)), id["parts"]["total"].as_u64());
    assert_eq!(header.evidence_hash, Some(merkle_root(&[])));
    5
}

#[test]
fn every_recorded_block_hashes_as_its_node_hashed_it() {
    let folder = recordings("v0_38");
    let mut compared = 0;
    for name in ["block_at_height_0", "block_at_height_1", "block_at_height_10", "block_by_hash"] {
        let answer = recorded(&folder, name);
        if answer["block"].is_object() {
            compared += compare(&answer["block"], &answer["block_id"]);
        }
    }
    for block in recorded(&folder, "block_search")["blocks"].as_array().unwrap() {
        compared += compare(&block["block"], &block["block_id"]);
    }
    for number in 0..5 {
        let event = recorded(&folder, &format!("subscribe_newblock_{number}"));
        if let (Some(block), Some(id)) =
            (event.pointer("/data/value/block"), event.pointer("/data/value/block_id"))
        {
            compared += compare(block, id);
        }
    }
    println!("{compared} hashes of CometBFT v0.38 are equal");
    assert!(compared > 40, "{compared}");
}

#[test]
fn blocks_of_the_older_release_hash_as_their_node_hashed_them() {
    let folder = recordings("v0_37");
    let answer = recorded(&folder, "block_search");
    let blocks = answer["blocks"].as_array().unwrap();
    let compared: usize = blocks.iter().map(|block| compare(&block["block"], &block["block_id"])).sum();
    println!("{compared} hashes of CometBFT v0.37 are equal");
    assert!(compared > 40, "{compared}");
    // A header after a block with one result in which nothing is set.
    let one =
        ExecTxResult { log: "does not count".into(), codespace: "neither".into(), ..Default::default() };
    let hash = results_hash(&[one]).to_string();
    assert!(answer.to_string().contains(&hash), "{hash} stands in a recorded header");
}

#[test]
fn validators_parameters_and_vote_are_those_of_the_recorded_node() {
    let folder = recordings("v0_38");
    let genesis = recorded(&folder, "genesis")["genesis"].clone();
    let genesis: Genesis<Option<Value>> = serde_json::from_value(genesis).unwrap();
    let header = recorded(&folder, "block_at_height_1")["block"]["header"].clone();
    let set = validator::Set::without_proposer(genesis.validators);
    assert_eq!(set.hash().to_string(), header["validators_hash"].as_str().unwrap());
    let params = recorded(&folder, "consensus_params")["consensus_params"].clone();
    let params: consensus::Params = serde_json::from_value(params).unwrap();
    assert_eq!(params_hash(&params).to_string(), header["consensus_hash"].as_str().unwrap());
    let signed = recorded(&folder, "commit_at_height_10")["signed_header"].clone();
    let signed: SignedHeader = serde_json::from_value(signed).unwrap();
    let block = LightBlock::new(signed, set.clone(), set, tendermint::node::Id::new([0; 20]));
    let verifier = ProdVerifier::default();
    assert_eq!(verifier.verify_commit(&block.as_untrusted_state()), Verdict::Success);
}

#[test]
fn header_time_is_the_median_of_the_votes_before() {
    let folder = recordings("v0_38");
    let genesis = recorded(&folder, "genesis")["genesis"].clone();
    let genesis: Genesis<Option<Value>> = serde_json::from_value(genesis).unwrap();
    let answer = recorded(&folder, "block_search");
    let mut compared = 0;
    for block in answer["blocks"].as_array().unwrap() {
        let raw: pb::Block = serde_json::from_value(block["block"].clone()).unwrap();
        let block: Block = raw.try_into().unwrap();
        if let Some(commit) = &block.last_commit {
            assert_eq!(median_time(commit, &genesis.validators), Some(block.header.time));
            compared += 1;
        }
    }
    assert!(compared > 5, "{compared}");
}

#[test]
fn results_stand_in_the_next_header_as_recorded() {
    let folder = recordings("v0_38");
    let events: Vec<Value> =
        (0..5).map(|number| recorded(&folder, &format!("subscribe_newblock_{number}"))).collect();
    let height = |event: &Value| -> Option<u64> {
        event.pointer("/data/value/block/header/height")?.as_str()?.parse().ok()
    };
    let mut compared = 0;
    for pair in events.windows(2) {
        let (Some(first), Some(second)) = (height(&pair[0]), height(&pair[1])) else { continue };
        if second != first + 1 {
            continue;
        }
        let results =
            pair[0].pointer("/data/value/result_finalize_block/tx_results").and_then(Value::as_array);
        let results: Vec<ExecTxResult> = results.into_iter().flatten().map(result).collect();
        let next = pair[1].pointer("/data/value/block/header/last_results_hash").unwrap();
        assert_eq!(results_hash(&results).to_string(), next.as_str().unwrap());
        compared += 1;
    }
    assert!(compared > 2, "{compared}");
}

fn result(json: &Value) -> ExecTxResult {
    let number = |name: &str| json[name].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
    ExecTxResult {
        code: json["code"].as_u64().and_then(|code| u32::try_from(code).ok()).unwrap_or(0),
        data: json["data"].as_str().map(|data| STANDARD.decode(data).unwrap()).unwrap_or_default().into(),
        gas_wanted: number("gas_wanted"),
        gas_used: number("gas_used"),
        ..ExecTxResult::default()
    }
}
