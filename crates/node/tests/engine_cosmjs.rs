//! CosmJS, a client that nobody here wrote, reads a whole ledger of the embedded engine and computes every
//! hash and checks every vote again in JavaScript.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use std::process::Command;

use common::{World, height, quick, recordings, required, run};
use medrec_ledger::testing::sample::Actor;
use serde_json::Value;
use tendermint_rpc::Client;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs cosmjs: `cargo xtask test` installs it where npm is"]
async fn external_cosmjs_finds_every_hash_and_vote_right() {
    let folder = required("MEDREC_COSMJS");
    let world = World::new();
    let node = run(&world, quick()).await;
    for number in 0..10 {
        let patient = Actor::patient(number);
        let opened = node.client.broadcast_tx_commit(world.open(&patient)).await.unwrap();
        assert!(opened.tx_result.code.is_ok());
        for record in 0..3u8 {
            let sent = node.client.broadcast_tx_sync(world.publish(&patient, &[record])).await.unwrap();
            assert!(sent.code.is_ok());
        }
    }
    let newest = height(&node.client).await;
    let mut check = Command::new("node");
    check.arg(folder.join("check.mjs")).arg(&node.url).arg(recordings("v0_38"));
    let output = tokio::task::spawn_blocking(move || check.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    println!("{said}");
    let checked: Value = serde_json::from_str(said.trim()).unwrap();
    assert!(checked["heights"].as_u64().unwrap() >= newest);
    assert!(checked["votes"].as_u64().unwrap() >= newest);
    assert!(checked["transactions"].as_u64().unwrap() > 30);
    assert_eq!(checked["recorded"], true);
}
