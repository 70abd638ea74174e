//! Addresses, share codes, genesis: names that people copy and machines compare.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{NOW, chain, clinic, hospital, key, patient, provider, relationship};
use medrec_protocol::{
    Address, AgentAddress, ChainId, Hash32, ProviderAddress, PublicKey, RelationshipAddress, Timestamp,
    address::AddressError,
    codec::{self, List, Text},
    genesis::{AppState, Genesis, GenesisError, GenesisValidator, MAX_MEMBERS, Member},
    log::Frontier,
    payload::{GrantHandle, V1},
    share::ShareCode,
    state::{
        DirectoryLeaf, GrantId, MAX_LEAF_BYTES, MAX_OPEN_MOTIONS, MotionId, Provider, SealingKey,
        decode_leaf, encode_leaf,
    },
};
use proptest::prelude::*;

/// Whatever an ordinary relationship may hold, there is room in its leaf.
#[test]
fn a_relationship_s_leaf_has_room_for_everything_that_is_allowed() {
    use medrec_protocol::state::{
        Activation, Delegation, Guardians, Handover, LiveGrant, MAX_DELEGATIONS, MAX_GUARDIANS,
        MAX_LIVE_GRANTS, MAX_OPEN_REQUESTS, Recovery, RelationshipLeaf, RequestId, Right,
    };
    let owner = PublicKey::of(&patient());
    let number = |n: usize| u128::try_from(n).unwrap().to_be_bytes();
    let agent = |n: usize| AgentAddress::of(&PublicKey::from_bytes([u8::try_from(n).unwrap(); 32]));
    let mut leaf = RelationshipLeaf::open(provider(&hospital()), owner, NOW);
    let live = LiveGrant { not_after: NOW, entry: u64::MAX };
    leaf.grants = (0..MAX_LIVE_GRANTS).map(|n| (GrantId::from_bytes(number(n)), live)).collect();
    leaf.requests = (0..MAX_OPEN_REQUESTS).map(|n| (RequestId::from_bytes(number(n)), NOW)).collect();
    let delegation = Delegation {
        key: owner,
        right: Right::Manage,
        not_after: NOW,
        activation: Activation::AfterWait(1),
        accepted: true,
        asked: Some(NOW),
        entry: u64::MAX,
    };
    leaf.delegations = (0..MAX_DELEGATIONS).map(|n| (agent(n), delegation)).collect();
    let keys = (0..MAX_GUARDIANS).map(|n| (agent(n), owner)).collect();
    leaf.guardians = Some(Guardians { keys, threshold: 8, delay: 86_400, entry: u64::MAX });
    let approvals = (0..MAX_GUARDIANS).map(agent).collect();
    leaf.recovery = Some(Recovery { new_owner: owner, approvals, due: Some(NOW) });
    leaf.handover = Some(Handover { new_owner: owner, due: NOW });
    (leaf.emergency, leaf.closed) = (Some(u64::MAX), Some(NOW));
    leaf.log = Frontier::from_parts(u64::MAX, vec![Hash32::plain(b"peak"); 64]).unwrap();
    let bytes = encode_leaf(&leaf);
    println!("the fullest leaf has {} of {MAX_LEAF_BYTES} bytes", bytes.len());
    assert!(bytes.len() <= MAX_LEAF_BYTES);
    assert_eq!(decode_leaf(&bytes), Ok(leaf));
}

#[test]
fn addresses_of_one_key_in_different_roles_have_nothing_in_common() {
    let key = PublicKey::of(&patient());
    assert_ne!(RelationshipAddress::of(&key).as_bytes(), AgentAddress::of(&key).as_bytes());
    assert_ne!(RelationshipAddress::of(&key).as_bytes(), ProviderAddress::of(&key).as_bytes());
}

