//! `fetch`: copies under grants that were received, each with what was verified.

use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use medrec_exchange::Person;
use medrec_protocol::state::GrantId;

use super::Printing;
use crate::{
    error::{GatekeeperError, Result},
    grantee::{FetchReport, FetchedRecord, Outcome},
};

#[derive(Debug, Args)]
pub(super) struct Fetch {
    #[command(flatten)]
    print: Printing,
    #[command(flatten)]
    which: Which,
    /// Who looks: a person or role. The patient reads it.
    #[arg(long, value_name = "PERSON")]
    by: String,
    /// Also put the files, under readable names, into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// One grant.
    #[arg(long, value_name = "ID")]
    grant: Option<GrantId>,
    /// All grants that have not ended.
    #[arg(long)]
    all: bool,
}

impl Fetch {
    pub(super) async fn execute(self) -> Result<()> {
        let person = Person::new(self.by.clone()).ok().filter(|person| !person.as_str().is_empty());
        let person = person.ok_or_else(|| {
            GatekeeperError::Input("--by takes 1 to 80 bytes of printable text: who looks".into())
        })?;
        let gatekeeper = self.print.at.open().await?;
        let reports = gatekeeper.fetch(self.which.grant, &person, self.out.as_deref()).await?;
        self.print.show(&reports, || words(&reports))?;
        reports.into_iter().find_map(|report| report.error).map_or(Ok(()), Err)
    }
}

fn words(reports: &[FetchReport]) -> String {
    let mut text = String::new();
    if reports.is_empty() {
        text.push_str("No grant that has not ended was received. See: medrec-gatekeeper inbox\n");
    }
    for report in reports {
        let _ =
            writeln!(text, "{} (grant {}): {} records", report.publisher, report.grant, report.records.len());
        for record in &report.records {
            let _ = writeln!(text, "  {}", record_words(record));
        }
        if report.records.is_empty()
            && let Some(error) = &report.error
        {
            let _ = writeln!(text, "  {error}");
        }
    }
    text
}

fn record_words(record: &FetchedRecord) -> String {
    let title = record.title.as_deref().unwrap_or("a record that is not proved");
    let what = match &record.outcome {
        Outcome::Kept { proved_at } => format!(
            "kept; bytes match the commitment, the commitment stands in the publisher's log at {} under block {proved_at}",
            record.index
        ),
        Outcome::KeptBefore => "kept before; still in the publisher's log".to_owned(),
        Outcome::ViewOnly => "to be seen only, not kept".to_owned(),
        Outcome::NotKept { why } => format!("NOT kept: {why}"),
    };
    format!("{title}: {what}")
}
