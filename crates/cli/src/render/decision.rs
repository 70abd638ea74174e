//! What became of a decision.

use medrec_wallet::view::{ActOutcome, GrantProgress};
use serde_json::{Value, json};

use super::json::document;
use crate::{commands::decide::Decided, output::Words};

pub fn json(decided: &Decided) -> Value {
    let review = &decided.review;
    let sentences = std::iter::once(&review.title).chain(&review.sentences).map(|sentence| &sentence.text);
    json!({
        "review": sentences.collect::<Vec<_>>(),
        "steps": document(&decided.outcome.steps),
    })
}

pub fn words(outcome: &ActOutcome) -> Words {
    let mut out = Words::new();
    let done = outcome.steps.iter().all(|step| step.progress == GrantProgress::OnLedger);
    out.line(if done { "Done." } else { "Not everything is confirmed yet:" });
    for step in &outcome.steps {
        let reason = step.reason.as_deref().map_or_else(String::new, |reason| format!(" ({reason})"));
        out.sub(format!("{}: {}{reason}", step.provider, super::progress(step.progress)));
    }
    if outcome.steps.iter().any(|step| step.progress == GrantProgress::Waiting) {
        out.line("It is sent again with the next check of the ledger: medrec sync");
    }
    out
}

#[cfg(test)]
mod tests {
    use medrec_wallet::{Hash32, view::ActStep};

    use super::{super::testing::*, *};

    #[test]
    fn done_is_said_only_when_the_ledger_has_all_of_it() {
        let step = |progress, reason: Option<&str>| ActStep {
            provider: provider_name(),
            tx: Hash32::of("test", &[]),
            progress,
            reason: reason.map(str::to_owned),
        };
        let told = |steps| words(&ActOutcome { steps }).as_str().to_owned();
        let done = told(vec![step(GrantProgress::OnLedger, None)]);
        assert_eq!(done, "Done.\n    City Clinic (Lisbon): on the ledger\n");
        let refused = told(vec![
            step(GrantProgress::OnLedger, None),
            step(GrantProgress::Refused, Some("a delegate may not do this")),
        ]);
        assert!(!refused.contains("Done"), "{refused}");
        assert!(refused.contains("refused by the ledger (a delegate may not do this)"), "{refused}");
        let waiting = told(vec![step(GrantProgress::Waiting, None)]);
        assert!(waiting.contains("medrec sync"), "{waiting}");
    }
}
