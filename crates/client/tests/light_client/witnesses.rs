//! Several nodes: the first is asked, the others are compared with it.

use medrec_client::{ClientError, WitnessVerdict};

use crate::{
    chain::{Validator, sign},
    node::MemoryNode,
    world::World,
};

#[tokio::test]
async fn a_witness_with_the_same_header_agrees() {
    let world = World::with_records(1);
    let nodes = vec![world.honest().boxed(), MemoryNode::new("witness", &world.chain).boxed()];
    let update = world.client_of(nodes, None).update(world.now()).await.unwrap();
    assert_eq!(update.witnesses.len(), 1);
    assert_eq!(update.witnesses[0].node, "witness");
    assert!(matches!(update.witnesses[0].verdict, WitnessVerdict::Agrees));
}

#[tokio::test]
async fn a_witness_that_is_away_is_noted_and_stops_nothing() {
    let world = World::with_records(1);
    let nodes = vec![world.honest().boxed(), MemoryNode::new("witness", &world.chain).away().boxed()];
    let update = world.client_of(nodes, None).update(world.now()).await.unwrap();
    assert!(matches!(update.witnesses[0].verdict, WitnessVerdict::Unreachable(_)));
}

#[tokio::test]
async fn a_witness_that_lags_is_noted_with_its_height() {
    let world = World::with_records(1);
    let branch = world.branch();
    let behind = branch.lock().unwrap().height();
    world.publish(1);
    let nodes = vec![world.honest().boxed(), MemoryNode::new("witness", &branch).boxed()];
    let update = world.client_of(nodes, None).update(world.now()).await.unwrap();
    assert!(matches!(update.witnesses[0].verdict, WitnessVerdict::Behind { height } if height == behind));
}

#[tokio::test]
async fn a_witness_with_another_signed_header_is_evidence_of_a_fork() {
    let world = World::with_records(1);
    let stored = world.client().await.trusted().cloned();
    let branch = world.branch();
    world.publish(1);
    {
        let mut chain = branch.lock().unwrap();
        chain.seal_with(&[], &world.validators, |header| {
            header.time = (header.time + std::time::Duration::from_millis(1)).unwrap();
        });
        chain.seal(&[]);
    }
    let nodes = vec![world.honest().boxed(), MemoryNode::new("witness", &branch).boxed()];
    let mut client = world.client_of(nodes, stored.clone());
    let error = client.update(world.now()).await.unwrap_err();
    let ClientError::Fork(evidence) = error else { panic!("{error}") };
    assert_eq!(evidence.node, "witness");
    assert_eq!(evidence.kept, world.chain().tip().signed);
    assert_eq!(evidence.shown, branch.lock().unwrap().tip().signed);
    assert_eq!(client.trusted(), stored.as_ref(), "the disputed head is not trusted");
}

#[tokio::test]
async fn a_witness_whose_validators_replaced_themselves_is_evidence_of_a_fork() {
    let world = World::with_records(1);
    let stored = world.client().await.trusted().cloned();
    let branch = world.branch();
    world.chain().seal_empty(4);
    {
        // On the branch the same validators hand over to others, properly signed.
        let mut chain = branch.lock().unwrap();
        chain.coming = (11..=14).map(|number| Validator::new(number, 10)).collect();
        chain.seal_empty(4);
    }
    let nodes = vec![world.honest().boxed(), MemoryNode::new("witness", &branch).boxed()];
    let error = world.client_of(nodes, stored).update(world.now()).await.unwrap_err();
    assert!(matches!(error, ClientError::Fork(_)), "{error}");
}

#[tokio::test]
async fn a_witness_with_a_header_that_nobody_signed_counts_for_nothing() {
    let world = World::with_records(1);
    let stored = world.client().await.trusted().cloned();
    world.publish(1);
    let mut header = world.chain().tip().signed.header.clone();
    header.app_hash = vec![1; 32].try_into().unwrap();
    let strangers = [Validator::new(77, 10)];
    header.validators_hash = crate::chain::set(&strangers).hash();
    let forged = sign(header, &strangers, &strangers);
    let witness = MemoryNode::new("witness", &world.chain).newest(move |_| Ok(forged.clone()));
    let mut client = world.client_of(vec![world.honest().boxed(), witness.boxed()], stored);
    let update = client.update(world.now()).await.unwrap();
    assert!(matches!(&update.witnesses[0].verdict, WitnessVerdict::Faulty(_)));
    assert_eq!(update.head.height.get(), world.chain().height());
}

#[tokio::test]
async fn when_the_primary_is_away_the_next_node_is_asked_and_stays_primary() {
    let world = World::with_records(1);
    let nodes = vec![world.honest().away().boxed(), MemoryNode::new("second", &world.chain).boxed()];
    let mut client = world.client_of(nodes, None);
    // First contact begins with the genesis document, which the absent node still answers; its headers not.
    let update = client.update(world.now()).await.unwrap();
    assert!(matches!(update.witnesses[0].verdict, WitnessVerdict::Unreachable(_)));
    assert!(client.snapshot().unwrap().directory().await.is_ok());
}

#[tokio::test]
async fn when_no_node_answers_the_error_names_one() {
    let world = World::with_records(1);
    let mut client = world.client_of(vec![world.honest().away().boxed()], None);
    let error = client.update(world.now()).await.unwrap_err();
    assert!(error.is_unreachable() && error.to_string().contains("primary"), "{error}");
}
