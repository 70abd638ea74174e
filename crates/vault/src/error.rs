//! Everything that can go wrong with words, keys and vault files.
//!
//! Each message says what happened and what to do next. None carries a secret: not a passphrase, not a
//! recovery word, not even the word that was mistyped (only its position).

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Part of a vault file that was found damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DamagedPart {
    /// The first bytes, which give version and sizes.
    Prelude,
    /// The file as a whole: its checksum does not match.
    Checksum,
    /// More bytes follow than the file says it has.
    Length,
    /// The part in clear: label, parameters, slots.
    Header,
    /// The encrypted part, after it was opened.
    Body,
}

/// Errors of this crate.
#[derive(Debug, Error)]
pub enum VaultError {
    /// Not 24 words.
    #[error("Recovery words are 24 words; {found} were given. Compare with your paper and type all of them.")]
    WordCount {
        /// Words found.
        found: usize,
    },
    /// A word is not in the BIP-39 English list.
    #[error("Word {position} is not a recovery word. Compare its spelling with your paper.")]
    UnknownWord {
        /// Position counted from 1.
        position: usize,
    },
    /// All words exist, but their checksum does not match.
    #[error(
        "These 24 words do not belong together: one is wrong or two are swapped. Compare them with your paper."
    )]
    WordsChecksum,
    /// A path element is outside the 31 bits of a hardened SLIP-0010 index.
    #[error("Key index {found} is above the largest possible one, 2147483647.")]
    IndexOutOfRange {
        /// The value offered.
        found: u32,
    },
    /// The passphrase is shorter than the floor.
    #[error("The passphrase is too short ({found} bytes). Use at least {minimum}; several words are best.")]
    PassphraseTooShort {
        /// Bytes after normalisation.
        found: usize,
        /// The floor in bytes.
        minimum: usize,
    },
    /// The passphrase is longer than the ceiling.
    #[error("The passphrase is too long. Use at most {maximum} bytes.")]
    PassphraseTooLong {
        /// The ceiling in bytes.
        maximum: usize,
    },
    /// No slot of the vault opens with this passphrase.
    #[error(
        "The passphrase does not open this vault. Check the keyboard language and Caps Lock and try again."
    )]
    WrongPassphrase,
    /// A label is empty, too long, or has characters that hide or reorder text.
    #[error("This name cannot be used: it must have 1 to {maximum} bytes of visible text.")]
    LabelInvalid {
        /// The ceiling in bytes of UTF-8.
        maximum: usize,
    },
    /// Argon2id parameters weaker than the floor.
    #[error(
        "The vault's key stretching is weaker than this program accepts \
         (memory {memory_kib} KiB, {iterations} passes, {lanes} lanes). Do not use this file; restore from your words."
    )]
    ParametersTooLow {
        /// Memory in KiB.
        memory_kib: u32,
        /// Passes over the memory.
        iterations: u32,
        /// Lanes.
        lanes: u32,
    },
    /// Argon2id parameters above the ceiling; nothing was allocated.
    #[error(
        "The vault asks for more work than this program accepts \
         (memory {memory_kib} KiB, {iterations} passes, {lanes} lanes). Do not use this file; restore from your words."
    )]
    ParametersTooHigh {
        /// Memory in KiB.
        memory_kib: u32,
        /// Passes over the memory.
        iterations: u32,
        /// Lanes.
        lanes: u32,
    },
    /// The memory that the parameters ask for is not there.
    #[error("Opening the vault needs {memory_kib} KiB of free memory. Close other programs and try again.")]
    OutOfMemory {
        /// Memory in KiB.
        memory_kib: u32,
    },
    /// The file does not begin as a vault does.
    #[error("This file is not a vault.")]
    NotAVault,
    /// The file ends early.
    #[error(
        "The vault file is cut short: {found} of at least {expected} bytes. \
         Open its backup copy or restore from your words."
    )]
    Truncated {
        /// Bytes that should be there.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// Bytes of the file changed by accident.
    #[error("The vault file is damaged ({part:?}). Open its backup copy or restore from your words.")]
    Damaged {
        /// Where it showed.
        part: DamagedPart,
    },
    /// The checksum is right but the keyed authentication is not: not an accident.
    #[error(
        "The vault file was altered by something other than this program. Do not trust it: \
         open its backup copy or restore from your words."
    )]
    Altered,
    /// Written by a newer version of the program.
    #[error(
        "The vault was written by a newer version of this program (format {found}; this one knows {known}). Update it."
    )]
    NewerVersion {
        /// Version in the file.
        found: u16,
        /// Highest version known.
        known: u16,
    },
    /// Another process has the vault open.
    #[error("The vault at {} is open in another window or program. Close it there first.", path.display())]
    InUse {
        /// The vault file.
        path: PathBuf,
    },
    /// There is neither a vault nor a backup copy.
    #[error("There is no vault at {}.", path.display())]
    Missing {
        /// The vault file.
        path: PathBuf,
    },
    /// A vault stands where a new one should go.
    #[error("There is a vault at {} already; it was left as it is.", path.display())]
    AlreadyExists {
        /// The vault file.
        path: PathBuf,
    },
    /// The file is not the one that was opened.
    #[error(
        "The vault at {} was changed while it was open here. Nothing was written; lock it and open it again.",
        path.display()
    )]
    ChangedOnDisk {
        /// The vault file.
        path: PathBuf,
    },
    /// No room, or over a quota or size limit; the old file is as it was.
    #[error("There is no room to write {}. The vault is as it was; make room and try again.", path.display())]
    DiskFull {
        /// What could not be written.
        path: PathBuf,
    },
    /// The operating system refused; the old file is as it was.
    #[error("Could not {doing} {}: {source}.", path.display())]
    Io {
        /// What was tried, as a verb.
        doing: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What was written did not read back the same; the old file is as it was.
    #[error(
        "What was written to {} does not read back the same. The vault is as it was; check the disk.",
        path.display()
    )]
    NotReadBack {
        /// The new file, before it would have replaced the old one.
        path: PathBuf,
    },
    /// A network that the vault has not joined.
    #[error("This vault has not joined that network. Join it first.")]
    UnknownNetwork,
    /// More networks than a vault holds.
    #[error("A vault holds at most {maximum} networks.")]
    TooManyNetworks {
        /// The ceiling.
        maximum: usize,
    },
    /// Two networks would share one key tree branch.
    #[error(
        "This network's keys would be the same as those of a network joined before. It cannot be joined."
    )]
    NetworkIndexClash,
    /// A chain id is empty, too long or not printable ASCII.
    #[error("A chain id has 1 to {maximum} printable ASCII characters without spaces.")]
    ChainIdInvalid {
        /// The ceiling in bytes.
        maximum: usize,
    },
    /// The offered header is older than the trusted one.
    #[error(
        "The network shows block {offered}, older than block {trusted} that this wallet has already verified."
    )]
    AnchorWouldGoBack {
        /// Height stored.
        trusted: u64,
        /// Height offered.
        offered: u64,
    },
    /// The offered header differs from the trusted one of the same height.
    #[error("The network shows another block {height} than the one this wallet has already verified.")]
    AnchorConflict {
        /// The height.
        height: u64,
    },
    /// Every relationship index of a network, or every offer to help somebody, has been given out.
    #[error("This network has no keys left to give out.")]
    RelationshipsExhausted,
    /// New words were begun and not finished.
    #[error("A change to new recovery words is under way already. Finish it first.")]
    NewWordsUnderWay,
    /// The new words are the present ones.
    #[error("These are the vault's present recovery words. New ones must differ from them.")]
    SameWords,
    /// The random source failed.
    #[error("The computer's random source failed. Nothing was written; try again.")]
    Randomness,
}

impl VaultError {
    /// The typed error for a failed system call.
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::DiskFull { path }
            }
            _ => Self::Io { doing, path, source },
        }
    }
}
