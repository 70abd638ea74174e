//! A wallet with a hundred thousand pointers beside one with a thousand: opening it, its first screen, lists and searches.

use std::{
    future::Future,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use getrandom::SysRng;
use medrec_protocol::{
    RecordKind, ViewingKey,
    codec::{List, Text},
    payload::{CodeSystem, Coding, FhirType, MediaType, RecordPayload, StatedStatus, V1},
    tx::MAX_ACTIONS,
};
use medrec_vault::{GenesisHash, KeyEpoch, KeyTree, RelationshipIndex};
use medrec_wallet::{
    Control, Home, KdfParams, Passphrase, RecoveryWords, Wallet,
    view::{Badge, PageRequest, PersonId, RecordFilter},
};
use tokio::runtime::Runtime;

use super::{
    ledger::Ledger,
    people::{Patient, Scene},
    report,
    rounds::{Rounds, Way},
};

/// Pointers of the wallets.
const SIZES: [u64; 2] = [1_000, 100_000];
const NAMES: [&str; 2] = ["1,000", "100,000"];
const PASSPHRASE: &str = "gravel lantern oyster tuba";
const ROUNDS: usize = 15;
const OPENINGS: usize = 7;
/// Questions of one measured time.
const QUESTIONS: u32 = 10;
/// One pointer of so many replaces the one before it.
const CORRECTED: u64 = 20;
const TITLES: [&str; 5] = ["Metformin", "Ramipril", "Creatinine", "Discharge letter", "Vaccination"];
/// The pointer that has a title of its own.
const RARE: u64 = 444;
const AUTHORS: [&str; 4] = ["Dra. Inês Carvalho", "Dr. Rui Tavares", "Dr. Ana López", "Ward 4"];

const METHOD: &str = "Two wallets on one real node: one whose only relationship has 1,000 record pointers, one with 100,000; \
    twenty-five years, all kinds, one in twenty a corrected version, no copies fetched. Each was made from its recovery words \
    alone: the wallet's own sync found the relationship, verified, decrypted and indexed everything. Then the wallet's own \
    functions that the window calls, with what the window passes: the encrypted database (SQLCipher) is that of the product. \
    Ten questions each, warm, median of the ratios of fifteen alternating rounds; opening and the first look after it from a \
    closed file, seven rounds, with the lightest work factor that a vault may have, so that the passphrase does not hide the \
    rest (the default factor adds the time that stands under *Opening the vault*). The aim is that nothing grows with history.";

/// A wallet and what it was filled with.
struct Filled {
    home: Home,
    person: PersonId,
    wallet: Wallet,
    /// How long the first sync took.
    synced: Duration,
}

pub fn report() -> Result<()> {
    let runtime = Runtime::new()?;
    let folder = tempfile::tempdir()?;
    let ledger = Ledger::start()?;
    let mut wallets = Vec::new();
    for (number, size) in (1..).zip(SIZES) {
        let home = folder.path().join(size.to_string());
        let filled = runtime.block_on(fill(&ledger, &home, number, size));
        wallets.push(filled.with_context(|| format!("{size} pointers"))?);
    }
    report::section("A wallet with 100,000 pointers", METHOD)?;
    first_sync(&wallets)?;
    questions(&runtime, &wallets)?;
    openings(&runtime, wallets)
}

/// Publishes pointers, and has a wallet find them with nothing but its words.
async fn fill(ledger: &Ledger, folder: &Path, number: u64, size: u64) -> Result<Filled> {
    let words = RecoveryWords::generate(&mut SysRng)?;
    let patient = first_relationship(ledger, &words);
    let chain = ledger.chain();
    let scene = Scene { chain: &chain, publisher: &ledger.publisher, patient: &patient };
    ledger.submit(&[scene.by_publisher(vec![scene.open()])?]).await?;
    ledger.wait_for(patient.relationship(), 1).await?;
    let mut published = 0;
    while published < size {
        let batch = u64::try_from(MAX_ACTIONS)?.min(size - published);
        let pointers = (published..published + batch).map(|pointer| {
            // The opening is entry 0, so the pointer before this one is the entry of this one's number.
            let supersedes = (pointer > 0 && pointer.is_multiple_of(CORRECTED)).then_some(pointer);
            scene.pointer_to(&description(pointer)?, supersedes)
        });
        ledger.submit(&[scene.by_publisher(pointers.collect::<Result<_>>()?)?]).await?;
        published += batch;
    }
    ledger.wait_for(patient.relationship(), size + 1).await?;
    let home = Home::at(folder).with_work_factor(KdfParams::FLOOR);
    let wallet = home.restore(&format!("Person {number}"), &Passphrase::new(PASSPHRASE)?, &words).await?;
    wallet.join_network(&ledger.network).await?;
    let started = Instant::now();
    wallet.sync(Control::default()).await?;
    let synced = started.elapsed();
    wallet.mark_records_seen().await?;
    let every = RecordFilter { all_versions: true, ..RecordFilter::default() };
    let found = wallet.count_records(&every).await?;
    ensure!(found == size, "the wallet has {found} pointers");
    Ok(Filled { home, person: wallet.person().id, wallet, synced })
}

/// Keys of the first relationship that these words have on this ledger.
fn first_relationship(ledger: &Ledger, words: &RecoveryWords) -> Patient {
    let tree = KeyTree::from_words(words);
    let network = GenesisHash::from_bytes(*ledger.network.genesis_hash.as_bytes()).network_index();
    let (index, epoch) = (RelationshipIndex::FIRST, KeyEpoch::FIRST);
    let viewing = ViewingKey::from_bytes(*tree.derive_viewing_key(network, index, epoch));
    Patient::with_keys(tree.derive_signing_key(network, index, epoch), viewing)
}

fn description(number: u64) -> Result<RecordPayload> {
    let kind = RecordKind::ALL[usize::try_from(number)? % RecordKind::ALL.len()];
    let (year, month, day) = (2001 + number % 25, number / 25 % 12 + 1, number / 300 % 28 + 1);
    Ok(RecordPayload {
        version: V1,
        kind,
        title: Text::new(title(number)?)?,
        fhir_type: Some(FhirType::new("Observation")),
        codes: List::new(vec![Coding { system: CodeSystem::Loinc, code: Text::new("2160-0")? }])?,
        status: Some(StatedStatus::new("final")),
        date: Some(Text::new(format!("{year}-{month:02}-{day:02}"))?),
        author: Some(Text::new(AUTHORS[usize::try_from(number)? % AUTHORS.len()])?),
        place: None,
        media_type: MediaType::new("application/fhir+json"),
        size: 1843,
    })
}

/// One of five words, in no order that the dates have, too; one record's title is another.
fn title(number: u64) -> Result<String> {
    let word = usize::try_from(number.wrapping_mul(2_654_435_761) >> 16)? % TITLES.len();
    Ok(if number == RARE { "Echocardiogram".to_owned() } else { format!("{} {number}", TITLES[word]) })
}

fn first_sync(wallets: &[Filled]) -> Result<()> {
    let [few, many] = wallets else { return Ok(()) };
    let each = |filled: &Filled, size: u64| -> Result<f64> {
        Ok(filled.synced.as_secs_f64() / f64::from(u32::try_from(size)?))
    };
    let ratio = each(many, SIZES[1])? / each(few, SIZES[0])?;
    let times = (report::time(many.synced), report::time(few.synced));
    let beside = format!("with {} ({} beside {}, once each)", NAMES[0], times.0, times.1);
    report::figure(&format!("first sync from the words, each of {} pointers", NAMES[1]), ratio, "×", &beside)
}

/// Something that the window asks.
type Question = (&'static str, fn(&Runtime, &Wallet) -> Result<()>);

const ASKED: [Question; 10] = [
    ("first screen", |runtime, wallet| runtime.block_on(seen(wallet.overview()))),
    ("first page of the list", |runtime, wallet| {
        runtime.block_on(page(wallet, &RecordFilter::default(), 100))
    }),
    ("number of records above the list", |runtime, wallet| {
        runtime.block_on(seen(wallet.count_records(&RecordFilter::default())))
    }),
    ("number of records without a copy", |runtime, wallet| {
        let filter = RecordFilter { badge: Some(Badge::NotFetched), ..RecordFilter::default() };
        runtime.block_on(seen(wallet.count_records(&filter)))
    }),
    ("first page of one kind", |runtime, wallet| {
        let filter = RecordFilter { kind: Some(RecordKind::Medication), ..RecordFilter::default() };
        runtime.block_on(page(wallet, &filter, 1))
    }),
    ("search for the beginning of a word of one record", |runtime, wallet| {
        runtime.block_on(page(wallet, &search("echocard"), 1))
    }),
    ("search for a word of every fifth record", |runtime, wallet| {
        runtime.block_on(page(wallet, &search("metformin"), 100))
    }),
    ("search for two letters that all have", |runtime, wallet| {
        runtime.block_on(page(wallet, &search("sa"), 100))
    }),
    ("number of records that a search for every fifth finds", |runtime, wallet| {
        runtime.block_on(seen(wallet.count_records(&search("metformin"))))
    }),
    ("a sync with nothing new", |runtime, wallet| runtime.block_on(seen(wallet.sync(Control::default())))),
];

fn search(text: &str) -> RecordFilter {
    RecordFilter { search: Some(text.to_owned()), ..RecordFilter::default() }
}

async fn seen<T>(question: impl Future<Output = medrec_wallet::Result<T>>) -> Result<()> {
    question.await?;
    Ok(())
}

/// The first page, which must have at least so many rows.
async fn page(wallet: &Wallet, filter: &RecordFilter, least: usize) -> Result<()> {
    let found = wallet.records(filter, &PageRequest::default()).await?.rows.len();
    ensure!(found >= least, "{found} rows for {filter:?}");
    Ok(())
}

fn questions(runtime: &Runtime, wallets: &[Filled]) -> Result<()> {
    for (what, ask) in ASKED {
        let way = |filled| -> Way<'_> {
            let filled: &Filled = filled;
            Box::new(move || {
                let started = Instant::now();
                (0..QUESTIONS).try_for_each(|_| ask(runtime, &filled.wallet))?;
                Ok(started.elapsed() / QUESTIONS)
            })
        };
        let rounds = Rounds::measure(ROUNDS, wallets.iter().map(way).collect())?;
        ratio(what, &rounds)?;
    }
    Ok(())
}

fn ratio(what: &str, rounds: &Rounds) -> Result<()> {
    let times = (report::time(rounds.time(1)?), report::time(rounds.time(0)?));
    let beside = format!("with {} ({} beside {}); goal: does not grow", NAMES[0], times.0, times.1);
    report::figure(&format!("{what}, {} pointers", NAMES[1]), rounds.ratio(1, 0)?, "×", &beside)
}

/// From the passphrase to the first screen and the list, the files closed before.
fn openings(runtime: &Runtime, wallets: Vec<Filled>) -> Result<()> {
    let mut places = Vec::new();
    for filled in wallets {
        runtime.block_on(filled.wallet.lock())?;
        places.push((filled.home, filled.person));
    }
    let passphrase = Passphrase::new(PASSPHRASE)?;
    let way = |(home, person), look: bool| -> Way<'_> {
        let (home, person, passphrase): (&Home, &PersonId, &Passphrase) = (home, person, &passphrase);
        Box::new(move || {
            let started = Instant::now();
            let wallet = runtime.block_on(home.open(person, passphrase))?;
            if look {
                runtime.block_on(seen(wallet.overview()))?;
                runtime.block_on(page(&wallet, &RecordFilter::default(), 100))?;
            }
            let took = started.elapsed();
            runtime.block_on(wallet.lock())?;
            Ok(took)
        })
    };
    for (what, look) in [("unlocking and opening", false), ("opening, first screen and first page", true)] {
        let ways = places.iter().map(|(home, person)| way((home, person), look)).collect();
        ratio(what, &Rounds::measure(OPENINGS, ways)?)?;
    }
    Ok(())
}
