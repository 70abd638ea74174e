//! `patients`: who is enrolled, what is published, and what could not be.

use std::fmt::Write as _;

use clap::Args;
use medrec_protocol::RelationshipAddress;
use serde::Serialize;

use super::Printing;
use crate::{
    error::Result,
    gatekeeper::Gatekeeper,
    store::{
        disclosures,
        problems::{self, Problem},
        relationships::{self, State},
        snapshots, source_files,
    },
};

#[derive(Debug, Args)]
pub(super) struct Patients {
    #[command(flatten)]
    print: Printing,
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
}

impl Patients {
    pub(super) async fn execute(self) -> Result<()> {
        let shown = self.print.at.with(async |gatekeeper| Shown::read(gatekeeper).await).await?;
        self.print.show(&shown, || words(&shown))
    }
}

impl Shown {
    async fn read(gatekeeper: &Gatekeeper) -> Result<Self> {
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
                state: match relationship.state {
                    State::Opening => "opening",
                    State::Open => "open",
                },
                versions: counts.kept,
                published: counts.published,
                disclosures,
                disclosures_on_ledger,
                files_gone: files.values().filter(|file| file.vanished.is_some()).count(),
            });
        }
        Ok(Self { patients, problems: problems::all(&mut read).await? })
    }
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
    }
    for problem in &shown.problems {
        let _ = writeln!(text, "not published: {}/{}: {}", problem.patient, problem.path, problem.what);
    }
    text
}
