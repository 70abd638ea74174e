//! A ledger of a million accounts, beside one of ten thousand.

use std::{
    cell::RefCell,
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, bail, ensure};
use medrec_client::{Node as _, node::Query};
use medrec_node::{app::App, home::Home, storage::Store};
use medrec_protocol::{ChainIdentity, query, state::StateKey, tx::MAX_ACTIONS};
use tendermint_proto::{
    google::protobuf::Timestamp,
    v0_38::abci::{
        RequestCommit, RequestFinalizeBlock, request::Value as Request, response::Value as Response,
    },
};
use tokio::runtime::Runtime;

use super::{
    accounts,
    ledger::Ledger,
    people::{Patient, Publisher, Scene},
    report,
    rounds::{Rounds, Way},
    state_proofs,
};

const FEW: u64 = 10_000;
const MANY: u64 = 1_000_000;
const QUERIES: u64 = 10_000;
const STARTS: usize = 5;
const BLOCKS: usize = 15;
/// Record pointers in a block.
const POINTERS: u64 = 1_024;

const METHOD: &str = "Two real node processes with the embedded engine, one with 10,000 and one with 1,000,000 relationships, each opened \
    by signed transactions over HTTP, 128 openings in each. *Proofs*: as in the section on state proofs. *Disk*: what the files \
    in the node's folder occupy after it was stopped; it holds state, tree with the newest 1,000 versions, logs and all blocks. \
    *Memory*: resident bytes of the process (VmRSS), after a start and after 10,000 queries with proofs for accounts spread over all. \
    *Start*: from the start of the process until it answers over HTTP, its first block of the day included, after it was stopped \
    and after it was killed. *Block*: FinalizeBlock and Commit (durable) of the node's application, called in this process on the \
    same two databases; 1,024 record pointers in as many relationships, in 1,024 transactions or in 8. What depends on the \
    number of accounts is the depth of trees. Medians of the ratios of five alternating rounds (starts) and fifteen (blocks).";

pub fn report() -> Result<()> {
    let runtime = Runtime::new()?;
    let (few, many) = (Ledger::start()?, Ledger::start()?);
    report::section("A million accounts", METHOD)?;
    let began = Instant::now();
    accounts::open(&runtime, &few, 0, FEW)?;
    let snapshot = accounts::open(&runtime, &many, 0, MANY)?;
    let rate = report::count(usize::try_from(FEW + MANY)?)? / began.elapsed().as_secs_f64();
    let beside = format!("both ledgers, signing included, in {}", report::time(began.elapsed()));
    report::figure("relationships opened", rate.round(), "a second", &beside)?;
    let sample = runtime.block_on(state_proofs::sample(&many, &snapshot, MANY))?;
    drop(snapshot);
    state_proofs::figures(&[sample])?;
    memory(&runtime, &[(&few, FEW), (&many, MANY)])?;
    starts(&few, &many)?;
    disk(&[(&few, FEW), (&many, MANY)])?;
    blocks(&few, &many)
}

/// Starts each anew and asks it.
fn memory(runtime: &Runtime, ledgers: &[(&Ledger, u64)]) -> Result<()> {
    for (ledger, accounts) in ledgers {
        ledger.stop()?;
        ledger.run()?;
        let words = format!("{} accounts", report::grouped(*accounts));
        report::figure(
            &format!("memory after the start, {words}"),
            megabytes(ledger.resident()?)?,
            "MB",
            "",
        )?;
        runtime.block_on(ask(ledger, *accounts))?;
        let what = format!("memory after 10,000 queries, {words}");
        report::figure(&what, megabytes(ledger.resident()?)?, "MB", "")?;
    }
    Ok(())
}

async fn ask(ledger: &Ledger, accounts: u64) -> Result<()> {
    let node = ledger.node()?;
    for number in (0..QUERIES).map(|step| step * (accounts / QUERIES)) {
        let key = StateKey::Relationship(Patient::number(number).relationship());
        let query = Query { path: query::STATE, data: key.encode(), height: None, prove: true };
        ensure!(!node.query(query).await?.value.is_empty(), "an account is missing");
    }
    Ok(())
}

/// Both run before and after.
fn starts(few: &Ledger, many: &Ledger) -> Result<()> {
    let again = |ledger: &Ledger| {
        ledger.stop()?;
        ledger.run()
    };
    let after_kill = |ledger: &Ledger| {
        ledger.kill()?;
        ledger.run()
    };
    let ways: Vec<Way<'_>> = vec![
        Box::new(|| again(few)),
        Box::new(|| again(many)),
        Box::new(|| after_kill(few)),
        Box::new(|| after_kill(many)),
    ];
    let rounds = Rounds::measure(STARTS, ways)?;
    compare(&rounds, "start of a node", (1, 0))?;
    compare(&rounds, "start of a node that was killed", (3, 2))
}

