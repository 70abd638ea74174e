//! Everything that the use cases stand on: home, keys, store, ledger, clock.

use std::{path::Path, sync::Arc};

use medrec_client::NetworkFile;
use medrec_exchange::Signer;
use medrec_protocol::{ChainIdentity, ProviderAddress, state::Provider};
use tokio::sync::Notify;

use crate::{
    book::Book,
    clock::Clock,
    config::Config,
    error::{GatekeeperError, Result},
    grantee::delivery::EarlyNotices,
    home::Home,
    keys::Keys,
    ledger_client::VerifiedLedger,
    ledger_view::Ledger,
    snapshot_files::SnapshotFiles,
    store::{Store, network},
};

/// One provider's gatekeeper.
pub struct Gatekeeper {
    pub(crate) home: Home,
    pub(crate) config: Config,
    pub(crate) keys: Keys,
    pub(crate) address: ProviderAddress,
    pub(crate) chain: ChainIdentity,
    pub(crate) store: Store,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) files: SnapshotFiles,
    pub(crate) book: Book,
    /// Rung when something was put into the outbox.
    pub(crate) outbox_bell: Notify,
    /// Rung when a relationship was opened.
    pub(crate) publish_bell: Notify,
    /// Rung when a publisher said that it has something.
    pub(crate) delivery_bell: Notify,
    /// Notices that came before their grants.
    pub(crate) early: EarlyNotices,
}

/// What a gatekeeper is put together from.
pub struct Parts {
    /// Folder.
    pub home: Home,
    /// Configuration.
    pub config: Config,
    /// Secrets.
    pub keys: Keys,
    /// The ledger's name and genesis.
    pub chain: ChainIdentity,
    /// Database.
    pub store: Store,
    /// The ledger.
    pub ledger: Arc<dyn Ledger>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl Gatekeeper {
    /// Puts a gatekeeper together.
    pub fn new(parts: Parts) -> Self {
        let Parts { home, config, keys, chain, store, ledger, clock } = parts;
        Self {
            address: ProviderAddress::of(&keys.public()),
            files: SnapshotFiles::new(home.snapshots()),
            book: Book::default(),
            outbox_bell: Notify::new(),
            publish_bell: Notify::new(),
            delivery_bell: Notify::new(),
            early: EarlyNotices::default(),
            home,
            config,
            keys,
            chain,
            store,
            ledger,
            clock,
        }
    }

    /// Opens a home that has joined a network. Asks no node yet.
    pub async fn open(root: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        let home = Home::open(root)?;
        let config = Config::read(&home.config())?;
        let keys = Keys::read(&home.keys())?;
        let store = Store::open(&home.database(), keys.database()).await?;
        let on_ledger = ledger(&home, &store, &clock).await;
        let (chain, ledger) = match on_ledger {
            Ok(found) => found,
            Err(error) => {
                store.close().await;
                return Err(error);
            }
        };
        Ok(Self::new(Parts { home, config, keys, chain, store, ledger: Arc::new(ledger), clock }))
    }

    /// The provider's address.
    pub fn address(&self) -> ProviderAddress {
        self.address
    }

    /// The provider as the ledger's directory has it: who is not there cannot act.
    pub async fn directory_entry(&self) -> Result<Provider> {
        self.ledger.head(std::time::Duration::from_secs(1)).await?;
        let leaf = self.ledger.provider(self.address).await?.ok_or(GatekeeperError::NotAdmitted)?;
        Ok(leaf.provider)
    }

    /// Signs requests and answers.
    pub(crate) fn signer(&self) -> Signer {
        Signer::new(self.address, self.keys.signing().clone())
    }
}

/// The ledger of the network that was joined.
async fn ledger(
    home: &Home,
    store: &Store,
    clock: &Arc<dyn Clock>,
) -> Result<(ChainIdentity, VerifiedLedger)> {
    let mut read = store.read().await?;
    let file = network::file(&mut read).await?.ok_or(GatekeeperError::NotJoined)?;
    drop(read);
    let network = parse_network(home, &file)?;
    let chain = network.identity();
    let ledger = VerifiedLedger::open(network, home, store.clone(), Arc::clone(clock)).await?;
    Ok((chain, ledger))
}

/// Checks a network file that was stored or is being joined.
pub(crate) fn parse_network(home: &Home, text: &str) -> Result<NetworkFile> {
    NetworkFile::parse(text.as_bytes())
        .map_err(|error| GatekeeperError::Content { path: home.network(), what: error.to_string() })
}
