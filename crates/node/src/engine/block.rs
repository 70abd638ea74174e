//! How a CometBFT v0.38 block is put together and hashed (CometBFT spec/core/data_structures.md,
//! spec/core/encoding.md). Every hash is compared in tests with recorded blocks of real nodes.

use prost::Message;
use sha2::{Digest, Sha256};
use tendermint::{
    Hash, Time, account,
    block::{self, Block, Commit, CommitSig, Header, Height, header::Version, parts},
    consensus, merkle, validator,
};
use tendermint_proto::v0_38::{abci::ExecTxResult, types as pb};

use super::state::EngineState;
use crate::NodeError;

/// Version of the block format (CometBFT, `version.BlockProtocol`).
pub const BLOCK_PROTOCOL: u64 = 11;
/// Version of the application, in every header.
pub const APP_VERSION: u64 = 1;
/// Size of the parts in which a block is spread, in bytes (CometBFT, `BlockPartSizeBytes`).
pub const PART_BYTES: usize = 65_536;
/// Most bytes of a block that are neither header, commit, evidence nor transactions (`MaxOverheadForBlock`).
const BLOCK_OVERHEAD_BYTES: u64 = 11;
/// Most bytes of a header (`MaxHeaderBytes`).
const HEADER_BYTES: u64 = 626;
/// Most bytes of a commit without and for each signature (`MaxCommitOverheadBytes`, `MaxCommitSigBytes`).
const COMMIT_BYTES: (u64, u64) = (94, 109);

/// Merkle root over leaves (RFC 6962 hashing).
pub fn merkle_root(leaves: &[Vec<u8>]) -> Hash {
    Hash::Sha256(merkle::simple_hash_from_byte_vectors::<tendermint::crypto::default::Sha256>(leaves))
}

/// Hash of a transaction, its name in CometBFT.
pub fn tx_hash(tx: &[u8]) -> [u8; 32] {
    Sha256::digest(tx).into()
}

/// Root over the hashes of the transactions.
pub fn data_hash<T: AsRef<[u8]>>(txs: &[T]) -> Hash {
    merkle_root(&txs.iter().map(|tx| tx_hash(tx.as_ref()).to_vec()).collect::<Vec<_>>())
}

/// Root over the signatures of the commit before; of nothing at height 1.
pub fn commit_hash(commit: Option<&Commit>) -> Hash {
    let signatures = commit.map(|commit| commit.signatures.as_slice()).unwrap_or_default();
    let leaves = signatures.iter().map(|signature| pb::CommitSig::from(signature.clone()).encode_to_vec());
    merkle_root(&leaves.collect::<Vec<_>>())
}

/// Root over the results, of which only code, data and gas count.
pub fn results_hash(results: &[ExecTxResult]) -> Hash {
    let counted = |result: &ExecTxResult| ExecTxResult {
        code: result.code,
        data: result.data.clone(),
        gas_wanted: result.gas_wanted,
        gas_used: result.gas_used,
        ..ExecTxResult::default()
    };
    merkle_root(&results.iter().map(|result| counted(result).encode_to_vec()).collect::<Vec<_>>())
}

/// Hash of the consensus parameters, of which only the block limits count.
pub fn params_hash(params: &consensus::Params) -> Hash {
    // CometBFT keeps it signed; genesis files never come near the top.
    let block_max_bytes = i64::try_from(params.block.max_bytes).unwrap_or(i64::MAX);
    let hashed = pb::HashedParams { block_max_bytes, block_max_gas: params.block.max_gas };
    Hash::Sha256(Sha256::digest(hashed.encode_to_vec()).into())
}

/// The block as CometBFT writes it: at height 1 the commit and block id before it are empty, not absent.
pub fn to_proto(block: &Block) -> pb::Block {
    let mut header: pb::Header = block.header.clone().into();
    header.last_block_id.get_or_insert_with(|| block::Id::default().into());
    pb::Block {
        header: Some(header),
        data: Some(pb::Data { txs: block.data.clone() }),
        evidence: Some(pb::EvidenceList { evidence: Vec::new() }),
        last_commit: Some(block.last_commit.clone().unwrap_or_default().into()),
    }
}

/// Count and root of the parts of a block.
pub fn part_set_header(block: &pb::Block) -> Result<parts::Header, NodeError> {
    let parts: Vec<Vec<u8>> = block.encode_to_vec().chunks(PART_BYTES).map(<[u8]>::to_vec).collect();
    let total = u32::try_from(parts.len()).map_err(|_| NodeError::Damaged("a block of too many parts"))?;
    Ok(parts::Header::new(total, merkle_root(&parts))?)
}

/// The block that follows a state, and its id.
pub fn assemble(
    state: &EngineState,
    proposer: account::Id,
    time: Time,
    last_commit: Option<Commit>,
    txs: Vec<Vec<u8>>,
) -> Result<(Block, pb::Block, block::Id), NodeError> {
    let app = state.params.version.as_ref().map_or(0, |version| version.app);
    let header = Header {
        version: Version { block: BLOCK_PROTOCOL, app },
        chain_id: state.chain_id.clone(),
        height: Height::try_from(state.height + 1)?,
        time,
        last_block_id: state.last_block_id,
        last_commit_hash: Some(commit_hash(last_commit.as_ref())),
        data_hash: Some(data_hash(&txs)),
        validators_hash: validator::Set::without_proposer(state.validators.clone()).hash(),
        next_validators_hash: validator::Set::without_proposer(state.next_validators.clone()).hash(),
        consensus_hash: params_hash(&state.params),
        app_hash: state.app_hash.clone(),
        last_results_hash: Some(state.last_results_hash),
        evidence_hash: Some(merkle_root(&[])),
        proposer_address: proposer,
    };
    let hash = header.hash();
    let block = Block::new(header, txs, tendermint::evidence::List::default(), last_commit);
    let proto = to_proto(&block);
    let id = block::Id { hash, part_set_header: part_set_header(&proto)? };
    Ok((block, proto, id))
}

/// Time of the block after a commit: the median of its timestamps, weighted by voting power
/// (CometBFT spec/consensus/bft-time.md). `None` for a commit without votes for a block.
pub fn median_time(commit: &Commit, validators: &[validator::Info]) -> Option<Time> {
    let mut votes: Vec<(Time, u64)> =
        commit.signatures.iter().filter_map(|vote| vote_weight(vote, validators)).collect();
    votes.sort_unstable();
    let mut half = votes.iter().map(|(_, power)| power).sum::<u64>() / 2;
    for (time, power) in votes {
        if half <= power {
            return Some(time);
        }
        half -= power;
    }
    None
}

fn vote_weight(vote: &CommitSig, validators: &[validator::Info]) -> Option<(Time, u64)> {
    match vote {
        CommitSig::BlockIdFlagCommit { validator_address, timestamp, .. } => {
            let voter = validators.iter().find(|validator| validator.address == *validator_address)?;
            Some((*timestamp, voter.power()))
        }
        _ => None,
    }
}

/// Room for transactions in a block of these parameters, as CometBFT computes it (`MaxDataBytes`).
pub fn max_tx_bytes(params: &consensus::Params, validators: usize) -> u64 {
    let commit = COMMIT_BYTES.0 + COMMIT_BYTES.1 * validators as u64;
    params.block.max_bytes.saturating_sub(BLOCK_OVERHEAD_BYTES + HEADER_BYTES + commit)
}

/// Bytes that a transaction takes in a block: itself, one tag byte and its length.
pub fn tx_bytes_in_block(tx: &[u8]) -> u64 {
    (1 + prost::length_delimiter_len(tx.len()) + tx.len()) as u64
}
