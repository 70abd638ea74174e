//! Reads of accounts, and every way in which their proof can be wrong.

use medrec_client::{
    ClientError, Lie,
    node::{NodeError, Query, QueryAnswer},
    verify::leaf::{self, LeafFault},
};
use medrec_ledger::testing::sample::{self, Actor};
use medrec_protocol::{
    Hash32, query,
    state::{MAX_STATE_PROOF_BYTES, StateKey},
};
use proptest::prelude::*;

use crate::world::World;

/// The fault that is found when the answer about the patient's relationship is altered like this.
async fn fault(world: &World, alter: impl Fn(&mut QueryAnswer) + Send + Sync + 'static) -> LeafFault {
    let node = world.honest().answer(move |_, mut answer| {
        alter(&mut answer);
        Ok(answer)
    });
    let snapshot = world.snapshot_from(node).await;
    match snapshot.relationship(world.patient.relationship()).await.err() {
        Some(ClientError::Lie { lie, .. }) => match *lie {
            Lie::Leaf(fault) => fault,
            other => panic!("another lie: {other}"),
        },
        Some(other) => panic!("another error: {other}"),
        None => panic!("believed"),
    }
}

/// An honest answer about a key in the state that the snapshot reads.
async fn honest_answer(world: &World, key: StateKey) -> QueryAnswer {
    let snapshot = world.snapshot_from(world.honest()).await;
    let query =
        Query { path: query::STATE, data: key.encode(), height: Some(snapshot.height()), prove: true };
    medrec_client::Node::query(&world.honest(), query).await.unwrap()
}

#[tokio::test]
async fn accounts_are_read_with_a_proof() {
    let world = World::with_records(5);
    let snapshot = world.client().await.snapshot().unwrap();
    let relationship = snapshot.relationship(world.patient.relationship()).await.unwrap().unwrap();
    assert_eq!(relationship.leaf.publisher, world.publisher.provider_address());
    assert_eq!(relationship.log().frontier().size(), 6);
    let provider = snapshot.provider(world.publisher.provider_address()).await.unwrap().unwrap();
    assert_eq!(provider.provider, sample::provider_entry(&world.publisher));
    let directory = snapshot.directory().await.unwrap();
    assert_eq!((directory.leaf.members.len(), directory.log().frontier().size()), (1, 3));
}

#[tokio::test]
async fn an_account_that_does_not_exist_is_proved_not_to_exist() {
    let world = World::with_records(1);
    let snapshot = world.client().await.snapshot().unwrap();
    assert!(snapshot.relationship(Actor::patient(99).relationship()).await.unwrap().is_none());
    assert!(snapshot.provider(Actor::provider(99).provider_address()).await.unwrap().is_none());
    let log = medrec_protocol::log::LogId::Relationship(Actor::patient(99).relationship());
    assert!(matches!(snapshot.log(log).await.err(), Some(ClientError::NoLog)));
}

#[tokio::test]
async fn a_revoked_grant_is_proved_revoked_and_another_proved_not() {
    let world = World::with_records(1);
    let chain = world.chain().ledger.chain.clone();
    let (id, until) = (sample::grant_id(1), world.now().plus(3_600));
    world.act(&world.patient, vec![sample::grant(&chain, &world.patient, id, until)]);
    world.act(&world.patient, vec![sample::revoke(&chain, &world.patient, id)]);
    let snapshot = world.client().await.snapshot().unwrap();
    let relationship = world.patient.relationship();
    assert!(snapshot.is_revoked(relationship, id).await.unwrap());
    assert!(!snapshot.is_revoked(relationship, sample::grant_id(2)).await.unwrap());
}

#[tokio::test]
async fn a_snapshot_stays_at_its_moment_while_the_ledger_goes_on() {
    let world = World::with_records(3);
    let snapshot = world.client().await.snapshot().unwrap();
    world.publish(4);
    let relationship = snapshot.relationship(world.patient.relationship()).await.unwrap().unwrap();
    assert_eq!(relationship.log().frontier().size(), 4);
}

#[tokio::test]
async fn an_altered_leaf_is_refused() {
    let world = World::with_records(1);
    let found = fault(&world, |answer| answer.value[30] ^= 1).await;
    assert!(matches!(found, LeafFault::Proof { .. }), "{found}");
}

#[tokio::test]
async fn a_present_leaf_is_not_hidden_with_its_own_proof() {
    let world = World::with_records(1);
    let found = fault(&world, |answer| answer.value.clear()).await;
    assert!(matches!(found, LeafFault::Proof { .. }), "{found}");
}

#[tokio::test]
async fn the_proof_that_another_account_is_absent_does_not_hide_a_present_one() {
    let world = World::with_records(1);
    for stranger in 50..70 {
        let absent =
            honest_answer(&world, StateKey::Relationship(Actor::patient(stranger).relationship())).await;
        let found = fault(&world, move |answer| {
            answer.value.clear();
            answer.proof[0].data.clone_from(&absent.proof[0].data);
        })
        .await;
        assert!(matches!(found, LeafFault::Proof { .. }), "{found}");
    }
}

#[tokio::test]
async fn the_proof_that_it_was_absent_earlier_does_not_hide_it_now() {
    let world = World::with_records(0);
    let earlier = Query {
        path: query::STATE,
        data: StateKey::Relationship(world.patient.relationship()).encode(),
        height: Some(2.try_into().unwrap()),
        prove: true,
    };
    let absent = medrec_client::Node::query(&world.honest(), earlier).await.unwrap();
    assert!(absent.value.is_empty());
    let found = fault(&world, move |answer| {
        answer.value.clear();
        answer.proof.clone_from(&absent.proof);
    })
    .await;
    assert!(matches!(found, LeafFault::Proof { .. }), "{found}");
}

