//! The story itself: what is done, in order, and what each step shows. Everything goes through the same programs that
//! people use, and every number that is printed comes out of them.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xtask::town::{CLINIC, DOCTOR, HOSPITAL, PASSPHRASE, PHARMACY, PRACTICE, Person, Town};

use super::steps::Steps;
use super::{helpers, hospitals};

/// Records of Amélia at hospital, practice, pharmacy and clinic before anything is corrected.
pub const RECORDS: usize = 50;
/// More than a slow computer needs to publish them.
const PATIENCE: Duration = Duration::from_mins(2);

/// Tells the story; returns the commands to try next.
pub fn tell(town: &Town, steps: &Steps) -> Result<Vec<String>> {
    steps.chapter("A small town, and a ledger that nobody owns alone");
    open_town(town, steps)?;
    steps.chapter("Amélia Ferreira-Novák, 71, gets a wallet");
    let (amelia, words) = settle(town, steps)?;
    steps.chapter("The clinic asks, Amélia decides");
    ask_and_allow(town, steps, &amelia)?;
    fetch_as_clinic(town, steps, &amelia)?;
    who_looked(steps, &amelia)?;
    steps.chapter("Unaltered, or not believed");
    own_copy(town, steps, &amelia)?;
    correction(town, steps, &amelia)?;
    steps.chapter("Stop");
    stop(town, steps, &amelia)?;
    steps.chapter("Her daughter helps");
    let sofia = helpers::appoint(town, steps, &amelia)?;
    helpers::allow_for_her_mother(town, steps, &amelia, &sofia)?;
    steps.chapter("An emergency");
    helpers::emergency(town, steps, &amelia)?;
    helpers::dispute(steps, &amelia)?;
    steps.chapter("The consent history");
    helpers::history(town, steps, &amelia)?;
    steps.chapter("Things that go wrong");
    match town.network() {
        None => power_cut(town, steps, &amelia)?,
        Some(network) => hospitals::cut_off(town, network, steps, &amelia)?,
    }
    new_computer(town, steps, &amelia, &words)?;
    Ok(try_next(town, &amelia))
}

/// Providers, ledger and gatekeepers, up to where people can come.
pub fn open_town(town: &Town, steps: &Steps) -> Result<()> {
    steps.step("Four providers make their keys. The secret halves stay in their folders.", || {
        town.make_providers()?;
        let names = town.sites().map(|site| format!("{}, {}", site.name, site.place));
        Ok(((), names.collect::<Vec<_>>().join("\n")))
    })?;
    steps.step("A new ledger begins, with the four in its directory.", || {
        town.make_ledger().map(|printed| ((), printed))
    })?;
    let starts = match town.network() {
        None => "The ledger node starts: one process, one validator, CometBFT's block format.",
        Some(_) => {
            "The hospitals' nodes start, each with its CometBFT. Whoever they are, three of four must agree."
        }
    };
    steps.step(starts, || {
        town.start_node()?;
        let nodes = town.network().map_or_else(
            || vec![town.node],
            |network| network.numbers().map(|number| network.rpc(number)).collect(),
        );
        let answers = nodes.iter().map(|node| format!("one answers at http://{node}"));
        Ok(((), answers.collect::<Vec<_>>().join("\n")))
    })?;
    steps.step("Each provider's gatekeeper joins the ledger and starts. Records stay where they are.", || {
        let mut seen = String::new();
        for site in town.sites() {
            town.join(&site.slug, &town.network_file())?;
            town.start_gatekeeper(&site.slug)?;
            writeln!(seen, "{}: http://{}", site.name, site.address)?;
        }
        Ok(((), seen))
    })
}

fn settle(town: &Town, steps: &Steps) -> Result<(Person, String)> {
    let amelia = town.person("amelia")?;
    let words = steps.step("She makes a wallet: an encrypted vault, and 24 words to write down.", || {
        let words = amelia.create_wallet()?;
        let first: Vec<_> = words.split(' ').take(3).collect();
        Ok((words.clone(), format!("the words begin with: {} …", first.join(" "))))
    })?;
    steps.step(
        "The wallet joins the ledger. It believes no node: genesis and headers are checked.",
        || {
            let joined = amelia.join(&town.network_file())?;
            Ok(((), format!("ledger {} is the one that the network file names", text(&joined, "chain_id"))))
        },
    )?;
    for slug in [HOSPITAL, PRACTICE, PHARMACY, CLINIC] {
        let name = &town.site(slug)?.name;
        steps.step(
            &format!("{name} gives her a one-time code; she enrols with keys used nowhere else."),
            || {
                amelia.enrol(town, slug)?;
                Ok(((), "the relationship stands on the ledger, proved under a verified header".into()))
            },
        )?;
    }
    let records = steps.step("Her wallet lists what all four have written about her.", || {
        let records = wait_for(&amelia, RECORDS)?;
        Ok((records.clone(), by_provider(&records)))
    })?;
    steps.step("One drug, three stories: what the list shows about ramipril.", || {
        let ramipril = amelia.listed(&["--search", "ramipril"])?;
        ensure!(!ramipril.is_empty() && ramipril.len() < records.len(), "the search found nothing");
        Ok(((), lines(&ramipril)))
    })?;
    Ok((amelia, words))
}

