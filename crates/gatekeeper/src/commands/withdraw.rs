//! `withdraw`: takes a published record back.

use clap::Args;
use medrec_protocol::Commitment;

use super::Printing;
use crate::{
    error::{GatekeeperError, Result},
    patient::LocalId,
};

#[derive(Debug, Args)]
pub(super) struct Withdraw {
    #[command(flatten)]
    print: Printing,
    /// The patient's id in the provider's own system.
    #[arg(long, value_name = "LOCAL_ID")]
    patient: LocalId,
    /// The record version.
    #[arg(long, value_name = "COMMITMENT")]
    record: Commitment,
    /// Why, in words for the patient.
    #[arg(long)]
    reason: String,
}

impl Withdraw {
    pub(super) async fn execute(self) -> Result<()> {
        let reason = medrec_protocol::codec::Text::new(self.reason.trim())
            .map_err(|_| GatekeeperError::Input("--reason takes 1 to 200 bytes of printable text".into()))?;
        let withdraw = async |gatekeeper: &std::sync::Arc<crate::Gatekeeper>| {
            gatekeeper.withdraw(&self.patient, self.record, &reason).await
        };
        self.print.at.with(withdraw).await?;
        self.print.show(&serde_json::json!({ "withdrawn": self.record }), || {
            format!(
                "The record {} is taken back: the ledger says so, and no copy leaves any more. If its file is still in \
                 the folder and changes, the change is published as a new version; remove the file if it must not be.",
                self.record
            )
        })
    }
}
