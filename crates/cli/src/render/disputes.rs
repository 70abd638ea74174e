//! What was said to be wrong.

use medrec_wallet::view::DisputeView;
use serde_json::{Value, json};

use super::json::document;
use crate::{moment::Here, output::Words, prefix::short};

pub fn json(disputes: &[DisputeView]) -> Value {
    json!({ "disputes": document(&disputes) })
}

pub fn words(disputes: &[DisputeView], here: &Here) -> Words {
    let mut out = Words::new();
    if disputes.is_empty() {
        out.line("Nothing was said to be wrong.");
    }
    for dispute in disputes {
        let by = dispute.by.as_deref().unwrap_or("you");
        let at = here.minute(dispute.at.seconds());
        let what = match &dispute.record {
            Some(record) => format!("record {}", short(record)),
            None => format!("entry {}", dispute.position),
        };
        out.line(format!("{at}: {by}, about {what} of {}", dispute.provider));
        for paragraph in &dispute.statement {
            out.sub(paragraph);
        }
    }
    out
}

pub fn letter_json(letter: &str) -> Value {
    json!({ "letter": letter })
}

pub fn letter(letter: &str) -> Words {
    let mut out = Words::new();
    for line in letter.lines() {
        out.line(line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{super::testing::*, *};

    #[test]
    fn a_dispute_says_who_about_what_and_what() {
        let dispute = DisputeView {
            provider: provider_name(),
            relationship: relationship(),
            position: 17,
            record: None,
            action: "record_disclosure".into(),
            statement: vec!["I was not there.".into()],
            at: time(NOW),
            by: Some("Sofia".into()),
        };
        assert_eq!(
            words(std::slice::from_ref(&dispute), &here()).as_str(),
            "4 May 2026, 14:05: Sofia, about entry 17 of City Clinic (Lisbon)\n    I was not there.\n"
        );
        let own = DisputeView { record: Some(record_id()), by: None, ..dispute };
        assert!(words(&[own], &here()).as_str().contains("you, about record 0123456789ab of City Clinic"));
    }
}
