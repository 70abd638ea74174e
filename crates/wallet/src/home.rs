//! People on this computer, and opening the wallet of one of them.
//!
//! ```text
//! <home>/vaults/<person>/vault.mrv      keys (and vault.mrv.bak)
//!                        wallet.db      everything learnt and verified
//!                        copies/        copies of records
//! ```

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use medrec_client::{ClientError, HttpNode, NetworkFile, node::Node};
use medrec_vault::{KdfParams, Passphrase, RecoveryWords};

use crate::{
    Clock, Result, SystemClock, Wallet,
    view::{PersonId, PersonView},
};

/// Where the ledger's nodes come from: over HTTP in the program, in memory in tests.
pub trait Nodes: Send + Sync {
    /// The nodes of a network: the first is asked, the others are compared with it.
    fn of(&self, network: &NetworkFile) -> Result<Vec<Arc<dyn Node>>, ClientError>;
}

/// The nodes that the network file names, over HTTP.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpNodes;

impl Nodes for HttpNodes {
    fn of(&self, network: &NetworkFile) -> Result<Vec<Arc<dyn Node>>, ClientError> {
        HttpNode::all_of(network)
    }
}

/// A folder with the wallets of the people who use this computer account.
#[derive(Clone)]
pub struct Home {
    pub(crate) root: PathBuf,
    pub(crate) params: KdfParams,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) nodes: Arc<dyn Nodes>,
}

impl Home {
    /// Wallets in this folder. Nothing is made before a wallet is.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        let (clock, nodes) = (Arc::new(SystemClock), Arc::new(HttpNodes));
        Self { root: root.into(), params: KdfParams::DEFAULT, clock, nodes }
    }

    /// With another work factor for new passphrases.
    #[must_use]
    pub fn with_work_factor(self, params: KdfParams) -> Self {
        Self { params, ..self }
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// With other nodes.
    #[must_use]
    pub fn with_nodes(self, nodes: Arc<dyn Nodes>) -> Self {
        Self { nodes, ..self }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Everyone with a wallet here, by name. One that cannot be read is listed with its problem.
    pub fn people(&self) -> Result<Vec<PersonView>> {
        todo!()
    }

    /// The person whose id begins with `text` or whose name it is; without a text, the only one.
    pub fn find_person(&self, text: Option<&str>) -> Result<PersonId> {
        let _ = text;
        todo!()
    }

    /// A wallet for a new person, and the recovery words, to be shown once and written down.
    pub async fn create(&self, label: &str, passphrase: &Passphrase) -> Result<(Wallet, RecoveryWords)> {
        let _ = (label, passphrase);
        todo!()
    }

    /// A wallet for a person who has recovery words. After joining the network, the first sync finds everything again.
    pub async fn restore(&self, label: &str, passphrase: &Passphrase, words: &RecoveryWords) -> Result<Wallet> {
        let _ = (label, passphrase, words);
        todo!()
    }

    /// Opens a person's wallet and keeps other processes out of it.
    pub async fn open(&self, person: &PersonId, passphrase: &Passphrase) -> Result<Wallet> {
        let _ = (person, passphrase);
        todo!()
    }
}
