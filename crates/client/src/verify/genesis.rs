//! First contact: the genesis document of a node against the hash that the network file names. (LC-5)

use medrec_protocol::{
    ChainIdentity, Hash32, PublicKey, Timestamp,
    genesis::{AppState, Genesis, GenesisError, GenesisValidator},
};
use tendermint::{PublicKey as ConsensusKey, Time, validator};

use super::header::{self, HeaderFault};

/// What a node says that the ledger began with. Not believed.
#[derive(Clone, Debug)]
pub struct GenesisDocument {
    /// Name of the ledger.
    pub chain_id: String,
    /// Time of the first block.
    pub time: Time,
    /// Height of the first block.
    pub initial_height: i64,
    /// First validators.
    pub validators: Vec<validator::Info>,
    /// The application's part.
    pub app_state: AppState,
}

/// Why a genesis document is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisFault {
    /// A document of another ledger.
    #[error("genesis {expected} expected, found {found}")]
    Hash {
        /// Hash in the network file.
        expected: Hash32,
        /// Hash of the document.
        found: Hash32,
    },
    /// A ledger of another name.
    #[error("ledger '{expected}' expected, found '{found}'")]
    Chain {
        /// Name in the network file.
        expected: String,
        /// Name in the document.
        found: String,
    },
    /// The first block is not number 1.
    #[error("first height 1 expected, found {0}")]
    InitialHeight(i64),
    /// A validator whose key is not Ed25519.
    #[error("a validator's key is not Ed25519")]
    KeyType,
    /// A time before 1970.
    #[error("the time of genesis is before 1970")]
    Time,
    /// The validators are not a set.
    #[error(transparent)]
    Validators(#[from] HeaderFault),
    /// The content breaks a rule.
    #[error(transparent)]
    Content(#[from] GenesisError),
}

/// A genesis document whose hash is the one expected.
#[derive(Clone, Debug)]
pub struct VerifiedGenesis {
    /// Time of the first block.
    pub time: Time,
    /// First validators.
    pub validators: validator::Set,
}

/// Computes the document's hash from its content and compares it with the network file's.
pub fn verify_genesis(
    document: GenesisDocument,
    expected: &ChainIdentity,
) -> Result<VerifiedGenesis, GenesisFault> {
    if document.chain_id != expected.chain_id.as_str() {
        let (expected, found) = (expected.chain_id.to_string(), document.chain_id);
        return Err(GenesisFault::Chain { expected, found });
    }
    if document.initial_height != 1 {
        return Err(GenesisFault::InitialHeight(document.initial_height));
    }
    let validators = header::well_formed_set(document.validators)?;
    let genesis = Genesis {
        chain_id: expected.chain_id.clone(),
        time: seconds_and_nanos(document.time)?,
        validators: validators.validators().iter().map(genesis_validator).collect::<Result<_, _>>()?,
        app_state: document.app_state,
    };
    genesis.check()?;
    let found = genesis.hash();
    if found != expected.genesis_hash {
        return Err(GenesisFault::Hash { expected: expected.genesis_hash, found });
    }
    Ok(VerifiedGenesis { time: document.time, validators })
}

fn genesis_validator(info: &validator::Info) -> Result<GenesisValidator, GenesisFault> {
    let ConsensusKey::Ed25519(key) = &info.pub_key else { return Err(GenesisFault::KeyType) };
    let key = key.as_bytes().try_into().map_err(|_| GenesisFault::KeyType)?;
    Ok(GenesisValidator { key: PublicKey::from_bytes(key), power: info.power() })
}

fn seconds_and_nanos(time: Time) -> Result<(Timestamp, u32), GenesisFault> {
    const NANOS: i128 = 1_000_000_000;
    let nanos = time.unix_timestamp_nanos();
    let seconds = u64::try_from(nanos.div_euclid(NANOS)).map_err(|_| GenesisFault::Time)?;
    let rest = u32::try_from(nanos.rem_euclid(NANOS)).map_err(|_| GenesisFault::Time)?;
    Ok((Timestamp::from_seconds(seconds), rest))
}
