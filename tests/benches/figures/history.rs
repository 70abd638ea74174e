//! The headers of a quiet ledger over months, and a server that shows them: real header hashes, each naming the one before,
//! real votes of all validators, in the JSON of CometBFT's RPC.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::{Context, Result};
use axum::{Json, Router, extract::State, routing::post};
use ed25519_dalek::{Signer as _, SigningKey};
use medrec_client::TrustedHead;
use medrec_protocol::Hash32;
use serde_json::{Value, json};
use tendermint::{
    AppHash, Hash, Signature, Time,
    block::{self, Commit, CommitSig, Header, header::Version, parts, signed_header::SignedHeader},
    chain, validator, vote,
};
use tokio::net::TcpListener;

/// Seconds between two blocks when nothing happens.
pub const BLOCK_SECONDS: u64 = 15;
/// Height of the oldest header that is served.
const FIRST: u64 = 1_000_000;
const POWER: u32 = 10;
const DIGEST: Hash = Hash::Sha256([9; 32]);

/// A set of validators, in the order of their votes.
struct Validators {
    keys: Vec<SigningKey>,
    set: validator::Set,
    hash: Hash,
}

impl Validators {
    /// So many, of whom the first `gone` have left.
    fn after(gone: u64, number: u64) -> Result<Self> {
        let keys = (gone..gone + number).map(|who| {
            SigningKey::from_bytes(Hash32::of("figures/validator", &[&who.to_be_bytes()]).as_bytes())
        });
        let mut keys: Vec<SigningKey> = keys.collect();
        let infos = keys.iter().map(info).collect::<Result<Vec<_>>>()?;
        let set = validator::Set::without_proposer(infos);
        let place = |key: &SigningKey| {
            let address = info(key).ok().map(|info| info.address);
            set.validators().iter().position(|info| Some(info.address) == address)
        };
        keys.sort_by_key(place);
        let hash = set.hash();
        Ok(Self { keys, set, hash })
    }
}

fn info(key: &SigningKey) -> Result<validator::Info> {
    let key = tendermint::PublicKey::from_raw_ed25519(&key.verifying_key().to_bytes()).context("a key")?;
    Ok(validator::Info::new(key, vote::Power::from(POWER)))
}

/// What is to have happened.
#[derive(Clone, Copy)]
pub struct Course {
    /// Validators at any time.
    pub validators: u64,
    /// How often one of them left and another came, at equal distances.
    pub changes: u64,
    /// Days of blocks.
    pub days: u64,
}

/// Headers of a ledger on which nothing happened but changes of validators.
pub struct History {
    chain: chain::Id,
    /// Each with the first height at which it votes, oldest first.
    sets: Vec<(u64, Validators)>,
    /// Hashes of the headers from [`FIRST`] on.
    hashes: Vec<Hash>,
    began: u64,
}

impl History {
    /// A history that ends at this time, in seconds since 1970.
    pub fn until(end: u64, chain: &str, course: Course) -> Result<Self> {
        // One more, so that the oldest that a wallet may know has one before it.
        let blocks = course.days * 86_400 / BLOCK_SECONDS + 1;
        let spacing = blocks / (course.changes + 1);
        let sets = (0..=course.changes)
            .map(|gone| Ok((FIRST + gone * spacing, Validators::after(gone, course.validators)?)));
        let began = end - blocks * BLOCK_SECONDS;
        let mut history = Self {
            chain: chain.parse()?,
            sets: sets.collect::<Result<_>>()?,
            hashes: Vec::with_capacity(usize::try_from(blocks)? + 1),
            began,
        };
        for height in FIRST..=FIRST + blocks {
            let hash = history.header(height)?.hash();
            history.hashes.push(hash);
        }
        Ok(history)
    }

    /// Height of the newest header.
    pub fn newest(&self) -> u64 {
        FIRST + self.hashes.len() as u64 - 1
    }

    /// Time of the newest header.
    pub fn end(&self) -> u64 {
        self.time(self.newest())
    }

    /// What a wallet keeps of the header that was the newest so many seconds before the end.
    pub fn known_before(&self, seconds: u64) -> Result<TrustedHead> {
        let height = self.newest() - seconds / BLOCK_SECONDS;
        let stored = json!({
            "version": 1,
            "signed_header": self.signed(height)?,
            "validators": self.at(height).set.validators(),
            "next_validators": self.at(height + 1).set.validators(),
        });
        Ok(TrustedHead::from_json(&serde_json::to_vec(&stored)?)?)
    }

    fn time(&self, height: u64) -> u64 {
        self.began + (height - FIRST) * BLOCK_SECONDS
    }

    fn at(&self, height: u64) -> &Validators {
        let later = self.sets.partition_point(|(first, _)| *first <= height);
        &self.sets[later.saturating_sub(1)].1
    }

