//! Which transactions a proposed block holds, and in which order.

use std::collections::BTreeSet;

use bytes::Bytes;
use medrec_protocol::actions::{Action, Rules};
use tendermint_proto::v0_38::abci::{
    RequestPrepareProposal, RequestProcessProposal, ResponsePrepareProposal, ResponseProcessProposal,
    response_process_proposal::ProposalStatus,
};

use crate::engine::block::tx_bytes_in_block;

/// Well-formed transactions, revocations first, as many as fit.
pub(super) fn prepare(request: RequestPrepareProposal) -> ResponsePrepareProposal {
    let limit = u64::try_from(request.max_tx_bytes).unwrap_or(0);
    let mut used = 0;
    let mut txs = revocations_first(request.txs);
    txs.retain(|tx| {
        let fits = used + tx_bytes_in_block(tx) <= limit;
        if fits {
            used += tx_bytes_in_block(tx);
        }
        fits
    });
    ResponsePrepareProposal { txs }
}

/// Refuses only what every node would refuse at any time: bytes that are not a transaction.
pub(super) fn process(request: &RequestProcessProposal) -> ResponseProcessProposal {
    let well_formed = request.txs.iter().all(|tx| medrec_ledger::is_well_formed(tx));
    let status = if well_formed { ProposalStatus::Accept } else { ProposalStatus::Reject };
    ResponseProcessProposal { status: status.into() }
}

/// A revocation must not wait behind a full block of other things. One that needs a relationship opened in
/// the same proposal keeps its place; all others keep their order among themselves.
fn revocations_first(txs: Vec<Bytes>) -> Vec<Bytes> {
    let mut opened = BTreeSet::new();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for tx in txs {
        let Ok(decoded) = medrec_ledger::well_formed(&tx) else { continue };
        let actions = decoded.body.actions.as_slice();
        opened.extend(
            actions
                .iter()
                .filter(|action| matches!(action, Action::OpenRelationship(_)))
                .map(Rules::relationship),
        );
        if revokes(actions) && !actions.iter().any(|action| opened.contains(&action.relationship())) {
            first.push(tx);
        } else {
            rest.push(tx);
        }
    }
    first.append(&mut rest);
    first
}

fn revokes(actions: &[Action]) -> bool {
    actions.iter().any(|action| matches!(action, Action::Revoke(_)))
}
