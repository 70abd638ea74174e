//! A newcomer's start from a snapshot, as CometBFT drives it: good pieces make the state, bad ones are fetched again, a
//! snapshot that lies is refused and leaves nothing behind.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use std::{path::Path, sync::Arc, time::Duration};

use common::{World, now};
use medrec_ledger::testing::sample::Actor;
use medrec_node::{app::App, genesis, snapshots::Snapshots, storage::Store};
use medrec_protocol::{query, state::StateKey};
use tendermint_proto::v0_38::abci::{
    self as pb, request::Value as Rq, response::Value as Rs,
    response_apply_snapshot_chunk::Result as Applied, response_offer_snapshot::Result as Offered,
};

macro_rules! call {
    ($app:expr, $kind:ident, $request:expr) => {
        match $app.handle(Rq::$kind($request)).unwrap() {
            Rs::$kind(response) => response,
            other => panic!("{other:?}"),
        }
    };
}

fn app(folder: &Path, name: &str) -> App {
    let store = Arc::new(Store::open(&folder.join(format!("{name}.redb"))).unwrap());
    App::with_snapshots(store, Snapshots::in_folder(folder.join(name), 3).unwrap())
}

fn block(app: &App, height: i64, txs: Vec<Vec<u8>>) -> Vec<u8> {
    let time = tendermint_proto::google::protobuf::Timestamp {
        seconds: i64::try_from(now().seconds()).unwrap(),
        nanos: 0,
    };
    let txs = txs.into_iter().map(Into::into).collect();
    let request = pb::RequestFinalizeBlock { txs, height, time: Some(time), ..Default::default() };
    let executed = call!(app, FinalizeBlock, request);
    assert!(executed.tx_results.iter().all(|result| result.code == 0), "{:?}", executed.tx_results);
    call!(app, Commit, pb::RequestCommit {});
    executed.app_hash.to_vec()
}