fn ask_and_allow(town: &Town, steps: &Steps, amelia: &Person) -> Result<()> {
    steps.step(
        "The clinic asks for medicines, allergies, problems and results, in its own relationship.",
        || {
            town.ask_as_clinic(amelia)?;
            Ok(((), "the request is sealed; on the ledger stands that something was asked".into()))
        },
    )?;
    let id = steps.step("The request reaches her wallet through the ledger alone.", || {
        let request = eventually(|| {
            amelia.json(&["sync"])?;
            Ok(list(&amelia.json(&["requests"])?, "requests")?.first().cloned())
        })?;
        Ok((text(&request, "id").to_owned(), format!("reason given: {}", text(&request, "reason"))))
    })?;
    steps.step("She allows less: medicines and allergies, for 30 days. One sentence, then she signs.", || {
        let words = ["requests", "allow", &id, "--kinds", "medication,allergy", "--days", "30", "--yes"];
        let shared = amelia.json(&words)?;
        let review = list(&shared, "review")?.iter().filter_map(Value::as_str).map(str::to_owned);
        Ok(((), review.collect::<Vec<_>>().join("\n")))
    })
}

fn fetch_as_clinic(town: &Town, steps: &Steps, amelia: &Person) -> Result<()> {
    steps.step("The clinic fetches copies from the three others and checks every byte.", || {
        let fetched = eventually(|| {
            let fetched = town.fetch_as(CLINIC, DOCTOR)?;
            Ok((!fetched.fetched.is_empty() && fetched.refused.is_none()).then_some(fetched))
        })?;
        ensure!(fetched.failed.is_empty(), "some copies were not kept: {:?}", fetched.failed);
        let allowed =
            [amelia.listed(&["--kind", "medication"])?, amelia.listed(&["--kind", "allergy"])?].concat();
        let may_see = |copy: &Value| allowed.iter().any(|record| record["commitment"] == copy["commitment"]);
        ensure!(fetched.fetched.iter().all(may_see), "the clinic received more than it was allowed");
        let checked =
            "commitment on the ledger, place in the log under a verified header, description: all match";
        Ok(((), format!("{} copies, only medicines and allergies\n{checked}", fetched.fetched.len())))
    })
}

fn who_looked(steps: &Steps, amelia: &Person) -> Result<()> {
    steps.step("Amélia sees who looked.", || {
        let entries = eventually(|| {
            amelia.json(&["sync"])?;
            let entries = list(&amelia.json(&["access-log"])?, "entries")?.clone();
            Ok((!entries.is_empty()).then_some(entries))
        })?;
        let mut seen = String::new();
        for entry in &entries {
            let who = &entry["recipient"]["name"];
            let count = list(entry, "records")?.len();
            writeln!(seen, "{} ({}): {count} records", who.as_str().unwrap_or("?"), text(entry, "person"))?;
        }
        Ok(((), seen))
    })
}

fn own_copy(town: &Town, steps: &Steps, amelia: &Person) -> Result<()> {
    let letter = amelia.listed(&["--search", "discharge", "--kind", "document"])?;
    let letter = letter.first().context("no discharge letter is listed")?;
    let (id, commitment) = (text(letter, "id").to_owned(), text(letter, "commitment"));
    let folder = town.site(HOSPITAL)?.home.join("snapshots");
    let snapshot = std::fs::read_dir(&folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.to_string_lossy().contains(commitment))
        .context("the hospital keeps no snapshot of the letter")?;
    let honest = std::fs::read(&snapshot)?;
    steps.step(
        "Somebody at the hospital changes one byte of her discharge letter. She fetches it.",
        || {
            let mut altered = honest.clone();
            let middle = altered.len() / 2;
            altered[middle] ^= 1;
            replace(&snapshot, &altered)?;
            let outcome = amelia.medrec(&["fetch", &id, "--json"])?;
            let printed = outcome.printed().unwrap_or_default();
            outcome.refusal()?;
            let failed = list(&printed, "failed")?.first().context("the altered letter was taken")?;
            Ok(((), text(failed, "message").to_owned()))
        },
    )?;
    steps.step("The letter is put back as it was signed for. She fetches it again.", || {
        replace(&snapshot, &honest)?;
        let fetched = amelia.json(&["fetch", &id])?;
        let size = &list(&fetched, "fetched")?.first().context("nothing was fetched")?["size"];
        Ok(((), format!("verified copy, {size} bytes, encrypted on her computer")))
    })
}

fn correction(town: &Town, steps: &Steps, amelia: &Person) -> Result<()> {
    steps.step("The hospital corrects two records: a laboratory value and the letter.", || {
        town.correct(HOSPITAL)?;
        let versions = eventually(|| {
            amelia.json(&["sync"])?;
            let versions = amelia.listed(&["--search", "potassium", "--all-versions"])?;
            Ok((versions.len() >= 2).then_some(versions))
        })?;
        Ok(((), format!("the old version is kept in its history:\n{}", lines(&versions))))
    })
}

