//! People and their wallets.

use std::path::Path;

use medrec_wallet::{
    PassphraseStrength, RecoveryWords, StrengthLevel,
    view::{Notice, PersonView},
};
use serde_json::{Value, json};

use crate::{output::Words, prefix::short};

/// Recovery words in one line of the list.
const IN_A_LINE: usize = 4;

/// A warning about a passphrase that is easy to guess.
pub fn strength(strength: PassphraseStrength) -> Option<&'static str> {
    match strength.level {
        StrengthLevel::VeryWeak | StrengthLevel::Weak => Some(
            "Note: this passphrase is easy to guess. Five unusual words are better: \
             medrec wallet change-passphrase",
        ),
        StrengthLevel::Fair => {
            Some("Note: this passphrase could be stronger. Five unusual words are better.")
        }
        StrengthLevel::Strong | StrengthLevel::VeryStrong => None,
    }
}

pub fn person_json(person: &PersonView) -> Value {
    json!({ "person": person.id, "label": person.label })
}

pub fn created_json(person: &PersonView, words: &RecoveryWords) -> Value {
    json!({ "person": person.id, "label": person.label, "words": words.words() })
}

pub fn created(person: &PersonView, words: &RecoveryWords, home: &Path) -> Words {
    let mut out = Words::new();
    out.line(format!("The wallet of {} is ready, in {}.", person.label, home.display())).gap();
    out.line("These are your 24 recovery words. Write them on paper now, in this order:").gap();
    numbered(&mut out, words);
    out.gap();
    out.line("Keep the paper where only you can reach it. Whoever has the words has your records.");
    out.line("They are the only way back if this computer is lost or the passphrase is forgotten.");
    out.line("Next: medrec network join FILE, with the file from a provider.");
    out
}

pub fn restored(person: &PersonView, home: &Path) -> Words {
    let mut out = Words::new();
    out.line(format!("The wallet of {} is here again, in {}.", person.label, home.display()));
    out.line("Next: medrec network join FILE, then medrec sync, which finds all your records again.");
    out
}

pub fn list_json(people: &[PersonView]) -> Value {
    let people: Vec<Value> = people
        .iter()
        .map(|person| json!({ "person": person.id, "label": person.label, "problem": person.problem }))
        .collect();
    json!({ "people": people })
}

pub fn list(people: &[PersonView], home: &Path) -> Words {
    let mut out = Words::new();
    if people.is_empty() {
        out.line(format!("There is no wallet in {}.", home.display()));
        out.line("Make one with: medrec wallet create --label NAME");
    }
    for person in people {
        out.line(format!("{}  (id {})", person.label, short(&person.id)));
        if let Some(problem) = &person.problem {
            out.sub(problem);
        }
    }
    out
}

pub fn opened_json(person: &PersonView, notices: &[Notice]) -> Value {
    json!({ "person": person.id, "label": person.label, "opened": true, "notices": notices })
}

pub fn opened(person: &PersonView) -> Words {
    let mut out = Words::new();
    out.line(format!("The passphrase opens the wallet of {}.", person.label));
    out
}

pub fn words_json(words: &RecoveryWords) -> Value {
    json!({ "words": words.words() })
}

pub fn words(words: &RecoveryWords) -> Words {
    let mut out = Words::new();
    numbered(&mut out, words);
    out.gap();
    out.line("Whoever has these words has your records. Clear the screen when you are done.");
    out
}

pub fn passphrase_changed(person: &PersonView) -> Words {
    let mut out = Words::new();
    out.line(format!("The wallet of {} opens with the new passphrase only.", person.label));
    out.line("The recovery words are the same as before.");
    out
}

fn numbered(out: &mut Words, words: &RecoveryWords) {
    let cells: Vec<String> = words
        .words()
        .iter()
        .enumerate()
        .map(|(index, word)| format!("{:>2} {word:<10}", index + 1))
        .collect();
    for line in cells.chunks(IN_A_LINE) {
        out.sub(line.join(" "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ana() -> PersonView {
        let id = serde_json::from_value(json!("0123456789abcdef0123456789abcdef")).unwrap();
        PersonView { id, label: "Ana Müller".into(), problem: None }
    }

    fn some_words() -> RecoveryWords {
        RecoveryWords::parse(&format!("{}art", "abandon ".repeat(23))).unwrap()
    }

    #[test]
    fn a_new_wallet_shows_its_words_and_what_to_do_with_them() {
        assert_eq!(
            created(&ana(), &some_words(), Path::new("/data")).as_str(),
            "\
The wallet of Ana Müller is ready, in /data.

These are your 24 recovery words. Write them on paper now, in this order:

     1 abandon     2 abandon     3 abandon     4 abandon
     5 abandon     6 abandon     7 abandon     8 abandon
     9 abandon    10 abandon    11 abandon    12 abandon
    13 abandon    14 abandon    15 abandon    16 abandon
    17 abandon    18 abandon    19 abandon    20 abandon
    21 abandon    22 abandon    23 abandon    24 art

Keep the paper where only you can reach it. Whoever has the words has your records.
They are the only way back if this computer is lost or the passphrase is forgotten.
Next: medrec network join FILE, with the file from a provider.
"
        );
    }

    #[test]
    fn a_new_wallet_as_a_document_has_24_words() {
        let document = created_json(&ana(), &some_words());
        assert_eq!(document["person"], "0123456789abcdef0123456789abcdef");
        assert_eq!(document["label"], "Ana Müller");
        assert_eq!(document["words"].as_array().unwrap().len(), 24);
        assert_eq!(document["words"][23], "art");
    }

    #[test]
    fn people_are_listed_with_what_is_wrong() {
        let broken = PersonView { problem: Some("The vault file is damaged.".into()), ..ana() };
        assert_eq!(
            list(&[ana(), broken], Path::new("/data")).as_str(),
            "\
Ana Müller  (id 0123456789ab)
Ana Müller  (id 0123456789ab)
    The vault file is damaged.
"
        );
        assert!(list(&[], Path::new("/data")).as_str().contains("medrec wallet create"));
    }
}
