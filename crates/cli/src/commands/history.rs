//! `medrec history`: the consent history, shown, exported, and checked by anybody.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, ValueEnum};
use medrec_wallet::{
    Language, NetworkFile, Timestamp, Wallet, WalletError, check_history,
    view::{HistoryForm, HistoryRequest},
};

use super::network;
use crate::{error::CliError, exit::Exit, render::history, session::Session};

/// Longest history file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// What is done with the history.
#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// Show what was decided, entry by entry
    Show(Period),
    /// Write it to a file, for others
    Export(Export),
    /// Check a history file; needs no wallet and no network
    Verify(Verify),
}

/// Which part.
#[derive(Args, Debug)]
pub struct Period {
    /// With these providers only
    #[arg(long, value_name = "NAME|mrp1…", value_delimiter = ',')]
    provider: Vec<String>,
    /// From this day on (UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<String>,
    /// Up to this day (UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<String>,
}

/// In which form.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// Pages for a person and a court
    Pdf,
    /// A table for a spreadsheet
    Csv,
    /// FHIR R4 for other programs
    Fhir,
    /// The file that anybody can check with "medrec history verify"
    Verifiable,
}

/// Arguments of `export`.
#[derive(Args, Debug)]
pub struct Export {
    #[command(flatten)]
    period: Period,
    /// In which form
    #[arg(long, value_enum, default_value = "pdf")]
    form: Form,
    /// Where to
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Leave every entry closed: a reader learns only when something was signed and by whom
    #[arg(long)]
    closed: bool,
    /// In Spanish
    #[arg(long)]
    spanish: bool,
}

/// Arguments of `verify`.
#[derive(Args, Debug)]
pub struct Verify {
    /// The history file
    file: PathBuf,
    /// The network file of the ledger that you trust; without it the file can only be compared with itself
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,
}

impl HistoryCommand {
    pub async fn run(self, session: &Session) -> Result<Exit, CliError> {
        match self {
            Self::Show(period) => period.show(session).await,
            Self::Export(export) => export.run(session).await,
            Self::Verify(verify) => verify.run(session),
        }
    }
}

impl Period {
    async fn request(&self, wallet: &Wallet, closed: bool) -> Result<HistoryRequest, CliError> {
        let mut providers = Vec::new();
        for text in &self.provider {
            providers.push(wallet.find_provider(text).await?);
        }
        let since = self.since.as_deref().map(day).transpose()?;
        let until = self.until.as_deref().map(day).transpose()?;
        let until = until.map(|until| until.plus(SECONDS_PER_DAY - 1));
        Ok(HistoryRequest { providers, since, until, closed })
    }

    async fn show(self, session: &Session) -> Result<Exit, CliError> {
        let parts = session
            .with_wallet(async |wallet| Ok(wallet.history(&self.request(wallet, false).await?).await?))
            .await?;
        session.output.answer(|| history::parts_json(&parts), || history::parts(&parts, &session.here))?;
        Ok(Exit::Done)
    }
}

impl Export {
    async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let form = match self.form {
            Form::Pdf => HistoryForm::Pdf,
            Form::Csv => HistoryForm::Csv,
            Form::Fhir => HistoryForm::Fhir,
            Form::Verifiable => HistoryForm::Verifiable,
        };
        session.output.progress("Putting the history together …");
        let exported = session
            .with_wallet(async |wallet| {
                if self.spanish {
                    wallet.speak(Language::Spanish);
                }
                let request = self.period.request(wallet, self.closed).await?;
                Ok(wallet.export_history(&request, form, &self.out).await?)
            })
            .await?;
        let words = || history::exported(&exported, &self.out, &session.here);
        session.output.answer(|| history::exported_json(&exported, &self.out), words)?;
        Ok(Exit::Done)
    }
}

impl Verify {
    fn run(self, session: &Session) -> Result<Exit, CliError> {
        let network = match &self.anchor {
            Some(path) => Some(NetworkFile::parse(&network::read(path)?).map_err(WalletError::from)?),
            None => None,
        };
        let checked = check_history(&read(&self.file)?, network.as_ref(), Language::English)?;
        let words = || history::checked(&checked, &session.here);
        session.output.answer(|| history::checked_json(&checked), words)?;
        Ok(Exit::Done)
    }
}

const SECONDS_PER_DAY: u64 = 86_400;

/// The first second of a day.
pub(super) fn day(text: &str) -> Result<Timestamp, WalletError> {
    let date: jiff::civil::Date = text.parse().map_err(|_| WalletError::Date)?;
    let start = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| WalletError::Date)?;
    let seconds = u64::try_from(start.timestamp().as_second()).map_err(|_| WalletError::Date)?;
    Ok(Timestamp::from_seconds(seconds))
}

/// One byte more than the limit is read, so that a longer file is refused instead of being cut.
fn read(path: &Path) -> Result<Vec<u8>, WalletError> {
    let failed =
        |source| WalletError::File { doing: "read the history file", path: path.to_path_buf(), source };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}
