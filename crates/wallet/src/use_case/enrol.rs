//! Enrolling with a provider.
//!
//! ```text
//! code ─► directory (verified): same address? ─► next key index (vault saved first) ─► row kept
//!      ─► proof of possession, viewing key sealed to the directory's key ─► provider ─► leaf proved on the ledger
//! ```
//!
//! Each step may be the last before a crash: the row is there before anything leaves this computer, and the next sync
//! or the same code goes on with the same keys.

use std::time::Duration;

use medrec_client::Snapshot;
use medrec_exchange::{
    Endpoint, ExchangeError, GatekeeperClient, Signer,
    api::{EnrolmentCode, EnrolmentError, EnrolmentRequest, ErrorCode},
    client::Timeouts,
};
use medrec_protocol::{
    ChainIdentity, Epoch,
    state::{Provider, RelationshipLeaf},
};
use tokio::time::Instant;

use super::ledger::Ledger;
use crate::{
    Result, Wallet, WalletError,
    keys::RelationshipKeys,
    random::os_random,
    store::{
        providers,
        relationships::{self, Relationship},
    },
    view::{EnrolmentPreview, ProviderName, ProviderView, RelationshipState},
    wallet::genesis_of,
};

/// How long the ledger is waited for.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(250);

impl Wallet {
    /// What a code leads to. The ledger's directory decides who the provider is; nothing is sent to it yet.
    pub async fn preview_enrolment(&self, code: &str) -> Result<EnrolmentPreview> {
        let code: EnrolmentCode = code.parse()?;
        let mut ledger = self.ledger().await?;
        let (provider, _) = self.provider_of(&mut ledger, &code).await?;
        Ok(EnrolmentPreview {
            provider: name_of(&provider),
            endpoint: provider.endpoint.to_string(),
            expires: code.expires,
        })
    }

