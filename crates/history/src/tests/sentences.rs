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
        assert!(entries().any(|entry| entry.what == (What::Closed { action: *kind, grant: None })
            || matches!(&entry.what, What::Closed { action, .. } if action == kind)), "{kind:?} closed");
    }
}

#[test]
fn no_sentence_is_empty_unfinished_or_the_same_in_both_languages() {
    for relationship in &sample::everything().relationships {
        for entry in &relationship.entries {
            let [english, spanish] = Language::ALL.map(|language| sentences::entry(language, entry, relationship));
            assert_ne!(english, spanish);
            for sentence in [english, spanish] {
                assert!(sentence.ends_with('.') && !sentence.ends_with(".."), "{sentence}");
                assert!(!sentence.contains("  ") && !sentence.contains(" ,") && !sentence.contains(",."), "{sentence}");
                assert!(sentence.chars().next().unwrap().is_uppercase() || sentence.starts_with("mr"), "{sentence}");
            }
        }
    }
}