    fn id(&self, height: u64) -> Result<Option<block::Id>> {
        let Some(place) = height.checked_sub(FIRST) else { return Ok(None) };
        let hash = *self.hashes.get(usize::try_from(place)?).context("a header that comes later")?;
        Ok(Some(block::Id { hash, part_set_header: parts::Header::new(1, DIGEST)? }))
    }

    fn header(&self, height: u64) -> Result<Header> {
        let (now, next) = (self.at(height), self.at(height + 1));
        Ok(Header {
            version: Version { block: 11, app: 1 },
            chain_id: self.chain.clone(),
            height: block::Height::try_from(height)?,
            time: Time::from_unix_timestamp(i64::try_from(self.time(height))?, 0)?,
            last_block_id: self.id(height - 1)?,
            last_commit_hash: Some(DIGEST),
            data_hash: Some(DIGEST),
            validators_hash: now.hash,
            next_validators_hash: next.hash,
            consensus_hash: DIGEST,
            app_hash: AppHash::try_from(vec![8; 32])?,
            last_results_hash: Some(DIGEST),
            evidence_hash: Some(DIGEST),
            proposer_address: now.set.validators()[0].address,
        })
    }

    /// The header with the votes of all its validators.
    fn signed(&self, height: u64) -> Result<SignedHeader> {
        let header = self.header(height)?;
        let block_id = self.id(height)?.context("a header before the first")?;
        let validators = self.at(height);
        let mut signatures = Vec::new();
        for (index, (info, key)) in validators.set.validators().iter().zip(&validators.keys).enumerate() {
            let vote = vote::Vote {
                vote_type: vote::Type::Precommit,
                height: header.height,
                round: block::Round::default(),
                block_id: Some(block_id),
                timestamp: Some(header.time),
                validator_address: info.address,
                validator_index: u32::try_from(index)?.try_into()?,
                signature: None,
                extension: Vec::new(),
                extension_signature: None,
            };
            let signature = key.sign(&vote.into_signable_vec(self.chain.clone())).to_bytes();
            signatures.push(CommitSig::BlockIdFlagCommit {
                validator_address: info.address,
                timestamp: header.time,
                signature: Signature::new(signature)?,
            });
        }
        let commit = Commit { height: header.height, round: block::Round::default(), block_id, signatures };
        Ok(SignedHeader::new(header, commit)?)
    }
}

/// What a server was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    pub headers: usize,
    pub sets: usize,
}

/// Shows a history.
pub struct Shown {
    pub address: SocketAddr,
    pub history: Arc<History>,
    counts: Arc<[AtomicUsize; 2]>,
}

#[derive(Clone)]
struct Desk {
    history: Arc<History>,
    counts: Arc<[AtomicUsize; 2]>,
}

impl Shown {
    /// A server on loopback; it ends with the runtime that this is called in.
    pub async fn start(history: History) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (history, counts) = (Arc::new(history), Arc::<[AtomicUsize; 2]>::default());
        let desk = Desk { history: Arc::clone(&history), counts: Arc::clone(&counts) };
        let router = Router::new().route("/", post(serve)).with_state(desk);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, history, counts })
    }

    /// What it was asked for since the last call of this.
    pub fn asked(&self) -> Asked {
        let [headers, sets] = [0, 1].map(|which| self.counts[which].swap(0, Ordering::Relaxed));
        Asked { headers, sets }
    }
}

async fn serve(State(desk): State<Desk>, Json(call): Json<Value>) -> Json<Value> {
    let answer = desk.answer(&call);
    let (what, said) = match answer {
        Ok(result) => ("result", result),
        Err(error) => {
            ("error", json!({"code": -32603, "message": "no answer", "data": format!("{error:#}")}))
        }
    };
    Json(json!({"jsonrpc": "2.0", "id": call["id"], what: said}))
}

impl Desk {
    fn answer(&self, call: &Value) -> Result<Value> {
        let asked = call["params"]["height"].as_str().map(str::parse::<u64>).transpose()?;
        let height = asked.unwrap_or_else(|| self.history.newest());
        match call["method"].as_str() {
            Some("commit") => {
                self.counts[0].fetch_add(1, Ordering::Relaxed);
                Ok(json!({"signed_header": self.history.signed(height)?, "canonical": true}))
            }
            Some("validators") => {
                self.counts[1].fetch_add(1, Ordering::Relaxed);
                let all: Vec<Value> = self.history.at(height).set.validators().iter().map(shown).collect();
                let count = all.len().to_string();
                Ok(
                    json!({"block_height": height.to_string(), "validators": all, "count": count, "total": count}),
                )
            }
            other => anyhow::bail!("{other:?} is not answered here"),
        }
    }
}

fn shown(info: &validator::Info) -> Value {
    json!({
        "address": info.address,
        "pub_key": info.pub_key,
        "voting_power": info.power().to_string(),
        "proposer_priority": "0",
    })
}
