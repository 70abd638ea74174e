//! A description keeps its meaning inside a pointer.

use medrec_protocol::codec::{self, List, Text};
use medrec_protocol::payload::{MediaType, RecordPayload, V1};
use medrec_records::{Description, RecordKind, describe};
use proptest::prelude::*;

fn sealed_and_back(description: &Description) -> Description {
    let encoded = codec::encode(&RecordPayload::from(description));
    match codec::decode::<RecordPayload>(&encoded, 4096) {
        Ok(payload) => Description::from(&payload),
        Err(error) => panic!("a payload of ours decodes: {error}"),
    }
}

#[test]
fn the_fullest_description_goes_in_and_comes_out_whole() {
    let long = "ά".repeat(200);
    let system = format!("urn:{}", "s".repeat(116));
    let json = format!(
        r#"{{"resourceType":"Encounter","status":"{long}","type":[{{"text":"{long}","coding":[
        {{"system":"http://snomed.info/sct","code":"{code}"}},{{"system":"{system}","code":"{code}"}},
        {{"system":"http://hl7.org/fhir/sid/icd-10","code":"J18.9"}},{{"system":"urn:x","code":"1"}}]}}],
        "period":{{"start":"2026-09-14T10:30:00.123456789+01:00"}},
        "participant":[{{"individual":{{"display":"{long}"}}}}],"serviceProvider":{{"display":"{long}"}}}}"#,
        code = "7".repeat(40),
    );
    let description = describe(json.as_bytes(), None, None);
    assert_eq!(description.codes.len(), 4);
    assert_eq!(sealed_and_back(&description), description);
}

#[test]
fn a_code_that_would_not_fit_is_left_out_not_cut() {
    let json = format!(
        r#"{{"resourceType":"Condition","code":{{"coding":[{{"system":"urn:x","code":"{}"}},{{"system":"{}","code":"1"}}]}}}}"#,
        "7".repeat(41),
        "s".repeat(121)
    );
    assert!(describe(json.as_bytes(), None, None).codes.is_empty());
}

#[test]
fn words_of_a_foreign_program_are_cleaned_before_they_are_shown() {
    let payload = RecordPayload {
        version: V1,
        kind: RecordKind::Document,
        title: Text::new("\u{200B}\u{200F}").unwrap(),
        fhir_type: None,
        codes: List::new(Vec::new()).unwrap(),
        status: None,
        date: Some(Text::new("yesterday").unwrap()),
        author: Some(Text::new("Dr.\u{200F} Who").unwrap()),
        place: Some(Text::new(" ").unwrap()),
        media_type: MediaType::new("<script>"),
        size: 1,
    };
    let description = Description::from(&payload);
    assert_eq!(description.title, "File");
    assert_eq!(description.author.as_deref(), Some("Dr. Who"));
    assert_eq!((description.date, description.place.as_deref()), (None, None));
    assert_eq!(description.media_type, "application/octet-stream");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_description_goes_in_and_comes_out_whole(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        title in any::<String>(),
        name in prop::option::of(".{0,200}"),
    ) {
        let file = describe(&bytes, None, name.as_deref());
        prop_assert_eq!(&sealed_and_back(&file), &file);
        let text = serde_json::Value::String(title).to_string();
        let json = format!(r#"{{"resourceType":"Condition","code":{{"text":{text}}},"recorder":{{"display":{text}}}}}"#);
        let resource = describe(json.as_bytes(), None, None);
        prop_assert_eq!(&sealed_and_back(&resource), &resource);
    }
}
