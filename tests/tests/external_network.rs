//! Several hospitals' nodes under CometBFT, on real processes that are killed: less than a third may fail, and never is
//! there a second history.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios may panic")]

mod network;

use std::time::Duration;

use medrec_ledger::testing::sample::Actor;
use network::{Acknowledged, Net, middle_and_longest};

/// Some records of a new patient, through one node.
async fn records(net: &Net, node: usize, patient: &Actor, count: u8) -> Vec<Acknowledged> {
    let mut acknowledged = vec![net.commit(node, &net.open(patient)).await.unwrap()];
    for number in 0..count {
        acknowledged.push(net.commit(node, &net.publish(patient, &[number])).await.unwrap());
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs cometbft: cargo xtask test installs it where Go is present"]
async fn external_cometbft_of_four_hospitals_goes_on_without_one_and_stops_without_two() {
    let net = Net::of(4);
    let patients = [Actor::patient(1), Actor::patient(2), Actor::patient(3)];
    let mut acknowledged = records(&net, 1, &patients[0], 10).await;
    let (middle, longest) = middle_and_longest(&acknowledged);
    println!("four validators: in a block after {middle:?} (middle), {longest:?} (longest)");

    net.kill(4);
    let without_one = records(&net, 2, &patients[1], 6).await;
    let (middle, longest) = middle_and_longest(&without_one);
    println!("one killed: in a block after {middle:?} (middle), {longest:?} (longest)");
    acknowledged.extend(without_one);
    net.start(4);
    println!("it caught up after {:?}", net.caught_up(4, 1).await);

    net.kill(3);
    net.kill(4);
    // A block that all four had voted for may still come.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let stopped = net.height(1).await.unwrap();
    let waiting = hex::encode(net.open(&patients[2]));
    let taken = net.ask(1, &format!("broadcast_tx_sync?tx=0x{waiting}")).await.unwrap();
    assert_eq!(taken["code"], 0, "{taken}");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(net.height(1).await.unwrap(), stopped, "two of four made a block");
    net.start(3);
    let resumed = net.until("it goes on", async || net.height(1).await.unwrap() > stopped + 1).await;
    println!("with two killed it stopped; it went on {resumed:?} after one was started");
    // The transaction that nobody acknowledged waited all the same.
    net.until("what waited is in a block", async || {
        net.commit(2, &net.publish(&patients[2], b"after")).await.map(|done| acknowledged.push(done)).is_ok()
    })
    .await;
    net.start(4);
    net.assert_whole(&[1, 2, 3, 4], &acknowledged, &patients).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs cometbft: cargo xtask test installs it where Go is present"]
async fn external_cometbft_of_seven_hospitals_goes_on_without_two() {
    let net = Net::of(7);
    let patients = [Actor::patient(1), Actor::patient(2)];
    let mut acknowledged = records(&net, 1, &patients[0], 3).await;
    net.kill(6);
    net.kill(7);
    let without_two = records(&net, 3, &patients[1], 6).await;
    let (middle, longest) = middle_and_longest(&without_two);
    println!("seven validators, two killed: in a block after {middle:?} (middle), {longest:?} (longest)");
    acknowledged.extend(without_two);
    net.start(6);
    net.start(7);
    net.assert_whole(&[1, 2, 3, 4, 5, 6, 7], &acknowledged, &patients).await;
}
