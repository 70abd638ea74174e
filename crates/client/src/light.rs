//! Keeps the newest verified header of one ledger: a primary is asked, witnesses are compared with it.

use std::sync::Arc;

use futures::future;
use medrec_protocol::{ChainIdentity, Timestamp, codec::DecodeError, state};
use tendermint::{Time, block::signed_header::SignedHeader};

use crate::{
    error::{ClientError, Lie},
    head::{Head, Height},
    network::{Anchor, NetworkFile},
    node::{Node, NodeError},
    snapshot::Snapshot,
    verify::{
        genesis::{self, GenesisDocument, GenesisFault, VerifiedGenesis},
        header::{self, HeaderFault},
        trusted::{StoredHeadError, TrustedHead},
    },
    walk::{Rules, Walk},
};

/// A light client of one ledger. Holds no secret; the newest verified header is for the caller to keep.
pub struct LightClient {
    network: NetworkFile,
    rules: Rules,
    nodes: Vec<Arc<dyn Node>>,
    primary: usize,
    trusted: Option<TrustedHead>,
}

/// What an update found.
#[derive(Clone, Debug)]
pub struct Update {
    /// The newest verified head.
    pub head: Head,
    /// What the other nodes said.
    pub witnesses: Vec<WitnessReport>,
}

/// What one witness said about the new head.
#[derive(Clone, Debug)]
pub struct WitnessReport {
    /// Address of the witness.
    pub node: String,
    /// Its verdict.
    pub verdict: WitnessVerdict,
}

/// A witness's verdict. A witness that shows another header with the validators' votes is no verdict but
/// [`ClientError::Fork`].
#[derive(Clone, Debug)]
pub enum WitnessVerdict {
    /// It has the same header.
    Agrees,
    /// It has not come so far; what it has of the known headers is the same.
    Behind {
        /// Height of its newest header.
        height: u64,
    },
    /// It could not be asked.
    Unreachable(NodeError),
    /// It shows something that its own headers do not support: it counts for nothing.
    Faulty(String),
}

/// Where verification began and what it reached.
struct Reached {
    from: TrustedHead,
    head: TrustedHead,
}

impl LightClient {
    /// A client of the ledger that `network` names. The first node is the primary, the others are witnesses.
    /// `stored` is what [`Self::trusted`] gave the last time.
    pub fn new(
        network: NetworkFile,
        nodes: Vec<Arc<dyn Node>>,
        stored: Option<TrustedHead>,
    ) -> Result<Self, ClientError> {
        if nodes.is_empty() {
            return Err(ClientError::NoNode);
        }
        let expected = network.chain_id.to_string();
        let chain_id = expected.parse().map_err(|_| ClientError::WrongNetwork {
            expected: Box::new(network.identity()),
            found: "a name that no ledger can have".into(),
        })?;
        if let Some(stored) = &stored {
            header::is_matching_chain_id(stored.header(), &chain_id).map_err(|_| {
                let found = stored.header().chain_id.to_string();
                StoredHeadError::Chain { expected, found }
            })?;
        }
        let rules = Rules { chain_id, trusting_period: network.trusting_period.duration() };
        Ok(Self { network, rules, nodes, primary: 0, trusted: stored })
    }

    /// The ledger's network file.
    pub fn network(&self) -> &NetworkFile {
        &self.network
    }

    /// The newest verified header, to be kept.
    pub fn trusted(&self) -> Option<&TrustedHead> {
        self.trusted.as_ref()
    }

    /// The newest verified head.
    pub fn head(&self) -> Option<Head> {
        self.trusted.as_ref().map(TrustedHead::head)
    }

    /// Verified reads under the newest verified head.
    pub fn snapshot(&self) -> Result<Snapshot, ClientError> {
        let head = self.head().ok_or(ClientError::NoHead)?;
        Snapshot::new(Arc::clone(&self.nodes[self.primary]), head)
    }

    pub(crate) fn nodes(&self) -> &[Arc<dyn Node>] {
        &self.nodes
    }

    pub(crate) fn primary(&self) -> usize {
        self.primary
    }

