//! A vault, locked or unlocked, and what can be done with it.
//!
//! Invariants: contents exist in memory only in `Vault<Unlocked>`; while one exists no other process has the
//! vault open; a change is in memory only once it is durable on disk (VAULT-23).

use std::fmt;

use rand_core::TryCryptoRng;

use crate::contents::{Contents, DatabaseKey, GenesisHash, Networks};
use crate::disk::{
    Backup, LockFile, Predecessor, VaultDir, VaultHome, create_private_folder, read_bounded,
    remove_new_folder, replace,
};
use crate::error::VaultError;
use crate::format::{Envelope, FileId, MasterKey, SealedVault, Slot, SlotKey};
use crate::kdf::KdfParams;
use crate::keys::{KeyTree, RecoveryWords, RelationshipIndex};
use crate::label::VaultLabel;
use crate::passphrase::Passphrase;
use crate::random::random_bytes;

/// A vault on disk; `S` is [`Locked`] or [`Unlocked`].
pub struct Vault<S> {
    dir: VaultDir,
    state: S,
}

/// Only the file is known, and what it shows in clear.
pub struct Locked {
    file_id: FileId,
    label: VaultLabel,
    source: Source,
    notice: Option<RecoveryNotice>,
}

/// The contents are known, and this process holds the lock.
pub struct Unlocked {
    envelope: Envelope,
    master: MasterKey,
    contents: Contents,
    keys: KeyTree,
    next_keys: Option<KeyTree>,
    source: Source,
    notice: Option<RecoveryNotice>,
    predecessor: Predecessor,
    _lock: LockFile,
}

/// Why the state is older than the last one saved.
///
/// Whoever opens such a vault looks the ledger through for relationships before opening a new one: their
/// indexes may have been given out since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryNotice {
    /// The vault file was gone; its backup copy is used.
    MainFileMissing,
    /// The backup copy was asked for.
    BackupOpened,
}

/// Which file to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// The vault file, or its backup copy if there is none.
    Main,
    /// The backup copy.
    Backup,
}

/// What a new vault is made of.
pub struct NewVault<'a> {
    /// Shown before it is unlocked.
    pub label: VaultLabel,
    /// Opens it.
    pub passphrase: &'a Passphrase,
    /// New words for a new person; a person's own words to restore on this computer.
    pub words: &'a RecoveryWords,
    /// Work factor of the passphrase.
    pub params: KdfParams,
}

impl<S> Vault<S> {
    /// The folder of the vault, its database and other files.
    pub fn dir(&self) -> &VaultDir {
        &self.dir
    }
}

impl Vault<Locked> {
    /// Reads the vault in a folder, as far as it can be read without the passphrase.
    ///
    /// If the vault file is gone its backup copy is used, and [`Vault::notice`] says so. A damaged vault file is
    /// an error: whether to go back to the backup copy is for the person to decide ([`Vault::open_backup`]).
    pub fn open(dir: VaultDir) -> Result<Self, VaultError> {
        Self::from_source(dir, Source::Main)
    }

    /// Reads the backup copy: the state before the last save. The first save sets the vault file aside.
    pub fn open_backup(dir: VaultDir) -> Result<Self, VaultError> {
        Self::from_source(dir, Source::Backup)
    }

    fn from_source(dir: VaultDir, source: Source) -> Result<Self, VaultError> {
        let (sealed, notice) = read_source(&dir, source)?;
        let state = Locked { file_id: sealed.file_id(), label: sealed.label().clone(), source, notice };
        Ok(Self { dir, state })
    }

    /// Random name of the vault.
    pub fn file_id(&self) -> FileId {
        self.state.file_id
    }

    /// The label that the file claims.
    pub fn label(&self) -> &VaultLabel {
        &self.state.label
    }

    /// Whether an older state is shown, and why.
    pub fn notice(&self) -> Option<RecoveryNotice> {
        self.state.notice
    }

