//! Decisions beside giving and stopping access: prepared, shown as they read back from the bytes, signed, sent.

use medrec_wallet::{
    CancellationToken, Control, Wallet,
    view::{Act, ActOutcome, Review},
};

use super::share::{agree, can_agree, settled};
use crate::{error::CliError, exit::Exit, render::decision, session::Session};

/// A decision that was signed and sent.
pub struct Decided {
    pub review: Review,
    pub outcome: ActOutcome,
}

/// Prepares a decision with the newest state of the ledger, shows it, and signs it when the person agrees.
pub async fn decide(session: &Session, wallet: &Wallet, act: &Act, yes: bool) -> Result<Decided, CliError> {
    let proposal = wallet.propose_act(act).await?;
    let review = wallet.review_act(&proposal).await?;
    agree(session, &review, yes)?;
    session.output.progress("Waiting for the ledger …");
    let cancel = CancellationToken::new();
    let outcome = session.stoppable(cancel.clone(), wallet.carry_out(proposal, cancel)).await?;
    Ok(Decided { review, outcome })
}

/// Everything from opening the wallet to the answer, for a decision that is put together with its help.
pub async fn run(
    session: &Session,
    yes: bool,
    act: impl AsyncFnOnce(&Wallet) -> Result<Act, CliError>,
) -> Result<Exit, CliError> {
    can_agree(yes)?;
    let decided = session
        .with_wallet(async |wallet| {
            catch_up(session, wallet).await?;
            let act = act(wallet).await?;
            decide(session, wallet, &act, yes).await
        })
        .await?;
    finish(session, &decided)
}

/// A decision rests on how things stand now: on who has accepted, on which key is in force.
pub async fn catch_up(session: &Session, wallet: &Wallet) -> Result<(), CliError> {
    session.output.progress("Checking the ledger …");
    let control = Control::default();
    session.stoppable(control.cancel.clone(), wallet.sync(control)).await?;
    Ok(())
}

/// Gives the answer after a decision.
pub fn finish(session: &Session, decided: &Decided) -> Result<Exit, CliError> {
    session.output.answer(|| decision::json(decided), || decision::words(&decided.outcome))?;
    Ok(settled(decided.outcome.steps.iter().map(|step| step.progress)))
}
