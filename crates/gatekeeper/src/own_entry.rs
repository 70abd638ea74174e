//! The provider's own entry in the ledger's directory: name, place, endpoint. Its keys and its address stay.

use std::time::Duration;

use medrec_exchange::Endpoint;
use medrec_protocol::{
    Address,
    actions::{Refusal, UpdateProvider},
    codec::{List, Text},
    state::{Provider, ProviderLeaf},
};
use tokio::time::{Instant, sleep};

use crate::{
    config::Config,
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    home,
    ledger_view::Submitted,
};

/// How long a command waits for the ledger.
const PATIENCE: Duration = Duration::from_secs(45);
/// How often it hands the change in again.
const REPETITION: Duration = Duration::from_secs(6);
/// How often it looks.
const POLL: Duration = Duration::from_millis(250);

/// What is to change.
#[derive(Clone, Debug, Default)]
pub struct EntryChange {
    /// Name of the organisation.
    pub name: Option<Text<120>>,
    /// Street and town.
    pub place: Option<Text<120>>,
    /// Where others reach this gatekeeper.
    pub endpoint: Option<Endpoint>,
}

impl Gatekeeper {
    /// Changes the entry on the ledger, waits until it is there, and then writes it into the settings. Done again with the
    /// same values, it changes nothing more.
    pub async fn update_entry(&self, change: &EntryChange) -> Result<Provider> {
        self.ledger.head(Duration::ZERO).await?;
        let leaf = self.ledger.provider(self.address).await?.filter(ProviderLeaf::is_admitted);
        let old = leaf.ok_or(GatekeeperError::NotAdmitted)?.provider;
        let endpoint = match &change.endpoint {
            Some(endpoint) => {
                Text::new(endpoint.as_str()).map_err(|_| GatekeeperError::Damaged("an endpoint"))?
            }
            None => old.endpoint.clone(),
        };
        let provider = Provider {
            name: change.name.clone().unwrap_or_else(|| old.name.clone()),
            place: change.place.clone().unwrap_or_else(|| old.place.clone()),
            endpoint,
            ..old.clone()
        };
        if provider != old {
            self.put_entry(&provider).await?;
        }
        self.note_entry(&provider)?;
        Ok(provider)
    }

    async fn put_entry(&self, provider: &Provider) -> Result<()> {
        let action = UpdateProvider { provider: provider.clone() }.into();
        let actions = List::new(vec![action]).map_err(|_| GatekeeperError::Damaged("too many actions"))?;
        let (tx, _) = self.sign(actions);
        debug_assert_eq!(tx.body.signer, Address::Provider(self.address));
        let deadline = Instant::now() + PATIENCE;
        let (mut turn, mut hand_in_at) = (0, Instant::now());
        loop {
            if Instant::now() >= hand_in_at {
                // To one node after the other: the one that accepts it may bring it into no block.
                match self.ledger.submit(&tx, turn).await?.said {
                    Submitted::Accepted | Submitted::Refused(Refusal::Replayed) => {}
                    Submitted::Refused(refusal) => {
                        return Err(GatekeeperError::Refused(refusal.to_string()));
                    }
                }
                turn += 1;
                hand_in_at = Instant::now() + REPETITION;
            }
            self.ledger.head(Duration::ZERO).await?;
            let leaf = self.ledger.provider(self.address).await?;
            if leaf.is_some_and(|leaf| leaf.provider == *provider) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(GatekeeperError::NotChanged);
            }
            sleep(POLL).await;
        }
    }

    /// What stands on the ledger is what a restart serves.
    fn note_entry(&self, provider: &Provider) -> Result<()> {
        let unusable = |_| GatekeeperError::Damaged("the endpoint in the directory");
        let config = Config {
            name: provider.name.clone(),
            place: provider.place.clone(),
            endpoint: provider.endpoint.as_str().parse().map_err(unusable)?,
            ..self.config.clone()
        };
        config.write(&self.home.config())?;
        let json =
            serde_json::to_string_pretty(provider).map_err(|_| GatekeeperError::Damaged("an entry"))?;
        home::write_private(&self.home.provider(), json.as_bytes())
    }
}