    /// Verifies the newest header of the primary; when that cannot be reached, of the next node. On an error
    /// the trusted header stays as it was.
    pub async fn update(&mut self, now: Timestamp) -> Result<Update, ClientError> {
        let now = time_of(now)?;
        let mut unreachable = ClientError::NoNode;
        for offset in 0..self.nodes.len() {
            let index = (self.primary + offset) % self.nodes.len();
            match self.update_from(index, now).await {
                Ok(update) => {
                    self.primary = index;
                    return Ok(update);
                }
                Err(error) if error.is_unreachable() => {
                    tracing::debug!(%error, "asking the next node");
                    unreachable = error;
                }
                Err(error) => return Err(error),
            }
        }
        Err(unreachable)
    }

    async fn update_from(&mut self, index: usize, now: Time) -> Result<Update, ClientError> {
        let walk = Walk { node: self.nodes[index].as_ref(), rules: &self.rules, now };
        let reached = match &self.trusted {
            Some(trusted) => advance(&walk, trusted).await?,
            None => self.first_contact(&walk, index).await?,
        };
        let witnesses = self.nodes.iter().enumerate().filter(|(other, _)| *other != index);
        let asked = witnesses.map(|(_, witness)| {
            let walk = Walk { node: witness.as_ref(), ..walk };
            let reached = &reached;
            async move {
                let verdict = compare(&walk, reached).await?;
                Ok(WitnessReport { node: walk.node.name().to_owned(), verdict })
            }
        });
        let witnesses = future::join_all(asked).await.into_iter().collect::<Result<_, ClientError>>()?;
        let head = reached.head.head();
        self.trusted = Some(reached.head);
        Ok(Update { head, witnesses })
    }

    /// The way from what the network file vouches for to the newest verified header, for somebody who checks it without a
    /// network: the genesis document, if the way begins there, and the headers in order.
    pub async fn path(
        &self,
        now: Timestamp,
    ) -> Result<(Option<GenesisDocument>, Vec<TrustedHead>), ClientError> {
        let trusted = self.trusted.as_ref().ok_or(ClientError::NoHead)?;
        let walk = Walk { node: self.nodes[self.primary].as_ref(), rules: &self.rules, now: time_of(now)? };
        let (document, from) = if let Some(anchor) = self.network.anchor {
            (None, anchored_block(&walk, anchor).await?)
        } else {
            let document = walk.node.genesis().await;
            let document = document.map_err(|e| ClientError::node(walk.node.name(), e))?;
            let genesis = self.genesis(&walk).await?;
            (Some(document), first_block(&walk, &genesis).await?)
        };
        let mut heads = vec![from.clone()];
        if trusted.height() > from.height() {
            heads.extend(walk.steps(&from, trusted.signed_header().clone()).await?);
        }
        Ok((document, heads))
    }

    /// Genesis or anchor, then everything up to the newest header, then what the state itself says about
    /// which ledger it is. (LC-5 to LC-8, LC-24)
    async fn first_contact(&self, walk: &Walk<'_>, index: usize) -> Result<Reached, ClientError> {
        let genesis = self.genesis(walk).await?;
        let from = match (walk.is_within_trusting_period(genesis.time), self.network.anchor) {
            (Ok(()), _) => first_block(walk, &genesis).await?,
            (Err(_), Some(anchor)) => anchored_block(walk, anchor).await?,
            (Err(expired), None) => return Err(expired),
        };
        let reached = advance(walk, &from).await?;
        let snapshot = Snapshot::new(Arc::clone(&self.nodes[index]), reached.head.head())?;
        self.state_is_of_this_ledger(walk, &snapshot).await?;
        Ok(reached)
    }

    async fn genesis(&self, walk: &Walk<'_>) -> Result<VerifiedGenesis, ClientError> {
        let document = walk.node.genesis().await.map_err(|e| ClientError::node(walk.node.name(), e))?;
        let wrong = |found| ClientError::WrongNetwork { expected: Box::new(self.network.identity()), found };
        genesis::verify_genesis(document, &self.network.identity()).map_err(|fault| match fault {
            GenesisFault::Hash { found, .. } => wrong(format!("genesis {found}")),
            GenesisFault::Chain { found, .. } => wrong(format!("the ledger '{found}'")),
            fault => ClientError::lie(walk.node.name(), fault),
        })
    }

