//! `ask`: a request for access to an own patient.

use clap::{Args, ValueEnum};
use medrec_protocol::{
    codec::Text,
    payload::{FutureRecords, Purpose},
    record::{RecordKind, RecordKinds},
};

use super::Printing;
use crate::{
    error::{GatekeeperError, Result},
    grantee::Ask,
    patient::LocalId,
};

#[derive(Debug, Args)]
pub(super) struct AskCommand {
    #[command(flatten)]
    print: Printing,
    /// The patient's id in the provider's own system.
    #[arg(long, value_name = "LOCAL_ID")]
    patient: LocalId,
    /// Kinds of records, with commas between them, or `all`.
    #[arg(long, value_parser = kinds)]
    kinds: RecordKinds,
    /// For how many days from the answer.
    #[arg(long)]
    days: u16,
    /// Why, in words for the patient.
    #[arg(long)]
    reason: String,
    /// Who asks: a person or role.
    #[arg(long)]
    by: String,
    /// Also records that are published later.
    #[arg(long)]
    future: bool,
    /// What for.
    #[arg(long, value_enum, default_value_t = PurposeWord::Treatment)]
    purpose: PurposeWord,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PurposeWord {
    Treatment,
    Coordination,
    SecondOpinion,
    Payment,
    Research,
    PatientRequest,
}

impl From<PurposeWord> for Purpose {
    fn from(word: PurposeWord) -> Self {
        match word {
            PurposeWord::Treatment => Self::Treatment,
            PurposeWord::Coordination => Self::Coordination,
            PurposeWord::SecondOpinion => Self::SecondOpinion,
            PurposeWord::Payment => Self::Payment,
            PurposeWord::Research => Self::Research,
            PurposeWord::PatientRequest => Self::PatientRequest,
        }
    }
}

impl AskCommand {
    pub(super) async fn execute(self) -> Result<()> {
        let ask = Ask {
            patient: self.patient,
            kinds: self.kinds,
            future: if self.future { FutureRecords::Included } else { FutureRecords::Excluded },
            days: self.days,
            purpose: self.purpose.into(),
            reason: text(&self.reason, "reason")?,
            asked_by: text(&self.by, "by")?,
        };
        let request = self.print.at.with(async |gatekeeper| gatekeeper.ask(&ask).await).await?;
        self.print.show(&serde_json::json!({ "request": request }), || {
            format!(
                "The request {request} to {} is on the ledger. The answer will be in: medrec-gatekeeper inbox",
                ask.patient
            )
        })
    }
}

fn text<const MAX: usize>(text: &str, what: &str) -> Result<Text<MAX>> {
    Text::new(text)
        .map_err(|_| GatekeeperError::Input(format!("--{what} takes at most {MAX} bytes of printable text")))
}

/// `all` is everything, which an empty set stands for.
fn kinds(text: &str) -> Result<RecordKinds, String> {
    if text == "all" {
        return Ok(RecordKinds::default());
    }
    text.split(',').map(|kind| kind.trim().parse::<RecordKind>().map_err(|error| error.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_by_their_names() {
        let some = kinds("medication, allergy").unwrap();
        assert!(some.contains(RecordKind::Medication) && some.contains(RecordKind::Allergy));
        assert!(!some.contains(RecordKind::Imaging));
        assert!(kinds("all").unwrap().is_empty());
        assert!(kinds("medication,secrets").unwrap_err().contains("secrets") || kinds("secrets").is_err());
        assert!(kinds("").is_err());
    }
}
