//! Every sentence, read by a person once and pinned.

use std::fmt::Write as _;

use super::sample;
use crate::{
    Language,
    model::{ActionKind, History, What},
    sentences,
};

fn told(history: &History) -> String {
    let mut text = String::new();
    for relationship in &history.relationships {
        for entry in &relationship.entries {
            for language in Language::ALL {
                let sentence = sentences::entry(language, entry, relationship);
                writeln!(text, "{} {} {sentence}", entry.index, language.tag()).unwrap();
            }
        }
    }
    text
}

#[test]
fn every_sentence_reads_as_it_was_read_last() {
    let told = told(&sample::everything());
    // For a deliberate change, as for the vectors.
    if std::env::var_os("MEDREC_WRITE_VECTORS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/sentences.txt"), &told).unwrap();
        return;
    }
    let pinned = include_str!("sentences.txt");
    for (told, pinned) in told.lines().zip(pinned.lines()) {
        assert_eq!(told, pinned);
    }
    assert_eq!(told.lines().count(), pinned.lines().count(), "{told}");
    assert!(told.lines().count() > 120, "both languages");
}

#[test]
fn the_sample_has_every_kind_of_entry_opened_and_closed() {
    let history = sample::everything();
    let entries = || history.relationships.iter().flat_map(|one| &one.entries);
    for kind in ActionKind::ALL {
        assert!(entries().any(|entry| entry.what.kind() == *kind && entry.what.is_open()), "{kind:?} opened");
        assert!(
            entries().any(|entry| entry.what == (What::Closed { action: *kind, grant: None })
                || matches!(&entry.what, What::Closed { action, .. } if action == kind)),
            "{kind:?} closed"
        );
    }
}

#[test]
fn no_sentence_is_empty_unfinished_or_the_same_in_both_languages() {
    for relationship in &sample::everything().relationships {
        for entry in &relationship.entries {
            let [english, spanish] =
                Language::ALL.map(|language| sentences::entry(language, entry, relationship));
            assert_ne!(english, spanish);
            for sentence in [english, spanish] {
                assert!(sentence.ends_with('.') && !sentence.ends_with(".."), "{sentence}");
                assert!(
                    !sentence.contains("  ") && !sentence.contains(" ,") && !sentence.contains(",."),
                    "{sentence}"
                );
                assert!(
                    sentence.chars().next().unwrap().is_uppercase() || sentence.starts_with("mr"),
                    "{sentence}"
                );
            }
        }
    }
}

#[test]
fn a_date_is_told_as_finely_as_the_record_states_it() {
    let [hospital, _] = <[_; 2]>::try_from(sample::everything().relationships).unwrap();
    let told = |date: &str| {
        let mut entry = hospital.entries[1].clone();
        let What::PublishedRecord { date: stated, .. } = &mut entry.what else { panic!("a record") };
        *stated = Some(date.into());
        sentences::entry(Language::Spanish, &entry, &hospital)
    };
    for (date, said) in [
        ("2026-02-27", "de fecha 27 feb 2026."),
        ("2026-02-27T08:15:00+01:00", "de fecha 27 feb 2026."),
        ("2026-09", "de fecha sept 2026."),
        ("2019", "de fecha 2019."),
        ("2026-13-01", "de fecha 2026-13-01."),
        ("last year", "de fecha last year."),
    ] {
        assert!(told(date).ends_with(said), "{}", told(date));
    }
}

#[test]
fn entries_of_many_records_are_named_by_their_numbers() {
    let history = sample::everything();
    let hospital = &history.relationships[0];
    let told = |entries: &[Option<u64>]| {
        let mut entry = hospital.entries[9].clone();
        let What::Disclosed(disclosure) = &mut entry.what else { panic!("a release") };
        let record = |entry: &Option<u64>| crate::model::RecordRef { entry: *entry, title: None };
        disclosure.records = entries.iter().map(record).collect();
        sentences::entry(Language::English, &entry, hospital)
    };
    assert!(told(&[9, 1, 2, 3, 7, 8].map(Some)).contains("6 records (entries 1–3, 7–9)"));
    assert!(
        told(&[Some(4), Some(5), Some(9), None])
            .contains("4 records (entries 4, 5, 9, and 1 not in this copy)")
    );
    assert!(told(&[Some(4), None, None, None]).contains("4 records (entry 4, and 3 not in this copy)"));
    assert!(told(&[None; 4]).contains("4 records that are not in this copy"));
}
