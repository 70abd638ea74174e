//! Sync of a log, and every way in which a node can cheat with its entries.

use std::ops::ControlFlow;

use medrec_client::{ClientError, Lie, SyncEnd, node::QueryAnswer, verify::log::LogFault};
use medrec_ledger::testing::sample::Actor;
use medrec_protocol::{
    actions::Action,
    codec,
    log::{Frontier, LogId},
    query::{self, LogEntries, LogRange},
};

use crate::{
    node::MemoryNode,
    world::{World, fetch, publish},
};

fn log_fault(error: ClientError) -> LogFault {
    match error {
        ClientError::Lie { lie, .. } => match *lie {
            Lie::Log(fault) => fault,
            other => panic!("another lie: {other}"),
        },
        other => panic!("another error: {other}"),
    }
}

fn altering_entries(
    node: MemoryNode,
    alter: impl Fn(&LogRange, &mut Vec<Vec<u8>>) + Send + Sync + 'static,
) -> MemoryNode {
    node.answer(move |query, mut answer| {
        if query.path == query::LOG {
            let range = codec::decode(&query.data, 128).unwrap();
            let mut entries = LogEntries::decode(&answer.value).unwrap();
            alter(&range, &mut entries.0);
            answer.value = codec::encode(&entries);
        }
        Ok(answer)
    })
}

/// The fault found by a full sync when the node alters pages of entries like this. Nothing false is handed out.
async fn cheat(
    world: &World,
    alter: impl Fn(&LogRange, &mut Vec<Vec<u8>>) + Send + Sync + 'static,
) -> LogFault {
    let log = world.log_from(altering_entries(world.honest(), alter)).await;
    let truth = world.entries();
    let mut got = Vec::new();
    let ended = log
        .sync_each(Frontier::default(), |page| {
            got.extend(page.entries.into_iter().map(|entry| entry.bytes));
            ControlFlow::Continue(())
        })
        .await;
    assert_eq!(got, truth[..got.len()], "only true entries may be handed out");
    log_fault(ended.expect_err("a cheat must be noticed"))
}

fn is_mismatch(fault: &LogFault) -> bool {
    matches!(fault, LogFault::Mismatch { .. })
}

#[tokio::test]
async fn ten_thousand_entries_are_fetched_page_by_page_and_all_verified() {
    let world = World::with_records(9_999);
    let node = world.honest();
    let asked = node.asked();
    let log = world.log_from(node).await;
    asked.take();
    let (entries, frontier) = fetch(&log, Frontier::default()).await.unwrap();
    assert_eq!(entries, world.entries());
    assert_eq!(&frontier, log.frontier());
    let asked = asked.take();
    assert_eq!((asked[query::LOG], asked[query::LOG_CONSISTENCY]), (5, 4));
}

#[tokio::test]
async fn every_page_carries_the_frontier_after_it_and_the_progress() {
    let world = World::with_records(4_999);
    let log = world.log_from(world.honest()).await;
    let mut sync = log.sync(Frontier::default()).unwrap();
    let mut rebuilt = Frontier::default();
    let mut pages = 0;
    while let Some(page) = sync.next_page().await.unwrap() {
        assert_eq!(page.entries[0].index, rebuilt.size());
        for entry in &page.entries {
            rebuilt.append(&entry.bytes);
        }
        assert_eq!(page.frontier, rebuilt);
        assert_eq!((page.progress.done, page.progress.total), (rebuilt.size(), 5_000));
        pages += 1;
    }
    assert_eq!(pages, 3);
}

#[tokio::test]
async fn with_nothing_new_one_leaf_is_proved_and_no_entry_fetched() {
    let world = World::with_records(150);
    let node = world.honest();
    let asked = node.asked();
    let snapshot = world.snapshot_from(node).await;
    let log = snapshot.log(world.log_id()).await.unwrap();
    let (_, known) = fetch(&log, Frontier::default()).await.unwrap();
    asked.take();
    let (entries, same) = fetch(&snapshot.log(world.log_id()).await.unwrap(), known.clone()).await.unwrap();
    assert!(entries.is_empty());
    assert_eq!(same, known);
    assert_eq!(asked.take().into_iter().collect::<Vec<_>>(), [(query::STATE, 1)]);
}