#[test]
fn an_address_reads_back_and_says_its_kind() {
    let text = relationship().to_string();
    assert!(text.starts_with("mrr1") && text.len() == 42, "{text}");
    assert_eq!(text.parse::<Address>(), Ok(Address::Relationship(relationship())));
    assert_eq!(text.to_uppercase().parse::<RelationshipAddress>(), Ok(relationship()));
    assert_eq!(text.parse::<ProviderAddress>(), Err(AddressError::Kind { expected: "mrp" }));
}

fn provider_entry(seed: u8) -> Provider {
    Provider {
        name: Text::new(format!("Provider {seed}")).unwrap(),
        place: Text::new("Évora").unwrap(),
        endpoint: Text::new("https://example.org").unwrap(),
        signing_key: PublicKey::of(&key(seed)),
        sealing_key: SealingKey::from_bytes([seed; 32]),
    }
}

fn genesis() -> Genesis {
    let validator = |seed| GenesisValidator { key: PublicKey::of(&key(seed)), power: 10 };
    Genesis {
        chain_id: chain().chain_id,
        time: (NOW, 5),
        validators: vec![validator(20), validator(21)],
        app_state: AppState {
            version: 1,
            members: vec![Member {
                name: Text::new("County").unwrap(),
                signing_key: PublicKey::of(&key(30)),
            }],
            providers: vec![provider_entry(2), provider_entry(3)],
            emergency: vec![],
        },
    }
}

#[test]
fn the_genesis_hash_does_not_depend_on_the_order_of_validators_but_on_everything_else() {
    let honest = genesis().hash();
    let mut reordered = genesis();
    reordered.validators.reverse();
    assert_eq!(reordered.hash(), honest);
    let mut later = genesis();
    later.time.1 += 1;
    let mut heavier = genesis();
    heavier.validators[0].power += 1;
    let mut fewer = genesis();
    fewer.app_state.providers.pop();
    let mut renamed = genesis();
    renamed.chain_id = "another".parse().unwrap();
    for other in [later, heavier, fewer, renamed] {
        assert_ne!(other.hash(), honest);
    }
}

#[test]
fn a_genesis_with_the_same_key_twice_is_refused() {
    let mut twice = genesis();
    twice.app_state.providers.push(provider_entry(2));
    assert!(matches!(twice.check(), Err(GenesisError::Invalid(_))));
    let mut newer = genesis();
    newer.app_state.version = 2;
    assert_eq!(newer.check(), Err(GenesisError::Version(2)));
    assert_eq!(genesis().check(), Ok(()));
}

#[test]
fn a_genesis_with_more_members_than_the_directory_s_leaf_may_hold_is_refused() {
    let members = |count: usize| {
        let member = |n: usize| Member {
            name: Text::new("A canton").unwrap(),
            signing_key: PublicKey::from_bytes(*Hash32::plain(&n.to_le_bytes()).as_bytes()),
        };
        let mut genesis = genesis();
        genesis.app_state.members = (0..count).map(member).collect();
        genesis
    };
    assert_eq!(members(MAX_MEMBERS).check(), Ok(()));
    assert_eq!(
        members(MAX_MEMBERS + 1).check(),
        Err(GenesisError::TooManyMembers { found: MAX_MEMBERS + 1 })
    );
    // With as many as are allowed the leaf stays within its bound, however long the directory's log becomes.
    let members = members(MAX_MEMBERS).app_state.members.iter().map(|member| member.signing_key).collect();
    let log = Frontier::from_parts(u64::MAX, vec![Hash32::plain(b"peak"); 64]).unwrap();
    let motions = (0..MAX_OPEN_MOTIONS)
        .map(|number| (MotionId::from_bytes(u128::try_from(number).unwrap().to_be_bytes()), NOW))
        .collect();
    let leaf = DirectoryLeaf { members, motions, log };
    let bytes = encode_leaf(&leaf);
    assert!(bytes.len() <= MAX_LEAF_BYTES, "{} bytes", bytes.len());
    assert_eq!(decode_leaf(&bytes), Ok(leaf));
}