fn stop(town: &Town, steps: &Steps, amelia: &Person) -> Result<()> {
    steps.step("She stops the clinic.", || {
        let stopped = amelia.json(&["stop", "--provider", "Abbey Gardens", "--yes"])?;
        Ok(((), text(&stopped, "sentence").to_owned()))
    })?;
    steps.step("The clinic tries once more.", || {
        let stopped = eventually(|| {
            let stopped = town.fetch_as(CLINIC, DOCTOR)?.stopped;
            Ok((!stopped.is_empty()).then_some(stopped))
        })?;
        Ok(((), format!("{} permissions: the patient stopped them; nothing comes any more", stopped.len())))
    })
}

fn power_cut(town: &Town, steps: &Steps, amelia: &Person) -> Result<()> {
    let before = amelia.records()?.len();
    steps.step("The ledger node is killed. Reading goes on; what is new has to wait.", || {
        town.kill_node()?;
        ensure!(amelia.listed(&[])?.len() == before, "records are missing without the node");
        let refused = amelia.medrec(&["sync"])?.refusal()?;
        Ok(((), refused.complaint))
    })?;
    steps.step("It starts again from what it had made durable.", || {
        town.start_node()?;
        ensure!(amelia.records()?.len() == before, "records are missing after the restart");
        Ok(((), format!("all {before} pointers are there, proved again")))
    })
}

fn new_computer(town: &Town, steps: &Steps, amelia: &Person, words: &str) -> Result<()> {
    steps.step("Her computer is lost. On an empty one the 24 words bring everything back.", || {
        let elsewhere =
            amelia.on_another_computer(town.folder.join("wallets").join("amelia-new-computer"))?;
        let file = elsewhere.home().join("words.txt");
        std::fs::write(&file, words)?;
        let file = file.to_string_lossy().into_owned();
        elsewhere.json(&["wallet", "restore", "--label", amelia.name(), "--words-file", &file])?;
        elsewhere.join(&town.network_file())?;
        let (here, there) = (amelia.records()?, elsewhere.records()?);
        let ids =
            |records: &[Value]| records.iter().map(|record| record["commitment"].clone()).collect::<Vec<_>>();
        ensure!(ids(&here) == ids(&there), "the two wallets list different records");
        Ok((
            (),
            format!(
                "the same {} records in the same order, from the ledger and the words alone",
                there.len()
            ),
        ))
    })
}

/// Commands for somebody who wants to go on.
pub fn try_next(town: &Town, amelia: &Person) -> Vec<String> {
    let programs = town.programs.folder_of_programs().display();
    let home = amelia.home().display();
    let medrec = format!("{programs}/medrec --home {home} --passphrase-file {home}/passphrase.txt");
    vec![
        format!("{medrec} records --search metformin"),
        format!("{medrec} sharing"),
        format!("{medrec} access-log"),
        format!("curl http://{}/status", town.node),
        format!("# the passphrase of the sample people is: {PASSPHRASE}"),
    ]
}

/// Syncs until so many records are listed.
pub fn wait_for(person: &Person, count: usize) -> Result<Vec<Value>> {
    eventually(|| person.records().map(|records| (records.len() >= count).then_some(records)))
}

/// Asks again and again until there is something.
pub fn eventually<T>(mut ask: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let started = std::time::Instant::now();
    loop {
        let error = match ask() {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        if started.elapsed() > PATIENCE {
            return Err(error.unwrap_or_else(|| anyhow::anyhow!("it did not happen within {PATIENCE:?}")));
        }
        std::thread::sleep(Duration::from_millis(250));
    }
}

fn replace(path: &std::path::Path, bytes: &[u8]) -> Result<()> {
    // A snapshot is read-only: it is replaced, not written.
    std::fs::remove_file(path)?;
    Ok(std::fs::write(path, bytes)?)
}

pub fn list<'a>(value: &'a Value, name: &str) -> Result<&'a Vec<Value>> {
    value[name].as_array().with_context(|| format!("no list '{name}' in {value}"))
}

pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or("?")
}

fn lines(records: &[Value]) -> String {
    let line = |record: &Value| {
        let (date, status) =
            (record["date"].as_str().unwrap_or("no date"), record["status"].as_str().unwrap_or("-"));
        format!(
            "{date:>10}  {:<46} {status:<10} {}",
            text(record, "title"),
            text(&record["provider"], "name")
        )
    };
    records.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn by_provider(records: &[Value]) -> String {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for record in records {
        *counts.entry(text(&record["provider"], "name")).or_default() += 1;
    }
    let mut seen = format!("{} records, each proved to be complete and in order\n", records.len());
    for (name, count) in counts {
        let _ = writeln!(seen, "{count:4}  {name}");
    }
    seen
}
