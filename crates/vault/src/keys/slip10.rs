//! SLIP-0010 for the curve ed25519: hardened private derivation only.
//!
//! ```text
//! master:  I = HMAC-SHA512("ed25519 seed", seed)
//! child i: I = HMAC-SHA512(chain code, 0x00 ‖ key ‖ ser32(i + 2^31))
//! key = I[0..32], chain code = I[32..64]
//! ```
//!
//! ed25519 has no other kind of derivation in SLIP-0010, and every 32-byte value is a valid private key, so
//! there is neither a retry nor a failure.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;
use zeroize::{Zeroize, Zeroizing};

use crate::error::VaultError;

/// Key of the first HMAC, which separates the curve's tree from others of the same seed.
const CURVE: &[u8] = b"ed25519 seed";
/// Bit that marks a hardened index.
const HARDENED: u32 = 1 << 31;
/// Bytes of a private key and of a chain code.
pub(crate) const KEY_LEN: usize = 32;

/// An index below 2^31; the hardened bit is added when it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ChildIndex(u32);

impl ChildIndex {
    pub(crate) const fn new(index: u32) -> Result<Self, VaultError> {
        if index < HARDENED { Ok(Self(index)) } else { Err(VaultError::IndexOutOfRange { found: index }) }
    }

    /// The low 31 bits.
    pub(crate) const fn masked(index: u32) -> Self {
        Self(index & !HARDENED)
    }

    pub(crate) const fn get(self) -> u32 {
        self.0
    }
}

/// A private key with its chain code.
#[derive(Clone)]
pub(crate) struct ExtendedKey {
    key: Zeroizing<[u8; KEY_LEN]>,
    chain_code: Zeroizing<[u8; KEY_LEN]>,
}

impl ExtendedKey {
    /// The root of the tree of a seed.
    pub(crate) fn master(seed: &[u8]) -> Self {
        Self::split(CURVE, &[seed])
    }

    /// The child at a hardened index.
    pub(crate) fn child(&self, index: ChildIndex) -> Self {
        let hardened = (index.0 | HARDENED).to_be_bytes();
        Self::split(self.chain_code.as_slice(), &[&[0], self.key.as_slice(), &hardened])
    }

    /// The descendant along a path.
    pub(crate) fn descend(&self, path: &[ChildIndex]) -> Self {
        path.iter().fold(self.clone(), |key, index| key.child(*index))
    }

    /// The private key.
    pub(crate) fn into_key(self) -> Zeroizing<[u8; KEY_LEN]> {
        self.key
    }

    #[allow(clippy::expect_used, reason = "RFC 2104 takes a key of any length")]
    fn split(key: &[u8], parts: &[&[u8]]) -> Self {
        let mut mac = Hmac::<Sha512>::new_from_slice(key).expect("HMAC takes a key of any length");
        for part in parts {
            mac.update(part);
        }
        let mut digest = mac.finalize().into_bytes();
        let mut child = Self { key: Zeroizing::new([0; KEY_LEN]), chain_code: Zeroizing::new([0; KEY_LEN]) };
        child.key.copy_from_slice(&digest[..KEY_LEN]);
        child.chain_code.copy_from_slice(&digest[KEY_LEN..]);
        digest.as_mut_slice().zeroize();
        child
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::SigningKey;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct File {
        trees: Vec<Tree>,
        refused_indexes: Vec<u32>,
    }

    #[derive(Deserialize)]
    struct Tree {
        seed: String,
        chains: Vec<Chain>,
    }

    #[derive(Deserialize)]
    struct Chain {
        path: Vec<u32>,
        #[serde(rename = "chain_code")]
        code: String,
        private: String,
        public: String,
    }

    fn vectors() -> File {
        serde_json::from_str(include_str!("../../../../tests/vectors/slip0010.json")).unwrap()
    }

    #[test]
    fn official_ed25519_vectors_are_met() {
        let trees = vectors().trees;
        assert_eq!(trees.len(), 2);
        for tree in trees {
            let master = ExtendedKey::master(&hex::decode(&tree.seed).unwrap());
            assert_eq!(tree.chains.len(), 6);
            for chain in tree.chains {
                let path: Vec<_> = chain.path.iter().map(|i| ChildIndex::new(*i).unwrap()).collect();
                let found = master.descend(&path);
                assert_eq!(hex::encode(found.chain_code.as_slice()), chain.code, "{:?}", chain.path);
                assert_eq!(hex::encode(found.key.as_slice()), chain.private, "{:?}", chain.path);
                let public = SigningKey::from_bytes(&found.into_key()).verifying_key();
                // The standard writes a zero byte before ed25519 public keys.
                assert_eq!(format!("00{}", hex::encode(public.as_bytes())), chain.public);
            }
        }
    }

    #[test]
    fn an_index_that_is_hardened_already_is_refused() {
        let refused = vectors().refused_indexes;
        assert!(!refused.is_empty());
        for index in refused {
            assert!(
                matches!(ChildIndex::new(index), Err(VaultError::IndexOutOfRange { found }) if found == index)
            );
        }
    }
}