    /// Opens a relationship with the provider that the code names, and waits until the ledger proves it.
    pub async fn enrol(&self, code: &str) -> Result<ProviderView> {
        let parsed: EnrolmentCode = code.parse()?;
        let mut ledger = self.ledger().await?;
        let (provider, chain) = self.provider_of(&mut ledger, &parsed).await?;
        let row = self.enrolling_row(&parsed, &provider, &chain).await?;
        let sent = self.ask_to_enrol(&row, &parsed, &provider, &chain).await;
        self.forget_if_refused(&row, &sent).await?;
        sent?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.advance(&mut ledger).await?;
            let snapshot = ledger.client()?.snapshot()?;
            if self.adopt_if_open(&row, &snapshot, &chain).await? {
                break;
            }
            if Instant::now() >= deadline {
                return Err(WalletError::EnrolmentPending { provider: name_of(&provider).to_string() });
            }
            tokio::time::sleep(POLL).await;
        }
        drop(ledger);
        let views = self.providers(None).await?;
        let view = views.into_iter().find(|view| view.name.address == provider.address());
        view.ok_or(WalletError::UnknownProvider(provider.address()))
    }

    /// The code's provider as the verified directory has it; its address there must be the one in the code.
    async fn provider_of(
        &self,
        ledger: &mut Ledger<'_>,
        code: &EnrolmentCode,
    ) -> Result<(Provider, ChainIdentity)> {
        let chain = self.joined().await?.chain();
        if code.chain_id != chain.chain_id {
            let (code, here) = (code.chain_id.clone(), chain.chain_id);
            return Err(EnrolmentError::OtherLedger { code, here }.into());
        }
        if self.now() > code.expires {
            return Err(EnrolmentError::Expired.into());
        }
        // An old view might still name a gatekeeper that has been replaced since.
        self.advance(ledger).await?.head.require_fresh(self.now())?;
        let leaf = ledger.client()?.snapshot()?.provider(code.provider).await?;
        let provider = leaf.ok_or(WalletError::UnknownProvider(code.provider))?.provider;
        let directory: Endpoint = provider.endpoint.as_str().parse()?;
        if directory != code.endpoint {
            return Err(WalletError::OtherEndpoint {
                code: code.endpoint.to_string(),
                directory: directory.to_string(),
            });
        }
        let mut tx = self.store.begin().await?;
        providers::put(&mut tx, code.provider, &provider).await?;
        tx.commit().await?;
        Ok((provider, chain))
    }

    /// The row of this enrolment: the one that this code began, or a new one under keys never used before.
    async fn enrolling_row(
        &self,
        code: &EnrolmentCode,
        provider: &Provider,
        chain: &ChainIdentity,
    ) -> Result<Relationship> {
        let mut read = self.store.read().await?;
        let known = relationships::all(&mut read).await?;
        drop(read);
        let own = |row: &&Relationship| row.provider == provider.address();
        if known.iter().filter(own).any(Relationship::is_open) {
            return Err(WalletError::AlreadyEnrolled { provider: name_of(provider).to_string() });
        }
        let text = code.to_string();
        if let Some(row) = known.into_iter().find(|row| row.code.as_deref() == Some(&text)) {
            return Ok(row);
        }
        self.only_own()?;
        self.no_new_words().await?;
        let genesis = genesis_of(chain);
        let index = self.change_vault(|networks| networks.take_relationship_index(genesis)).await?;
        let keys = self.first_keys(chain, index).await;
        let row = Relationship {
            address: keys.address(),
            provider: provider.address(),
            index,
            state: RelationshipState::Enrolling,
            code: Some(text),
            leaf: None,
            opened_at: None,
        };
        let mut tx = self.store.begin().await?;
        relationships::insert(&mut tx, &row).await?;
        tx.commit().await?;
        Ok(row)
    }

    async fn ask_to_enrol(
        &self,
        row: &Relationship,
        code: &EnrolmentCode,
        provider: &Provider,
        chain: &ChainIdentity,
    ) -> Result<()> {
        let keys = self.first_keys(chain, row.index).await;
        let viewing = keys.viewing(Epoch::FIRST).ok_or(WalletError::Internal("the viewing key"))?;
        let (signing, now) = (keys.signing(), self.now());
        let request = EnrolmentRequest::new(chain, code, provider, signing, viewing, now, &mut os_random())?;
        let signer = Signer::new(row.address, signing.clone());
        let client = GatekeeperClient::new(provider, Timeouts::default())?;
        client.enrol(&signer, &request).await?;
        Ok(())
    }

    /// A code that the provider refuses for good begins nothing. Its keys stay unused.
    async fn forget_if_refused(&self, row: &Relationship, sent: &Result<()>) -> Result<()> {
        let Err(WalletError::Exchange(error)) = sent else { return Ok(()) };
        let ExchangeError::Refused(refusal) = error.as_ref() else { return Ok(()) };
        if matches!(refusal.code, ErrorCode::BadCode | ErrorCode::UsedCode | ErrorCode::ExpiredCode) {
            let mut tx = self.store.begin().await?;
            relationships::forget_enrolling(&mut tx, row.address).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Takes the relationship as open when the ledger proves it; true when it is.
    pub(crate) async fn adopt_if_open(
        &self,
        row: &Relationship,
        snapshot: &Snapshot,
        chain: &ChainIdentity,
    ) -> Result<bool> {
        let Some(proven) = snapshot.relationship(row.address).await? else { return Ok(false) };
        let keys = self.first_keys(chain, row.index).await;
        is_agreed(row, &proven.leaf, &keys)?;
        let mut tx = self.store.begin().await?;
        relationships::set_leaf(&mut tx, row.address, &proven.leaf).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Goes on with an enrolment that was interrupted. Gives the provider's name when it is open now, or its
    /// reason when it refuses for good.
    pub(crate) async fn resume_enrolment(
        &self,
        row: &Relationship,
        snapshot: &Snapshot,
        chain: &ChainIdentity,
    ) -> Result<Option<Result<String, String>>> {
        let mut read = self.store.read().await?;
        let provider = providers::get(&mut read, row.provider).await?;
        drop(read);
        let provider = provider.ok_or(WalletError::UnknownProvider(row.provider))?;
        let name = name_of(&provider).to_string();
        if self.adopt_if_open(row, snapshot, chain).await? {
            return Ok(Some(Ok(name)));
        }
        let code: Option<EnrolmentCode> = row.code.as_deref().and_then(|code| code.parse().ok());
        let Some(code) = code else { return Ok(None) };
        let sent = self.ask_to_enrol(row, &code, &provider, chain).await;
        self.forget_if_refused(row, &sent).await?;
        match sent {
            Ok(()) => Ok(None),
            Err(error @ (WalletError::Exchange(_) | WalletError::Enrolment(_))) => {
                tracing::debug!(%error, "an enrolment could not go on");
                let mut read = self.store.read().await?;
                let kept = relationships::get(&mut read, row.address).await?.is_some();
                Ok((!kept).then(|| Err(format!("{name}: {error}"))))
            }
            Err(error) => Err(error),
        }
    }
}

/// The ledger has what was agreed to: this provider, and keys of this wallet.
fn is_agreed(row: &Relationship, leaf: &RelationshipLeaf, keys: &RelationshipKeys) -> Result<()> {
    let foreign = |reason| WalletError::ForeignRelationship { relationship: row.address, reason };
    if leaf.publisher != row.provider {
        return Err(foreign("another provider publishes into it"));
    }
    if leaf.owner != keys.public() {
        return Err(foreign("it belongs to another key"));
    }
    Ok(())
}

/// How a directory's entry is named to people.
pub(crate) fn name_of(provider: &Provider) -> ProviderName {
    ProviderName {
        address: provider.address(),
        name: provider.name.to_string(),
        place: provider.place.to_string(),
    }
}