fn share_code(grants: usize) -> ShareCode {
    let handle = GrantHandle {
        relationship: relationship(),
        publisher: provider(&hospital()),
        grant: GrantId::from_bytes([3; 16]),
        not_after: NOW,
    };
    ShareCode { version: V1, chain_id: chain().chain_id, grants: List::new(vec![handle; grants]).unwrap() }
}

#[test]
fn the_name_of_a_ledger_keeps_its_rule_in_bytes_as_in_text() {
    for (name, valid) in [("demo-1", true), ("", false), ("demo 1", false), ("demo/1", false), ("dém", false)]
    {
        let bytes = codec::encode(&Text::<50>::new(name).unwrap());
        assert_eq!(codec::decode::<ChainId>(&bytes, 64).is_ok(), valid, "{name}");
        assert_eq!(name.parse::<ChainId>().is_ok(), valid, "{name}");
    }
}

#[test]
fn text_that_reads_as_something_else_is_refused_or_cleaned() {
    for hostile in ["a\u{202e}b", "a\u{2066}b", "a\u{2028}b", "a\nb", "a\u{9b}b"] {
        assert!(Text::<40>::new(hostile).is_err(), "{hostile:?}");
        let bytes = [&[u8::try_from(hostile.len()).unwrap()], hostile.as_bytes()].concat();
        assert!(codec::decode::<Text<40>>(&bytes, 64).is_err(), "{hostile:?}");
        assert_eq!(Text::<40>::clipped(hostile).as_str(), "a b");
    }
    for honest in ["Dra. Inês Carvalho", "佐藤 花子", "د. ليلى حداد", "שלום"] {
        assert_eq!(Text::<40>::clipped(honest), Text::new(honest).unwrap());
    }
}

#[test]
fn a_time_from_outside_is_one_that_a_calendar_holds() {
    let decode = |seconds: u64| codec::decode::<Timestamp>(&seconds.to_le_bytes(), 8);
    assert_eq!(decode(253_402_300_799), Ok(Timestamp::LAST));
    for beyond in [253_402_300_800, i64::MAX as u64, u64::MAX] {
        assert!(decode(beyond).is_err(), "{beyond}");
        assert!(serde_json::from_str::<Timestamp>(&beyond.to_string()).is_err(), "{beyond}");
    }
    assert_eq!(serde_json::to_string(&Timestamp::LAST).unwrap(), "253402300799");
    assert_eq!(serde_json::from_str("253402300799").ok(), Some(Timestamp::LAST));
}

#[test]
fn a_share_code_survives_being_broken_into_lines() {
    let code = share_code(3);
    let text = code.to_string();
    let broken: String = text
        .chars()
        .enumerate()
        .flat_map(|(i, c)| if i % 60 == 59 { vec!['\n', c] } else { vec![c] })
        .collect();
    assert_eq!(broken.parse(), Ok(code));
}

proptest! {
    #[test]
    fn a_typing_error_in_an_address_is_noticed(at in 4usize..42, wrong in prop::sample::select("qpzry9x8gf2tvdw0s3jn54khce6mua7l".chars().collect::<Vec<_>>())) {
        let honest = provider(&clinic()).to_string();
        let mut typed: Vec<char> = honest.chars().collect();
        typed[at] = wrong;
        let typed: String = typed.into_iter().collect();
        prop_assert!(typed == honest || typed.parse::<Address>().is_err());
    }

    #[test]
    fn a_damaged_share_code_is_noticed(at in any::<prop::sample::Index>()) {
        let mut text = share_code(2).to_string().into_bytes();
        let at = at.index(text.len());
        text[at] = if text[at] == b'q' { b'p' } else { b'q' };
        let text = String::from_utf8(text).unwrap();
        prop_assert!(text.parse::<ShareCode>().is_err());
    }

    #[test]
    fn hostile_text_never_panics(text in ".{0,200}") {
        let _ = text.parse::<Address>();
        let _ = text.parse::<ShareCode>();
    }
}
