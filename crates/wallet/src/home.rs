//! People on this computer, and opening the wallet of one of them.
//!
//! ```text
//! <home>/vaults/<person>/vault.mrv      keys (and vault.mrv.bak)
//!                        wallet.db      everything learnt and verified
//!                        copies/        copies of records
//!                        evidence/      headers of nodes that contradict each other
//! ```

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use medrec_client::{ClientError, HttpNode, NetworkFile, node::Node};
use medrec_records::fold;
use medrec_vault::{
    KdfParams, Passphrase, RecoveryWords, Unlocked, Vault, VaultError, VaultHome, VaultLabel, vault::NewVault,
};

use zeroize::Zeroizing;

use crate::{
    Clock, Result, SystemClock, Thing, Wallet, WalletError,
    random::os_random,
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
    root: PathBuf,
    params: KdfParams,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) nodes: Arc<dyn Nodes>,
}

impl std::fmt::Debug for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Home").field("root", &self.root).finish_non_exhaustive()
    }
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
        let listed = VaultHome::new(&self.root).list()?;
        let mut people: Vec<_> = listed
            .into_iter()
            .filter_map(|vault| {
                let folder = vault.dir.path().file_name()?.to_str()?.to_owned();
                Some(match vault.summary {
                    Ok((id, label)) if id.to_string() == folder => {
                        PersonView { id: PersonId(folder), label: label.to_string(), problem: None }
                    }
                    Ok(_) => PersonView {
                        id: PersonId(folder.clone()),
                        label: folder,
                        problem: Some("The vault in this folder belongs into another one.".to_owned()),
                    },
                    Err(error) => PersonView {
                        id: PersonId(folder.clone()),
                        label: folder,
                        problem: Some(error.to_string()),
                    },
                })
            })
            .collect();
        people.sort_by_cached_key(|person| (fold(&person.label), person.id.clone()));
        Ok(people)
    }

    /// The person whose id begins with `text` or whose name it is; without a text, the only one.
    pub fn find_person(&self, text: Option<&str>) -> Result<PersonId> {
        let people = self.people()?;
        let fits = |person: &&PersonView| match text {
            None => true,
            Some(text) => {
                fold(&person.label) == fold(text) || (text.len() >= 4 && person.id.as_str().starts_with(text))
            }
        };
        let mut found = people.iter().filter(fits);
        match (found.next(), found.next()) {
            (Some(person), None) => Ok(person.id.clone()),
            (None, _) => Err(text.map_or(WalletError::NobodyYet, |text| WalletError::NotFound {
                what: Thing::Person,
                text: text.to_owned(),
            })),
            (Some(_), Some(_)) => {
                let text = text.unwrap_or("the only person").to_owned();
                Err(WalletError::Ambiguous { what: Thing::Person, text })
            }
        }
    }

    /// A wallet for a new person, and the recovery words, to be shown once and written down.
    pub async fn create(&self, label: &str, passphrase: &Passphrase) -> Result<(Wallet, RecoveryWords)> {
        let words = RecoveryWords::generate(&mut os_random())?;
        let vault = self.new_vault(label, passphrase, &words).await?;
        Ok((Wallet::begin(self, vault, false).await?, words))
    }

    /// A wallet for a person who has recovery words. After joining the network, the first sync finds
    /// everything again.
    pub async fn restore(
        &self,
        label: &str,
        passphrase: &Passphrase,
        words: &RecoveryWords,
    ) -> Result<Wallet> {
        let vault = self.new_vault(label, passphrase, words).await?;
        let wallet = Wallet::begin(self, vault, true).await?;
        // They were just typed from the paper.
        wallet.mark_words_checked().await?;
        Ok(wallet)
    }

    async fn new_vault(
        &self,
        label: &str,
        passphrase: &Passphrase,
        words: &RecoveryWords,
    ) -> Result<Vault<Unlocked>> {
        let (home, label, params) = (VaultHome::new(&self.root), VaultLabel::new(label)?, self.params);
        let (passphrase, words) = (passphrase.clone(), words.clone());
        stretch(move || {
            let new = NewVault { label, passphrase: &passphrase, words: &words, params };
            Vault::create(&home, new, &mut os_random())
        })
        .await
    }

    /// Opens a person's wallet and keeps other processes out of it.
    pub async fn open(&self, person: &PersonId, passphrase: &Passphrase) -> Result<Wallet> {
        let vaults = VaultHome::new(&self.root).list()?;
        let wanted = std::ffi::OsStr::new(person.as_str());
        let found = vaults.into_iter().find(|vault| vault.dir.path().file_name() == Some(wanted));
        let dir = found
            .map(|vault| vault.dir)
            .ok_or_else(|| WalletError::NotFound { what: Thing::Person, text: person.to_string() })?;
        let passphrase = passphrase.clone();
        let vault = stretch(move || Vault::open(dir)?.unlock(&passphrase)).await?;
        Wallet::resume(self, vault).await
    }
}

/// A passphrase to suggest, from the operating system's randomness: five words of the BIP-39 English list, 55 bits
/// ([`Passphrase::suggest`]).
pub fn suggest_passphrase() -> Result<Zeroizing<String>> {
    Ok(Passphrase::suggest(&mut os_random())?)
}

/// Stretching a passphrase takes long on purpose: it runs beside the other tasks.
pub(crate) async fn stretch<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| WalletError::Internal("the passphrase"))??)
}
