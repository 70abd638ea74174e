//! Where wallets are kept when nobody says where: the platform's folder for a person's data.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Name of the folder inside the platform's data folder.
const FOLDER: &str = "medrec";

/// The data folder of this platform, none when the environment does not say who the person is.
///
/// Linux and its relatives: `$XDG_DATA_HOME` if absolute, otherwise `~/.local/share` (XDG Base Directory
/// Specification 0.8). macOS: `~/Library/Application Support`. Windows: `%APPDATA%`.
pub fn default_home() -> Option<PathBuf> {
    let roaming = cfg!(windows).then(|| std::env::var_os("APPDATA")).flatten();
    let data = if cfg!(windows) {
        absolute(roaming)
    } else if cfg!(target_os = "macos") {
        std::env::home_dir().map(|home| home.join("Library/Application Support"))
    } else {
        xdg_data(std::env::var_os("XDG_DATA_HOME"), std::env::home_dir().as_deref())
    };
    data.map(|data| data.join(FOLDER))
}

fn xdg_data(variable: Option<OsString>, home: Option<&Path>) -> Option<PathBuf> {
    absolute(variable).or_else(|| home.map(|home| home.join(".local/share")))
}

/// The specification says: a relative path is to be ignored.
fn absolute(variable: Option<OsString>) -> Option<PathBuf> {
    variable.map(PathBuf::from).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absolute_data_folder_is_taken_and_a_relative_one_ignored() {
        let home = Path::new("/home/ana");
        assert_eq!(xdg_data(Some("/data".into()), Some(home)), Some("/data".into()));
        assert_eq!(xdg_data(Some("data".into()), Some(home)), Some("/home/ana/.local/share".into()));
        assert_eq!(xdg_data(Some("".into()), Some(home)), Some("/home/ana/.local/share".into()));
        assert_eq!(xdg_data(None, None), None);
    }
}
