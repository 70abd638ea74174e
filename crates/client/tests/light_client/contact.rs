//! First contact: genesis, anchor, and what is kept afterwards.

use medrec_client::{
    Anchor, ClientError, Lie, StoredHeadError, TrustedHead, TrustingPeriod,
    verify::{genesis::GenesisFault, header::HeaderFault},
};
use medrec_ledger::testing::sample::{self, Actor};
use medrec_protocol::{Hash32, Timestamp};
use tendermint::account;

use crate::{
    chain::{Chain, Validator, genesis_of, sign},
    node::MemoryNode,
    world::{World, four, network},
};

const DAY: u64 = 86_400;

fn header_fault(error: ClientError) -> HeaderFault {
    match error {
        ClientError::Lie { lie, .. } => match *lie {
            Lie::Header(fault) => fault,
            other => panic!("another lie: {other}"),
        },
        other => panic!("another error: {other}"),
    }
}

async fn first_contact(world: &World, node: MemoryNode) -> Result<Timestamp, ClientError> {
    let mut client = world.client_of(vec![node.boxed()], None);
    let updated = client.update(world.now()).await;
    assert_eq!(updated.is_ok(), client.trusted().is_some());
    updated.map(|update| update.head.time)
}

#[tokio::test]
async fn first_contact_leads_from_genesis_to_the_newest_header() {
    let world = World::with_records(3);
    let client = world.client().await;
    let head = client.head().unwrap();
    assert_eq!(head.height.get(), world.chain().height());
    assert_eq!(head.time, world.chain().time());
}

#[tokio::test]
async fn nothing_is_read_before_something_was_verified() {
    let world = World::with_records(1);
    let client = world.client_of(vec![world.honest().boxed()], None);
    assert!(matches!(client.snapshot(), Err(ClientError::NoHead)));
}

#[tokio::test]
async fn a_ledger_with_another_genesis_is_another_network() {
    let world = World::with_records(1);
    let node = world.honest().genesis(|document| document.app_state.providers.truncate(2));
    let error = first_contact(&world, node).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::WrongNetwork { found, .. } if found.starts_with("genesis")),
        "{error}"
    );
}

#[tokio::test]
async fn a_ledger_of_another_name_is_another_network() {
    let world = World::with_records(1);
    let node = world.honest().genesis(|document| document.chain_id = "medrec-other".into());
    let error = first_contact(&world, node).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::WrongNetwork { found, .. } if found.contains("medrec-other")),
        "{error}"
    );
}

#[tokio::test]
async fn a_genesis_that_does_not_begin_at_block_one_is_refused() {
    let world = World::with_records(1);
    let node = world.honest().genesis(|document| document.initial_height = 2);
    let error = first_contact(&world, node).await.unwrap_err();
    let ClientError::Lie { lie, .. } = error else { panic!("{error}") };
    assert_eq!(*lie, Lie::Genesis(GenesisFault::InitialHeight(2)));
}

#[tokio::test]
async fn a_first_block_of_other_validators_than_genesis_names_is_refused() {
    let world = World::with_records(1);
    let others: Vec<_> = (11..=14).map(|number| Validator::new(number, 10)).collect();
    let providers = [Actor::provider(1), Actor::provider(2), Actor::provider(3)];
    let theirs = Chain::begin(genesis_of("medrec-sample", &providers, &others), &others);
    let first = theirs.blocks[0].signed.clone();
    let listed = crate::chain::infos(&others);
    let node = world
        .honest()
        .header(move |honest| Ok(if honest.header.height.value() == 1 { first.clone() } else { honest }))
        .validators(move |list| list.clone_from(&listed));
    let fault = header_fault(first_contact(&world, node).await.unwrap_err());
    assert!(matches!(fault, HeaderFault::Validators { .. }), "{fault}");
}

#[tokio::test]
async fn a_first_block_of_another_time_than_genesis_is_refused() {
    let world = World::with_records(1);
    let mut header = world.chain().blocks[0].signed.header.clone();
    header.time = (header.time + std::time::Duration::from_nanos(1)).unwrap();
    let first = sign(header, &world.validators, &world.validators);
    let node = world.honest().header(move |_| Ok(first.clone()));
    let fault = header_fault(first_contact(&world, node).await.unwrap_err());
    assert!(matches!(fault, HeaderFault::GenesisTime { .. }), "{fault}");
}

#[tokio::test]
async fn a_first_block_without_enough_votes_is_refused() {
    let world = World::with_records(1);
    let header = world.chain().blocks[0].signed.header.clone();
    let first = sign(header, &world.validators, &world.validators[..2]);
    let node = world.honest().header(move |_| Ok(first.clone()));
    let fault = header_fault(first_contact(&world, node).await.unwrap_err());
    assert_eq!(fault, HeaderFault::NotEnoughVotes { total: 40, found: 20 });
}

