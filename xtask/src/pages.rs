//! `cargo xtask ui`: the pages of the wallet's window, built into `ui/dist`, where the window's program takes them from.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};

use crate::arguments::Arguments;
use crate::workspace::Workspace;
use crate::{node, shell};

/// What is in `ui/` and is no source: made from the sources, or of no use to the build.
const NO_SOURCES: [&str; 6] = ["node_modules", "dist", "generated", "gallery", "project.inlang", "qps.json"];

/// Runs the command with the words that followed it.
pub fn run(arguments: Arguments) -> Result<()> {
    arguments.finish()?;
    let workspace = Workspace::find()?;
    node::ensure_present()?;
    make(&workspace)
}

/// Installs the pages' packages and builds the pages, each only where something is newer than what was made from it.
pub fn make(workspace: &Workspace) -> Result<()> {
    install(workspace)?;
    build(workspace)
}

/// The folder of the pages' sources.
pub fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root().join("ui")
}

/// Installs the packages that the pages are built with.
pub fn install(workspace: &Workspace) -> Result<()> {
    node::install(&folder(workspace), &[])
}

/// Builds the pages.
pub fn build(workspace: &Workspace) -> Result<()> {
    let folder = folder(workspace);
    let page = folder.join("dist").join("index.html");
    let sources = newest(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    if node::modified(&page).is_ok_and(|built| built >= sources) {
        println!("pages: up to date");
        return Ok(());
    }
    shell::run(&mut node::script(&folder, "build"))?;
    ensure!(page.is_file(), "the build left no {}", page.display());
    Ok(())
}

/// When the newest source in a folder was written.
fn newest(folder: &Path) -> std::io::Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if NO_SOURCES.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let path = entry.path();
        newest = newest.max(if path.is_dir() { self::newest(&path)? } else { node::modified(&path)? });
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::{Duration, SystemTime};

    use super::newest;

    #[test]
    fn only_sources_make_the_pages_old() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, seconds: u64| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            File::create(path).unwrap().set_modified(time).unwrap();
            time
        };
        write("index.html", 10);
        let newer = write("src/views/Home.svelte", 20);
        write("src/messages/generated/messages.js", 30);
        write("node_modules/svelte/index.js", 30);
        write("dist/index.html", 30);
        assert_eq!(newest(folder.path()).unwrap(), newer);
        let words = write("messages/es.json", 40);
        assert_eq!(newest(folder.path()).unwrap(), words);
    }
}
