//! Several nodes of several operators: one that lies, lags or is away is named and replaced, and however many speak
//! up, only a few are listened to for a short time.

use std::{sync::Arc, time::Duration};

use medrec_client::{ClientError, LightClient, Node, TrustedHead, Update, WitnessVerdict};

use crate::{
    chain::{Validator, sign},
    node::{Asked, MemoryNode, Shared},
    world::World,
};

fn honest(name: &str, chain: &Shared) -> Arc<dyn Node> {
    MemoryNode::new(name, chain).boxed()
}

/// Shows a header that nobody signed.
fn liar(name: &str, chain: &Shared) -> MemoryNode {
    MemoryNode::new(name, chain).newest(|mut signed| {
        signed.header.app_hash = vec![1; 32].try_into().unwrap();
        Ok(signed)
    })
}

fn verdict<'a>(update: &'a Update, node: &str) -> &'a WitnessVerdict {
    &update.witnesses.iter().find(|report| report.node == node).expect("it is named").verdict
}

async fn known(world: &World) -> Option<TrustedHead> {
    world.client().await.trusted().cloned()
}

async fn update(client: &mut LightClient, world: &World) -> Update {
    client.update(world.now()).await.unwrap()
}

#[tokio::test]
async fn a_primary_that_lies_is_named_and_the_next_node_takes_its_place() {
    let world = World::with_records(1);
    let stored = known(&world).await;
    world.publish(1);
    let nodes = vec![liar("liar", &world.chain).boxed(), honest("second", &world.chain)];
    let mut client = world.client_of(nodes, stored);
    for _ in 0..2 {
        let found = update(&mut client, &world).await;
        assert_eq!(found.node, "second");
        assert_eq!(found.head.height.get(), world.chain().height());
        assert!(matches!(verdict(&found, "liar"), WitnessVerdict::Faulty(_)));
    }
}

#[tokio::test]
async fn a_primary_of_another_network_is_passed_by_at_first_contact() {
    let world = World::with_records(1);
    let elsewhere = MemoryNode::new("elsewhere", &world.chain)
        .genesis(|document| document.chain_id = "medrec-other".into());
    let nodes = vec![elsewhere.boxed(), honest("second", &world.chain)];
    let found = update(&mut world.client_of(nodes, None), &world).await;
    assert_eq!(found.node, "second");
    assert!(
        matches!(verdict(&found, "elsewhere"), WitnessVerdict::Faulty(why) if why.contains("medrec-other"))
    );
}

#[tokio::test]
async fn a_primary_that_shows_less_than_was_verified_is_passed_by() {
    let world = World::with_records(1);
    let branch = world.branch();
    world.publish(1);
    let stored = known(&world).await;
    let nodes = vec![honest("behind", &branch), honest("second", &world.chain)];
    let found = update(&mut world.client_of(nodes, stored), &world).await;
    let height = branch.lock().unwrap().height();
    assert_eq!(found.node, "second");
    assert!(matches!(verdict(&found, "behind"), WitnessVerdict::Behind { height: at } if *at == height));
}

#[tokio::test]
async fn a_primary_that_stands_still_is_passed_by_for_one_that_goes_on() {
    let world = World::with_records(1);
    let stored = known(&world).await;
    let branch = world.branch();
    world.chain().seal_empty(90);
    let frozen = branch.lock().unwrap().height();
    let nodes = vec![honest("frozen", &branch), honest("second", &world.chain)];
    let found = update(&mut world.client_of(nodes, stored), &world).await;
    assert_eq!((found.node.as_str(), found.head.height.get()), ("second", world.chain().height()));
    assert!(matches!(verdict(&found, "frozen"), WitnessVerdict::Behind { height } if *height == frozen));
}

#[tokio::test]
async fn a_primary_half_a_minute_behind_the_others_is_passed_by_although_it_is_not_stale() {
    let world = World::with_records(1);
    let stored = known(&world).await;
    let branch = world.branch();
    world.chain().seal_empty(30);
    let nodes = vec![honest("slow", &branch), honest("second", &world.chain)];
    let found = update(&mut world.client_of(nodes, stored), &world).await;
    assert_eq!((found.node.as_str(), found.head.height.get()), ("second", world.chain().height()));
}

