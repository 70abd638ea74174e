//! After first contact: every way in which a newer header can be wrong.

use medrec_client::{ClientError, Freshness, Lie, verify::header::HeaderFault};
use tendermint::block::signed_header::SignedHeader;

use crate::{
    chain::{Validator, sign},
    node::MemoryNode,
    world::{World, four},
};

const DAY: u64 = 86_400;

/// What an update says when the newest header is this one; the trusted header must stay as it was.
async fn shown(world: &World, newest: SignedHeader) -> ClientError {
    let stored = world.client().await.trusted().cloned();
    let node = world.honest().newest(move |_| Ok(newest.clone()));
    let mut client = world.client_of(vec![node.boxed()], stored.clone());
    let error = client.update(world.now().plus(60)).await.unwrap_err();
    assert_eq!(client.trusted(), stored.as_ref(), "a refused header must change nothing");
    error
}

fn fault(error: ClientError) -> HeaderFault {
    match error {
        ClientError::Lie { lie, .. } => match *lie {
            Lie::Header(fault) => fault,
            other => panic!("another lie: {other}"),
        },
        other => panic!("another error: {other}"),
    }
}

#[tokio::test]
async fn a_header_signed_by_others_is_refused() {
    let world = World::with_records(1);
    let others: Vec<_> = (11..=14).map(|number| Validator::new(number, 10)).collect();
    let (mut header, _) = world.chain().next_header();
    header.validators_hash = crate::chain::set(&others).hash();
    let newest = sign(header, &others, &others);
    let stored = world.client().await.trusted().cloned();
    let theirs = crate::chain::infos(&others);
    let node =
        world.honest().newest(move |_| Ok(newest.clone())).validators(move |list| list.clone_from(&theirs));
    // The node has validators to show for the height of its header.
    world.chain().seal(&[]);
    let mut client = world.client_of(vec![node.boxed()], stored);
    let found = fault(client.update(world.now()).await.unwrap_err());
    assert!(matches!(found, HeaderFault::Validators { .. }), "{found}");
}

#[tokio::test]
async fn a_header_far_ahead_signed_by_others_is_refused_however_it_is_approached() {
    let world = World::with_records(1);
    let stored = world.client().await.trusted().cloned();
    // The same history up to here; then other validators go on alone.
    let branch = world.branch();
    {
        let mut chain = branch.lock().unwrap();
        let others: Vec<_> = (11..=14).map(|number| Validator::new(number, 10)).collect();
        chain.coming.clone_from(&others);
        let last = chain.blocks.last_mut().unwrap();
        last.next = others;
        chain.seal_empty(20);
    }
    let node = MemoryNode::new("primary", &branch);
    let mut client = world.client_of(vec![node.boxed()], stored);
    let now = branch.lock().unwrap().time();
    let found = fault(client.update(now).await.unwrap_err());
    assert!(matches!(found, HeaderFault::Validators { .. }), "{found}");
}

#[tokio::test]
async fn a_vote_with_a_false_signature_is_refused() {
    let world = World::with_records(1);
    let (header, validators) = world.chain().next_header();
    let mut newest = sign(header.clone(), &validators, &validators);
    // Votes for another header of the same height, under this one's id.
    let mut other = header;
    other.app_hash = vec![1; 32].try_into().unwrap();
    let stolen = sign(other, &validators, &validators);
    newest.commit.signatures = stolen.commit.signatures;
    assert!(matches!(fault(shown(&world, newest).await), HeaderFault::Signature(_)));
}

#[tokio::test]
async fn a_header_with_another_app_hash_than_was_voted_for_is_refused() {
    let world = World::with_records(1);
    let (header, validators) = world.chain().next_header();
    let mut newest = sign(header, &validators, &validators);
    newest.header.app_hash = vec![1; 32].try_into().unwrap();
    assert!(matches!(fault(shown(&world, newest).await), HeaderFault::VotesForAnother { .. }));
}

