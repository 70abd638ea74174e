//! The application behind its socket, driven as CometBFT drives it, with blocks that the embedded engine
//! made: the same state, whoever drives.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use std::{
    io::{Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::Path,
    sync::{Arc, Weak},
    time::Duration,
};

use bytes::BytesMut;
use common::{World, quick};
use medrec_ledger::testing::sample::Actor;
use medrec_node::{
    NodeError,
    abci_server::{Address, Socket, frame, unframe},
    app::App,
    engine::{Engine, Offered, block::results_hash, state::StoredBlock},
    genesis,
    storage::Store,
};
use medrec_protocol::{actions::Refusal, query, state::StateKey};
use tendermint_proto::v0_38::abci::{self as pb, request::Value as Rq, response::Value as Rs};
use tokio::{runtime::Runtime, task::JoinHandle};

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

struct Caller(Box<dyn Stream>, BytesMut);

impl Caller {
    fn to(url: &str) -> Self {
        let stream: Box<dyn Stream> = match url.split_once("://").unwrap() {
            ("tcp", address) => Box::new(TcpStream::connect(address).unwrap()),
            (_, path) => Box::new(UnixStream::connect(path).unwrap()),
        };
        Self(stream, BytesMut::new())
    }

    /// One request and the Flush that CometBFT sends behind it. `None` when the server hangs up.
    fn try_call(&mut self, request: Rq) -> Option<Rs> {
        self.0.write_all(&frame(&pb::Request { value: Some(request) })).ok()?;
        self.0.write_all(&frame(&pb::Request { value: Some(Rq::Flush(pb::RequestFlush {})) })).ok()?;
        let mut answer = None;
        let mut buffer = vec![0; 65536];
        loop {
            while let Some(response) = unframe::<pb::Response>(&mut self.1).unwrap() {
                match response.value.unwrap() {
                    Rs::Flush(_) => return answer,
                    other => answer = Some(other),
                }
            }
            let read = self.0.read(&mut buffer).ok().filter(|read| *read > 0)?;
            self.1.extend_from_slice(&buffer[..read]);
        }
    }
}

macro_rules! call {
    ($caller:expr, $kind:ident, $request:expr) => {
        match $caller.try_call(Rq::$kind($request)).expect("the server answers") {
            Rs::$kind(response) => response,
            other => panic!("{other:?}"),
        }
    };
}

struct Server {
    runtime: Runtime,
    url: String,
    served: JoinHandle<Result<(), NodeError>>,
    store: Weak<Store>,
}

impl Server {
    fn start(database: &Path, address: &Address) -> Self {
        let runtime = Runtime::new().unwrap();
        let store = Arc::new(Store::open(database).unwrap());
        let (app, store) = (Arc::new(App::new(store.clone())), Arc::downgrade(&store));
        let socket = runtime.block_on(Socket::bind(address)).unwrap();
        let url = socket.url().unwrap();
        let served = runtime.spawn(socket.serve(app));
        Self { runtime, url, served, store }
    }

    fn on_loopback(database: &Path) -> Self {
        Self::start(database, &Address::Tcp("127.0.0.1:0".into()))
    }

    fn caller(&self) -> Caller {
        Caller::to(&self.url)
    }

    /// Ends it, with everything that it had in memory only.
    fn crash(self, caller: Caller) {
        drop(caller);
        self.served.abort();
        self.runtime.shutdown_timeout(Duration::from_secs(5));
        // The thread of a connection ends when it sees that its caller is gone; with a process it would be gone at once.
        let ended = (0..500).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            self.store.strong_count() == 0
        });
        assert!(ended, "a connection goes on without its caller");
    }
}

/// Blocks with and without transactions, with good and refused ones.
fn story(world: &World) -> Arc<Engine> {
    let engine = world.engine(quick());
    engine.step(true).unwrap();
    let offer = |tx: Vec<u8>| assert!(matches!(engine.offer(tx.into()).unwrap(), Offered::Waiting(_)));
    for number in 0..4 {
        let patient = Actor::patient(number);
        offer(world.open(&patient));
        engine.step(false).unwrap();
        (0..3).for_each(|record| offer(world.publish(&patient, &[record])));
        offer(world.grant(&patient, number));
        engine.step(number % 2 == 0).unwrap();
        offer(world.revoke(&patient, number));
        engine.step(false).unwrap();
    }
    engine
}

