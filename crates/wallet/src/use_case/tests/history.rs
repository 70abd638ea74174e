use std::path::{Path, PathBuf};

use medrec_client::NetworkFile;
use medrec_protocol::{RecordKind, RelationshipAddress, Timestamp};
use sha2::{Digest as _, Sha256};

use super::{
    acts::decide,
    share::{give, wish},
};
use crate::{
    Clock as _, Code, Control, Language, Wallet, WalletError, check_history,
    store::entries,
    testing::World,
    view::{
        Act, Begins, CheckedHistory, ExportedHistory, HistoryForm, HistoryRequest, Right, ShareScope,
        StopTarget,
    },
};

const SECONDS_PER_DAY: i64 = 86_400;
const DIGEST_BYTES: usize = 32;

fn everything() -> HistoryRequest {
    HistoryRequest::default()
}

/// A patient who has shared once and stopped it again a day later.
async fn lived() -> (World, Timestamp) {
    let world = World::with_records().await;
    give(&world, &wish(&world, ShareScope::Kinds(vec![RecordKind::Medication]))).await;
    let between = world.clock.now().plus(SECONDS_PER_DAY.unsigned_abs() / 2);
    world.pass(SECONDS_PER_DAY).await;
    world.wallet.stop(StopTarget::Everything, "no longer needed", <_>::default()).await.unwrap();
    (world, between)
}

async fn export(wallet: &Wallet, request: &HistoryRequest, path: &Path) -> (ExportedHistory, Vec<u8>) {
    let exported = wallet.export_history(request, HistoryForm::Verifiable, path).await.unwrap();
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(exported.size, bytes.len() as u64);
    (exported, bytes)
}

fn to(world: &World, name: &str) -> PathBuf {
    world.folder.path().join(name)
}

fn counts(checked: &CheckedHistory) -> (u64, u64) {
    let lines = || checked.parts.iter().flat_map(|part| &part.lines);
    (lines().count() as u64, lines().filter(|line| line.open).count() as u64)
}

