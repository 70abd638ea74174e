//! Fetching a large record: received, verified and encrypted in one pass.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use medrec_exchange::{
    GatekeeperClient, Signer,
    client::{Asker, CopyOrder, FetchControl, Timeouts},
};
use medrec_protocol::decide::Operation;
use medrec_wallet::copies::Copies;
use tokio::runtime::Runtime;

use super::{
    people::Patient,
    publisher::RecordServer,
    report,
    rounds::{Rounds, Way},
};

const RECORD_BYTES: usize = 200_000_000;
const ROUNDS: usize = 7;
const DATABASE_KEY: [u8; 32] = [3; 32];
const METHOD: &str = "A record of 200,000,000 random bytes. *Fetch*: one signed request over HTTP on loopback to a publisher in the \
    same process, on threads of its own; the answer's signature checked; the bytes hashed as they come, compared with the \
    commitment, encrypted in chunks of 64 KiB (XChaCha20-Poly1305), written, made durable (fsync) and renamed: the wallet's own \
    client and store. `cp` and `sha256sum` are those of the system, on the same file and disk, with the file in the page cache; \
    `cp` leaves writing to the system, so it stands here also with an fsync after it. Median of the ratios of seven \
    alternating rounds.";

pub fn report() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let record = folder.path().join("record");
    write_random(&record)?;
    let runtime = Runtime::new()?;
    let patient = Patient::number(1);
    let server = RecordServer::start(&record, &patient)?;
    let fetch = Fetch {
        client: GatekeeperClient::new(&server.provider, Timeouts::default())?,
        asker: Asker::patient(Signer::new(patient.relationship(), patient.key.clone())),
        order: CopyOrder {
            relationship: patient.relationship(),
            commitment: server.header.commitment,
            operation: Operation::Copy,
            size: Some(server.header.size),
            limit: server.header.size,
        },
        copies: Copies::open(folder.path().join("copies"), &DATABASE_KEY)?,
    };
    let copy = folder.path().join("copy");
    let ways: Vec<Way<'_>> = vec![
        Box::new(|| fetch.once(&runtime)),
        Box::new(|| copied(&record, &copy, Durable::No)),
        Box::new(|| copied(&record, &copy, Durable::Yes)),
        Box::new(|| run(Command::new("sha256sum").arg(&record))),
    ];
    let rounds = Rounds::measure(ROUNDS, ways)?;
    report::section("Fetching a copy", METHOD)?;
    let others = [(1, "`cp`"), (2, "`cp` and fsync"), (3, "`sha256sum`")];
    for (way, name) in others {
        let times = (report::time(rounds.time(0)?), report::time(rounds.time(way)?));
        let beside = format!("{name} of the same file ({} beside {})", times.0, times.1);
        report::figure("200 MB fetched, verified and encrypted", rounds.ratio(0, way)?, "×", &beside)?;
    }
    Ok(())
}

struct Fetch {
    client: GatekeeperClient,
    asker: Asker,
    order: CopyOrder,
    copies: Copies,
}

impl Fetch {
    fn once(&self, runtime: &Runtime) -> Result<Duration> {
        let commitment = self.order.commitment;
        let mut sink = self.copies.sink(commitment);
        let started = Instant::now();
        let control = FetchControl::default();
        runtime.block_on(self.client.fetch_record(&self.asker, &self.order, &mut sink, &control))?;
        let took = started.elapsed();
        ensure!(self.copies.has(commitment), "the copy is not there");
        self.copies.remove(commitment)?;
        Ok(took)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Durable {
    No,
    Yes,
}

fn copied(from: &Path, to: &PathBuf, durable: Durable) -> Result<Duration> {
    let started = Instant::now();
    run(Command::new("cp").arg(from).arg(to))?;
    if durable == Durable::Yes {
        File::open(to)?.sync_all()?;
    }
    let took = started.elapsed();
    std::fs::remove_file(to)?;
    Ok(took)
}

fn run(command: &mut Command) -> Result<Duration> {
    let name = command.get_program().to_string_lossy().into_owned();
    let started = Instant::now();
    let status =
        command.stdout(Stdio::null()).status().with_context(|| format!("{name} could not be started"))?;
    let took = started.elapsed();
    ensure!(status.success(), "{name} ended with {status}");
    Ok(took)
}

fn write_random(path: &Path) -> Result<()> {
    let mut bytes = vec![0; RECORD_BYTES];
    getrandom::fill(&mut bytes)?;
    let mut file = File::create(path)?;
    file.write_all(&bytes)?;
    Ok(file.sync_all()?)
}
