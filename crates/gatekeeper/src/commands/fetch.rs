//! `fetch`: copies under grants that were received, each with what was verified.

use std::{fmt::Write as _, path::PathBuf, sync::Arc};

use clap::Args;
use medrec_protocol::state::GrantId;

use super::{Printing, person};
use crate::{
    error::Result,
    gatekeeper::Gatekeeper,
    grantee::{FetchReport, ProvedCopy},
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
        let person = person(&self.by, "by")?;
        let out = self.out.as_deref();
        let fetch =
            async |gatekeeper: &Arc<Gatekeeper>| gatekeeper.fetch(self.which.grant, &person, out).await;
        let report = self.print.at.with(fetch).await?;
        self.print.show(&report, || words(&report))?;
        report.error.map_or(Ok(()), Err)
    }
}

pub(super) fn words(report: &FetchReport) -> String {
    let mut text = String::new();
    for copy in &report.fetched {
        let _ =
            writeln!(text, "{}: kept. Its bytes match the commitment, and {}.", titled(copy), proof(copy));
    }
    for copy in &report.kept_before {
        let _ = writeln!(text, "{}: kept before, and {}.", titled(copy), proof(copy));
    }
    for copy in &report.view_only {
        let _ = writeln!(text, "{}: to be seen only, not kept.", titled(copy));
    }
    for stopped in &report.stopped {
        let _ = writeln!(text, "grant {} at {}: the patient stopped it.", stopped.grant, stopped.publisher);
    }
    for failure in &report.failed {
        let record = failure.commitment.map(|commitment| format!("record {commitment}")).unwrap_or_default();
        let _ = writeln!(text, "NOT kept: {} {record}: {}", failure.publisher, failure.why);
    }
    if text.is_empty() {
        text.push_str("No grant that has not ended brings anything. See: medrec-gatekeeper inbox\n");
    }
    text
}

fn titled(copy: &ProvedCopy) -> String {
    format!("{} ({}, {} bytes, from {})", copy.title, copy.kind, copy.size, copy.publisher)
}

fn proof(copy: &ProvedCopy) -> String {
    format!("this stands in the publisher's log at {}, proved under block {}", copy.index, copy.proved_at)
}
