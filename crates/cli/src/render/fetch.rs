//! Copies that were fetched, and those that were not.

use medrec_wallet::{
    Code, WalletError,
    view::{FetchProgress, RecordRow},
};
use serde_json::{Value, json};

use super::json::members;
use crate::{
    commands::fetch::{Failed, Fetched, Outcome},
    moment::{counted, size},
    output::Words,
    prefix::short,
};

/// Longest part of a file name that is made of a title, in bytes.
const MAX_TITLE_BYTES: usize = 80;

pub fn progress(number: usize, count: usize, title: &str, progress: FetchProgress) -> String {
    format!("{number} of {count}: {title}, {} of {}", size(progress.received), size(progress.size))
}

pub fn json(outcome: &Outcome) -> Value {
    json!({
        "fetched": outcome.fetched.iter().map(fetched_json).collect::<Vec<_>>(),
        "failed": outcome.failed.iter().map(failed_json).collect::<Vec<_>>(),
    })
}

fn fetched_json(fetched: &Fetched) -> Value {
    let mut document = members(&fetched.copy);
    document.insert("verified".into(), json!(true));
    document.insert("provider".into(), json!(fetched.row.provider));
    if let Some(path) = &fetched.saved {
        document.insert("path".into(), json!(path));
    }
    Value::Object(document)
}

fn failed_json(failed: &Failed) -> Value {
    let mut document = json!({
        "id": failed.row.id,
        "title": failed.row.title,
        "provider": failed.row.provider,
        "code": failed.error.code(),
        "message": failed.error.to_string(),
    });
    if let WalletError::DoesNotMatch { expected, found } = &failed.error {
        document["expected"] = json!(expected.to_string());
        document["found"] = json!(found.to_string());
    }
    document
}

pub fn words(outcome: &Outcome) -> Words {
    let mut out = Words::new();
    for fetched in &outcome.fetched {
        let what = if fetched.copy.fetched_now { "verified" } else { "verified before" };
        out.line(format!(
            "{} · {} · {what} · {}",
            fetched.row.title,
            size(fetched.copy.size),
            fetched.row.provider
        ));
        if let Some(path) = &fetched.saved {
            out.sub(format!("saved as {}", path.display()));
        }
    }
    for failed in &outcome.failed {
        let mark =
            if failed.error.code() == Code::CopyDoesNotMatch { "DOES NOT MATCH" } else { "not fetched" };
        out.line(format!(
            "{} · {mark} · {} · id {}",
            failed.row.title,
            failed.row.provider,
            short(&failed.row.id)
        ));
        out.sub(failed.error.to_string());
    }
    out.gap();
    let count = outcome.fetched.len() as u64;
    match outcome.failed.len() {
        0 if count == 0 => out.line("There is no record to fetch. Check the ledger: medrec sync"),
        0 => out.line(format!("{} here; each is the one the ledger knows.", copies(count))),
        failed => out.line(format!("{} here; {failed} could not be had.", copies(count))),
    };
    out
}

fn copies(count: u64) -> String {
    format!("{} {}", counted(count, "copy"), if count == 1 { "is" } else { "are" })
}

/// A name for a saved copy: what the title says, made harmless, and the beginning of the id, so that no two are one.
pub fn file_name(row: &RecordRow) -> String {
    let mut name = String::new();
    for character in row.title.chars() {
        let character = if character.is_alphanumeric() { character } else { '-' };
        if name.len() + character.len_utf8() > MAX_TITLE_BYTES {
            break;
        }
        if character != '-' || !(name.is_empty() || name.ends_with('-')) {
            name.push(character);
        }
    }
    let title = match name.trim_end_matches('-') {
        "" => "record",
        title => title,
    };
    format!("{title}-{}.{}", short(&row.id), extension(&row.media_type))
}

fn extension(media_type: &str) -> &'static str {
    match media_type.split(';').next().unwrap_or_default().trim() {
        "application/fhir+json" | "application/json" => "json",
        "application/pdf" => "pdf",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/tiff" => "tiff",
        "text/plain" => "txt",
        "text/xml" | "application/xml" => "xml",
        "application/dicom" => "dcm",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use medrec_wallet::{Commitment, view::FetchedCopy};

    use super::{super::testing::*, *};

    fn outcome() -> Outcome {
        let copy = FetchedCopy {
            id: record_id(),
            title: row().title,
            size: 1_449,
            commitment: Commitment::from_bytes([7; 32]),
            fetched_now: true,
            took_ms: 12,
        };
        let [expected, found] = [1, 2].map(|byte| Commitment::from_bytes([byte; 32]));
        Outcome {
            fetched: vec![Fetched { row: row(), copy, saved: Some("out/a.json".into()) }],
            failed: vec![Failed { row: row(), error: WalletError::DoesNotMatch { expected, found } }],
        }
    }

    #[test]
    fn a_false_copy_is_told_apart_from_a_good_one() {
        let words = words(&outcome());
        assert!(words.as_str().contains("Metoprolol 50 mg · 1.4 kB · verified · City Clinic (Lisbon)\n"));
        assert!(words.as_str().contains("saved as out/a.json"));
        assert!(words.as_str().contains("DOES NOT MATCH"));
        assert!(words.as_str().ends_with("1 copy is here; 1 could not be had.\n"));
    }

    #[test]
    fn the_document_says_what_was_verified_and_what_was_not() {
        let document = json(&outcome());
        assert_eq!(document["fetched"][0]["verified"], true);
        assert_eq!(document["fetched"][0]["size"], 1_449);
        assert_eq!(document["failed"][0]["code"], "copy_does_not_match");
        assert_eq!(document["failed"][0]["expected"], "01".repeat(32));
        assert_eq!(document["failed"][0]["found"], "02".repeat(32));
    }

    #[test]
    fn a_title_cannot_lead_out_of_the_folder() {
        let named = |title: &str| file_name(&RecordRow { title: title.into(), ..row() });
        assert_eq!(named("../../etc/passwd"), "etc-passwd-0123456789ab.json");
        assert_eq!(named("Crème 5 %, 佐藤"), "Crème-5-佐藤-0123456789ab.json");
        assert_eq!(named("..."), "record-0123456789ab.json");
        assert_eq!(named("CON\0:*?"), "CON-0123456789ab.json");
        assert!(named(&"ä".repeat(500)).len() < 120);
    }

    #[test]
    fn a_file_ends_as_its_media_type_says() {
        let named = |media: &str| file_name(&RecordRow { media_type: media.into(), ..row() });
        assert_eq!(named("application/pdf"), "Metoprolol-50-mg-0123456789ab.pdf");
        assert_eq!(named("text/plain; charset=utf-8"), "Metoprolol-50-mg-0123456789ab.txt");
        assert_eq!(named("application/x-sh"), "Metoprolol-50-mg-0123456789ab.bin");
    }
}
