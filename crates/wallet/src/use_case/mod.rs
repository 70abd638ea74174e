//! The use cases, one file each: every one adds its methods to [`crate::Wallet`].

mod access;
mod acts;
mod agents;
mod book;
mod codes;
mod dispatch;
mod enrol;
mod fetch;
mod helping;
mod history;
mod join;
mod ledger;
mod look_back;
mod overview;
mod pending;
pub(crate) mod picture;
mod providers;
mod records;
mod requests;
mod share;
mod sharing;
mod stop;
mod sync;
mod take_over;
#[cfg(test)]
mod tests;
mod viewing;

pub use acts::ActProposal;
pub use history::check_history;
pub use share::{AgainProposal, ShareProposal, SignedShare};

use crate::{
    Result, Thing, Wallet, WalletError,
    store::listing::{self, IdColumn},
};

impl Wallet {
    /// The one id that begins with `prefix`, at least four digits of it.
    pub(crate) async fn id_with_prefix<T: std::str::FromStr>(
        &self,
        table: IdColumn,
        what: Thing,
        prefix: &str,
    ) -> Result<T> {
        let prefix = prefix.trim().to_ascii_lowercase();
        let absent = || WalletError::NotFound { what, text: prefix.clone() };
        if prefix.len() < 4 || !prefix.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(absent());
        }
        let mut read = self.store.read().await?;
        let found = listing::ids_with_prefix(&mut read, table, &prefix).await?;
        match found.as_slice() {
            [only] => only.parse().map_err(|_| absent()),
            [] => Err(absent()),
            _ => Err(WalletError::Ambiguous { what, text: prefix }),
        }
    }
}
