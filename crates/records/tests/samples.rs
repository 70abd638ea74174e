//! The sample people are described as a person would expect.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use medrec_records::{Description, Neighbours, RecordKind, Split, describe, describe_among, split};

fn providers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/providers")
}

fn files_under(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() { files_under(&path, found) } else { found.push(path) }
    }
    found.sort();
}

/// Every record under a folder of the samples, as the gatekeeper would publish them.
fn records(folder: &str) -> Vec<Description> {
    let mut files = Vec::new();
    files_under(&providers().join(folder), &mut files);
    let mut records = Vec::new();
    for file in files {
        let bytes = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = file.file_name().and_then(|name| name.to_str());
        match split(&bytes, None, name) {
            Ok(Split::Whole) => records.push(describe(&bytes, None, name)),
            Ok(Split::Parts(parts)) => {
                let neighbours = Neighbours::of(&parts);
                records.extend(
                    parts.parts.iter().map(|part| describe_among(part.bytes, None, name, &neighbours)),
                );
            }
            Err(error) => panic!("{}: {error}", file.display()),
        }
    }
    records
}

fn titles(records: &[Description], kind: RecordKind) -> BTreeSet<&str> {
    records.iter().filter(|record| record.kind == kind).map(|record| record.title.as_str()).collect()
}

const AMELIA: [&str; 4] = [
    "saltmere-general-hospital/patients/SGH-204417",
    "tidewell-family-practice/patients/10385",
    "lantern-pharmacy/patients/L-3390",
    "abbey-gardens-clinic/patients/AG-7712",
];

#[test]
fn amelias_records_number_fifty_over_four_providers() {
    let counts: Vec<usize> = AMELIA.iter().map(|folder| records(folder).len()).collect();
    assert_eq!(counts, [15, 25, 8, 2]);
}

#[test]
fn the_two_providers_disagree_about_her_allergies() {
    assert_eq!(titles(&records(AMELIA[0]), RecordKind::Allergy), BTreeSet::from(["Penicillins"]));
    assert_eq!(titles(&records(AMELIA[1]), RecordKind::Allergy), BTreeSet::from(["No known allergies"]));
}

#[test]
fn ramipril_is_active_here_and_stopped_there() {
    let ramipril = |folder: &str| -> Vec<(Option<String>, Option<String>)> {
        let found = records(folder);
        let found = found.iter().filter(|record| record.codes.iter().any(|coding| coding.code == "C09AA05"));
        found
            .map(|record| (record.status.clone(), record.date.map(|d| d.to_day_or_coarser().to_string())))
            .collect()
    };
    let stated = |status: &str, date: &str| (Some(status.to_owned()), Some(date.to_owned()));
    assert_eq!(ramipril(AMELIA[0]), [stated("stopped", "2026-09-14")]);
    assert_eq!(ramipril(AMELIA[1]), [stated("active", "2026-07-06")]);
    assert_eq!(ramipril(AMELIA[2]), [stated("completed", "2026-07-08"), stated("completed", "2026-10-06")]);
}

#[test]
fn a_correction_stands_beside_a_record_of_the_same_path_with_other_bytes() {
    let corrections = providers().join("saltmere-general-hospital/corrections");
    let mut files = Vec::new();
    files_under(&corrections, &mut files);
    assert_eq!(files.len(), 2);
    for file in files {
        let relative = file.strip_prefix(&corrections).unwrap();
        let first = providers().join("saltmere-general-hospital/patients").join(relative);
        assert_ne!(std::fs::read(&first).unwrap(), std::fs::read(&file).unwrap(), "{}", relative.display());
    }
    let corrected = records("saltmere-general-hospital/corrections");
    assert_eq!(titles(&corrected, RecordKind::Document), BTreeSet::from(["Discharge letter (corrected)"]));
    assert_eq!(titles(&corrected, RecordKind::Observation), BTreeSet::from(["Potassium 5.6 mmol/L"]));
    assert_eq!(titles(&corrected, RecordKind::Allergy), BTreeSet::new());
}

#[test]
fn letters_pictures_and_notes_have_titles_and_dates() {
    for (folder, title, kind, date) in [
        (AMELIA[0], "Discharge letter", RecordKind::Document, "2026-09-22"),
        (AMELIA[0], "ECG", RecordKind::Imaging, "2026-09-13"),
        (AMELIA[1], "Referral to the diabetes and kidney clinic", RecordKind::Document, "2026-11-09"),
        (AMELIA[2], "Counter note", RecordKind::Document, "2026-10-06"),
        (
            "abbey-gardens-clinic/patients/AG-6204",
            "Summary of visit to the asthma clinic",
            RecordKind::Document,
            "2024-11-05",
        ),
    ] {
        let records = records(folder);
        let found: Vec<_> = records.iter().filter(|record| record.title == title).collect();
        let [record] = found.as_slice() else { panic!("{title}: {} records", found.len()) };
        assert_eq!((record.kind, record.date.map(|date| date.to_string()).as_deref()), (kind, Some(date)));
    }
}

#[test]
fn names_in_both_scripts_are_shown_and_found() {
    let records = records("saltmere-general-hospital/patients/SGH-311902");
    let patient = records.iter().find(|record| record.fhir_type.as_deref() == Some("Patient")).unwrap();
    assert_eq!(patient.title, "Ελένη Σταθοπούλου (Eleni Stathopoulou)");
    let terms = medrec_records::search_terms(patient);
    assert!(terms.contains("ελενη") && terms.contains("eleni"), "{terms}");
}

#[test]
fn every_record_but_the_patients_own_entry_has_a_kind_and_a_date() {
    let mut found = 0;
    for provider in
        ["saltmere-general-hospital", "tidewell-family-practice", "abbey-gardens-clinic", "lantern-pharmacy"]
    {
        for record in records(&format!("{provider}/patients")) {
            found += 1;
            if record.fhir_type.as_deref() != Some("Patient") {
                assert_ne!(record.kind, RecordKind::Other, "{}", record.title);
                assert!(record.date.is_some(), "{}", record.title);
            }
        }
    }
    assert_eq!(found, 83);
}
