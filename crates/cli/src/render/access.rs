//! Who looked.

use medrec_wallet::view::{AccessBasis, AccessRow, AccessedRecord, Suspicion};
use serde_json::{Value, json};

use super::json::document;
use crate::{
    moment::{Here, counted},
    output::Words,
    prefix::short,
};

/// Titles that are shown of one look-up.
const TITLES: usize = 5;

pub fn json(rows: &[AccessRow]) -> Value {
    json!({ "entries": document(&rows) })
}

pub fn words(rows: &[AccessRow], here: &Here) -> Words {
    let mut out = Words::new();
    if rows.is_empty() {
        out.line("Nobody has looked.");
    }
    for row in rows {
        entry(&mut out, row, here);
    }
    out
}

fn entry(out: &mut Words, row: &AccessRow, here: &Here) {
    let who = match (&row.recipient, &row.basis) {
        (Some(provider), _) => provider.to_string(),
        (None, AccessBasis::Delegate { name }) => name.clone(),
        (None, _) => "You".to_owned(),
    };
    let person = if row.person.is_empty() { String::new() } else { format!(", {}", row.person) };
    let count = counted(row.records.len() as u64, "record");
    out.line(format!("{}: {who}{person} took {count} of {}", here.minute(row.at.seconds()), row.publisher));
    for record in row.records.iter().take(TITLES) {
        out.sub(title(record));
    }
    if row.records.len() > TITLES {
        out.sub(format!("… and {} more", row.records.len() - TITLES));
    }
    match &row.basis {
        AccessBasis::Owner => {}
        AccessBasis::Grant { grant } => {
            out.sub(format!("under your permission {}", short(grant)));
        }
        AccessBasis::Delegate { .. } => {
            out.sub("as somebody who may act for you");
        }
        AccessBasis::Emergency { reason } => {
            out.sub(format!("in an emergency, without asking; their reason: {reason}"));
        }
    }
    if row.recipient.is_some() || matches!(row.basis, AccessBasis::Delegate { .. }) {
        let (publisher, position) = (&row.publisher.name, row.position);
        out.sub(format!(
            "entry {position}; not right? medrec dispute --provider \"{publisher}\" --entry {position}"
        ));
    }
    if let Some(suspicion) = row.suspicion {
        out.sub(format!("ATTENTION: {}. Ask {} about it.", suspicious(suspicion), row.publisher));
    }
}

fn title(record: &AccessedRecord) -> String {
    match (&record.title, record.kind) {
        (Some(title), Some(kind)) => format!("{title} · {}", super::kind(kind)),
        (Some(title), None) => title.clone(),
        _ => "a record that this wallet does not know".to_owned(),
    }
}

fn suspicious(suspicion: Suspicion) -> &'static str {
    match suspicion {
        Suspicion::NoSuchGrant => "you gave no such permission",
        Suspicion::OtherProvider => "that permission names another provider",
        Suspicion::OutOfTime => "that permission was not in force then",
        Suspicion::OutOfScope => "that permission does not cover all of these records",
        Suspicion::UnknownRecord => "there is no such record",
        Suspicion::NotAllowed => "you had not allowed this",
    }
}

#[cfg(test)]
mod tests {
    use medrec_wallet::{GrantId, RecordKind};

    use super::{super::testing::*, *};

    fn looked(suspicion: Option<Suspicion>) -> AccessRow {
        AccessRow {
            recipient: Some(provider_name()),
            person: "Dr. Reis".into(),
            publisher: provider_name(),
            relationship: relationship(),
            position: 17,
            records: vec![AccessedRecord {
                id: Some(record_id()),
                title: Some("Metoprolol 50 mg".into()),
                kind: Some(RecordKind::Medication),
            }],
            basis: AccessBasis::Grant { grant: GrantId::from_bytes([0xab; 16]) },
            at: time(NOW),
            written_at: time(NOW + 5),
            suspicion,
        }
    }

    #[test]
    fn a_look_up_says_who_what_when_and_under_what() {
        assert_eq!(
            words(&[looked(None)], &here()).as_str(),
            "\
4 May 2026, 14:05: City Clinic (Lisbon), Dr. Reis took 1 record of City Clinic (Lisbon)
    Metoprolol 50 mg · medicine
    under your permission abababababab
    entry 17; not right? medrec dispute --provider \"City Clinic\" --entry 17
"
        );
    }

    #[test]
    fn a_look_up_without_a_permission_stands_out() {
        for suspicion in Suspicion::ALL {
            let words = words(&[looked(Some(*suspicion))], &here());
            assert!(words.as_str().contains("ATTENTION: "), "{suspicion}");
        }
        let document = json(&[looked(Some(Suspicion::NoSuchGrant))]);
        assert_eq!(document["entries"][0]["suspicion"], "no_such_grant");
        assert_eq!(document["entries"][0]["grant"], "ab".repeat(16));
        assert_eq!(document["entries"][0]["at_iso"], "2026-05-04T12:05:00Z");
    }
}