    /// Opens the vault with its passphrase and keeps other processes out of it.
    ///
    /// Takes as long, and as much memory, as the file's Argon2id parameters ask for. Nothing is written.
    pub fn unlock(&self, passphrase: &Passphrase) -> Result<Vault<Unlocked>, VaultError> {
        let lock = LockFile::acquire(&self.dir)?;
        // The file is read again under the lock: another process may have saved since.
        let source = self.state.source;
        let (sealed, notice) = read_source(&self.dir, source)?;
        let master = sealed.unwrap(passphrase)?;
        let contents = sealed.open(&master)?;
        let predecessor = match notice {
            None => Predecessor::File(sealed.checksum()),
            Some(RecoveryNotice::MainFileMissing) => Predecessor::Nothing,
            Some(RecoveryNotice::BackupOpened) => Predecessor::Anything,
        };
        let state = Unlocked {
            envelope: sealed.envelope(),
            master,
            keys: KeyTree::from_words(&contents.words),
            next_keys: contents.next_words.as_ref().map(KeyTree::from_words),
            contents,
            source,
            notice,
            predecessor,
            _lock: lock,
        };
        Ok(Vault { dir: self.dir.clone(), state })
    }
}

fn read_source(dir: &VaultDir, source: Source) -> Result<(SealedVault, Option<RecoveryNotice>), VaultError> {
    if source == Source::Main
        && let Some(bytes) = read_bounded(&dir.vault_path())?
    {
        return Ok((SealedVault::parse(&bytes)?, None));
    }
    let path = dir.backup_path();
    let notice = match source {
        Source::Main => RecoveryNotice::MainFileMissing,
        Source::Backup => RecoveryNotice::BackupOpened,
    };
    match read_bounded(&path)? {
        Some(bytes) => Ok((SealedVault::parse(&bytes)?, Some(notice))),
        None if source == Source::Main => Err(VaultError::Missing { path: dir.vault_path() }),
        None => Err(VaultError::Missing { path }),
    }
}

impl Vault<Unlocked> {
    /// Makes a vault in a folder of its own under `home`.
    ///
    /// With a person's own words this is restoring: the key tree is the same again, and the wallet finds the
    /// relationships on the ledger; the database key is new, the generation starts at 1 (VAULT-25).
    pub fn create<R: TryCryptoRng + ?Sized>(
        home: &VaultHome,
        new: NewVault<'_>,
        rng: &mut R,
    ) -> Result<Self, VaultError> {
        let file_id = FileId(random_bytes(rng)?);
        let master = MasterKey::generate(rng)?;
        let contents = Contents {
            words: new.words.clone(),
            next_words: None,
            database_key: DatabaseKey::generate(rng)?,
            generation: 0,
            networks: Networks::default(),
        };
        let (slot, slot_key) = Slot::wrap(file_id, &master, new.passphrase, new.params, rng)?;
        let envelope = Envelope { file_id, label: new.label, slot };
        let dir = home.dir_of(file_id);
        create_private_folder(dir.path())?;
        let lock = LockFile::acquire(&dir)?;
        if dir.vault_path().exists() || dir.backup_path().exists() {
            return Err(VaultError::AlreadyExists { path: dir.vault_path() });
        }
        let state = Unlocked {
            envelope: envelope.clone(),
            master,
            keys: KeyTree::from_words(&contents.words),
            next_keys: None,
            contents: contents.clone(),
            source: Source::Main,
            notice: None,
            predecessor: Predecessor::Nothing,
            _lock: lock,
        };
        let mut vault = Self { dir, state };
        match vault.write(envelope, contents, Backup::Previous, Some(&slot_key), rng) {
            Ok(()) => Ok(vault),
            Err(error) => {
                remove_new_folder(&vault.dir);
                Err(error)
            }
        }
    }

    /// Random name of the vault.
    pub fn file_id(&self) -> FileId {
        self.state.envelope.file_id
    }

    /// The label, authenticated.
    pub fn label(&self) -> &VaultLabel {
        &self.state.envelope.label
    }

    /// Whether an older state was opened, and why. Ends with the next save.
    pub fn notice(&self) -> Option<RecoveryNotice> {
        self.state.notice
    }

