//! Who is behind the pictures: somebody with everything that the window can show of a life, and a daughter who helps.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::{Person, TestTown, eventually};

/// What Amélia and her daughter call each other's help.
const RELATION: &str = "daughter";
/// What she says of a record.
const WRONG: &str = "I never had this. It belongs to somebody else.";

/// Amélia with visits, a helper, an emergency rule, a dispute and a history that was handed out, and her daughter.
pub struct Family {
    /// Amélia.
    pub mother: Person,
    /// Sofia, who calls her by her name.
    pub daughter: Person,
    pub(super) history: PathBuf,
    pub(super) altered: PathBuf,
    _folder: TempDir,
}

impl Family {
    /// Lets all that happen in the town.
    pub fn of(town: &TestTown) -> Self {
        let (mother, (daughter, _)) = (town.amelia_with_visits(), town.sofia());
        mother.appoint(&daughter, mother.name(), &["--right", "share", "--relation", RELATION]).unwrap();
        mother.json(&["emergency", "allow", "--kinds", "medication,allergy,problem", "--yes"]).unwrap();
        let problems = mother.listed(&["--kind", "problem"]).unwrap();
        mother
            .json(&["dispute", problems[0]["id"].as_str().unwrap(), "--statement", WRONG, "--yes"])
            .unwrap();
        mother.json(&["sync"]).unwrap();
        eventually(Duration::from_mins(2), || {
            daughter.for_them(mother.name(), &["sync"]).unwrap();
            let seen = daughter.for_them(mother.name(), &["records"]).unwrap();
            seen["records"].as_array().is_some_and(|records| records.len() == 50)
        });
        let folder = tempfile::tempdir().unwrap();
        let (history, altered) =
            (folder.path().join("history.medrec-history"), folder.path().join("altered"));
        export(&mother, &history);
        let mut bytes = std::fs::read(&history).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&altered, bytes).unwrap();
        Self { mother, daughter, history, altered, _folder: folder }
    }
}

fn export(person: &Person, file: &Path) {
    let words = ["history", "export", "--form", "verifiable", "--out", file.to_str().unwrap()];
    person.json(&words).unwrap();
}