#[tokio::test]
async fn an_app_hash_that_is_no_digest_is_refused_even_with_votes() {
    let world = World::with_records(1);
    let (mut header, validators) = world.chain().next_header();
    header.app_hash = vec![1; 20].try_into().unwrap();
    let newest = sign(header, &validators, &validators);
    assert_eq!(fault(shown(&world, newest).await), HeaderFault::AppHash { found: 20 });
}

#[tokio::test]
async fn exactly_two_thirds_of_the_votes_are_not_enough() {
    let three: Vec<_> = (1..=3).map(|number| Validator::new(number, 10)).collect();
    let world = World::with(three, 1);
    let (header, validators) = world.chain().next_header();
    let newest = sign(header, &validators, &validators[..2]);
    assert_eq!(fault(shown(&world, newest).await), HeaderFault::NotEnoughVotes { total: 30, found: 20 });
}

#[tokio::test]
async fn three_of_four_votes_are_enough() {
    let world = World::with_records(1);
    let mut client = world.client().await;
    let signers = world.validators[..3].to_vec();
    world.chain().seal_with(&[], &signers, |_| ());
    assert_eq!(client.update(world.now()).await.unwrap().head.height.get(), world.chain().height());
}

#[tokio::test]
async fn one_vote_counted_for_everybody_is_refused() {
    let world = World::with_records(1);
    let (header, validators) = world.chain().next_header();
    let mut newest = sign(header, &validators, &validators[..1]);
    let vote = newest.commit.signatures.iter().find(|vote| vote.is_commit()).cloned().unwrap();
    newest.commit.signatures = vec![vote; 4];
    assert!(matches!(fault(shown(&world, newest).await), HeaderFault::Signers(_)));
}

#[tokio::test]
async fn a_header_of_another_ledger_is_refused() {
    let world = World::with_records(1);
    let (mut header, validators) = world.chain().next_header();
    header.chain_id = "medrec-other".parse().unwrap();
    let newest = sign(header, &validators, &validators);
    assert!(matches!(fault(shown(&world, newest).await), HeaderFault::Chain { .. }));
}

#[tokio::test]
async fn a_header_from_the_future_is_refused() {
    let world = World::with_records(1);
    let mut client = world.client().await;
    {
        let mut chain = world.chain();
        chain.ledger.now = chain.ledger.now.plus(3_600);
        chain.seal(&[]);
    }
    let early = world.now();
    let early = medrec_protocol::Timestamp::from_seconds(early.seconds() - 60);
    let found = fault(client.update(early).await.unwrap_err());
    assert!(matches!(found, HeaderFault::FromTheFuture { .. }), "{found}");
    assert!(client.update(world.now()).await.is_ok(), "it is fine once its time has come");
}

#[tokio::test]
async fn a_clock_ten_seconds_behind_is_tolerated() {
    let world = World::with_records(1);
    let mut client = world.client().await;
    world.chain().seal(&[]);
    let behind = medrec_protocol::Timestamp::from_seconds(world.chain().time().seconds() - 9);
    assert!(client.update(behind).await.is_ok());
}

#[tokio::test]
async fn time_that_goes_back_is_refused() {
    let world = World::with_records(1);
    let (mut header, validators) = world.chain().next_header();
    header.time = world.chain().tip().signed.header.time;
    let newest = sign(header, &validators, &validators);
    assert!(matches!(fault(shown(&world, newest).await), HeaderFault::TimeNotAfter { .. }));
}

#[tokio::test]
async fn the_answer_about_another_height_is_refused() {
    let world = World::with_records(1);
    let stored = world.client().await.trusted().cloned();
    world.chain().seal_empty(2);
    let wrong = world.chain().blocks[0].signed.clone();
    let node = world.honest().header(move |_| Ok(wrong.clone()));
    let mut client = world.client_of(vec![node.boxed()], stored);
    let found = fault(client.update(world.now()).await.unwrap_err());
    assert!(matches!(found, HeaderFault::Height { found: 1, .. }), "{found}");
}

