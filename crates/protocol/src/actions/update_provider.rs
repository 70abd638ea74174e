//! A provider changes its own entry in the directory: name, place, endpoint, keys. Its address stays.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Accounts, BlockContext, Failure, Refusal, Rules, admitted, some_provider};
use crate::{Address, RelationshipAddress, log::DirectoryEvent, state::Provider};

/// A changed entry.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct UpdateProvider {
    /// The entry from now on.
    pub provider: Provider,
}

impl Rules for UpdateProvider {
    fn relationship(&self) -> Option<RelationshipAddress> {
        None
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        some_provider(signer).map(|_| ())
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let address = some_provider(signer)?;
        let mut leaf = admitted(accounts, address)?;
        if leaf.provider == self.provider {
            return Err(Refusal::Pointless.into());
        }
        leaf.provider = self.provider.clone();
        accounts.put_provider(address, leaf);
        let provider = self.provider.clone();
        accounts.tell_directory(block, DirectoryEvent::Updated { address, provider })
    }
}
