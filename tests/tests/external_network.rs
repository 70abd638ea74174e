//! Several hospitals' nodes under CometBFT, on real processes that are killed: less than a third may fail, and never is
//! there a second history.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "scenarios may panic"
)]

mod network;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use medrec_ledger::testing::sample::Actor;
use network::{Acknowledged, Net, middle_and_longest, until};

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
    let resumed = until("it goes on", async || net.height(1).await.unwrap() > stopped + 1).await;
    println!("with two killed it stopped; it went on {resumed:?} after one was started");
    // The transaction that nobody acknowledged waited all the same.
    until("what waited is in a block", async || {
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

/// Has a majority of the members move and vote.
async fn decide(net: &Net, members: &[usize], what: &[&str]) {
    let (first, others) = members.split_first().unwrap();
    let (motion, tx) = net.network.signed(*first, &[&["move"], what].concat()).unwrap();
    net.commit_hex(1, &tx).await.unwrap();
    for member in others {
        let (_, tx) = net.network.signed(*member, &["vote", &motion]).unwrap();
        net.commit_hex(1, &tx).await.unwrap();
    }
}

/// Keys and weights of the validators.
async fn validators(net: &Net, node: usize) -> Vec<(String, String)> {
    let answer = net.ask(node, "validators?per_page=100").await.unwrap();
    let one = |validator: &serde_json::Value| {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let key = STANDARD.decode(validator["pub_key"]["value"].as_str().unwrap()).unwrap();
        (hex::encode(key), text(&validator["voting_power"]))
    };
    answer["validators"].as_array().unwrap().iter().map(one).collect()
}

/// A node that begins with a snapshot of others, started and caught up.
async fn newcomer(net: &mut Net) -> usize {
    let height = net.height(1).await.unwrap();
    let block = net.ask(1, &format!("commit?height={}", height - 1)).await.unwrap();
    let hash = block["signed_header"]["commit"]["block_id"]["hash"].as_str().unwrap().to_owned();
    let peers = [1, 2, 3].map(|node| net.peers[node - 1].clone());
    let mut words =
        vec!["--trust-height".to_owned(), (height - 1).to_string(), "--trust-hash".to_owned(), hash];
    words.extend(peers.into_iter().flat_map(|peer| ["--peer".to_owned(), peer]));
    for node in [1, 2] {
        words.extend(["--sync-from".to_owned(), format!("http://{}", net.network.rpc(node))]);
    }
    let node = net.network.join(&words).unwrap();
    net.start(node);
    node
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs cometbft: cargo xtask test installs it where Go is present"]
async fn external_cometbft_admits_a_hospital_by_vote_which_begins_with_a_snapshot() {
    let mut net = Net::laid_out(4, &["--snapshot-interval", "5"]);
    net.remember_peers();
    net.network.start_all(&net.processes).unwrap();
    let patients = [Actor::patient(1), Actor::patient(2)];
    let mut wallet = net.light(1);
    wallet.update(network::now()).await.unwrap();
    let mut acknowledged = records(&net, 1, &patients[0], 6).await;

    let begun = std::time::Instant::now();
    let five = newcomer(&mut net).await;
    net.caught_up(five, 1).await;
    println!("a newcomer began with a snapshot and was there after {:?}", begun.elapsed());
    let status = net.ask(five, "status").await.unwrap();
    let earliest = status["sync_info"]["earliest_block_height"].as_str().unwrap().to_owned();
    assert_ne!(earliest, "1", "it executed every block since genesis");
    assert!(net.log_of(five).contains("the snapshot is restored"));
    // Its state is proved under headers that a wallet verifies from genesis on, like everybody's.
    let key = hex::encode(
        net.ask(five, "status")
            .await
            .map(|status| {
                STANDARD.decode(status["validator_info"]["pub_key"]["value"].as_str().unwrap()).unwrap()
            })
            .unwrap(),
    );

    decide(&net, &[1, 2, 3], &["validator", &key, "10"]).await;
    until("the newcomer is a validator", async || validators(&net, 1).await.len() == 5).await;
    assert!(validators(&net, five).await.contains(&(key.clone(), "10".to_owned())));
    // Without one of the first four the newcomer's votes are needed: 4 of 5.
    net.kill(4);
    acknowledged.extend(records(&net, five, &patients[1], 3).await);
    net.start(4);
    net.caught_up(4, 1).await;

    // A founder leaves.
    let leaves = validators(&net, 1).await;
    let founder = net.ask(4, "status").await.unwrap();
    let founder = STANDARD.decode(founder["validator_info"]["pub_key"]["value"].as_str().unwrap()).unwrap();
    let founder = hex::encode(founder);
    assert!(leaves.iter().any(|(key, _)| *key == founder));
    decide(&net, &[1, 2, 3], &["validator", &founder, "0"]).await;
    until("the founder is none any more", async || validators(&net, 1).await.len() == 4).await;

    // A wallet that verified the first header only follows both changes.
    let update = wallet.update(network::now()).await.unwrap();
    assert!(update.head.height.to_string().parse::<u64>().unwrap() > acknowledged.last().unwrap().height);
    let snapshot = wallet.snapshot().unwrap();
    assert!(snapshot.relationship(patients[1].relationship()).await.unwrap().is_some());
    net.assert_one_chain(&[1, 2, 3, 4, five]).await;
    until("both name the same state", async || net.state_root(1).await == net.state_root(five).await).await;
    net.assert_no_complaint();
}