/// A figure about many accounts beside few.
fn compare(rounds: &Rounds, what: &str, (many, few): (usize, usize)) -> Result<()> {
    let (slow, quick) = (report::time(rounds.time(many)?), report::time(rounds.time(few)?));
    let beside = format!("10,000 accounts ({slow} beside {quick})");
    report::figure(&format!("{what}, 1,000,000 accounts"), rounds.ratio(many, few)?, "×", &beside)
}

/// Stops both: their folders are looked at, and nobody else may have them open from now on.
fn disk(ledgers: &[(&Ledger, u64)]) -> Result<()> {
    for (ledger, accounts) in ledgers {
        ledger.stop()?;
        let bytes = occupied(&ledger.home())?;
        let what = format!("disk of a node, {} accounts", report::grouped(*accounts));
        let beside = format!("{} bytes for each account", bytes / accounts);
        report::figure(&what, megabytes(bytes)?, "MB", &beside)?;
    }
    Ok(())
}

/// Bytes that the files of a folder occupy.
fn occupied(folder: &Path) -> Result<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            bytes += occupied(&entry.path())?;
        } else {
            // Of 512 bytes each, whatever the file system's blocks are (stat(2)).
            bytes += entry.metadata()?.blocks() * 512;
        }
    }
    Ok(bytes)
}

fn megabytes(bytes: u64) -> Result<f64> {
    Ok(report::count(usize::try_from(bytes / 100_000)?)? / 10.0)
}

/// A node's application in this process.
struct Application {
    app: App,
    chain: ChainIdentity,
    accounts: u64,
    height: i64,
    /// Blocks so far: each writes to other relationships.
    turn: u64,
}

fn blocks(few: &Ledger, many: &Ledger) -> Result<()> {
    let publisher = Publisher::number(1);
    // Two ways share each of them, one at a time.
    let few = RefCell::new(Application::of(few, FEW)?);
    let many = RefCell::new(Application::of(many, MANY)?);
    let once = |application: &RefCell<Application>, actions: usize| {
        application.borrow_mut().block(&publisher, actions)
    };
    let ways: Vec<Way<'_>> = vec![
        Box::new(|| once(&few, 1)),
        Box::new(|| once(&many, 1)),
        Box::new(|| once(&few, MAX_ACTIONS)),
        Box::new(|| once(&many, MAX_ACTIONS)),
    ];
    let rounds = Rounds::measure(BLOCKS, ways)?;
    compare(&rounds, "block of 1,024 transactions, one pointer in each", (1, 0))?;
    compare(&rounds, "block of 8 transactions, 128 pointers in each", (3, 2))
}

impl Application {
    /// Over the database of a node that does not run.
    fn of(ledger: &Ledger, accounts: u64) -> Result<Self> {
        let home = Home::open(&ledger.home())?;
        let app = App::new(Store::open(&home.database())?.into());
        let height = app.info()?.last_block_height;
        Ok(Self { app, chain: ledger.chain(), accounts, height, turn: 0 })
    }

    /// Executes one block and makes it durable. Signing is not counted.
    fn block(&mut self, publisher: &Publisher, actions: usize) -> Result<Duration> {
        // A step that shares no factor with the number of accounts meets all of them, far from each other.
        let first = self.turn * POINTERS;
        self.turn += 1;
        let number = |place: u64| (first + place) * 7_919 % self.accounts;
        let patients: Vec<Patient> = (0..POINTERS).map(|place| Patient::number(number(place))).collect();
        let mut txs = Vec::new();
        for batch in patients.chunks(actions) {
            let scene = |patient| Scene { chain: &self.chain, publisher, patient };
            let pointers = batch.iter().map(|patient| scene(patient).pointer(None)).collect::<Result<_>>()?;
            let signer = scene(batch.first().context("no batch is empty")?);
            txs.push(signer.by_publisher(pointers)?.encode().into());
        }
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
        self.height += 1;
        let time = Some(Timestamp { seconds: now, nanos: 0 });
        let block = RequestFinalizeBlock { txs, height: self.height, time, ..Default::default() };
        let started = Instant::now();
        let Response::FinalizeBlock(done) = self.app.handle(Request::FinalizeBlock(block))? else {
            bail!("FinalizeBlock was answered with something else");
        };
        self.app.handle(Request::Commit(RequestCommit {}))?;
        let elapsed = started.elapsed();
        ensure!(done.tx_results.iter().all(|result| result.code == 0), "a transaction was refused");
        Ok(elapsed)
    }
}