    /// How often the vault was saved. The database holds it too: one lower than there is an old copy.
    pub fn generation(&self) -> u64 {
        self.state.contents.generation
    }

    /// Key of the database beside the vault.
    pub fn database_key(&self) -> &DatabaseKey {
        &self.state.contents.database_key
    }

    /// The tree that every other key grows from.
    pub fn keys(&self) -> &KeyTree {
        &self.state.keys
    }

    /// The tree of the words that take the place of the present ones, while accounts are moved to their keys.
    pub fn next_keys(&self) -> Option<&KeyTree> {
        self.state.next_keys.as_ref()
    }

    /// Networks joined, their trust anchors and counters.
    pub fn networks(&self) -> &Networks {
        &self.state.contents.networks
    }

    /// Work factor of the passphrase.
    pub fn params(&self) -> KdfParams {
        self.state.envelope.slot.params()
    }

    /// Changes networks, anchors or counters, and saves. If anything fails, memory and disk stay as they were;
    /// if nothing changed, nothing is written.
    pub fn update<T, R: TryCryptoRng + ?Sized>(
        &mut self,
        rng: &mut R,
        change: impl FnOnce(&mut Networks) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let mut contents = self.state.contents.clone();
        let value = change(&mut contents.networks)?;
        if contents.networks != self.state.contents.networks {
            self.write(self.state.envelope.clone(), contents, Backup::Previous, None, rng)?;
        }
        Ok(value)
    }

    /// Gives out the next relationship index of a network (KEY-8). It is durable before it is returned, so no crash
    /// makes two relationships share their keys.
    pub fn take_relationship_index<R: TryCryptoRng + ?Sized>(
        &mut self,
        network: GenesisHash,
        rng: &mut R,
    ) -> Result<RelationshipIndex, VaultError> {
        self.update(rng, |networks| networks.take_relationship_index(network))
    }

    /// Saves as it is, one generation further.
    pub fn save<R: TryCryptoRng + ?Sized>(&mut self, rng: &mut R) -> Result<(), VaultError> {
        let (envelope, contents) = (self.state.envelope.clone(), self.state.contents.clone());
        self.write(envelope, contents, Backup::Previous, None, rng)
    }

    /// Changes the label.
    pub fn rename<R: TryCryptoRng + ?Sized>(
        &mut self,
        label: VaultLabel,
        rng: &mut R,
    ) -> Result<(), VaultError> {
        let envelope = Envelope { label, ..self.state.envelope.clone() };
        self.write(envelope, self.state.contents.clone(), Backup::Previous, None, rng)
    }

    /// Replaces the passphrase, with fresh salt. The backup copy is renewed as well and a file that was set aside is
    /// removed, so that the old passphrase opens nothing in the folder; copies kept elsewhere it still opens
    /// (VAULT-22).
    pub fn change_passphrase<R: TryCryptoRng + ?Sized>(
        &mut self,
        old: &Passphrase,
        new: &Passphrase,
        params: KdfParams,
        rng: &mut R,
    ) -> Result<(), VaultError> {
        self.check_passphrase(old)?;
        let Envelope { file_id, label, .. } = self.state.envelope.clone();
        let (slot, slot_key) = Slot::wrap(file_id, &self.state.master, new, params, rng)?;
        let envelope = Envelope { file_id, label, slot };
        self.write(envelope, self.state.contents.clone(), Backup::Renewed, Some(&slot_key), rng)
    }

    /// Whether this is the passphrase; for asking again before something that cannot be taken back.
    pub fn check_passphrase(&self, passphrase: &Passphrase) -> Result<(), VaultError> {
        let slot = &self.state.envelope.slot;
        let key = slot.derive_key(passphrase)?;
        slot.unwrap(self.state.envelope.file_id, &key).map(|_| ())
    }

    /// The recovery words, for showing them to their owner, who types the passphrase again.
    pub fn recovery_words(&self, passphrase: &Passphrase) -> Result<RecoveryWords, VaultError> {
        self.check_passphrase(passphrase)?;
        Ok(self.state.contents.words.clone())
    }

