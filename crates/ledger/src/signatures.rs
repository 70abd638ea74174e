//! Signatures that were found good, so that a transaction that was checked before a block is not verified again in it.
//!
//! Whether a signature is good depends on nothing but the transaction's bytes, the key and the ledger, and all three are
//! in the name under which it is remembered. So what is remembered changes how long a block takes, never what it does.

use std::{collections::BTreeSet, sync::Mutex};

use medrec_protocol::{ChainIdentity, Hash32, PublicKey, codec, sign::BadSignature, tx::SignedTx};

/// Remembered at the least, where so many were verified; twice as many at the most.
const REMEMBERED: usize = 50_000;
const NAME: &str = "medrec/node/good-signature/v1";

/// The memory. Only good signatures are in it; the oldest are forgotten.
#[derive(Debug, Default)]
pub struct GoodSignatures {
    names: Mutex<Names>,
}

#[derive(Debug, Default)]
struct Names {
    young: BTreeSet<Hash32>,
    old: BTreeSet<Hash32>,
}

impl GoodSignatures {
    /// Checks the signature of a transaction, whose bytes are `raw`, against the key that the ledger holds for the signer.
    pub(crate) fn verify(
        &self,
        tx: &SignedTx,
        raw: &[u8],
        key: &PublicKey,
        chain: &ChainIdentity,
    ) -> Result<(), BadSignature> {
        let name = Hash32::of(NAME, &[&codec::encode(chain), key.as_bytes(), raw]);
        if self.knows(&name) {
            return Ok(());
        }
        tx.verify(key, chain)?;
        self.remember(name);
        Ok(())
    }

    /// A memory that a panic left behind is not used: the signature is verified again.
    fn knows(&self, name: &Hash32) -> bool {
        self.names.lock().is_ok_and(|names| names.young.contains(name) || names.old.contains(name))
    }

    fn remember(&self, name: Hash32) {
        let Ok(mut names) = self.names.lock() else { return };
        if names.young.len() >= REMEMBERED {
            names.old = std::mem::take(&mut names.young);
        }
        names.young.insert(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_names_are_forgotten_and_the_newest_are_not() {
        let known = GoodSignatures::default();
        let name = |number: usize| Hash32::of("test", &[&number.to_be_bytes()]);
        (0..=2 * REMEMBERED).for_each(|number| known.remember(name(number)));
        assert!(!known.knows(&name(0)));
        assert!((REMEMBERED + 1..=2 * REMEMBERED).all(|number| known.knows(&name(number))));
    }
}
