//! `tests/vectors/evidence.json` and `network-file.json`, which were written by another implementation
//! (`crates/client/reference/write_vectors.py`).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::path::Path;

use medrec_client::{Evidence, EvidenceFault, NetworkFile, NetworkFileError};
use serde::{Deserialize, de::DeserializeOwned};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors<T> {
    #[serde(rename = "about")]
    _about: Vec<String>,
    cases: Vec<T>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EvidenceCase {
    name: String,
    expect: String,
    height: Option<u64>,
    signed_both: Option<Vec<String>>,
    file_name: Option<String>,
    evidence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkCase {
    name: String,
    expect: String,
    nodes: Option<Vec<(String, String)>>,
    trusting_period_days: Option<u32>,
    anchor: Option<Anchor>,
    padded_with_spaces_to: Option<usize>,
    file: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Anchor {
    height: u64,
    hash: String,
}

fn cases<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let text = std::fs::read(folder.join(name)).unwrap();
    serde_json::from_slice::<Vectors<T>>(&text).unwrap().cases
}

fn fault(fault: &EvidenceFault) -> &'static str {
    match fault {
        EvidenceFault::TooLarge { .. } => "too_large",
        EvidenceFault::Malformed(_) => "malformed",
        EvidenceFault::Version(_) => "version",
        EvidenceFault::NoContradiction(_) => "no_contradiction",
        EvidenceFault::Header(_) => "header",
    }
}

fn checked(case: &EvidenceCase) {
    let name = &case.name;
    let evidence = match Evidence::from_json(case.evidence.as_bytes()) {
        Ok(evidence) => evidence,
        Err(found) => {
            assert_eq!(fault(&found), case.expect, "{name}: {found}");
            return;
        }
    };
    assert_eq!(Some(&evidence.file_name()), case.file_name.as_ref(), "{name}");
    assert_eq!(Evidence::from_json(evidence.to_json().as_bytes()).unwrap(), evidence, "{name}");
    match evidence.check() {
        Ok(proved) => {
            assert_eq!(case.expect, "accepted", "{name}");
            assert_eq!(Some(proved.height.get()), case.height, "{name}");
            let mut signed_both: Vec<_> = proved.signed_both.iter().map(ToString::to_string).collect();
            signed_both.sort();
            assert_eq!(Some(signed_both), case.signed_both, "{name}");
        }
        Err(found) => assert_eq!(fault(&found), case.expect, "{name}: {found}"),
    }
}

#[test]
fn evidence_is_judged_as_another_implementation_judges_it() {
    let cases = cases::<EvidenceCase>("evidence.json");
    assert!(cases.len() >= 25, "{} cases", cases.len());
    cases.iter().for_each(checked);
}

#[test]
fn network_files_are_read_as_another_implementation_reads_them() {
    let cases = cases::<NetworkCase>("network-file.json");
    assert!(cases.len() >= 44, "{} cases", cases.len());
    for case in cases {
        let name = &case.name;
        let padding = case.padded_with_spaces_to.map_or(0, |length| length - case.file.len());
        let text = format!("{}{}", case.file, " ".repeat(padding));
        let found = match NetworkFile::parse(text.as_bytes()) {
            Ok(file) => {
                assert_eq!(NetworkFile::parse(file.to_json().as_bytes()).unwrap(), file, "{name}");
                let named = file.nodes.iter().map(|node| (node.operator(), node.address.to_string()));
                assert_eq!(Some(named.collect()), case.nodes, "{name}");
                assert_eq!(Some(file.trusting_period.days()), case.trusting_period_days, "{name}");
                let anchor = file.anchor.map(|anchor| (anchor.height.get(), anchor.hash.to_string()));
                assert_eq!(anchor, case.anchor.map(|anchor| (anchor.height, anchor.hash)), "{name}");
                "accepted"
            }
            Err(NetworkFileError::TooLarge { .. }) => "too_large",
            Err(NetworkFileError::Malformed(_)) => "malformed",
            Err(NetworkFileError::Nodes { .. }) => "nodes",
            Err(NetworkFileError::Twice(_)) => "twice",
        };
        assert_eq!(found, case.expect, "{name}");
    }
}