fn refusal(result: Result<CheckedHistory, WalletError>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.code(), Code::VerificationFailed, "{error}");
    error.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_history_goes_out_in_every_form_and_its_file_is_proved() {
    let (world, _) = lived().await;
    let (exported, bytes) = export(&world.wallet, &everything(), &to(&world, "all.medrec-history")).await;
    let checked = world.wallet.check_history_file(&bytes).await.unwrap();
    assert!(checked.anchored);
    assert_eq!((&checked.stated_whose, &checked.digest), (&"Amélia".to_owned(), &exported.digest));
    assert_eq!((checked.as_of, checked.signers, checked.validators), (exported.as_of, 1, 1));
    assert_eq!(checked.parts.len(), 3);
    assert!(checked.parts.iter().all(|part| (part.from, part.to) == (0, part.of)), "complete");
    // Three openings, four records, two grants and their ends; an opening has nothing sealed.
    let (entries, opened) = counts(&checked);
    assert_eq!((exported.entries, exported.opened), (entries, opened));
    assert_eq!((entries, opened), (11, 11));
    // The screen says what the file says, and anybody else reads the same.
    assert_eq!(world.wallet.history(&everything()).await.unwrap(), checked.parts);
    let elsewhere = check_history(&bytes, Some(&world.ledger.network), Language::English).unwrap();
    assert_eq!(elsewhere.parts, checked.parts);
    let alone = check_history(&bytes, None, Language::English).unwrap();
    assert!(!alone.anchored, "without an anchor it only agrees with itself");

    let said =
        |text: &str| checked.parts.iter().flat_map(|part| &part.lines).any(|line| line.text.contains(text));
    for words in ["Santa Maria", "Metformin 850 mg", "City Clinic", "no longer needed"] {
        assert!(said(words), "nothing says {words}");
    }
    for (form, begins) in [(HistoryForm::Pdf, "%PDF-"), (HistoryForm::Csv, ""), (HistoryForm::Fhir, "{")] {
        let path = to(&world, form.extension());
        let exported = world.wallet.export_history(&everything(), form, &path).await.unwrap();
        assert_eq!((exported.entries, exported.opened), (entries, opened), "{form:?}");
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(exported.size, bytes.len() as u64);
        assert!(bytes.starts_with(begins.as_bytes()), "{form:?}");
        match form {
            HistoryForm::Csv => {
                let table = String::from_utf8(bytes).unwrap();
                assert!(table.contains("Metformin 850 mg") && table.contains("no longer needed"), "{table}");
            }
            HistoryForm::Fhir => {
                let bundle: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
                assert_eq!(bundle["resourceType"], "Bundle");
                assert!(bundle.to_string().contains("City Clinic"));
            }
            HistoryForm::Pdf | HistoryForm::Verifiable => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_provider_a_period_and_a_closed_history_hold_that_and_no_more() {
    let (world, between) = lived().await;
    let wallet = &world.wallet;
    let path = to(&world, "part.medrec-history");
    let hospital = HistoryRequest { providers: vec![world.provider(0)], ..everything() };
    let (exported, bytes) = export(wallet, &hospital, &path).await;
    let checked = wallet.check_history_file(&bytes).await.unwrap();
    assert_eq!(checked.parts.len(), 1);
    assert!(checked.parts[0].provider.contains("Santa Maria"));
    assert_eq!((checked.parts[0].from, checked.parts[0].to, checked.parts[0].of), (0, 5, 5));
    assert_eq!((exported.entries, exported.opened), (5, 5));

    // The day of the stop: the last entry of two of the three, and nothing of the third.
    let stop = HistoryRequest { since: Some(between), ..everything() };
    let checked = wallet.check_history_file(&export(wallet, &stop, &path).await.1).await.unwrap();
    assert_eq!(checked.parts.len(), 2);
    for part in &checked.parts {
        assert_eq!((part.from, part.to), (part.of - 1, part.of));
        assert!(part.lines[0].text.contains("no longer needed"), "{}", part.lines[0].text);
    }
    // Everything before it: the part ends where the stop begins, and says that more follows.
    let before = HistoryRequest { until: Some(between), ..hospital.clone() };
    let checked = wallet.check_history_file(&export(wallet, &before, &path).await.1).await.unwrap();
    assert_eq!((checked.parts[0].from, checked.parts[0].to, checked.parts[0].of), (0, 4, 5));

    let closed = HistoryRequest { closed: true, ..everything() };
    let (exported, bytes) = export(wallet, &closed, &path).await;
    assert_eq!((exported.entries, exported.opened), (11, 3), "who reads it learns that there are pseudonyms");
    let checked = wallet.check_history_file(&bytes).await.unwrap();
    assert_eq!(counts(&checked), (11, 3));
    for words in ["Metformin", "medicines", "no longer needed"] {
        let told = checked.parts.iter().flat_map(|part| &part.lines).any(|line| line.text.contains(words));
        assert!(!told, "{words} is told by a closed history");
    }

    let never = HistoryRequest { since: Some(world.clock.now().plus(60)), ..everything() };
    std::fs::remove_file(&path).unwrap();
    let error = wallet.export_history(&never, HistoryForm::Pdf, &path).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidInput);
    assert!(!path.exists(), "nothing is written where there is nothing");
}

/// The file with other entries in place of those of one relationship, and with a checksum that fits: what then refuses it
/// is the proof.
fn with_entries(file: &[u8], before: &[Vec<u8>], after: &[Vec<u8>]) -> Vec<u8> {
    let run = |entries: &[Vec<u8>]| {
        let mut bytes = u32::try_from(entries.len()).unwrap().to_le_bytes().to_vec();
        for entry in entries {
            bytes.extend_from_slice(&u32::try_from(entry.len()).unwrap().to_le_bytes());
            bytes.extend_from_slice(entry);
        }
        bytes
    };
    let (before, after) = (run(before), run(after));
    let body = &file[..file.len() - DIGEST_BYTES];
    let places: Vec<_> = (0..body.len()).filter(|at| body[*at..].starts_with(&before)).collect();
    let [at] = places[..] else { panic!("the entries stand once in the file") };
    let mut changed = [&body[..at], &after, &body[at + before.len()..]].concat();
    let checksum = Sha256::digest(&changed);
    changed.extend_from_slice(&checksum);
    changed
}

async fn log_of(world: &World, relationship: RelationshipAddress) -> Vec<Vec<u8>> {
    let mut read = world.wallet.store.read().await.unwrap();
    entries::all_bytes(&mut read, relationship).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_altered_shortened_or_reordered_history_is_refused() {
    let (world, _) = lived().await;
    let hospital = HistoryRequest { providers: vec![world.provider(0)], ..everything() };
    let (_, honest) = export(&world.wallet, &hospital, &to(&world, "honest.medrec-history")).await;
    let pages = world.wallet.pages(&world.ledger.network.identity()).await.unwrap();
    let page = pages.iter().find(|page| page.row.provider == world.provider(0)).unwrap();
    let log = log_of(&world, page.row.address).await;
    assert_eq!(with_entries(&honest, &log, &log), honest);

    let mut last_dropped = log.clone();
    last_dropped.pop();
    let (mut dropped, mut moved, mut doubled, mut altered) =
        (log.clone(), log.clone(), log.clone(), log.clone());
    dropped.remove(3);
    moved.swap(2, 3);
    doubled.insert(2, log[2].clone());
    *altered[3].last_mut().unwrap() ^= 1;
    for entries in [last_dropped, dropped, moved, doubled, altered] {
        let said = refusal(world.wallet.check_history_file(&with_entries(&honest, &log, &entries)).await);
        assert!(!said.contains("checksum"), "{said}");
    }
    // What happens on the way: a bit, an end, another file.
    let mut flipped = honest.clone();
    flipped[honest.len() / 2] ^= 1;
    for damaged in [flipped.as_slice(), &honest[..honest.len() - 40], b"not a history", b""] {
        refusal(world.wallet.check_history_file(damaged).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_of_another_network_is_refused() {
    let (world, other) = (World::with_records().await, World::start().await);
    let (_, bytes) = export(&world.wallet, &everything(), &to(&world, "all.medrec-history")).await;
    assert_ne!(world.ledger.network.genesis_hash, other.ledger.network.genesis_hash);
    refusal(other.wallet.check_history_file(&bytes).await);
    let renamed = NetworkFile { chain_id: "elsewhere".parse().unwrap(), ..world.ledger.network.clone() };
    let said = refusal(check_history(&bytes, Some(&renamed), Language::English));
    assert!(said.contains("elsewhere"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_node_nothing_is_exported_and_the_file_of_before_stays() {
    let world = World::with_records().await;
    let folder = to(&world, "exports");
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("all.medrec-history");
    let (_, before) = export(&world.wallet, &everything(), &path).await;
    world.ledger.stop();
    for form in [HistoryForm::Verifiable, HistoryForm::Pdf, HistoryForm::Csv, HistoryForm::Fhir] {
        let error = world.wallet.export_history(&everything(), form, &path).await.unwrap_err();
        assert_eq!(error.code(), Code::NodeAway, "{error}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing half-written is left");
    // Checking needs no node.
    assert!(world.wallet.check_history_file(&before).await.unwrap().anchored);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_helper_exports_what_the_appointment_opens_and_nothing_without_one() {
    let world = World::with_records().await;
    give(&world, &wish(&world, ShareScope::Kinds(vec![RecordKind::Medication]))).await;
    let rosa = world.another("Rosa").await;
    let (helped, offer) = rosa.offer_help("Mum", "Rosa").await.unwrap();
    let path = to(&world, "helped.medrec-history");
    let view = rosa.help(helped.number).await.unwrap();
    let nothing = view.export_history(&everything(), HistoryForm::Verifiable, &path).await.unwrap_err();
    assert_eq!(nothing.code(), Code::InvalidInput, "{nothing}");

    let one = Act::Appoint {
        offer,
        name: "Rosa".to_owned(),
        relation: String::new(),
        right: Right::See,
        begins: Begins::AtOnce,
        days: 30,
        providers: vec![world.provider(0)],
    };
    decide(&world.wallet, &one).await;
    view.sync(Control::default()).await.unwrap();
    decide(&view, &Act::AcceptAppointments).await;
    world.hand_over_keys(&view).await;
    view.sync(Control::default()).await.unwrap();
    world.sync().await;
    let (exported, bytes) = export(&view, &everything(), &path).await;
    let checked = rosa.check_history_file(&bytes).await.unwrap();
    assert_eq!(checked.stated_whose, "Mum", "in the helper's words");
    assert_eq!(checked.parts.len(), 1, "only where she was appointed");
    assert_eq!(checked.parts[0].to, checked.parts[0].of);
    assert_eq!(exported.entries, exported.opened);
    let own = HistoryRequest { providers: vec![world.provider(0)], ..everything() };
    assert_eq!(checked.parts, world.wallet.history(&own).await.unwrap(), "and there what the patient sees");
}
