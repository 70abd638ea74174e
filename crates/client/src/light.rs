//! Keeps the newest verified header of one ledger: a primary is asked, witnesses are compared with it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures::future;
use medrec_protocol::{ChainIdentity, Timestamp, codec::DecodeError, state};
use tendermint::Time;
use tokio::time::{Instant, timeout};

use crate::{
    error::{ClientError, Lie},
    head::{Freshness, Head, Height},
    network::{Anchor, NetworkFile},
    node::{Node, NodeError},
    snapshot::Snapshot,
    verify::{
        genesis::{self, GenesisDocument, GenesisFault, VerifiedGenesis},
        header,
        trusted::{StoredHeadError, TrustedHead},
    },
    walk::{Known, Rules, Walk},
    witness::{
        LATE, MAX_WITNESSES, REST, Reached, Said, WITNESS_TIME, WitnessReport, WitnessVerdict, compare,
    },
};

/// How long one node may take to lead to its newest header. (LC-28)
const NODE_TIME: Duration = Duration::from_mins(1);
/// After this time no further node is begun with in one update.
const UPDATE_TIME: Duration = Duration::from_mins(2);

/// A light client of one ledger. Holds no secret; the newest verified header is for the caller to keep.
pub struct LightClient {
    network: NetworkFile,
    rules: Rules,
    nodes: Vec<Arc<dyn Node>>,
    primary: usize,
    /// Counts updates, so that every node becomes a witness where there are many.
    turn: usize,
    /// Witnesses that are left in peace, since when, and what was said of them.
    resting: BTreeMap<usize, (Instant, WitnessVerdict)>,
    /// Blocks that witnesses showed when the node that was asked first did not have them, and since when they are awaited.
    awaited: BTreeMap<usize, (Height, Instant)>,
    /// Nodes that failed after the last update.
    set_aside: BTreeMap<usize, WitnessVerdict>,
    trusted: Option<TrustedHead>,
}

/// What an update found.
#[derive(Clone, Debug)]
pub struct Update {
    /// The newest verified head.
    pub head: Head,
    /// Operator and address of the node that led to it, and through which everything is read until the next update.
    pub node: String,
    /// What other nodes said, and which nodes were passed by and why.
    pub witnesses: Vec<WitnessReport>,
}

/// What one node led to.
struct Found {
    index: usize,
    head: Head,
    said: Vec<(usize, Said)>,
}

