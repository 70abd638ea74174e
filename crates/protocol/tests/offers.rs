//! Offers between people: to help, and to take an account over.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{chain, key, relationship};
use medrec_protocol::{
    ChainIdentity, Hash32, PublicKey, RelationshipAddress,
    codec::{List, Text},
    offer::{HandoverRequest, HelpOffer, MAX_OFFERED_KEYS, OfferError, OfferedKey, TakeOverOffer},
    payload::V1,
    sign::Possession,
};
use proptest::prelude::*;

fn help(count: usize) -> HelpOffer {
    let keys = (0..count).map(|n| PublicKey::of(&key(u8::try_from(n).unwrap() + 1))).collect();
    HelpOffer {
        version: V1,
        chain: chain(),
        name: Text::new("Joana").unwrap(),
        keys: List::new(keys).unwrap(),
    }
}

fn take_over(keys: Vec<OfferedKey>) -> TakeOverOffer {
    let (chain, name) = (chain(), Text::new("Inês").unwrap());
    TakeOverOffer { version: V1, chain, name, keys: List::new(keys).unwrap() }
}

fn elsewhere() -> ChainIdentity {
    ChainIdentity { genesis_hash: Hash32::plain(b"another ledger"), ..chain() }
}

#[test]
fn an_offer_to_help_reads_back_on_its_own_ledger_only() {
    for count in [1, MAX_OFFERED_KEYS] {
        let offer = help(count);
        let text = offer.to_string();
        assert!(text.starts_with("mrhelp1"));
        assert_eq!(HelpOffer::for_ledger(&text, &chain()), Ok(offer));
        assert_eq!(HelpOffer::for_ledger(&text, &elsewhere()), Err(OfferError::OtherNetwork));
        assert_eq!(TakeOverOffer::for_ledger(&text, &chain()), Err(OfferError::Invalid("mrtake")));
    }
}

/// A key with the consent of its holder to own this account, or whatever guardians give.
fn offered(n: u8, relationship: Option<RelationshipAddress>) -> OfferedKey {
    OfferedKey { relationship, owner: Possession::prove(&key(n), &chain(), relationship) }
}

#[test]
fn an_offer_to_take_over_needs_the_consent_of_each_key_for_just_that_account() {
    let here = Some(relationship());
    let neighbour = Some(RelationshipAddress::of(&PublicKey::of(&key(8))));
    let offer = take_over(vec![offered(1, None), offered(2, here)]);
    let text = offer.to_string();
    assert_eq!(TakeOverOffer::for_ledger(&text, &chain()), Ok(offer));
    assert_eq!(TakeOverOffer::for_ledger(&text, &elsewhere()), Err(OfferError::OtherNetwork));
    let mut stolen = offered(1, None);
    stolen.owner.key = PublicKey::of(&key(9));
    let foreign = OfferedKey { relationship: None, owner: Possession::prove(&key(1), &elsewhere(), None) };
    for bad in [
        stolen,
        foreign,
        OfferedKey { relationship: None, ..offered(1, here) },
        OfferedKey { relationship: here, ..offered(1, None) },
        OfferedKey { relationship: neighbour, ..offered(1, here) },
    ] {
        let text = take_over(vec![offered(2, None), bad]).to_string();
        assert_eq!(TakeOverOffer::for_ledger(&text, &chain()), Err(OfferError::Unproved));
    }
}

#[test]
fn a_request_for_a_child_s_keys_reads_back_on_its_own_ledger_only() {
    let relationships = List::new(vec![relationship()]).unwrap();
    let request = HandoverRequest { version: V1, chain: chain(), relationships };
    let text = request.to_string();
    assert_eq!(HandoverRequest::for_ledger(&text, &chain()), Ok(request));
    assert_eq!(HandoverRequest::for_ledger(&text, &elsewhere()), Err(OfferError::OtherNetwork));
    assert_eq!(HelpOffer::for_ledger(&text, &chain()), Err(OfferError::Invalid("mrhelp")));
}

#[test]
fn an_offer_that_was_cut_or_mistyped_is_refused() {
    let text = help(3).to_string();
    for wrong in ["", "mrhelp1", &text[..text.len() - 1], &format!("{text}q"), &text.replacen('q', "p", 1)] {
        assert_eq!(wrong.parse::<HelpOffer>(), Err(OfferError::Invalid("mrhelp")), "{wrong}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "mr(help|take)1[02-9ac-hj-np-z]{0,200}") {
        let read = text.parse::<HelpOffer>().is_ok() || text.parse::<TakeOverOffer>().is_ok();
        prop_assert!(!read);
    }
}
