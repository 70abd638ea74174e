//! The log against RFC 6962: published roots, every small size, and random ones.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{cell::RefCell, collections::BTreeMap};

use medrec_protocol::{
    Hash32,
    log::{
        Frontier, InclusionProof, ProofError, empty_root, leaf_hash, node_hash, prove_consistency,
        prove_inclusion,
    },
};
use proptest::prelude::*;

/// RFC 6962 §2.1, word for word and slow.
fn root(leaves: &[Vec<u8>]) -> Hash32 {
    match leaves {
        [] => empty_root(),
        [leaf] => leaf_hash(leaf),
        _ => {
            let k = (1..leaves.len()).filter(|k| k.is_power_of_two()).max().unwrap();
            node_hash(&root(&leaves[..k]), &root(&leaves[k..]))
        }
    }
}

struct Log {
    frontier: Frontier,
    nodes: RefCell<BTreeMap<(u8, u64), Hash32>>,
}

impl Log {
    fn of(entries: Vec<Vec<u8>>) -> Self {
        let mut frontier = Frontier::default();
        let mut nodes = BTreeMap::new();
        for entry in &entries {
            nodes
                .extend(frontier.append(entry).into_iter().map(|node| ((node.level, node.index), node.hash)));
        }
        Self { frontier, nodes: RefCell::new(nodes) }
    }

    fn numbered(size: u64) -> Self {
        Self::of((0..size).map(|n| n.to_be_bytes().to_vec()).collect())
    }

    #[allow(clippy::unnecessary_wraps, reason = "the shape that the provers ask for")]
    fn node(&self, level: u8, index: u64) -> Result<Hash32, ProofError> {
        Ok(self.nodes.borrow()[&(level, index)])
    }

    fn inclusion(&self, index: u64, size: u64) -> InclusionProof {
        prove_inclusion(index, size, &|level, index| self.node(level, index)).unwrap()
    }
}

#[test]
fn roots_are_those_published_for_certificate_transparency() {
    let leaves =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::default();
    for (leaf, root) in leaves.iter().zip(roots) {
        frontier.append(&hex::decode(leaf).unwrap());
        assert_eq!(frontier.root().to_string(), root);
    }
}

#[test]
fn every_entry_of_every_small_log_is_provable_and_no_other() {
    let log = Log::numbered(67);
    for size in 1..=66 {
        let edge = Log::numbered(size).frontier;
        let longer = Log::numbered(size + 1).frontier;
        for index in 0..size {
            let proof = log.inclusion(index, size);
            let leaf = leaf_hash(&index.to_be_bytes());
            proof.verify(leaf, &edge).unwrap();
            assert!(proof.verify(leaf_hash(b"another entry"), &edge).is_err());
            assert!(proof.verify(leaf, &longer).is_err());
            let moved = InclusionProof { index: (index + 1) % size, ..proof.clone() };
            assert!(size == 1 || moved.verify(leaf, &edge).is_err());
            assert!(InclusionProof { size: size + 1, ..proof }.verify(leaf, &edge).is_err());
        }
    }
}

#[test]
fn every_small_log_is_proved_to_be_the_beginning_of_every_later_one() {
    let log = Log::numbered(40);
    let edges: Vec<_> = (0..=40).map(|size| Log::numbered(size).frontier).collect();
    let other = Log::of((0..40u64).map(|n| (n + 1).to_be_bytes().to_vec()).collect()).frontier;
    for old in 0..=40usize {
        for new in old..=40usize {
            let proof =
                prove_consistency(old as u64, new as u64, &|level, index| log.node(level, index)).unwrap();
            proof.verify(&edges[old], &edges[new]).unwrap();
            assert!(old == 0 || new < 40 || proof.verify(&edges[old], &other).is_err());
            assert!(new == 40 || proof.verify(&edges[old], &edges[new + 1]).is_err());
        }
    }
}

#[test]
fn an_entry_beyond_the_log_cannot_be_proved() {
    let log = Log::numbered(5);
    let error = prove_inclusion(5, 5, &|level, index| log.node(level, index)).unwrap_err();
    assert_eq!(error, ProofError::OutOfRange { index: 5, size: 5 });
}

#[test]
fn a_frontier_with_a_missing_peak_is_refused() {
    let log = Log::numbered(7);
    let mut peaks = log.frontier.peaks().to_vec();
    peaks.pop();
    assert!(Frontier::from_parts(7, peaks).is_err());
}

proptest! {
    #[test]
    fn frontier_and_definition_agree(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..200)) {
        let log = Log::of(entries.clone());
        prop_assert_eq!(log.frontier.root(), root(&entries));
        prop_assert_eq!(log.frontier.size(), entries.len() as u64);
    }

    #[test]
    fn a_dropped_altered_added_or_reordered_entry_changes_the_frontier(
        entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 2..60),
        at in any::<prop::sample::Index>(),
    ) {
        let honest = Log::of(entries.clone()).frontier;
        let at = at.index(entries.len());
        let mut dropped = entries.clone();
        dropped.remove(at);
        let mut altered = entries.clone();
        altered[at][0] ^= 1;
        let mut added = entries.clone();
        added.insert(at, b"an entry that nobody signed".to_vec());
        let mut swapped = entries.clone();
        swapped.swap(at, (at + 1) % entries.len());
        prop_assert_ne!(&Log::of(dropped).frontier, &honest);
        prop_assert_ne!(&Log::of(altered).frontier, &honest);
        prop_assert_ne!(&Log::of(added).frontier, &honest);
        if swapped != entries {
            prop_assert_ne!(&Log::of(swapped).frontier, &honest);
        }
    }

    #[test]
    fn hostile_proof_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..3000), index in any::<u64>(), size in any::<u64>()) {
        if let Ok(proof) = InclusionProof::decode(&bytes) {
            let forged = InclusionProof { index, size, ..proof };
            prop_assert!(forged.verify(Hash32::plain(b"leaf"), &Log::numbered(9).frontier).is_err());
        }
    }
}
