//! What a check of the ledger found.

use medrec_wallet::view::{Freshness, PendingState, SyncProgress, SyncReport};
use serde_json::{Value, json};

use super::json::{members, with_iso};
use crate::{
    commands::sync::Standing,
    moment::{Here, counted},
    output::Words,
};

pub fn progress(progress: &SyncProgress) -> String {
    match progress {
        SyncProgress::Head => "Verifying the newest block …".to_owned(),
        SyncProgress::Directory { done, total } => format!("Directory of providers: {done} of {total}"),
        SyncProgress::Looking { looked_at, found } => {
            format!("Looking for your relationships: {found} found, {looked_at} keys tried")
        }
        SyncProgress::Relationship { provider, done, total } => {
            format!("{provider}: {done} of {} verified", counted(*total, "entry"))
        }
        SyncProgress::Settling => "Looking for what you signed …".to_owned(),
    }
}

/// The façade's report; look-ups are named as the ledger names them, and when everything was up to date stands with it.
pub fn report_json(report: &SyncReport, freshness: &Freshness) -> Value {
    let mut document = members(report);
    document.insert("new_disclosures".into(), json!(report.new_lookups));
    document.insert("checked_at".into(), json!(freshness.checked_at));
    with_iso(Value::Object(document))
}

pub fn report(report: &SyncReport, standing: Standing, here: &Here) -> Words {
    let mut out = Words::new();
    let news = news(report);
    match news.as_slice() {
        [] => out.line("Nothing new."),
        news => out.line(format!("New: {}.", super::listed(news.to_vec()))),
    };
    out.line(format!(
        "Verified: {} in {}, up to block {} of {}.",
        counted(report.entries, "new entry"),
        counted(report.relationships, "relationship"),
        report.height,
        here.minute(report.head_time),
    ));
    notes(&mut out, report);
    keys(&mut out, report, standing);
    pending(&mut out, report);
    out
}

fn news(report: &SyncReport) -> Vec<String> {
    [
        (report.new_records, "record"),
        (report.new_versions, "new version of a record"),
        (report.new_requests, "request for access"),
        (report.new_lookups, "look-up by others"),
        (report.restored, "relationship found by your words"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| plural(count, what))
    .collect()
}

/// "2 requests for access": the first noun takes the plural.
fn plural(count: u64, what: &str) -> String {
    match what {
        "new version of a record" if count > 1 => format!("{count} new versions of records"),
        _ => match what.split_once(' ') {
            Some((noun, rest)) => format!("{} {rest}", counted(count, noun)),
            None => counted(count, what),
        },
    }
}

fn notes(out: &mut Words, report: &SyncReport) {
    if report.new_requests > 0 {
        out.line("Somebody asks for access: medrec requests");
    }
    for provider in &report.enrolled {
        out.line(format!("You are now enrolled with {provider}."));
    }
    for refusal in &report.enrolments_refused {
        out.line(format!("Enrolment refused: {refusal}"));
    }
    if report.unreadable > 0 {
        out.line(format!(
            "{} cannot be read with this wallet's keys; kept all the same.",
            counted(report.unreadable, "new entry")
        ));
    }
    for witness in report.witnesses.iter().filter(|witness| witness.verdict != "agrees") {
        let detail = witness.detail.as_deref().map_or_else(String::new, |detail| format!(" ({detail})"));
        out.line(format!("Node {}: {}{detail}.", witness.node, witness.verdict));
    }
    for notice in &report.notices {
        out.line(super::notice(*notice));
    }
}

fn keys(out: &mut Words, report: &SyncReport, standing: Standing) {
    match standing {
        Standing::Ended => {
            out.line("Your appointment was ended: you see what came until then, and nothing new.");
        }
        Standing::NotNow => {
            out.line("No appointment of yours counts now: medrec helping");
        }
        Standing::Expected if report.waiting_for_keys > 0 => {
            out.line(format!(
                "The key to {} is not here yet; the provider hands it over. Sync again in a moment.",
                counted(report.waiting_for_keys, "relationship")
            ));
        }
        Standing::Expected => {}
    }
}

fn pending(out: &mut Words, report: &SyncReport) {
    if report.confirmed > 0 {
        out.line(format!("Of what you signed, {} now confirmed by the ledger.", is_or_are(report.confirmed)));
    }
    if report.pending.iter().any(|pending| pending.state == PendingState::Waiting) {
        out.line("Some of what you signed is not yet confirmed; it is sent again: medrec pending");
    }
    if report.pending.iter().any(|pending| pending.state != PendingState::Waiting) {
        out.line("Some of what you signed did not happen: medrec pending");
    }
}

fn is_or_are(count: u64) -> String {
    if count == 1 { "1 is".to_owned() } else { format!("{count} are") }
}

#[cfg(test)]
mod tests {
    use super::{super::testing::*, *};

    #[test]
    fn a_quiet_check_says_so() {
        let quiet = SyncReport { height: 42, head_time: NOW, relationships: 3, ..SyncReport::default() };
        assert_eq!(
            report(&quiet, Standing::Expected, &here()).as_str(),
            "Nothing new.\nVerified: 0 new entries in 3 relationships, up to block 42 of 4 May 2026, 14:05.\n"
        );
    }

    #[test]
    fn news_are_counted_in_words() {
        let busy = SyncReport {
            new_records: 1,
            new_versions: 2,
            new_requests: 2,
            new_lookups: 1,
            unreadable: 1,
            confirmed: 1,
            entries: 7,
            ..SyncReport::default()
        };
        let words = report(&busy, Standing::Expected, &here());
        let first = words.as_str().lines().next().unwrap();
        assert_eq!(
            first,
            "New: 1 record, 2 new versions of records, 2 requests for access and 1 look-up by others."
        );
        for line in ["medrec requests", "1 new entry cannot be read", "1 is now confirmed"] {
            assert!(words.as_str().contains(line), "{line}");
        }
    }

    #[test]
    fn somebody_whose_appointment_ended_is_told_so_and_not_to_wait_for_a_key() {
        let waiting = SyncReport { waiting_for_keys: 3, ..SyncReport::default() };
        let told = |standing| report(&waiting, standing, &here()).as_str().to_owned();
        assert!(told(Standing::Expected).contains("Sync again in a moment"));
        assert!(told(Standing::Ended).contains("was ended"));
        assert!(!told(Standing::Ended).contains("Sync again"));
        assert!(told(Standing::NotNow).contains("medrec helping"));
    }

    #[test]
    fn the_document_names_disclosures_and_when_it_was_checked() {
        let document = report_json(&SyncReport { new_lookups: 4, ..SyncReport::default() }, &freshness());
        assert_eq!(document["new_disclosures"], 4);
        assert_eq!(document["checked_at"], NOW - 130);
        assert_eq!(document["checked_at_iso"], "2026-05-04T12:02:50Z");
    }
}
