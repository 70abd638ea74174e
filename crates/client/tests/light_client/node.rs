//! A node in memory that answers from a [`Chain`], counts what it is asked, and lies where it is told to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use medrec_client::{
    Height, Node, NodeError,
    node::{ProofOperation, Query, QueryAnswer, ResultCode, TxPlace},
    verify::genesis::GenesisDocument,
};
use medrec_ledger::query as ledger;
use medrec_protocol::{codec, query, tx::TxId};
use tendermint::{block::signed_header::SignedHeader, validator};

use crate::chain::{Chain, infos};

type Alter<T> = Box<dyn Fn(T) -> Result<T, NodeError> + Send + Sync>;
type AlterAnswer = Box<dyn Fn(&Query, QueryAnswer) -> Result<QueryAnswer, NodeError> + Send + Sync>;

/// A shared chain; several nodes may answer from one.
pub type Shared = Arc<Mutex<Chain>>;

pub struct MemoryNode {
    name: String,
    operator: Option<String>,
    /// Before each header.
    pause: std::time::Duration,
    /// Blocks that it has not seen yet.
    late_by: usize,
    chain: Shared,
    asked: Arc<Mutex<BTreeMap<&'static str, u32>>>,
    genesis: Option<Alter<GenesisDocument>>,
    newest: Option<Alter<SignedHeader>>,
    header: Option<Alter<SignedHeader>>,
    validators: Option<Alter<Vec<validator::Info>>>,
    answer: Option<AlterAnswer>,
    place: Option<Alter<Option<TxPlace>>>,
}

/// How often a node was asked for what.
#[derive(Clone)]
pub struct Asked(Arc<Mutex<BTreeMap<&'static str, u32>>>);

impl Asked {
    /// Counts since the last call of this.
    pub fn take(&self) -> BTreeMap<&'static str, u32> {
        std::mem::take(&mut *self.0.lock().expect("no panic"))
    }
}

pub fn unreachable() -> NodeError {
    NodeError::Unreachable { reason: "no route".into() }
}

impl MemoryNode {
    pub fn new(name: &str, chain: &Shared) -> Self {
        Self {
            name: name.into(),
            operator: None,
            pause: std::time::Duration::ZERO,
            late_by: 0,
            chain: Arc::clone(chain),
            asked: Arc::default(),
            genesis: None,
            newest: None,
            header: None,
            validators: None,
            answer: None,
            place: None,
        }
    }

    /// Run by this organisation.
    pub fn run_by(mut self, operator: &str) -> Self {
        self.operator = Some(operator.into());
        self
    }

    /// Takes so long for each header.
    pub fn slow(mut self, pause: std::time::Duration) -> Self {
        self.pause = pause;
        self
    }

    /// So many blocks behind; honest otherwise.
    pub fn late_by(mut self, blocks: usize) -> Self {
        self.late_by = blocks;
        self
    }

    pub fn asked(&self) -> Asked {
        Asked(Arc::clone(&self.asked))
    }

    pub fn genesis(mut self, alter: impl Fn(&mut GenesisDocument) + Send + Sync + 'static) -> Self {
        self.genesis = Some(Box::new(move |mut document| {
            alter(&mut document);
            Ok(document)
        }));
        self
    }

    /// Alters the newest header only.
    pub fn newest(
        mut self,
        alter: impl Fn(SignedHeader) -> Result<SignedHeader, NodeError> + Send + Sync + 'static,
    ) -> Self {
        self.newest = Some(Box::new(alter));
        self
    }

    /// Alters headers that are asked for by height.
    pub fn header(
        mut self,
        alter: impl Fn(SignedHeader) -> Result<SignedHeader, NodeError> + Send + Sync + 'static,
    ) -> Self {
        self.header = Some(Box::new(alter));
        self
    }

    pub fn validators(mut self, alter: impl Fn(&mut Vec<validator::Info>) + Send + Sync + 'static) -> Self {
        self.validators = Some(Box::new(move |mut list| {
            alter(&mut list);
            Ok(list)
        }));
        self
    }

    pub fn answer(
        mut self,
        alter: impl Fn(&Query, QueryAnswer) -> Result<QueryAnswer, NodeError> + Send + Sync + 'static,
    ) -> Self {
        self.answer = Some(Box::new(alter));
        self
    }

    /// Alters where it says that a transaction stands.
    pub fn place(
        mut self,
        alter: impl Fn(Option<TxPlace>) -> Option<TxPlace> + Send + Sync + 'static,
    ) -> Self {
        self.place = Some(Box::new(move |place| Ok(alter(place))));
        self
    }

    /// A node that nobody reaches.
    pub fn away(self) -> Self {
        self.newest(|_| Err(unreachable())).header(|_| Err(unreachable()))
    }

