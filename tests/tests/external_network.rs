//! Several hospitals' nodes under CometBFT, on real processes that are killed and whose cables are cut: less than a third
//! may fail, and never is there a second history. Members vote on who takes part, and wallets follow.

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
use network::{Acknowledged, Cut, Links, Net, Wallet, middle_and_longest, until};

/// What "within seconds" is at most, on a small computer that does other things as well: CometBFT looks for a peer that
/// was away every five to eight seconds.
const SECONDS: Duration = Duration::from_secs(30);

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
    assert!(resumed < SECONDS, "{resumed:?}");
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
    net.kill(5);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let stopped = net.height(1).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(net.height(1).await.unwrap(), stopped, "four of seven made a block");
    net.start(5);
    let resumed = until("it goes on", async || net.height(1).await.unwrap() > stopped + 1).await;
    println!("with three killed it stopped; it went on {resumed:?} after one was started");
    assert!(resumed < SECONDS, "{resumed:?}");
    net.start(6);
    net.start(7);
    net.assert_whole(&[1, 2, 3, 4, 5, 6, 7], &acknowledged, &patients).await;
}

/// Heights of the four nodes.
async fn heights(net: &Net) -> [u64; 4] {
    let mut heights = [0; 4];
    for (node, height) in (1..).zip(&mut heights) {
        *height = net.height(node).await.unwrap();
    }
    heights
}

