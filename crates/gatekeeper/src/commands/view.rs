//! `view`: shows records to the person at the terminal, and keeps nothing.

use std::{fmt::Write as _, sync::Arc};

use clap::Args;
use medrec_protocol::{Commitment, state::GrantId};

use super::{Printing, person};
use crate::{error::Result, gatekeeper::Gatekeeper, grantee::Shown};

#[derive(Debug, Args)]
pub(super) struct View {
    #[command(flatten)]
    print: Printing,
    /// The grant.
    #[arg(long, value_name = "ID")]
    grant: GrantId,
    /// One record of it; without, all.
    #[arg(long, value_name = "COMMITMENT")]
    record: Option<Commitment>,
    /// Who looks: a person or role. The patient reads it.
    #[arg(long, value_name = "PERSON")]
    by: String,
}

impl View {
    pub(super) async fn execute(self) -> Result<()> {
        let person = person(&self.by, "by")?;
        let look =
            async |gatekeeper: &Arc<Gatekeeper>| gatekeeper.view(self.grant, self.record, &person).await;
        let shown = self.print.at.with(look).await?;
        self.print.show(&shown, || words(&shown))
    }
}

fn words(shown: &[Shown]) -> String {
    let mut text = String::new();
    if shown.is_empty() {
        text.push_str("This grant shows nothing.\n");
    }
    for one in shown {
        let _ = writeln!(text, "--- {} (from {}, {})", one.title, one.publisher, one.commitment);
        match &one.text {
            Some(record) => {
                let _ = writeln!(text, "{}", record.trim_end());
            }
            None => {
                let _ =
                    writeln!(text, "[{} cannot be shown on a terminal; it was not opened]", one.media_type);
            }
        }
    }
    text
}
