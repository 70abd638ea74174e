//! `medrec enrol`: a relationship with a provider.

use clap::Args;

use crate::{error::CliError, exit::Exit, render::network, session::Session};

/// Arguments of `enrol`.
#[derive(Args, Debug)]
pub struct Enrol {
    /// The code that the provider gave you
    code: String,
}

impl Enrol {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let provider = session
            .with_own_wallet(async |wallet| {
                let preview = wallet.preview_enrolment(&self.code).await?;
                session.output.progress(&format!("Enrolling with {} …", preview.provider));
                Ok(wallet.enrol(&self.code).await?)
            })
            .await?;
        session.output.answer(|| network::enrolled_json(&provider), || network::enrolled(&provider))?;
        Ok(network::enrolled_exit(&provider))
    }
}