#[tokio::test]
async fn a_leaf_of_another_moment_is_refused() {
    let world = World::with_records(1);
    let old = honest_answer(&world, StateKey::Relationship(world.patient.relationship())).await;
    world.publish(1);
    let height = old.height;
    let stale = old.clone();
    let found = fault(&world, move |answer| *answer = stale.clone()).await;
    assert!(matches!(found, LeafFault::Height { .. }), "{found}");
    let found = fault(&world, move |answer| {
        answer.value.clone_from(&old.value);
        answer.proof.clone_from(&old.proof);
    })
    .await;
    assert!(matches!(found, LeafFault::Proof { .. }), "{found}");
    assert!(height.is_some());
}

#[tokio::test]
async fn an_answer_about_another_account_is_refused() {
    let world = World::with_records(1);
    let other = honest_answer(&world, StateKey::Provider(world.publisher.provider_address())).await;
    let whole = other.clone();
    assert_eq!(fault(&world, move |answer| *answer = whole.clone()).await, LeafFault::Key);
    assert_eq!(fault(&world, |answer| answer.key.push(0)).await, LeafFault::Key);
    let proof = other.proof.clone();
    assert_eq!(fault(&world, move |answer| answer.proof.clone_from(&proof)).await, LeafFault::Key);
    let found = fault(&world, move |answer| {
        answer.value.clone_from(&other.value);
        answer.proof[0].data.clone_from(&other.proof[0].data);
    })
    .await;
    assert!(matches!(found, LeafFault::Proof { .. }), "{found}");
}

#[tokio::test]
async fn no_proof_two_proofs_and_a_proof_of_another_kind_are_refused() {
    let world = World::with_records(1);
    let none = fault(&world, |answer| answer.proof.clear()).await;
    assert!(matches!(none, LeafFault::Operation { .. }), "{none}");
    let two = fault(&world, |answer| answer.proof.push(answer.proof[0].clone())).await;
    assert!(matches!(two, LeafFault::Operation { .. }), "{two}");
    let other = fault(&world, |answer| answer.proof[0].kind = "ics23:jmt".into()).await;
    assert_eq!(other, LeafFault::Operation { found: "ics23:jmt".into() });
}

#[tokio::test]
async fn an_answer_without_height_is_refused() {
    let world = World::with_records(1);
    let found = fault(&world, |answer| answer.height = None).await;
    assert!(matches!(found, LeafFault::Height { found: None, .. }), "{found}");
}

#[tokio::test]
async fn a_malformed_and_a_huge_proof_are_refused() {
    let world = World::with_records(1);
    let found = fault(&world, |answer| answer.proof[0].data = vec![0xff; 50]).await;
    assert!(matches!(found, LeafFault::Malformed(_)), "{found}");
    let found = fault(&world, |answer| answer.proof[0].data.push(0)).await;
    assert!(matches!(found, LeafFault::Malformed(_)), "{found}");
    let found = fault(&world, |answer| answer.proof[0].data = vec![0; MAX_STATE_PROOF_BYTES + 1]).await;
    assert!(matches!(found, LeafFault::TooLarge { what: "a proof", .. }), "{found}");
    let found = fault(&world, |answer| answer.value = vec![1; 20_000]).await;
    assert!(matches!(found, LeafFault::TooLarge { what: "a leaf", .. }), "{found}");
}

#[tokio::test]
async fn a_node_that_no_longer_keeps_the_state_is_no_liar() {
    let world = World::with_records(1);
    let node = world
        .honest()
        .answer(|query, _| Err(NodeError::Refused { what: query.path, reason: "pruned".into() }));
    let snapshot = world.snapshot_from(node).await;
    let error = snapshot.directory().await.err().unwrap();
    assert!(matches!(error, ClientError::Node { error: NodeError::Refused { .. }, .. }), "{error}");
}

fn sample_proof() -> (Hash32, Vec<u8>, Vec<u8>, Vec<u8>) {
    let world = World::with_records(1);
    let chain = world.chain();
    let after = chain.tip().after;
    let key = StateKey::Relationship(world.patient.relationship()).encode();
    let leaf = medrec_ledger::prove_leaf(&chain.ledger.storage, after.version, &key).unwrap();
    (after.root, key, leaf.value.unwrap(), leaf.proof)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes_prove_nothing(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let root = Hash32::new([5; 32]);
        prop_assert!(leaf::verify_leaf(&root, b"r", None, &bytes).is_err());
        prop_assert!(leaf::verify_leaf(&root, b"r", Some(b"x"), &bytes).is_err());
    }
}

#[test]
fn no_bit_of_a_proof_or_leaf_can_be_flipped_to_another_truth() {
    let (root, key, value, proof) = sample_proof();
    assert_eq!(leaf::verify_leaf(&root, &key, Some(&value), &proof), Ok(()));
    assert!(leaf::verify_leaf(&root, &key, None, &proof).is_err());
    for bit in 0..8 * proof.len() {
        let mut flipped = proof.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(leaf::verify_leaf(&root, &key, None, &flipped).is_err(), "bit {bit} hides the leaf");
        let mut other = value.clone();
        other[bit % value.len()] ^= 1;
        assert!(leaf::verify_leaf(&root, &key, Some(&other), &flipped).is_err(), "bit {bit} alters the leaf");
    }
}
