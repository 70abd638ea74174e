//! Bundles and NDJSON give back their resources, byte for byte.

use medrec_records::{Container, Neighbours, Parts, RecordKind, RecordsError, Split, describe_among, split};

fn parts(file: &[u8], name: Option<&str>) -> Parts<'static> {
    let file: &'static [u8] = Box::leak(file.to_vec().into_boxed_slice());
    match split(file, None, name) {
        Ok(Split::Parts(parts)) => parts,
        other => panic!("expected parts, found {other:?}"),
    }
}

#[test]
fn each_resource_of_a_bundle_keeps_its_exact_bytes() {
    let first = "{ \"resourceType\" : \"Observation\",\r\n\t\"id\":\"o-1\", \"x\": 1.50, \"y\":\"\\u00e9\" }";
    let second = "{\"resourceType\":\"Condition\",\"id\":\"c.2\",\"unknown\":{\"deep\":[1,2,{}]}}";
    let file = format!(
        "{{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"total\":2,\"entry\":[\n\
         {{\"fullUrl\":\"urn:uuid:1\",\"resource\":   {first}  ,\"search\":{{\"mode\":\"match\"}}}},\
         {{\"resource\":{second}}},{{\"request\":{{\"method\":\"DELETE\"}}}}]}}\n"
    );
    let parts = parts(file.as_bytes(), None);
    assert_eq!(parts.container, Container::Bundle);
    assert_eq!(parts.without_resource, 1);
    let [one, two] = parts.parts.as_slice() else { panic!("two resources") };
    assert_eq!(one.bytes, first.as_bytes());
    assert_eq!(two.bytes, second.as_bytes());
    assert_eq!(one.full_url.as_deref(), Some("urn:uuid:1"));
    assert_eq!(one.identity().as_deref(), Some("Observation/o-1"));
    assert_eq!(two.identity().as_deref(), Some("Condition/c.2"));
}

#[test]
fn a_document_says_that_it_is_one() {
    let file = br#"{"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Composition"}}]}"#;
    let parts = parts(file, None);
    assert_eq!(parts.container, Container::Document);
    assert_eq!(parts.parts[0].identity(), None);
}

#[test]
fn lines_of_ndjson_are_records_of_their_own() {
    let one = r#"{"resourceType":"MedicationDispense","id":"d1"}"#;
    let two = r#"{"resourceType":"MedicationDispense","id":"d2"}"#;
    let file = format!("{one}\r\n\n{two}");
    let parts = parts(file.as_bytes(), Some("dispenses.ndjson"));
    assert_eq!(parts.container, Container::Ndjson);
    let bytes: Vec<_> = parts.parts.iter().map(|part| part.bytes).collect();
    assert_eq!(bytes, [one.as_bytes(), two.as_bytes()]);
}

#[test]
fn a_bad_line_is_named_by_its_number() {
    let file = b"{\"resourceType\":\"Condition\"}\n{\"resourceType\":";
    let error = split(file, Some("application/fhir+ndjson; charset=utf-8"), None).map(|_| ()).unwrap_err();
    assert_eq!(error, RecordsError::BadLine { line: 2 });
}

#[test]
fn one_resource_and_files_of_other_sorts_stay_whole() {
    for file in [&br#"{"resourceType":"Patient"}"#[..], b"%PDF-1.4", b"[1,2]", b"", b"  ", b"\xFF\xFE\x00"] {
        assert!(matches!(split(file, None, None), Ok(Split::Whole)), "{file:?}");
    }
}

#[test]
fn a_bundle_in_a_bundle_stays_one_resource() {
    let inner = r#"{"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Composition"}}]}"#;
    let file = format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{{"resource":{inner}}}]}}"#);
    let parts = parts(file.as_bytes(), None);
    assert_eq!(parts.parts.len(), 1);
    assert_eq!(parts.parts[0].bytes, inner.as_bytes());
}

