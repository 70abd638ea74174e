//! What the consortium decides about validators: told to CometBFT, refused by the embedded engine.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use std::sync::Arc;

use common::{World, now, quick};
use medrec_ledger::testing::sample::{self, Actor};
use medrec_node::{
    app::App,
    engine::{Engine, Offered},
    genesis::{self, Document},
    home::Home,
    storage::Store,
};
use medrec_protocol::{
    MemberAddress, PublicKey,
    actions::{Action, Propose, Refusal},
    codec::Text,
    genesis::Member,
    state::Motion,
};
use tendermint_proto::v0_38::{
    abci::{self as pb, request::Value as Rq, response::Value as Rs},
    crypto::public_key::Sum,
};

/// A ledger whose only member is known to the test.
fn founded(world: &mut World) -> Document {
    let mut document = world.document();
    let signing_key = Actor::member(900).public_key();
    document.app_state.members = vec![Member { name: Text::new("Canton").unwrap(), signing_key }];
    world.chain = genesis::of_document(&document).unwrap().identity();
    document
}

fn motion(number: u64, motion: Motion) -> Action {
    Propose { id: sample::motion_id(number), not_after: now().plus(3600), motion }.into()
}

fn set_validator(number: u64, power: u64) -> Motion {
    Motion::SetValidator { key: Actor::member(number).public_key(), power }
}

fn keys(updates: &[pb::ValidatorUpdate]) -> Vec<(PublicKey, i64)> {
    let key = |update: &pb::ValidatorUpdate| match update.pub_key.as_ref().unwrap().sum.as_ref().unwrap() {
        Sum::Ed25519(key) => PublicKey::from_bytes(key.as_slice().try_into().unwrap()),
        other @ Sum::Secp256k1(_) => panic!("{other:?}"),
    };
    updates.iter().map(|update| (key(update), update.power)).collect()
}

/// Executes the next block over ABCI and commits it.
fn next_block(app: &App, height: i64, txs: Vec<Vec<u8>>) -> pb::ResponseFinalizeBlock {
    let time = tendermint_proto::google::protobuf::Timestamp {
        seconds: i64::try_from(now().seconds()).unwrap(),
        nanos: 0,
    };
    let txs = txs.into_iter().map(Into::into).collect();
    let request = pb::RequestFinalizeBlock { txs, height, time: Some(time), ..Default::default() };
    let Rs::FinalizeBlock(executed) = app.handle(Rq::FinalizeBlock(request)).unwrap() else { panic!() };
    assert!(matches!(app.handle(Rq::Commit(pb::RequestCommit {})).unwrap(), Rs::Commit(_)));
    executed
}

#[test]
fn cometbft_is_told_which_validators_the_votes_changed() {
    let mut world = World::new();
    let document = founded(&mut world);
    let store = Arc::new(Store::open(&world.path().join("application.redb")).unwrap());
    let app = App::new(store);
    app.handle(Rq::InitChain(genesis::to_init_chain(&document).unwrap())).unwrap();
    let member = Actor::member(900);
    let quiet = next_block(&app, 1, vec![world.open(&Actor::patient(1))]);
    assert_eq!(keys(&quiet.validator_updates), []);
    let added = world.sign(&member, vec![motion(1, set_validator(7, 10)), motion(2, set_validator(8, 20))]);
    let executed = next_block(&app, 2, vec![added]);
    assert_eq!(executed.tx_results[0].code, 0, "{}", executed.tx_results[0].log);
    let mut expected = vec![(Actor::member(7).public_key(), 10), (Actor::member(8).public_key(), 20)];
    expected.sort_unstable();
    assert_eq!(keys(&executed.validator_updates), expected);
    let changed = world.sign(&member, vec![motion(3, set_validator(7, 0))]);
    let executed = next_block(&app, 3, vec![changed]);
    assert_eq!(keys(&executed.validator_updates), [(Actor::member(7).public_key(), 0)]);
}

#[test]
fn the_embedded_engine_takes_no_motion_about_validators_and_every_other() {
    let mut world = World::new();
    let document = founded(&mut world);
    let home = Home::open(world.path()).unwrap();
    let store = Arc::new(Store::open(&world.path().join("engine.redb")).unwrap());
    let app = Arc::new(App::new(store.clone()));
    let engine = Engine::open(store, app, document, home.validator_key().unwrap(), quick()).unwrap();
    engine.step(true).unwrap();
    let member = Actor::member(900);
    let before = engine.state().unwrap().height;
    for actions in [
        vec![motion(1, set_validator(7, 10))],
        vec![
            motion(2, Motion::RemoveMember(MemberAddress::of(&Actor::member(9).public_key()))),
            motion(3, set_validator(7, 0)),
        ],
    ] {
        let Offered::Refused(verdict) = engine.offer(world.sign(&member, actions).into()).unwrap() else {
            panic!("it was taken")
        };
        assert_eq!(verdict.code, Refusal::Pointless.code());
        assert!(verdict.log.contains("only validator"), "{}", verdict.log);
    }
    engine.step(false).unwrap();
    assert_eq!(engine.state().unwrap().height, before, "nothing was put into a block");
    let admitted =
        Motion::AdmitProvider { provider: sample::provider_entry(&Actor::provider(50)), emergency: true };
    let offered = engine.offer(world.sign(&member, vec![motion(4, admitted)]).into()).unwrap();
    assert!(matches!(offered, Offered::Waiting(_)));
    engine.step(false).unwrap();
    assert!(engine.state().unwrap().height > before);
}
