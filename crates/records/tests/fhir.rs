//! What a person is told about FHIR resources.

use medrec_records::{Description, RecordKind, describe};

fn described(json: &str) -> Description {
    describe(json.as_bytes(), None, None)
}

fn date(description: &Description) -> Option<String> {
    description.date.map(|date| date.to_string())
}

#[test]
fn a_prescription_is_titled_by_its_medicine_and_coded_best_system_first() {
    let description = described(
        r#"{"resourceType":"MedicationRequest","id":"m1","status":"active","intent":"order",
        "medicationCodeableConcept":{"coding":[
            {"system":"urn:local","code":"AMX"},
            {"system":"http://snomed.info/sct","code":"323509004","display":"Amoxicillin 250 mg"},
            {"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"308191"}],
            "text":"Amoxicillin 500 mg capsule"},
        "subject":{"reference":"Patient/1"},"authoredOn":"2026-03-02T09:15:00+01:00",
        "requester":{"reference":"Practitioner/7","display":"Dr. Ruth Adeyemi"}}"#,
    );
    assert_eq!(description.title, "Amoxicillin 500 mg capsule");
    assert_eq!(description.kind, RecordKind::Medication);
    assert_eq!(description.fhir_type.as_deref(), Some("MedicationRequest"));
    assert_eq!(description.status.as_deref(), Some("active"));
    assert_eq!(date(&description).as_deref(), Some("2026-03-02T09:15:00+01:00"));
    assert_eq!(description.author.as_deref(), Some("Dr. Ruth Adeyemi"));
    assert_eq!(description.media_type, "application/fhir+json");
    let systems: Vec<_> = description.codes.iter().map(medrec_records::Coding::system_name).collect();
    assert_eq!(systems, [Some("RxNorm"), Some("SNOMED CT"), None]);
}

#[test]
fn a_medicine_is_found_through_a_contained_reference() {
    let description = described(
        r##"{"resourceType":"MedicationStatement","status":"stopped",
        "contained":[{"resourceType":"Medication","id":"med","code":{"coding":[
            {"system":"http://www.whocc.no/atc","code":"C09AA05","display":"Ramipril"}]}}],
        "medicationReference":{"reference":"#med"},"effectivePeriod":{"start":"2019-05"}}"##,
    );
    assert_eq!(description.title, "Ramipril");
    assert_eq!(description.codes[0].code, "C09AA05");
    assert_eq!(description.status.as_deref(), Some("stopped"));
    assert_eq!(date(&description).as_deref(), Some("2019-05"));
}

#[test]
fn a_medicine_that_was_stopped_is_dated_by_its_end() {
    for (status, when) in [("active", "2019-05"), ("stopped", "2026-09-16")] {
        let description = described(&format!(
            r#"{{"resourceType":"MedicationStatement","status":"{status}",
            "effectivePeriod":{{"start":"2019-05","end":"2026-09-16"}},"dateAsserted":"2026-10-01"}}"#
        ));
        assert_eq!(date(&description).as_deref(), Some(when));
    }
}

#[test]
fn codes_of_different_concepts_do_not_stand_side_by_side() {
    let description = described(
        r#"{"resourceType":"AllergyIntolerance",
        "code":{"coding":[{"system":"http://snomed.info/sct","code":"91936005"}],"text":"Penicillins"},
        "reaction":[{"substance":{"coding":[{"system":"http://www.whocc.no/atc","code":"J01CR02"}]}}]}"#,
    );
    assert_eq!(description.codes.len(), 1);
    assert_eq!(description.codes[0].code, "91936005");
}

#[test]
fn a_result_shows_its_value_with_the_digits_that_were_written() {
    let description = described(
        r#"{"resourceType":"Observation","status":"final","code":{"text":"Hemoglobin A1c"},
        "effectiveDateTime":"2026-06-11","valueQuantity":{"value":6.80,"unit":"%"}}"#,
    );
    assert_eq!(description.title, "Hemoglobin A1c 6.80 %");
    assert_eq!(description.kind, RecordKind::Observation);
}