#[tokio::test]
async fn only_what_is_new_is_fetched() {
    let world = World::with_records(150);
    let log = world.log_from(world.honest()).await;
    let (_, known) = fetch(&log, Frontier::default()).await.unwrap();
    world.publish(7);
    let log = world.log_from(world.honest()).await;
    let (new, _) = fetch(&log, known).await.unwrap();
    assert_eq!(new, world.entries()[151..]);
}

#[tokio::test]
async fn a_stopped_sync_goes_on_where_it_stopped() {
    let world = World::with_records(4_999);
    let log = world.log_from(world.honest()).await;
    let end = log.sync_each(Frontier::default(), |_| ControlFlow::Break(())).await.unwrap();
    let SyncEnd::Stopped(known) = end else { panic!("it was stopped") };
    assert_eq!(known.size(), 2_048);
    let (rest, _) = fetch(&log, known).await.unwrap();
    assert_eq!(rest, world.entries()[2_048..]);
}

#[tokio::test]
async fn a_page_that_failed_can_be_asked_for_again() {
    let world = World::with_records(20);
    let fail = std::sync::atomic::AtomicBool::new(true);
    let node = world.honest().answer(move |query, answer| {
        if query.path == query::LOG && fail.swap(false, std::sync::atomic::Ordering::SeqCst) {
            return Err(crate::node::unreachable());
        }
        Ok(answer)
    });
    let log = world.log_from(node).await;
    let mut sync = log.sync(Frontier::default()).unwrap();
    assert!(sync.next_page().await.unwrap_err().is_unreachable());
    assert_eq!(sync.next_page().await.unwrap().unwrap().entries.len(), 21);
}

#[tokio::test]
async fn the_directory_is_synced_like_any_log() {
    let world = World::with_records(0);
    let log = world.snapshot_from(world.honest()).await.log(LogId::Directory).await.unwrap();
    let mut sync = log.sync(Frontier::default()).unwrap();
    let page = sync.next_page().await.unwrap().unwrap();
    assert_eq!(page.entries.len(), 3);
    assert_eq!(page.entries[0].directory().unwrap().height, 0);
}

#[tokio::test]
async fn the_entries_are_the_actions_that_were_signed() {
    let world = World::with_records(1);
    let log = world.log_from(world.honest()).await;
    let opened = log.entry(0).await.unwrap().relationship().unwrap();
    assert!(matches!(opened.action, Action::OpenRelationship(_)));
    assert_eq!(opened.signer, world.publisher.address);
    let published = log.entry(1).await.unwrap().relationship().unwrap();
    assert!(matches!(published.action, Action::PublishRecord(_)));
}

#[tokio::test]
async fn a_dropped_tail_is_noticed() {
    let world = World::with_records(200);
    let found = cheat(&world, |range, entries| {
        if range.from + entries.len() as u64 > 150 {
            entries.truncate(150_usize.saturating_sub(usize::try_from(range.from).unwrap()));
        }
    })
    .await;
    assert_eq!(found, LogFault::Withheld { have: 150, missing: 51 });
}

#[tokio::test]
async fn a_dropped_entry_in_the_middle_is_noticed() {
    let world = World::with_records(200);
    let found = cheat(&world, |_, entries| drop(entries.remove(entries.len() / 2))).await;
    assert!(is_mismatch(&found), "{found}");
}

#[tokio::test]
async fn a_duplicated_entry_is_noticed() {
    let world = World::with_records(200);
    let found = cheat(&world, |_, entries| {
        entries[100] = entries[99].clone();
    })
    .await;
    assert!(is_mismatch(&found), "{found}");
}

#[tokio::test]
async fn reordered_entries_are_noticed() {
    let world = World::with_records(200);
    let found = cheat(&world, |_, entries| entries.swap(3, 4)).await;
    assert!(is_mismatch(&found), "{found}");
}

#[tokio::test]
async fn an_altered_entry_is_noticed() {
    let world = World::with_records(200);
    let found = cheat(&world, |_, entries| entries[77][40] ^= 1).await;
    assert!(is_mismatch(&found), "{found}");
}

