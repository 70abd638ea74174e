//! `medrec fetch`: verified copies.

use std::path::{Path, PathBuf};

use clap::Args;
use medrec_wallet::{
    Code, Control, Wallet, WalletError,
    view::{FetchedCopy, RecordFilter, RecordId, RecordRow},
};

use super::records::page;
use crate::{
    error::{CliError, of_code},
    exit::Exit,
    output::Words,
    render::fetch,
    session::Session,
};

/// Arguments of `fetch`.
#[derive(Args, Debug)]
pub struct Fetch {
    /// Records, by the beginning of their ids
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    ids: Vec<String>,
    /// All records, newest versions
    #[arg(long)]
    all: bool,
    /// Save readable copies into this folder, too; they are not encrypted there
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// A copy that is here.
pub struct Fetched {
    pub row: RecordRow,
    pub copy: FetchedCopy,
    pub saved: Option<PathBuf>,
}

/// A copy that is not here.
pub struct Failed {
    pub row: RecordRow,
    pub error: WalletError,
}

/// What became of each.
#[derive(Default)]
pub struct Outcome {
    pub fetched: Vec<Fetched>,
    pub failed: Vec<Failed>,
}

impl Fetch {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        if let Some(folder) = &self.out {
            std::fs::create_dir_all(folder).map_err(|source| WalletError::File {
                doing: "make the folder",
                path: folder.clone(),
                source,
            })?;
        }
        let outcome = session
            .with_wallet(async |wallet| {
                let rows = self.rows(wallet).await?;
                fetch_each(session, wallet, rows, self.out.as_deref()).await
            })
            .await?;
        session.output.answer(|| fetch::json(&outcome), || fetch::words(&outcome))?;
        Ok(worst(outcome.failed.iter().map(|failed| failed.error.code())))
    }

    async fn rows(&self, wallet: &Wallet) -> Result<Vec<RecordRow>, CliError> {
        if self.all {
            return page(wallet, &RecordFilter::default(), 0, None).await;
        }
        let mut rows: Vec<RecordRow> = Vec::with_capacity(self.ids.len());
        for id in &self.ids {
            let id = wallet.find_record(id).await?;
            if rows.iter().all(|row| row.id != id) {
                rows.push(wallet.record(id).await?.row);
            }
        }
        Ok(rows)
    }
}

async fn fetch_each(
    session: &Session,
    wallet: &Wallet,
    rows: Vec<RecordRow>,
    out: Option<&Path>,
) -> Result<Outcome, CliError> {
    let mut outcome = Outcome::default();
    let count = rows.len();
    for (index, row) in rows.into_iter().enumerate() {
        let (output, title) = (session.output.clone(), row.title.clone());
        let control = Control::watched(move |progress| {
            output.progress(&fetch::progress(index + 1, count, &title, progress));
        });
        let done =
            one(session, wallet, row.id, control, out.map(|folder| folder.join(fetch::file_name(&row))))
                .await;
        match done {
            Ok((copy, saved)) => outcome.fetched.push(Fetched { row, copy, saved }),
            Err(CliError::Wallet(error)) => {
                let stopped = error.code() == Code::Cancelled;
                outcome.failed.push(Failed { row, error });
                if stopped {
                    let mut words = Words::new();
                    words
                        .line("Stopped. What was fetched so far is kept; the next fetch goes on from there.");
                    session.output.notice(&words);
                    break;
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(outcome)
}

async fn one(
    session: &Session,
    wallet: &Wallet,
    id: RecordId,
    control: Control<medrec_wallet::view::FetchProgress>,
    save: Option<PathBuf>,
) -> Result<(FetchedCopy, Option<PathBuf>), CliError> {
    let copy = session.stoppable(control.cancel.clone(), wallet.fetch(id, control)).await?;
    if let Some(path) = &save {
        wallet.export_copy(id, path).await?;
    }
    Ok((copy, save))
}

/// The exit code that matters most: a false copy above all, absence only when there is nothing else.
fn worst(codes: impl Iterator<Item = Code>) -> Exit {
    const ORDER: [Exit; 10] = [
        Exit::CopyDoesNotMatch,
        Exit::FalseAnswer,
        Exit::LocalData,
        Exit::Refused,
        Exit::NotFound,
        Exit::Usage,
        Exit::WrongSecret,
        Exit::Other,
        Exit::Away,
        Exit::Done,
    ];
    let found: Vec<Exit> = codes.map(of_code).collect();
    ORDER.into_iter().find(|exit| found.contains(exit)).unwrap_or(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_false_copy_counts_more_than_any_absence() {
        assert_eq!(worst([Code::ProviderAway, Code::CopyDoesNotMatch].into_iter()), Exit::CopyDoesNotMatch);
        assert_eq!(worst([Code::ProviderAway, Code::NodeAway].into_iter()), Exit::Away);
        assert_eq!(worst([Code::ProviderAway, Code::NotFound].into_iter()), Exit::NotFound);
        assert_eq!(worst(std::iter::empty()), Exit::Done);
    }

    #[test]
    fn every_exit_code_has_its_place_in_the_order() {
        for code in Code::ALL {
            assert_eq!(worst([*code].into_iter()), of_code(*code));
        }
    }
}
