//! Evidence: checked by whoever receives it, with nothing but what stands in it.

use std::time::Duration;

use medrec_client::{ClientError, Evidence, EvidenceFault, evidence::MAX_EVIDENCE_BYTES};

use crate::{node::MemoryNode, world::World};

/// What a client keeps that saw two histories of the same validators.
async fn fork() -> Evidence {
    let world = World::with_records(1);
    let branch = world.branch();
    world.chain().seal(&[]);
    let stored = world.client().await.trusted().cloned();
    branch.lock().unwrap().seal_with(&[], &world.validators[..3], |header| {
        header.time = (header.time + Duration::from_millis(1)).unwrap();
    });
    let mut client = world.client_of(vec![MemoryNode::new("forger", &branch).boxed()], stored);
    match client.update(world.now()).await {
        Err(ClientError::Fork(evidence)) => *evidence,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn evidence_is_read_back_and_names_who_signed_both() {
    let evidence = fork().await;
    let read = Evidence::from_json(evidence.to_json().as_bytes()).unwrap();
    assert_eq!(read, evidence);
    let proved = read.check().unwrap();
    assert_eq!(proved.height.get(), read.kept.header.height.value());
    assert_eq!(proved.signed_both.len(), 3, "the fourth signed only one");
    assert!(read.file_name().starts_with(&format!("evidence-{}-", proved.height)));
}

#[tokio::test]
async fn evidence_that_was_made_up_proves_nothing() {
    let evidence = fork().await;
    let mut same = evidence.clone();
    same.shown = same.kept.clone();
    assert!(matches!(same.check(), Err(EvidenceFault::NoContradiction(_))));
    let mut unsigned = evidence.clone();
    unsigned.shown.header.app_hash = vec![1; 32].try_into().unwrap();
    assert!(matches!(unsigned.check(), Err(EvidenceFault::Header(_))));
    let mut strangers = evidence.clone();
    strangers.shown_validators.pop();
    assert!(matches!(strangers.check(), Err(EvidenceFault::Header(_))));
    let mut without = evidence;
    without.shown_validators.clear();
    assert!(matches!(without.check(), Err(EvidenceFault::Header(_))));
}

#[tokio::test]
async fn evidence_that_is_cut_huge_or_of_the_future_is_refused() {
    let json = fork().await.to_json();
    let cut = &json.as_bytes()[..json.len() / 2];
    assert!(matches!(Evidence::from_json(cut), Err(EvidenceFault::Malformed(_))));
    let huge = vec![b' '; MAX_EVIDENCE_BYTES + 1];
    assert!(matches!(Evidence::from_json(&huge), Err(EvidenceFault::TooLarge { .. })));
    let newer = json.replace("\"version\": 1,", "\"version\": 2,");
    assert_ne!(newer, json);
    assert!(matches!(Evidence::from_json(newer.as_bytes()), Err(EvidenceFault::Version(2))));
}
