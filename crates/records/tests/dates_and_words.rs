//! FHIR's partial dates, and words folded for search.

use medrec_records::{PartialDate, Precision, describe, fold, search_terms};
use proptest::prelude::*;

fn date(text: &str) -> PartialDate {
    text.parse().unwrap_or_else(|_| panic!("{text} is a date"))
}

#[test]
fn dates_keep_the_precision_they_were_stated_with() {
    for (text, precision) in [
        ("2026", Precision::Year),
        ("2026-09", Precision::Month),
        ("2024-02-29", Precision::Day),
        ("2026-09-14T10:30:00Z", Precision::Moment),
        ("2026-09-14T10:30:00.5-11:30", Precision::Moment),
    ] {
        assert_eq!(date(text).to_string(), text);
        assert_eq!(date(text).precision(), precision);
    }
}

#[test]
fn what_is_no_date_is_refused() {
    for text in [
        "",
        "26",
        "0000",
        "2026-13",
        "2026-00",
        "2026-02-30",
        "2023-02-29",
        "2026-9-1",
        "2026-09-14T",
        "2026-09-14T25:00:00Z",
        "2026-09-14T10:30:61Z",
        "2026-09-14T10:30:00+15:00",
        "2026-09-14T10:30:00.Z",
        "2026T10:00:00Z",
        "2026-09-14 10:30",
        "+2026",
        "-2026",
        "２０２６",
        "2026-09-14T10:30:00Zz",
        "2026-09-1４",
        "2026-09-14T10:30:00+01:00+01:00",
    ] {
        assert!(text.parse::<PartialDate>().is_err(), "{text}");
    }
}

#[test]
fn real_servers_leniencies_are_read_without_inventing_a_moment() {
    assert_eq!(date("2026-09-14T10:30+01:00").to_string(), "2026-09-14T10:30:00+01:00");
    assert_eq!(date("2026-09-14T10:30:00").to_string(), "2026-09-14");
    assert_eq!(date("2016-12-31T23:59:60Z").to_string(), "2016-12-31T23:59:59Z");
}

#[test]
fn dates_are_ordered_by_their_beginning_and_the_coarser_first() {
    let ordered = [
        "2025-12-31T23:30:00-14:00",
        "2026-02-01T00:30:00+01:00",
        "2026-02",
        "2026-02-01",
        "2026-02-01T00:00:00Z",
        "2026-02-01T01:00:00+01:00",
        "2027",
        "9999-12-31T23:59:59-14:00",
    ];
    let mut sorted: Vec<PartialDate> = ordered.iter().rev().map(|text| date(text)).collect();
    sorted.sort();
    assert_eq!(sorted.iter().map(ToString::to_string).collect::<Vec<_>>(), ordered);
}

#[test]
fn a_moment_becomes_the_day_it_was_where_it_happened() {
    assert_eq!(date("2026-09-14T23:30:00-05:00").to_day_or_coarser(), date("2026-09-14"));
    assert_eq!(date("2026-09").to_day_or_coarser(), date("2026-09"));
}

#[test]
fn search_ignores_case_accents_and_letter_forms() {
    for (written, typed) in [
        ("Amélia FERREIRA-Novák", "amelia ferreira-novak"),
        ("Ελένη Σταθοπούλου", "ΕΛΕΝΗ ΣΤΑΘΟΠΟΥΛΟΥ"),
        ("Ελένης", "ΕΛΕΝΗΣ"),
        ("Müller-Strauß", "muller-strauss"),
        ("Żółć Łódź", "zolc lodz"),
        ("İstanbul ılık", "istanbul ilik"),
        ("Дмитрий Ёлкин", "дмитрии елкин"),
        ("Ｆｕｌｌ　ｗｉｄｔｈ ﬁ", "full width fi"),
        ("  two\t\nwords ", "two words"),
    ] {
        assert_eq!(fold(written), fold(typed), "{written}");
    }
    assert_eq!(fold("Amélia"), "amelia");
}

#[test]
fn marks_that_carry_the_sound_of_a_letter_stay() {
    assert_ne!(fold("か"), fold("が"));
    assert_ne!(fold("कि"), fold("का"));
    assert_eq!(fold("한국"), "한국");
    assert_eq!(fold("李明澤"), "李明澤");
}

#[test]
fn a_record_is_found_by_title_code_author_type_and_year() {
    let description = describe(
        "{\"resourceType\":\"MedicationRequest\",\"medicationCodeableConcept\":{\"text\":\"Metformín 850 mg\",
        \"coding\":[{\"system\":\"http://www.whocc.no/atc\",\"code\":\"A10BA02\"}]},\"authoredOn\":\"2026-03-02\",
        \"requester\":{\"display\":\"Dr. Núñez\"}}"
            .as_bytes(),
        None,
        None,
    );
    let terms = search_terms(&description);
    assert_eq!(terms, "metformin 850 mg medication request a10ba02 dr. nunez 2026-03-02");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn folding_twice_changes_nothing(text in any::<String>()) {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn a_date_reads_back_to_itself(year in 1_i32..=9999, month in 1_i32..=12, day in 1_i32..=28, minute in 0_i32..1440, offset in -840_i32..=840, nanos in 0_u32..1_000_000_000) {
        let sign = if offset < 0 { '-' } else { '+' };
        let text = format!(
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:07.{nanos:09}{sign}{:02}:{:02}",
            minute / 60, minute % 60, offset.abs() / 60, offset.abs() % 60
        );
        let first = date(&text);
        prop_assert_eq!(date(&first.to_string()), first);
        let day = first.to_day_or_coarser();
        prop_assert_eq!(date(&day.to_string()), day);
    }

    #[test]
    fn the_order_of_dates_agrees_with_their_equality(a in "(19|20)[0-9]{2}(-0[1-9](-[12][0-8])?)?", b in "(19|20)[0-9]{2}(-0[1-9](-[12][0-8])?)?") {
        let (a, b) = (date(&a), date(&b));
        prop_assert_eq!(a.cmp(&b).is_eq(), a == b);
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
    }

    #[test]
    fn any_text_is_a_date_or_is_refused(text in ".{0,50}") {
        let _ = text.parse::<PartialDate>();
    }
}
