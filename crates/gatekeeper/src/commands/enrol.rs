//! `enrol`: a one-time code, as text and as a picture to be scanned.

use clap::Args;
use fast_qr::{ECL, QRBuilder};
use medrec_protocol::Timestamp;
use serde::Serialize;

use super::{Printing, when};
use crate::{error::Result, patient::LocalId};

#[derive(Debug, Args)]
pub(super) struct Enrol {
    #[command(flatten)]
    print: Printing,
    /// The patient's id in the provider's own system.
    #[arg(long, value_name = "LOCAL_ID")]
    patient: LocalId,
    /// Days for which the code is valid.
    #[arg(long, default_value_t = 7)]
    days: u16,
}

#[derive(Serialize)]
struct Shown {
    patient: String,
    code: String,
    expires: Timestamp,
}

impl Enrol {
    pub(super) async fn execute(self) -> Result<()> {
        let code = self
            .print
            .at
            .with(async |gatekeeper| gatekeeper.make_code(&self.patient, self.days).await)
            .await?;
        let shown =
            Shown { patient: self.patient.to_string(), code: code.to_string(), expires: code.expires };
        self.print.show(&shown, || words(&shown))
    }
}

fn words(shown: &Shown) -> String {
    let mut text = format!(
        "Enrolment code for the patient {}. It works once, until {}. Give it to the patient only.\n\n{}\n",
        shown.patient,
        when(shown.expires),
        shown.code
    );
    // Upper case fits the compact alphanumeric mode; the code means the same.
    if let Ok(picture) = QRBuilder::new(shown.code.to_uppercase()).ecl(ECL::L).build() {
        text.push('\n');
        text.push_str(&picture.to_str());
    }
    text
}
