//! `patients`: who is enrolled, what is published, and what could not be.

use std::fmt::Write as _;

use clap::Args;
use medrec_protocol::{
    Commitment, RelationshipAddress, Timestamp, codec, payload::RecordPayload, seal::MAX_PLAINTEXT_BYTES,
};
use serde::Serialize;

use super::{Printing, when};
use crate::{
    error::Result,
    gatekeeper::Gatekeeper,
    store::{
        Connection, disclosures, key_handovers, logs,
        problems::{self, Problem},
        relationships::{self, State},
        snapshots, source_files,
    },
};

#[derive(Debug, Args)]
pub(super) struct Patients {
    #[command(flatten)]
    print: Printing,
    /// Also show every published record, with its commitment.
    #[arg(long)]
    records: bool,
}

#[derive(Serialize)]
struct Shown {
    patients: Vec<Patient>,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Patient {
    local_id: String,
    relationship: RelationshipAddress,
    state: &'static str,
    /// Record versions kept.
    versions: u64,
    /// Of these, those whose pointers stand on the ledger.
    published: u64,
    /// Releases to others than the patient.
    disclosures: u64,
    /// Of these, those that stand on the ledger.
    disclosures_on_ledger: u64,
    /// Files that are not in the folder any more; they stay published.
    files_gone: usize,
    /// How often the viewing key was handed to the patient or a delegate.
    keys_handed_over: u64,
    /// When the patient closed the relationship: nothing is published any more.
    closed: Option<Timestamp>,
    /// False when the viewing key in force is not here: nothing is released to others.
    key_is_here: bool,
    /// Published records, when asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    records: Vec<Published>,
}

#[derive(Serialize)]
struct Published {
    commitment: Commitment,
    index: u64,
    title: String,
    withdrawn: bool,
}

impl Patients {
    pub(super) async fn execute(self) -> Result<()> {
        let shown =
            self.print.at.with(async |gatekeeper| Shown::read(gatekeeper, self.records).await).await?;
        self.print.show(&shown, || words(&shown))
    }
}

impl Shown {
    async fn read(gatekeeper: &Gatekeeper, records: bool) -> Result<Self> {
        let mut read = gatekeeper.store.read().await?;
        let mut patients = Vec::new();
        for relationship in relationships::all(&mut read).await? {
            let counts = snapshots::counts(&mut read, relationship.address).await?;
            let (disclosures, disclosures_on_ledger) =
                disclosures::counts(&mut read, relationship.address).await?;
            let files = source_files::all(&mut read, relationship.address).await?;
            patients.push(Patient {
                local_id: relationship.local_id.to_string(),
                relationship: relationship.address,
                state: match (relationship.state, relationship.closed) {
                    (State::Opening, _) => "opening",
                    (State::Open, None) => "open",
                    (State::Open, Some(_)) => "closed",
                },
                versions: counts.kept,
                published: counts.published,
                disclosures,
                disclosures_on_ledger,
                files_gone: files.values().filter(|file| file.vanished.is_some()).count(),
                keys_handed_over: key_handovers::count(&mut read, relationship.address).await?,
                closed: relationship.closed,
                key_is_here: relationships::key_in_force(&mut read, relationship.address).await?.1.is_some(),
                records: if records { published(&mut read, relationship.address).await? } else { Vec::new() },
            });
        }
        Ok(Self { patients, problems: problems::all(&mut read).await? })
    }
}

async fn published(db: &mut Connection, of: RelationshipAddress) -> Result<Vec<Published>> {
    let pointers = logs::pointers_from(db, of, 0, u32::MAX).await?;
    let title = |description: &[u8]| {
        let payload = codec::decode::<RecordPayload>(description, MAX_PLAINTEXT_BYTES);
        payload.map(|payload| payload.title.as_str().to_owned()).unwrap_or_default()
    };
    let record = |pointer: &logs::Pointer| Published {
        commitment: pointer.commitment,
        index: pointer.facts.index,
        title: title(&pointer.description),
        withdrawn: pointer.facts.withdrawn,
    };
    Ok(pointers.iter().map(record).collect())
}

fn words(shown: &Shown) -> String {
    let mut text = String::new();
    if shown.patients.is_empty() {
        text.push_str(
            "Nobody is enrolled yet. Make a code with: medrec-gatekeeper enrol --patient LOCAL_ID\n",
        );
    }
    for one in &shown.patients {
        let gone = if one.files_gone > 0 {
            format!(", {} files gone from the folder", one.files_gone)
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "{}  {}  {}: {} of {} record versions published, {} releases ({} on the ledger){gone}",
            one.local_id,
            one.relationship,
            one.state,
            one.published,
            one.versions,
            one.disclosures,
            one.disclosures_on_ledger,
        );
        if let Some(closed) = one.closed {
            let _ =
                writeln!(text, "  closed by the patient on {}: nothing is published any more", when(closed));
        }
        if !one.key_is_here {
            text.push_str(
                "  the patient's newest viewing key cannot be opened: nothing is released to others until she changes it\n",
            );
        }
        for record in &one.records {
            let withdrawn = if record.withdrawn { "  (taken back)" } else { "" };
            let _ = writeln!(text, "  {}  {}{withdrawn}", record.commitment, record.title);
        }
    }
    for problem in &shown.problems {
        let _ = writeln!(text, "not published: {}/{}: {}", problem.patient, problem.path, problem.what);
    }
    text
}
