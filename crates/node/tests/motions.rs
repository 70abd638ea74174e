//! What the consortium decides about validators: told to CometBFT, refused by the embedded engine.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use std::{path::Path, process::Command, sync::Arc};

use common::{Program, World, get, now, quick};
use medrec_ledger::testing::sample::{self, Actor};
use medrec_node::{
    app::App,
    engine::{Engine, Offered},
    genesis::{self, Document},
    home::{Home, NewLedger},
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
    let home = world.home();
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

/// What `medrec-node member` prints.
fn member(verb: &str, words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medrec-node"));
    let output = command.args(["member", verb]).args(words).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A ledger with one provider, governed by one member whose key lies in the home.
fn governed(home: &Path) {
    let ledger = NewLedger {
        chain_id: "node-test-2".parse().unwrap(),
        providers: vec![sample::provider_entry(&Actor::provider(1))],
        member: Some(Text::new("Canton").unwrap()),
        nodes: vec!["http://127.0.0.1:26657".into()],
        time: now(),
    };
    Home::init(home, ledger).unwrap();
}

#[test]
fn a_member_sees_what_a_motion_asks_for_before_it_votes() {
    let folder = tempfile::tempdir().unwrap();
    governed(folder.path());
    let node = Program::start(folder.path());
    let home = ["--home", folder.path().to_str().unwrap()];
    let motions = || member("motions", &["--node", node.url.strip_prefix("http://").unwrap()]);
    let word = |text: &str, name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned()
    };
    let send = |verb: &str, words: &[&str]| {
        let text = member(verb, &[&home, words].concat());
        let tx = word(&text, "transaction ");
        let (_, body) = get(&node.url, &format!("/broadcast_tx_commit?tx={tx}"));
        let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
        let result = &answer["result"];
        assert_eq!(
            (&result["check_tx"]["code"], &result["tx_result"]["code"]),
            (&0.into(), &0.into()),
            "{answer}"
        );
        word(&text, "motion ")
    };
    // The only member decides alone.
    send("move", &["admit-member", "Valley", &Actor::member(9).public_key().to_string()]);
    assert_eq!(motions(), "no motion waits for votes\n");
    // Of two, one does not.
    let provider = Actor::provider(1).provider_address().to_string();
    let motion = send("move", &["emergency-role", &provider, "yes"]);
    let shown = motions();
    assert_eq!(word(&shown, "motion "), motion);
    assert_eq!(word(&shown, "asks "), format!("emergency-role: {provider} yes"));
    assert!(word(&shown, "votes ").starts_with("1 of 2 members"), "{shown}");
    // A motion that nobody is for any more is gone.
    send("rescind", &[&motion]);
    assert_eq!(motions(), "no motion waits for votes\n");
}