#[test]
fn values_of_every_kind_read_as_words() {
    for (value, words) in [
        (r#""valueQuantity":{"value":3,"comparator":"<","unit":"mg/L"}"#, "Test < 3 mg/L"),
        (r#""valueQuantity":{"value":4,"code":"mmol/L"}"#, "Test 4 mmol/L"),
        (r#""valueCodeableConcept":{"coding":[{"code":"8517006","display":"Ex-smoker"}]}"#, "Test Ex-smoker"),
        (r#""valueString":"no growth after\n48 hours""#, "Test no growth after 48 hours"),
        (r#""valueBoolean":false"#, "Test no"),
        (r#""valueInteger":12"#, "Test 12"),
        (r#""valueRange":{"low":{"value":3},"high":{"value":5,"unit":"mm"}}"#, "Test 3 to 5 mm"),
        (r#""valueRatio":{"numerator":{"value":1},"denominator":{"value":128}}"#, "Test 1 : 128"),
        (r#""valueQuantity":{"value":4,"comparator":"~","unit":"mmol/L"}"#, "Test"),
        (r#""valueQuantity":{"value":"4","unit":"mmol/L"}"#, "Test"),
        (r#""dataAbsentReason":{"text":"Sample lost"}"#, "Test"),
    ] {
        let description =
            described(&format!(r#"{{"resourceType":"Observation","code":{{"text":"Test"}},{value}}}"#));
        assert_eq!(description.title, words, "{value}");
    }
}

#[test]
fn a_blood_pressure_reads_as_one_value() {
    let description = described(
        r#"{"resourceType":"Observation","code":{"text":"Blood pressure"},"component":[
        {"code":{"text":"Systolic"},"valueQuantity":{"value":142,"unit":"mmHg"}},
        {"code":{"text":"Diastolic"},"valueQuantity":{"value":88,"unit":"mmHg"}}]}"#,
    );
    assert_eq!(description.title, "Blood pressure 142/88 mmHg");
}

#[test]
fn components_in_different_units_are_not_run_together() {
    let description = described(
        r#"{"resourceType":"Observation","code":{"text":"Spirometry"},"component":[
        {"valueQuantity":{"value":3.1,"unit":"L"}},{"valueQuantity":{"value":82,"unit":"%"}}]}"#,
    );
    assert_eq!(description.title, "Spirometry");
}

#[test]
fn a_long_name_gives_way_to_the_value() {
    let name = "Glomerular filtration rate ".repeat(20);
    let description = described(&format!(
        r#"{{"resourceType":"Observation","code":{{"text":"{name}"}},"valueQuantity":{{"value":43,"unit":"mL/min"}}}}"#
    ));
    assert!(description.title.len() <= 120, "{}", description.title.len());
    assert!(description.title.ends_with("… 43 mL/min"), "{}", description.title);
}

#[test]
fn a_refuted_allergy_is_not_shown_as_active() {
    let description = described(
        r#"{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"code":"active"}]},
        "verificationStatus":{"coding":[{"code":"refuted"}]},"code":{"text":"Penicillin"}}"#,
    );
    assert_eq!(description.kind, RecordKind::Allergy);
    assert_eq!(description.status.as_deref(), Some("refuted"));
}

#[test]
fn a_confirmed_allergy_keeps_its_clinical_status() {
    let description = described(
        r#"{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"code":"active"}]},
        "verificationStatus":{"coding":[{"code":"confirmed"}]},"code":{"text":"Penicillin"},
        "recordedDate":"2026-09-15"}"#,
    );
    assert_eq!(description.status.as_deref(), Some("active"));
    assert_eq!(date(&description).as_deref(), Some("2026-09-15"));
}

#[test]
fn each_type_has_its_kind_its_words_and_its_date() {
    use RecordKind::{Document, Imaging, Immunization, Other, Problem, Procedure, Visit};
    for (json, kind, title, when) in [
        (r#""Condition","code":{"text":"Asthma"},"onsetDateTime":"1999""#, Problem, "Asthma", Some("1999")),
        (
            r#""Immunization","vaccineCode":{"coding":[{"display":"Influenza"}]},"occurrenceDateTime":"2026-10-06""#,
            Immunization,
            "Influenza",
            Some("2026-10-06"),
        ),
        (
            r#""Procedure","code":{"text":"Appendectomy"},"performedPeriod":{"start":"2011-02-03"}"#,
            Procedure,
            "Appendectomy",
            Some("2011-02-03"),
        ),
        (
            r#""Encounter","class":{"code":"IMP"},"period":{"start":"2026-09-13T22:40:00Z"}"#,
            Visit,
            "Hospital stay",
            Some("2026-09-13T22:40:00Z"),
        ),
        (r#""Encounter","class":{"code":"XYZ"}"#, Visit, "Visit", None),
        (
            r#""CarePlan","title":"Diabetes plan","period":{"start":"2026"}"#,
            Document,
            "Diabetes plan",
            Some("2026"),
        ),
        (
            r#""DocumentReference","type":{"text":"Letter"},"date":"2026-01-02T03:04:05Z",
            "content":[{"attachment":{"title":"Letter to the GP","creation":"2026-01-01"}}]"#,
            Document,
            "Letter to the GP",
            Some("2026-01-01"),
        ),
        (
            r#""ImagingStudy","modality":[{"code":"DX","display":"Digital radiography"}],"started":"2026-09-14""#,
            Imaging,
            "Digital radiography",
            Some("2026-09-14"),
        ),
        (r#""Device","deviceName":[{"name":"Pacemaker"}]"#, Other, "Pacemaker", None),
        (
            r#""Patient","name":[{"use":"usual","given":["Eleni"],"family":"Vouli"},
            {"use":"official","text":"Ελένη Βούλη"},{"use":"old","family":"Past"}],"birthDate":"1997-01-01""#,
            Other,
            "Ελένη Βούλη (Eleni Vouli)",
            None,
        ),
        (
            r#""Practitioner","name":[{"prefix":["Dr."],"given":["Ann","B."],"family":"Lee"}]"#,
            Other,
            "Dr. Ann B. Lee",
            None,
        ),
        (r#""Organization","name":"Quay Practice""#, Other, "Quay Practice", None),
        (
            r#""Claim","created":"2026-02-03","billablePeriod":{"start":"2026-02-01"}"#,
            Other,
            "Claim",
            Some("2026-02-01"),
        ),
        (
            r#""ExplanationOfBenefit","created":"2026-02-03""#,
            Other,
            "Explanation of benefit",
            Some("2026-02-03"),
        ),
        (r#""BrandNewType","title":"Something","date":"2030""#, Other, "Something", Some("2030")),
    ] {
        let description = described(&format!(r#"{{"resourceType":{json}}}"#));
        assert_eq!((description.kind, description.title.as_str()), (kind, title), "{json}");
        assert_eq!(date(&description).as_deref(), when, "{json}");
    }
}

#[test]
fn reports_are_sorted_by_what_they_report_on() {
    for (members, kind) in [
        (r#""category":[{"coding":[{"code":"LAB"}]}],"result":[{}]"#, RecordKind::Observation),
        (r#""category":[{"coding":[{"code":"RAD"}]}]"#, RecordKind::Imaging),
        (r#""presentedForm":[{"contentType":"application/pdf"}]"#, RecordKind::Document),
    ] {
        let description = described(&format!(r#"{{"resourceType":"DiagnosticReport",{members}}}"#));
        assert_eq!(description.kind, kind, "{members}");
    }
}

#[test]
fn a_document_bundle_kept_whole_speaks_through_its_composition() {
    let description = described(
        r#"{"resourceType":"Bundle","type":"document","timestamp":"2026-09-22T00:00:00Z","entry":[
        {"resource":{"resourceType":"Composition","title":"Patient summary","date":"2026-09-21",
            "author":[{"display":"Saltmere General Hospital"}]}}]}"#,
    );
    assert_eq!(description.title, "Patient summary");
    assert_eq!(description.kind, RecordKind::Document);
    assert_eq!(description.fhir_type.as_deref(), Some("Bundle"));
    assert_eq!(date(&description).as_deref(), Some("2026-09-21"));
}

#[test]
fn a_concept_without_words_is_named_by_its_code() {
    let description = described(
        r#"{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"4548-4"}]},
        "valueQuantity":{"value":6.8,"unit":"%"}}"#,
    );
    assert_eq!(description.title, "LOINC 4548-4 6.8 %");
}

#[test]
fn at_most_four_codes_are_kept_and_none_twice() {
    let codings: String = (0..50)
        .map(|number| format!(r#"{{"system":"urn:s","code":"{}"}},"#, number / 2))
        .chain([r#"{"system":"http://loinc.org","code":"1-8"}"#.to_owned()])
        .collect();
    let description =
        described(&format!(r#"{{"resourceType":"Condition","code":{{"coding":[{codings}]}}}}"#));
    let codes: Vec<_> = description.codes.iter().map(|coding| coding.code.as_str()).collect();
    assert_eq!(codes, ["1-8", "0", "1", "2"]);
}

#[test]
fn nothing_is_said_that_was_not_stated() {
    let description = described(r#"{"resourceType":"Condition"}"#);
    assert_eq!(description.title, "Condition");
    assert!(description.codes.is_empty());
    assert_eq!(
        (description.status, description.date, description.author, description.place),
        (None, None, None, None)
    );
}
