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
