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

#[cfg(test)]
mod tests {
    use medrec_wallet::view::HistoryLine;

    use super::{super::testing::*, *};

    fn part(from: u64, to: u64, of: u64) -> HistoryPart {
        let line = |position, open| HistoryLine {
            position,
            at: time(NOW),
            text: format!("Entry {position} was made."),
            open,
        };
        let lines = (from..to).map(|position| line(position, position % 2 == 0)).collect();
        HistoryPart { provider: provider_name().to_string(), from, to, of, lines }
    }

    fn proved(anchored: bool) -> CheckedHistory {
        CheckedHistory {
            stated_whose: "Amélia".into(),
            chain_id: "aldwick".into(),
            anchored,
            as_of: time(NOW),
            height: 42,
            signers: 3,
            validators: 4,
            digest: "ab".repeat(32),
            parts: vec![part(0, 3, 3), part(2, 4, 9)],
        }
    }

    #[test]
    fn what_is_complete_and_what_is_a_part_is_said_with_what_stays_closed() {
        let words = checked(&proved(true), &here());
        let words = words.as_str();
        assert!(words.contains("Proved by the ledger aldwick, as of"), "{words}");
        assert!(words.contains("block 42, signed by 3 of 4 validators."), "{words}");
        assert!(words.contains("the history of Amélia; nothing proves that name."), "{words}");
        assert!(words.contains("entries 0 to 2 of 3, complete to the end"), "{words}");
        assert!(words.contains("entries 2 to 3 of 9, a part"), "{words}");
        assert!(words.contains("2 entries are opened, 1 stay closed."), "{words}");
        assert!(words.contains("Entry 3 was made."), "{words}");
        let document = checked_json(&proved(true));
        assert_eq!((&document["anchored"], &document["height"]), (&json!(true), &json!(42)));
        assert_eq!(document["parts"][1]["lines"][0]["position"], 2);
    }

    #[test]
    fn without_an_anchor_nothing_is_called_proved() {
        let words = checked(&proved(false), &here());
        let words = words.as_str();
        assert!(!words.contains("Proved"), "{words}");
        assert!(words.contains("Anybody can invent such a file."), "{words}");
    }

    #[test]
    fn an_export_says_where_it_is_and_which_file_it_is_proved_by() {
        let view =
            ExportedHistory { entries: 11, opened: 8, size: 4711, digest: "cd".repeat(32), as_of: time(NOW) };
        let words = exported(&view, Path::new("out/amelia.pdf"), &here());
        assert!(words.as_str().contains("11 entries, 8 of them open, as of"), "{}", words.as_str());
        assert!(words.as_str().contains(&format!("Digest of the verifiable file: {}", "cd".repeat(32))));
        let document = exported_json(&view, Path::new("out/amelia.pdf"));
        assert_eq!((&document["file"], &document["size"]), (&json!("out/amelia.pdf"), &json!(4711)));
    }
}
