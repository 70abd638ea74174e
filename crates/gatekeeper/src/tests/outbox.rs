use medrec_protocol::{SignedTx, actions::Action};

use crate::{
    store::outbox::{self, Waiting},
    testing::{Clinic, Node, World},
};

async fn waiting(clinic: &Clinic) -> Vec<Waiting> {
    outbox::waiting(&mut clinic.gatekeeper.store.read().await.unwrap()).await.unwrap()
}

fn nonces(sent: &[SignedTx]) -> Vec<String> {
    let mut nonces: Vec<String> = sent.iter().map(|tx| tx.body.nonce.to_string()).collect();
    nonces.dedup();
    nonces
}

async fn enrolment_that_is_lost() -> (World, Clinic) {
    let (world, clinic) = World::with_one().await;
    world.ledger.set_node(Node::Forgetful);
    let code = clinic.gatekeeper.make_code(&"amelia".parse().unwrap(), 7).await.unwrap();
    let patient = world.patient(&clinic);
    clinic.gatekeeper.enrol(&patient.request(&code)).await.unwrap();
    (world, clinic)
}

#[tokio::test]
async fn the_same_bytes_are_sent_until_their_time_is_over_and_only_then_signed_anew() {
    let (world, clinic) = enrolment_that_is_lost().await;
    for _ in 0..10 {
        clinic.gatekeeper.work_outbox().await.unwrap();
        world.clock.advance(20);
    }
    let sent = world.ledger.received();
    assert!(sent.len() >= 5, "{} attempts", sent.len());
    assert_eq!(nonces(&sent).len(), 1);
    world.clock.advance(60);
    clinic.gatekeeper.work_outbox().await.unwrap();
    clinic.gatekeeper.work_outbox().await.unwrap();
    let sent = world.ledger.received();
    assert_eq!(nonces(&sent).len(), 2);
    let actions: Vec<&Action> = sent.iter().map(|tx| &tx.body.actions.as_slice()[0]).collect();
    assert!(actions.windows(2).all(|pair| pair[0] == pair[1]));
    world.ledger.set_node(Node::Working);
    world.clock.advance(20);
    clinic.work().await;
    assert_eq!(waiting(&clinic).await, []);
}

#[tokio::test]
async fn nothing_is_signed_anew_while_block_time_could_still_include_it() {
    let (world, clinic) = enrolment_that_is_lost().await;
    clinic.gatekeeper.work_outbox().await.unwrap();
    let before = waiting(&clinic).await[0].tx.clone();
    world.ledger.set_lag(100);
    world.clock.advance(300);
    clinic.gatekeeper.work_outbox().await.unwrap();
    assert_eq!(waiting(&clinic).await[0].tx, before);
    world.ledger.set_lag(0);
    clinic.gatekeeper.work_outbox().await.unwrap();
    assert_ne!(waiting(&clinic).await[0].tx, before);
}

#[tokio::test]
async fn what_waits_survives_a_crash_with_the_very_same_bytes() {
    let (world, clinic) = enrolment_that_is_lost().await;
    clinic.gatekeeper.work_outbox().await.unwrap();
    let before = waiting(&clinic).await;
    let clinic = clinic.restarted(&world).await;
    assert_eq!(waiting(&clinic).await, before);
    world.ledger.set_node(Node::Working);
    world.clock.advance(20);
    clinic.work().await;
    assert_eq!(waiting(&clinic).await, []);
    let sent = world.ledger.received();
    assert_eq!(nonces(&sent).len(), 1);
}

#[tokio::test]
async fn a_node_that_is_away_is_asked_less_and_less_often() {
    let (world, clinic) = enrolment_that_is_lost().await;
    world.ledger.set_node(Node::Away);
    for _ in 0..30 {
        let _ = clinic.gatekeeper.work_outbox().await;
        world.clock.advance(1);
    }
    let attempts = waiting(&clinic).await[0].attempts;
    assert!((3..=6).contains(&attempts), "{attempts} attempts in 30 seconds");
}

