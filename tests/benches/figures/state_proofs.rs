//! What it costs to prove one account among many.

use std::{hint::black_box, time::Instant};

use anyhow::{Context, Result, ensure};
use medrec_client::{
    Height, Node as _, Snapshot,
    node::{Query, QueryAnswer},
    verify::leaf,
};
use medrec_protocol::{Hash32, PublicKey, query, sign, state::StateKey};
use tokio::runtime::Runtime;

use super::{
    accounts,
    ledger::Ledger,
    people::Patient,
    report,
    rounds::{Rounds, Way},
};

const ACCOUNTS: [u64; 3] = [1_000, 10_000, 100_000];
/// Accounts whose proofs are looked at.
const SAMPLE: u64 = 100;
const ROUNDS: usize = 21;
/// About the size of what is signed of a transaction.
const MESSAGE_BYTES: usize = 400;

const METHOD: &str = "A real node process with 1,000, then 10,000, then 100,000 relationships in its state; a hundred of them are asked for, \
    each with its proof. Size: median of the proofs' bytes, as they are checked (over HTTP they come in base64). Time: a hundred \
    answers verified under the app hash, beside a hundred Ed25519 verifications (verify_strict, one message of 400 bytes); \
    median of the ratios of twenty-one alternating rounds.";

/// An answer about one account, and what it is checked against.
struct Answered {
    key: StateKey,
    height: Height,
    app_hash: Hash32,
    answer: QueryAnswer,
}

/// What a ledger with so many accounts proved.
pub struct Sample {
    accounts: u64,
    answers: Vec<Answered>,
}

pub fn report() -> Result<()> {
    let runtime = Runtime::new()?;
    let ledger = Ledger::start()?;
    report::section("State proofs", METHOD)?;
    let mut opened = 0;
    let mut samples = Vec::new();
    for accounts in ACCOUNTS {
        let snapshot = accounts::open(&runtime, &ledger, opened, accounts)?;
        opened = accounts;
        samples.push(runtime.block_on(sample(&ledger, &snapshot, accounts))?);
    }
    figures(&samples)
}

/// Size and cost of the proofs in each sample.
pub fn figures(samples: &[Sample]) -> Result<()> {
    let mut ways: Vec<Way<'_>> = vec![Box::new(signatures)];
    for sample in samples {
        ways.push(Box::new(move || verified(&sample.answers)));
    }
    let rounds = Rounds::measure(ROUNDS, ways)?;
    for (way, sample) in (1..).zip(samples) {
        let size = report::count(median_size(&sample.answers))?;
        let accounts = format!("{} accounts", report::grouped(sample.accounts));
        report::figure(&format!("proof of one account of {accounts}"), size, "bytes", "goal ≤ 1,300")?;
        let time = |way| Ok::<_, anyhow::Error>(report::time(rounds.time(way)? / u32::try_from(SAMPLE)?));
        let beside = format!("one Ed25519 verification ({} beside {}); goal ≤ 10 µs", time(way)?, time(0)?);
        let what = format!("verification of the proof, {accounts}");
        report::figure(&what, rounds.ratio(way, 0)?, "×", &beside)?;
    }
    Ok(())
}

/// Answers about accounts that are spread over all.
pub async fn sample(ledger: &Ledger, snapshot: &Snapshot, accounts: u64) -> Result<Sample> {
    let node = ledger.node()?;
    let (height, app_hash) = (snapshot.height(), snapshot.head().app_hash);
    let mut answers = Vec::new();
    for number in (0..SAMPLE).map(|step| step * (accounts / SAMPLE)) {
        let key = StateKey::Relationship(Patient::number(number).relationship());
        let query = Query { path: query::STATE, data: key.encode(), height: Some(height), prove: true };
        answers.push(Answered { key, height, app_hash, answer: node.query(query).await? });
    }
    Ok(Sample { accounts, answers })
}

fn verified(answers: &[Answered]) -> Result<std::time::Duration> {
    let mut shown: Vec<QueryAnswer> = answers.iter().map(|one| one.answer.clone()).collect();
    let started = Instant::now();
    for one in answers.iter().rev() {
        let answer = shown.pop().context("one for each")?;
        let leaf = leaf::verify_answer(answer, &one.key, one.height, &one.app_hash)?;
        ensure!(black_box(leaf).is_some(), "an account is missing");
    }
    Ok(started.elapsed())
}

fn signatures() -> Result<std::time::Duration> {
    let key = Patient::number(1).key;
    let (public, message) = (PublicKey::of(&key), [7; MESSAGE_BYTES]);
    let signature = sign::sign_raw(&key, &message);
    let started = Instant::now();
    for _ in 0..SAMPLE {
        black_box(public).verify_raw(black_box(&message), &signature)?;
    }
    Ok(started.elapsed())
}

fn median_size(answers: &[Answered]) -> usize {
    let size = |one: &Answered| one.answer.proof.iter().map(|operation| operation.data.len()).sum();
    let mut sizes: Vec<usize> = answers.iter().map(size).collect();
    sizes.sort_unstable();
    sizes.get(sizes.len() / 2).copied().unwrap_or_default()
}
