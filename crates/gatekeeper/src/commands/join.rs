//! `join`: takes a network file, and makes first contact with the ledger.

use std::path::PathBuf;

use clap::Args;
use medrec_client::NetworkFile;

use super::{AtHome, say};
use crate::{
    error::{GatekeeperError, Result},
    gatekeeper::parse_network,
    home::{self, Home},
    keys::Keys,
    ledger_view::LedgerProblem,
    store::{Store, network},
};

/// Longest network file in bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024;

#[derive(Debug, Args)]
pub(super) struct Join {
    #[command(flatten)]
    at: AtHome,
    /// Network file, from the ledger's operators.
    #[arg(long, value_name = "FILE")]
    network: PathBuf,
}

impl Join {
    pub(super) async fn execute(self) -> Result<()> {
        let home = Home::open(&self.at.home)?;
        let text = home::read_text(&self.network, MAX_FILE_BYTES)?;
        let new = parse_network(&home, &text).map_err(|error| match error {
            GatekeeperError::Content { what, .. } => {
                GatekeeperError::Content { path: self.network.clone(), what }
            }
            other => other,
        })?;
        let keys = Keys::read(&home.keys())?;
        let store = Store::open(&home.database(), keys.database()).await?;
        let joined = keep(&store, &home, &new, &text).await;
        store.close().await;
        joined?;
        home::write_private(&home.network(), text.as_bytes())?;
        let entry = self.at.with(async |gatekeeper| gatekeeper.directory_entry().await).await;
        match entry {
            Ok(entry) => say(&format!(
                "Joined {}. The ledger was verified from its genesis, and its directory has {} as {}.",
                new.chain_id,
                entry.name,
                entry.address()
            )),
            Err(GatekeeperError::Ledger(LedgerProblem::Away(what))) => {
                say(&format!("Joined {}. It could not be verified yet: {what}.", new.chain_id))
            }
            Err(error) => Err(error),
        }
    }
}

/// Keeps the network file, if it is of the network that was joined before, or of the first.
async fn keep(store: &Store, home: &Home, new: &NetworkFile, text: &str) -> Result<()> {
    let mut tx = store.begin().await?;
    if let Some(old) = network::file(&mut tx).await? {
        let old = parse_network(home, &old)?;
        if old.identity() != new.identity() {
            return Err(GatekeeperError::OtherNetwork(old.chain_id.to_string()));
        }
    }
    network::join(&mut tx, text).await?;
    Ok(tx.commit().await?)
}
