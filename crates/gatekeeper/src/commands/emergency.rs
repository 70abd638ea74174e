//! `emergency`: all that a patient lets emergency care see, at once.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use medrec_protocol::codec::Text;

use super::{Printing, fetch, person};
use crate::{
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    home,
};

/// Longest card in bytes of text.
const MAX_CARD_BYTES: u64 = 32 * 1024;

#[derive(Debug, Args)]
pub(super) struct Emergency {
    #[command(flatten)]
    print: Printing,
    /// The patient's emergency card: the text `mremergency1…`, or a file with it.
    #[arg(long, value_name = "FILE_OR_TEXT")]
    card: String,
    /// Why. The patient reads it.
    #[arg(long)]
    reason: String,
    /// Who looks: a person or role. The patient reads it.
    #[arg(long)]
    person: String,
    /// Also put the files, under readable names, into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Emergency {
    pub(super) async fn execute(self) -> Result<()> {
        let person = person(&self.person, "person")?;
        let reason: Text<200> = Text::new(self.reason.trim())
            .map_err(|_| GatekeeperError::Input("--reason takes 1 to 200 bytes of printable text".into()))?;
        let card = if self.card.trim().starts_with(medrec_exchange::api::CARD_PREFIX) {
            self.card.clone()
        } else {
            home::read_text(self.card.as_ref(), MAX_CARD_BYTES)?
        };
        let out = self.out.as_deref();
        let look = async |gatekeeper: &Arc<Gatekeeper>| {
            gatekeeper.look_in_emergency(&card, &reason, &person, out).await
        };
        let report = self.print.at.with(look).await?;
        self.print.show(&report, || fetch::words(&report))?;
        report.error.map_or(Ok(()), Err)
    }
}
