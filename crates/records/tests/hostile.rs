//! Whatever the bytes are, they are described, and nothing of them is lost.

use medrec_records::limits::{MAX_NAME_BYTES, MAX_STATUS_BYTES, MAX_TITLE_BYTES};
use medrec_records::{Description, Neighbours, RecordKind, Split, describe, describe_among, split};
use proptest::prelude::*;

fn assert_bounded(description: &Description, size: usize) {
    assert!(!description.title.is_empty());
    assert!(description.title.len() <= MAX_TITLE_BYTES, "{}", description.title);
    assert!(description.author.as_ref().is_none_or(|text| text.len() <= MAX_NAME_BYTES));
    assert!(description.place.as_ref().is_none_or(|text| text.len() <= MAX_NAME_BYTES));
    assert!(description.status.as_ref().is_none_or(|text| text.len() <= MAX_STATUS_BYTES));
    assert!(description.codes.len() <= 4);
    assert!(!description.title.contains(char::is_control));
    assert!(description.media_type.contains('/') && description.media_type.len() <= 80);
    assert_eq!(description.size, size as u64);
}

#[test]
fn a_nesting_bomb_is_described_as_what_it_is_and_harms_nothing() {
    let bomb = format!(r#"{{"resourceType":"Observation","x":{}"#, r#"{"a":["#.repeat(5_000_000));
    let description = describe(bomb.as_bytes(), Some("application/fhir+json"), Some("bomb.json"));
    assert_bounded(&description, bomb.len());
    assert_eq!(description.title, "Bomb");
    assert_eq!(description.fhir_type, None);
    assert_eq!(description.media_type, "text/plain");
}

#[test]
fn members_given_twice_are_not_read() {
    let description = describe(
        br#"{"resourceType":"AllergyIntolerance","code":{"text":"Penicillin"},"code":{"text":"None known"},
        "clinicalStatus":{"text":"active"},"recordedDate":"2026"}"#,
        None,
        None,
    );
    assert_eq!(description.title, "Allergy intolerance");
    assert_eq!(description.status.as_deref(), Some("active"));

    let no_type = describe(br#"{"resourceType":"Patient","resourceType":"Group"}"#, None, Some("a.json"));
    assert_eq!((no_type.kind, no_type.fhir_type), (RecordKind::Other, None));
    assert_eq!(no_type.media_type, "application/json");
}

#[test]
fn where_two_readers_could_choose_differently_nothing_is_said() {
    let two_values = describe(
        br#"{"resourceType":"Observation","code":{"text":"HIV test"},"valueString":"positive","valueBoolean":false}"#,
        None,
        None,
    );
    assert_eq!(two_values.title, "HIV test");
    let two_medicines = describe(
        br##"{"resourceType":"MedicationRequest","medicationReference":{"reference":"#m"},"contained":[
        {"resourceType":"Medication","id":"m","code":{"text":"Metformin"}},
        {"resourceType":"Medication","id":"m","code":{"text":"Methotrexate"}}]}"##,
        None,
        None,
    );
    assert_eq!(two_medicines.title, "Medication request");
}

#[test]
fn a_name_spelled_with_escapes_is_the_same_name() {
    let description =
        describe(br#"{"resourceType":"Condition","code":{"text":"A"},"c\u006fde":{"text":"B"}}"#, None, None);
    assert_eq!(description.title, "Condition");
}

#[test]
fn huge_numbers_are_left_out() {
    let digits = "9".repeat(1_000_000);
    for number in [digits.as_str(), "1e999999999", "-1E-999999999", "123456789012345678901234567890"] {
        let json = format!(
            r#"{{"resourceType":"Observation","code":{{"text":"Sodium"}},"valueQuantity":{{"value":{number},"unit":"mmol/L"}}}}"#
        );
        let description = describe(json.as_bytes(), None, None);
        assert_bounded(&description, json.len());
        if number.len() > 24 {
            assert_eq!(description.title, "Sodium");
        }
    }
}

#[test]
fn wrong_types_everywhere_leave_a_plain_description() {
    for wrong in [
        "null",
        "7",
        "true",
        "\"\"",
        "\" \\n \"",
        "[]",
        "[[[]]]",
        "{}",
        "[null,{\"coding\":7}]",
        "\"\\ud800\"",
    ] {
        let json = format!(
            r#"{{"resourceType":"MedicationRequest","medicationCodeableConcept":{wrong},"medicationReference":{wrong},
            "status":{wrong},"authoredOn":{wrong},"requester":{wrong},"contained":{wrong},"id":{wrong}}}"#
        );
        let description = describe(json.as_bytes(), None, None);
        assert_bounded(&description, json.len());
        assert_eq!(description.kind, RecordKind::Medication, "{wrong}");
        assert_eq!(description.date, None, "{wrong}");
    }
}

#[test]
fn hidden_characters_cannot_change_what_a_title_says() {
    let description = describe(
        "{\"resourceType\":\"AllergyIntolerance\",\"code\":{\"text\":\"no\u{202E} known\u{200B}\\u0000 \\u2066allergies\"}}".as_bytes(),
        None,
        None,
    );
    assert_eq!(description.title, "no known allergies");
}