#[tokio::test]
async fn a_primary_a_few_blocks_behind_stays_and_nobody_is_blamed() {
    let world = World::with_records(1);
    let branch = world.branch();
    world.chain().seal_empty(3);
    let nodes = vec![honest("first", &branch), honest("second", &world.chain)];
    let found = update(&mut world.client_of(nodes, None), &world).await;
    assert_eq!(found.node, "first");
    assert!(matches!(verdict(&found, "second"), WitnessVerdict::Agrees));
}

#[tokio::test]
async fn a_witness_that_only_claims_to_be_ahead_does_not_take_over() {
    let world = World::with_records(1);
    let stored = known(&world).await;
    let (mut header, validators) = world.chain().next_header();
    header.time = (header.time + Duration::from_secs(25)).unwrap();
    let forged = sign(header, &validators, &validators[..1]);
    let boaster = MemoryNode::new("boaster", &world.chain).newest(move |_| Ok(forged.clone()));
    let nodes = vec![world.honest().boxed(), boaster.boxed()];
    let mut client = world.client_of(nodes, stored);
    let found = client.update(world.now().plus(25)).await.unwrap();
    assert_eq!(found.node, "primary");
    assert!(matches!(verdict(&found, "boaster"), WitnessVerdict::Faulty(_)));
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_does_not_have_a_block_three_seconds_after_a_witness_showed_it_is_passed_by() {
    let world = World::with_records(1);
    let branch = world.branch();
    world.chain().seal_empty(1);
    let nodes = vec![honest("late", &branch), honest("second", &world.chain)];
    let mut client = world.client_of(nodes, None);
    for _ in 0..2 {
        assert_eq!(update(&mut client, &world).await.node, "late", "a moment is no fault");
        tokio::time::advance(Duration::from_secs(2)).await;
    }
    let found = update(&mut client, &world).await;
    assert_eq!((found.node.as_str(), found.head.height.get()), ("second", world.chain().height()));
    assert!(matches!(verdict(&found, "late"), WitnessVerdict::Behind { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_is_always_a_moment_later_than_a_witness_stays() {
    let world = World::with_records(1);
    let late = MemoryNode::new("late", &world.chain).late_by(1).boxed();
    let mut client = world.client_of(vec![late, honest("second", &world.chain)], None);
    for _ in 0..20 {
        assert_eq!(update(&mut client, &world).await.node, "late");
        world.chain().seal_empty(1);
        tokio::time::advance(Duration::from_secs(2)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_witness_that_boasts_and_then_keeps_others_waiting_does_so_for_ten_seconds_in_a_minute() {
    let world = World::with_records(1);
    let stored = known(&world).await;
    let (mut header, validators) = world.chain().next_header();
    header.time = (header.time + Duration::from_secs(25)).unwrap();
    let forged = sign(header, &validators, &validators[..1]);
    let boaster = MemoryNode::new("boaster", &world.chain).slow(Duration::from_secs(4));
    let boaster = boaster.newest(move |_| Ok(forged.clone()));
    let mut client = world.client_of(vec![world.honest().boxed(), boaster.boxed()], stored);
    let began = tokio::time::Instant::now();
    for _ in 0..20 {
        let found = client.update(world.now().plus(25)).await.unwrap();
        assert_eq!(found.node, "primary");
        assert!(!matches!(verdict(&found, "boaster"), WitnessVerdict::Agrees));
    }
    assert!(began.elapsed() <= Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_ledger_that_stands_still_everywhere_is_shown_as_it_is() {
    let world = World::with_records(1);
    let nodes = vec![honest("first", &world.chain), honest("second", &world.chain)];
    let mut client = world.client_of(nodes, None);
    let found = client.update(world.now().plus(3_600)).await.unwrap();
    assert_eq!((found.node.as_str(), found.witnesses.len()), ("first", 1));
    assert!(matches!(verdict(&found, "second"), WitnessVerdict::Agrees));
    assert!(found.head.require_fresh(world.now().plus(3_600)).is_err());
}

#[tokio::test]
async fn when_nobody_can_be_gone_on_with_the_lie_is_told_and_not_the_absence() {
    let world = World::with_records(1);
    let stored = known(&world).await;
    world.publish(1);
    let away = || MemoryNode::new("away", &world.chain).away().boxed();
    let nodes = vec![away(), liar("liar", &world.chain).boxed(), away()];
    let mut client = world.client_of(nodes, stored.clone());
    let error = client.update(world.now()).await.unwrap_err();
    assert!(matches!(&error, ClientError::Lie { node, .. } if node == "liar"), "{error}");
    assert_eq!(client.trusted(), stored.as_ref());
}

#[tokio::test]
async fn a_primary_that_runs_ahead_on_a_second_signed_history_is_a_fork() {
    let world = World::with_records(1);
    let stored = known(&world).await;
    let branch = world.branch();
    {
        let mut chain = branch.lock().unwrap();
        chain.seal_with(&[], &world.validators, |header| {
            header.time = (header.time + Duration::from_millis(1)).unwrap();
        });
        chain.seal_empty(7);
    }
    world.chain().seal_empty(3);
    // The honest witness has not come as far as the false history.
    let nodes = vec![honest("forger", &branch), honest("witness", &world.chain)];
    let mut client = world.client_of(nodes, stored.clone());
    let now = branch.lock().unwrap().time();
    let error = client.update(now).await.unwrap_err();
    let ClientError::Fork(evidence) = error else { panic!("{error}") };
    assert_eq!(evidence.shown, world.chain().tip().signed);
    assert_eq!(evidence.check().unwrap().signed_both.len(), 4);
    assert_eq!(client.trusted(), stored.as_ref(), "neither history is trusted");
}

#[tokio::test]
async fn keys_that_validators_have_left_behind_cannot_lead_a_newcomer_away_unseen() {
    let world = World::with_records(1);
    let branch = world.branch();
    let newer: Vec<_> = (11..=14).map(|number| Validator::new(number, 10)).collect();
    world.chain().coming.clone_from(&newer);
    world.chain().seal_empty(10);
    // The retired ones write on as if they had never left.
    branch.lock().unwrap().seal_empty(10);
    let nodes = || vec![honest("retired", &branch), honest("witness", &world.chain)];
    let mut newcomer = world.client_of(nodes(), None);
    let error = newcomer.update(world.now()).await.unwrap_err();
    let ClientError::Fork(evidence) = error else { panic!("{error}") };
    assert!(newcomer.trusted().is_none());
    assert!(evidence.check().is_ok());
    // Whoever has followed the change is not even asked to compare.
    let mut follower = world.client_of(nodes(), known(&world).await);
    let found = update(&mut follower, &world).await;
    assert_eq!(found.node, "witness");
    assert!(matches!(verdict(&found, "retired"), WitnessVerdict::Faulty(_)));
}

#[tokio::test]
async fn of_many_witnesses_few_are_asked_and_each_in_its_turn() {
    let world = World::with_records(1);
    let witnesses: Vec<_> =
        (0..12).map(|number| MemoryNode::new(&format!("w{number}"), &world.chain)).collect();
    let asked: Vec<Asked> = witnesses.iter().map(MemoryNode::asked).collect();
    let nodes = std::iter::once(world.honest()).chain(witnesses).map(MemoryNode::boxed).collect();
    let mut client = world.client_of(nodes, None);
    let mut ever = [false; 12];
    for _ in 0..14 {
        assert_eq!(update(&mut client, &world).await.witnesses.len(), 4);
        let now: Vec<bool> = asked.iter().map(|asked| !asked.take().is_empty()).collect();
        assert_eq!(now.iter().filter(|asked| **asked).count(), 4);
        ever.iter_mut().zip(now).for_each(|(ever, now)| *ever |= now);
    }
    assert_eq!(ever, [true; 12], "a liar among many is asked some day");
}

#[tokio::test]
async fn a_flood_of_false_witnesses_stops_nothing() {
    let world = World::with_records(1);
    let flood = (0..31).map(|number| liar(&format!("liar {number}"), &world.chain).boxed());
    let nodes: Vec<_> = std::iter::once(world.honest().boxed()).chain(flood).collect();
    let mut client = world.client_of(nodes, None);
    for _ in 0..5 {
        world.chain().seal_empty(2);
        let found = update(&mut client, &world).await;
        assert_eq!((found.node.as_str(), found.witnesses.len()), ("primary", 4));
        assert!(found.witnesses.iter().all(|report| matches!(report.verdict, WitnessVerdict::Faulty(_))));
    }
}

#[tokio::test(start_paused = true)]
async fn a_witness_that_never_ends_is_given_ten_seconds() {
    let world = World::with_records(1);
    let stored = known(&world).await;
    world.chain().seal_empty(5);
    let endless = MemoryNode::new("endless", &world.chain).slow(Duration::from_secs(11));
    let branch = world.branch();
    world.chain().seal_empty(1);
    let nodes = vec![world.honest().boxed(), endless.boxed(), honest("other", &branch)];
    let mut client = world.client_of(nodes, stored);
    let began = tokio::time::Instant::now();
    let found = update(&mut client, &world).await;
    assert!(began.elapsed() <= Duration::from_secs(10));
    assert!(matches!(verdict(&found, "endless"), WitnessVerdict::Unreachable(_)));
    assert!(matches!(verdict(&found, "other"), WitnessVerdict::Behind { .. }));
    // For a minute it holds nobody up, and is still named.
    let began = tokio::time::Instant::now();
    let found = update(&mut client, &world).await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?} {found:?}", began.elapsed());
    assert!(matches!(verdict(&found, "endless"), WitnessVerdict::Unreachable(_)));
    tokio::time::advance(Duration::from_secs(61)).await;
    let began = tokio::time::Instant::now();
    update(&mut client, &world).await;
    assert!(began.elapsed() >= Duration::from_secs(9), "it is asked again");
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_never_ends_is_passed_by_after_a_minute() {
    let world = World::with_records(1);
    let endless = MemoryNode::new("endless", &world.chain).slow(Duration::from_secs(40));
    let nodes = vec![endless.boxed(), honest("second", &world.chain)];
    let began = tokio::time::Instant::now();
    let found = update(&mut world.client_of(nodes, None), &world).await;
    assert!(began.elapsed() <= Duration::from_secs(61));
    assert_eq!(found.node, "second");
}

#[tokio::test]
async fn nodes_of_one_operator_do_not_vouch_for_each_other() {
    let world = World::with_records(1);
    let node = |name: &str, operator: &str| MemoryNode::new(name, &world.chain).run_by(operator).boxed();
    let nodes = vec![node("a1", "A"), node("a2", "A"), node("b1", "B"), node("b2", "B"), node("c1", "C")];
    let found = update(&mut world.client_of(nodes, None), &world).await;
    let asked: Vec<_> = found.witnesses.iter().map(|report| report.node.as_str()).collect();
    assert_eq!(asked, ["b1", "c1"]);
}

#[tokio::test]
async fn a_node_that_lies_about_an_account_is_set_aside_and_named_by_the_next_update() {
    let world = World::with_records(1);
    let lying = MemoryNode::new("lying", &world.chain).answer(|_, mut answer| {
        answer.value.push(0);
        Ok(answer)
    });
    let mut client =
        world.client_of(vec![lying.boxed(), honest("second", &world.chain)], known(&world).await);
    assert_eq!(update(&mut client, &world).await.node, "lying");
    let address = world.patient.relationship();
    let error = client.snapshot().unwrap().relationship(address).await.err().unwrap();
    assert!(client.set_aside(&error));
    assert!(!client.set_aside(&error), "it is set aside already");
    let found = update(&mut client, &world).await;
    assert_eq!(found.node, "second");
    assert!(matches!(verdict(&found, "lying"), WitnessVerdict::Faulty(_)));
    assert!(client.snapshot().unwrap().relationship(address).await.unwrap().is_some());
}

#[tokio::test]
async fn the_only_node_is_never_set_aside() {
    let world = World::with_records(1);
    let lying = world.honest().answer(|_, mut answer| {
        answer.value.push(0);
        Ok(answer)
    });
    let mut client = world.client_of(vec![lying.boxed()], known(&world).await);
    update(&mut client, &world).await;
    let error = client.snapshot().unwrap().directory().await.err().unwrap();
    assert!(!client.set_aside(&error));
}
