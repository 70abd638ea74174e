//! The vectors in tests/vectors/history: a file, the network file to check it with, and the answer that every
//! implementation must give. The file is compared byte for byte, the answer value for value.
//!
//! `MEDREC_WRITE_VECTORS=1 cargo test -p medrec-history --lib vectors` writes them anew, for a deliberate change of the format.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::world::World;
use crate::{Anchor, Language, Verified, sentences, verify};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/history")
}

fn answer(verified: &Verified) -> Value {
    let told = |language| {
        let all =
            verified.history.relationships.iter().flat_map(move |one| {
                one.entries.iter().map(move |entry| sentences::entry(language, entry, one))
            });
        all.collect::<Vec<String>>()
    };
    json!({
        "about": "What the check of sample.medrec-history with network.json says; see docs/spec/history.md.",
        "verified": serde_json::to_value(verified).unwrap(),
        "said": {
            "en": sentences::verified(Language::English, verified),
            "es": sentences::verified(Language::Spanish, verified),
        },
        "entries": { "en": told(Language::English), "es": told(Language::Spanish) },
    })
}

fn pretty(value: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(value).unwrap())
}

#[test]
fn vectors_are_answered_as_they_were() {
    let folder = folder();
    if std::env::var_os("MEDREC_WRITE_VECTORS").is_some() {
        let world = World::lived();
        let bytes = world.file();
        let verified = verify(&bytes, Some(&Anchor::from(world.network()))).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("sample.medrec-history"), bytes).unwrap();
        std::fs::write(folder.join("network.json"), world.network().to_json() + "\n").unwrap();
        std::fs::write(folder.join("answer.json"), pretty(&answer(&verified))).unwrap();
    }
    let bytes = std::fs::read(folder.join("sample.medrec-history")).unwrap();
    let anchor = Anchor::read(&std::fs::read(folder.join("network.json")).unwrap()).unwrap();
    let expected = std::fs::read(folder.join("answer.json")).unwrap();
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    assert_eq!(answer(&verify(&bytes, Some(&anchor)).unwrap()), expected);
    let decoded = crate::HistoryFile::decode(&bytes).unwrap();
    assert_eq!(decoded.encode(), bytes);
}
