use medrec_protocol::{RecordKind, share::ShareCode};
use tokio_util::sync::CancellationToken;

use crate::{
    Code, Control,
    testing::World,
    view::{
        AllowLess, Future, GrantProgress, GrantState, Mode, PageRequest, PendingState, Preset, RecordFilter,
        RequestState, SentenceCode, ShareOutcome, ShareRequest, ShareScope, SkippedReason, StopTarget, Why,
    },
};

pub(super) fn wish(world: &World, scope: ShareScope) -> ShareRequest {
    ShareRequest {
        grantee: world.provider(2),
        scope,
        future: Future::Excluded,
        days: 90,
        why: Why::Treatment,
        mode: Mode::Pull,
    }
}

pub(super) async fn give(world: &World, request: &ShareRequest) -> ShareOutcome {
    let proposal = world.wallet.propose_share(request).await.unwrap();
    let signed = world.wallet.sign(proposal).await.unwrap();
    world.wallet.submit(signed, CancellationToken::new()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_says_what_the_bytes_say_and_lists_what_they_open() {
    let world = World::with_records().await;
    let request = wish(&world, ShareScope::Preset(Preset::Essentials));
    let proposal = world.wallet.propose_share(&request).await.unwrap();
    let review = world.wallet.review(&proposal).await.unwrap();
    assert_eq!(review.title.text, "Give City Clinic (Porto) access?");
    assert_eq!(review.sentences[0].text, "They can see your medicines, allergies and problems.");
    let opens: Vec<_> = review.opens.iter().map(|open| (open.provider.name.as_str(), open.records)).collect();
    assert_eq!(opens, [("Santa Maria", 2), ("Dr. Ana López", 1)]);
    assert_eq!(review.opens[1].newest[0].title, "Ramipril 5 mg");
    assert_eq!(review.details.len(), 2);
    let skipped: Vec<_> =
        review.skipped.iter().map(|skipped| (skipped.provider.name.as_str(), skipped.reason)).collect();
    assert_eq!(skipped, [("City Clinic", SkippedReason::OwnRecords)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_share_reaches_the_ledger_and_can_be_stopped_again() {
    let world = World::with_records().await;
    let outcome = give(&world, &wish(&world, ShareScope::Kinds(vec![RecordKind::Medication]))).await;
    assert!(outcome.grants.iter().all(|grant| grant.progress == GrantProgress::OnLedger));
    let code: ShareCode = outcome.code.parse().unwrap();
    assert_eq!(code.grants.as_slice().len(), 2);
    assert_eq!(world.wallet.share_code(outcome.share).await.unwrap(), outcome.code);
    let sharing = world.wallet.sharing(false).await.unwrap();
    assert_eq!(sharing.len(), 1);
    assert!(sharing[0].live);
    assert_eq!(sharing[0].grants.len(), 2);
    assert!(world.wallet.pending().await.unwrap().is_empty());
    let stopped =
        world.wallet.stop(StopTarget::Share(outcome.share), "", CancellationToken::new()).await.unwrap();
    assert_eq!(stopped.grants.len(), 2);
    assert_eq!((stopped.copies_taken, stopped.last_copy_at), (0, None));
    assert!(world.wallet.sharing(false).await.unwrap().is_empty());
    let ended = world.wallet.sharing(true).await.unwrap();
    assert!(ended[0].grants.iter().all(|grant| grant.state == GrantState::Stopped));
    let again = world.wallet.stop(StopTarget::Everything, "", CancellationToken::new()).await.unwrap_err();
    assert_eq!(again.code(), Code::Expired);
    assert_eq!(world.wallet.share_code(outcome.share).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chosen_records_are_granted_one_by_one_and_nothing_else() {
    let world = World::with_records().await;
    let rows = world.wallet.records(&RecordFilter::default(), &PageRequest::default()).await.unwrap().rows;
    let letter = rows.iter().find(|row| row.kind == RecordKind::Document).unwrap().id;
    let request = wish(&world, ShareScope::Records(vec![letter]));
    let proposal = world.wallet.propose_share(&request).await.unwrap();
    let review = world.wallet.review(&proposal).await.unwrap();
    assert_eq!(review.sentences[0].text, "They can see one record that you chose.");
    assert_eq!(review.opens.len(), 1);
    assert_eq!(review.opens[0].newest[0].id, letter);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_signed_when_there_is_nothing_to_share() {
    let world = World::with_records().await;
    let refused = |request: ShareRequest| {
        let world = &world;
        async move { world.wallet.propose_share(&request).await.unwrap_err().code() }
    };
    let nothing = wish(&world, ShareScope::Kinds(vec![RecordKind::Imaging]));
    assert_eq!(refused(nothing).await, Code::InvalidInput);
    assert_eq!(refused(wish(&world, ShareScope::Kinds(Vec::new()))).await, Code::InvalidInput);
    assert_eq!(
        refused(ShareRequest { days: 0, ..wish(&world, ShareScope::Everything) }).await,
        Code::InvalidInput
    );
    let stranger = medrec_protocol::ProviderAddress::from_bytes([3; 20]);
    let unknown = ShareRequest { grantee: stranger, ..wish(&world, ShareScope::Everything) };
    assert_eq!(refused(unknown).await, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proposal_that_was_looked_at_for_too_long_is_not_signed() {
    let world = World::with_records().await;
    let proposal = world.wallet.propose_share(&wish(&world, ShareScope::Everything)).await.unwrap();
    world.clock.advance(400);
    assert_eq!(world.wallet.sign(proposal).await.unwrap_err().code(), Code::Expired);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_allowed_for_less_and_another_declined() {
    let world = World::with_records().await;
    let clinic = &world.ledger.providers[2];
    let first = clinic.ask(&[RecordKind::Medication, RecordKind::Problem], 30).await;
    let second = clinic.ask(&[], 30).await;
    assert_eq!(world.sync().await.new_requests, 2);
    let waiting = world.wallet.requests(false).await.unwrap();
    assert_eq!(waiting.len(), 2);
    let asked = waiting.iter().find(|view| view.id == first).unwrap();
    assert_eq!(
        asked.sentence.text,
        "City Clinic (Porto) asks to see your medicines and problems for 30 days, new ones too."
    );
    let more = AllowLess { kinds: Some(vec![RecordKind::Document]), ..AllowLess::default() };
    assert_eq!(world.wallet.propose_answer(first, &more).await.unwrap_err().code(), Code::InvalidInput);
    let less = AllowLess { kinds: Some(vec![RecordKind::Medication]), days: Some(5), without_future: true };
    let proposal = world.wallet.propose_answer(first, &less).await.unwrap();
    let review = world.wallet.review(&proposal).await.unwrap();
    assert_eq!(review.sentences[0].text, "They can see your medicines.");
    assert!(review.sentences.iter().any(|sentence| sentence.code == SentenceCode::Answers));
    let signed = world.wallet.sign(proposal).await.unwrap();
    let outcome = world.wallet.submit(signed, CancellationToken::new()).await.unwrap();
    assert_eq!(outcome.answered, Some((first, GrantProgress::OnLedger)));
    let declined = world.wallet.decline(second, "not now", CancellationToken::new()).await.unwrap();
    assert_eq!(declined, GrantProgress::OnLedger);
    assert!(world.wallet.requests(false).await.unwrap().is_empty());
    let states: Vec<_> = world
        .wallet
        .requests(true)
        .await
        .unwrap()
        .iter()
        .map(|view| (view.id == first, view.state))
        .collect();
    assert!(
        states.contains(&(true, RequestState::Allowed)) && states.contains(&(false, RequestState::Declined))
    );
    assert_eq!(world.wallet.propose_answer(first, &less).await.unwrap_err().code(), Code::Expired);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_signed_before_a_crash_reaches_the_ledger_with_the_next_sync() {
    let world = World::with_records().await;
    let proposal = world.wallet.propose_share(&wish(&world, ShareScope::Everything)).await.unwrap();
    let signed = world.wallet.sign(proposal).await.unwrap();
    // Kept, and then nothing more: as if the program had been killed before it sent anything.
    let stopped = CancellationToken::new();
    stopped.cancel();
    let outcome = world.wallet.submit(signed, stopped).await.unwrap();
    assert_eq!(outcome.grants.len(), 2);
    let mut confirmed = 0;
    for _ in 0..50 {
        let report = world.sync().await;
        confirmed += report.confirmed;
        if report.pending.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(confirmed, 2);
    assert_eq!(world.wallet.sharing(false).await.unwrap()[0].grants.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_node_a_share_waits_and_is_not_forgotten() {
    let world = World::with_records().await;
    let proposal = world.wallet.propose_share(&wish(&world, ShareScope::Everything)).await.unwrap();
    let signed = world.wallet.sign(proposal).await.unwrap();
    world.ledger.stop();
    let outcome = world.wallet.submit(signed, CancellationToken::new()).await.unwrap();
    assert!(outcome.grants.iter().all(|grant| grant.progress == GrantProgress::Waiting));
    let pending = world.wallet.pending().await.unwrap();
    assert_eq!(pending.len(), 2);
    assert!(pending.iter().all(|row| row.state == PendingState::Waiting && row.reason.is_some()));
    let early = world.wallet.propose_again(pending[0].id).await.unwrap_err();
    assert_eq!(early.code(), Code::NotConfirmed);
    assert_eq!(world.wallet.forget_pending(pending[0].id).await.unwrap_err().code(), Code::NotConfirmed);
    assert_eq!(world.wallet.sync(Control::default()).await.unwrap_err().code(), Code::NodeAway);
    assert_eq!(world.wallet.pending().await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_too_late_is_reported_and_can_be_signed_again() {
    let world = World::with_records().await;
    world.clock.advance(-470);
    let proposal = world.wallet.propose_share(&wish(&world, ShareScope::Everything)).await.unwrap();
    let signed = world.wallet.sign(proposal).await.unwrap();
    world.clock.advance(470);
    // Ten seconds are left; the ledger's clock passes them while nothing is sent.
    let mut db = world.wallet.store.begin().await.unwrap();
    let now = crate::Clock::now(world.clock.as_ref());
    let first = &signed.grants()[0];
    crate::store::outbox::insert(&mut db, &first.1, first.0, crate::view::PendingPurpose::Grant, now)
        .await
        .unwrap();
    db.commit().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(12)).await;
    world.publish(0, &[(RecordKind::Visit, "Visit", None)]).await;
    let report = world.sync().await;
    assert_eq!(report.pending.len(), 1);
    assert_eq!(report.pending[0].state, PendingState::Lapsed);
    let proposal = world.wallet.propose_again(report.pending[0].id).await.unwrap();
    let review = world.wallet.review_again(&proposal).await.unwrap();
    assert_eq!(review.title.text, "Give City Clinic (Porto) access?");
    assert_eq!(review.sentences[0].text, "They can see all your records.");
    assert_eq!(
        (review.opens.len(), review.details.len()),
        (1, 1),
        "this one permission, not the whole share"
    );
    let again = world.wallet.sign_again(proposal, CancellationToken::new()).await.unwrap();
    assert_eq!(again, GrantProgress::OnLedger);
    assert!(world.wallet.pending().await.unwrap().is_empty());
    assert_eq!(world.wallet.sharing(false).await.unwrap()[0].grants.len(), 1);
}
