//! `gatekeeper.toml`: what a person may set.

use std::path::{Path, PathBuf};

use medrec_exchange::Endpoint;
use medrec_protocol::codec::Text;
use serde::{Deserialize, Serialize};

use crate::{
    error::{GatekeeperError, Result},
    home,
};

/// Longest configuration file in bytes.
const MAX_CONFIG_BYTES: u64 = 64 * 1024;
/// Largest record that is published unless the configuration says less: 2 GiB.
pub const MAX_RECORD_BYTES: u64 = 2 << 30;
/// Seconds between two looks at the folder unless the configuration says otherwise.
const SCAN_SECONDS: u64 = 3;

/// The configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the organisation, as in the directory.
    pub name: Text<120>,
    /// Street and town, as in the directory.
    pub place: Text<120>,
    /// Address under which others reach this gatekeeper.
    pub endpoint: Endpoint,
    /// Where the records are; none for a provider that only asks.
    pub source: Option<Source>,
}

/// A folder with one folder for each patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The folder: `<folder>/<local patient id>/…`.
    pub folder: PathBuf,
    /// Seconds between two looks at it.
    #[serde(default = "scan_seconds")]
    pub scan_seconds: u64,
    /// Larger files are not published.
    #[serde(default = "max_record_bytes")]
    pub max_record_bytes: u64,
}

fn scan_seconds() -> u64 {
    SCAN_SECONDS
}

fn max_record_bytes() -> u64 {
    MAX_RECORD_BYTES
}

impl Source {
    /// A folder with everything else as it comes.
    pub fn folder(folder: PathBuf) -> Self {
        Self { folder, scan_seconds: SCAN_SECONDS, max_record_bytes: MAX_RECORD_BYTES }
    }
}

impl Config {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = home::read_text(path, MAX_CONFIG_BYTES)?;
        let unusable = |what: String| GatekeeperError::Content { path: path.to_owned(), what };
        let config: Self = toml::from_str(&text).map_err(|error| unusable(error.to_string()))?;
        match &config.source {
            Some(source) if source.max_record_bytes > MAX_RECORD_BYTES => {
                Err(unusable(format!("max_record_bytes can be at most {MAX_RECORD_BYTES}")))
            }
            Some(source) if source.scan_seconds == 0 => {
                Err(unusable("scan_seconds must be at least 1".into()))
            }
            _ => Ok(config),
        }
    }

    /// Writes the file.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = toml::to_string_pretty(self)
            .map_err(|error| GatekeeperError::Content { path: path.to_owned(), what: error.to_string() })?;
        home::write_private(path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gatekeeper.toml");
        std::fs::write(&path, text).unwrap();
        Config::read(&path)
    }

    const GOOD: &str =
        "name = \"Clinic\"\nplace = \"Mill Street 4\"\nendpoint = \"https://records.example\"\n";

    #[test]
    fn a_configuration_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gatekeeper.toml");
        let mut config = written(GOOD).unwrap();
        config.source = Some(Source::folder("/records".into()));
        config.write(&path).unwrap();
        assert_eq!(Config::read(&path).unwrap(), config);
    }

    #[test]
    fn an_unknown_setting_is_refused_and_named() {
        let error = written(&format!("{GOOD}sauce = \"/records\"\n")).unwrap_err().to_string();
        assert!(error.contains("sauce"), "{error}");
    }

    #[test]
    fn limits_cannot_be_set_beyond_what_the_program_holds() {
        let source = "[source]\nfolder = \"/r\"\n";
        assert!(written(&format!("{GOOD}{source}max_record_bytes = 4294967296\n")).is_err());
        assert!(written(&format!("{GOOD}{source}scan_seconds = 0\n")).is_err());
        assert!(written(&format!("{GOOD}{source}")).is_ok());
    }

    #[test]
    fn an_endpoint_that_is_not_encrypted_is_for_this_computer_only() {
        let plain = GOOD.replace("https://records.example", "http://records.example");
        assert!(written(&plain).unwrap_err().to_string().contains("https"));
        assert!(written(&GOOD.replace("https://records.example", "http://127.0.0.1:8801")).is_ok());
    }
}
