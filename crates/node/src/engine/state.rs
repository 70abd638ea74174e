//! What the engine carries from one block to the next, and what it keeps of each block.

use prost::Message;
use serde::{Deserialize, Serialize};
use tendermint::{AppHash, Hash, Time, block, chain, consensus, validator};
use tendermint_proto::v0_38::{abci::ExecTxResult, types as pb};

use crate::NodeError;

/// Everything that the next header is made of. Written with each block, in the same transaction.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EngineState {
    /// Name of the ledger.
    pub chain_id: chain::Id,
    /// Last sealed height; 0 before the first.
    pub height: u64,
    /// Id of the last block.
    pub last_block_id: Option<block::Id>,
    /// Time in the last header; genesis time before the first.
    pub last_block_time: Time,
    /// Validators of the next height.
    pub validators: Vec<validator::Info>,
    /// Validators of the height after it.
    pub next_validators: Vec<validator::Info>,
    /// Consensus parameters.
    pub params: consensus::Params,
    /// State after the last block: stands in the next header.
    #[serde(with = "tendermint::serializers::apphash")]
    pub app_hash: AppHash,
    /// Results of the last block: stand in the next header.
    pub last_results_hash: Hash,
    /// The last block changed the state, and no header says so yet.
    pub proof_due: bool,
}

impl EngineState {
    /// As stored.
    pub fn encode(&self) -> Result<Vec<u8>, NodeError> {
        serde_json::to_vec(self).map_err(|_| NodeError::Damaged("the engine's state cannot be written"))
    }

    /// From storage.
    pub fn decode(bytes: &[u8]) -> Result<Self, NodeError> {
        serde_json::from_slice(bytes).map_err(|_| NodeError::Damaged("the engine's state cannot be read"))
    }

    /// The validators of a height, as a set with its proposer.
    pub fn set(validators: &[validator::Info]) -> validator::Set {
        validator::Set::new(validators.to_vec(), validators.first().cloned())
    }
}

/// One sealed height: all that is answered about it.
#[derive(Clone, PartialEq, Message)]
pub struct StoredBlock {
    /// The block.
    #[prost(message, optional, tag = "1")]
    pub block: Option<pb::Block>,
    /// Its id.
    #[prost(message, optional, tag = "2")]
    pub block_id: Option<pb::BlockId>,
    /// The precommits for this block.
    #[prost(message, optional, tag = "3")]
    pub commit: Option<pb::Commit>,
    /// One result for each transaction.
    #[prost(message, repeated, tag = "4")]
    pub results: Vec<ExecTxResult>,
    /// State after this block.
    #[prost(bytes = "vec", tag = "5")]
    pub app_hash_after: Vec<u8>,
    /// Validators that signed it.
    #[prost(message, optional, tag = "6")]
    pub validators: Option<pb::ValidatorSet>,
}

/// Fields that every stored block has; their absence means a damaged database.
impl StoredBlock {
    /// From storage.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NodeError> {
        Self::decode(bytes).map_err(|_| NodeError::Damaged("a block cannot be read"))
    }

    /// The block in CometBFT's own form.
    pub fn proto(&self) -> Result<&pb::Block, NodeError> {
        self.block.as_ref().ok_or(NodeError::Damaged("a block without content"))
    }

    /// Its header in CometBFT's own form.
    pub fn proto_header(&self) -> Result<&pb::Header, NodeError> {
        self.proto()?.header.as_ref().ok_or(NodeError::Damaged("a block without header"))
    }

    /// Its header.
    pub fn header(&self) -> Result<block::Header, NodeError> {
        Ok(self.proto_header()?.clone().try_into()?)
    }

    /// Its transactions.
    pub fn txs(&self) -> &[Vec<u8>] {
        let data = self.block.as_ref().and_then(|block| block.data.as_ref());
        data.map(|data| data.txs.as_slice()).unwrap_or_default()
    }

    /// The precommits for it.
    pub fn commit(&self) -> Result<block::Commit, NodeError> {
        Ok(self.commit.clone().ok_or(NodeError::Damaged("a block without commit"))?.try_into()?)
    }

    /// Header and commit together, as a light client takes them.
    pub fn signed_header(&self) -> Result<block::signed_header::SignedHeader, NodeError> {
        Ok(block::signed_header::SignedHeader::new(self.header()?, self.commit()?)?)
    }

    /// The validators that signed it.
    pub fn validators(&self) -> Result<validator::Set, NodeError> {
        let set = self.validators.clone().ok_or(NodeError::Damaged("a block without validators"))?;
        Ok(set.try_into()?)
    }
}