    pub fn boxed(self) -> Arc<dyn Node> {
        Arc::new(self)
    }

    fn chain(&self, what: &'static str) -> MutexGuard<'_, Chain> {
        *self.asked.lock().expect("no panic").entry(what).or_default() += 1;
        self.chain.lock().expect("no panic")
    }
}

fn altered<T>(alter: Option<&Alter<T>>, value: T) -> Result<T, NodeError> {
    match alter {
        Some(alter) => alter(value),
        None => Ok(value),
    }
}

fn refused(what: &'static str, reason: impl ToString) -> NodeError {
    NodeError::Refused { what, reason: reason.to_string() }
}

/// What an honest node answers.
fn honest(chain: &Chain, query: &Query) -> Result<QueryAnswer, NodeError> {
    let storage = &chain.ledger.storage;
    let height = query.height.unwrap_or(Height::try_from(chain.height()).expect("a height"));
    let bytes =
        |value: Vec<u8>| QueryAnswer { height: Some(height), key: query.data.clone(), value, proof: vec![] };
    match query.path {
        query::STATE => {
            let block = chain.block(height).ok_or_else(|| refused(query.path, "no such block"))?;
            let leaf = ledger::prove_leaf(storage, block.after.version, &query.data)
                .map_err(|error| refused(query.path, error))?;
            let key = query.data.clone();
            let proof =
                ProofOperation { kind: query::STATE_PROOF.into(), key: key.clone(), data: leaf.proof };
            Ok(QueryAnswer {
                height: Some(height),
                key,
                value: leaf.value.unwrap_or_default(),
                proof: vec![proof],
            })
        }
        query::LOG => {
            let range = codec::decode(&query.data, query::MAX_QUERY_BYTES).expect("a range");
            ledger::log_entries(storage, &range)
                .map(|entries| bytes(codec::encode(&entries)))
                .map_err(|error| refused(query.path, error))
        }
        query::LOG_INCLUSION => {
            let asked = codec::decode(&query.data, query::MAX_QUERY_BYTES).expect("a question");
            ledger::prove_inclusion(storage, &asked)
                .map(|proof| bytes(codec::encode(&proof)))
                .map_err(|error| refused(query.path, error))
        }
        query::LOG_CONSISTENCY => {
            let asked = codec::decode(&query.data, query::MAX_QUERY_BYTES).expect("a question");
            ledger::prove_consistency(storage, &asked)
                .map(|proof| bytes(codec::encode(&proof)))
                .map_err(|error| refused(query.path, error))
        }
        other => Err(refused(other, "unknown path")),
    }
}

#[async_trait]
impl Node for MemoryNode {
    fn name(&self) -> &str {
        &self.name
    }

    fn operator(&self) -> &str {
        self.operator.as_deref().unwrap_or(&self.name)
    }

    async fn genesis(&self) -> Result<GenesisDocument, NodeError> {
        let document = self.chain("genesis").document.clone();
        altered(self.genesis.as_ref(), document)
    }

    async fn newest_header(&self) -> Result<SignedHeader, NodeError> {
        let newest = {
            let chain = self.chain("newest");
            let seen = chain.blocks.len().saturating_sub(self.late_by).max(1);
            chain.blocks[seen - 1].signed.clone()
        };
        tokio::time::sleep(self.pause).await;
        altered(self.newest.as_ref(), newest)
    }

    async fn header(&self, height: Height) -> Result<SignedHeader, NodeError> {
        let block = self.chain("header").block(height).cloned();
        let block = block.ok_or_else(|| refused("a header", "no such block"))?;
        tokio::time::sleep(self.pause).await;
        altered(self.header.as_ref(), block.signed)
    }

    async fn validators(&self, height: Height) -> Result<Vec<validator::Info>, NodeError> {
        let list = {
            let chain = self.chain("validators");
            let after = height.previous().and_then(|height| chain.block(height)).map(|block| &block.next);
            chain.block(height).map(|block| &block.validators).or(after).map(|list| infos(list))
        };
        let list = list.ok_or_else(|| refused("validators", "no such block"))?;
        altered(self.validators.as_ref(), list)
    }

    async fn query(&self, query: Query) -> Result<QueryAnswer, NodeError> {
        let answer = honest(&self.chain(query.path), &query)?;
        match &self.answer {
            Some(alter) => alter(&query, answer),
            None => Ok(answer),
        }
    }

    async fn submit(&self, tx: &[u8]) -> Result<ResultCode, NodeError> {
        Ok(self.chain("submit").hand_in(tx))
    }

    async fn find_tx(&self, id: TxId) -> Result<Option<TxPlace>, NodeError> {
        let place = self.chain("find").txs.get(&id).copied();
        altered(self.place.as_ref(), place)
    }
}
