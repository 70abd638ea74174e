//! Snapshots: the same state comes out, goes on in the same way, and nothing but that state is accepted.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use medrec_ledger::{
    LedgerError, Storage, TreeHead,
    snapshot::{BadSnapshot, PIECE_BYTES, Restore, RestoreError, take},
    testing::{
        MemoryStorage, SampleLedger,
        sample::{self, Actor, grant_id},
    },
};
use medrec_protocol::Hash32;
use proptest::prelude::*;

/// A ledger with some patients, records, grants, revocations, and leaves that came and went.
fn story() -> SampleLedger {
    let (mut ledger, [publisher, ..]) = SampleLedger::with_three_providers();
    for number in 0..6 {
        let patient = Actor::patient(number);
        let chain = ledger.chain.clone();
        assert_eq!(ledger.act(&publisher, vec![sample::open(&chain, &publisher, &patient)]).refusal, None);
        for record in 0..=u8::try_from(number).unwrap() {
            ledger.act(&publisher, vec![sample::publish(&chain, &publisher, &patient, &[record], None)]);
        }
        let until = ledger.now.plus(1000);
        ledger.act(&patient, vec![sample::grant(&chain, &patient, grant_id(1), until)]);
        ledger.act(&patient, vec![sample::revoke(&chain, &patient, grant_id(1))]);
        ledger.now = ledger.now.plus(100);
    }
    ledger
}

fn pieces(storage: &impl Storage, piece_bytes: usize) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    take::<LedgerError>(storage, piece_bytes, |piece| {
        pieces.push(piece);
        Ok(())
    })
    .unwrap();
    pieces
}

fn restore(pieces: &[Vec<u8>], expected: Hash32) -> Result<(MemoryStorage, TreeHead), RestoreError> {
    let (mut storage, mut restore) = (MemoryStorage::default(), Restore::default());
    for piece in pieces {
        let changes = restore.piece(&storage, piece)?;
        storage.apply(&changes);
    }
    let head = restore.finish(&storage, expected)?;
    Ok((storage, head))
}

#[test]
fn a_restored_state_is_the_same_and_goes_on_in_the_same_way() {
    let mut ledger = story();
    let root = ledger.storage.head().unwrap().unwrap().root;
    for bytes in [1, 300, 4_000, PIECE_BYTES] {
        let all = pieces(&ledger.storage, bytes);
        let (restored, head) = restore(&all, root).unwrap();
        assert_eq!(head.root, root);
        assert_eq!(restored.leaves(), ledger.storage.leaves());
        assert_eq!(pieces(&restored, bytes), all, "a newcomer's snapshot is the same");
        let mut newcomer = ledger.clone();
        newcomer.storage = restored;
        let mut old = ledger.clone();
        let tx = old.sign(&Actor::patient(3), vec![sample::revoke_all(&ledger.chain, &Actor::patient(3))]);
        assert_eq!(old.block(std::slice::from_ref(&tx)), newcomer.block(&[tx]));
        let head = |ledger: &SampleLedger| ledger.storage.head().unwrap().unwrap().root;
        assert_eq!(head(&old), head(&newcomer));
    }
    ledger.block(&[]);
}

#[test]
fn another_root_is_refused() {
    let ledger = story();
    let error = restore(&pieces(&ledger.storage, 4_000), Hash32::new([7; 32])).unwrap_err();
    assert!(matches!(error, RestoreError::Bad(BadSnapshot::Root { .. })), "{error}");
}

#[test]
fn pieces_left_out_doubled_or_moved_are_refused() {
    let ledger = story();
    let root = ledger.storage.head().unwrap().unwrap().root;
    // One row in each piece: so every row is left out, doubled and moved once.
    let all = pieces(&ledger.storage, 1);
    for at in 0..all.len() {
        let (mut missing, mut doubled, mut moved) = (all.clone(), all.clone(), all.clone());
        missing.remove(at);
        doubled.insert(at, all[at].clone());
        moved.swap(at, (at + 1) % all.len());
        for bad in [missing, doubled, moved] {
            let error = restore(&bad, root).err().unwrap_or_else(|| panic!("row {at} of {}", all.len()));
            assert!(matches!(error, RestoreError::Bad(_)), "{error}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_bit_anywhere_is_refused(piece: prop::sample::Index, at: prop::sample::Index, bit in 0u8..8) {
        let ledger = story();
        let root = ledger.storage.head().unwrap().unwrap().root;
        let mut all = pieces(&ledger.storage, 2_000);
        let piece = piece.index(all.len());
        let at = at.index(all[piece].len());
        all[piece][at] ^= 1 << bit;
        prop_assert!(matches!(restore(&all, root), Err(RestoreError::Bad(_))));
    }

    #[test]
    fn hostile_pieces_are_refused_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let refused = Restore::default().piece(&MemoryStorage::default(), &bytes);
        prop_assert!(matches!(refused, Err(RestoreError::Bad(_))));
    }
}
