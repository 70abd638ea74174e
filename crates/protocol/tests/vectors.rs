//! The vectors in tests/vectors/protocol.json: what another implementation must reproduce byte for byte.
//!
//! `MEDREC_WRITE_VECTORS=1 cargo test -p medrec-protocol --test vectors` writes the file anew, for a deliberate
//! change of format.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::PathBuf;

use common::{
    CountingRng, NOW, body, chain, clinic, context, hospital, patient, provider, relationship, tree::Tree,
    viewing_key,
};
use medrec_protocol::{
    Address, AgentAddress, Commitment, Epoch, Hash32, MemberAddress, ProviderAddress, PublicKey, RecordSalt,
    RelationshipAddress, Sealed,
    actions::OpenRelationship,
    codec::{self, List},
    genesis::{AppState, Genesis, GenesisValidator},
    payload::{GrantHandle, V1},
    seal::SealContext,
    share::ShareCode,
    state::{GrantId, MotionId, Nonce, StateKey},
};
use serde_json::{Value, json};

fn addresses() -> Value {
    let key = PublicKey::of(&patient());
    let address = |kind: &str, address: Address| json!({"kind": kind, "key": key, "text": address, "binary": hex::encode(codec::encode(&address))});
    json!([
        address("provider", ProviderAddress::of(&key).into()),
        address("relationship", RelationshipAddress::of(&key).into()),
        address("agent", AgentAddress::of(&key).into()),
        address("member", MemberAddress::of(&key).into()),
    ])
}

fn commitments() -> Value {
    let salt = RecordSalt::from_bytes([4; 32]);
    let commit = |bytes: &[u8]| json!({"salt": salt, "bytes": hex::encode(bytes), "commitment": Commitment::to(&salt, bytes)});
    json!([commit(b""), commit(b"{\"resourceType\":\"Patient\"}"), commit(&[0xff; 65])])
}

fn sealed() -> Value {
    let chain = chain();
    let here: SealContext<'_> = context(&chain, provider(&hospital()).into());
    let case = |plaintext: &[u8]| {
        let sealed =
            Sealed::seal(&viewing_key(), Epoch::FIRST, &here, plaintext, &mut CountingRng(0)).unwrap();
        let opened = sealed.open(&viewing_key(), &here).unwrap();
        json!({
            "viewing_key": hex::encode(viewing_key().expose()), "chain_id": chain.chain_id,
            "genesis_hash": chain.genesis_hash, "relationship": relationship(), "signer": here.signer, "kind": 1,
            "plaintext": hex::encode(plaintext), "salt": hex::encode(opened.salt),
            "sealed": hex::encode(codec::encode(&sealed)),
        })
    };
    json!([case(b""), case("Metformin 850 mg, \u{e9}".as_bytes()), case(&[7; 191])])
}

fn transactions() -> Value {
    let open = OpenRelationship::prove_possession(&patient(), &chain(), provider(&hospital()));
    let tx = body(provider(&hospital()).into(), vec![open.into()]).sign(&hospital(), &chain());
    json!([{
        "what": "the hospital opens a relationship with the patient",
        "chain_id": chain().chain_id, "genesis_hash": chain().genesis_hash,
        "provider_seed": hex::encode([2; 32]), "patient_seed": hex::encode([1; 32]),
        "nonce": Nonce::from_bytes([7; 16]), "valid_until": NOW.plus(300),
        "transaction": hex::encode(tx.encode()), "id": tx.id(),
    }])
}

fn names() -> Value {
    let handle = GrantHandle {
        relationship: relationship(),
        publisher: provider(&hospital()),
        grant: GrantId::from_bytes([3; 16]),
        not_after: NOW,
    };
    let code =
        ShareCode { version: V1, chain_id: chain().chain_id, grants: List::new(vec![handle]).unwrap() };
    let genesis = Genesis {
        chain_id: chain().chain_id,
        time: (NOW, 5),
        validators: vec![GenesisValidator { key: PublicKey::of(&clinic()), power: 10 }],
        app_state: AppState { version: 1, members: vec![], providers: vec![], emergency: vec![] },
    };
    let key = |key: StateKey| hex::encode(key.encode());
    json!({
        "share_code": code.to_string(),
        "genesis_hash": {"chain_id": chain().chain_id, "seconds": NOW, "nanoseconds": 5,
            "validator": PublicKey::of(&clinic()), "power": 10, "hash": genesis.hash()},
        "state_keys": {
            "chain": key(StateKey::Chain), "directory": key(StateKey::Directory),
            "provider": key(StateKey::Provider(provider(&hospital()))),
            "relationship": key(StateKey::Relationship(relationship())),
            "tombstone": key(StateKey::Tombstone(relationship(), GrantId::from_bytes([3; 16]))),
            "agent": key(StateKey::Agent(AgentAddress::of(&PublicKey::of(&clinic())))),
            "owner": key(StateKey::Owner(PublicKey::of(&clinic()))),
            "motion": key(StateKey::Motion(MotionId::from_bytes([4; 16]))),
            "validators": key(StateKey::Validators),
            "nonce": key(StateKey::SeenNonce(NOW, relationship().into(), Nonce::from_bytes([7; 16]))),
        },
    })
}

fn state_proofs() -> Value {
    let value = |number: u8| vec![1, number];
    let leaves: Vec<_> = (0..9).map(|number| (vec![b'r', number], value(number))).collect();
    let tree = Tree::of(leaves.iter().map(|(key, value)| (key.as_slice(), value.as_slice())));
    let case = |number: u8| {
        let (key, leaf) = (vec![b'r', number], leaves.get(usize::from(number)).map(|(_, value)| value));
        let proof = tree.prove(&key);
        assert_eq!(proof.verify(&tree.root(), &key, leaf.map(Vec::as_slice)), Ok(()));
        json!({"key": hex::encode(key), "value": leaf.map(hex::encode), "proof": hex::encode(codec::encode(&proof))})
    };
    json!({
        "leaves": leaves.iter().map(|(key, value)| json!({"key": hex::encode(key), "value": hex::encode(value)})).collect::<Vec<_>>(),
        "root": tree.root(),
        "proofs": (0..14).map(case).collect::<Vec<_>>(),
    })
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test that can be asked to write")]
fn vectors_are_reproduced_byte_for_byte() {
    let made = json!({
        "about": "MedRec protocol vectors; see docs/spec. Keys are Ed25519 seeds of one repeated byte.",
        "addresses": addresses(), "commitments": commitments(), "sealed": sealed(), "transactions": transactions(),
        "names": names(), "state_proofs": state_proofs(), "empty_log_root": Hash32::plain(b""),
    });
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/protocol.json");
    if std::env::var_os("MEDREC_WRITE_VECTORS").is_some() {
        std::fs::write(&path, format!("{made:#}\n")).unwrap();
    }
    let pinned: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(made, pinned);
}
