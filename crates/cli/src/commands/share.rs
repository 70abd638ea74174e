//! `medrec share`: propose, review, sign, send.

use clap::Args;
use medrec_wallet::{
    CancellationToken, RecordKind, ShareProposal, Wallet,
    view::{Future, GrantProgress, Mode, ProviderView, Review, ShareOutcome, ShareRequest, ShareScope, Why},
};

use crate::{error::CliError, exit::Exit, input, output::Form, render::share, session::Session};

/// Days of a share when nothing else is said.
const DEFAULT_DAYS: u32 = 90;

/// Arguments of `share`.
#[derive(Args, Debug)]
pub struct Share {
    /// To whom: an address, or a part of name or place that fits no other provider
    #[arg(long, value_name = "NAME|mrp1…")]
    with: String,
    #[command(flatten)]
    what: What,
    /// For how many days from now
    #[arg(long, value_name = "N", default_value_t = DEFAULT_DAYS, value_parser = days())]
    days: u32,
    /// Also records that are published later
    #[arg(long)]
    future: bool,
    /// What for: treatment, coordination, second-opinion, payment, research, patient-request
    #[arg(long, default_value = "treatment", value_parser = why)]
    purpose: Why,
    /// Sign without asking
    #[arg(long)]
    yes: bool,
}

/// What is shared: exactly one of these.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct What {
    /// These kinds, with commas between them: medication, allergy, problem, observation, immunization, procedure,
    /// document, imaging, visit, other
    #[arg(long, value_delimiter = ',')]
    kinds: Vec<RecordKind>,
    /// These records, by the beginning of their ids, with commas between them
    #[arg(long, value_delimiter = ',', value_name = "ID")]
    records: Vec<String>,
    /// Everything
    #[arg(long)]
    everything: bool,
}

/// Days that a permission can hold.
pub fn days() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=3650)
}

fn why(text: &str) -> Result<Why, String> {
    text.replace('-', "_")
        .parse()
        .map_err(|error: medrec_wallet::words::UnknownWord| error.to_string().replace('_', "-"))
}

impl What {
    async fn scope(&self, wallet: &Wallet) -> Result<ShareScope, CliError> {
        if self.everything {
            return Ok(ShareScope::Everything);
        }
        if self.records.is_empty() {
            return Ok(ShareScope::Kinds(self.kinds.clone()));
        }
        let mut ids = Vec::with_capacity(self.records.len());
        for text in &self.records {
            let id = wallet.find_record(text).await?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(ShareScope::Records(ids))
    }
}

impl Share {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        can_agree(self.yes)?;
        let shared = session
            .with_wallet(async |wallet| {
                let request = ShareRequest {
                    grantee: wallet.find_provider(&self.with).await?,
                    scope: self.what.scope(wallet).await?,
                    future: if self.future { Future::Included } else { Future::Excluded },
                    days: self.days,
                    why: self.purpose,
                    mode: Mode::Pull,
                };
                let proposal = wallet.propose_share(&request).await?;
                sign_and_send(session, wallet, proposal, self.yes).await
            })
            .await?;
        finish(session, &shared)
    }
}

/// A share that was signed and sent.
pub struct Shared {
    review: Review,
    outcome: ShareOutcome,
    providers: Vec<ProviderView>,
}

/// Fails before the passphrase is typed when nobody could say yes later.
pub fn can_agree(yes: bool) -> Result<(), CliError> {
    if yes {
        Ok(())
    } else {
        input::must_be_terminal("\"Do you agree?\"", "Give --yes to sign without being asked.")
    }
}

/// Shows what would be signed, and asks for a yes unless it was given.
pub fn agree(session: &Session, review: &Review, yes: bool) -> Result<(), CliError> {
    if !yes || session.output.form() == Form::Words {
        session.output.aside(&share::review(review));
    }
    if !yes && !input::agrees(&session.output, "Sign this?")? {
        return Err(CliError::NotAgreed);
    }
    Ok(())
}

/// Shows what would be signed, as it reads back from the bytes, and signs it when the person agrees.
pub async fn sign_and_send(
    session: &Session,
    wallet: &Wallet,
    proposal: ShareProposal,
    yes: bool,
) -> Result<Shared, CliError> {
    let review = wallet.review(&proposal).await?;
    agree(session, &review, yes)?;
    let signed = wallet.sign(proposal).await?;
    session.output.progress("Waiting for the ledger …");
    let cancel = CancellationToken::new();
    let outcome = session.stoppable(cancel.clone(), wallet.submit(signed, cancel)).await?;
    let providers = wallet.providers(None).await?;
    Ok(Shared { review, outcome, providers })
}

/// Gives the answer after a share.
pub fn finish(session: &Session, shared: &Shared) -> Result<Exit, CliError> {
    let Shared { review, outcome, providers } = shared;
    session.output.answer(|| share::outcome_json(review, outcome, providers), || share::outcome(outcome))?;
    let answered = outcome.answered.iter().map(|(_, progress)| *progress);
    Ok(settled(outcome.grants.iter().map(|grant| grant.progress).chain(answered)))
}

/// How a command that signed something ends.
pub fn settled(progress: impl Iterator<Item = GrantProgress>) -> Exit {
    let mut exit = Exit::Done;
    for progress in progress {
        match progress {
            GrantProgress::Refused | GrantProgress::Lapsed => return Exit::Refused,
            GrantProgress::Waiting => exit = Exit::Away,
            GrantProgress::OnLedger => {}
        }
    }
    exit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_are_typed_as_words_of_the_command_line() {
        assert_eq!(why("second-opinion"), Ok(Why::SecondOpinion));
        assert_eq!(why("second_opinion"), Ok(Why::SecondOpinion));
        assert!(why("curiosity").unwrap_err().contains("patient-request"));
    }

    #[test]
    fn only_what_the_ledger_has_proved_counts_as_done() {
        use GrantProgress::{Lapsed, OnLedger, Refused, Waiting};
        assert_eq!(settled([OnLedger, OnLedger].into_iter()), Exit::Done);
        assert_eq!(settled([OnLedger, Waiting].into_iter()), Exit::Away);
        assert_eq!(settled([Waiting, Refused].into_iter()), Exit::Refused);
        assert_eq!(settled([Lapsed, OnLedger].into_iter()), Exit::Refused);
    }
}
