//! Proofs of leaves against a tree that is written down as STATE-2 says it, without storage and without cleverness.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;

use common::tree::Tree;
use medrec_protocol::{
    Hash32,
    codec::{self, DecodeError},
    state::{MAX_STATE_PROOF_BYTES, StateProof, StateProofError},
};
use proptest::prelude::*;

fn tree(leaves: &BTreeMap<Vec<u8>, Vec<u8>>) -> Tree {
    Tree::of(leaves.iter().map(|(key, value)| (key.as_slice(), value.as_slice())))
}

fn numbered(count: u32) -> BTreeMap<Vec<u8>, Vec<u8>> {
    (0..count).map(|number| (number.to_be_bytes().to_vec(), format!("value {number}").into_bytes())).collect()
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0u8..4, 0..3)
}

proptest! {
    #[test]
    fn what_is_there_and_what_is_not_is_proved_and_nothing_else(
        leaves in prop::collection::btree_map(key(), prop::collection::vec(any::<u8>(), 1..5), 0..12),
        asked in key(),
        other in prop::collection::vec(any::<u8>(), 1..5),
    ) {
        let tree = tree(&leaves);
        let proof = tree.prove(&asked);
        let value = leaves.get(&asked).map(Vec::as_slice);
        prop_assert_eq!(proof.verify(&tree.root(), &asked, value), Ok(()));
        prop_assert_eq!(StateProof::decode(&codec::encode(&proof)).unwrap(), proof.clone());
        let (lie, fault) = match value {
            Some(_) => (None, StateProofError::Present),
            None => (Some(other.as_slice()), StateProofError::OtherLeaf),
        };
        prop_assert_eq!(proof.verify(&tree.root(), &asked, lie), Err(fault));
        if value.is_some_and(|value| value != other) {
            prop_assert_eq!(proof.verify(&tree.root(), &asked, Some(&other)), Err(StateProofError::OtherLeaf));
        }
        for present in leaves.keys().filter(|present| **present != asked) {
            prop_assert!(proof.verify(&tree.root(), present, None).is_err(), "it hides another leaf");
        }
    }

    #[test]
    fn bytes_from_outside_never_panic_and_have_one_form(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(proof) = StateProof::decode(&bytes) {
            prop_assert_eq!(codec::encode(&proof), bytes);
        }
    }
}

#[test]
fn every_leaf_of_many_is_proved_with_a_hash_for_each_doubling() {
    let leaves = numbered(300);
    let tree = tree(&leaves);
    for (key, value) in &leaves {
        let proof = tree.prove(key);
        assert_eq!(proof.verify(&tree.root(), key, Some(value)), Ok(()));
        assert!(codec::encode(&proof).len() < 65 + 2 + 3 + 18 * 32);
    }
    for number in 5_000u32..5_200 {
        let key = number.to_be_bytes();
        assert_eq!(tree.prove(&key).verify(&tree.root(), &key, None), Ok(()));
    }
}

#[test]
fn no_bit_can_be_flipped_to_another_truth() {
    let leaves = numbered(40);
    let tree = tree(&leaves);
    for (asked, value) in [(7u32, Some(b"value 7".as_slice())), (1_000, None)] {
        let asked = asked.to_be_bytes();
        let bytes = codec::encode(&tree.prove(&asked));
        for bit in 0..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let Ok(proof) = StateProof::decode(&flipped) else { continue };
            let lie = if value.is_some() { None } else { Some(b"x".as_slice()) };
            assert!(proof.verify(&tree.root(), &asked, lie).is_err(), "bit {bit}");
            assert!(proof.verify(&tree.root(), &asked, value).is_err(), "bit {bit}: a second form");
        }
    }
}

#[test]
fn an_absence_is_not_proved_by_a_leaf_of_another_place() {
    let leaves = numbered(40);
    let tree = tree(&leaves);
    // The proof of a leaf that is there, shown for keys that lead elsewhere, and under the root of nothing.
    let proof = tree.prove(&3u32.to_be_bytes());
    for number in (0..2_000u32).filter(|number| *number != 3) {
        let key = number.to_be_bytes();
        match proof.verify(&tree.root(), &key, None) {
            // It is alone in the subtree to which this key leads too.
            Ok(()) => assert!(!leaves.contains_key(key.as_slice())),
            Err(fault) => assert!(matches!(fault, StateProofError::Elsewhere), "{fault}"),
        }
    }
    let found = proof.verify(&Hash32::new([7; 32]), &3u32.to_be_bytes(), Some(b"value 3"));
    assert_eq!(found, Err(StateProofError::Root { found: tree.root() }));
}

#[test]
fn what_is_too_long_or_not_in_its_one_form_is_refused() {
    let most = StateProof::new(None, vec![Some(Hash32::new([1; 32])); 256]).unwrap();
    assert_eq!(codec::encode(&most).len(), MAX_STATE_PROOF_BYTES - 64, "without the leaf");
    assert!(matches!(StateProof::new(None, vec![None; 257]), Err(DecodeError::TooLarge { found: 257, .. })));
    let too_many = [&[0u8][..], &257u16.to_le_bytes(), &[0; 33]].concat();
    assert!(matches!(StateProof::decode(&too_many), Err(DecodeError::Malformed(_))));
    assert!(matches!(
        StateProof::decode(&vec![0; MAX_STATE_PROOF_BYTES + 1]),
        Err(DecodeError::TooLarge { .. })
    ));
    let one = |bits: u8, hashes: &[u8]| StateProof::decode(&[&[0, 1, 0, bits], hashes].concat());
    assert!(one(0, &[]).is_ok());
    assert!(one(1, &[9; 32]).is_ok());
    assert!(one(2, &[]).is_err(), "a bit that stands for no sibling");
    assert!(one(1, b"SPARSE_MERKLE_PLACEHOLDER_HASH__").is_err(), "a hash where nothing is");
    assert!(one(1, &[9; 31]).is_err(), "cut off");
    assert!(one(1, &[9; 33]).is_err(), "something behind it");
}
