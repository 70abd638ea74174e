//! Stopping access, honestly.

use medrec_wallet::view::{GrantProgress, SharingView, StopOutcome};
use serde_json::{Value, json};

use super::{
    json::{document, with_iso},
    share::grants,
    sharing,
};
use crate::{moment::Here, output::Words};

/// What would be stopped.
pub fn review(concerned: &[SharingView], here: &Here) -> Words {
    let mut out = Words::new();
    if concerned.is_empty() {
        out.line("No permission that holds now is among these.");
    } else {
        out.line("This stops:");
    }
    for view in concerned {
        for grant in &view.grants {
            out.sub(format!("{}: {}", view.grantee, sharing::one_grant(grant, here)));
        }
    }
    out.gap();
    out
}

pub fn json(outcome: &StopOutcome) -> Value {
    let stopped: Vec<_> = outcome
        .grants
        .iter()
        .filter(|grant| grant.progress == GrantProgress::OnLedger)
        .map(|grant| grant.grant)
        .collect();
    let sentences: Vec<&str> = outcome.sentences.iter().map(|sentence| sentence.text.as_str()).collect();
    with_iso(json!({
        "stopped": stopped,
        "grants": document(&outcome.grants),
        "copies_taken": outcome.copies_taken,
        "last_taken": outcome.last_copy_at,
        "sentence": sentences.join(" "),
    }))
}

pub fn words(outcome: &StopOutcome, here: &Here) -> Words {
    let mut out = Words::new();
    if outcome.grants.is_empty() {
        out.line("Nothing was stopped: no permission held.");
    }
    grants(&mut out, &outcome.grants);
    for sentence in &outcome.sentences {
        out.line(&sentence.text);
    }
    if outcome.sentences.is_empty() && outcome.copies_taken > 0 {
        let last = outcome
            .last_copy_at
            .map_or_else(String::new, |at| format!(", last on {}", here.day(at.seconds())));
        out.line(format!("Copies that they already took stay with them: {}{last}.", outcome.copies_taken));
    }
    out
}

#[cfg(test)]
mod tests {
    use medrec_wallet::{GrantId, Hash32, view::GrantOutcome};

    use super::{super::testing::*, *};

    fn stopped(progress: GrantProgress) -> StopOutcome {
        StopOutcome {
            grants: vec![GrantOutcome {
                grant: GrantId::from_bytes([0xab; 16]),
                provider: provider_name(),
                tx: Hash32::of("test", &[]),
                progress,
                reason: None,
            }],
            copies_taken: 3,
            last_copy_at: Some(time(NOW)),
            sentences: vec![sentence("They cannot fetch more."), sentence("Copies stay with them: 3.")],
        }
    }

    #[test]
    fn what_was_taken_stays_and_is_said() {
        let document = json(&stopped(GrantProgress::OnLedger));
        assert_eq!(document["stopped"], json!(["ab".repeat(16)]));
        assert_eq!(document["copies_taken"], 3);
        assert_eq!(document["last_taken"], NOW);
        assert_eq!(document["last_taken_iso"], "2026-05-04T12:05:00Z");
        assert_eq!(document["sentence"], "They cannot fetch more. Copies stay with them: 3.");
        let bare = StopOutcome { sentences: Vec::new(), ..stopped(GrantProgress::OnLedger) };
        assert!(
            words(&bare, &here()).as_str().contains("already took stay with them: 3, last on 4 May 2026.")
        );
    }

    #[test]
    fn what_the_ledger_has_not_confirmed_is_not_called_stopped() {
        assert_eq!(json(&stopped(GrantProgress::Waiting))["stopped"], json!([]));
        assert!(words(&stopped(GrantProgress::Waiting), &here()).as_str().contains("not yet confirmed"));
    }
}