/// Works as the server does while something waits, for so many seconds.
async fn work_for(world: &World, clinic: &Clinic, seconds: u64) {
    for _ in 0..seconds {
        clinic.gatekeeper.work_outbox().await.unwrap();
        world.clock.advance(1);
    }
}

#[tokio::test]
async fn what_the_first_node_accepts_and_keeps_to_itself_reaches_the_ledger_by_the_second_and_the_first_is_named()
 {
    let (world, clinic) = World::with_one().await;
    world.ledger.set_node(Node::FirstForgetful);
    let code = clinic.gatekeeper.make_code(&"amelia".parse().unwrap(), 7).await.unwrap();
    let patient = world.patient(&clinic);
    clinic.gatekeeper.enrol(&patient.request(&code)).await.unwrap();
    work_for(&world, &clinic, 5).await;
    let health = clinic.gatekeeper.health().await.unwrap();
    assert_eq!(health.waiting[0].accepted_by.as_deref(), Some("node 0"));
    assert!(health.well, "there is time yet: {health:?}");
    work_for(&world, &clinic, 5).await;
    assert_eq!(waiting(&clinic).await, []);
    assert_eq!(nonces(&world.ledger.received()).len(), 1, "the very same bytes");
    let health = clinic.gatekeeper.health().await.unwrap();
    let named: Vec<_> = health.swallowing_nodes.iter().map(|one| (one.node.as_str(), one.times)).collect();
    assert_eq!(named, [("node 0", 1)]);
    assert!(!health.well && health.waiting.is_empty());
    // It is not held against the node for ever.
    world.clock.advance(8 * 86_400);
    assert!(clinic.gatekeeper.health().await.unwrap().swallowing_nodes.is_empty());
}

#[tokio::test]
async fn a_node_that_is_the_only_one_and_keeps_all_to_itself_is_named_while_blocks_go_on() {
    let (world, clinic) = enrolment_that_is_lost().await;
    work_for(&world, &clinic, 62).await;
    let health = clinic.gatekeeper.health().await.unwrap();
    assert!(
        health.swallowing_nodes.is_empty(),
        "the ledger stands still, which is no node's fault: {health:?}"
    );
    assert!(!health.well, "it waits for a minute");
    world.ledger.seal_empty(3);
    work_for(&world, &clinic, 2).await;
    let health = clinic.gatekeeper.health().await.unwrap();
    assert!(health.swallowing_nodes.iter().any(|one| one.node == "node 0"), "{health:?}");
    assert_eq!(health.waiting.len(), 1, "it is kept");
    world.ledger.set_node(Node::Working);
    work_for(&world, &clinic, 20).await;
    assert_eq!(waiting(&clinic).await, []);
}

#[tokio::test]
async fn honest_nodes_that_take_a_moment_are_not_named() {
    let (world, clinic) = World::with_one().await;
    for name in ["amelia", "eleni", "ngozi"] {
        world.enrolled(&clinic, name).await;
        world.ledger.seal_empty(5);
        work_for(&world, &clinic, 70).await;
    }
    let health = clinic.gatekeeper.health().await.unwrap();
    assert!(health.well && health.swallowing_nodes.is_empty(), "{health:?}");
}

#[tokio::test]
async fn a_node_cannot_have_a_record_dropped_by_saying_that_the_relationship_is_closed() {
    let (world, clinic) = World::with_one().await;
    let patient = world.enrolled(&clinic, "amelia").await;
    world.ledger.set_node(Node::SaysClosed);
    clinic.write("amelia", "letters/2026-03-01 Letter.pdf", b"%PDF-1.4\n");
    world.clock.advance(30);
    clinic.gatekeeper.take_in_folders().await.unwrap();
    work_for(&world, &clinic, 10).await;
    assert_eq!(waiting(&clinic).await.len(), 1, "kept against the node's word");
    world.ledger.set_node(Node::Working);
    work_for(&world, &clinic, 20).await;
    assert_eq!(waiting(&clinic).await, []);
    assert_eq!(world.ledger.log(patient.address()).len(), 2);
}
