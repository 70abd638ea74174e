//! Verified reads under one header, so that everything read in one sync is of one moment.
//!
//! The state after block `h` stands under header `h + 1`; so a head of height `H` proves the state after
//! `H − 1`. (LC-13)

use std::sync::Arc;

use medrec_protocol::{
    AgentAddress, ProviderAddress, PublicKey, RelationshipAddress,
    log::{Frontier, LogId},
    query,
    state::{self, DirectoryLeaf, GrantId, ProviderLeaf, RelationshipLeaf, StateKey},
};

use crate::{
    error::{ClientError, Lie},
    head::{Head, Height},
    log::ProvenLog,
    node::{Node, Query},
    verify::leaf,
};

/// The state under one verified head, read through one node. Cheap to clone.
#[derive(Clone)]
pub struct Snapshot {
    node: Arc<dyn Node>,
    head: Head,
    height: Height,
}

/// A relationship's proved leaf, and the way to its log.
#[derive(Clone)]
pub struct ProvenRelationship {
    /// The leaf.
    pub leaf: RelationshipLeaf,
    log: ProvenLog,
}

impl ProvenRelationship {
    /// The relationship's log.
    pub fn log(&self) -> &ProvenLog {
        &self.log
    }
}

/// The directory's proved leaf, and the way to its log.
#[derive(Clone)]
pub struct ProvenDirectory {
    /// The leaf.
    pub leaf: DirectoryLeaf,
    log: ProvenLog,
}

impl ProvenDirectory {
    /// The directory's log.
    pub fn log(&self) -> &ProvenLog {
        &self.log
    }
}

impl Snapshot {
    pub(crate) fn new(node: Arc<dyn Node>, head: Head) -> Result<Self, ClientError> {
        let height = head.height.previous().ok_or(ClientError::NotReady)?;
        Ok(Self { node, head, height })
    }

    /// The head that everything here is proved under.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The block whose state this is: one below the head.
    pub fn height(&self) -> Height {
        self.height
    }

    /// The leaf under a key, or the proved absence of one.
    pub async fn leaf(&self, key: StateKey) -> Result<Option<Vec<u8>>, ClientError> {
        Ok(self.leaf_with_proof(key).await?.0)
    }

    /// As [`Self::leaf`], with the proof as the node gave it, for somebody who checks it without a network (STATE-3).
    pub async fn leaf_with_proof(&self, key: StateKey) -> Result<(Option<Vec<u8>>, Vec<u8>), ClientError> {
        let query = Query { path: query::STATE, data: key.encode(), height: Some(self.height), prove: true };
        let name = self.node.name();
        let answer = self.node.query(query).await.map_err(|error| ClientError::node(name, error))?;
        let proof = answer.proof.first().map(|operation| operation.data.clone()).unwrap_or_default();
        let value = leaf::verify_answer(answer, &key, self.height, &self.head.app_hash)
            .map_err(|fault| ClientError::lie(name, fault))?;
        Ok((value, proof))
    }

    async fn decoded<T>(&self, key: StateKey) -> Result<Option<T>, ClientError>
    where
        T: borsh::BorshSerialize + borsh::BorshDeserialize,
    {
        let Some(bytes) = self.leaf(key).await? else { return Ok(None) };
        let leaf = state::decode_leaf(&bytes);
        leaf.map(Some)
            .map_err(|error| ClientError::lie(self.node.name(), Lie::LeafContent(error.to_string())))
    }

    /// A provider's leaf.
    pub async fn provider(&self, address: ProviderAddress) -> Result<Option<ProviderLeaf>, ClientError> {
        self.decoded(StateKey::Provider(address)).await
    }

    /// A relationship's leaf.
    pub async fn relationship(
        &self,
        address: RelationshipAddress,
    ) -> Result<Option<ProvenRelationship>, ClientError> {
        let leaf: Option<RelationshipLeaf> = self.decoded(StateKey::Relationship(address)).await?;
        Ok(leaf.map(|leaf| {
            let log = self.log_at(LogId::Relationship(address), leaf.log.clone());
            ProvenRelationship { leaf, log }
        }))
    }

    /// The relationship for which an agent's key was appointed.
    pub async fn agent(&self, address: AgentAddress) -> Result<Option<RelationshipAddress>, ClientError> {
        self.decoded(StateKey::Agent(address)).await
    }

    /// The relationship that a key other than the first owns, or will own.
    pub async fn owner(&self, key: PublicKey) -> Result<Option<RelationshipAddress>, ClientError> {
        self.decoded(StateKey::Owner(key)).await
    }

    /// The directory's leaf.
    pub async fn directory(&self) -> Result<ProvenDirectory, ClientError> {
        let leaf: DirectoryLeaf = self.decoded(StateKey::Directory).await?.unwrap_or_default();
        let log = self.log_at(LogId::Directory, leaf.log.clone());
        Ok(ProvenDirectory { leaf, log })
    }

    /// True when a grant of this id was revoked.
    pub async fn is_revoked(
        &self,
        relationship: RelationshipAddress,
        grant: GrantId,
    ) -> Result<bool, ClientError> {
        Ok(self.leaf(StateKey::Tombstone(relationship, grant)).await?.is_some())
    }

    /// A log by its name; [`ClientError::NoLog`] when its account does not exist.
    pub async fn log(&self, log: LogId) -> Result<ProvenLog, ClientError> {
        match log {
            LogId::Directory => Ok(self.directory().await?.log),
            LogId::Relationship(address) => {
                self.relationship(address).await?.map(|proven| proven.log).ok_or(ClientError::NoLog)
            }
        }
    }

    fn log_at(&self, log: LogId, frontier: Frontier) -> ProvenLog {
        ProvenLog::new(Arc::clone(&self.node), log, frontier)
    }
}
