//! The pure core under a forger who can recompute every unkeyed check.

use getrandom::SysRng;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::contents::{
    ChainId, Contents, DatabaseKey, GenesisHash, MAX_OFFERS, MAX_RELATIONSHIPS, NetworkRecord, Networks,
    TrustedHeader,
};
use crate::error::{DamagedPart, VaultError};
use crate::kdf::KdfParams;
use crate::keys::RecoveryWords;
use crate::label::VaultLabel;
use crate::passphrase::Passphrase;

fn contents(networks: Networks) -> Contents {
    Contents {
        words: RecoveryWords::from_entropy([3; 32]),
        next_words: None,
        database_key: DatabaseKey::from_bytes([4; 32]),
        generation: 9,
        networks,
    }
}

fn one_network() -> Networks {
    let mut networks = Networks::default();
    let genesis = GenesisHash::from_bytes([5; 32]);
    networks.join(ChainId::new("medrec-test-1").unwrap(), genesis).unwrap();
    networks.trust(genesis, TrustedHeader { height: 12, hash: [6; 32], time: 1_800_000_000 }).unwrap();
    networks
}

fn envelope(master: &MasterKey) -> Envelope {
    let file_id = FileId([1; FILE_ID_LEN]);
    let passphrase = Passphrase::new("a passphrase for tests").unwrap();
    let (slot, _) = Slot::wrap(file_id, master, &passphrase, KdfParams::FLOOR, &mut SysRng).unwrap();
    Envelope { file_id, label: VaultLabel::new("Ana").unwrap(), slot }
}

/// Makes prelude check and checksum fit again.
fn resum(file: &mut [u8]) {
    let check = Sha256::digest(&file[..PRELUDE_LEN - 4]);
    file[PRELUDE_LEN - 4..PRELUDE_LEN].copy_from_slice(&check[..4]);
    let end = file.len() - 32;
    let checksum = Sha256::digest(&file[..end]);
    file[end..].copy_from_slice(&checksum);
}

#[test]
fn no_byte_can_be_forged_even_by_one_who_fixes_every_checksum() {
    let master = MasterKey::generate(&mut SysRng).unwrap();
    let good = envelope(&master).seal(&master, &contents(one_network()), &mut SysRng).unwrap();
    assert!(SealedVault::parse(&good).unwrap().open(&master).is_ok());
    // Not the prelude check nor the checksum: those are made to fit again.
    let covered = (0..PRELUDE_LEN - 4).chain(PRELUDE_LEN..good.len() - 32);
    for (at, bit) in covered.flat_map(|at| [(at, 0x01), (at, 0x80)]) {
        let mut forged = good.clone();
        forged[at] ^= bit;
        resum(&mut forged);
        let opened = SealedVault::parse(&forged).and_then(|sealed| sealed.open(&master).map(|_| ()));
        assert!(opened.is_err(), "byte {at} bit {bit:#x} opened");
    }
}

#[test]
fn every_byte_flipped_by_accident_is_noticed_before_the_passphrase() {
    let master = MasterKey::generate(&mut SysRng).unwrap();
    let good = envelope(&master).seal(&master, &contents(one_network()), &mut SysRng).unwrap();
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut flipped = good.clone();
            flipped[at] ^= 1 << bit;
            let error = SealedVault::parse(&flipped).expect_err("a flipped file parsed");
            let expected = match at {
                0..8 => matches!(error, VaultError::NotAVault),
                8..PRELUDE_LEN => matches!(error, VaultError::Damaged { part: DamagedPart::Prelude }),
                _ => matches!(error, VaultError::Damaged { part: DamagedPart::Checksum }),
            };
            assert!(expected, "byte {at} bit {bit}: {error:?}");
        }
    }
}

#[test]
fn a_file_cut_anywhere_is_called_truncated() {
    let master = MasterKey::generate(&mut SysRng).unwrap();
    let good = envelope(&master).seal(&master, &contents(one_network()), &mut SysRng).unwrap();
    for len in 0..good.len() {
        match SealedVault::parse(&good[..len]) {
            Err(VaultError::Truncated { expected, found }) => {
                assert_eq!(found, len as u64);
                assert!(expected > found);
            }
            other => panic!("{len} bytes: {other:?}"),
        }
    }
}

