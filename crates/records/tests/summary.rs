//! A resource as lines for a person.

use medrec_records::{Label, summary_lines};
use proptest::prelude::*;

fn lines(json: &str) -> Vec<(&'static str, String)> {
    summary_lines(json.as_bytes()).into_iter().map(|line| (line.label.code(), line.value)).collect()
}

fn line(label: &'static str, value: &str) -> (&'static str, String) {
    (label, value.to_owned())
}

#[test]
fn an_allergy_tells_how_dangerous_it_is_and_what_happened() {
    let read = lines(
        r#"{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"code":"active"}]},
        "verificationStatus":{"coding":[{"code":"confirmed"}]},"criticality":"high","code":{"text":"Penicillins",
        "coding":[{"system":"http://snomed.info/sct","code":"91936005"}]},"recordedDate":"2026-09-15",
        "recorder":{"display":"Dr. Bright"},"note":[{"text":"After the second\ndose."}],
        "reaction":[{"manifestation":[{"text":"Rash"},{"text":"Swollen lips"}],"severity":"moderate"}]}"#,
    );
    assert_eq!(
        read,
        [
            line("what", "Penicillins"),
            line("date", "2026-09-15"),
            line("status", "active"),
            line("certainty", "confirmed"),
            line("recorded", "2026-09-15"),
            line("criticality", "high"),
            line("reaction", "Rash"),
            line("reaction", "Swollen lips"),
            line("severity", "moderate"),
            line("author", "Dr. Bright"),
            line("note", "After the second dose."),
            line("code", "SNOMED CT 91936005"),
        ]
    );
}

#[test]
fn a_result_tells_its_usual_range() {
    let read = lines(
        r#"{"resourceType":"Observation","status":"final","code":{"text":"Potassium"},"valueQuantity":{"value":5.6,
        "unit":"mmol/L"},"interpretation":[{"coding":[{"code":"H","display":"High"}]}],
        "referenceRange":[{"low":{"value":3.5},"high":{"value":5.1,"unit":"mmol/L"}}]}"#,
    );
    assert_eq!(
        read,
        [
            line("what", "Potassium 5.6 mmol/L"),
            line("status", "final"),
            line("interpretation", "High"),
            line("usual-range", "3.5 to 5.1 mmol/L"),
        ]
    );
}

#[test]
fn a_prescription_tells_how_to_take_it() {
    let read = lines(
        r#"{"resourceType":"MedicationRequest","status":"active","medicationCodeableConcept":{"text":"Ramipril 10 mg"},
        "dosageInstruction":[{"text":"One in the morning"}],"dispenseRequest":{"quantity":{"value":56,"unit":"capsule"}},
        "reasonCode":[{"text":"High blood pressure"}]}"#,
    );
    assert_eq!(
        read,
        [
            line("what", "Ramipril 10 mg"),
            line("status", "active"),
            line("reason", "High blood pressure"),
            line("dose", "One in the morning"),
            line("quantity", "56 capsule"),
        ]
    );
}

#[test]
fn a_reason_that_is_another_record_is_told_by_its_name() {
    let read = lines(
        r#"{"resourceType":"Procedure","status":"completed","code":{"text":"Sputum examination"},
        "reasonReference":[{"reference":"Condition/7","display":"Acute bronchitis"},{"reference":"Condition/8"}]}"#,
    );
    assert_eq!(
        read,
        [line("what", "Sputum examination"), line("status", "completed"), line("reason", "Acute bronchitis")]
    );
}

#[test]
fn a_person_has_an_address_and_a_blood_pressure_its_parts() {
    let person = lines(
        r#"{"resourceType":"Patient","name":[{"text":"Ann Lee"}],"birthDate":"1955-04-18","gender":"female",
        "address":[{"line":["7 Lobster Pot Lane"],"city":"Saltmere","postalCode":"SM4 2QT"}],"telecom":[{"value":"+44 7700 900142"}]}"#,
    );
    assert_eq!(
        person[1..],
        [
            line("birth-date", "1955-04-18"),
            line("sex", "female"),
            line("address", "7 Lobster Pot Lane, SM4 2QT, Saltmere"),
            line("contact", "+44 7700 900142"),
        ]
    );
    let pressure = lines(
        r#"{"resourceType":"Observation","code":{"text":"Blood pressure"},"component":[
        {"code":{"text":"Systolic"},"valueQuantity":{"value":138,"unit":"mmHg"}}]}"#,
    );
    assert_eq!(pressure[1], line("value", "Systolic 138 mmHg"));
}

#[test]
fn what_is_no_resource_has_no_lines() {
    for bytes in [&b"%PDF-1.4"[..], b"", b"{}", b"{\"resourceType\":", b"[]"] {
        assert!(summary_lines(bytes).is_empty());
    }
}

#[test]
fn a_flood_of_notes_ends() {
    let notes: Vec<String> = (0..5000).map(|n| format!(r#"{{"text":"{n} {}"}}"#, "x".repeat(3000))).collect();
    let read = lines(&format!(r#"{{"resourceType":"Condition","note":[{}]}}"#, notes.join(",")));
    assert!(read.len() <= 100);
    assert!(read.iter().all(|(_, value)| value.len() <= 2000));
}

#[test]
fn every_label_has_a_code_of_its_own() {
    let mut codes: Vec<_> = Label::ALL.iter().map(|label| label.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Label::ALL.len());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_values_are_summed_up(value in "[\\[\\]{}:,\"a-z0-9 ]{0,40}", text in any::<String>()) {
        let text = serde_json::Value::String(text).to_string();
        for value in [value.as_str(), text.as_str(), "{\"text\":7}", "[[{}]]"] {
            let json = format!(
                r#"{{"resourceType":"Observation","note":[{{"text":{value}}}],"component":{value},"referenceRange":{value},"status":{value}}}"#
            );
            for line in summary_lines(json.as_bytes()) {
                prop_assert!(!line.value.is_empty() && !line.value.contains(char::is_control));
            }
        }
    }
}