#[test]
fn an_object_with_too_many_members_is_no_resource() {
    let members: Vec<String> = (0..5000).map(|n| format!(",\"m{n}\":0")).collect();
    let json = format!(r#"{{"resourceType":"Condition"{}}}"#, members.concat());
    let description = describe(json.as_bytes(), None, None);
    assert_eq!(description.fhir_type, None);
    assert_eq!(description.media_type, "application/json");
}

#[test]
fn a_byte_order_mark_does_not_hide_a_resource() {
    let file = b"\xEF\xBB\xBF{\"resourceType\":\"Condition\",\"code\":{\"text\":\"Asthma\"}}";
    let description = describe(file, None, None);
    assert_eq!(description.title, "Asthma");
    assert_eq!(description.size, file.len() as u64);
}

/// JSON values of any shape, made of the names that the reader looks for.
fn any_json() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "resourceType",
        "code",
        "coding",
        "text",
        "display",
        "system",
        "value",
        "valueQuantity",
        "unit",
        "entry",
        "resource",
        "contained",
        "reference",
        "medicationReference",
        "name",
        "given",
        "status",
        "period",
        "start",
        "component",
        "id",
        "class",
        "type",
    ]);
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        "-?[1-9][0-9]{0,29}\\.[0-9]{1,9}",
        prop::sample::select(vec![
            "Bundle",
            "Observation",
            "Patient",
            "Encounter",
            "MedicationRequest",
            "#id",
            "2026-09"
        ])
        .prop_map(|s| format!("{s:?}")),
        any::<String>().prop_map(|s| serde_json::Value::String(s).to_string()),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(" , "))),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|members| {
                let members: Vec<_> =
                    members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(",\n"))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_described(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        media_type in prop::option::of(".{0,40}"),
        name in prop::option::of(".{0,200}"),
    ) {
        let description = describe(&bytes, media_type.as_deref(), name.as_deref());
        assert_bounded(&description, bytes.len());
        let _ = split(&bytes, media_type.as_deref(), name.as_deref());
    }

    #[test]
    fn any_bytes_behind_a_known_signature_are_described(
        start in prop::sample::select(vec![
            &b"%PDF-1.4\n1 0 obj\n<< /Title ("[..], b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xFF\xD8\xFF\xE0", b"<?xml version=\"1.0\"?><ClinicalDocument><title>",
            b"{\"resourceType\":\"Bundle\",\"entry\":[",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..300),
        end in prop::sample::select(vec![&b""[..], b")>>\nendobj trailer << /Info 1 0 R >>", b"</title>", b"]}"]),
    ) {
        let bytes = [start, rest.as_slice(), end].concat();
        assert_bounded(&describe(&bytes, None, None), bytes.len());
        let _ = split(&bytes, None, None);
    }

    #[test]
    fn any_json_is_described(json in any_json()) {
        assert_bounded(&describe(json.as_bytes(), None, None), json.len());
        let _ = split(json.as_bytes(), None, None);
    }

    #[test]
    fn any_resource_of_any_shape_is_described(
        kind in prop::sample::select(vec!["Observation", "Encounter", "Patient", "MedicationRequest", "Bundle", "DiagnosticReport", "Thing"]),
        members in prop::collection::vec((prop::sample::select(vec![
            "code", "component", "valueQuantity", "valueRange", "class", "name", "entry", "contained", "period", "status",
            "medicationReference", "category", "effectiveDateTime", "performer",
        ]), any_json()), 0..8),
    ) {
        let members: Vec<String> = members.iter().map(|(name, value)| format!(",\"{name}\":{value}")).collect();
        let json = format!("{{\"resourceType\":\"{kind}\"{}}}", members.concat());
        let description = describe(json.as_bytes(), None, None);
        assert_bounded(&description, json.len());
        prop_assert_eq!(description.fhir_type.as_deref(), Some(kind));
    }

    #[test]
    fn what_goes_into_a_bundle_comes_out_unchanged(resources in prop::collection::vec(any_json(), 0..8), gap in "[ \t\r\n]{0,3}") {
        let resources: Vec<String> =
            resources.iter().map(|value| format!("{{\"resourceType\":\"Basic\",{gap}\"it\" :{value}{gap}}}")).collect();
        let entries: Vec<String> = resources.iter().map(|r| format!("{{\"resource\":{gap}{r}{gap}}}")).collect();
        let file = format!("{gap}{{\"resourceType\":\"Bundle\",\"entry\":[{}]}}{gap}", entries.join(","));
        let Ok(Split::Parts(parts)) = split(file.as_bytes(), None, None) else { panic!("a sound bundle") };
        let found: Vec<&[u8]> = parts.parts.iter().map(|part| part.bytes).collect();
        let given: Vec<&[u8]> = resources.iter().map(String::as_bytes).collect();
        prop_assert_eq!(found, given);
        let neighbours = Neighbours::of(&parts);
        for part in &parts.parts {
            assert_bounded(&describe_among(part.bytes, None, None, &neighbours), part.bytes.len());
        }
    }
}