    async fn state_is_of_this_ledger(&self, walk: &Walk<'_>, snapshot: &Snapshot) -> Result<(), ClientError> {
        let leaf = snapshot.leaf(state::StateKey::Chain).await?;
        let found: Result<ChainIdentity, DecodeError> =
            state::decode_leaf(leaf.as_deref().unwrap_or_default());
        let found =
            found.map_err(|error| ClientError::lie(walk.node.name(), Lie::LeafContent(error.to_string())))?;
        let expected = self.network.identity();
        if found == expected {
            return Ok(());
        }
        let found = format!("{} with genesis {}", found.chain_id, found.genesis_hash);
        Err(ClientError::WrongNetwork { expected: Box::new(expected), found })
    }
}

async fn first_block(walk: &Walk<'_>, genesis: &VerifiedGenesis) -> Result<TrustedHead, ClientError> {
    let block = walk.complete(walk.header(Height::FIRST).await?, None).await?;
    let chain = &walk.rules.chain_id;
    header::verify_first(block, chain, &genesis.validators, genesis.time, walk.now)
        .map_err(|fault| ClientError::lie(walk.node.name(), fault))
}

async fn anchored_block(walk: &Walk<'_>, anchor: Anchor) -> Result<TrustedHead, ClientError> {
    let block = walk.complete(walk.header(anchor.height).await?, None).await?;
    header::verify_anchor(block, &walk.rules.chain_id, anchor.height, anchor.hash, walk.now)
        .map_err(|fault| ClientError::lie(walk.node.name(), fault))
}

/// The node's newest header, which must extend the trusted one. (LC-11)
async fn advance(walk: &Walk<'_>, trusted: &TrustedHead) -> Result<Reached, ClientError> {
    walk.is_within_trusting_period(trusted.header().time)?;
    let (height, newest) = walk.newest().await?;
    let known = trusted.height();
    if height < known {
        return Err(ClientError::Rollback(walk.evidence(trusted, newest)));
    }
    let at_known = if height == known { newest.clone() } else { walk.header(known).await? };
    walk.is_same(trusted, &at_known)?;
    let head = if height == known { trusted.clone() } else { walk.to(trusted, newest).await? };
    Ok(Reached { from: trusted.clone(), head })
}

/// Asks a witness about the head that the primary led to. (LC-12)
async fn compare(walk: &Walk<'_>, reached: &Reached) -> Result<WitnessVerdict, ClientError> {
    match agrees(walk, reached).await {
        Ok(verdict) => Ok(verdict),
        Err(ClientError::Fork(evidence)) => Err(ClientError::Fork(evidence)),
        Err(ClientError::Node { error, .. }) => Ok(WitnessVerdict::Unreachable(error)),
        Err(other) => Ok(WitnessVerdict::Faulty(other.to_string())),
    }
}

async fn agrees(walk: &Walk<'_>, reached: &Reached) -> Result<WitnessVerdict, ClientError> {
    let (height, newest) = walk.newest().await?;
    if height < reached.from.height() {
        return Ok(WitnessVerdict::Behind { height: height.get() });
    }
    let same = |at: Height| async move { if at == height { Ok(newest) } else { walk.header(at).await } };
    if height < reached.head.height() {
        let shown = same(reached.from.height()).await?;
        walk.is_same(&reached.from, &shown)?;
        return Ok(WitnessVerdict::Behind { height: height.get() });
    }
    let shown = same(reached.head.height()).await?;
    match walk.is_same(&reached.head, &shown) {
        Ok(()) => Ok(WitnessVerdict::Agrees),
        // Signed by others than the head's validators: are they validators by the witness's own headers?
        Err(ClientError::Lie { .. }) => judge(walk, reached, shown).await,
        Err(other) => Err(other),
    }
}

async fn judge(
    walk: &Walk<'_>,
    reached: &Reached,
    shown: SignedHeader,
) -> Result<WitnessVerdict, ClientError> {
    if reached.head.height() > reached.from.height() {
        walk.to(&reached.from, shown.clone()).await?;
        return Err(ClientError::Fork(walk.evidence(&reached.head, shown)));
    }
    let found = HeaderFault::Signers("its votes for a header of that height are not the validators'".into());
    Err(ClientError::lie(walk.node.name(), found))
}

fn time_of(now: Timestamp) -> Result<Time, ClientError> {
    let seconds = i64::try_from(now.seconds()).map_err(|_| ClientError::Clock)?;
    Time::from_unix_timestamp(seconds, 0).map_err(|_| ClientError::Clock)
}
