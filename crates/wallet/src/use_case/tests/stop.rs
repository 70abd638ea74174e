use medrec_protocol::RecordKind;
use tokio_util::sync::CancellationToken;

use super::{
    acts::{decide, manager},
    share::{give, wish},
};
use crate::{
    Code,
    store::entries,
    testing::World,
    view::{
        Act, GrantProgress, HistoryRequest, PendingPurpose, PendingState, Preset, ShareScope, StopOutcome,
        StopTarget,
    },
};

async fn stop_everything(world: &World) -> StopOutcome {
    world.wallet.stop(StopTarget::Everything, "enough", CancellationToken::new()).await.unwrap()
}

/// How often an action stands in all logs.
async fn count(world: &World, action: &str) -> usize {
    let mut read = world.wallet.store.read().await.unwrap();
    let mut found = 0;
    for page in world.wallet.pages(&world.ledger.network.identity()).await.unwrap() {
        found += entries::by_action(&mut read, page.row.address, action, 100).await.unwrap().len();
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_stopped_by_one_action_for_each_provider() {
    let world = World::with_records().await;
    give(&world, &wish(&world, ShareScope::Preset(Preset::Essentials))).await;
    give(&world, &wish(&world, ShareScope::Everything)).await;
    let outcome = stop_everything(&world).await;
    assert_eq!(outcome.grants.len(), 4);
    assert!(outcome.grants.iter().all(|grant| grant.progress == GrantProgress::OnLedger));
    assert_eq!(outcome.sentences[0].text, "City Clinic (Porto) cannot fetch more.");
    assert!(world.wallet.sharing(false).await.unwrap().is_empty());
    assert_eq!((count(&world, "revoke_all").await, count(&world, "revoke").await), (2, 0));
    let history = world.wallet.history(&HistoryRequest::default()).await.unwrap();
    let told =
        history.iter().flat_map(|part| &part.lines).filter(|line| line.text.contains("stopped all access"));
    assert_eq!(told.filter(|line| line.text.contains("enough")).count(), 2);
    // One share is still stopped by naming its permissions.
    let again = give(&world, &wish(&world, ShareScope::Everything)).await;
    world.wallet.stop(StopTarget::Share(again.share), "", CancellationToken::new()).await.unwrap();
    assert_eq!((count(&world, "revoke_all").await, count(&world, "revoke").await), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_delegate_gave_meanwhile_and_what_waits_to_be_sent_is_stopped_too() {
    let world = World::with_records().await;
    let (_rosa, view) = manager(&world).await;
    give(&world, &wish(&world, ShareScope::Kinds(vec![RecordKind::Medication]))).await;
    // The daughter allows more, and the mother's wallet has not heard of it.
    let proposal = view.propose_share(&wish(&world, ShareScope::Everything)).await.unwrap();
    let signed = view.sign(proposal).await.unwrap();
    view.submit(signed, CancellationToken::new()).await.unwrap();
    // And something that the mother signed did not leave her computer.
    let proposal = world.wallet.propose_share(&wish(&world, ShareScope::Everything)).await.unwrap();
    let signed = world.wallet.sign(proposal).await.unwrap();
    let waiting: Vec<_> = signed.grants();
    let mut db = world.wallet.store.begin().await.unwrap();
    for (relationship, tx) in &waiting {
        let now = crate::Clock::now(&*world.clock);
        crate::store::outbox::insert(&mut db, tx, *relationship, PendingPurpose::Grant, now).await.unwrap();
    }
    db.commit().await.unwrap();

    stop_everything(&world).await;
    let pending = world.sync().await.pending;
    assert_eq!(pending.len(), 2);
    assert!(pending.iter().all(|row| row.state == PendingState::Refused), "too late: {pending:?}");
    assert_eq!(count(&world, "grant").await, 4);
    assert!(world.wallet.sharing(false).await.unwrap().is_empty(), "and none of them holds");
    for page in world.wallet.pages(&world.ledger.network.identity()).await.unwrap() {
        assert!(page.leaf.grants.is_empty(), "by the ledger's own word");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_waits_for_no_viewing_key() {
    let world = World::with_records().await;
    let (_rosa, view) = manager(&world).await;
    give(&world, &wish(&world, ShareScope::Everything)).await;
    decide(&view, &Act::ChangeViewingKeys).await;
    // No gatekeeper hands the new key over.
    assert_eq!(world.sync().await.waiting_for_keys, 3);
    let refused = world.wallet.propose_share(&wish(&world, ShareScope::Everything)).await.unwrap_err();
    assert_eq!(refused.code(), Code::ProviderAway, "{refused}");
    let outcome = stop_everything(&world).await;
    assert!(outcome.grants.iter().all(|grant| grant.progress == GrantProgress::OnLedger), "{outcome:?}");
    world.sync().await;
    for page in world.wallet.pages(&world.ledger.network.identity()).await.unwrap() {
        assert!(page.leaf.grants.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_of_everything_that_came_too_late_is_read_and_signed_again() {
    let world = World::with_records().await;
    give(&world, &wish(&world, ShareScope::Everything)).await;
    let stopped = CancellationToken::new();
    stopped.cancel();
    world.ledger.stop();
    world.wallet.stop(StopTarget::Everything, "", stopped).await.unwrap();
    let pending = world.wallet.pending().await.unwrap();
    assert_eq!(pending.len(), 2);
    assert!(pending.iter().all(|row| row.purpose == PendingPurpose::Revoke));
    let mut db = world.wallet.store.begin().await.unwrap();
    let reason = Some("The ledger did not take it in time.");
    crate::store::outbox::set_state(&mut db, pending[0].id, PendingState::Lapsed, reason).await.unwrap();
    db.commit().await.unwrap();
    let proposal = world.wallet.propose_again(pending[0].id).await.unwrap();
    let review = world.wallet.review_again(&proposal).await.unwrap();
    assert_eq!(review.title.text, "Stop access for City Clinic (Porto)?");
    assert_eq!(review.sentences[1].text, "No copies were taken.");
    assert_eq!(review.details[0].actions, ["revoke_all"]);
}