/// A node with three blocks and a snapshot of them, the snapshot, and the app hash.
fn old_node(world: &World, folder: &Path) -> (App, pb::Snapshot, Vec<u8>) {
    let old = app(folder, "old");
    call!(old, InitChain, genesis::to_init_chain(&world.document()).unwrap());
    let patient = Actor::patient(1);
    block(&old, 1, vec![world.open(&patient)]);
    block(&old, 2, (0..5u8).map(|number| world.publish(&patient, &[number])).collect());
    let app_hash = block(&old, 3, vec![world.grant(&patient, 1)]);
    for _ in 0..200 {
        if let Some(snapshot) = call!(old, ListSnapshots, pb::RequestListSnapshots {}).snapshots.pop() {
            return (old, snapshot, app_hash);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("no snapshot was made")
}

fn piece(old: &App, snapshot: &pb::Snapshot, chunk: u32) -> Vec<u8> {
    let (height, format) = (snapshot.height, snapshot.format);
    call!(old, LoadSnapshotChunk, pb::RequestLoadSnapshotChunk { height, format, chunk }).chunk.to_vec()
}

fn offer(app: &App, snapshot: &pb::Snapshot, app_hash: &[u8]) -> i32 {
    let request =
        pb::RequestOfferSnapshot { snapshot: Some(snapshot.clone()), app_hash: app_hash.to_vec().into() };
    call!(app, OfferSnapshot, request).result
}

fn apply(app: &App, index: u32, chunk: &[u8]) -> pb::ResponseApplySnapshotChunk {
    let request =
        pb::RequestApplySnapshotChunk { index, chunk: chunk.to_vec().into(), sender: "somebody".into() };
    call!(app, ApplySnapshotChunk, request)
}

#[test]
fn a_newcomer_has_the_state_proves_it_and_goes_on_with_the_others() {
    let (world, folder) = (World::new(), tempfile::tempdir().unwrap());
    let (old, snapshot, app_hash) = old_node(&world, folder.path());
    let new = app(folder.path(), "new");
    assert_eq!(offer(&new, &snapshot, &app_hash), i32::from(Offered::Accept));
    // A piece that was altered on the way is asked for again, elsewhere.
    let good = piece(&old, &snapshot, 0);
    let mut bad = good.clone();
    bad[40] ^= 1;
    let refused = apply(&new, 0, &bad);
    assert_eq!(refused.result, i32::from(Applied::Retry));
    assert_eq!((refused.refetch_chunks, refused.reject_senders), (vec![0], vec!["somebody".to_owned()]));
    for chunk in 0..snapshot.chunks {
        assert_eq!(apply(&new, chunk, &piece(&old, &snapshot, chunk)).result, i32::from(Applied::Accept));
    }
    let info = call!(new, Info, pb::RequestInfo::default());
    assert_eq!((info.last_block_height, info.last_block_app_hash.to_vec()), (3, app_hash));
    let key = StateKey::Relationship(Actor::patient(1).relationship()).encode();
    let question = |height| pb::RequestQuery {
        path: query::STATE.into(),
        data: key.clone().into(),
        height,
        prove: true,
    };
    let (here, there) = (call!(new, Query, question(3)), call!(old, Query, question(3)));
    assert_eq!((here.code, &here.value), (0, &there.value));
    assert_eq!(call!(new, Query, question(2)).code, 4, "what was before the snapshot is not kept here");
    let next = world.publish(&Actor::patient(1), b"after");
    assert_eq!(block(&new, 4, vec![next.clone()]), block(&old, 4, vec![next]));
    assert_eq!(offer(&new, &snapshot, &[0; 32]), i32::from(Offered::Abort), "a node with a state takes none");
}

#[test]
fn a_snapshot_of_another_state_is_refused_and_leaves_nothing_behind() {
    let (world, folder) = (World::new(), tempfile::tempdir().unwrap());
    let (old, snapshot, app_hash) = old_node(&world, folder.path());
    let new = app(folder.path(), "new");
    assert_eq!(offer(&new, &snapshot, &[7; 32]), i32::from(Offered::Accept));
    let last = snapshot.chunks - 1;
    for chunk in 0..last {
        assert_eq!(apply(&new, chunk, &piece(&old, &snapshot, chunk)).result, i32::from(Applied::Accept));
    }
    let refused = apply(&new, last, &piece(&old, &snapshot, last));
    assert_eq!(refused.result, i32::from(Applied::RejectSnapshot));
    assert_eq!(call!(new, Info, pb::RequestInfo::default()).last_block_height, 0);
    // Another one, or the whole way from genesis, may still follow.
    assert_eq!(offer(&new, &snapshot, &app_hash), i32::from(Offered::Accept));
    let begun = call!(new, InitChain, genesis::to_init_chain(&world.document()).unwrap());
    let own = app(folder.path(), "own");
    let expected = call!(own, InitChain, genesis::to_init_chain(&world.document()).unwrap());
    assert_eq!(begun.app_hash, expected.app_hash);
}

#[test]
fn offers_that_do_not_fit_together_are_refused() {
    let (world, folder) = (World::new(), tempfile::tempdir().unwrap());
    let (_old, snapshot, app_hash) = old_node(&world, folder.path());
    let new = app(folder.path(), "new");
    let changed = |change: &dyn Fn(&mut pb::Snapshot)| {
        let mut snapshot = snapshot.clone();
        change(&mut snapshot);
        offer(&new, &snapshot, &app_hash)
    };
    assert_eq!(changed(&|snapshot| snapshot.format = 2), i32::from(Offered::RejectFormat));
    for refused in [
        changed(&|snapshot| snapshot.height += 1),
        changed(&|snapshot| snapshot.chunks += 1),
        changed(&|snapshot| snapshot.hash = vec![0; 32].into()),
        changed(&|snapshot| snapshot.metadata = vec![0xff; 40].into()),
        offer(&new, &snapshot, &app_hash[1..]),
    ] {
        assert_eq!(refused, i32::from(Offered::Reject));
    }
    assert_eq!(apply(&new, 0, &[]).result, i32::from(Applied::Abort), "nothing was accepted");
}
