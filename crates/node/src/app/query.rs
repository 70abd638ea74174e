//! Answers to `abci_query` (docs/spec/node.md). Each is only as good as the proof that comes with it.

use borsh::{BorshDeserialize, BorshSerialize};
use medrec_ledger::{QueryError, TreeHead};
use medrec_protocol::{
    codec,
    query::{self, ConsistencyQuery, InclusionQuery, LogRange, MAX_QUERY_BYTES},
};
use tendermint_proto::v0_38::{
    abci::{RequestQuery, ResponseQuery},
    crypto::{ProofOp, ProofOps},
};

use super::{CODESPACE, signed};
use crate::{NodeError, storage::Snapshot};

/// Why a question has no answer. The numbers are result codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[repr(u32)]
pub enum Unanswered {
    /// No such path.
    #[error("there is no such query path; known are /state, /log, /log/inclusion, /log/consistency")]
    Path = 1,
    /// The argument is not what the path asks for.
    #[error("the argument is not well-formed")]
    Argument = 2,
    /// The height lies ahead.
    #[error("this height is not reached yet")]
    Ahead = 3,
    /// The height lies too far back.
    #[error("the state of this height is not kept any more; ask about a newer one")]
    Forgotten = 4,
    /// The log has no such place.
    #[error("the log does not reach that far")]
    OutOfRange = 5,
    /// No such log.
    #[error("there is no such log")]
    UnknownLog = 6,
}

/// What a path answers: value and, where asked for, proof.
type Answer = Result<(Vec<u8>, Option<Vec<u8>>), Unanswered>;

/// Answers one query.
pub(super) fn answer(snapshot: &Snapshot, request: &RequestQuery) -> Result<ResponseQuery, NodeError> {
    let reached = snapshot.position()?.map_or(0, |position| position.height);
    let height = u64::try_from(request.height).ok().filter(|height| *height > 0).unwrap_or(reached);
    let answer = if request.data.len() > MAX_QUERY_BYTES {
        Err(Unanswered::Argument)
    } else if height > reached {
        Err(Unanswered::Ahead)
    } else {
        by_path(snapshot, request, height)?
    };
    let mut response =
        ResponseQuery { key: request.data.clone(), height: signed(height)?, ..Default::default() };
    match answer {
        Ok((value, proof)) => {
            let op = |data| ProofOp { r#type: query::STATE_PROOF.into(), key: request.data.to_vec(), data };
            response.value = value.into();
            response.proof_ops = proof.map(|data| ProofOps { ops: vec![op(data)] });
        }
        Err(why) => {
            response.code = why as u32;
            response.log = why.to_string();
            response.codespace = CODESPACE.into();
        }
    }
    Ok(response)
}

fn by_path(snapshot: &Snapshot, request: &RequestQuery, height: u64) -> Result<Answer, NodeError> {
    let data = request.data.as_ref();
    match request.path.as_str() {
        query::STATE => state(snapshot, data, height, request.prove),
        query::LOG => log(snapshot, data),
        query::LOG_INCLUSION => inclusion(snapshot, data),
        query::LOG_CONSISTENCY => consistency(snapshot, data),
        _ => Ok(Err(Unanswered::Path)),
    }
}

fn state(snapshot: &Snapshot, key: &[u8], height: u64, prove: bool) -> Result<Answer, NodeError> {
    if key.is_empty() {
        return Ok(Err(Unanswered::Argument));
    }
    // A node that began with a snapshot knows nothing of the heights before it.
    let Some(TreeHead { version, .. }) = snapshot.head_at(height)? else {
        return Ok(Err(Unanswered::Forgotten));
    };
    if !snapshot.is_provable(version)? {
        return Ok(Err(Unanswered::Forgotten));
    }
    answered(medrec_ledger::prove_leaf(snapshot, version, key), |leaf| {
        (leaf.value.unwrap_or_default(), prove.then_some(leaf.proof))
    })
}

fn log(snapshot: &Snapshot, data: &[u8]) -> Result<Answer, NodeError> {
    let Some(range) = argument::<LogRange>(data) else { return Ok(Err(Unanswered::Argument)) };
    answered(medrec_ledger::log_entries(snapshot, &range), unproved)
}

fn inclusion(snapshot: &Snapshot, data: &[u8]) -> Result<Answer, NodeError> {
    let Some(asked) = argument::<InclusionQuery>(data) else { return Ok(Err(Unanswered::Argument)) };
    answered(medrec_ledger::prove_inclusion(snapshot, &asked), unproved)
}

fn consistency(snapshot: &Snapshot, data: &[u8]) -> Result<Answer, NodeError> {
    let Some(asked) = argument::<ConsistencyQuery>(data) else { return Ok(Err(Unanswered::Argument)) };
    answered(medrec_ledger::prove_consistency(snapshot, &asked), unproved)
}

fn argument<T: BorshSerialize + BorshDeserialize>(data: &[u8]) -> Option<T> {
    codec::decode(data, MAX_QUERY_BYTES).ok()
}

/// Log answers carry no proof of their own: they are compared with the log's proved leaf.
fn unproved<T: BorshSerialize>(value: T) -> (Vec<u8>, Option<Vec<u8>>) {
    (codec::encode(&value), None)
}

fn answered<T>(
    result: Result<T, QueryError>,
    value: impl Fn(T) -> (Vec<u8>, Option<Vec<u8>>),
) -> Result<Answer, NodeError> {
    match result {
        Ok(found) => Ok(Ok(value(found))),
        Err(QueryError::VersionNotKept(_)) => Ok(Err(Unanswered::Forgotten)),
        Err(QueryError::UnknownLog(_)) => Ok(Err(Unanswered::UnknownLog)),
        Err(QueryError::Proof(_)) => Ok(Err(Unanswered::OutOfRange)),
        Err(QueryError::Ledger(error)) => Err(error.into()),
    }
}
