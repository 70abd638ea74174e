//! CSV and FHIR, read back.

use std::collections::BTreeSet;

use serde_json::Value;

use super::sample;
use crate::{
    Language,
    csv::COLUMNS,
    model::{History, What},
    sentences, to_csv, to_fhir,
};

fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).expect("a byte order mark");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn entries(history: &History) -> usize {
    history.relationships.iter().map(|one| one.entries.len()).sum()
}

#[test]
fn csv_has_one_row_for_each_entry_under_names_that_stay() {
    let history = sample::everything();
    for language in Language::ALL {
        let rows = rows(&to_csv(&history, language).unwrap());
        assert_eq!(rows[0], COLUMNS);
        assert_eq!(rows.len(), 1 + entries(&history));
        let told = history
            .relationships
            .iter()
            .flat_map(|one| one.entries.iter().map(move |entry| sentences::entry(language, entry, one)));
        let sentences: Vec<String> = told.collect();
        assert_eq!(rows[1..].iter().map(|row| row[COLUMNS.len() - 1].clone()).collect::<Vec<_>>(), sentences);
    }
    assert_eq!(
        COLUMNS.join(","),
        "relationship,publisher_name,publisher_place,publisher_address,entry,time_utc,block,signed_as,signed_by,\
         signed_by_address,action,opened,other_party,other_party_address,about_entry,grant,scope,new_ones_too,from_utc,\
         until_utc,purpose,sentence"
    );
}

#[test]
fn csv_says_who_was_given_what_until_when() {
    let rows = rows(&to_csv(&sample::everything(), Language::English).unwrap());
    let cell = |row: usize, name: &str| {
        rows[row][COLUMNS.iter().position(|column| *column == name).unwrap()].as_str()
    };
    assert_eq!(cell(6, "action"), "granted");
    assert_eq!(cell(6, "signed_as"), "patient");
    assert_eq!(cell(6, "other_party"), "City Clinic (Rua do Almada 12, Porto)");
    assert_eq!(cell(6, "scope"), "medication; allergy");
    assert_eq!(cell(6, "new_ones_too"), "yes");
    assert_eq!(cell(6, "from_utc"), "2026-03-05T09:48:51Z");
    assert_eq!(cell(6, "until_utc"), "2026-06-03T09:48:51Z");
    assert_eq!(cell(14, "action"), "revoked");
    assert_eq!(cell(14, "about_entry"), "6");
}

#[test]
fn csv_neutralises_what_a_spreadsheet_would_run() {
    for (word, shown) in [
        ("=HYPERLINK(\"https://evil.example\")", "'=HYPERLINK(\"https://evil.example\")"),
        ("+1", "'+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\n=1", "'\n=1"),
        ("＝1", "'＝1"),
        ("Clinic, \"north\"\r\nwing", "Clinic, \"north\"\r\nwing"),
        ("a=b", "a=b"),
    ] {
        let mut history = sample::everything();
        history.relationships[0].publisher.name = Some(word.into());
        let bytes = to_csv(&history, Language::Spanish).unwrap();
        assert_eq!(rows(&bytes)[1][1], shown);
    }
}

#[test]
fn the_last_second_that_the_ledger_knows_is_told_as_it_is() {
    let mut history = sample::everything();
    let What::Granted(grant) = &mut history.relationships[0].entries[5].what else { panic!("a grant") };
    grant.until = medrec_protocol::Timestamp::LAST;
    let bytes = to_csv(&history, Language::English).unwrap();
    let until = COLUMNS.iter().position(|column| *column == "until_utc").unwrap();
    assert_eq!(rows(&bytes)[6][until], "9999-12-31T23:59:59Z");
    assert!(rows(&bytes)[6][COLUMNS.len() - 1].contains("until 31 Dec 9999"));
}

#[test]
fn csv_ends_lines_as_rfc_4180_says() {
    let bytes = to_csv(&sample::everything(), Language::English).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.ends_with("\r\n"));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
}

fn resources(bundle: &Value, kind: &str) -> Vec<Value> {
    let all = bundle["entry"].as_array().unwrap().iter().map(|entry| entry["resource"].clone());
    all.filter(|resource| resource["resourceType"] == kind).collect()
}

