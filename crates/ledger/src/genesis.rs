//! The state that a ledger begins with: its identity, the directory, and the first providers. (STATE-7)

use medrec_protocol::{
    genesis::Genesis,
    log::{DirectoryEntry, DirectoryEvent, LogId},
    state::{DirectoryLeaf, ProviderLeaf, Standing, StateKey, ValidatorsLeaf},
};

use crate::{
    block::commit,
    error::LedgerError,
    overlay::Delta,
    storage::{Changes, Storage},
};

/// Computes the first state. The same genesis always gives the same root.
pub fn init_chain(storage: &impl Storage, genesis: &Genesis) -> Result<Changes, LedgerError> {
    if storage.head()?.is_some() {
        return Err(LedgerError::AlreadyBegun);
    }
    genesis.check()?;
    let (time, _) = genesis.time;
    let mut done = Delta::default();
    done.put_leaf(&StateKey::Chain, &genesis.identity());
    let members = genesis.app_state.members.iter().map(|member| member.signing_key);
    let mut directory = DirectoryLeaf { members: members.collect(), ..DirectoryLeaf::default() };
    for provider in &genesis.app_state.providers {
        let address = provider.address();
        let emergency = genesis.app_state.emergency.contains(&address);
        let leaf = ProviderLeaf {
            provider: provider.clone(),
            admitted: time,
            standing: Standing::Admitted,
            emergency,
        };
        done.put_leaf(&StateKey::Provider(address), &leaf);
        let role = emergency.then_some(DirectoryEvent::EmergencyRole { address, emergency });
        for event in [Some(DirectoryEvent::Admitted(provider.clone())), role].into_iter().flatten() {
            let entry = DirectoryEntry { height: 0, time, event };
            done.append(LogId::Directory, &mut directory.log, entry.encode());
        }
    }
    done.put_leaf(&StateKey::Directory, &directory);
    let power = genesis.validators.iter().map(|validator| (validator.key, validator.power));
    done.put_leaf(&StateKey::Validators, &ValidatorsLeaf { power: power.collect() });
    commit(storage, None, done)
}