#[tokio::test]
async fn a_frozen_node_is_noticed_by_the_age_of_its_head() {
    let world = World::with_records(1);
    let mut client = world.client().await;
    let later = world.now().plus(300);
    let head = client.update(later).await.unwrap().head;
    assert_eq!(head.freshness(world.now()), Freshness::Fresh);
    assert_eq!(head.freshness(later), Freshness::Stale { seconds: 302 });
}

#[tokio::test]
async fn a_node_that_shows_less_than_before_is_refused_with_evidence() {
    let world = World::with_records(1);
    let mut client = world.client().await;
    let kept = client.head().unwrap();
    world.chain().blocks.pop();
    let error = client.update(world.now()).await.unwrap_err();
    let ClientError::Rollback(evidence) = error else { panic!("{error}") };
    assert_eq!(evidence.kept.header.height.value(), kept.height.get());
    assert_eq!(evidence.shown.header.height.value(), kept.height.get() - 1);
    assert_eq!(client.head(), Some(kept));
}

#[tokio::test]
async fn two_signed_headers_of_one_height_are_kept_as_evidence() {
    let world = World::with_records(1);
    let branch = world.branch();
    world.publish(1);
    let mut client = world.client().await;
    let kept = client.trusted().unwrap().clone();
    // The same validators sign another history of the same length.
    branch.lock().unwrap().seal_with(&[], &world.validators, |header| {
        header.time = (header.time + std::time::Duration::from_millis(1)).unwrap();
    });
    branch.lock().unwrap().seal(&[]);
    assert_eq!(branch.lock().unwrap().height(), kept.height().get());
    let mut moved =
        world.client_of(vec![MemoryNode::new("other", &branch).boxed()], client.trusted().cloned());
    let error = moved.update(world.now()).await.unwrap_err();
    let ClientError::Fork(evidence) = error else { panic!("{error}") };
    assert_eq!(evidence.kept, *kept.signed_header());
    assert_eq!(evidence.shown, branch.lock().unwrap().tip().signed);
    let json: serde_json::Value = serde_json::from_str(&evidence.to_json()).unwrap();
    assert_ne!(json["kept"]["commit"]["block_id"], json["shown"]["commit"]["block_id"]);
    assert!(client.update(world.now()).await.is_ok());
}

#[tokio::test]
async fn a_rewritten_history_that_has_grown_longer_is_refused_with_evidence() {
    let world = World::with_records(1);
    let branch = world.branch();
    world.publish(1);
    let stored = world.client().await.trusted().cloned();
    {
        let mut chain = branch.lock().unwrap();
        chain.seal_with(&[], &world.validators, |header| {
            header.time = (header.time + std::time::Duration::from_millis(1)).unwrap();
        });
        chain.seal_empty(30);
    }
    let mut client = world.client_of(vec![MemoryNode::new("other", &branch).boxed()], stored.clone());
    let now = branch.lock().unwrap().time();
    let error = client.update(now).await.unwrap_err();
    assert!(matches!(error, ClientError::Fork(_)), "{error}");
    assert_eq!(client.trusted(), stored.as_ref());
}

#[tokio::test]
async fn another_header_of_the_known_height_without_votes_is_a_lie_and_no_evidence() {
    let world = World::with_records(1);
    let mut header = world.chain().tip().signed.header.clone();
    header.app_hash = vec![1; 32].try_into().unwrap();
    let newest = sign(header, &world.validators, &world.validators[..1]);
    let error = shown(&world, newest).await;
    let ClientError::Lie { lie, .. } = error else { panic!("{error}") };
    assert!(matches!(*lie, Lie::Conflict { .. }), "{lie}");
}

#[tokio::test]
async fn a_head_that_was_trusted_too_long_ago_is_no_start() {
    let world = World::with_records(1);
    let mut client = world.client().await;
    assert!(client.update(world.now().plus(179 * DAY)).await.is_ok());
    let error = client.update(world.now().plus(181 * DAY)).await.unwrap_err();
    assert!(matches!(error, ClientError::TrustExpired { .. }), "{error}");
}