#[test]
fn fhir_has_a_consent_for_each_grant_an_audit_event_for_each_release_and_a_provenance_for_each_entry() {
    let history = sample::everything();
    let bundle: Value = serde_json::from_slice(&to_fhir(&history, Language::English)).unwrap();
    assert_eq!(bundle["type"], "collection");
    assert_eq!(resources(&bundle, "Consent").len(), 3);
    assert_eq!(resources(&bundle, "AuditEvent").len(), 4);
    assert_eq!(resources(&bundle, "Provenance").len(), entries(&history));
    assert_eq!(resources(&bundle, "Patient").len(), 1);

    let consents = resources(&bundle, "Consent");
    let consent = &consents[0];
    assert_eq!(consent["status"], "active");
    assert_eq!(consent["category"][0]["coding"][0]["code"], "59284-0");
    assert_eq!(consent["provision"]["period"]["end"], "2026-06-03T09:48:51Z");
    assert_eq!(consent["provision"]["actor"][0]["role"]["coding"][0]["code"], "IRCP");
    assert_eq!(consent["provision"]["class"][0]["code"], "medication");
    assert_eq!(consents[1]["status"], "inactive", "it was stopped");
    assert_eq!(consents[1]["provision"]["data"][0]["meaning"], "instance");
    assert_eq!(consents[2]["status"], "inactive", "its time ran out");

    let audits = resources(&bundle, "AuditEvent");
    assert_eq!(audits[0]["type"]["code"], "110106");
    assert_eq!(audits[0]["agent"][1]["name"], "Dr. Rui Costa, surgery");
    let consent_url = bundle["entry"].as_array().unwrap().iter().find(|entry| entry["resource"] == *consent);
    assert_eq!(audits[0]["entity"][3]["what"]["reference"], consent_url.unwrap()["fullUrl"]);
    assert_eq!(audits[3]["purposeOfEvent"][0]["coding"][0]["code"], "ETREAT");

    let provenances = resources(&bundle, "Provenance");
    let places: BTreeSet<&str> = provenances
        .iter()
        .map(|it| it["entity"][0]["what"]["identifier"]["value"].as_str().unwrap())
        .collect();
    assert_eq!(places.len(), entries(&history), "each names an entry of its own");
}

#[test]
fn the_same_history_gives_the_same_bundle_and_another_ledger_other_addresses() {
    let history = sample::everything();
    let bytes = to_fhir(&history, Language::Spanish);
    assert_eq!(bytes, to_fhir(&history, Language::Spanish));
    let urls = |bytes: &[u8]| -> BTreeSet<String> {
        let bundle: Value = serde_json::from_slice(bytes).unwrap();
        bundle["entry"].as_array().unwrap().iter().map(|entry| entry["fullUrl"].to_string()).collect()
    };
    let mut other = history;
    other.network.genesis_hash = medrec_protocol::Hash32::new([1; 32]);
    assert!(urls(&bytes).is_disjoint(&urls(&to_fhir(&other, Language::Spanish))));
}

/// Medplum's validator, installed by `cargo xtask test` where npm is.
#[test]
#[ignore = "needs the FHIR validator: `cargo xtask test` installs it where npm is"]
fn external_fhir_validator_accepts_every_resource() {
    let folder = std::env::var_os("MEDREC_FHIR_VALIDATOR").expect("MEDREC_FHIR_VALIDATOR names its folder");
    for (history, language) in [
        (sample::everything(), Language::English),
        (sample::everything(), Language::Spanish),
        (sample::long(400), Language::English),
        (History { whose: None, ..sample::everything() }, Language::English),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), to_fhir(&history, language)).unwrap();
        let script = std::path::Path::new(&folder).join("check.mjs");
        let output = std::process::Command::new("node").arg(script).arg(file.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        println!("{said}");
        let counts: Value = serde_json::from_str(said.trim()).unwrap();
        assert_eq!(counts["Provenance"], entries(&history));
        assert!(counts["references"].as_u64().unwrap() > counts["Provenance"].as_u64().unwrap());
    }
}