/// Cuts four hospitals in two halves, each of which is handed a new patient; returns what was acknowledged after that.
async fn two_against_two(
    net: &Net,
    links: &Links,
    how: Cut,
    [left, right]: [&Actor; 2],
) -> Vec<Acknowledged> {
    let connected = async |node| net.ask(node, "net_info").await.is_some_and(|info| info["n_peers"] == "3");
    for node in net.network.numbers() {
        until("all are connected", async || connected(node).await).await;
    }
    links.cut(&[1, 2], &[3, 4], how);
    // A block that all had voted for may still come.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let stopped = heights(net).await;
    for (node, patient) in [(1, left), (3, right)] {
        let waiting = hex::encode(net.open(patient));
        let taken = net.ask(node, &format!("broadcast_tx_sync?tx=0x{waiting}")).await.unwrap();
        assert_eq!(taken["code"], 0, "{taken}");
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(heights(net).await, stopped, "a half made a block");
    links.heal();
    let so = async || heights(net).await.iter().zip(stopped).all(|(now, then)| *now > then + 1);
    let resumed = until("it goes on", so).await;
    println!("two against two ({how:?}): it stopped; it went on {resumed:?} after the cables were whole");
    assert!(resumed < SECONDS, "{resumed:?}");
    // What either half had taken was not lost: these records need it.
    let mut acknowledged = Vec::new();
    for (node, patient) in [(4, left), (2, right)] {
        until("what waited is in a block", async || {
            let after = net.publish(patient, b"after");
            net.commit(node, &after).await.map(|done| acknowledged.push(done)).is_ok()
        })
        .await;
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs cometbft: cargo xtask test installs it where Go is present"]
async fn external_cometbft_of_four_hospitals_whose_cables_are_cut_has_one_history() {
    let (net, links) = Net::with_links(4);
    let patients: Vec<Actor> = (1..=6).map(Actor::patient).collect();
    let mut acknowledged = records(&net, 1, &patients[0], 2).await;

    links.cut(&[4], &[1, 2, 3], Cut::Closed);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let alone = net.height(4).await.unwrap();
    acknowledged.extend(records(&net, 2, &patients[1], 4).await);
    assert_eq!(net.height(4).await.unwrap(), alone, "the cables are not cut");
    links.heal();
    let took = net.caught_up(4, 1).await;
    println!("one was alone and the others went on; it caught up {took:?} after the cables were whole");
    assert!(took < SECONDS, "{took:?}");

    acknowledged.extend(two_against_two(&net, &links, Cut::Closed, [&patients[2], &patients[3]]).await);
    acknowledged.extend(two_against_two(&net, &links, Cut::Silent, [&patients[4], &patients[5]]).await);
    net.assert_whole(&[1, 2, 3, 4], &acknowledged, &patients).await;
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

/// A node that begins with a snapshot of others, started and caught up; and the key that it signs blocks with.
async fn newcomer(net: &mut Net) -> (usize, String) {
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
    let begun = std::time::Instant::now();
    let node = net.network.join(&words).unwrap();
    let key = net.network.shown(node, "validator ").unwrap();
    net.start(node);
    net.caught_up(node, 1).await;
    println!("a newcomer began with a snapshot and was there after {:?}", begun.elapsed());
    let status = net.ask(node, "status").await.unwrap();
    assert_ne!(status["sync_info"]["earliest_block_height"], "1", "it executed every block since genesis");
    assert!(net.log_of(node).contains("the snapshot is restored"));
    (node, key)
}

/// The entry of a new provider, as its own computer makes it; and its name.
fn new_provider(net: &Net) -> (String, &'static str) {
    let (name, home) = ("Lighthouse Clinic", net.folder().join("clinic"));
    let mut command = net.programs.command("medrec-gatekeeper");
    command.arg("init").arg("--home").arg(&home).args([
        "--name",
        name,
        "--place",
        "Harbour Street 1, Saltmere",
    ]);
    command.args(["--endpoint", "https://lighthouse.example"]);
    net.programs.run(command).unwrap().success().unwrap();
    (home.join("provider.json").to_str().unwrap().to_owned(), name)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs cometbft: cargo xtask test installs it where Go is present"]
async fn external_cometbft_members_vote_on_who_takes_part_and_wallets_follow() {
    let mut net = Net::laid_out(4, &["--snapshot-interval", "5"]);
    net.remember_peers();
    let founder = net.network.shown(4, "validator ").unwrap();
    // One of three who vote keeps the key at a computer without a network.
    let members = [net.network.home(1), net.member_elsewhere(2), net.network.home(3)];
    net.network.start_all(&net.processes).unwrap();
    let patients = [Actor::patient(1), Actor::patient(2)];
    let (attentive, away) =
        (Wallet::joined(&net, "attentive", &[2, 3]), Wallet::joined(&net, "away", &[2, 3]));
    let (begun, left) = (attentive.sync(), away.sync());
    let mut acknowledged = records(&net, 1, &patients[0], 6).await;

    let (entry, clinic) = new_provider(&net);
    assert!(!attentive.knows(clinic));
    net.decide(&members, &["admit-provider", &entry], clinic).await;
    until("a wallet sees the new provider", async || attentive.sync() > begun && attentive.knows(clinic))
        .await;

    let (five, key) = newcomer(&mut net).await;
    net.decide(&members, &["validator", &key, "10"], &format!("{key} with weight 10")).await;
    until("the newcomer is a validator", async || validators(&net, 1).await.len() == 5).await;
    let own = (key.clone(), "10".to_owned());
    until("it knows that itself", async || validators(&net, five).await.contains(&own)).await;
    // Without one of the first four the newcomer's votes are needed: 4 of 5.
    net.kill(4);
    acknowledged.extend(records(&net, five, &patients[1], 3).await);
    net.start(4);
    net.caught_up(4, 1).await;
    assert!(attentive.sync() > begun);

    // A founder leaves, and the newcomer counts for more.
    net.decide(&members, &["validator", &founder, "0"], &format!("remove {founder}")).await;
    until("the founder is none any more", async || validators(&net, 1).await.len() == 4).await;
    net.decide(&members, &["validator", &key, "19"], &format!("{key} with weight 19")).await;
    let heavy = (key, "19".to_owned());
    until("the newcomer counts for more", async || validators(&net, 2).await.contains(&heavy)).await;
    // Only half of those who signed when a wallet left sign now: its way goes through the changes between.
    net.kill(1);
    let last = records(&net, 2, &Actor::patient(3), 2).await.pop().unwrap();
    let late = Wallet::joined(&net, "late", &[five, 2]);
    for wallet in [&attentive, &away, &late] {
        // A block's outcome is proved by the block after it.
        until("a wallet sees the newest block", async || wallet.sync() > last.height.max(left)).await;
        assert!(wallet.knows(clinic));
        wallet.assert_no_evidence();
    }
    net.start(1);
    net.caught_up(1, 2).await;
    net.assert_one_chain(&[1, 2, 3, 4, five]).await;
    net.assert_kept(&[1, 2, 3, 4], &acknowledged).await;
    until("both name the same state", async || net.state_root(1).await == net.state_root(five).await).await;
    net.assert_no_complaint();
}