#[tokio::test]
async fn an_altered_entry_on_the_third_page_is_noticed_there() {
    let world = World::with_records(7_000);
    let found = cheat(&world, |range, entries| {
        if range.from == 4_096 {
            entries[5][40] ^= 1;
        }
    })
    .await;
    assert!(matches!(found, LogFault::Mismatch { size: 6_144, .. }), "{found}");
}

#[tokio::test]
async fn an_added_entry_is_noticed() {
    let world = World::with_records(200);
    let found = cheat(&world, |_, entries| entries.push(entries[5].clone())).await;
    assert_eq!(found, LogFault::TooMany { expected: 201, found: 202 });
    let found = cheat(&world, |_, entries| {
        entries.insert(5, entries[5].clone());
        entries.pop();
    })
    .await;
    assert!(is_mismatch(&found), "{found}");
}

#[tokio::test]
async fn an_entry_longer_than_any_is_refused() {
    let world = World::with_records(10);
    let found = cheat(&world, |_, entries| entries[3] = vec![0; 20_000]).await;
    assert_eq!(found, LogFault::EntryTooLarge { found: 20_000 });
}

#[tokio::test]
async fn an_answer_that_is_no_list_of_entries_is_refused() {
    let world = World::with_records(10);
    for garbage in [vec![], vec![0xff; 12], vec![0; 3 << 20]] {
        let node = world.honest().answer(move |query, answer| {
            let value = if query.path == query::LOG { garbage.clone() } else { answer.value };
            Ok(QueryAnswer { value, ..answer })
        });
        let found = log_fault(fetch(&world.log_from(node).await, Frontier::default()).await.unwrap_err());
        assert!(matches!(found, LogFault::Malformed(_)), "{found}");
    }
}

#[tokio::test]
async fn a_false_proof_that_a_page_is_the_beginning_is_refused() {
    let world = World::with_records(3_000);
    let node = world.honest().answer(|query, mut answer| {
        if query.path == query::LOG_CONSISTENCY {
            let last = answer.value.len() - 1;
            answer.value[last] ^= 1;
        }
        Ok(answer)
    });
    let found = log_fault(fetch(&world.log_from(node).await, Frontier::default()).await.unwrap_err());
    assert!(is_mismatch(&found), "{found}");
}

#[tokio::test]
async fn a_log_that_became_shorter_is_refused() {
    let world = World::with_records(20);
    let earlier = world.log_from(world.honest()).await;
    world.publish(5);
    let log = world.log_from(world.honest()).await;
    let (_, known) = fetch(&log, Frontier::default()).await.unwrap();
    let found = log_fault(earlier.sync(known).err().unwrap());
    assert_eq!(found, LogFault::Shrunk { expected: 26, found: 21 });
}

#[tokio::test]
async fn a_log_of_the_same_length_with_other_entries_is_refused() {
    let world = World::with_records(20);
    let branch = world.branch();
    publish(&mut branch.lock().unwrap(), &world.publisher, &world.patient, 2);
    world.act(&world.publisher, vec![record(&world, b"other")]);
    world.act(&world.publisher, vec![record(&world, b"another")]);
    let (_, known) = fetch(&world.log_from(world.honest()).await, Frontier::default()).await.unwrap();
    let mut client = world.client_of(vec![MemoryNode::new("branch", &branch).boxed()], None);
    client.update(world.now()).await.unwrap();
    let log = client.snapshot().unwrap().log(world.log_id()).await.unwrap();
    let found = log_fault(log.sync(known).err().unwrap());
    assert!(matches!(found, LogFault::Forked { size: 23, .. }), "{found}");
}

#[tokio::test]
async fn a_longer_log_that_does_not_continue_what_is_known_is_refused() {
    let world = World::with_records(20);
    let branch = world.branch();
    publish(&mut branch.lock().unwrap(), &world.publisher, &world.patient, 30);
    world.act(&world.publisher, vec![record(&world, b"other")]);
    let (_, known) = fetch(&world.log_from(world.honest()).await, Frontier::default()).await.unwrap();
    let mut client = world.client_of(vec![MemoryNode::new("branch", &branch).boxed()], None);
    let now = branch.lock().unwrap().time();
    client.update(now).await.unwrap();
    let log = client.snapshot().unwrap().log(world.log_id()).await.unwrap();
    let found = log_fault(fetch(&log, known).await.unwrap_err());
    assert!(is_mismatch(&found), "{found}");
}

