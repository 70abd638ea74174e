//! What would be signed, and what became of it.

use medrec_wallet::view::{
    GrantOutcome, GrantProgress, ProviderView, Review, ReviewedRecords, ShareOutcome, SkippedReason,
};
use serde_json::{Value, json};

use super::json::{document, members, with_iso};
use crate::{
    moment::{counted, stated},
    output::Words,
    prefix::short,
};

/// Titles that are shown of what a share opens.
const TITLES: usize = 5;

/// The review, as a person reads it before signing.
pub fn review(review: &Review) -> Words {
    let mut out = Words::new();
    out.line(&review.title.text);
    for sentence in &review.sentences {
        out.sub(&sentence.text);
    }
    for opens in &review.opens {
        out.gap();
        opened(&mut out, opens);
    }
    for skipped in &review.skipped {
        out.gap();
        out.line(match skipped.reason {
            SkippedReason::OwnRecords => format!("{} has its own records already.", skipped.provider),
            SkippedReason::NothingThere => format!("{} has nothing that this would open.", skipped.provider),
            SkippedReason::AccountClosed => format!("Your account with {} is closed.", skipped.provider),
        });
    }
    out.gap();
    out
}

fn opened(out: &mut Words, opens: &ReviewedRecords) {
    let older = match opens.older_versions {
        0 => String::new(),
        count => format!(", and {}", counted(count, "older version")),
    };
    out.line(format!("It opens {}{older} of {}:", counted(opens.records, "record"), opens.provider));
    for row in opens.newest.iter().take(TITLES) {
        let date = row.date.as_deref().map_or_else(String::new, |date| format!(" · {}", stated(date)));
        out.sub(format!("{} · {}{date}", row.title, super::kind(row.kind)));
    }
    let shown = opens.newest.len().min(TITLES) as u64;
    if opens.records > shown {
        out.sub(format!("… and {} more", opens.records - shown));
    }
}

pub fn outcome_json(review: &Review, outcome: &ShareOutcome, providers: &[ProviderView]) -> Value {
    let sentences = std::iter::once(&review.title).chain(&review.sentences).map(|sentence| &sentence.text);
    let answered =
        outcome.answered.map(|(request, progress)| json!({ "request": request, "progress": progress }));
    with_iso(json!({
        "share": outcome.share,
        "grantee": outcome.grantee,
        "grants": outcome.grants.iter().map(|grant| grant_json(grant, providers)).collect::<Vec<_>>(),
        "code": outcome.code,
        "review": sentences.collect::<Vec<_>>(),
        "opens": document(&review.opens),
        "skipped": document(&review.skipped),
        "answered": answered,
    }))
}

/// With the relationship in which the grant stands: the one with its provider.
fn grant_json(grant: &GrantOutcome, providers: &[ProviderView]) -> Value {
    let mut members = members(grant);
    let provider = providers.iter().find(|provider| provider.name.address == grant.provider.address);
    let relationship = provider.and_then(|provider| provider.relationship.as_ref());
    members.insert("relationship".into(), json!(relationship.map(|relationship| relationship.address)));
    members.insert("id".into(), json!(grant.grant));
    Value::Object(members)
}

pub fn outcome(outcome: &ShareOutcome) -> Words {
    let mut out = Words::new();
    let done = outcome.grants.iter().all(|grant| grant.progress == GrantProgress::OnLedger);
    out.line(if done {
        format!("{} has access.", outcome.grantee)
    } else {
        format!("Not everything is confirmed yet for {}:", outcome.grantee)
    });
    grants(&mut out, &outcome.grants);
    if let Some((request, progress)) = outcome.answered {
        out.sub(format!("answer to request {}: {}", short(&request), super::progress(progress)));
    }
    out.gap();
    out.line("If they did not ask through the ledger, give them this code. Nobody else can use it:");
    out.line(&outcome.code);
    out.line(format!("To stop it again: medrec stop --share {}", short(&outcome.share)));
    out
}

/// One line for each grant.
pub fn grants(out: &mut Words, grants: &[GrantOutcome]) {
    for grant in grants {
        let reason = grant.reason.as_deref().map_or_else(String::new, |reason| format!(" ({reason})"));
        out.sub(format!(
            "records of {}: {}{reason} · id {}",
            grant.provider,
            super::progress(grant.progress),
            short(&grant.grant)
        ));
    }
}

#[cfg(test)]
mod tests {
    use medrec_wallet::{
        GrantId, Hash32, RequestId, Timestamp,
        view::{RecordRow, RelationshipState, ReviewDetail, Skipped},
    };

    use super::{super::testing::*, *};

    fn reviewed() -> Review {
        Review {
            title: sentence("Give Harbour Hospital (Porto) access?"),
            sentences: vec![sentence("They can see your medicines."), sentence("Until 20 Feb 2027.")],
            opens: vec![ReviewedRecords {
                provider: provider_name(),
                records: 7,
                older_versions: 1,
                newest: vec![row(), RecordRow { date: None, ..row() }],
            }],
            skipped: vec![Skipped { provider: provider_name(), reason: SkippedReason::OwnRecords }],
            details: vec![ReviewDetail {
                relationship: relationship(),
                body_hash: "00".into(),
                actions: vec!["Grant".into()],
                valid_until: Timestamp::from_seconds(NOW),
            }],
        }
    }

    fn shared(progress: GrantProgress) -> ShareOutcome {
        let grant = GrantOutcome {
            grant: GrantId::from_bytes([0xab; 16]),
            provider: provider_name(),
            tx: Hash32::of("test", &[]),
            progress,
            reason: None,
        };
        ShareOutcome {
            share: "cd".repeat(16).parse().unwrap(),
            grantee: provider_name(),
            grants: vec![grant],
            code: "mrshare1qqq".into(),
            answered: Some((RequestId::from_bytes([9; 16]), progress)),
        }
    }

    #[test]
    fn the_review_is_the_sentences_and_what_they_open() {
        assert_eq!(
            review(&reviewed()).as_str(),
            "\
Give Harbour Hospital (Porto) access?
    They can see your medicines.
    Until 20 Feb 2027.

It opens 7 records, and 1 older version of City Clinic (Lisbon):
    Metoprolol 50 mg · medicine · Mar 2026
    Metoprolol 50 mg · medicine
    … and 5 more

City Clinic (Lisbon) has its own records already.

"
        );
    }

    #[test]
    fn the_document_has_grants_code_and_review() {
        let document =
            outcome_json(&reviewed(), &shared(GrantProgress::OnLedger), &[provider(RelationshipState::Open)]);
        assert_eq!(document["share"], "cd".repeat(16));
        assert_eq!(document["code"], "mrshare1qqq");
        assert_eq!(document["grants"][0]["id"], "ab".repeat(16));
        assert_eq!(document["grants"][0]["relationship"], relationship().to_string());
        assert_eq!(document["grants"][0]["progress"], "on_ledger");
        assert_eq!(document["grants"][0]["provider"]["name"], "City Clinic");
        assert_eq!(document["review"][1], "They can see your medicines.");
        assert_eq!(document["opens"][0]["records"], 7);
        assert_eq!(document["answered"]["progress"], "on_ledger");
    }

    #[test]
    fn access_is_claimed_only_when_the_ledger_has_it() {
        assert!(
            outcome(&shared(GrantProgress::OnLedger))
                .as_str()
                .starts_with("City Clinic (Lisbon) has access.")
        );
        for progress in [GrantProgress::Waiting, GrantProgress::Refused, GrantProgress::Lapsed] {
            assert!(!outcome(&shared(progress)).as_str().contains("has access"), "{progress}");
        }
    }
}