impl LightClient {
    /// A client of the ledger that `network` names. The first node is the primary at first, the others are witnesses.
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
        let (primary, turn, set_aside, resting, awaited) =
            (0, 0, BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Ok(Self { network, rules, nodes, primary, turn, resting, awaited, set_aside, trusted: stored })
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

    /// Verifies the newest header of the primary and compares it with the witnesses. A node that is away, lies, or
    /// stands still while others go on is passed by: the next one takes its place, and the report names it. On an
    /// error the trusted header is at most as new as what was verified, and never one that is disputed. (LC-12, LC-26)
    pub async fn update(&mut self, now: Timestamp) -> Result<Update, ClientError> {
        let (began, time) = (Instant::now(), time_of(now)?);
        let count = self.nodes.len();
        let mut waiting: VecDeque<_> = (0..count).map(|offset| (self.primary + offset) % count).collect();
        let mut passed = std::mem::take(&mut self.set_aside);
        let (mut best, mut refusal) = (None::<Found>, None::<ClientError>);
        while let Some(index) = waiting.pop_front() {
            if began.elapsed() >= UPDATE_TIME && (best.is_some() || refusal.is_some()) {
                waiting.push_front(index);
                break;
            }
            // Who only claims to be ahead of a fresh head keeps nobody waiting for longer than any witness.
            let claims = best.as_ref().is_some_and(|best| best.head.freshness(now) == Freshness::Fresh);
            let patience = if claims { WITNESS_TIME } else { NODE_TIME };
            match self.update_from(index, time, &passed, patience).await {
                Ok(found) => {
                    if found.head.freshness(now) == Freshness::Fresh {
                        waiting
                            .retain(|other| found.said.iter().any(|(who, said)| who == other && said.ahead));
                    }
                    let (kept, left) = further(best.take(), found);
                    passed.extend(left.map(|left| (left.index, WitnessVerdict::behind(left.head.height))));
                    best = Some(kept);
                }
                Err(error) => {
                    let Some(verdict) = self.pass_by(index, &error, claims) else { return Err(error) };
                    passed.insert(index, verdict);
                    refusal = Some(graver(refusal, error));
                }
            }
        }
        let Some(best) = best else {
            self.primary = waiting.front().copied().unwrap_or(self.primary);
            return Err(refusal.unwrap_or(ClientError::NoNode));
        };
        Ok(self.settle(best, passed))
    }

    /// What is said of a node that is not gone on with. One that was asked only because it claimed to be ahead rests.
    fn pass_by(&mut self, index: usize, error: &ClientError, claimed: bool) -> Option<WitnessVerdict> {
        let verdict = WitnessVerdict::of(error)?;
        tracing::debug!(%error, "asking the next node");
        if claimed {
            self.resting.insert(index, (Instant::now(), verdict.clone()));
        }
        Some(verdict)
    }

    fn settle(&mut self, best: Found, mut passed: BTreeMap<usize, WitnessVerdict>) -> Update {
        self.primary = best.index;
        passed.remove(&best.index);
        for (index, said) in best.said {
            passed.entry(index).or_insert(said.verdict);
        }
        for (index, (_, verdict)) in self.resting.iter().filter(|(index, _)| **index != best.index) {
            passed.entry(*index).or_insert_with(|| verdict.clone());
        }
        let name = |index: usize| self.nodes[index].name().to_owned();
        let report = |(index, verdict)| WitnessReport { node: name(index), verdict };
        let node = name(best.index);
        Update { head: best.head, node, witnesses: passed.into_iter().map(report).collect() }
    }

    /// Sets the node aside that an error names, when it is the one that is read through and there is another: the
    /// next update begins with the next node and reports this one. False when nothing would be gained. (LC-27)
    pub fn set_aside(&mut self, error: &ClientError) -> bool {
        let (ClientError::Node { node, .. } | ClientError::Lie { node, .. }) = error else { return false };
        let Some(verdict) = WitnessVerdict::of(error) else { return false };
        if self.nodes.len() < 2 || self.nodes[self.primary].name() != node {
            return false;
        }
        self.set_aside.insert(self.primary, verdict);
        self.primary = (self.primary + 1) % self.nodes.len();
        true
    }

    async fn update_from(
        &mut self,
        index: usize,
        now: Time,
        passed: &BTreeMap<usize, WitnessVerdict>,
        patience: Duration,
    ) -> Result<Found, ClientError> {
        let walk = Walk { node: self.nodes[index].as_ref(), rules: &self.rules, now };
        let led = async {
            match &self.trusted {
                Some(trusted) => match walk.is_within_trusting_period(trusted.header().time) {
                    Err(_) if self.network.anchor.is_some() => self.begin_anew(&walk, index, trusted).await,
                    _ => advance(&walk, trusted).await,
                },
                None => self.first_contact(&walk, index).await,
            }
        };
        let reached = timeout(patience, led).await.unwrap_or_else(|_| {
            let reason = format!("no end of its answers within {} s", patience.as_secs());
            Err(ClientError::node(walk.node.name(), NodeError::Unreachable { reason }))
        })?;
        let asked = self.witnesses_of(index, passed).into_iter().map(|witness| {
            let walk = &walk;
            let reached = &reached;
            let theirs = Walk { node: self.nodes[witness].as_ref(), ..*walk };
            async move { compare(&theirs, walk, reached).await.map(|said| (witness, said)) }
        });
        let mut said = future::join_all(asked).await.into_iter().collect::<Result<Vec<_>, ClientError>>()?;
        let head = reached.head.head();
        self.await_blocks(head.height, &mut said);
        self.trusted = Some(reached.head);
        self.turn = self.turn.wrapping_add(1);
        self.resting.retain(|_, (since, _)| since.elapsed() < REST);
        let slow = said.iter().filter(|(_, said)| said.slow);
        self.resting.extend(slow.map(|(index, said)| (*index, (Instant::now(), said.verdict.clone()))));
        Ok(Found { index, head, said })
    }

    /// A witness is asked first when the block that it showed some time ago is still not shown by the node that was. (LC-26)
    fn await_blocks(&mut self, reached: Height, said: &mut [(usize, Said)]) {
        self.awaited.retain(|_, (height, _)| *height > reached);
        for (index, said) in said {
            let Some(newest) = said.newest.filter(|newest| *newest > reached) else { continue };
            let (_, since) = *self.awaited.entry(*index).or_insert((newest, Instant::now()));
            said.ahead |= since.elapsed() >= LATE;
        }
    }

    /// At most [`MAX_WITNESSES`] nodes of as many operators, none of them the primary's. Where there are more, each
    /// update begins with another one.
    fn witnesses_of(&self, primary: usize, passed: &BTreeMap<usize, WitnessVerdict>) -> Vec<usize> {
        let count = self.nodes.len();
        let mut operators = BTreeSet::from([self.nodes[primary].operator()]);
        let in_turn = (0..count).map(|offset| (primary + self.turn + offset) % count);
        let rests = |index: &usize| self.resting.get(index).is_some_and(|(since, _)| since.elapsed() < REST);
        let chosen = in_turn.filter(|index| {
            let may_be_asked = *index != primary && !passed.contains_key(index) && !rests(index);
            may_be_asked && operators.insert(self.nodes[*index].operator())
        });
        chosen.take(MAX_WITNESSES).collect()
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

    /// After an absence that outlasted the trusting period: from the anchor of a newer network file, as at first contact. What
    /// was verified before must still be part of the ledger. (LC-31)
    async fn begin_anew(
        &self,
        walk: &Walk<'_>,
        index: usize,
        before: &TrustedHead,
    ) -> Result<Reached, ClientError> {
        let reached = self.first_contact(walk, index).await?;
        if reached.head.height() < before.height() {
            return Err(walk.rollback(before, reached.head.signed_header().clone()));
        }
        walk.is_same(before, &walk.header(before.height()).await?)?;
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
    let block = walk.complete(walk.header(Height::FIRST).await?, Known::default()).await?;
    let chain = &walk.rules.chain_id;
    header::verify_first(block, chain, &genesis.validators, genesis.time, walk.now)
        .map_err(|fault| ClientError::lie(walk.node.name(), fault))
}

async fn anchored_block(walk: &Walk<'_>, anchor: Anchor) -> Result<TrustedHead, ClientError> {
    let block = walk.complete(walk.header(anchor.height).await?, Known::default()).await?;
    header::verify_anchor(block, &walk.rules.chain_id, anchor.height, anchor.hash, walk.now)
        .map_err(|fault| ClientError::lie(walk.node.name(), fault))
}

/// The node's newest header, which must extend the trusted one. (LC-11)
async fn advance(walk: &Walk<'_>, trusted: &TrustedHead) -> Result<Reached, ClientError> {
    walk.is_within_trusting_period(trusted.header().time)?;
    let (height, newest) = walk.newest().await?;
    let known = trusted.height();
    if height < known {
        return Err(walk.rollback(trusted, newest));
    }
    let at_known = if height == known { newest.clone() } else { walk.header(known).await? };
    walk.is_same(trusted, &at_known)?;
    let head = if height == known { trusted.clone() } else { walk.to(trusted, newest).await? };
    Ok(Reached { from: trusted.clone(), head })
}

/// The one that leads further, and the other when it leads less far.
fn further(best: Option<Found>, found: Found) -> (Found, Option<Found>) {
    match best {
        None => (found, None),
        Some(best) if found.head.height > best.head.height => (found, Some(best)),
        Some(best) => (best, None),
    }
}

/// When no node can be gone on with, the person is told the worst that was found.
fn graver(before: Option<ClientError>, error: ClientError) -> ClientError {
    let gravity = |error: &ClientError| match error {
        ClientError::Lie { .. } => 3,
        ClientError::WrongNetwork { .. } => 2,
        ClientError::Rollback(_) => 1,
        _ => 0,
    };
    match before {
        Some(before) if gravity(&before) >= gravity(&error) => before,
        _ => error,
    }
}

fn time_of(now: Timestamp) -> Result<Time, ClientError> {
    let seconds = i64::try_from(now.seconds()).map_err(|_| ClientError::Clock)?;
    Time::from_unix_timestamp(seconds, 0).map_err(|_| ClientError::Clock)
}
