//! The consent history.

use std::path::Path;

use medrec_wallet::view::{CheckedHistory, ExportedHistory, HistoryPart};
use serde_json::{Value, json};

use super::json::document;
use crate::{moment::Here, output::Words};

pub fn parts_json(parts: &[HistoryPart]) -> Value {
    json!({ "parts": document(&parts) })
}

pub fn parts(parts: &[HistoryPart], here: &Here) -> Words {
    let mut out = Words::new();
    for part in parts {
        tell(part, here, &mut out);
    }
    out
}

fn tell(part: &HistoryPart, here: &Here, out: &mut Words) {
    let complete = if part.to == part.of { "complete to the end" } else { "a part" };
    out.line(format!(
        "{}: entries {} to {} of {}, {complete}",
        part.provider,
        part.from,
        part.to.saturating_sub(1),
        part.of
    ));
    for line in &part.lines {
        out.sub(format!("{:>4}  {}  {}", line.position, here.minute(line.at.seconds()), line.text));
    }
}

pub fn exported_json(exported: &ExportedHistory, path: &Path) -> Value {
    let mut value = document(exported);
    value["file"] = path.display().to_string().into();
    value
}

pub fn exported(exported: &ExportedHistory, path: &Path, here: &Here) -> Words {
    let mut out = Words::new();
    out.line(format!(
        "{} entries, {} of them open, as of {}, are in {}.",
        exported.entries,
        exported.opened,
        here.minute(exported.as_of.seconds()),
        path.display()
    ));
    out.sub(format!("Digest of the verifiable file: {}", exported.digest));
    out
}

pub fn checked_json(checked: &CheckedHistory) -> Value {
    document(checked)
}

pub fn checked(checked: &CheckedHistory, here: &Here) -> Words {
    let mut out = Words::new();
    let as_of = here.minute(checked.as_of.seconds());
    if checked.anchored {
        out.line(format!(
            "Proved by the ledger {}, as of {as_of}: block {}, signed by {} of {} validators.",
            checked.chain_id, checked.height, checked.signers, checked.validators
        ));
    } else {
        out.line(format!(
            "This file agrees with itself and says that it is from the ledger {}, as of {as_of}.",
            checked.chain_id
        ));
        out.line("Anybody can invent such a file. Give the network file that you trust with --anchor to have it proved.");
    }
    if !checked.stated_whose.is_empty() {
        out.line(format!(
            "It says that it is the history of {}; nothing proves that name.",
            checked.stated_whose
        ));
    }
    for part in &checked.parts {
        tell(part, here, &mut out);
        let closed = part.lines.iter().filter(|line| !line.open).count();
        out.sub(format!("{} entries are opened, {closed} stay closed.", part.lines.len() - closed));
    }
    out.sub(format!("Digest of this file: {}", checked.digest));
    out
}