#[tokio::test]
async fn validators_who_run_another_ledgers_state_under_this_ones_headers_are_noticed() {
    let world = World::with_records(0);
    let mut chain = world.chain().clone();
    // The same validators, name and time, but the state of a genesis with one provider only.
    let other = genesis_of("medrec-sample", &[Actor::provider(1)], &four());
    let mut theirs = Chain::begin(other, &four());
    chain.blocks = std::mem::take(&mut theirs.blocks);
    chain.ledger = theirs.ledger;
    let node = MemoryNode::new("primary", &std::sync::Arc::new(std::sync::Mutex::new(chain)));
    let error = first_contact(&world, node).await.unwrap_err();
    assert!(matches!(error, ClientError::WrongNetwork { .. }), "{error}");
}

#[tokio::test]
async fn an_old_genesis_without_an_anchor_is_refused_and_says_what_to_ask_for() {
    let world = World::with_records(1);
    let mut client = world.client_of(vec![world.honest().boxed()], None);
    let error = client.update(world.now().plus(181 * DAY)).await.unwrap_err();
    assert!(matches!(error, ClientError::TrustExpired { .. }), "{error}");
    assert!(error.to_string().contains("anchor"), "{error}");
}

/// A ledger that ran on a year after genesis, and the anchor of its fifth block from the end.
fn a_year_later() -> (World, Anchor) {
    let world = World::with_records(1);
    let mut chain = world.chain();
    chain.ledger.now = chain.ledger.now.plus(365 * DAY);
    chain.seal_empty(10);
    let anchor = &chain.blocks[chain.blocks.len() - 5].signed.header;
    let height = anchor.height.value().try_into().unwrap();
    let hash = Hash32::new(anchor.hash().as_bytes().try_into().unwrap());
    drop(chain);
    (world, Anchor { height, hash })
}

#[tokio::test]
async fn an_old_genesis_with_an_anchor_starts_from_the_anchor() {
    let (world, anchor) = a_year_later();
    let mut network = world.network();
    network.anchor = Some(anchor);
    let nodes = vec![world.honest().boxed()];
    let mut client = medrec_client::LightClient::new(network, nodes, None).unwrap();
    let head = client.update(world.now()).await.unwrap().head;
    assert_eq!(head.height.get(), world.chain().height());
}

#[tokio::test]
async fn another_header_than_the_anchor_names_is_refused() {
    let (world, anchor) = a_year_later();
    let mut network = world.network();
    network.anchor = Some(Anchor { hash: Hash32::new([1; 32]), ..anchor });
    let nodes = vec![world.honest().boxed()];
    let mut client = medrec_client::LightClient::new(network, nodes, None).unwrap();
    let fault = header_fault(client.update(world.now()).await.unwrap_err());
    assert!(matches!(fault, HeaderFault::Anchor { .. }), "{fault}");
}

#[tokio::test]
async fn an_anchored_header_without_its_votes_is_refused() {
    let (world, anchor) = a_year_later();
    let mut network = world.network();
    network.anchor = Some(anchor);
    let validators = world.validators.clone();
    let node = world.honest().header(move |honest| Ok(sign(honest.header, &validators, &validators[..2])));
    let mut client = medrec_client::LightClient::new(network, vec![node.boxed()], None).unwrap();
    let fault = header_fault(client.update(world.now()).await.unwrap_err());
    assert_eq!(fault, HeaderFault::NotEnoughVotes { total: 40, found: 20 });
}

#[tokio::test]
async fn an_anchor_that_is_itself_too_old_is_refused() {
    let (world, anchor) = a_year_later();
    let mut network = world.network();
    network.anchor = Some(anchor);
    network.trusting_period = TrustingPeriod::try_from(1).unwrap();
    let nodes = vec![world.honest().boxed()];
    let mut client = medrec_client::LightClient::new(network, nodes, None).unwrap();
    let error = client.update(world.now().plus(2 * DAY)).await.unwrap_err();
    assert!(matches!(error, ClientError::TrustExpired { .. }), "{error}");
}

#[tokio::test]
async fn a_ledger_of_one_block_cannot_prove_anything_yet() {
    let world = World::with_records(0);
    world.chain().blocks.truncate(1);
    let error = first_contact(&world, world.honest()).await.unwrap_err();
    assert!(matches!(error, ClientError::NotReady), "{error}");
}

