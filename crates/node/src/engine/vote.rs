//! The vote of the only validator, which makes a block final.

use std::time::Duration;

use ed25519_dalek::{Signer, SigningKey};
use tendermint::{
    Signature, Time, account,
    block::{self, Block, Commit, CommitSig},
    chain, vote,
};
use tendermint_proto::v0_38::{
    abci::{CommitInfo, Validator, VoteInfo},
    types::BlockIdFlag,
};

use crate::NodeError;

/// A vote is at least this much later than its block (CometBFT v0.38, `voteTime`), so time always goes on.
const TIME_STEP: Duration = Duration::from_millis(1);

/// Signs a precommit for a block and returns the commit that it makes.
pub(super) fn commit(
    key: &SigningKey,
    chain_id: &chain::Id,
    validator: account::Id,
    block: &Block,
    block_id: block::Id,
    now: Time,
) -> Result<Commit, NodeError> {
    let (height, round) = (block.header.height, 0u16.into());
    let timestamp = now.max((block.header.time + TIME_STEP)?);
    let vote = vote::Vote {
        vote_type: vote::Type::Precommit,
        height,
        round,
        block_id: Some(block_id),
        timestamp: Some(timestamp),
        validator_address: validator,
        validator_index: 0u32.try_into()?,
        signature: None,
        extension: Vec::new(),
        extension_signature: None,
    };
    let signature = key.sign(&vote.into_signable_vec(chain_id.clone())).to_bytes();
    let signature = CommitSig::BlockIdFlagCommit {
        validator_address: validator,
        timestamp,
        signature: Signature::new(signature)?,
    };
    Ok(Commit { height, round, block_id, signatures: vec![signature] })
}

/// The commit before a block, as the application is told about it.
pub(super) fn info(last: Option<&Commit>, power: u64) -> CommitInfo {
    let vote = |vote: &CommitSig| match vote {
        CommitSig::BlockIdFlagCommit { validator_address, .. } => Some(VoteInfo {
            validator: Some(Validator {
                address: validator_address.as_bytes().to_vec().into(),
                power: power.try_into().unwrap_or(i64::MAX),
            }),
            block_id_flag: BlockIdFlag::Commit.into(),
        }),
        _ => None,
    };
    let votes = last.map(|commit| commit.signatures.iter().filter_map(vote).collect());
    CommitInfo { round: 0, votes: votes.unwrap_or_default() }
}
