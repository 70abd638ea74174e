//! Reading one file: its hash, and the records in it with their exact bytes.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::MetadataExt as _,
    path::Path,
};

use medrec_protocol::payload::RecordPayload;
use medrec_records::{
    Neighbours, Split, describe, describe_among, describe_start, limits::MAX_FILE_BYTES, split,
};
use sha2::{Digest, Sha256};

use super::scan::{Found, modified_ns, patient_folder};
use crate::patient::LocalId;

/// Bytes of a large file's beginning that its description is made from.
const START_BYTES: usize = 64 * 1024;
/// Bytes read at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// Why a file is not read now.
#[derive(Debug, thiserror::Error)]
pub enum ReadProblem {
    /// It is being written; the next look will find it settled.
    #[error("the file changed while it was read")]
    Changing,
    /// It led somewhere else than its name says.
    #[error("the file is not where its name says; put the file itself into the patient's folder")]
    Elsewhere,
    /// The system refused.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// A file that was read.
#[derive(Debug)]
pub struct FileRead {
    /// SHA-256 of all its bytes.
    pub sha256: [u8; 32],
    /// The records in it.
    pub content: Content,
}

/// The records in a file.
#[derive(Debug)]
pub enum Content {
    /// Small enough to hold.
    Parts(Vec<PartRead>),
    /// One record that is too large to hold.
    Large(RecordPayload),
}

/// One record in a file.
#[derive(Debug)]
pub struct PartRead {
    /// Which resource of the file; empty for the whole.
    pub part: String,
    /// Its exact bytes.
    pub bytes: Vec<u8>,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
    /// What a person is told about it.
    pub description: RecordPayload,
}

/// Reads a file that a scan found.
pub fn read(source: &Path, patient: &LocalId, found: &Found) -> Result<FileRead, ReadProblem> {
    let mut file = open(source, patient, found)?;
    let name = found.path.rsplit('/').next();
    if found.size > MAX_FILE_BYTES as u64 {
        let (sha256, start) = hash_large(&mut file)?;
        settled(&file, found)?;
        let description = describe_start(&start, found.size, None, name);
        return Ok(FileRead { sha256, content: Content::Large(RecordPayload::from(&description)) });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.size).unwrap_or(0));
    (&mut file).take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    settled(&file, found)?;
    Ok(FileRead { sha256: sha256(&bytes), content: Content::Parts(records(&bytes, name)) })
}

/// Opens a file that a scan found: the very file, and inside the patient's folder.
pub fn open(source: &Path, patient: &LocalId, found: &Found) -> Result<File, ReadProblem> {
    let folder = fs::canonicalize(patient_folder(source, patient))?;
    let path = folder.join(&found.path);
    if fs::canonicalize(&path)? != path {
        return Err(ReadProblem::Elsewhere);
    }
    let seen = fs::symlink_metadata(&path)?;
    if !seen.is_file() {
        return Err(ReadProblem::Elsewhere);
    }
    let file = File::open(&path)?;
    let opened = file.metadata()?;
    if (seen.dev(), seen.ino()) != (opened.dev(), opened.ino()) {
        return Err(ReadProblem::Elsewhere);
    }
    Ok(file)
}

/// Fails when the file is not any more what the scan found.
pub fn settled(file: &File, found: &Found) -> Result<(), ReadProblem> {
    let now = file.metadata()?;
    if now.len() == found.size && modified_ns(&now) == found.modified_ns {
        Ok(())
    } else {
        Err(ReadProblem::Changing)
    }
}

/// The records in a file's bytes. A file that looks like several and is not sound is one record.
fn records(bytes: &[u8], name: Option<&str>) -> Vec<PartRead> {
    let Ok(Split::Parts(parts)) = split(bytes, None, name) else {
        let description = RecordPayload::from(&describe(bytes, None, name));
        return vec![PartRead {
            part: String::new(),
            bytes: bytes.to_vec(),
            sha256: sha256(bytes),
            description,
        }];
    };
    let neighbours = Neighbours::of(&parts);
    let mut names = BTreeSet::new();
    let mut records = Vec::new();
    for part in &parts.parts {
        let sha256 = sha256(part.bytes);
        // Without a name of its own, a resource is known by its content: changed, it is another record.
        let name = part.identity().unwrap_or_else(|| format!("sha256:{}", hex::encode(sha256)));
        if names.insert(name.clone()) {
            records.push(part_read(name, part.bytes, sha256, &neighbours));
            continue;
        }
        // The same name again: the same resource twice is one record, two different ones are two.
        let other = format!("{name}#{}", hex::encode(sha256));
        let known = records.iter().any(|known: &PartRead| known.sha256 == sha256);
        if !known && names.insert(other.clone()) {
            records.push(part_read(other, part.bytes, sha256, &neighbours));
        }
    }
    records
}

fn part_read(part: String, bytes: &[u8], sha256: [u8; 32], neighbours: &Neighbours<'_>) -> PartRead {
    let description = RecordPayload::from(&describe_among(bytes, None, None, neighbours));
    PartRead { part, bytes: bytes.to_vec(), sha256, description }
}

