//! The directory of providers.

use medrec_protocol::ProviderAddress;
use medrec_records::fold;

use crate::{
    Result, Thing, Wallet, WalletError,
    store::{
        Connection, StoreError, column, providers,
        relationships::{self, Relationship},
    },
    view::{ProviderView, RelationshipView},
};

impl Wallet {
    /// Providers by name; with `search`, those in whose name or place every word occurs.
    pub async fn providers(&self, search: Option<&str>) -> Result<Vec<ProviderView>> {
        let words = fold(search.unwrap_or_default());
        let mut read = self.store.read().await?;
        let known = relationships::all(&mut read).await?;
        let mut views = Vec::new();
        for listed in providers::all(&mut read).await? {
            if !words.split(' ').all(|word| listed.folded.contains(word)) {
                continue;
            }
            let mut own = known.iter().filter(|relationship| relationship.provider == listed.name.address);
            // Neither an enrolment that came to nothing nor an account that was closed hides a later one.
            let own = own.clone().find(|own| own.is_open()).or_else(|| own.next_back());
            let relationship = match own {
                Some(own) => Some(view_of(&mut read, own).await?),
                None => None,
            };
            views.push(ProviderView {
                name: listed.name,
                endpoint: listed.endpoint,
                standing: listed.standing,
                emergency: listed.emergency,
                relationship,
            });
        }
        Ok(views)
    }

    /// The provider with this address, or the only one in whose name or place every word occurs.
    pub async fn find_provider(&self, text: &str) -> Result<ProviderAddress> {
        let absent = || WalletError::NotFound { what: Thing::Provider, text: text.to_owned() };
        if let Ok(address) = text.trim().parse::<ProviderAddress>() {
            let mut read = self.store.read().await?;
            let known = providers::get(&mut read, address).await?;
            return known.map(|_| address).ok_or_else(absent);
        }
        if fold(text).is_empty() {
            return Err(absent());
        }
        let found = self.providers(Some(text)).await?;
        match found.as_slice() {
            [] => Err(absent()),
            [only] => Ok(only.name.address),
            several => {
                let exact: Vec<_> =
                    several.iter().filter(|view| fold(&view.name.name) == fold(text)).collect();
                match exact.as_slice() {
                    [only] => Ok(only.name.address),
                    _ => Err(WalletError::Ambiguous { what: Thing::Provider, text: text.to_owned() }),
                }
            }
        }
    }
}

async fn view_of(db: &mut Connection, own: &Relationship) -> Result<RelationshipView, StoreError> {
    let records =
        sqlx::query_scalar("select count(*) from record where relationship = ? and superseded_by is null")
            .bind(own.address.to_string())
            .fetch_one(db)
            .await?;
    Ok(RelationshipView {
        address: own.address,
        state: own.state,
        opened_at: own.opened_at,
        closed_at: own.closed_at(),
        records: column::uint(records)?,
    })
}