#[test]
fn another_master_key_does_not_open_the_file() {
    let (master, other) =
        (MasterKey::generate(&mut SysRng).unwrap(), MasterKey::generate(&mut SysRng).unwrap());
    let file = envelope(&master).seal(&master, &contents(one_network()), &mut SysRng).unwrap();
    assert!(matches!(SealedVault::parse(&file).unwrap().open(&other), Err(VaultError::Altered)));
}

#[test]
fn contents_that_differ_in_any_field_are_not_the_same() {
    let one = contents(one_network());
    assert!(one.same_as(&one.clone()));
    let words = |byte| RecoveryWords::from_entropy([byte; 32]);
    let begun = |byte| Contents { next_words: Some(words(byte)), ..contents(one_network()) };
    let mut offered = one_network();
    offered.take_offer(GenesisHash::from_bytes([5; 32])).unwrap();
    for (about, other) in [
        ("words", Contents { words: words(8), ..one.clone() }),
        ("next words where there were none", begun(8)),
        ("database key", Contents { database_key: DatabaseKey::from_bytes([8; 32]), ..one.clone() }),
        ("generation", Contents { generation: 8, ..one.clone() }),
        ("networks", contents(Networks::default())),
        ("offers made", contents(offered)),
    ] {
        assert!(!one.same_as(&other) && !other.same_as(&one), "{about}");
    }
    assert!(begun(8).same_as(&begun(8)) && !begun(8).same_as(&begun(9)), "other next words");
    assert!(!begun(8).same_words_as(&one) && one.same_words_as(&contents(Networks::default())));
}

#[test]
fn next_words_are_other_words_and_never_show() {
    let same = Contents { next_words: Some(RecoveryWords::from_entropy([3; 32])), ..contents(one_network()) };
    let bytes = body::encode(&same).unwrap();
    assert!(matches!(body::decode(&bytes), Err(VaultError::Damaged { part: DamagedPart::Body })), "VAULT-26");
    let begun = Contents { next_words: Some(RecoveryWords::from_entropy([7; 32])), ..same };
    let printed = format!("{begun:?}");
    assert!(printed.contains("next_words: Some(RecoveryWords(..))"), "{printed}");
}

#[test]
fn a_full_vault_stays_within_the_largest_file_and_the_size_hides_the_count() {
    let master = MasterKey::generate(&mut SysRng).unwrap();
    let mut full = Networks::default();
    for i in 0..16 {
        let genesis = GenesisHash::from_bytes([i; 32]);
        full.join(ChainId::new(&"x".repeat(50)).unwrap(), genesis).unwrap();
        full.trust(genesis, TrustedHeader { height: u64::MAX, hash: [9; 32], time: u64::MAX }).unwrap();
    }
    let next_words = Some(RecoveryWords::from_entropy([8; 32]));
    let mut widest = envelope(&master);
    widest.label = VaultLabel::new(&"x".repeat(64)).unwrap();
    let full = Contents { next_words: next_words.clone(), ..contents(full) };
    let file = widest.seal(&master, &full, &mut SysRng).unwrap();
    assert_eq!((file.len(), MAX_FILE_LEN), (2870, 2870), "VAULT-2");
    let sealed = SealedVault::parse(&file).unwrap();
    assert_eq!(sealed.open(&master).unwrap().networks.len(), 16);

    let len = |contents| envelope(&master).seal(&master, &contents, &mut SysRng).unwrap().len();
    let one = len(contents(one_network()));
    assert_eq!(len(contents(Networks::default())), one);
    assert_eq!(len(Contents { next_words, ..contents(one_network()) }), one);
}

#[test]
fn two_saves_of_the_same_contents_share_no_ciphertext() {
    let master = MasterKey::generate(&mut SysRng).unwrap();
    let envelope = envelope(&master);
    let seal = || envelope.seal(&master, &contents(one_network()), &mut SysRng).unwrap();
    let (one, two) = (seal(), seal());
    let body = one.len() - 32 - 512..one.len() - 32;
    assert_ne!(one[body.clone()], two[body]);
}

