//! Who signs.

use std::fmt;

use ed25519_dalek::SigningKey;
use medrec_protocol::{Address, PublicKey, Signature, sign};

/// An account and the key that signs for it. The key is wiped from memory when dropped and not shown.
#[derive(Clone)]
pub struct Signer {
    address: Address,
    key: SigningKey,
}

impl Signer {
    /// Signs in the name of `address`; the other side looks its key up.
    pub fn new(address: impl Into<Address>, key: SigningKey) -> Self {
        Self { address: address.into(), key }
    }

    /// The account.
    pub fn address(&self) -> Address {
        self.address
    }

    /// The key that the other side checks with.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::of(&self.key)
    }

    pub(crate) fn sign(&self, base: &[u8]) -> Signature {
        sign::sign_raw(&self.key, base)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.address)
    }
}