#[test]
fn entries_that_two_readers_could_read_differently_are_refused() {
    for file in [
        r#"{"resourceType":"Bundle","entry":[],"entry":[{"resource":{"resourceType":"Patient"}}]}"#,
        r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient"},"resource":{}}]}"#,
        r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","resourceType":"Group"}}]}"#,
        r#"{"resourceType":"Bundle","entry":{"resource":{"resourceType":"Patient"}}}"#,
        r#"{"resourceType":"Bundle","entry":[7]}"#,
        r#"{"resourceType":"Bundle","entry":[{"resource":"text"}]}"#,
    ] {
        assert_eq!(split(file.as_bytes(), None, None).map(|_| ()), Err(RecordsError::BadEntries), "{file}");
    }
}

#[test]
fn references_between_the_resources_of_a_file_are_followed() {
    let file = br#"{"resourceType":"Bundle","type":"collection","entry":[
        {"fullUrl":"urn:uuid:m","resource":{"resourceType":"Medication","id":"m","code":{"text":"Metformin 500 mg tablet",
            "coding":[{"system":"http://www.whocc.no/atc","code":"A10BA02"}]}}},
        {"fullUrl":"urn:uuid:p","resource":{"resourceType":"Practitioner","id":"p","name":[{"text":"Dr. Ana Reis"}]}},
        {"resource":{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"Practitioner/p"}}},
        {"resource":{"resourceType":"MedicationRequest","medicationReference":{"reference":"urn:uuid:m"},
            "requester":{"reference":"PractitionerRole/r/_history/3"}}}]}"#;
    let parts = parts(file, None);
    let neighbours = Neighbours::of(&parts);
    let request = parts.parts.last().unwrap();
    let description = describe_among(request.bytes, None, None, &neighbours);
    assert_eq!(description.title, "Metformin 500 mg tablet");
    assert_eq!(description.codes[0].code, "A10BA02");
    assert_eq!(description.author.as_deref(), Some("Dr. Ana Reis"));
    assert_eq!(description.kind, RecordKind::Medication);
}

#[test]
fn a_name_shared_by_two_resources_leads_to_neither() {
    let file = br#"{"resourceType":"Bundle","entry":[
        {"resource":{"resourceType":"Medication","id":"m","code":{"text":"Metformin"}}},
        {"resource":{"resourceType":"Medication","id":"m","code":{"text":"Methotrexate"}}},
        {"resource":{"resourceType":"MedicationRequest","medicationReference":{"reference":"Medication/m"}}}]}"#;
    let parts = parts(file, None);
    let description = describe_among(parts.parts[2].bytes, None, None, &Neighbours::of(&parts));
    assert_eq!(description.title, "Medication request");
}

#[test]
fn references_in_a_circle_end() {
    let file = br#"{"resourceType":"Bundle","entry":[
        {"resource":{"resourceType":"PractitionerRole","id":"a","practitioner":{"reference":"PractitionerRole/b"}}},
        {"resource":{"resourceType":"PractitionerRole","id":"b","practitioner":{"reference":"PractitionerRole/a"}}}]}"#;
    let parts = parts(file, None);
    let description = describe_among(parts.parts[0].bytes, None, None, &Neighbours::of(&parts));
    assert_eq!(description.title, "Practitioner role");
}

#[test]
fn a_file_beyond_the_bounds_is_refused_with_its_reason() {
    let deep = format!(r#"{{"resourceType":"Bundle","entry":{}{}}}"#, "[".repeat(70), "]".repeat(70));
    assert_eq!(split(deep.as_bytes(), None, None).map(|_| ()), Err(RecordsError::TooDeep { max: 64 }));

    let mut large = br#"{"resourceType":"Bundle"}"#.to_vec();
    large.resize(64 * 1024 * 1024 + 1, b' ');
    assert!(matches!(split(&large, None, None), Err(RecordsError::TooLarge { .. })));

    let many = format!(r#"{{"resourceType":"Bundle","entry":[{}{{}}]}}"#, "{},".repeat(100_000));
    assert_eq!(
        split(many.as_bytes(), None, None).map(|_| ()),
        Err(RecordsError::TooManyParts { max: 100_000 })
    );

    assert!(matches!(split(b"{\"a\":\n1,}", None, None), Err(RecordsError::NotJson { line: 2, .. })));
}
