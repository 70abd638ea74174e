//! The rules before a block: is a transaction worth proposing? (ABCI `CheckTx`)

use medrec_protocol::actions::{BlockContext, Failure, Refusal};

use crate::{
    error::LedgerError, overlay::Delta, signatures::GoodSignatures, storage::Storage, transaction::judge,
};

/// Transactions that were found good since the last commit, as if they were in the next block already. So a
/// wallet may send a grant and its revocation one after the other, and a nonce counts as seen at once.
#[derive(Clone, Debug, Default)]
pub struct CheckState {
    pending: Delta,
}

impl CheckState {
    /// Judges a transaction on committed state and all that were found good before it. `block` is the block
    /// it would come into: next height, and a time not before the last block's.
    ///
    /// A good verdict is no promise: the block decides.
    pub fn check_tx(
        &mut self,
        storage: &impl Storage,
        block: &BlockContext<'_>,
        raw: &[u8],
    ) -> Result<Result<(), Refusal>, LedgerError> {
        self.check_tx_knowing(storage, block, raw, &GoodSignatures::default())
    }

    /// As [`Self::check_tx`]; signatures that were found good already are not verified again.
    pub fn check_tx_knowing(
        &mut self,
        storage: &impl Storage,
        block: &BlockContext<'_>,
        raw: &[u8],
        good: &GoodSignatures,
    ) -> Result<Result<(), Refusal>, LedgerError> {
        match judge(storage, &self.pending, block, raw, good) {
            Ok(accepted) => {
                self.pending.absorb(accepted.delta);
                Ok(Ok(()))
            }
            Err(Failure::Refused(refusal)) => Ok(Err(refusal)),
            Err(Failure::State(error)) => Err(error),
        }
    }

    /// Forgets everything pending. To be called at each commit; transactions that are still waiting are
    /// then checked again.
    pub fn reset(&mut self) {
        self.pending = Delta::default();
    }
}
