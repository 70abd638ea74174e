//! Transactions until they are proved, and nodes that lose them or lie about them.

use std::time::Duration;

use medrec_client::{
    ClientError, Committed, Height, Lie, LightClient, Patience,
    node::{ResultCode, TxPlace},
};
use medrec_ledger::testing::sample::{self, Actor};
use medrec_protocol::{SignedTx, Timestamp, actions::Refusal, log::Frontier};

use crate::{
    chain::Fate,
    node::MemoryNode,
    world::{World, fetch},
};

fn patience() -> Patience {
    Patience { timeout: Duration::from_mins(1), ..Patience::default() }
}

fn grant(world: &World, number: u64) -> SignedTx {
    grant_of(world, &world.patient, number)
}

fn grant_of(world: &World, patient: &Actor, number: u64) -> SignedTx {
    let mut chain = world.chain();
    let (identity, until) = (chain.ledger.chain.clone(), chain.ledger.now.plus(3_600));
    let grant = sample::grant(&identity, patient, sample::grant_id(number), until);
    SignedTx::decode(&chain.ledger.sign(patient, vec![grant])).unwrap()
}

async fn send(world: &World, client: &mut LightClient, tx: &SignedTx) -> Result<Committed, ClientError> {
    client.submit_and_wait(tx, patience(), || world.now()).await
}

