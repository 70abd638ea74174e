//! An open wallet: vault, database, copies, and the view of the ledger.
//!
//! Invariants: what is written to the database about the ledger was verified; the vault is saved before anything that
//! rests on it leaves this computer; vault and database hold each other's generation, so an old copy of either is noticed.

use std::{
    sync::{Arc, PoisonError, RwLock, mpsc},
    time::Duration,
};

use medrec_client::LightClient;
use medrec_protocol::{ChainIdentity, Timestamp};
use medrec_vault::{
    GenesisHash, Networks, Passphrase, RecoveryWords, Unlocked, Vault, VaultError, vault::RecoveryNotice,
};
use tokio::sync::Mutex;

use crate::{
    Clock, Home, Nodes, Result, WalletError,
    copies::Copies,
    gatekeepers::Gatekeepers,
    home::stretch,
    random::os_random,
    sentences::Language,
    store::{
        Store, StoreError,
        link::{self, Link},
        network::{self, Joined},
        relationships,
    },
    view::{Notice, PersonId, PersonView},
};

const DATABASE: &str = "wallet.db";
const COPIES: &str = "copies";

/// For whom a wallet acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acting {
    /// For the person whose words they are.
    Own,
    /// For somebody else, with the agents' keys of an offer to help.
    Helping {
        /// Number of the offer.
        offer: u32,
    },
}

/// An open wallet. All use cases take `&self`; it can be shared between tasks.
pub struct Wallet {
    pub(crate) vault: Arc<Mutex<Vault<Unlocked>>>,
    pub(crate) store: Store,
    pub(crate) copies: Copies,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) nodes: Arc<dyn Nodes>,
    pub(crate) gatekeepers: Gatekeepers,
    /// Made at the first need. Whoever talks to the ledger holds it, so the view of it only moves forward.
    pub(crate) ledger: Mutex<Option<LightClient>>,
    pub(crate) folder: std::path::PathBuf,
    pub(crate) acting: Acting,
    language: RwLock<Language>,
    person: PersonView,
    notices: Vec<Notice>,
}

impl std::fmt::Debug for Wallet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wallet").field("person", &self.person.id).finish_non_exhaustive()
    }
}

/// How long a wallet that is dropped waits for its database to close.
const CLOSING: Duration = Duration::from_secs(2);

impl Drop for Wallet {
    /// Closes the database when [`Wallet::lock`] was not called. The threads that SQLite works on must be gone before the
    /// process ends, because the library that encrypts is taken down then.
    fn drop(&mut self) {
        if self.store.is_closed() {
            return;
        }
        let (store, (done, closed)) = (self.store.clone(), mpsc::channel());
        std::thread::spawn(move || {
            if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
                runtime.block_on(store.close());
            }
            let _ = done.send(());
        });
        if closed.recv_timeout(CLOSING).is_err() {
            tracing::warn!("the database was still in use when the wallet was dropped");
        }
    }
}

impl Wallet {
    /// A wallet whose vault was just made.
    pub(crate) async fn begin(home: &Home, vault: Vault<Unlocked>, look_back: bool) -> Result<Self> {
        let wallet = Self::assemble(home, vault).await?;
        wallet.write_link(look_back).await?;
        Ok(wallet)
    }

    /// A wallet that was there before.
    pub(crate) async fn resume(home: &Home, vault: Vault<Unlocked>) -> Result<Self> {
        let mut wallet = Self::assemble(home, vault).await?;
        wallet.notices = wallet.compare_generations().await?;
        Ok(wallet)
    }

    async fn assemble(home: &Home, vault: Vault<Unlocked>) -> Result<Self> {
        let folder = vault.dir().path().to_owned();
        let key = vault.database_key();
        let store = Store::open(&folder.join(DATABASE), key.expose()).await?;
        let copies = Copies::open(folder.join(COPIES), key.expose())?;
        let person = PersonView {
            id: PersonId(vault.file_id().to_string()),
            label: vault.label().to_string(),
            problem: None,
        };
        Ok(Self {
            vault: Arc::new(Mutex::new(vault)),
            store,
            copies,
            clock: Arc::clone(&home.clock),
            nodes: Arc::clone(&home.nodes),
            gatekeepers: Gatekeepers::default(),
            ledger: Mutex::new(None),
            folder,
            acting: Acting::Own,
            language: RwLock::new(Language::English),
            person,
            notices: Vec::new(),
        })
    }

    /// The view of somebody who is helped: the same vault, and a database and copies of its own.
    pub(crate) async fn beside(&self, offer: u32, label: String) -> Result<Self> {
        let folder = self.folder.join(format!("helped-{offer}"));
        let key = self.vault.lock().await.database_key().clone();
        let made = std::fs::create_dir_all(&folder);
        made.map_err(|source| WalletError::File { doing: "make", path: folder.clone(), source })?;
        Ok(Self {
            vault: Arc::clone(&self.vault),
            store: Store::open(&folder.join(DATABASE), key.expose()).await?,
            copies: Copies::open(folder.join(COPIES), key.expose())?,
            clock: Arc::clone(&self.clock),
            nodes: Arc::clone(&self.nodes),
            gatekeepers: Gatekeepers::default(),
            ledger: Mutex::new(None),
            folder,
            acting: Acting::Helping { offer },
            language: RwLock::new(self.language()),
            person: PersonView { id: self.person.id.clone(), label, problem: None },
            notices: Vec::new(),
        })
    }

