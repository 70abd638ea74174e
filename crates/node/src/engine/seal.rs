//! One block: propose, execute, vote, write once, show.

use bytes::Bytes;
use tendermint::{
    Time,
    block::{Block, Commit, Id},
};
use tendermint_proto::v0_38::{
    abci::{
        CheckTxType, RequestFinalizeBlock, RequestPrepareProposal, RequestProcessProposal,
        ResponseFinalizeBlock, request::Value as Request, response::Value as Response,
        response_process_proposal::ProposalStatus,
    },
    types as pb,
};

use super::{
    Engine, block,
    state::{EngineState, StoredBlock},
    vote,
};
use crate::{NodeError, error::lock};

impl Engine {
    /// Seals the next block with the transactions that wait, and says how many it holds.
    pub(super) fn seal(&self, now: Time) -> Result<usize, NodeError> {
        let _one_at_a_time = lock(&self.sealing)?;
        let state = self.state()?;
        let last_commit = self.last_commit(&state)?;
        let txs = self.propose(&state)?;
        let proposer = state.validators.first().ok_or(NodeError::Validators)?.clone();
        let time = match &last_commit {
            None => state.last_block_time,
            Some(commit) => block::median_time(commit, &state.validators)
                .ok_or(NodeError::Damaged("the last commit has no vote"))?,
        };
        let info = vote::info(last_commit.as_ref(), proposer.power());
        let (block, proto, id) = block::assemble(&state, proposer.address, time, last_commit, txs)?;
        let executed = self.execute(&block, id, info)?;
        let commit = vote::commit(&self.key, &state.chain_id, proposer.address, &block, id, now)?;
        let next = next_state(&state, &block, id, &executed)?;
        let stored = StoredBlock {
            block: Some(proto),
            block_id: Some(id.into()),
            commit: Some(commit.into()),
            results: executed.tx_results,
            app_hash_after: executed.app_hash.to_vec(),
            validators: Some(EngineState::set(&state.validators).into()),
        };
        self.write_and_show(&stored, next, &block.data)?;
        Ok(block.data.len())
    }

    fn last_commit(&self, state: &EngineState) -> Result<Option<Commit>, NodeError> {
        if state.height == 0 {
            return Ok(None);
        }
        let last = self.block(state.height)?.ok_or(NodeError::Damaged("the last block is missing"))?;
        Ok(Some(last.commit()?))
    }

    /// The transactions of the next block, after the application has had its say.
    fn propose(&self, state: &EngineState) -> Result<Vec<Vec<u8>>, NodeError> {
        let room = block::max_tx_bytes(&state.params, state.validators.len());
        let txs = lock(&self.mempool)?.reap(room);
        if txs.is_empty() {
            return Ok(Vec::new());
        }
        let request = RequestPrepareProposal {
            max_tx_bytes: i64::try_from(room).unwrap_or(i64::MAX),
            txs,
            height: crate::app::signed(state.height + 1)?,
            ..Default::default()
        };
        let Response::PrepareProposal(prepared) = self.app.handle(Request::PrepareProposal(request))? else {
            return Err(NodeError::Incomplete("PrepareProposal was answered with something else"));
        };
        self.accept(&prepared.txs)?;
        Ok(prepared.txs.iter().map(|tx| tx.to_vec()).collect())
    }

    fn accept(&self, txs: &[Bytes]) -> Result<(), NodeError> {
        let request = RequestProcessProposal { txs: txs.to_vec(), ..Default::default() };
        match self.app.handle(Request::ProcessProposal(request))? {
            Response::ProcessProposal(verdict) if verdict.status == i32::from(ProposalStatus::Accept) => {
                Ok(())
            }
            _ => Err(NodeError::Incomplete("the application refused its own proposal")),
        }
    }

    fn execute(
        &self,
        block: &Block,
        id: Id,
        decided_last_commit: tendermint_proto::v0_38::abci::CommitInfo,
    ) -> Result<ResponseFinalizeBlock, NodeError> {
        let header: pb::Header = block.header.clone().into();
        let request = RequestFinalizeBlock {
            txs: block.data.iter().cloned().map(Bytes::from).collect(),
            decided_last_commit: Some(decided_last_commit),
            misbehavior: Vec::new(),
            hash: id.hash.as_bytes().to_vec().into(),
            height: header.height,
            time: header.time,
            next_validators_hash: header.next_validators_hash.into(),
            proposer_address: header.proposer_address.into(),
        };
        match self.app.handle(Request::FinalizeBlock(request))? {
            // No such motion comes this far (see `offer`); going on under a set it cannot sign for would be worse than to stop.
            Response::FinalizeBlock(executed) if !executed.validator_updates.is_empty() => {
                Err(NodeError::OtherValidators)
            }
            Response::FinalizeBlock(executed) => Ok(executed),
            _ => Err(NodeError::Incomplete("FinalizeBlock was answered with something else")),
        }
    }

    /// Transactions go on coming while the block is written, and are judged on the state before it. Then the mempool is locked
    /// until what is left in it was judged again, so that none is judged on a state that is half old, half new.
    fn write_and_show(
        &self,
        stored: &StoredBlock,
        next: EngineState,
        txs: &[Vec<u8>],
    ) -> Result<(), NodeError> {
        let height = next.height;
        let written = self.app.write(Some((stored, &next)))?;
        let mut mempool = lock(&self.mempool)?;
        self.app.check_on(&written)?;
        *lock(&self.state)? = next;
        mempool.after_block(txs, |tx| {
            Ok::<_, NodeError>(self.check_tx(tx.clone(), CheckTxType::Recheck)?.code == 0)
        })?;
        drop(mempool);
        self.sealed.send_replace(height);
        tracing::debug!(height, txs = txs.len(), "sealed");
        Ok(())
    }
}

fn next_state(
    state: &EngineState,
    block: &Block,
    id: Id,
    executed: &ResponseFinalizeBlock,
) -> Result<EngineState, NodeError> {
    let changed = executed.app_hash.as_ref() != state.app_hash.as_bytes();
    if changed && block.data.is_empty() {
        return Err(NodeError::EmptyBlockChangedState);
    }
    Ok(EngineState {
        chain_id: state.chain_id.clone(),
        height: state.height + 1,
        last_block_id: Some(id),
        last_block_time: block.header.time,
        validators: state.next_validators.clone(),
        next_validators: state.next_validators.clone(),
        params: state.params.clone(),
        app_hash: executed.app_hash.to_vec().try_into()?,
        last_results_hash: block::results_hash(&executed.tx_results),
        proof_due: changed,
    })
}
