//! Joining a network, and how old the view of it is.

use medrec_client::{FRESH_SECONDS, LightClient, NetworkFile};
use medrec_vault::ChainId;

use crate::{
    Result, Wallet, WalletError,
    store::{
        link,
        network::{self, Joined},
    },
    view::{Freshness, NetworkView},
    wallet::genesis_of,
};

impl Wallet {
    /// Joins the network of a file: what its node shows is verified from genesis (or from the file's anchor) to the
    /// newest header, and compared with the other nodes. Joining the same network again replaces the addresses of its nodes.
    pub async fn join_network(&self, file: &NetworkFile) -> Result<NetworkView> {
        let mut slot = self.ledger.lock().await;
        let mut read = self.store.read().await?;
        let (before, link) = (network::read(&mut read).await?, link::read(&mut read).await?);
        drop(read);
        refuse_other(before.as_ref(), file)?;
        let head = before.as_ref().and_then(|before| before.head.as_deref());
        let head = head.map(medrec_client::TrustedHead::from_json).transpose();
        let head = head.map_err(medrec_client::ClientError::from)?;
        let nodes = self.nodes.of(file)?;
        let mut client = LightClient::new(file.clone(), nodes, head)?;
        let update = client.update(self.now()).await.map_err(WalletError::from);
        let update = update.inspect_err(|error| self.keep_evidence_of(error))?;
        tracing::info!(
            height = update.head.height.get(),
            witnesses = update.witnesses.len(),
            "joined a network"
        );
        let genesis = genesis_of(&file.identity());
        let chain_id = ChainId::new(file.chain_id.as_str())?;
        let used = self
            .change_vault(|networks| {
                networks.join(chain_id, genesis)?;
                Ok(networks.get(genesis)?.relationships_used())
            })
            .await?;
        let look_back = link.is_some_and(|link| link.look_back) || used > 0;
        let mut tx = self.store.begin().await?;
        network::join(&mut tx, file, look_back.then_some(0)).await?;
        tx.commit().await?;
        *slot = Some(client);
        let mut ledger = super::ledger::Ledger::of(slot);
        self.advance(&mut ledger).await?;
        drop(ledger);
        self.network().await
    }

    /// The network that was joined.
    pub async fn network(&self) -> Result<NetworkView> {
        let joined = self.joined().await?;
        Ok(NetworkView {
            chain_id: joined.file.chain_id.to_string(),
            genesis_hash: joined.file.genesis_hash.to_string(),
            nodes: joined.file.nodes.iter().map(ToString::to_string).collect(),
            freshness: self.freshness_of(&joined),
        })
    }

    /// The file of the network that was joined; none before.
    pub async fn network_file(&self) -> Result<Option<NetworkFile>> {
        match self.joined().await {
            Ok(joined) => Ok(Some(joined.file)),
            Err(WalletError::NotJoined) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How old the view of the ledger is.
    pub async fn freshness(&self) -> Result<Freshness> {
        Ok(self.freshness_of(&self.joined().await?))
    }

    pub(super) fn freshness_of(&self, joined: &Joined) -> Freshness {
        let now = self.now();
        // Everything shown is of the last complete check; its header may be older than that check.
        let known = joined.checked_at.zip(joined.head_time).map(|(checked, head)| checked.min(head));
        let age_seconds = known.map(|known| now.seconds().saturating_sub(known.seconds()));
        Freshness {
            height: joined.head_height,
            head_time: joined.head_time,
            checked_at: joined.checked_at,
            age_seconds,
            fresh: age_seconds.is_some_and(|age| age <= FRESH_SECONDS),
        }
    }
}

fn refuse_other(before: Option<&Joined>, file: &NetworkFile) -> Result<()> {
    match before {
        Some(before) if before.chain() != file.identity() => Err(WalletError::OtherNetwork {
            joined: before.file.chain_id.to_string(),
            offered: file.chain_id.to_string(),
        }),
        _ => Ok(()),
    }
}