    async fn write_link(&self, look_back: bool) -> Result<()> {
        let vault = self.vault.lock().await;
        let link = Link { file_id: vault.file_id().to_string(), generation: vault.generation(), look_back };
        drop(vault);
        let mut tx = self.store.begin().await?;
        link::write(&mut tx, &link).await?;
        Ok(tx.commit().await?)
    }

    /// Tells an old copy of the vault or of the database, and takes care that no key is used twice.
    async fn compare_generations(&self) -> Result<Vec<Notice>> {
        let mut read = self.store.read().await?;
        let link = link::read(&mut read).await?;
        drop(read);
        let vault = self.vault.lock().await;
        let (saved, notice, file_id) = (vault.generation(), vault.notice(), vault.file_id().to_string());
        drop(vault);
        let Some(link) = link else {
            // Before the first save after its making, a vault has no database to miss.
            let gone = saved > 1;
            self.write_link(gone).await?;
            return Ok(if gone { vec![Notice::DataGone] } else { Vec::new() });
        };
        if link.file_id != file_id {
            return Err(StoreError::WrongKey.into());
        }
        let mut notices = Vec::new();
        if matches!(notice, Some(RecoveryNotice::MainFileMissing | RecoveryNotice::BackupOpened)) {
            notices.push(Notice::BackupVaultUsed);
        }
        if link.generation > saved {
            notices.push(Notice::VaultOlder);
        } else if saved > link.generation + 1 {
            // One ahead is a crash between the two writes, and harmless.
            notices.push(Notice::DataOlder);
        }
        if !notices.is_empty() {
            self.look_back().await?;
        }
        if saved != link.generation {
            self.note_generation(saved).await?;
        }
        Ok(notices)
    }

    /// Has the next sync look for relationships from the first key on, and marks those known as used.
    async fn look_back(&self) -> Result<()> {
        let mut tx = self.store.begin().await?;
        network::set_scan(&mut tx, Some(0)).await?;
        let joined = network::read(&mut tx).await?;
        let highest = relationships::all(&mut tx).await?.iter().map(|known| known.index).max();
        tx.commit().await?;
        let (Some(joined), Some(highest)) = (joined, highest) else { return Ok(()) };
        let genesis = genesis_of(&joined.chain());
        let chain_id = medrec_vault::ChainId::new(joined.file.chain_id.as_str())?;
        self.change_vault(|networks| {
            networks.join(chain_id, genesis)?;
            networks.mark_used(genesis, highest)
        })
        .await
    }

    pub(crate) async fn note_generation(&self, generation: u64) -> Result<()> {
        let mut tx = self.store.begin().await?;
        link::set_generation(&mut tx, generation).await?;
        Ok(tx.commit().await?)
    }

    /// Changes the vault and saves it; it is durable when this returns.
    pub(crate) async fn change_vault<T>(
        &self,
        change: impl FnOnce(&mut Networks) -> Result<T, VaultError>,
    ) -> Result<T> {
        let mut vault = self.vault.lock().await;
        let before = vault.generation();
        let value = vault.update(&mut os_random(), change)?;
        let generation = vault.generation();
        drop(vault);
        // The database of somebody who is helped knows nothing of the vault's generation.
        if generation != before && self.acting == Acting::Own {
            self.note_generation(generation).await?;
        }
        Ok(value)
    }

    /// Whose wallet it is.
    pub fn person(&self) -> PersonView {
        self.person.clone()
    }

    /// Has sentences said in this language from now on. Kept in memory; a wallet begins in English.
    pub fn speak(&self, language: Language) {
        *self.language.write().unwrap_or_else(PoisonError::into_inner) = language;
    }

    /// The language that sentences are said in.
    pub fn language(&self) -> Language {
        *self.language.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was noticed when it was opened.
    pub fn notices(&self) -> Vec<Notice> {
        self.notices.clone()
    }

    /// Forgets all keys, closes the database and lets other processes in.
    pub async fn lock(self) -> Result<()> {
        self.store.close().await;
        Ok(())
    }

    /// Replaces the passphrase. The old one opens neither the vault nor its backup copy afterwards.
    pub async fn change_passphrase(&self, old: &Passphrase, new: &Passphrase) -> Result<()> {
        let (old, new) = (old.clone(), new.clone());
        let mut vault = Arc::clone(&self.vault).lock_owned().await;
        let generation = stretch(move || {
            let params = vault.params();
            vault.change_passphrase(&old, &new, params, &mut os_random())?;
            Ok(vault.generation())
        })
        .await?;
        self.note_generation(generation).await
    }

    /// The recovery words, for their owner, who types the passphrase again.
    pub async fn recovery_words(&self, passphrase: &Passphrase) -> Result<RecoveryWords> {
        let passphrase = passphrase.clone();
        let vault = Arc::clone(&self.vault).lock_owned().await;
        stretch(move || vault.recovery_words(&passphrase)).await
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The network that was joined.
    pub(crate) async fn joined(&self) -> Result<Joined> {
        let mut read = self.store.read().await?;
        network::read(&mut read).await?.ok_or(WalletError::NotJoined)
    }
}

/// The ledger's name in the vault.
pub(crate) fn genesis_of(chain: &ChainIdentity) -> GenesisHash {
    GenesisHash::from_bytes(*chain.genesis_hash.as_bytes())
}