fn record(world: &World, bytes: &[u8]) -> Action {
    let chain = world.chain().ledger.chain.clone();
    medrec_ledger::testing::sample::publish(&chain, &world.publisher, &world.patient, bytes, None)
}

#[tokio::test]
async fn one_entry_is_proved_to_stand_at_its_place() {
    let world = World::with_records(300);
    let log = world.log_from(world.honest()).await;
    let truth = world.entries();
    for index in [0, 1, 150, 299, 300] {
        assert_eq!(log.entry(index).await.unwrap().bytes, truth[usize::try_from(index).unwrap()]);
    }
}

#[tokio::test]
async fn an_entry_beyond_the_log_is_not_asked_for() {
    let world = World::with_records(3);
    let node = world.honest();
    let asked = node.asked();
    let log = world.log_from(node).await;
    asked.take();
    assert!(matches!(log_fault(log.entry(4).await.unwrap_err()), LogFault::Shrunk { .. }));
    assert!(matches!(log_fault(log.entry(u64::MAX).await.unwrap_err()), LogFault::Shrunk { .. }));
    assert!(asked.take().is_empty());
}

#[tokio::test]
async fn another_entry_with_its_own_true_proof_is_refused() {
    let world = World::with_records(30);
    let truth = world.entries();
    let other = world.log_from(world.honest()).await;
    assert_eq!(other.entry(8).await.unwrap().bytes, truth[8]);
    let node = world.honest().answer(|query, mut answer| {
        if query.path == query::LOG_INCLUSION {
            // Says that it is the proof about entry 7.
            answer.value[0] = 7;
        }
        Ok(answer)
    });
    let node = altering_entries_of(node, truth[8].clone());
    let found = log_fault(world.log_from(node).await.entry(7).await.unwrap_err());
    assert!(is_mismatch(&found), "{found}");
}

/// Answers every request for one entry with this one.
fn altering_entries_of(node: MemoryNode, entry: Vec<u8>) -> MemoryNode {
    let always = LogEntries(vec![entry]);
    altering_entries(node, move |_, entries| entries.clone_from(&always.0))
}

#[tokio::test]
async fn an_altered_single_entry_no_entry_and_two_entries_are_refused() {
    let world = World::with_records(30);
    let node = altering_entries(world.honest(), |_, entries| entries[0][20] ^= 1);
    assert!(is_mismatch(&log_fault(world.log_from(node).await.entry(7).await.unwrap_err())));
    let node = altering_entries(world.honest(), |_, entries| entries.clear());
    let found = log_fault(world.log_from(node).await.entry(7).await.unwrap_err());
    assert_eq!(found, LogFault::Withheld { have: 7, missing: 1 });
    let node = altering_entries(world.honest(), |_, entries| entries.push(entries[0].clone()));
    let found = log_fault(world.log_from(node).await.entry(7).await.unwrap_err());
    assert_eq!(found, LogFault::TooMany { expected: 1, found: 2 });
}

#[tokio::test]
async fn a_proof_about_another_place_is_refused() {
    let world = World::with_records(30);
    let node = world.honest().answer(|query, mut answer| {
        if query.path == query::LOG_INCLUSION {
            answer.value[0] = 9;
        }
        Ok(answer)
    });
    let found = log_fault(world.log_from(node).await.entry(7).await.unwrap_err());
    assert_eq!(found, LogFault::OtherPlace { expected: 7, found: 9 });
}

#[tokio::test]
async fn the_log_of_a_stranger_is_another_log() {
    let world = World::with_records(5);
    let snapshot = world.snapshot_from(world.honest()).await;
    let log = LogId::Relationship(Actor::patient(99).relationship());
    assert!(matches!(snapshot.log(log).await.err(), Some(ClientError::NoLog)));
}
