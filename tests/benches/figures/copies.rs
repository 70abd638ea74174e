//! Fetching a large record: received, verified and encrypted in one pass.

use std::{
    fs::File,
    hint::black_box,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce, aead::Aead};
use medrec_exchange::{
    GatekeeperClient, Signer,
    client::{Asker, CopyOrder, FetchControl, Timeouts},
};
use medrec_protocol::{RecordSalt, commitment::CommitmentHasher, decide::Operation};
use medrec_wallet::copies::Copies;
use tokio::runtime::Runtime;

use super::{
    people::Patient,
    publisher::RecordServer,
    report,
    rounds::{Rounds, Way},
};

const RECORD_BYTES: usize = 500_000_000;
/// Bytes that are encrypted at once, as in the wallet's copies.
const CHUNK_BYTES: usize = 64 * 1024;
const ROUNDS: usize = 5;
const DATABASE_KEY: [u8; 32] = [3; 32];
const METHOD: &str = "A record of 500,000,000 random bytes. *Fetch*: one signed request over HTTP on loopback to a publisher in the \
    same process, on threads of its own; the answer's signature checked; the bytes hashed as they come, compared \
    with the commitment, encrypted in chunks of 64 KiB (XChaCha20-Poly1305) and written on a thread of the copy's \
    own, made durable (fsync) and renamed: the wallet's own client and store. `cp` and `sha256sum` are those of the \
    system, on the same file and disk, with the file in the page cache; `cp` leaves writing to the system, so it \
    stands here also with an fsync after it. *In memory*: the same hash and the same encryption over the same bytes, \
    one thread, no network and no disk. Median of the ratios of five alternating rounds. *Memory*: what the process, \
    the publisher's threads with it, had resident at most while a copy was fetched (Linux: `VmHWM`, begun anew before).";

pub fn report() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let record = folder.path().join("record");
    let bytes = write_random(&record)?;
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
        Box::new(|| hashed_and_encrypted(&bytes)),
    ];
    let rounds = Rounds::measure(ROUNDS, ways)?;
    report::section("Fetching a copy", METHOD)?;
    let others = [
        (1, "`cp` of the same file"),
        (2, "`cp` and fsync of the same file"),
        (3, "`sha256sum` of the same file"),
        (4, "hashed and encrypted in memory"),
    ];
    for (way, name) in others {
        let times = (report::time(rounds.time(0)?), report::time(rounds.time(way)?));
        let beside = format!("{name} ({} beside {})", times.0, times.1);
        report::figure("500 MB fetched, verified and encrypted", rounds.ratio(0, way)?, "×", &beside)?;
    }
    // The bytes in memory are not part of a fetch.
    drop(bytes);
    memory(|| fetch.once(&runtime).map(drop))
}

/// How much memory a fetch needs.
fn memory(fetch: impl FnOnce() -> Result<()>) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    // proc(5): 5 begins the peak anew.
    std::fs::write("/proc/self/clear_refs", "5")?;
    fetch()?;
    let most = (resident("VmHWM:")? / 1024.0).round();
    let beside = format!("all of the process, for a record of {} MB", RECORD_BYTES / 1_000_000);
    report::figure("memory while it is fetched", most, "MiB", &beside)
}

/// KiB of this process.
fn resident(which: &str) -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(which)).context("no such line")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
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

/// What no copy can do without: SHA-256 over everything, and XChaCha20-Poly1305 over each chunk.
fn hashed_and_encrypted(bytes: &[u8]) -> Result<Duration> {
    let started = Instant::now();
    let cipher = XChaCha20Poly1305::new(&DATABASE_KEY.into());
    let mut hasher = CommitmentHasher::new(&RecordSalt::from_bytes([0; 32]));
    for chunk in bytes.chunks(CHUNK_BYTES) {
        hasher.update(chunk);
        let sealed = cipher.encrypt(&XNonce::from([0; 24]), chunk).map_err(|error| anyhow!("{error}"))?;
        black_box(sealed);
    }
    black_box(hasher.finish());
    Ok(started.elapsed())
}

/// Writes a file of random bytes, and gives them.
fn write_random(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = vec![0; RECORD_BYTES];
    getrandom::fill(&mut bytes)?;
    let mut file = File::create(path)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    Ok(bytes)
}
