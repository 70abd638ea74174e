//! Sealed payloads: only the right key, in the right place, unaltered.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{CountingRng, chain, clinic, context, hospital, provider, relationship, viewing_key};
use medrec_protocol::{
    Address, AgentAddress, ChainIdentity, Epoch, Hash32, ProviderAddress, PublicKey, RelationshipAddress,
    Sealed, ViewingKey, codec,
    handover::{HandoverContext, HandoverError, SealedKey, SealingSecret},
    payload::{Payload, PayloadError, RevocationNote, V1},
    record::{RecordKind, RecordKinds},
    seal::{BUCKETS, MAX_PLAINTEXT_BYTES, OlderKey, PayloadKind, SealContext, SealError},
};
use proptest::prelude::*;
use zeroize::Zeroizing;

fn signer() -> Address {
    provider(&hospital()).into()
}

fn seal(plaintext: &[u8]) -> Sealed {
    let chain = chain();
    Sealed::seal(&viewing_key(), Epoch::FIRST, &context(&chain, signer()), plaintext, &mut CountingRng(0))
        .unwrap()
}

#[test]
fn what_was_sealed_opens_with_the_same_key_and_proves_itself_without_it() {
    let chain = chain();
    let sealed = seal(b"Metformin 500 mg");
    let opened = sealed.open(&viewing_key(), &context(&chain, signer())).unwrap();
    assert_eq!(opened.plaintext, b"Metformin 500 mg");
    assert!(sealed.is_opened_by(&opened.salt, b"Metformin 500 mg"));
    assert!(!sealed.is_opened_by(&opened.salt, b"Metformin 850 mg"));
    assert!(!sealed.is_opened_by(&[0; 32], b"Metformin 500 mg"));
}

#[test]
fn a_payload_moved_to_another_place_does_not_open() {
    let here = chain();
    let elsewhere = ChainIdentity { genesis_hash: Hash32::plain(b"another ledger"), ..chain() };
    let sealed = seal(b"x");
    let key = viewing_key();
    let other_signer = context(&here, provider(&clinic()).into());
    let other_chain = context(&elsewhere, signer());
    let other_kind = SealContext { kind: PayloadKind::Grant, ..context(&here, signer()) };
    for moved in [other_signer, other_chain, other_kind] {
        assert_eq!(sealed.open(&key, &moved).err(), Some(SealError::Closed));
    }
    let wrong_key = ViewingKey::from_bytes([8; 32]);
    assert_eq!(sealed.open(&wrong_key, &context(&here, signer())).err(), Some(SealError::Closed));
}

#[test]
fn kinds_that_this_program_does_not_know_are_refused_not_left_out() {
    let known: RecordKinds = RecordKind::ALL.iter().copied().collect();
    assert_eq!(codec::decode(&codec::encode(&known), 4), Ok(known));
    assert_eq!(codec::decode(&[0; 4], 4), Ok(RecordKinds::default()));
    for newer in [1u32 << 10, 1 << 31, u32::MAX, 1 | 1 << 10] {
        assert!(codec::decode::<RecordKinds>(&newer.to_le_bytes(), 4).is_err(), "{newer:#x}");
    }
}

#[test]
fn a_commitment_to_something_else_is_noticed_by_the_reader() {
    let chain = chain();
    let sealed = seal(b"the truth");
    let mut bytes = codec::encode(&sealed);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let forged: Sealed = codec::decode(&bytes, bytes.len()).unwrap();
    assert_eq!(forged.open(&viewing_key(), &context(&chain, signer())).err(), Some(SealError::Commitment));
}

#[test]
fn sizes_tell_only_the_bucket() {
    let size = |length| codec::encode(&seal(&vec![0; length])).len();
    assert_eq!(size(0), size(BUCKETS[0] - 2));
    assert_eq!(size(BUCKETS[0] - 1), size(BUCKETS[1] - 2));
    let chain = chain();
    let too_long = vec![0; MAX_PLAINTEXT_BYTES + 1];
    let refused = Sealed::seal(
        &viewing_key(),
        Epoch::FIRST,
        &context(&chain, signer()),
        &too_long,
        &mut CountingRng(0),
    );
    assert_eq!(refused.err(), Some(SealError::TooLong { found: MAX_PLAINTEXT_BYTES + 1 }));
}

#[test]
fn a_payload_of_a_newer_version_is_refused_not_guessed() {
    let chain = chain();
    let note = RevocationNote { version: V1, note: codec::Text::new("enough").unwrap() };
    let mut bytes = codec::encode(&note);
    bytes[0] = 2;
    let context = SealContext { kind: PayloadKind::Revocation, ..context(&chain, signer()) };
    let sealed = Sealed::seal(&viewing_key(), Epoch::FIRST, &context, &bytes, &mut CountingRng(0)).unwrap();
    let error = RevocationNote::open(&sealed, &viewing_key(), context).unwrap_err();
    assert!(matches!(&error, PayloadError::Content(_)), "{error}");
    assert!(error.to_string().contains("version 2"), "{error}");
}

