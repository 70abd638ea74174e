//! Which files a patient's folder has now. Looks at names, sizes and times only.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use crate::patient::LocalId;

/// Deepest folder below the patient's own.
const MAX_DEPTH: usize = 16;
/// Most files of one patient.
const MAX_FILES: usize = 200_000;
/// Longest path below the patient's folder, in bytes.
const MAX_PATH_BYTES: usize = 1024;

/// A file that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Below the patient's folder, `/` between names.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// Time of its last change, in nanoseconds since 1970.
    pub modified_ns: i64,
}

/// A look at a patient's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Files, by path.
    pub files: Vec<Found>,
    /// What is not read, and why: path and reason.
    pub problems: Vec<(String, String)>,
}

/// Folder of one patient.
pub fn patient_folder(source: &Path, patient: &LocalId) -> PathBuf {
    source.join(patient.as_str())
}

/// Looks at a patient's folder. A folder that is not there has no files.
pub fn scan(source: &Path, patient: &LocalId, max_bytes: u64) -> Scan {
    let mut scan = Scan::default();
    let folder = patient_folder(source, patient);
    match fs::symlink_metadata(&folder) {
        Ok(metadata) if metadata.is_dir() => walk(&folder, "", 0, max_bytes, &mut scan),
        Ok(_) => scan.note("", "this is not a folder; put the patient's files into a folder of this name"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if !source.is_dir() {
                scan.note("", "the source folder is not there; check [source] in gatekeeper.toml");
            }
        }
        Err(error) => scan.note("", format!("cannot be read: {error}")),
    }
    scan.files.sort_by(|a, b| a.path.cmp(&b.path));
    scan
}

impl Scan {
    fn note(&mut self, path: &str, what: impl Into<String>) {
        self.problems.push((path.to_owned(), what.into()));
    }
}

fn walk(folder: &Path, below: &str, depth: usize, max_bytes: u64, scan: &mut Scan) {
    if depth > MAX_DEPTH {
        return scan.note(below, format!("more than {MAX_DEPTH} folders deep; move it up"));
    }
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return scan.note(below, format!("cannot be read: {error}")),
    };
    for entry in entries {
        if scan.files.len() >= MAX_FILES {
            return scan.note(below, format!("more than {MAX_FILES} files; the rest is not read"));
        }
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                scan.note(below, format!("cannot be read: {error}"));
                continue;
            }
        };
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            scan.note(&join(below, &name.to_string_lossy()), "the name is not UTF-8; rename it");
            continue;
        };
        if is_passing(name) {
            continue;
        }
        look_at(&entry.path(), &join(below, name), depth, max_bytes, scan);
    }
}

/// Hidden files, and what editors and copying programs leave behind while they work.
fn is_passing(name: &str) -> bool {
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
    let unfinished =
        ["part", "tmp"].iter().any(|other| ending.is_some_and(|ending| ending.eq_ignore_ascii_case(other)));
    name.starts_with('.') || name.ends_with('~') || unfinished
}

fn look_at(file: &Path, path: &str, depth: usize, max_bytes: u64, scan: &mut Scan) {
    if path.len() > MAX_PATH_BYTES || path.chars().any(char::is_control) {
        return scan.note(path, "the name is too long or has control characters; rename it");
    }
    let metadata = match fs::symlink_metadata(file) {
        Ok(metadata) => metadata,
        // Gone between two looks: no problem.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => return scan.note(path, format!("cannot be read: {error}")),
    };
    if metadata.is_dir() {
        return walk(file, path, depth + 1, max_bytes, scan);
    }
    if metadata.is_symlink() {
        return scan.note(path, "this is a link, which is not followed; put the file itself here");
    }
    if !metadata.is_file() {
        return scan.note(path, "this is not a plain file");
    }
    if metadata.len() > max_bytes {
        let size = metadata.len();
        return scan.note(path, format!("{size} bytes; at most {max_bytes} are published"));
    }
    scan.files.push(Found {
        path: path.to_owned(),
        size: metadata.len(),
        modified_ns: modified_ns(&metadata),
    });
}

/// Time of the last change in nanoseconds since 1970; the far ends of time stay the far ends.
pub(super) fn modified_ns(metadata: &fs::Metadata) -> i64 {
    metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec())
}

fn join(below: &str, name: &str) -> String {
    if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") }
}

#[cfg(test)]
mod tests {
    use std::os::unix::{fs::symlink, net::UnixListener};

    use super::*;

    fn patient() -> LocalId {
        "amelia".parse().unwrap()
    }

    fn paths(scan: &Scan) -> Vec<&str> {
        scan.files.iter().map(|found| found.path.as_str()).collect()
    }

    #[test]
    fn files_in_folders_are_found_in_the_order_of_their_paths() {
        let source = tempfile::tempdir().unwrap();
        let folder = source.path().join("amelia/letters/2026");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("b.pdf"), "b").unwrap();
        fs::write(source.path().join("amelia/a.json"), "{}").unwrap();
        for hidden in [".hidden", "a.json~", "x.part", "y.tmp"] {
            fs::write(source.path().join("amelia").join(hidden), "").unwrap();
        }
        let scan = scan(source.path(), &patient(), 10);
        assert_eq!(paths(&scan), ["a.json", "letters/2026/b.pdf"]);
        assert_eq!(scan.files[0].size, 2);
        assert_eq!(scan.problems, []);
    }

    #[test]
    fn links_sockets_and_files_that_are_too_large_are_noted_and_the_others_go_on() {
        let source = tempfile::tempdir().unwrap();
        let folder = source.path().join("amelia");
        fs::create_dir(&folder).unwrap();
        let secret = source.path().join("secret");
        fs::write(&secret, "s").unwrap();
        symlink(&secret, folder.join("to-file")).unwrap();
        symlink("/", folder.join("to-folder")).unwrap();
        let _socket = UnixListener::bind(folder.join("socket")).unwrap();
        fs::write(folder.join("large"), "12345").unwrap();
        fs::write(folder.join("good"), "1234").unwrap();
        let scan = scan(source.path(), &patient(), 4);
        assert_eq!(paths(&scan), ["good"]);
        let mut noted: Vec<&str> = scan.problems.iter().map(|(path, _)| path.as_str()).collect();
        noted.sort_unstable();
        assert_eq!(noted, ["large", "socket", "to-file", "to-folder"]);
    }

    #[test]
    fn a_patients_folder_that_is_a_link_is_not_entered() {
        let source = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("x"), "x").unwrap();
        symlink(elsewhere.path(), source.path().join("amelia")).unwrap();
        let scan = scan(source.path(), &patient(), 10);
        assert_eq!(paths(&scan), [""; 0]);
        assert_eq!(scan.problems.len(), 1);
    }

    #[test]
    fn a_patient_without_a_folder_has_no_files_and_a_missing_source_is_noted() {
        let source = tempfile::tempdir().unwrap();
        assert_eq!(scan(source.path(), &patient(), 10), Scan::default());
        assert_eq!(scan(&source.path().join("gone"), &patient(), 10).problems.len(), 1);
    }
}
