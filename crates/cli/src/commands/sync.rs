//! `medrec sync`: what is new on the ledger.

use clap::Args;
use medrec_wallet::{
    Control, Wallet,
    view::{AppointmentView, DelegateState},
};

use crate::{error::CliError, exit::Exit, render::sync, session::Session};

/// Arguments of `sync`: none.
#[derive(Args, Debug)]
pub struct Sync {}

impl Sync {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let output = session.output.clone();
        let control = Control::watched(move |progress| output.progress(&sync::progress(&progress)));
        let (report, freshness, standing) = session
            .with_wallet(async |wallet| {
                let report = session.stoppable(control.cancel.clone(), wallet.sync(control.clone())).await?;
                Ok((report, wallet.freshness().await?, Standing::of(wallet).await?))
            })
            .await?;
        session.output.answer(
            || sync::report_json(&report, &freshness),
            || sync::report(&report, standing, &session.here),
        )?;
        Ok(Exit::Done)
    }
}

/// Why keys to records may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The provider hands them over with one of the next checks.
    Expected,
    /// For somebody who is helped: no appointment has come, or none counts now.
    NotNow,
    /// For somebody who is helped: every appointment was ended.
    Ended,
}

impl Standing {
    async fn of(wallet: &Wallet) -> Result<Self, CliError> {
        if !wallet.is_helping() {
            return Ok(Self::Expected);
        }
        let appointments = wallet.appointments().await?;
        let active = |it: &AppointmentView| it.state == Some(DelegateState::Active);
        Ok(if appointments.iter().any(active) {
            Self::Expected
        } else if !appointments.is_empty() && appointments.iter().all(|it| it.state.is_none() && !it.guardian)
        {
            Self::Ended
        } else {
            Self::NotNow
        })
    }
}
