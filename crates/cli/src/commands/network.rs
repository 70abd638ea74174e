//! `medrec network`: which ledger.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use medrec_wallet::{NetworkFile, WalletError};

use crate::{error::CliError, exit::Exit, render::network, session::Session};

/// Longest network file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// What is done with the network.
#[derive(Debug, Subcommand)]
pub enum NetworkCommand {
    /// Join the network that a file from a provider names
    Join(Join),
    /// Show the network and how old the view of its ledger is
    Status,
    /// List the evidence that nodes contradict each other, for the consortium
    Evidence,
}

/// Arguments of `join`.
#[derive(Args, Debug)]
pub struct Join {
    /// The network file, from a provider that you trust
    file: PathBuf,
}

impl NetworkCommand {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        match self {
            Self::Join(join) => join.run(session).await,
            Self::Status => status(session).await,
            Self::Evidence => evidence(session).await,
        }
    }
}

impl Join {
    async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let file = NetworkFile::parse(&read(&self.file)?).map_err(WalletError::from)?;
        let joined = session.with_own_wallet(async |wallet| Ok(wallet.join_network(&file).await?)).await?;
        session.output.answer(|| network::status_json(&joined), || network::joined(&joined))?;
        Ok(Exit::Done)
    }
}

/// One byte more than the limit is read, so that a longer file fails to parse instead of being cut.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, WalletError> {
    let failed =
        |source| WalletError::File { doing: "read the network file", path: path.to_path_buf(), source };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(failed(std::io::ErrorKind::FileTooLarge.into()));
    }
    Ok(bytes)
}

async fn status(session: &Session) -> Result<Exit, CliError> {
    let status = session.with_own_wallet(async |wallet| Ok(wallet.network().await?)).await?;
    session.output.answer(|| network::status_json(&status), || network::status(&status, &session.here))?;
    Ok(Exit::Done)
}

async fn evidence(session: &Session) -> Result<Exit, CliError> {
    let kept = session.with_own_wallet(async |wallet| Ok(wallet.kept_evidence()?)).await?;
    session.output.answer(|| network::evidence_json(&kept), || network::evidence(&kept))?;
    Ok(Exit::Done)
}
