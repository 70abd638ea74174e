//! Bytes on the ledger for each action.

use anyhow::Result;
use medrec_protocol::{ChainIdentity, Hash32, actions::Action, log::LogEntry, tx::MAX_ACTIONS};

use super::{
    people::{Patient, Publisher, Scene, now},
    report,
};

const METHOD: &str = "Counts. *Transaction*: all bytes that are signed and sent, signature included, one action in each. \
    *Log entry*: what a wallet fetches and keeps. MedRec's published figures are 9,727 bytes for an agent, 5,007 for a \
    relationship and 220 for each update. Here a patient's account is the relationship itself; there is no agent beside it. \
    A pointer carries its description with it (title, kind, codes, date, author), sealed and padded, and a grant its terms.";
const RELATIONSHIP: &str = "limit 320; MedRec: 9,727 (agent) and 5,007 (relationship)";
const POINTER: &str = "limit 450; MedRec: 220";
const UPDATE: &str = "limit 512; MedRec: 220";

pub fn report() -> Result<()> {
    let chain =
        ChainIdentity { chain_id: "medrec-figures".parse()?, genesis_hash: Hash32::plain(b"figures") };
    let (publisher, patient) = (Publisher::number(1), Patient::number(1));
    let scene = Scene { chain: &chain, publisher: &publisher, patient: &patient };
    report::section("Bytes on the ledger", METHOD)?;
    let actions = [
        ("open a relationship", scene.open(), Signer::Publisher, RELATIONSHIP),
        ("publish a record pointer", scene.pointer(None)?, Signer::Publisher, POINTER),
        ("publish a corrected version", scene.pointer(Some(12))?, Signer::Publisher, POINTER),
        ("give a grant", scene.grant()?, Signer::Patient, UPDATE),
        ("stop a grant", scene.revoke()?, Signer::Patient, UPDATE),
        ("ask for access", scene.request()?, Signer::Publisher, UPDATE),
        ("answer a request", scene.answer()?, Signer::Patient, UPDATE),
        ("write down a disclosure", scene.disclose()?, Signer::Publisher, UPDATE),
    ];
    for (name, action, signer, beside) in actions {
        one(&scene, name, action, &signer, beside)?;
    }
    let pointers = (0..MAX_ACTIONS).map(|_| scene.pointer(None)).collect::<Result<Vec<_>>>()?;
    let batch = report::count(scene.by_publisher(pointers)?.encode().len())? / report::count(MAX_ACTIONS)?;
    let what = format!("each of {MAX_ACTIONS} pointers in one transaction");
    report::figure(&what, batch, "bytes", "MedRec: 220")
}

enum Signer {
    Publisher,
    Patient,
}

fn one(scene: &Scene<'_>, name: &str, action: Action, signer: &Signer, beside: &str) -> Result<()> {
    let tx = match signer {
        Signer::Publisher => scene.by_publisher(vec![action.clone()])?,
        Signer::Patient => scene.by_patient(vec![action.clone()])?,
    };
    let entry = LogEntry { height: 1_000, time: now()?, signer: tx.body.signer, action };
    report::figure(&format!("{name}: transaction"), report::count(tx.encode().len())?, "bytes", beside)?;
    report::figure(&format!("{name}: log entry"), report::count(entry.encode().len())?, "bytes", "")
}
