//! `inbox`: answers and grants that were received.

use std::{fmt::Write as _, sync::Arc};

use clap::{Args, Subcommand};

use super::{Printing, when};
use crate::{
    error::Result,
    gatekeeper::Gatekeeper,
    grantee::{Inbox, InboxGrant},
};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = false)]
pub(super) struct InboxCommand {
    #[command(flatten)]
    print: Printing,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Take the grants of a share code that a patient handed over.
    Add {
        /// The code, `mrshare1…`.
        code: String,
    },
}

impl InboxCommand {
    pub(super) async fn execute(self) -> Result<()> {
        let read = async |gatekeeper: &Arc<Gatekeeper>| {
            let added = match &self.action {
                Some(Action::Add { code }) => Some(gatekeeper.take_share_code(code).await?),
                None => None,
            };
            Ok((added, gatekeeper.inbox().await?))
        };
        let (added, inbox) = self.print.at.with(read).await?;
        self.print.show(&inbox, || words(&inbox, added))
    }
}

fn words(inbox: &Inbox, added: Option<usize>) -> String {
    let mut text = String::new();
    if let Some(added) = added {
        let _ = writeln!(text, "{added} new grants were taken from the share code.");
    }
    if let Some(problem) = &inbox.offline {
        let _ = writeln!(text, "This may not be the newest state: {problem}.");
    }
    if inbox.grants.is_empty() && inbox.requests.is_empty() {
        text.push_str("Nothing was received and nothing was asked.\n");
    }
    for request in &inbox.requests {
        let note = request.note.as_deref().filter(|note| !note.is_empty());
        let note = note.map(|note| format!(" (“{note}”)")).unwrap_or_default();
        let _ = writeln!(
            text,
            "request {} to {}: {}{note}: {}",
            request.request, request.patient, request.state, request.reason
        );
    }
    for grant in &inbox.grants {
        let _ = writeln!(text, "{}", grant_words(grant));
    }
    text
}

fn grant_words(grant: &InboxGrant) -> String {
    let publisher = grant.publisher_name.clone().unwrap_or_else(|| grant.publisher.to_string());
    let patient = grant.patient.as_deref().map(|patient| format!(" for {patient}")).unwrap_or_default();
    let until = match (grant.over, grant.stopped) {
        (true, _) => "ended",
        (false, Some(true)) => "STOPPED by the patient, was until",
        (false, Some(false)) => "until",
        (false, None) => "until (not checked: the ledger is away)",
    };
    let fetched = match grant.fetched {
        0 => "nothing fetched yet".to_owned(),
        count => format!("{count} copies fetched"),
    };
    format!("grant {} at {publisher}{patient}, {until} {}: {fetched}", grant.grant, when(grant.until))
}