fn sealed(engine: &Engine, height: u64) -> StoredBlock {
    engine.block(height).unwrap().unwrap()
}

fn finalize(engine: &Engine, height: u64) -> pb::RequestFinalizeBlock {
    let block = sealed(engine, height);
    let header = block.proto_header().unwrap().clone();
    pb::RequestFinalizeBlock {
        txs: block.txs().iter().cloned().map(Into::into).collect(),
        height: header.height,
        time: header.time,
        next_validators_hash: header.next_validators_hash.into(),
        proposer_address: header.proposer_address.into(),
        hash: block.block_id.unwrap().hash.into(),
        ..Default::default()
    }
}

fn feed(caller: &mut Caller, engine: &Engine, height: u64) {
    let response = call!(caller, FinalizeBlock, finalize(engine, height));
    let block = sealed(engine, height);
    assert_eq!(response.app_hash, block.app_hash_after, "app hash after block {height}");
    assert_eq!(results_hash(&response.tx_results), results_hash(&block.results));
    assert_eq!(response.tx_results, block.results, "logs and events too");
    call!(caller, Commit, pb::RequestCommit {});
}

#[test]
fn the_blocks_of_the_embedded_engine_give_the_same_state_over_the_socket() {
    let world = World::new();
    let engine = story(&world);
    let newest = engine.state().unwrap().height;
    assert!(newest > 12, "{newest}");
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.redb");
    let server = Server::on_loopback(&database);
    let mut caller = server.caller();
    assert_eq!(call!(caller, Echo, pb::RequestEcho { message: "hello".into() }).message, "hello");
    let info = call!(caller, Info, pb::RequestInfo::default());
    assert_eq!((info.last_block_height, info.last_block_app_hash.len()), (0, 0));
    let begin = genesis::to_init_chain(engine.document()).unwrap();
    let begun = call!(caller, InitChain, begin.clone());
    let first = sealed(&engine, 1).header().unwrap();
    assert_eq!(begun.app_hash, first.app_hash.as_bytes());
    assert_eq!(call!(caller, InitChain, begin).app_hash, begun.app_hash, "asked again, answered the same");
    let half = newest / 2;
    (1..=half).for_each(|height| feed(&mut caller, &engine, height));

    // A crash between FinalizeBlock and Commit leaves the block before.
    let computed = call!(caller, FinalizeBlock, finalize(&engine, half + 1)).app_hash;
    server.crash(caller);
    let server = Server::on_loopback(&database);
    let mut caller = server.caller();
    let info = call!(caller, Info, pb::RequestInfo::default());
    assert_eq!(u64::try_from(info.last_block_height).unwrap(), half);
    assert_eq!(info.last_block_app_hash, sealed(&engine, half).app_hash_after);
    assert_eq!(call!(caller, FinalizeBlock, finalize(&engine, half + 1)).app_hash, computed);
    call!(caller, Commit, pb::RequestCommit {});
    (half + 2..=newest).for_each(|height| feed(&mut caller, &engine, height));

    // The same answer to the same question, proof and all.
    let key = StateKey::Relationship(Actor::patient(1).relationship()).encode();
    let question = pb::RequestQuery {
        data: key.into(),
        path: query::STATE.into(),
        height: i64::try_from(newest - 1).unwrap(),
        prove: true,
    };
    let here = call!(caller, Query, question.clone());
    assert_eq!(here.code, 0);
    assert!(!here.value.is_empty() && here.proof_ops.is_some());
    assert_eq!(Rs::Query(here), engine.app().handle(Rq::Query(question)).unwrap());
}

