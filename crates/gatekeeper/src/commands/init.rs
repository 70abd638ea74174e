//! `init`: keys, settings, database, and the entry for the ledger's directory.

use std::path::{Path, PathBuf};

use clap::Args;
use medrec_exchange::Endpoint;
use medrec_protocol::{codec::Text, state::Provider};

use super::{Printing, say};
use crate::{
    config::{Config, Source},
    error::{GatekeeperError, Result},
    home::{self, Home},
    keys::Keys,
    random::os_random,
    store::Store,
};

#[derive(Debug, Args)]
pub(super) struct Init {
    #[command(flatten)]
    print: Printing,
    /// Name of the organisation.
    #[arg(long)]
    name: String,
    /// Street and town, so that two organisations of one name can be told apart.
    #[arg(long)]
    place: String,
    /// Address under which others reach this gatekeeper: https://…, plain http only on this computer.
    #[arg(long, value_name = "URL")]
    endpoint: Endpoint,
    /// Folder with one folder of records for each patient.
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
}

impl Init {
    pub(super) async fn execute(self) -> Result<()> {
        let source = self.source.as_deref().map(absolute).transpose()?.map(Source::folder);
        let config = Config {
            name: text(&self.name, "name")?,
            place: text(&self.place, "place")?,
            endpoint: self.endpoint,
            source,
        };
        let home = Home::create(&self.print.at.home)?;
        let keys = Keys::generate(&mut os_random());
        keys.write(&home.keys())?;
        Store::create(&home.database(), keys.database()).await?.close().await;
        let provider = directory_entry(&config, &keys)?;
        let json =
            serde_json::to_string_pretty(&provider).map_err(|_| GatekeeperError::Damaged("an entry"))?;
        home::write_private(&home.provider(), json.as_bytes())?;
        config.write(&home.config())?;
        let path = home.provider();
        if self.print.json {
            let entry = serde_json::json!({ "address": provider.address(), "provider": path });
            return say(&entry.to_string());
        }
        say(&format!(
            "The gatekeeper of {} is at {}.\nIts address is {}.\nThe ledger's operators admit it with: medrec-node init --provider {}",
            provider.name,
            home.root().display(),
            provider.address(),
            path.display(),
        ))
    }
}

fn directory_entry(config: &Config, keys: &Keys) -> Result<Provider> {
    Ok(Provider {
        name: config.name.clone(),
        place: config.place.clone(),
        endpoint: Text::new(config.endpoint.as_str())
            .map_err(|_| GatekeeperError::Damaged("the endpoint"))?,
        signing_key: keys.public(),
        sealing_key: keys.sealing_public().map_err(|_| GatekeeperError::Damaged("the sealing key"))?,
    })
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(GatekeeperError::file("cannot find", path))
}

pub(super) fn text<const MAX: usize>(text: &str, what: &str) -> Result<Text<MAX>> {
    match Text::new(text.trim()) {
        Ok(text) if !text.is_empty() => Ok(text),
        _ => Err(GatekeeperError::Input(format!("--{what} needs 1 to {MAX} bytes of printable text"))),
    }
}