#[tokio::test]
async fn validators_who_change_one_by_one_are_followed_by_halving_the_distance() {
    let world = World::with_records(1);
    let stored = world.client().await.trusted().cloned();
    {
        let mut chain = world.chain();
        for number in 5..=12 {
            chain.coming.remove(0);
            chain.coming.push(Validator::new(number, 10));
            chain.seal_empty(10);
        }
    }
    let node = world.honest();
    let asked = node.asked();
    let mut client = world.client_of(vec![node.boxed()], stored);
    let head = client.update(world.now()).await.unwrap().head;
    assert_eq!(head.height.get(), world.chain().height());
    let asked = asked.take();
    let (headers, sets) = (asked["header"], asked["validators"]);
    assert!((4..40).contains(&headers), "{headers} headers for 80 blocks");
    assert!(sets <= 8, "each of the 8 new sets is asked for once at most, {sets} were");
    assert!(set_is_disjoint(client.trusted().unwrap().validators()));
}

fn set_is_disjoint(now: &tendermint::validator::Set) -> bool {
    four().iter().all(|old| now.validator(old.address()).is_none())
}

#[tokio::test]
async fn an_update_with_the_same_validators_asks_for_two_headers_and_no_validators() {
    let world = World::with_records(1);
    let node = world.honest();
    let asked = node.asked();
    let mut client = world.client_moved_to(node).await;
    world.chain().seal_empty(500);
    client.update(world.now()).await.unwrap();
    let asked = asked.take();
    assert_eq!((asked["newest"], asked["header"], asked.get("validators")), (1, 1, None));
}

#[tokio::test]
async fn a_clock_beyond_every_calendar_is_an_error_and_no_panic() {
    let world = World::with_records(1);
    let mut client = world.client().await;
    let never = medrec_protocol::Timestamp::from_seconds(u64::MAX);
    assert!(matches!(client.update(never).await, Err(ClientError::Clock)));
}

#[tokio::test]
async fn half_of_the_old_validators_cannot_lead_away_on_their_own() {
    let world = World::with_records(1);
    let stored = world.client().await.trusted().cloned();
    let branch = world.branch();
    {
        // Two of four sign on as if they had always been alone.
        let mut chain = branch.lock().unwrap();
        chain.coming = world.validators[..2].to_vec();
        chain.blocks.last_mut().unwrap().next = chain.coming.clone();
        chain.seal_empty(20);
    }
    let mut client = world.client_of(vec![MemoryNode::new("branch", &branch).boxed()], stored);
    let now = branch.lock().unwrap().time();
    let found = fault(client.update(now).await.unwrap_err());
    assert!(matches!(found, HeaderFault::Validators { .. }), "{found}");
}

#[tokio::test]
async fn a_header_of_another_ledger_with_the_same_validators_is_no_second_history() {
    let world = World::with_records(1);
    let mut header = world.chain().tip().signed.header.clone();
    header.chain_id = "medrec-other".parse().unwrap();
    let newest = sign(header, &world.validators, &world.validators);
    assert!(matches!(fault(shown(&world, newest).await), HeaderFault::Chain { .. }));
}

#[tokio::test]
async fn validators_who_are_not_the_next_ones_of_the_header_are_refused() {
    let world = World::with_records(1);
    let stored = world.client().await.trusted().cloned();
    let named = {
        let mut chain = world.chain();
        chain.coming.push(Validator::new(9, 10));
        chain.seal(&[]);
        chain.tip().signed.header.next_validators_hash
    };
    let node = world.honest().validators(|list| drop(list.pop()));
    let found = fault(world.client_of(vec![node.boxed()], stored).update(world.now()).await.unwrap_err());
    assert!(matches!(found, HeaderFault::Validators { expected, .. } if expected == named), "{found}");
}
