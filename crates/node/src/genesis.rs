//! The genesis in CometBFT's form, and the same genesis as the protocol hashes it.

use medrec_protocol::{
    ChainId, PublicKey, Timestamp,
    genesis::{AppState, Genesis, GenesisValidator},
};
use tendermint::{AppHash, Time, consensus, evidence, public_key, validator};
use tendermint_proto::{
    google::protobuf::Timestamp as ProtoTime,
    v0_38::{
        abci::{RequestInitChain, ValidatorUpdate},
        crypto::public_key::Sum,
    },
};

use crate::{NodeError, engine::block::APP_VERSION};

/// A genesis document as CometBFT reads it.
pub type Document = tendermint::Genesis<AppState>;

/// Most bytes of a block.
const MAX_BLOCK_BYTES: u64 = 4 << 20;
/// How long evidence of double signing stays good: blocks, seconds, bytes.
const EVIDENCE: (u64, u64, i64) = (100_000, 48 * 3600, 1 << 20);
/// Voting power of each first validator.
const VALIDATOR_POWER: u32 = 10;

/// A new ledger whose validators all weigh the same.
pub fn new_document(
    chain_id: &ChainId,
    time: Timestamp,
    validators: &[PublicKey],
    app_state: AppState,
) -> Result<Document, NodeError> {
    let validator = |key: &PublicKey| {
        let key = tendermint::PublicKey::from_raw_ed25519(key.as_bytes());
        let key = key.ok_or_else(|| form("a validator's key is not an Ed25519 key"))?;
        Ok::<_, NodeError>(validator::Info::new(key, VALIDATOR_POWER.into()))
    };
    let seconds = i64::try_from(time.seconds()).map_err(|_| form("its time lies too far ahead"))?;
    let document = Document {
        genesis_time: Time::from_unix_timestamp(seconds, 0)?,
        chain_id: chain_id.as_str().parse()?,
        initial_height: 1,
        consensus_params: params(),
        validators: validators.iter().map(validator).collect::<Result<_, _>>()?,
        app_hash: AppHash::default(),
        app_state,
    };
    of_document(&document)?.check()?;
    Ok(document)
}

fn params() -> consensus::Params {
    let (max_age_num_blocks, age_seconds, max_bytes) = EVIDENCE;
    let max_age_duration = evidence::Duration(std::time::Duration::from_secs(age_seconds));
    consensus::Params {
        block: tendermint::block::Size { max_bytes: MAX_BLOCK_BYTES, max_gas: -1, time_iota_ms: 1 },
        evidence: evidence::Params { max_age_num_blocks, max_age_duration, max_bytes },
        validator: consensus::params::ValidatorParams { pub_key_types: vec![public_key::Algorithm::Ed25519] },
        version: Some(consensus::params::VersionParams { app: APP_VERSION }),
        abci: consensus::params::AbciParams { vote_extensions_enable_height: Some(0u32.into()) },
    }
}

/// The genesis as the protocol sees it, from CometBFT's document.
pub fn of_document(document: &Document) -> Result<Genesis, NodeError> {
    if document.initial_height > 1 {
        return Err(form("a ledger begins at height 1"));
    }
    let key = |validator: &validator::Info| match validator.pub_key {
        tendermint::PublicKey::Ed25519(key) => ed25519(key.as_bytes(), validator.power()),
        _ => Err(form("a validator's key is not an Ed25519 key")),
    };
    Ok(Genesis {
        chain_id: chain_id(document.chain_id.as_str())?,
        time: time(&document.genesis_time.into())?,
        validators: document.validators.iter().map(key).collect::<Result<_, _>>()?,
        app_state: document.app_state.clone(),
    })
}

/// The genesis as the protocol sees it, from what CometBFT sends to the application.
pub fn of_init_chain(request: &RequestInitChain) -> Result<Genesis, NodeError> {
    if request.initial_height > 1 {
        return Err(form("a ledger begins at height 1"));
    }
    let key = |update: &ValidatorUpdate| match update.pub_key.as_ref().and_then(|key| key.sum.as_ref()) {
        Some(Sum::Ed25519(key)) => {
            ed25519(key, u64::try_from(update.power).map_err(|_| form("a validator has negative power"))?)
        }
        _ => Err(form("a validator's key is not an Ed25519 key")),
    };
    let app_state =
        serde_json::from_slice(&request.app_state_bytes).map_err(|error| form(error.to_string()))?;
    Ok(Genesis {
        chain_id: chain_id(&request.chain_id)?,
        time: time(request.time.as_ref().ok_or(NodeError::Incomplete("InitChain without time"))?)?,
        validators: request.validators.iter().map(key).collect::<Result<_, _>>()?,
        app_state,
    })
}

/// What CometBFT sends to the application of this genesis.
pub fn to_init_chain(document: &Document) -> Result<RequestInitChain, NodeError> {
    let update = |validator: &validator::Info| ValidatorUpdate {
        pub_key: Some(validator.pub_key.into()),
        power: validator.power.value().try_into().unwrap_or(i64::MAX),
    };
    let app_state = serde_json::to_vec(&document.app_state).map_err(|error| form(error.to_string()))?;
    Ok(RequestInitChain {
        time: Some(document.genesis_time.into()),
        chain_id: document.chain_id.to_string(),
        consensus_params: Some(document.consensus_params.clone().into()),
        validators: document.validators.iter().map(update).collect(),
        app_state_bytes: app_state.into(),
        initial_height: 1,
    })
}

/// Seconds, rounded down, and the nanoseconds that are left.
pub fn time(time: &ProtoTime) -> Result<(Timestamp, u32), NodeError> {
    let seconds = u64::try_from(time.seconds).map_err(|_| form("a time lies before 1970"))?;
    let nanos = u32::try_from(time.nanos).map_err(|_| form("a time has negative nanoseconds"))?;
    Ok((Timestamp::from_seconds(seconds), nanos))
}

fn chain_id(text: &str) -> Result<ChainId, NodeError> {
    text.parse().map_err(|error| form(format!("its chain id: {error}")))
}

fn ed25519(key: &[u8], power: u64) -> Result<GenesisValidator, NodeError> {
    let key = key.try_into().map_err(|_| form("a validator's key has another size"))?;
    Ok(GenesisValidator { key: PublicKey::from_bytes(key), power })
}

fn form(problem: impl Into<String>) -> NodeError {
    NodeError::GenesisForm(problem.into())
}