#[tokio::test]
async fn a_kept_head_is_read_back_as_it_was() {
    let world = World::with_records(2);
    let trusted = world.client().await.trusted().cloned().unwrap();
    let kept = trusted.to_json();
    assert_eq!(TrustedHead::from_json(&kept).unwrap(), trusted);
    let mut client = world.client_of(vec![world.honest().boxed()], TrustedHead::from_json(&kept).ok());
    assert_eq!(client.update(world.now()).await.unwrap().head, trusted.head());
}

#[tokio::test]
async fn a_kept_head_with_any_flipped_hash_digit_is_refused() {
    let world = World::with_records(2);
    let kept = String::from_utf8(world.client().await.trusted().unwrap().to_json()).unwrap();
    let app_hash = kept.find("\"app_hash\":\"").unwrap() + 12;
    let mut damaged = kept.clone().into_bytes();
    damaged[app_hash] = if damaged[app_hash] == b'0' { b'1' } else { b'0' };
    let error = TrustedHead::from_json(&damaged).unwrap_err();
    assert!(matches!(error, StoredHeadError::Header(HeaderFault::VotesForAnother { .. })), "{error}");
}

#[tokio::test]
async fn a_kept_head_that_is_cut_huge_or_of_the_future_is_refused() {
    let world = World::with_records(1);
    let kept = world.client().await.trusted().unwrap().to_json();
    assert!(matches!(TrustedHead::from_json(&kept[..kept.len() / 2]), Err(StoredHeadError::Malformed(_))));
    assert!(matches!(TrustedHead::from_json(&vec![b' '; 2 << 20]), Err(StoredHeadError::TooLarge { .. })));
    let newer = String::from_utf8(kept).unwrap().replace("\"version\":1,", "\"version\":2,");
    assert!(matches!(TrustedHead::from_json(newer.as_bytes()), Err(StoredHeadError::Version(2))));
}

#[tokio::test]
async fn a_kept_head_of_another_ledger_is_refused() {
    let world = World::with_records(1);
    let stored = world.client().await.trusted().cloned();
    let mut network = network(&world.chain);
    network.chain_id = "medrec-other".parse().unwrap();
    let refused = medrec_client::LightClient::new(network, vec![world.honest().boxed()], stored);
    assert!(matches!(refused.err(), Some(ClientError::StoredHead(StoredHeadError::Chain { .. }))));
}

#[tokio::test]
async fn a_client_without_a_node_says_so() {
    let world = World::with_records(0);
    let refused = medrec_client::LightClient::new(world.network(), Vec::new(), None);
    assert!(matches!(refused.err(), Some(ClientError::NoNode)));
}

#[tokio::test]
async fn a_validator_under_the_address_of_another_is_refused() {
    let world = World::with_records(1);
    let stolen = four()[1].address();
    let node = world.honest().validators(move |list| list[0].address = stolen);
    let fault = header_fault(first_contact(&world, node).await.unwrap_err());
    assert!(matches!(fault, HeaderFault::ValidatorAddress { found, .. } if found == stolen), "{fault}");
}

#[tokio::test]
async fn a_validator_who_stands_in_the_set_twice_is_refused() {
    let world = World::with_records(1);
    let node = world.honest().validators(|list| list.push(list[0].clone()));
    let fault = header_fault(first_contact(&world, node).await.unwrap_err());
    assert!(matches!(fault, HeaderFault::DuplicateValidator(_)), "{fault}");
}

#[tokio::test]
async fn voting_power_beyond_bounds_is_refused_without_a_panic() {
    let world = World::with_records(1);
    let node = world.honest().validators(|list| {
        for validator in list {
            validator.power = (i64::MAX as u64).try_into().unwrap();
        }
    });
    assert_eq!(header_fault(first_contact(&world, node).await.unwrap_err()), HeaderFault::VotingPower);
}

#[tokio::test]
async fn an_empty_and_an_endless_list_of_validators_are_refused() {
    let world = World::with_records(1);
    let node = world.honest().validators(Vec::clear);
    let fault = header_fault(first_contact(&world, node).await.unwrap_err());
    assert_eq!(fault, HeaderFault::ValidatorCount { found: 0 });
    let node = world.honest().validators(|list| *list = vec![list[0].clone(); 501]);
    let fault = header_fault(first_contact(&world, node).await.unwrap_err());
    assert_eq!(fault, HeaderFault::ValidatorCount { found: 501 });
}

#[test]
fn addresses_follow_from_keys() {
    let info = Validator::new(1, 1).info();
    assert_eq!(account::Id::from(info.pub_key), info.address);
    assert_ne!(sample::genesis(&[]).hash(), genesis_of("medrec-sample", &[], &four()).hash());
}
