//! Node.js, which builds the window's pages: whether it is here and new enough, and packages as the lock file names them.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};

use crate::shell;

/// Oldest version that the tools of the pages run on (major, minor).
const OLDEST: (u32, u32) = (20, 19);

/// Makes sure that Node.js and npm are here. They are not installed: systems have them too old.
pub fn ensure_present() -> Result<()> {
    let (major, minor) = OLDEST;
    let advice =
        format!("Node.js {major}.{minor} or newer builds the window's pages: https://nodejs.org/en/download");
    let output = Command::new("node").arg("--version").output();
    let output = output.with_context(|| format!("'node' is not here. {advice}"))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    ensure!(is_new_enough(&version), "Node.js {version} is here. {advice}");
    ensure!(shell::find("npm").is_some(), "Node.js {version} is here, but not npm. {advice}");
    println!("Node.js {version}");
    Ok(())
}

/// `v20.19.0` and what came later.
fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map_while(|number| number.parse().ok());
    matches!((numbers.next(), numbers.next()), (Some(major), Some(minor)) if (major, minor) >= OLDEST)
}

/// Installs what the lock file of `folder` names, unless that is there already.
pub fn install(folder: &Path, words: &[&str]) -> Result<()> {
    let (lock, installed) =
        (folder.join("package-lock.json"), folder.join("node_modules/.package-lock.json"));
    let locked = modified(&lock).with_context(|| format!("{} cannot be read", lock.display()))?;
    if modified(&installed).is_ok_and(|installed| installed >= locked) {
        return Ok(());
    }
    let mut command = Command::new("npm");
    command.args(["ci", "--no-audit", "--no-fund"]).args(words).current_dir(folder);
    shell::run(&mut command)
}

/// A script that `package.json` names.
pub fn script(folder: &Path, name: &str) -> Command {
    let mut command = Command::new("npm");
    command.args(["run", "--silent", name]).current_dir(folder);
    command
}

/// When a file was last written.
pub fn modified(file: &Path) -> std::io::Result<SystemTime> {
    file.metadata()?.modified()
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn a_version_is_compared_by_its_numbers() {
        assert!(["v20.19.0", "v20.100.0", "v22.0.1", "v100.0.0"].into_iter().all(is_new_enough));
        assert!(
            ["v20.18.3", "v9.19.0", "v20", "", "node"].into_iter().all(|version| !is_new_enough(version))
        );
    }
}