/// SHA-256 of bytes in memory.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn hash_large(file: &mut File) -> io::Result<([u8; 32], Vec<u8>)> {
    let mut hasher = Sha256::new();
    let mut start = Vec::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok((hasher.finalize().into(), start));
        }
        hasher.update(&chunk[..read]);
        let wanted = START_BYTES.saturating_sub(start.len()).min(read);
        start.extend_from_slice(&chunk[..wanted]);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::source::scan::scan;

    fn folder_with(files: &[(&str, &[u8])]) -> (tempfile::TempDir, LocalId) {
        let source = tempfile::tempdir().unwrap();
        let folder = source.path().join("amelia");
        for (path, bytes) in files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        (source, "amelia".parse().unwrap())
    }

    fn parts(source: &Path, patient: &LocalId) -> Vec<PartRead> {
        let found = scan(source, patient, 1 << 30).files;
        let reads = found.iter().map(|found| read(source, patient, found).unwrap().content);
        let parts = reads.flat_map(|content| match content {
            Content::Parts(parts) => parts,
            Content::Large(_) => panic!("small files only"),
        });
        parts.collect()
    }

    #[test]
    fn a_bundle_gives_each_resource_with_its_exact_bytes() {
        let bundle = br#"{"resourceType":"Bundle","type":"collection","entry":[
            {"resource": {"resourceType":"Condition",  "id":"c1","code":{"text":"Asthma"}}},
            {"resource":{"resourceType":"Condition","id":"c2","code":{"text":"Hay fever"}}}]}"#;
        let (source, patient) = folder_with(&[("all.json", bundle)]);
        let parts = parts(source.path(), &patient);
        let names: Vec<&str> = parts.iter().map(|part| part.part.as_str()).collect();
        assert_eq!(names, ["Condition/c1", "Condition/c2"]);
        assert_eq!(parts[0].bytes, br#"{"resourceType":"Condition",  "id":"c1","code":{"text":"Asthma"}}"#);
        assert_eq!(parts[0].description.title.as_str(), "Asthma");
    }

    #[test]
    fn resources_without_a_name_or_with_the_same_one_are_all_kept() {
        let bundle = br#"{"resourceType":"Bundle","type":"collection","entry":[
            {"resource":{"resourceType":"Condition","code":{"text":"A"}}},
            {"resource":{"resourceType":"Condition","code":{"text":"B"}}},
            {"resource":{"resourceType":"Condition","code":{"text":"B"}}},
            {"resource":{"resourceType":"Condition","id":"x","code":{"text":"C"}}},
            {"resource":{"resourceType":"Condition","id":"x","code":{"text":"D"}}},
            {"resource":{"resourceType":"Condition","id":"x","code":{"text":"D"}}}]}"#;
        let (source, patient) = folder_with(&[("all.json", bundle)]);
        let parts = parts(source.path(), &patient);
        let titles: Vec<&str> = parts.iter().map(|part| part.description.title.as_str()).collect();
        assert_eq!(titles, ["A", "B", "C", "D"]);
        let names: BTreeSet<&str> = parts.iter().map(|part| part.part.as_str()).collect();
        assert_eq!(names.len(), 4);
    }

    #[test]
    fn a_broken_bundle_and_any_other_file_are_one_record_each() {
        let (source, patient) = folder_with(&[
            ("broken.json", br#"{"resourceType":"Bundle","type":"collection","entry":[{"resource":1}]}"#),
            ("note.txt", "Grüße".as_bytes()),
        ]);
        let parts = parts(source.path(), &patient);
        assert_eq!(parts.len(), 2);
        assert!(parts.iter().all(|part| part.part.is_empty()));
        assert_eq!(parts[1].bytes, "Grüße".as_bytes());
    }

    #[test]
    fn a_file_that_became_a_link_after_the_scan_is_not_read() {
        let (source, patient) = folder_with(&[("a", b"1"), ("sub/b", b"2")]);
        let found = scan(source.path(), &patient, 10).files;
        fs::write(source.path().join("secret"), "s").unwrap();
        fs::remove_file(source.path().join("amelia/a")).unwrap();
        symlink(source.path().join("secret"), source.path().join("amelia/a")).unwrap();
        assert!(matches!(read(source.path(), &patient, &found[0]), Err(ReadProblem::Elsewhere)));
        fs::rename(source.path().join("amelia/sub"), source.path().join("moved")).unwrap();
        symlink(source.path().join("moved"), source.path().join("amelia/sub")).unwrap();
        assert!(matches!(read(source.path(), &patient, &found[1]), Err(ReadProblem::Elsewhere)));
    }

    #[test]
    fn a_file_that_changed_after_the_scan_is_left_for_the_next_look() {
        let (source, patient) = folder_with(&[("a", b"1")]);
        let found = scan(source.path(), &patient, 10).files;
        fs::write(source.path().join("amelia/a"), "12").unwrap();
        assert!(matches!(read(source.path(), &patient, &found[0]), Err(ReadProblem::Changing)));
    }
}