#[test]
fn check_tx_sees_what_waits_until_a_block_holds_it_or_makes_it_bad() {
    let world = World::new();
    let engine = story(&world);
    let folder = tempfile::tempdir().unwrap();
    let server = Server::on_loopback(&folder.path().join("app.redb"));
    let mut caller = server.caller();
    call!(caller, InitChain, genesis::to_init_chain(engine.document()).unwrap());
    let newest = engine.state().unwrap().height;
    (1..=newest).for_each(|height| feed(&mut caller, &engine, height));
    let check = |caller: &mut Caller, tx: &[u8]| {
        call!(caller, CheckTx, pb::RequestCheckTx { tx: tx.to_vec().into(), r#type: 0 }).code
    };
    let stranger = Actor::patient(77);
    let record = world.publish(&stranger, b"x");
    assert_eq!(check(&mut caller, &record), Refusal::UnknownRelationship.code());
    let open = world.open(&stranger);
    assert_eq!(check(&mut caller, &open), 0);
    assert_eq!(check(&mut caller, &record), 0, "the relationship waits to be opened");
    assert_eq!(check(&mut caller, &open), 0, "it waits already");
    let mut block = finalize(&engine, newest);
    let mut next = |caller: &mut Caller, txs: Vec<Vec<u8>>, seconds: i64| {
        block.height += 1;
        block.txs = txs.into_iter().map(Into::into).collect();
        block.time.as_mut().unwrap().seconds += seconds;
        call!(caller, FinalizeBlock, block.clone());
        call!(caller, Commit, pb::RequestCommit {});
    };
    next(&mut caller, Vec::new(), 1);
    let second = world.publish(&stranger, b"y");
    assert_eq!(check(&mut caller, &second), 0, "what an empty block did not hold waits on");
    next(&mut caller, vec![open.clone()], 1);
    assert_eq!(check(&mut caller, &open), Refusal::Replayed.code(), "it is in a block");
    assert_eq!(check(&mut caller, &record), 0);
    // A day later all that waited came too late.
    next(&mut caller, Vec::new(), 86_400);
    assert_eq!(check(&mut caller, &record), Refusal::Expired.code());
    assert_eq!(check(&mut caller, &second), Refusal::Expired.code());
}

#[test]
fn what_waited_is_forgotten_with_the_mempool_that_held_it() {
    let world = World::new();
    let engine = story(&world);
    let stranger = Actor::patient(77);
    let check = |tx: &[u8]| {
        let request = Rq::CheckTx(pb::RequestCheckTx { tx: tx.to_vec().into(), r#type: 0 });
        let Rs::CheckTx(verdict) = engine.app().handle(request).unwrap() else { panic!("no verdict") };
        verdict.code
    };
    let (open, record) = (world.open(&stranger), world.publish(&stranger, b"x"));
    assert_eq!((check(&open), check(&record)), (0, 0));
    engine.app().forget_checked().unwrap();
    assert_eq!(check(&record), Refusal::UnknownRelationship.code());
    assert_eq!(check(&open), 0);
}

#[test]
fn proposals_hold_only_transactions_and_respect_the_room() {
    let world = World::new();
    let server = Server::on_loopback(&world.path().join("app.redb"));
    let mut caller = server.caller();
    let patient = Actor::patient(5);
    let txs: Vec<Vec<u8>> = (0..4).map(|record| world.publish(&patient, &[record])).collect();
    let revoke = world.revoke(&patient, 1);
    let mut offered = txs.clone();
    offered.insert(1, b"not a transaction".to_vec());
    offered.push(revoke.clone());
    let prepare = |caller: &mut Caller, txs: &[Vec<u8>], max_tx_bytes: usize| {
        let txs = txs.iter().cloned().map(Into::into).collect();
        let max_tx_bytes = i64::try_from(max_tx_bytes).unwrap();
        let request = pb::RequestPrepareProposal { txs, max_tx_bytes, ..Default::default() };
        let txs = call!(caller, PrepareProposal, request).txs;
        txs.into_iter().map(|tx| tx.to_vec()).collect::<Vec<_>>()
    };
    let all = prepare(&mut caller, &offered, 1 << 20);
    let mut expected = vec![revoke.clone()];
    expected.extend(txs.clone());
    assert_eq!(all, expected, "the revocation first, the rest in order, nothing malformed");
    let little = prepare(&mut caller, &offered, revoke.len() + 3);
    assert_eq!(little, vec![revoke], "what fits");
    assert!(prepare(&mut caller, &offered, 0).is_empty());
    let process = |caller: &mut Caller, txs: &[Vec<u8>]| {
        let txs = txs.iter().cloned().map(Into::into).collect();
        call!(caller, ProcessProposal, pb::RequestProcessProposal { txs, ..Default::default() }).status
    };
    let accept: i32 = pb::response_process_proposal::ProposalStatus::Accept.into();
    assert_eq!(process(&mut caller, &all), accept);
    assert_ne!(process(&mut caller, &offered), accept);
}

#[test]
fn a_revocation_does_not_overtake_the_relationship_that_it_needs() {
    let world = World::new();
    let server = Server::on_loopback(&world.path().join("app.redb"));
    let mut caller = server.caller();
    let patient = Actor::patient(5);
    let offered = [world.open(&patient), world.grant(&patient, 1), world.revoke(&patient, 1)];
    let txs: Vec<_> = offered.iter().cloned().map(Into::into).collect();
    let request =
        pb::RequestPrepareProposal { txs: txs.clone(), max_tx_bytes: 1 << 20, ..Default::default() };
    assert_eq!(call!(caller, PrepareProposal, request).txs, txs);
}

#[test]
fn snapshots_are_offered_to_nobody_and_taken_from_nobody() {
    let world = World::new();
    let server = Server::on_loopback(&world.path().join("app.redb"));
    let mut caller = server.caller();
    assert!(call!(caller, ListSnapshots, pb::RequestListSnapshots {}).snapshots.is_empty());
    let reject: i32 = pb::response_offer_snapshot::Result::Reject.into();
    assert_eq!(call!(caller, OfferSnapshot, pb::RequestOfferSnapshot::default()).result, reject);
}

#[test]
fn a_failed_query_is_answered_and_a_failed_consensus_request_ends_the_server() {
    let world = World::new();
    let engine = story(&world);
    let server = Server::on_loopback(&world.path().join("app.redb"));
    let mut caller = server.caller();
    let early = caller.try_call(Rq::CheckTx(pb::RequestCheckTx::default()));
    assert!(matches!(early, Some(Rs::Exception(_))), "{early:?}");
    call!(caller, InitChain, genesis::to_init_chain(engine.document()).unwrap());
    assert!(caller.try_call(Rq::FinalizeBlock(finalize(&engine, 2))).is_none(), "block 1 is missing");
    let ended = server.runtime.block_on(server.served).unwrap().unwrap_err();
    let text = ended.to_string();
    assert!(matches!(ended, NodeError::Consensus(_)), "{text}");
    assert!(text.contains("block 2 came, block 1 was expected"), "{text}");
}

#[test]
fn another_genesis_is_refused_over_a_ledger_that_has_begun() {
    let (world, other) = (World::new(), World::new());
    let app = App::new(Arc::new(Store::open(&world.path().join("app.redb")).unwrap()));
    let document = |world: &World| world.engine(quick()).document().clone();
    app.init_chain(&genesis::to_init_chain(&document(&world)).unwrap()).unwrap();
    let refused = app.init_chain(&genesis::to_init_chain(&document(&other)).unwrap());
    assert!(matches!(refused, Err(NodeError::OtherGenesis)));
}

#[test]
fn bytes_that_are_no_message_end_the_connection_and_nothing_else() {
    let world = World::new();
    let server = Server::on_loopback(&world.path().join("app.redb"));
    for bytes in [vec![0xff; 64], vec![0xff, 0xff, 0xff, 0xff, 0x7f], vec![0], vec![3, 0x0a, 0xff, 0xff]] {
        let mut stream = TcpStream::connect(server.url.strip_prefix("tcp://").unwrap()).unwrap();
        stream.write_all(&bytes).unwrap();
        let mut rest = Vec::new();
        // Reset or closed: both are an end.
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.is_empty(), "no answer to {bytes:?}");
    }
    assert_eq!(
        call!(server.caller(), Echo, pb::RequestEcho { message: "still here".into() }).message,
        "still here"
    );
}

#[test]
fn a_unix_socket_serves_as_well_and_replaces_a_dead_one() {
    let world = World::new();
    let path = world.path().join("app.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "left behind");
    let address: Address = format!("unix://{}", path.display()).parse().unwrap();
    let server = Server::start(&world.path().join("app.redb"), &address);
    let mut caller = server.caller();
    assert_eq!(call!(caller, Echo, pb::RequestEcho { message: "hello".into() }).message, "hello");
    let second = server.runtime.block_on(Socket::bind(&address));
    assert!(second.is_err(), "a living socket is not taken over");
}