#[test]
fn a_viewing_key_reaches_the_provider_it_was_sealed_to_and_nobody_else() {
    let chain = chain();
    let secret = SealingSecret::from_bytes(Zeroizing::new([5; 32]));
    let other = SealingSecret::from_bytes(Zeroizing::new([6; 32]));
    let context = HandoverContext {
        chain: &chain,
        recipient: provider(&hospital()).into(),
        relationship: relationship(),
        epoch: Epoch::FIRST,
    };
    let sealed =
        SealedKey::seal(&viewing_key(), &secret.public().unwrap(), &context, &mut CountingRng(1)).unwrap();
    assert_eq!(sealed.encode().len(), 81);
    let received = SealedKey::decode(&sealed.encode()).unwrap().open(&secret, &context).unwrap();
    assert_eq!(received.expose(), viewing_key().expose());
    assert_eq!(sealed.open(&other, &context).err(), Some(HandoverError::Closed));
    let elsewhere = HandoverContext { recipient: provider(&clinic()).into(), ..context };
    assert_eq!(sealed.open(&secret, &elsewhere).err(), Some(HandoverError::Closed));
}

/// Who is given the newest key reads the whole history; who has an older one gets no further. (HAND-4, HAND-5)
#[test]
fn the_newest_viewing_key_opens_every_older_one_and_no_older_one_a_newer() {
    let (chain, rng) = (chain(), &mut CountingRng(1));
    let keys = [1, 2, 3, 4].map(|byte| ViewingKey::from_bytes([byte; 32]));
    let older: Vec<_> = (1..4)
        .map(|n| {
            let epoch = Epoch::new(u32::try_from(n).unwrap());
            OlderKey::seal(&keys[n - 1], &keys[n], &chain, relationship(), epoch, rng).unwrap()
        })
        .collect();
    assert_eq!(codec::encode(&older[0]).len(), 72);
    let mut key = keys[3].clone();
    for n in (1..4).rev() {
        let epoch = Epoch::new(u32::try_from(n).unwrap());
        key = older[n - 1].open(&key, &chain, relationship(), epoch).unwrap();
        assert_eq!(key.expose(), keys[n - 1].expose());
        for wrong in keys.iter().filter(|wrong| wrong.expose() != keys[n].expose()) {
            assert!(older[n - 1].open(wrong, &chain, relationship(), epoch).is_err(), "only the next one");
        }
    }
    let closed =
        |chain: &ChainIdentity, of, epoch| older[0].open(&keys[1], chain, of, Epoch::new(epoch)).is_err();
    let elsewhere = ChainIdentity { genesis_hash: Hash32::plain(b"another ledger"), ..chain.clone() };
    let neighbour = RelationshipAddress::of(&PublicKey::of(&clinic()));
    assert!(closed(&chain, relationship(), 2) && closed(&chain, neighbour, 1));
    assert!(closed(&elsewhere, relationship(), 1));
    assert!(!closed(&chain, relationship(), 1));
}

#[test]
fn a_viewing_key_handed_to_a_delegate_is_not_one_handed_to_a_provider_with_the_same_key() {
    let chain = chain();
    let secret = SealingSecret::from_bytes(Zeroizing::new([5; 32]));
    let key = PublicKey::of(&clinic());
    let recipients: [Address; 3] = [
        ProviderAddress::of(&key).into(),
        RelationshipAddress::of(&key).into(),
        AgentAddress::of(&key).into(),
    ];
    for to in recipients {
        let context = |recipient| HandoverContext {
            chain: &chain,
            recipient,
            relationship: relationship(),
            epoch: Epoch::FIRST,
        };
        let public = secret.public().unwrap();
        let sealed = SealedKey::seal(&viewing_key(), &public, &context(to), &mut CountingRng(1)).unwrap();
        for other in recipients {
            assert_eq!(sealed.open(&secret, &context(other)).is_ok(), other == to);
        }
    }
}

#[test]
fn keys_show_nothing_of_themselves() {
    let shown = format!("{:?} {:?}", viewing_key(), SealingSecret::from_bytes(Zeroizing::new([5; 32])));
    assert_eq!(shown, "ViewingKey(…) SealingSecret(…)");
}

proptest! {
    #[test]
    fn any_flipped_bit_closes_it(at in 0usize..286, bit in 0u8..8) {
        let chain = chain();
        let mut bytes = codec::encode(&seal(b"one entry"));
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(forged) = codec::decode::<Sealed>(&bytes, 8192) {
            prop_assert!(forged.open(&viewing_key(), &context(&chain, signer())).is_err());
        }
    }

    #[test]
    fn any_flipped_bit_closes_an_older_key(at in 0usize..72, bit in 0u8..8) {
        let (chain, older, newer) = (chain(), viewing_key(), ViewingKey::from_bytes([8; 32]));
        let epoch = Epoch::new(1);
        let sealed = OlderKey::seal(&older, &newer, &chain, relationship(), epoch, &mut CountingRng(0)).unwrap();
        let mut bytes = codec::encode(&sealed);
        bytes[at] ^= 1 << bit;
        let forged: OlderKey = codec::decode(&bytes, 72).unwrap();
        prop_assert!(forged.open(&newer, &chain, relationship(), epoch).is_err());
    }

    #[test]
    fn round_trip(plaintext in prop::collection::vec(any::<u8>(), 0..MAX_PLAINTEXT_BYTES)) {
        let chain = chain();
        let sealed = seal(&plaintext);
        prop_assert!(sealed.is_well_formed());
        prop_assert_eq!(sealed.open(&viewing_key(), &context(&chain, signer())).unwrap().plaintext, plaintext);
    }
}
