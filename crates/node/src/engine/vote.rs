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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{block, state::EngineState};
    use tendermint::{consensus, validator};

    fn state(key: &SigningKey, time: Time) -> EngineState {
        let public = tendermint::PublicKey::from_raw_ed25519(key.verifying_key().as_bytes()).unwrap();
        let validators = vec![validator::Info::new(public, 10u32.into())];
        EngineState {
            chain_id: "vote-1".parse().unwrap(),
            height: 0,
            last_block_id: None,
            last_block_time: time,
            validators: validators.clone(),
            next_validators: validators,
            params: serde_json::from_value::<consensus::Params>(serde_json::json!({
                "block": {"max_bytes": "1000000", "max_gas": "-1"},
                "evidence": {"max_age_num_blocks": "1", "max_age_duration": "1", "max_bytes": "1"},
                "validator": {"pub_key_types": ["ed25519"]},
            }))
            .unwrap(),
            app_hash: vec![1; 32].try_into().unwrap(),
            last_results_hash: block::merkle_root(&[]),
            proof_due: false,
        }
    }

    fn vote_time(now: Time) -> (Time, Time) {
        let key = SigningKey::from_bytes(&[5; 32]);
        let genesis = Time::from_unix_timestamp(1_700_000_000, 0).unwrap();
        let state = state(&key, genesis);
        let proposer = state.validators[0].address;
        let (sealed, _, id) = block::assemble(&state, proposer, genesis, None, Vec::new()).unwrap();
        let commit = commit(&key, &state.chain_id, proposer, &sealed, id, now).unwrap();
        (genesis, block::median_time(&commit, &state.validators).unwrap())
    }

    #[test]
    fn time_goes_on_by_a_millisecond_when_the_clock_stands_still_or_goes_back() {
        for seconds in [1_700_000_000, 1_600_000_000, 0] {
            let (genesis, next) = vote_time(Time::from_unix_timestamp(seconds, 0).unwrap());
            assert_eq!(next, (genesis + TIME_STEP).unwrap());
        }
    }

    #[test]
    fn time_is_that_of_the_clock_otherwise() {
        let clock = Time::from_unix_timestamp(1_700_000_007, 123_456_789).unwrap();
        assert_eq!(vote_time(clock).1, clock);
    }
}