fn any_network() -> impl Strategy<Value = NetworkRecord> {
    let header = (any::<u64>(), any::<[u8; 32]>(), any::<u64>())
        .prop_map(|(height, hash, time)| TrustedHeader { height, hash, time });
    let fields = (
        "[A-Za-z0-9._-]{1,50}",
        any::<[u8; 32]>(),
        0..=MAX_RELATIONSHIPS,
        0..=MAX_OFFERS,
        proptest::option::of(header),
    );
    fields.prop_map(|(chain_id, genesis, relationships_used, offers_made, trusted)| NetworkRecord {
        chain_id: ChainId::new(&chain_id).unwrap(),
        genesis_hash: GenesisHash::from_bytes(genesis),
        relationships_used,
        offers_made,
        trusted,
    })
}

proptest! {
    #[test]
    fn contents_survive_the_round_trip(
        entropy: [u8; 32],
        next: Option<[u8; 32]>,
        key: [u8; 32],
        generation: u64,
        rows in proptest::collection::vec(any_network(), 0..=16),
    ) {
        let mut networks = Networks::default();
        for row in rows {
            // Two random networks may share a branch; the second is refused.
            let _ = networks.push(row);
        }
        let before = Contents {
            words: RecoveryWords::from_entropy(entropy),
            next_words: next.filter(|next| *next != entropy).map(RecoveryWords::from_entropy),
            database_key: DatabaseKey::from_bytes(key),
            generation,
            networks,
        };
        let bytes = body::encode(&before).unwrap();
        prop_assert!(bytes.len() <= body::MAX_PADDED_LEN, "the vector never grew");
        prop_assert!(body::decode(&bytes).unwrap().same_as(&before));
    }

    #[test]
    fn contents_that_decode_are_the_one_encoding_of_what_they_say(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..1600),
        changing in 0u8..3,
        count in 0u8..4,
    ) {
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        if let Some(fixed) = bytes.get_mut(..108) {
            fixed[..2].copy_from_slice(&[1, 0]);
            fixed[34] = changing;
            fixed[if changing == 1 { 107 } else { 75 }] = count;
        }
        if let Ok(found) = body::decode(&bytes) {
            let again = body::encode(&found).unwrap();
            prop_assert_eq!(again.as_slice(), bytes.as_slice());
        }
    }

    #[test]
    fn contents_with_any_byte_changed_are_refused_or_say_something_else(
        next: Option<[u8; 32]>,
        row in any_network(),
        at: proptest::sample::Index,
        mask in 1u8..,
    ) {
        let mut networks = Networks::default();
        networks.push(row).unwrap();
        let next_words = next.map(RecoveryWords::from_entropy);
        let before = Contents { next_words, ..contents(networks) };
        let mut bytes = body::encode(&before).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= mask;
        if let Ok(found) = body::decode(&bytes) {
            let again = body::encode(&found).unwrap();
            prop_assert!(!found.same_as(&before));
            prop_assert_eq!(again.as_slice(), bytes.as_slice());
        }
    }

    #[test]
    fn no_bytes_make_parsing_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
        prop_assert!(SealedVault::parse(&bytes).is_err());
    }

    #[test]
    fn no_bytes_behind_a_true_prelude_make_parsing_panic(
        fields in proptest::collection::vec(any::<u8>(), 210..300),
        body in proptest::collection::vec(any::<u8>(), 16..64),
        head: [u8; 2],
    ) {
        let mut file = MAGIC.to_vec();
        file.extend_from_slice(&[1, 0]);
        file.extend_from_slice(&u32::try_from(PRELUDE_LEN + fields.len()).unwrap().to_le_bytes());
        file.extend_from_slice(&u32::try_from(body.len()).unwrap().to_le_bytes());
        file.extend_from_slice(&[0; 4]);
        file.extend_from_slice(&fields);
        // Often the right suite and a short label, so that parsing gets further.
        file[PRELUDE_LEN] = head[0] % 3;
        file[PRELUDE_LEN + 17] = head[1] % 80;
        file.extend_from_slice(&body);
        file.extend_from_slice(&[0; 32]);
        resum(&mut file);
        let _ = SealedVault::parse(&file);
    }
}
