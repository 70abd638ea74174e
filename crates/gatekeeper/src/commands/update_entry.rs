//! `update-entry`: changes the provider's entry in the ledger's directory.

use clap::Args;
use medrec_exchange::Endpoint;

use super::Printing;
use crate::{
    error::{GatekeeperError, Result},
    own_entry::EntryChange,
};

#[derive(Debug, Args)]
pub(super) struct UpdateEntry {
    #[command(flatten)]
    print: Printing,
    #[command(flatten)]
    what: What,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct What {
    /// Name of the organisation.
    #[arg(long)]
    name: Option<String>,
    /// Street and town.
    #[arg(long)]
    place: Option<String>,
    /// Address under which others reach this gatekeeper.
    #[arg(long, value_name = "URL")]
    endpoint: Option<Endpoint>,
}

impl UpdateEntry {
    pub(super) async fn execute(self) -> Result<()> {
        let What { name, place, endpoint } = self.what;
        let text = |text: Option<String>, what: &str| match text.map(|text| super::init::text(&text, what)) {
            Some(Ok(text)) => Ok(Some(text)),
            Some(Err(error)) => Err(error),
            None => Ok(None),
        };
        let change = EntryChange { name: text(name, "name")?, place: text(place, "place")?, endpoint };
        let update =
            async |gatekeeper: &std::sync::Arc<crate::Gatekeeper>| gatekeeper.update_entry(&change).await;
        let entry = self.print.at.with(update).await?;
        let json = serde_json::to_value(&entry).map_err(|_| GatekeeperError::Damaged("an entry"))?;
        self.print.show(&json, || {
            format!(
                "The ledger's directory has: {}, {}, {}. If the gatekeeper runs, start it anew.",
                entry.name, entry.place, entry.endpoint
            )
        })
    }
}