    /// Keeps new words beside the present ones, before the first account is moved to their keys. The person types the
    /// passphrase again. The backup copy holds them too: nobody may have written them down yet. While a change is
    /// under way, its words stay (VAULT-26).
    pub fn begin_new_words<R: TryCryptoRng + ?Sized>(
        &mut self,
        passphrase: &Passphrase,
        next: &RecoveryWords,
        rng: &mut R,
    ) -> Result<(), VaultError> {
        self.check_passphrase(passphrase)?;
        if self.state.contents.next_words.is_some() {
            return Err(VaultError::NewWordsUnderWay);
        }
        if self.state.contents.words.entropy() == next.entropy() {
            return Err(VaultError::SameWords);
        }
        let contents = Contents { next_words: Some(next.clone()), ..self.state.contents.clone() };
        self.write(self.state.envelope.clone(), contents, Backup::Same, None, rng)
    }

    /// The words of a change that is under way, for showing them to their owner, who types the passphrase again.
    pub fn next_words(&self, passphrase: &Passphrase) -> Result<Option<RecoveryWords>, VaultError> {
        self.check_passphrase(passphrase)?;
        Ok(self.state.contents.next_words.clone())
    }

    /// Every account has moved: the new words are the words, the old ones are gone, also from the backup copy and
    /// what was set aside; copies kept elsewhere still hold them (VAULT-27). Nothing is written if no change is under
    /// way.
    pub fn finish_new_words<R: TryCryptoRng + ?Sized>(&mut self, rng: &mut R) -> Result<(), VaultError> {
        let mut contents = self.state.contents.clone();
        let Some(next) = contents.next_words.take() else { return Ok(()) };
        contents.words = next;
        self.write(self.state.envelope.clone(), contents, Backup::Renewed, None, rng)
    }

    /// Forgets the contents and lets other processes in.
    pub fn lock(self) -> Vault<Locked> {
        let Unlocked { envelope, source, notice, .. } = self.state;
        let state = Locked { file_id: envelope.file_id, label: envelope.label, source, notice };
        Vault { dir: self.dir, state }
    }

    /// Seals, replaces the file, and only then adopts the new state.
    fn write<R: TryCryptoRng + ?Sized>(
        &mut self,
        envelope: Envelope,
        mut contents: Contents,
        backup: Backup,
        slot_key: Option<&SlotKey>,
        rng: &mut R,
    ) -> Result<(), VaultError> {
        contents.generation = contents.generation.saturating_add(1);
        let bytes = envelope.seal(&self.state.master, &contents, rng)?;
        let sealed = SealedVault::parse(&bytes)?;
        let verify = |found: &[u8]| verify(found, &self.state.master, slot_key, &contents);
        let after = replace(&self.dir, self.state.predecessor, backup, &bytes, verify)?;
        // Also when something failed after the new file was in place: keys and contents never part.
        if !contents.same_words_as(&self.state.contents) {
            self.state.keys = KeyTree::from_words(&contents.words);
            self.state.next_keys = contents.next_words.as_ref().map(KeyTree::from_words);
        }
        self.state.envelope = envelope;
        self.state.contents = contents;
        self.state.predecessor = Predecessor::File(sealed.checksum());
        self.state.source = Source::Main;
        self.state.notice = None;
        after
    }
}

/// Opens what was read back from disk: with the master key, and if the slot is new also through the slot.
fn verify(
    found: &[u8],
    master: &MasterKey,
    slot_key: Option<&SlotKey>,
    expected: &Contents,
) -> Result<(), VaultError> {
    let sealed = SealedVault::parse(found)?;
    let opened = match slot_key {
        Some(key) => sealed.open(&sealed.unwrap_with(key)?)?,
        None => sealed.open(master)?,
    };
    if opened.same_as(expected) { Ok(()) } else { Err(VaultError::Altered) }
}

impl fmt::Debug for Vault<Locked> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault<Locked>").field("file_id", &self.file_id()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Vault<Unlocked> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault<Unlocked>").field("file_id", &self.file_id()).finish_non_exhaustive()
    }
}
