//! The first state.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use medrec_ledger::{
    LedgerError, Storage, chain_identity, init_chain, log_entries,
    testing::{
        GENESIS_TIME, MemoryStorage, SampleLedger,
        sample::{self, Actor},
    },
};
use medrec_protocol::{
    genesis::{Genesis, GenesisError},
    log::{DirectoryEntry, DirectoryEvent, Frontier, LogId},
    query::LogRange,
    state::{DirectoryLeaf, ProviderLeaf, Standing, StateKey, ValidatorsLeaf, decode_leaf},
};

fn three_providers() -> Genesis {
    sample::genesis(&[1, 2, 3].map(Actor::provider))
}

#[test]
fn genesis_writes_identity_directory_and_providers() {
    let genesis = three_providers();
    let ledger = SampleLedger::begin(&genesis);
    assert_eq!(chain_identity(&ledger.storage).unwrap(), Some(genesis.identity()));
    assert_eq!(ledger.storage.leaves().len(), 6);
    for provider in &genesis.app_state.providers {
        let leaf = ledger.storage.leaf(&StateKey::Provider(provider.address()).encode()).unwrap().unwrap();
        let leaf: ProviderLeaf = decode_leaf(&leaf).unwrap();
        let (admitted, standing) = (GENESIS_TIME, Standing::Admitted);
        assert_eq!(leaf, ProviderLeaf { provider: provider.clone(), admitted, standing, emergency: false });
    }
}

#[test]
fn genesis_writes_the_validators_and_who_gives_emergency_care() {
    let mut genesis = three_providers();
    let emergency = Actor::provider(2).provider_address();
    genesis.app_state.emergency = vec![emergency];
    let ledger = SampleLedger::begin(&genesis);
    let leaf = ledger.storage.leaf(&StateKey::Validators.encode()).unwrap().unwrap();
    let leaf: ValidatorsLeaf = decode_leaf(&leaf).unwrap();
    assert_eq!(leaf.power, [(Actor::member(901).public_key(), 10)].into_iter().collect());
    for provider in &genesis.app_state.providers {
        let address = provider.address();
        let leaf = ledger.storage.leaf(&StateKey::Provider(address).encode()).unwrap().unwrap();
        assert_eq!(decode_leaf::<ProviderLeaf>(&leaf).unwrap().emergency, address == emergency);
    }
    let range = LogRange { log: LogId::Directory, from: 2, count: 1 };
    let entry = log_entries(&ledger.storage, &range).unwrap().0.remove(0);
    let told = DirectoryEvent::EmergencyRole { address: emergency, emergency: true };
    assert_eq!(DirectoryEntry::decode(&entry).unwrap().event, told);

    genesis.app_state.emergency = vec![Actor::provider(77).provider_address()];
    let refused = init_chain(&MemoryStorage::default(), &genesis);
    assert!(matches!(refused, Err(LedgerError::Genesis(GenesisError::Invalid(_)))), "no such provider");
}

#[test]
fn the_directory_s_log_names_the_providers_in_their_order() {
    let genesis = three_providers();
    let ledger = SampleLedger::begin(&genesis);
    let range = LogRange { log: LogId::Directory, from: 0, count: 10 };
    let entries = log_entries(&ledger.storage, &range).unwrap().0;
    let expected = genesis.app_state.providers.iter().map(|provider| DirectoryEntry {
        height: 0,
        time: GENESIS_TIME,
        event: DirectoryEvent::Admitted(provider.clone()),
    });
    let expected: Vec<_> = expected.collect();
    let found: Vec<_> = entries.iter().map(|entry| DirectoryEntry::decode(entry).unwrap()).collect();
    assert_eq!(found, expected);

    let mut frontier = Frontier::default();
    for entry in &entries {
        frontier.append(entry);
    }
    let leaf = ledger.storage.leaf(&StateKey::Directory.encode()).unwrap().unwrap();
    let leaf: DirectoryLeaf = decode_leaf(&leaf).unwrap();
    assert_eq!(leaf.log, frontier);
    assert_eq!(leaf.members, [Actor::member(900).public_key()]);
}

#[test]
fn the_same_genesis_gives_the_same_root_and_another_gives_another() {
    let root = |genesis: &Genesis| init_chain(&MemoryStorage::default(), genesis).unwrap().head.root;
    let genesis = three_providers();
    assert_eq!(root(&genesis), root(&genesis.clone()));
    // Pinned: a change here breaks every ledger that has begun.
    assert_eq!(
        root(&genesis).to_string(),
        "21d6a52e3b015fe7e094ad4a15a6bfa2787f9781f5d12647a35919ba5da73ef0"
    );
    let mut other = genesis.clone();
    other.chain_id = "medrec-other".parse().unwrap();
    assert_ne!(root(&genesis), root(&other));
    let mut other = genesis.clone();
    other.app_state.providers.swap(0, 1);
    assert_ne!(root(&genesis), root(&other));
}

#[test]
fn a_ledger_without_providers_begins() {
    let ledger = SampleLedger::begin(&sample::genesis(&[]));
    assert_eq!(ledger.storage.head().unwrap().unwrap().version, 0);
}

#[test]
fn a_second_genesis_is_refused() {
    let genesis = three_providers();
    let ledger = SampleLedger::begin(&genesis);
    assert!(matches!(init_chain(&ledger.storage, &genesis), Err(LedgerError::AlreadyBegun)));
}

#[test]
fn a_genesis_that_breaks_its_own_rules_is_refused() {
    let mut genesis = three_providers();
    genesis.app_state.providers.push(sample::provider_entry(&Actor::provider(1)));
    let refused = init_chain(&MemoryStorage::default(), &genesis);
    assert!(matches!(refused, Err(LedgerError::Genesis(GenesisError::Invalid(_)))));
}

#[test]
fn a_genesis_with_more_members_than_a_leaf_holds_is_refused() {
    let begin = |members: u64| {
        let mut genesis = three_providers();
        genesis.app_state.members = (0..members)
            .map(|number| medrec_protocol::genesis::Member {
                name: medrec_protocol::codec::Text::clipped("A canton"),
                signing_key: Actor::member(number).public_key(),
            })
            .collect();
        init_chain(&MemoryStorage::default(), &genesis)
    };
    assert!(begin(256).is_ok());
    let refused = begin(257);
    assert!(matches!(refused, Err(LedgerError::Genesis(GenesisError::TooManyMembers { found: 257 }))));
}
