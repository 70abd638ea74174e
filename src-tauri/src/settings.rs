//! Settings of the windows: how they look and when they lock. No secret, nothing about anybody's health; they are needed
//! before a wallet is open, so they stand in a plain file beside the vaults.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use medrec_wallet::sentences::Language;
use serde::{Deserialize, Serialize};

const FILE: &str = "window-settings.json";
/// A settings file is some hundred bytes.
const MAX_BYTES: u64 = 16 * 1024;

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the computer is set.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Size of text beside its usual size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum TextSize {
    /// 100 %.
    #[default]
    Normal,
    /// 125 %.
    Larger,
    /// 150 %.
    Large,
    /// 200 %.
    Largest,
}

/// Minutes without a sign of life after which the wallet locks: 1 to 60.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(try_from = "u8", into = "u8")]
#[specta(type = u8)]
pub struct LockMinutes(u8);

impl Default for LockMinutes {
    fn default() -> Self {
        Self(10)
    }
}

impl TryFrom<u8> for LockMinutes {
    type Error = String;
    fn try_from(minutes: u8) -> Result<Self, String> {
        if (1..=60).contains(&minutes) { Ok(Self(minutes)) } else { Err("1 to 60 minutes".to_owned()) }
    }
}

impl From<LockMinutes> for u8 {
    fn from(minutes: LockMinutes) -> Self {
        minutes.0
    }
}

/// Settings of the windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Language of every word.
    pub language: Language,
    /// Size of text.
    pub text_size: TextSize,
    /// Light or dark.
    pub theme: Theme,
    /// When the wallet locks by itself.
    pub lock_minutes: LockMinutes,
}

impl Settings {
    /// The first time: in the language of the computer, where it is one that the wallet speaks.
    pub fn for_locale(locale: &str) -> Self {
        let language = if locale.starts_with("es") { Language::Spanish } else { Language::English };
        Self {
            language,
            text_size: TextSize::default(),
            theme: Theme::default(),
            lock_minutes: LockMinutes::default(),
        }
    }
}

/// The settings, and the file that keeps them.
#[derive(Debug)]
pub struct SettingsFile {
    path: PathBuf,
    settings: Mutex<Settings>,
}

impl SettingsFile {
    /// Reads the file in `folder`. One that is missing or cannot be used gives the first settings: nothing is lost with it.
    pub fn open(folder: &Path, locale: &str) -> Self {
        let path = folder.join(FILE);
        let settings = read(&path).unwrap_or_else(|error| {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::warn!(%error, "the settings of the windows cannot be read and begin anew");
            }
            Settings::for_locale(locale)
        });
        Self { path, settings: Mutex::new(settings) }
    }

    /// The settings now.
    pub fn get(&self) -> Settings {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps other settings, durably.
    pub fn set(&self, settings: Settings) -> io::Result<()> {
        let mut kept = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        write(&self.path, settings)?;
        *kept = settings;
        Ok(())
    }
}

fn read(path: &Path) -> io::Result<Settings> {
    let mut text = Vec::new();
    fs::File::open(path)?.take(MAX_BYTES).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

/// Written aside, then put in place: a crash leaves the old file or the new one.
fn write(path: &Path, settings: Settings) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let aside = path.with_extension("json.new");
    let mut file = fs::File::create(&aside)?;
    file.write_all(&serde_json::to_vec_pretty(&settings)?)?;
    file.sync_all()?;
    fs::rename(&aside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_there_again_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = SettingsFile::open(folder.path(), "es_MX.UTF-8");
        assert_eq!(file.get().language, Language::Spanish);
        let changed = Settings { theme: Theme::Dark, text_size: TextSize::Largest, ..file.get() };
        file.set(changed).unwrap();
        assert_eq!(SettingsFile::open(folder.path(), "en_US").get(), changed);
    }

    #[test]
    fn a_file_that_cannot_be_used_gives_the_first_settings() {
        let folder = tempfile::tempdir().unwrap();
        for damaged in ["", "{}", r#"{"language":"tlh"}"#, &"x".repeat(100_000)] {
            fs::write(folder.path().join(FILE), damaged).unwrap();
            assert_eq!(SettingsFile::open(folder.path(), "de_CH").get(), Settings::for_locale("de_CH"));
        }
    }

    #[test]
    fn a_wallet_cannot_be_told_never_to_lock() {
        for minutes in [0, 61, 255] {
            assert!(LockMinutes::try_from(minutes).is_err());
        }
        assert!(serde_json::from_str::<LockMinutes>("0").is_err());
    }
}
