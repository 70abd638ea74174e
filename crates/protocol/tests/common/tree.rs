//! The tree of STATE-2, the slow way: it holds every leaf and hashes all of them for every question.

use medrec_protocol::{
    Hash32,
    state::{PlacedLeaf, StateProof, inner_hash},
};

const EMPTY: [u8; 32] = *b"SPARSE_MERKLE_PLACEHOLDER_HASH__";

/// Leaves in the order of their places.
pub struct Tree(Vec<PlacedLeaf>);

impl Tree {
    pub fn of<'a>(leaves: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let mut leaves: Vec<_> = leaves
            .map(|(key, value)| PlacedLeaf { place: Hash32::plain(key), value: Hash32::plain(value) })
            .collect();
        leaves.sort_by_key(|leaf| leaf.place);
        Self(leaves)
    }

    pub fn root(&self) -> Hash32 {
        subtree(&self.0, 0)
    }

    pub fn prove(&self, key: &[u8]) -> StateProof {
        let place = Hash32::plain(key);
        let (mut here, mut siblings) = (self.0.as_slice(), Vec::new());
        while here.len() > 1 {
            let depth = siblings.len();
            let (left, right) = halves(here, depth);
            let beside = if bit(&place, depth) { left } else { right };
            siblings.push((!beside.is_empty()).then(|| subtree(beside, depth + 1)));
            here = if bit(&place, depth) { right } else { left };
        }
        siblings.reverse();
        StateProof::new(here.first().copied(), siblings).unwrap()
    }
}

fn subtree(leaves: &[PlacedLeaf], depth: usize) -> Hash32 {
    match leaves {
        [] => Hash32::new(EMPTY),
        [only] => only.hash(),
        _ => {
            let (left, right) = halves(leaves, depth);
            inner_hash(&subtree(left, depth + 1), &subtree(right, depth + 1))
        }
    }
}

fn halves(leaves: &[PlacedLeaf], depth: usize) -> (&[PlacedLeaf], &[PlacedLeaf]) {
    leaves.split_at(leaves.partition_point(|leaf| !bit(&leaf.place, depth)))
}

fn bit(place: &Hash32, depth: usize) -> bool {
    place.as_bytes()[depth / 8] >> (7 - depth % 8) & 1 == 1
}