#[tokio::test(start_paused = true)]
async fn an_accepted_transaction_is_proved_and_its_entry_is_in_the_log() {
    let world = World::with_records(2);
    let mut client = world.client().await;
    let tx = grant(&world, 1);
    let committed = send(&world, &mut client, &tx).await.unwrap();
    assert_eq!(committed.id, tx.id());
    let log = committed.snapshot.log(world.log_id()).await.unwrap();
    let (entries, _) = fetch(&log, Frontier::default()).await.unwrap();
    assert_eq!(entries.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_the_node_lost_is_sent_again() {
    let world = World::with_records(1);
    world.chain().fate = Fate::Lost(2);
    let node = world.honest();
    let asked = node.asked();
    let mut client = world.client_moved_to(node).await;
    let tx = grant(&world, 1);
    assert!(send(&world, &mut client, &tx).await.is_ok());
    assert_eq!(asked.take()["submit"], 4);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_never_comes_into_a_block_is_reported_as_not_confirmed() {
    let world = World::with_records(1);
    world.chain().fate = Fate::Dropped;
    let mut client = world.client().await;
    let tx = grant(&world, 1);
    let error = send(&world, &mut client, &tx).await.err().unwrap();
    assert!(matches!(error, ClientError::NotConfirmed { id, .. } if id == tx.id()), "{error}");
    assert!(error.to_string().contains("sent again"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_claims_a_block_which_never_was_is_caught() {
    let world = World::with_records(1);
    world.chain().fate = Fate::Dropped;
    let height = Height::try_from(world.chain().height() - 1).unwrap();
    let node = world.honest().place(move |_| Some(TxPlace { height, result: ResultCode(0) }));
    let mut client = world.client_moved_to(node).await;
    let error = send(&world, &mut client, &grant(&world, 1)).await.err().unwrap();
    let ClientError::Lie { lie, .. } = error else { panic!("{error}") };
    assert!(matches!(*lie, Lie::NotIncluded { said, .. } if said == height), "{lie}");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_claims_a_block_still_to_come_is_waited_for_in_vain() {
    let world = World::with_records(1);
    world.chain().fate = Fate::Dropped;
    let node = world
        .honest()
        .place(|_| Some(TxPlace { height: Height::try_from(1_000_000).unwrap(), result: ResultCode(0) }));
    let mut client = world.client_moved_to(node).await;
    let error = send(&world, &mut client, &grant(&world, 1)).await.err().unwrap();
    assert!(matches!(error, ClientError::NotConfirmed { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_passed_on_with_its_reason() {
    let world = World::with_records(1);
    let mut client = world.client().await;
    let tx = grant_of(&world, &Actor::patient(99), 1);
    let error = send(&world, &mut client, &tx).await.err().unwrap();
    assert!(matches!(error, ClientError::Refused(Refusal::UnknownSigner)), "{error}");
    assert!(matches!(client.submit(&tx).await, Err(ClientError::Refused(Refusal::UnknownSigner))));
}

#[tokio::test(start_paused = true)]
async fn a_transaction_of_an_earlier_run_is_found_to_be_applied() {
    let world = World::with_records(1);
    let mut client = world.client().await;
    let tx = grant(&world, 1);
    send(&world, &mut client, &tx).await.unwrap();
    // The node has lost its index of transactions; the state still remembers.
    world.chain().txs.clear();
    assert!(send(&world, &mut client, &tx).await.is_ok());
    let log = client.snapshot().unwrap().log(world.log_id()).await.unwrap();
    assert_eq!(log.frontier().size(), 3, "it was applied once");
}

#[tokio::test(start_paused = true)]
async fn a_transaction_whose_time_ran_out_says_so() {
    let world = World::with_records(1);
    world.chain().fate = Fate::Dropped;
    let mut client = world.client().await;
    let tx = grant(&world, 1);
    {
        let mut chain = world.chain();
        chain.ledger.now = chain.ledger.now.plus(120);
        chain.seal(&[]);
    }
    let error = send(&world, &mut client, &tx).await.err().unwrap();
    assert!(matches!(error, ClientError::Lapsed { id } if id == tx.id()), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_away_is_named_when_time_runs_out() {
    let world = World::with_records(1);
    world.chain().fate = Fate::Dropped;
    let node = world.honest().place(|place| place).away();
    let mut client = world.client_moved_to(node).await;
    let nobody: Timestamp = world.now().plus(600);
    let outcome = client.submit_and_wait(&grant(&world, 1), patience(), || nobody).await;
    let error = outcome.err().unwrap();
    let ClientError::NotConfirmed { last: Some(last), .. } = &error else { panic!("{error}") };
    assert!(last.contains("primary"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_swallows_transactions_is_passed_by_through_the_next_one() {
    let world = World::with_records(1);
    let swallowing = world.branch();
    swallowing.lock().unwrap().fate = Fate::Dropped;
    let nodes =
        vec![MemoryNode::new("first", &swallowing).boxed(), MemoryNode::new("second", &world.chain).boxed()];
    let stored = world.client().await.trusted().cloned();
    let mut client = world.client_of(nodes, stored);
    let tx = grant(&world, 1);
    // The second takes it, and the first, whose copy of the ledger stands still, is not read through any more.
    let committed = client.submit_and_wait(&tx, patience(), || world.now()).await.unwrap();
    assert_eq!(committed.id, tx.id());
    assert_eq!(client.update(world.now()).await.unwrap().node, "second");
    assert!(world.chain().txs.contains_key(&tx.id()));
}

/// Two operators' nodes; on the first one's ledger the grant's id was used before, so it refuses the grant.
fn refuser_first(world: &World, operators: [&str; 2]) -> Vec<std::sync::Arc<dyn medrec_client::Node>> {
    let branch = world.branch();
    let used = grant(world, 1);
    assert_eq!(branch.lock().unwrap().hand_in(&used.encode()), ResultCode(0));
    vec![
        MemoryNode::new("first", &branch).run_by(operators[0]).boxed(),
        MemoryNode::new("second", &world.chain).run_by(operators[1]).boxed(),
    ]
}

#[tokio::test]
async fn what_one_node_refuses_and_another_operator_takes_is_taken() {
    let world = World::with_records(1);
    let client = world.client_of(refuser_first(&world, ["A", "B"]), None);
    let tx = grant(&world, 1);
    let handed = client.submit_in_turn(&tx, 0).await;
    assert_eq!((handed.node.as_str(), handed.said.is_ok()), ("second", true));
    assert!(world.chain().txs.contains_key(&tx.id()));
}

#[tokio::test]
async fn a_second_node_of_the_same_operator_is_no_second_opinion() {
    let world = World::with_records(1);
    let client = world.client_of(refuser_first(&world, ["A", "A"]), None);
    let handed = client.submit_in_turn(&grant(&world, 1), 0).await;
    assert_eq!(handed.node, "first");
    assert!(matches!(handed.said, Err(ClientError::Refused(_))), "{:?}", handed.said);
}

#[tokio::test]
async fn what_all_refuse_is_refused_and_nodes_take_turns() {
    let world = World::with_records(1);
    let nodes =
        vec![MemoryNode::new("first", &world.chain).boxed(), MemoryNode::new("second", &world.chain).boxed()];
    let client = world.client_of(nodes, None);
    let unknown = grant_of(&world, &Actor::patient(99), 1);
    for (turn, name) in [(0, "first"), (1, "second"), (2, "first")] {
        let handed = client.submit_in_turn(&unknown, turn).await;
        assert_eq!(handed.node, name);
        assert!(
            matches!(handed.said, Err(ClientError::Refused(Refusal::UnknownSigner))),
            "{:?}",
            handed.said
        );
    }
}

#[test]
fn everything_can_move_between_threads() {
    fn moves<T: Send>(_: &T) {}
    fn is_shared<T: Send + Sync>() {}
    is_shared::<LightClient>();
    is_shared::<medrec_client::Snapshot>();
    is_shared::<medrec_client::LogSync>();
    is_shared::<ClientError>();
    let world = World::with_records(0);
    let tx = grant(&world, 1);
    let mut client = world.client_of(vec![world.honest().boxed()], None);
    moves(&client.update(world.now()));
    moves(&client.submit_and_wait(&tx, patience(), || Timestamp::from_seconds(0)));
}
